//! The language of buyers and sellers of security.
//!
//! Suites keep their own books in their own words. Here they tell, in the same words, what a
//! network, an operator, a staker or an auditor asks: who secures which network with which
//! operator, from which vault, in which asset, how much and until when it can be slashed; under
//! which rules; what has happened; who pays and how it is shared out. Reports, markets and pages
//! read only this.
//!
//! A [`SecurityView`] is a value: a picture of one block. Amounts are exact, in the smallest unit
//! of their asset; where something is divided the name says how it rounds.

pub mod commitment;
pub mod decimal;
pub mod party;
pub mod payment;
pub mod rate;
pub mod slash;
pub mod update;
pub mod vault;
pub mod warning;

pub use commitment::{Commitment, Network, OperatorStake, Part, Resolver, split_shared};
pub use decimal::{Decimal, DecimalError};
pub use party::{Asset, AssetLabel, Party, PartyError, Protocol};
pub use payment::{Distribution, Paid, Payee, Payment, WINDOWS_SECONDS, WindowPaid};
pub use rate::{Prices, SECONDS_PER_YEAR, Unrated, Yield};
pub use slash::{SlashRecord, SlashStatus, sort_slashes};
pub use update::StakeUpdate;
pub use vault::{
    Change, Condition, Destination, Exit, ExitRule, Fraction, Receiver, Rule, SlashingMode,
    SlashingRules, Vault,
};
pub use warning::Warning;

use crate::Block;
use alloy_primitives::Log;
use serde::{Deserialize, Serialize};

/// What shared security is bought and sold on a chain at one block, over all protocols.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityView {
    /// The block that the picture shows. "Now" is its timestamp.
    pub block: Block,
    /// Every asset that occurs, with its symbol and decimals.
    pub assets: Vec<AssetLabel>,
    /// Every registered network.
    pub networks: Vec<Network>,
    /// Every vault.
    pub vaults: Vec<Vault>,
    /// What each vault gives to each network, with the operators that stand behind it.
    pub commitments: Vec<Commitment>,
    /// Vaults that are about to stand for networks, or no longer, where that takes a second step.
    pub updates: Vec<StakeUpdate>,
    /// Slashes that were executed, vetoed, or asked for; in order of time, waiting ones last.
    pub slashes: Vec<SlashRecord>,
    /// Streams of pay.
    pub payments: Vec<Payment>,
}

/// A log with the block that holds it: facts that no state keeps are in the logs alone.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    /// The log.
    pub log: &'a Log,
    /// Number of its block.
    pub number: u64,
    /// Time of its block, in seconds since 1970.
    pub timestamp: u64,
}

impl SecurityView {
    /// A picture of a block with nothing in it yet.
    #[must_use]
    pub fn new(block: Block) -> Self {
        Self { block, ..Self::default() }
    }

    /// The vault at an address.
    #[must_use]
    pub fn vault(&self, vault: &Party) -> Option<&Vault> {
        self.vaults.iter().find(|other| other.vault == *vault)
    }

    /// The registered network at an address.
    #[must_use]
    pub fn network(&self, network: &Party) -> Option<&Network> {
        self.networks.iter().find(|other| other.network == *network)
    }

    /// Symbol and decimals of an asset.
    #[must_use]
    pub fn asset(&self, asset: &Asset) -> Option<&AssetLabel> {
        self.assets.iter().find(|label| label.asset == *asset)
    }

    /// What vaults give to a network.
    pub fn commitments_to<'a>(
        &'a self,
        network: &'a Party,
    ) -> impl Iterator<Item = &'a Commitment> + 'a {
        self.commitments.iter().filter(move |commitment| commitment.network == *network)
    }

    /// What a vault gives to networks.
    pub fn commitments_of<'a>(
        &'a self,
        vault: &'a Party,
    ) -> impl Iterator<Item = &'a Commitment> + 'a {
        self.commitments.iter().filter(move |commitment| commitment.vault == *vault)
    }
}
