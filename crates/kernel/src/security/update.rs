//! Stake that is about to come or go.

use super::{Party, Protocol};
use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// A vault that is about to stand for a network, or no longer. Somebody has to carry it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StakeUpdate {
    /// The protocol.
    pub protocol: Protocol,
    /// The vault.
    pub vault: Party,
    /// The network.
    pub network: Party,
    /// The operator who asked for it.
    pub operator: Party,
    /// Its number.
    pub number: u64,
    /// Whether the vault comes to stand for the network, instead of leaving it.
    pub joins: bool,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// First second at which it can be carried out.
    pub ready_at: Timestamp,
    /// Whether it cannot be carried out, because the operator has left the network. Until he comes
    /// back it also keeps the vault from every other update.
    pub is_stuck: bool,
}
