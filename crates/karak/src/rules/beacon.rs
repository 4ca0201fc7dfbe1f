//! The contract that tells beacon block roots. Source: EIP-4788.

use crate::Karak;
use alloy_primitives::{Address, U256, address};
use bondstone_kernel::{Host, Message, NONE, Revert};

/// Where it lives on every chain.
pub const BEACON_ROOTS: Address = address!("0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02");

/// Answers the root that the ledger was told for the asked time.
///
/// # Errors
/// A revert without data for calldata that is not one word and for times without a root.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    let asked: [u8; 32] = message.input.try_into().map_err(|_| Revert::empty())?;
    let asked = u64::try_from(U256::from_be_bytes(asked)).map_err(|_| Revert::empty())?;
    match host.state().beacon_keys.find(&asked) {
        NONE => Err(Revert::empty()),
        key => Ok(host.state().beacon_roots.get(key).to_vec()),
    }
}
