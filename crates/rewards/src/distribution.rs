//! What a programme pays for a window.

use crate::accounts::Accounts;
use crate::digits;
use crate::error::RewardsError;
use crate::history::PoolKind;
use crate::programme::{Payment, Programme};
use crate::release::Release;
use crate::window::Window;
use alloy_primitives::{Address, U256};
use serde::{Deserialize, Serialize};

/// What a programme pays for a window, with the totals since its beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// The network that pays.
    pub network: Address,
    /// The chain on which it is registered.
    pub chain_id: u64,
    /// The tokens, one for each chain on which something is paid; the token is zero for points.
    pub payments: Vec<Payment>,
    /// For what time.
    pub window: Window,
    /// When it can be claimed.
    pub release: Release,
    /// Where every unit of the window's budget went.
    pub accounts: Accounts,
    /// What each of the programme's periods has spent so far, in the order of the programme.
    #[serde(with = "digit_list")]
    pub spent: Vec<U256>,
    /// How the window was settled, interval by interval.
    pub intervals: Vec<IntervalRecord>,
    /// Everybody who ever earned something, ascending by chain, account and kind.
    pub entries: Vec<Entry>,
}

/// Who is paid, where, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Recipient {
    /// The chain on which they are paid.
    pub chain_id: u64,
    /// Who.
    pub account: Address,
    /// As what.
    pub kind: Kind,
}

/// As what somebody is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// For stake.
    Staker,
    /// For running a node.
    Operator,
    /// For other work.
    Contributor,
    /// For curating a vault.
    Curator,
    /// The account that the programme names for what nobody earned.
    Leftover,
}

/// A recipient's totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Who.
    #[serde(flatten)]
    pub recipient: Recipient,
    /// Earned in this window, in smallest units.
    #[serde(with = "digits")]
    pub amount: U256,
    /// Earned since the programme's beginning. It never falls.
    #[serde(with = "digits")]
    pub earned: U256,
    /// As much of it as is payable: what a tree of cumulative amounts holds. It never falls.
    #[serde(with = "digits")]
    pub payable: U256,
    /// What became payable with this distribution.
    #[serde(with = "digits")]
    pub released: U256,
}

/// How an interval was settled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntervalRecord {
    /// First second.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// What the programme grants.
    #[serde(with = "digits")]
    pub budget: U256,
    /// What earlier intervals left.
    #[serde(with = "digits")]
    pub carried: U256,
    /// What nobody earned: parts without a recipient, and what a rate does not spend.
    #[serde(with = "digits")]
    pub rest: U256,
    /// What rounding left.
    #[serde(with = "digits")]
    pub dust: U256,
    /// What the protocol takes.
    #[serde(with = "digits")]
    pub protocol_fee: U256,
    /// What stakers share, before their vaults' fees.
    #[serde(with = "digits")]
    pub stakers: U256,
    /// What operators share, without what vaults give them.
    #[serde(with = "digits")]
    pub operators: U256,
    /// What contributors share.
    #[serde(with = "digits")]
    pub contributors: U256,
    /// When stake was looked at.
    pub occasions: Vec<OccasionRecord>,
    /// What was given to others than stakers, term by term.
    pub credits: Vec<Credit>,
}

/// When stake was looked at, and what it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OccasionRecord {
    /// First second.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// Whether stake was looked at once, at the first second.
    pub is_capture: bool,
    /// What stakers share on the occasion.
    #[serde(with = "digits")]
    pub amount: U256,
    /// The vaults, ascending by chain and address.
    pub vaults: Vec<VaultRecord>,
}

/// What a vault was given on an occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultRecord {
    /// The chain.
    pub chain_id: u64,
    /// The vault.
    pub vault: Address,
    /// Its weight: value-seconds of 2^-96 units of 1e-24, or value of 1e-24 at a capture.
    #[serde(with = "digits")]
    pub weight: U256,
    /// Its part before fees.
    #[serde(with = "digits")]
    pub part: U256,
    /// What its admin takes.
    #[serde(with = "digits")]
    pub admin: U256,
    /// What its curator gets.
    #[serde(with = "digits")]
    pub curator: U256,
    /// What its operators get.
    #[serde(with = "digits")]
    pub operators: U256,
    /// Its pools.
    pub pools: Vec<PoolRecord>,
}

/// What a pool was given on an occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolRecord {
    /// Its place in the vault.
    pub pool: usize,
    /// What it is.
    pub kind: PoolKind,
    /// Its part.
    #[serde(with = "digits")]
    pub part: U256,
    /// What the weights of all its accounts are measured against.
    #[serde(with = "digits")]
    pub total: U256,
}

/// Why somebody other than a staker was given something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Who.
    #[serde(flatten)]
    pub recipient: Recipient,
    /// For what.
    pub reason: Reason,
    /// What was shared.
    #[serde(with = "digits")]
    pub shared: U256,
    /// The recipient's weight.
    #[serde(with = "digits")]
    pub weight: U256,
    /// Everybody's weight together.
    #[serde(with = "digits")]
    pub whole: U256,
    /// `floor(shared * weight / whole)`.
    #[serde(with = "digits")]
    pub amount: U256,
}

/// For what somebody other than a staker was given something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The operators' share.
    Operators,
    /// The contributors' share.
    Contributors,
    /// A vault's fee for its operators.
    VaultOperators {
        /// The vault.
        vault: Address,
    },
    /// A vault's fee for its curator.
    VaultCurator {
        /// The vault.
        vault: Address,
    },
    /// What nobody earned.
    Rest,
    /// What rounding left.
    Dust,
}

impl Distribution {
    /// A recipient's totals.
    #[must_use]
    pub fn entry(&self, recipient: Recipient) -> Option<&Entry> {
        let at = self.entries.binary_search_by_key(&recipient, |entry| entry.recipient).ok()?;
        self.entries.get(at)
    }

    /// What is payable on each chain since the beginning, in the order of [`Self::payments`].
    ///
    /// # Errors
    /// [`RewardsError::Arithmetic`] past 256 bits.
    pub fn totals(&self) -> Result<Vec<(Payment, U256)>, RewardsError> {
        let total = |payment: &Payment| {
            let here = self.entries.iter().filter(|e| e.recipient.chain_id == payment.chain_id);
            let payable: Vec<U256> = here.map(|entry| entry.payable).collect();
            Ok((*payment, crate::split::sum(&payable)?))
        };
        self.payments.iter().map(total).collect()
    }

    /// Checks that this distribution may come before a window of a programme.
    pub(crate) fn may_precede(
        &self,
        programme: &Programme,
        window: Window,
    ) -> Result<(), RewardsError> {
        let differs = |what| Err(RewardsError::OtherProgramme { what });
        if self.network != programme.network || self.chain_id != programme.chain_id {
            return differs("network");
        }
        if self.payments != programme.payments() {
            return differs("pay");
        }
        if self.spent.len() > programme.periods.len() {
            return differs("list of periods");
        }
        let (from, paid_until) = (window.from, self.window.until);
        if from < paid_until {
            return Err(RewardsError::Overlap { from, paid_until });
        }
        let between = |from: u64, until: u64| from.max(paid_until) < until.min(window.from);
        if programme.periods.iter().any(|period| between(period.from, period.until)) {
            return Err(RewardsError::Gap { from, paid_until });
        }
        Ok(())
    }
}

/// What of an account's pay can be claimed at a second, over successive distributions of a
/// programme.
///
/// # Errors
/// [`RewardsError::Arithmetic`] past 256 bits.
pub fn claimable(
    distributions: &[Distribution],
    recipient: Recipient,
    second: u64,
) -> Result<U256, RewardsError> {
    let mut sum = U256::ZERO;
    for distribution in distributions {
        if let Some(entry) = distribution.entry(recipient) {
            let released = distribution.release.released(entry.released, second)?;
            sum = bondstone_kernel::math::add(sum, released)?;
        }
    }
    Ok(sum)
}

mod digit_list {
    use alloy_primitives::U256;
    use bondstone_kernel::Assets;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        list: &[U256],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().copied().map(Assets))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<U256>, D::Error> {
        let list = Vec::<Assets>::deserialize(from)?;
        Ok(list.into_iter().map(|amount| amount.0).collect())
    }
}
