//! Folds the events of staker and operator rewards.

use super::wrong_emitter;
use crate::abi::rewards::InitVault;
use crate::event::Event;
use crate::state::State;
use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError, Id};

/// Registers a staker rewards contract.
///
/// # Errors
/// None beyond [`FoldError`]'s own.
pub fn staker_created(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _emitter: Address,
    _event: &InitVault,
) -> Result<(), FoldError> {
    Ok(())
}

/// Folds one event of a staker rewards contract.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_staker(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    Err(wrong_emitter(emitter, event))
}

/// Folds one event of an operator rewards contract.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_operator(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    Err(wrong_emitter(emitter, event))
}
