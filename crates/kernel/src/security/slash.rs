//! What was slashed, vetoed, or is waiting.

use super::{Fraction, Party, Protocol};
use crate::{Assets, Timestamp};
use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

/// A slash, or a request for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlashRecord {
    /// The protocol.
    pub protocol: Protocol,
    /// The vault.
    pub vault: Party,
    /// The network that slashes.
    pub network: Party,
    /// Number of the subnetwork.
    pub subnetwork: Assets,
    /// The operator that is slashed.
    pub operator: Party,
    /// Number of the request, where slashes are requested first.
    pub request: Option<u64>,
    /// What was asked for. For a slash without a request it is what the slasher booked; where a
    /// part was asked for, what it took, or else what it would take at the block.
    pub asked: Assets,
    /// The part of the stake that was asked for, where slashes ask for parts.
    pub part: Option<Fraction>,
    /// Stake is measured at this moment; where it is measured when the slash is carried out, the
    /// moment of the request.
    pub captured_at: Timestamp,
    /// What came of it.
    pub status: SlashStatus,
}

/// What came of a slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SlashStatus {
    /// It was carried out.
    Executed {
        /// When.
        at: Timestamp,
        /// What the slasher booked.
        nominal: Assets,
        /// What the vault really gave, which can be less; `None` when the history does not tell.
        taken: Option<Assets>,
    },
    /// The resolver stopped it.
    Vetoed {
        /// When.
        at: Timestamp,
        /// Who.
        resolver: Party,
    },
    /// It was carried out without this vault, which no longer stood for the network.
    Skipped {
        /// When.
        at: Timestamp,
    },
    /// It is over, and the history does not tell how.
    Closed,
    /// It can be vetoed.
    Vetoable {
        /// From then on it can be executed.
        until: Timestamp,
    },
    /// It can be executed and not be vetoed.
    Executable {
        /// Last second at which it can be executed.
        until: Timestamp,
    },
    /// Anybody can execute it, without an end, and until then it can be vetoed.
    Due {
        /// First second at which it could be executed.
        since: Timestamp,
    },
    /// The time for it has come, executing it fails, and until it works it waits for a veto. One
    /// vault that cannot be slashed blocks all vaults of its request.
    Blocked {
        /// First second at which it could be executed.
        since: Timestamp,
        /// What executing it reverts with.
        failure: Bytes,
    },
    /// The operator has left the network, and until he comes back it cannot be executed. It waits
    /// for a veto.
    Dangling {
        /// First second at which it could be executed.
        since: Timestamp,
    },
    /// Nobody executed it in time; it never will be.
    Expired {
        /// Last second at which it could have been executed.
        since: Timestamp,
    },
}

impl SlashStatus {
    /// Whether it can still be executed, be it that something has to change first.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        match self {
            Self::Vetoable { .. }
            | Self::Executable { .. }
            | Self::Due { .. }
            | Self::Blocked { .. }
            | Self::Dangling { .. } => true,
            Self::Executed { .. }
            | Self::Vetoed { .. }
            | Self::Skipped { .. }
            | Self::Closed
            | Self::Expired { .. } => false,
        }
    }

    /// When it was decided, for those that were.
    #[must_use]
    pub fn decided_at(&self) -> Option<Timestamp> {
        match self {
            Self::Executed { at, .. } | Self::Vetoed { at, .. } | Self::Skipped { at } => Some(*at),
            Self::Closed
            | Self::Vetoable { .. }
            | Self::Executable { .. }
            | Self::Due { .. }
            | Self::Blocked { .. }
            | Self::Dangling { .. }
            | Self::Expired { .. } => None,
        }
    }
}

/// Puts slashes in the order of a picture: by the time at which they were decided, those that were
/// not last.
pub fn sort_slashes(records: &mut [SlashRecord]) {
    records.sort_by_key(|record| {
        let decided = record.status.decided_at();
        (decided.is_none(), decided, record.captured_at, record.vault.clone(), record.request)
    });
}
