//! Folds the events of vaults.

use super::wrong_emitter;
use crate::abi::ledger::VaultCreated;
use crate::event::Event;
use crate::state::State;
use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError, Id};

/// s
///
/// # Errors
/// s
pub fn created(_: &mut State, _: &mut Fold<'_>, _: Address, _: &VaultCreated) -> Result<(), FoldError> {
    Ok(())
}

/// s
///
/// # Errors
/// s
pub fn apply(_: &mut State, _: &mut Fold<'_>, _: Id, emitter: Address, event: &Event) -> Result<(), FoldError> {
    Err(wrong_emitter(emitter, event))
}
