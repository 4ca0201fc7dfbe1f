//! Folds the events of hooks.

use super::{register, wrong_emitter};
use crate::abi::ledger::HookCreated;
use crate::event::Event;
use crate::state::hook::{HookConfig, HookKind};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, Timestamp, math};

/// Registers a hook.
///
/// # Errors
/// [`FoldError::Missing`] for a number that is no hook.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &HookCreated,
) -> Result<(), FoldError> {
    let kind = HookKind::from_number(event.kind).ok_or(FoldError::Missing { what: "a hook" })?;
    let mark = fold.mark;
    let id = register(state, fold, emitter, "HookCreated", |s| &mut s.hook.ids, Contract::Hook)?;
    let period = event.period.saturating_to();
    state.hook.config.set(mark, id, HookConfig { kind, period, slash_count: event.slashCount });
    Ok(())
}

/// Folds one event of the hook `id`.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let config = *state.hook.config.get(id);
    match event {
        Event::HookSlashNoted(e) if config.kind.is_reset() => {
            let time = Timestamp(math::to_u48(U256::from(fold.block.timestamp))?);
            let key = memory_key(state, fold, id, (e.vault, e.subnetwork, e.operator));
            state.hook.memory.update(fold.mark, key, |times| {
                // The buffer is a ring: when it is full the oldest time makes room.
                if U256::from(times.len()) >= config.slash_count && !times.is_empty() {
                    times.remove(0);
                }
                times.push(time);
            });
        }
        Event::HookSlashesForgotten(e) if config.kind.is_reset() => {
            let key = memory_key(state, fold, id, (e.vault, e.subnetwork, e.operator));
            state.hook.memory.set(fold.mark, key, Vec::new());
        }
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn memory_key(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    (vault, subnetwork, operator): (Address, B256, Address),
) -> Id {
    let vault = fold.accounts.intern(fold.mark, vault);
    let operator = fold.accounts.intern(fold.mark, operator);
    let operator = state.hook.memory_operator(id, operator);
    state.hook.memory_keys.intern(fold.mark, (id, vault, subnetwork, operator))
}
