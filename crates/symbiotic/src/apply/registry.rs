//! Folds the events of registries, factories and services.

use super::wrong_emitter;
use crate::abi::ledger::Deployed;
use crate::event::Event;
use crate::state::{Contract, Kind, State};
use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError};

/// Registers a singleton.
///
/// # Errors
/// [`FoldError::Missing`] for a number that is no kind.
pub fn deployed(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Deployed,
) -> Result<(), FoldError> {
    let kind = Kind::from_number(event.kind).ok_or(FoldError::Missing { what: "a kind" })?;
    let account = fold.accounts.intern(fold.mark, emitter);
    state.contracts.set(fold.mark, account, Contract::Singleton(kind));
    state.singletons.set(fold.mark, kind.id(), emitter);
    Ok(())
}

/// Folds one event of a singleton.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    _state: &mut State,
    _fold: &mut Fold<'_>,
    _kind: Kind,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    Err(wrong_emitter(emitter, event))
}
