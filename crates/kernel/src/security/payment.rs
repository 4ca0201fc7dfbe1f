//! Who pays whom, in what, by which rule.

use super::{Asset, Change, Fraction, Party, Protocol};
use crate::{Assets, MathError, Timestamp};
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

/// Windows over which pay is summed, in seconds, all ending at the block: 7, 30 and 90 days.
pub const WINDOWS_SECONDS: [u64; 3] = [604_800, 2_592_000, 7_776_000];

/// A stream of pay: one payer, one token, one contract, one group of payees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The protocol.
    pub protocol: Protocol,
    /// The contract that holds the pay.
    pub rail: Party,
    /// The network that pays.
    pub network: Party,
    /// Who is paid.
    pub payee: Payee,
    /// In what.
    pub token: Asset,
    /// How it is shared out.
    pub distribution: Distribution,
    /// All distributions so far.
    pub total: Paid,
    /// Sums over [`WINDOWS_SECONDS`], in that order.
    pub windows: Vec<WindowPaid>,
    /// Time of the first distribution in the history.
    pub first_at: Option<Timestamp>,
    /// Time of the last one.
    pub last_at: Option<Timestamp>,
    /// What the last one paid.
    pub last: Paid,
    /// Whether the history that was given accounts for everything that the contract holds and paid.
    pub is_complete: bool,
    /// Rules that can change.
    pub changes: Vec<Change>,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Payee {
    /// The stakers of a vault.
    Stakers {
        /// The vault.
        vault: Party,
    },
    /// Operators of the network.
    Operators,
    /// The operators of a vault in the network.
    VaultOperators {
        /// The vault.
        vault: Party,
    },
    /// Whoever the payer's Merkle tree names: stakers, operators, contributors.
    Rewardees,
}

/// How pay is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Distribution {
    /// In proportion to active shares at a moment that the payer names, after a fee.
    ActiveShares {
        /// The fee that the next distribution pays.
        fee: Fraction,
    },
    /// By a Merkle root of cumulative amounts, which the network computes as it likes.
    MerkleRoot {
        /// The root in force; `None` when there is none.
        root: Option<B256>,
        /// What is left to claim.
        unclaimed: Assets,
    },
    /// In proportion to operators' shares at a moment that the payer names.
    OperatorShares {
        /// The part of the next distribution that goes to operators.
        part: Fraction,
    },
    /// By a Merkle root of cumulative amounts that the payer's rewarder and the protocol both sign.
    SignedMerkleRoot {
        /// The last root; `None` when there is none. Roots before it still count.
        root: Option<B256>,
        /// What is left to claim in the stream's token.
        unclaimed: Assets,
        /// What the payer has deposited and not distributed.
        undistributed: Assets,
    },
}

/// Sum of distributions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// For the payees, after fees.
    pub amount: Assets,
    /// Fees.
    pub fee: Assets,
    /// Number of distributions.
    pub count: u64,
}

/// Sum of the distributions of a window that ends at the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowPaid {
    /// Length of the window.
    pub window_seconds: u64,
    /// What was paid later than that before the block.
    pub paid: Paid,
}

impl Paid {
    /// One more distribution.
    ///
    /// # Errors
    /// [`MathError::Overflow`] past 2^256 - 1.
    pub fn add(&mut self, amount: Assets, fee: Assets) -> Result<(), MathError> {
        self.amount = self.amount.plus(amount)?;
        self.fee = self.fee.plus(fee)?;
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

impl Payment {
    /// Books a distribution at `at`, seen from `now`.
    ///
    /// # Errors
    /// [`MathError::Overflow`] past 2^256 - 1.
    pub fn book(
        &mut self,
        (amount, fee): (Assets, Assets),
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), MathError> {
        self.total.add(amount, fee)?;
        for window in &mut self.windows {
            if now.0.saturating_sub(at.0) < window.window_seconds {
                window.paid.add(amount, fee)?;
            }
        }
        self.first_at.get_or_insert(at);
        self.last_at = Some(at);
        self.last = Paid { amount, fee, count: 1 };
        Ok(())
    }

    /// The empty windows of a new stream.
    #[must_use]
    pub fn no_windows() -> Vec<WindowPaid> {
        let empty = |window_seconds| WindowPaid { window_seconds, paid: Paid::default() };
        WINDOWS_SECONDS.map(empty).to_vec()
    }

    /// What was paid in the window of this length.
    #[must_use]
    pub fn paid_in(&self, window_seconds: u64) -> Option<Paid> {
        let found = self.windows.iter().find(|w| w.window_seconds == window_seconds);
        found.map(|window| window.paid)
    }
}
