//! What was slashed, vetoed, or is waiting.

use super::{Party, Protocol};
use crate::{Assets, Timestamp};
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
    /// What was asked for. For a slash without a request it is what the slasher booked.
    pub asked: Assets,
    /// Stake is measured at this moment.
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
    /// Nobody executed it in time; it never will be.
    Expired {
        /// Last second at which it could have been executed.
        since: Timestamp,
    },
}

impl SlashStatus {
    /// Whether it can still be executed.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Vetoable { .. } | Self::Executable { .. })
    }

    /// When it was decided, for those that were.
    #[must_use]
    pub fn decided_at(&self) -> Option<Timestamp> {
        match self {
            Self::Executed { at, .. } | Self::Vetoed { at, .. } => Some(*at),
            Self::Closed
            | Self::Vetoable { .. }
            | Self::Executable { .. }
            | Self::Expired { .. } => None,
        }
    }
}
