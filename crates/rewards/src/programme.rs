//! Programmes: who pays whom for what, how much, and when it can be claimed.
//!
//! A programme is a TOML text. [`Programme::parse`] is a pure function of it; what is wrong is
//! named with its line and key. The guide `docs/guides/pay-your-security.md` explains every key.

mod file;
mod terms;

use crate::fees::Fees;
use crate::release::Claim;
use crate::text::{TextError, Written};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// What a network writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// The name of the text, for what is said about it.
    pub file: String,
    /// What people call it.
    pub title: String,
    /// The network that pays.
    pub network: Address,
    /// The chain on which the network is registered.
    pub chain_id: u64,
    /// In what it pays.
    pub pay: Pay,
    /// When, in order and without overlap.
    pub periods: Vec<Period>,
    /// How stake is valued.
    pub valuation: Valuation,
    /// How the pay comes about.
    pub shape: Shape,
    /// When it can be claimed.
    pub claim: Claim,
}

/// In what a network pays, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pay {
    /// What is paid.
    pub currency: Currency,
    /// Digits after the point of a whole token or point.
    pub decimals: u8,
    /// Value of one whole token, in units of 1e-24; only rates ask for it.
    pub price: Option<U256>,
}

/// What is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Currency {
    /// Tokens; the first is for recipients whose chain has none of its own.
    Tokens(Vec<Payment>),
    /// Points, by their name; they are kept on the network's own chain.
    Points(String),
}

/// A token on a chain.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Payment {
    /// The chain on which it is paid.
    pub chain_id: u64,
    /// The token there; zero for points.
    pub token: Address,
}

/// A stretch of time with a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First second, since 1970.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// What is paid in it, in smallest units; zero in a programme of points by rate.
    pub budget: U256,
    /// Seconds between distributions; the whole period when none are given.
    pub cadence: u64,
    /// Where it is written.
    pub line: usize,
}

/// How stake in different assets compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Valuation {
    /// Whole tokens of one single asset.
    Plain,
    /// Value of one whole token of each asset, in units of 1e-24; other assets do not count.
    Fixed(BTreeMap<Address, U256>),
    /// Prices over time from a table.
    Prices {
        /// The table's name.
        file: String,
        /// How many seconds a price is good for; for ever without.
        max_age: Option<u64>,
    },
}

/// How the pay comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A budget that is split.
    Budget(Box<BudgetTerms>),
    /// Points at a rate, block by block.
    Points(PointsTerms),
}

/// The terms of a budget that is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetTerms {
    /// How much of the budget is paid.
    pub rate: Rate,
    /// What is taken off, by whom.
    pub fees: Fees,
    /// What stakers get, if anything.
    pub stakers: Option<StakerTerms>,
    /// What operators get, if anything.
    pub operators: Option<OperatorTerms>,
    /// What contributors get, if anything.
    pub contributors: Option<ContributorTerms>,
    /// Operators whose stake counts; all without.
    pub counted_operators: Option<Vec<Written<Address>>>,
    /// What is owed stays unpaid until it is this much, in smallest units.
    pub minimum_payout: U256,
    /// Where the budget goes that nobody earns.
    pub rest: Leftover,
    /// Where the units go that rounding leaves.
    pub dust: Leftover,
}

/// Points by rate: the arithmetic of Symbiotic's points template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsTerms {
    /// Points for one dollar in an hour, in units of 1e-48.
    pub rate: U256,
    /// The operators' part, in ten-thousandths.
    pub operator_fee_bips: u64,
}

/// How much of the budget is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// All of it, spread evenly over the period's seconds.
    Spread,
    /// As much, but no more than this a year on the value at stake, in millionths.
    Capped(u64),
    /// This a year on the value at stake, in millionths, until the period's budget is spent.
    Fixed(u64),
}

/// What stakers get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StakerTerms {
    /// Their share of the budget, in millionths.
    pub share_ppm: u64,
    /// How stake is measured.
    pub measure: Measure,
    /// Which stake counts.
    pub counted: Counted,
    /// Whether stake on its way out is paid.
    pub exiting: bool,
    /// Vaults that count; all without.
    pub vaults: Option<Vec<Written<VaultKey>>>,
    /// Assets that count; all without.
    pub assets: Option<Vec<Address>>,
    /// Accounts that are not paid; what they would have got is for the others.
    pub excluded: Vec<Address>,
    /// Only stake that was there for so many seconds counts.
    pub minimum_duration: u64,
}

/// A vault on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VaultKey {
    /// The chain.
    pub chain_id: u64,
    /// The vault there.
    pub vault: Address,
}

/// How stake is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Integrated over the seconds of an interval.
    Time,
    /// Looked at once every so many seconds; each look weighs the same.
    Capture(u64),
}

/// Which stake counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The whole vault.
    Vault,
    /// What the vault delegates to the network's operators, up to what is in it.
    Delegated,
}

/// What operators get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorTerms {
    /// Their share of the budget, in millionths.
    pub share_ppm: u64,
    /// How it is split among them.
    pub by: OperatorMeasure,
}

/// How the operators' share is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorMeasure {
    /// By the stake that is delegated to them.
    Stake,
    /// The same for each that has any.
    Equal,
    /// By a table of scores.
    Performance {
        /// The table's name.
        file: String,
        /// Whether a score weighs with the stake.
        weighed_by_stake: bool,
    },
}

/// What contributors get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributorTerms {
    /// Their share of the budget, in millionths.
    pub share_ppm: u64,
    /// Who they are.
    pub source: ContributorSource,
}

/// Who the contributors are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContributorSource {
    /// A list in the programme.
    List(Vec<Contributor>),
    /// A table of points, by its name.
    File(String),
}

/// A contributor and the weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contributor {
    /// Who.
    pub account: Address,
    /// The chain on which they are paid; the payer's without.
    pub chain_id: Option<u64>,
    /// Weight, in units of 1e-18.
    pub points: U256,
}

/// Where something goes that nobody earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It stays with the payer.
    Payer,
    /// It is added to the next interval's budget.
    Carry,
    /// It is paid to an account, on the payer's chain.
    Account(Address),
}

impl Programme {
    /// Reads a programme. `file` is the text's name for what is said about it.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, TextError> {
        file::read(file, text)
    }

    /// The payments: where tokens or points are booked, the default first.
    #[must_use]
    pub fn payments(&self) -> Vec<Payment> {
        match &self.pay.currency {
            Currency::Tokens(payments) => payments.clone(),
            Currency::Points(_) => vec![Payment { chain_id: self.chain_id, token: Address::ZERO }],
        }
    }

    /// The tables that [`crate::Inputs`] must hold for this programme, by name.
    #[must_use]
    pub fn files(&self) -> Vec<&str> {
        let mut files = Vec::new();
        if let Valuation::Prices { file, .. } = &self.valuation {
            files.push(file.as_str());
        }
        if let Shape::Budget(terms) = &self.shape {
            if let Some(OperatorTerms { by: OperatorMeasure::Performance { file, .. }, .. }) =
                &terms.operators
            {
                files.push(file);
            }
            if let Some(ContributorTerms { source: ContributorSource::File(file), .. }) =
                &terms.contributors
            {
                files.push(file);
            }
        }
        files
    }
}

#[cfg(test)]
mod tests;
