//! From a programme and histories to a distribution.

mod book;
mod ready;
mod settle;

pub(crate) use book::Book;
pub(crate) use ready::{Ready, VaultInput, final_until};

use crate::distribution::Distribution;
use crate::error::RewardsError;
use crate::history::History;
use crate::programme::{Programme, Shape};
use crate::sheet::{Performance, PointsList, Prices};
use crate::window::Window;

/// What a programme is computed from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inputs<'a> {
    /// Stake over time, one history for each chain.
    pub histories: &'a [&'a History],
    /// The table of prices, if the programme names one.
    pub prices: Option<&'a Prices>,
    /// The table of operators' performance, if the programme names one.
    pub performance: Option<&'a Performance>,
    /// The table of contributors' points, if the programme names one.
    pub points: Option<&'a PointsList>,
}

/// What a programme pays for a window: a whole number of its intervals.
///
/// `previous` is the distribution before it; without one, nothing was earned before. Everything is
/// settled interval by interval, so that one window gives what its two halves give one after the
/// other.
///
/// An interval is settled in this order:
/// 1. The budget: the difference of two running totals of the period's, by seconds, each rounded
///    down; what earlier intervals left is added; a rate limits it.
/// 2. The groups' parts in their stated shares; the part of a group in which nobody has any weight
///    is left over.
/// 3. The protocol's fee on what is not left over, and the groups' parts of what remains.
/// 4. Stakers: each capture has the same part; vaults by value, rounded down; a vault's fees; pools
///    on their way out by value, rounded down, the active pool the rest; accounts by weight,
///    rounded down.
/// 5. Operators and contributors by weight, rounded down.
/// 6. What is left over and what rounding left go where the programme says.
///
/// # Errors
/// What is wrong with the programme's references, the tables, the window or the figures.
pub fn distribute(
    programme: &Programme,
    inputs: &Inputs<'_>,
    window: Window,
    previous: Option<&Distribution>,
) -> Result<Distribution, RewardsError> {
    if let Some(previous) = previous {
        previous.may_precede(programme, window)?;
    }
    match &programme.shape {
        Shape::Points(terms) => {
            crate::points::distribute(programme, terms, inputs, window, previous)
        }
        Shape::Budget(terms) => settle::run(programme, terms, inputs, window, previous),
    }
}
