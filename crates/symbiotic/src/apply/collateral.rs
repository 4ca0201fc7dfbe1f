//! Folds the events of collaterals.

use super::wrong_emitter;
use crate::abi::ledger::CollateralCreated;
use crate::event::Event;
use crate::state::State;
use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError, Id};

/// Registers a collateral.
///
/// # Errors
/// None beyond [`FoldError`]'s own.
pub fn created(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _emitter: Address,
    _event: &CollateralCreated,
) -> Result<(), FoldError> {
    Ok(())
}

/// Folds one event of the collateral `id`.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    Err(wrong_emitter(emitter, event))
}
