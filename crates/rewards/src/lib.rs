//! Pay for those who secure a network: who is paid, how much, and why.
//!
//! A [`Programme`] is a text that a network writes. A [`History`] is what a chain's logs say about
//! stake over time. [`distribute`] makes a [`Distribution`] out of both: integers only, the same
//! for any number of threads and any order of the input, and with every unit of the budget in one
//! of the places that [`Accounts`] names. [`explain`] shows every term of one recipient's sum.
//! [`merkle`] builds the trees whose roots the rails accept, and the proofs.
//!
//! Nothing in this crate knows a clock, a file or a socket: texts and histories are passed in.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod accounts;
pub mod distribution;
pub mod error;
pub mod explanation;
pub mod fees;
pub mod history;
pub mod merkle;
pub mod points;
pub mod programme;
pub mod release;
pub mod sheet;
pub mod text;

mod digits;
mod distribute;
mod split;
mod stake;
mod window;

pub use accounts::Accounts;
pub use distribute::{Inputs, distribute};
pub use distribution::{Distribution, Entry, Kind, Recipient};
pub use error::RewardsError;
pub use explanation::{Explanation, explain};
pub use history::{History, HistoryBuilder};
pub use programme::Programme;
pub use sheet::{Performance, PointsList, Prices};
pub use text::TextError;
pub use window::Window;

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
