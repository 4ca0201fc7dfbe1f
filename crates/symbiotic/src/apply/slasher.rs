//! Folds the events of slashers.

use super::wrong_emitter;
use crate::abi::ledger::SlasherCreated;
use crate::abi::slasher::{ExecuteSlash, RequestSlash, SetResolver};
use crate::event::Event;
use crate::rules::slasher::{INSTANT, VETO};
use crate::state::slasher::{SlashRequest, SlasherConfig};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, MathError, NONE, Timestamp, math};

/// Registers a slasher.
///
/// # Errors
/// None beyond [`FoldError`]'s own.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &SlasherCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let account = fold.accounts.intern(mark, emitter);
    let id = state.slasher.ids.intern(mark, account);
    state.contracts.set(mark, account, Contract::Slasher(id));
    let config = SlasherConfig {
        address: emitter,
        slasher_type: event.slasherType,
        vault: event.vault,
        is_burner_hook: event.isBurnerHook,
        veto_duration: event.vetoDuration.saturating_to(),
        resolver_set_epochs_delay: event.resolverSetEpochsDelay,
        requests: 0,
    };
    state.slasher.config.set(mark, id, config);
    Ok(())
}

/// Folds one event of the slasher `id`.
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
    let slasher_type = state.slasher.config.get(id).slasher_type;
    match event {
        // What initialisation stores is in `SlasherCreated`.
        Event::Initialized(_) => Ok(()),
        Event::SlashBooked(e) => {
            state.slasher.booked.set(fold.mark, id, true);
            let capture = Timestamp(e.captureTimestamp.saturating_to());
            book(state, fold, id, (e.subnetwork, e.operator), e.amount, capture)
        }
        Event::Slash(e) if slasher_type == INSTANT => {
            if settle_booked(state, fold, id) {
                return Ok(());
            }
            let capture = Timestamp(e.captureTimestamp.saturating_to());
            book(state, fold, id, (e.subnetwork, e.operator), e.slashedAmount, capture)
        }
        Event::SlashRequestClosed(e) if slasher_type == VETO => {
            complete(state, fold, id, e.slashIndex).map(drop)
        }
        Event::ExecuteSlash(e) if slasher_type == VETO => executed(state, fold, id, e),
        Event::VetoSlash(e) if slasher_type == VETO => {
            complete(state, fold, id, e.slashIndex).map(drop)
        }
        Event::RequestSlash(e) if slasher_type == VETO => requested(state, fold, id, e),
        Event::SetResolver(e) if slasher_type == VETO => set_resolver(state, fold, id, e),
        _ => Err(wrong_emitter(emitter, event)),
    }
}

/// Whether the slash was booked when it began; forgets it.
fn settle_booked(state: &mut State, fold: &Fold<'_>, id: Id) -> bool {
    let booked = *state.slasher.booked.get(id);
    if booked {
        state.slasher.booked.set(fold.mark, id, false);
    }
    booked
}

/// The latest capture grows, the sum of slashes grows at the time of the block.
fn book(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    (subnetwork, operator): (B256, Address),
    amount: U256,
    capture: Timestamp,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let now = now(fold)?;
    let operator = fold.accounts.intern(mark, operator);
    let slashers = &mut state.slasher;
    let key = slashers.slash_keys.intern(mark, (id, subnetwork, operator));
    if *slashers.latest_capture.get(key) < capture {
        slashers.latest_capture.set(mark, key, capture);
    }
    let total = math::add(slashers.cumulative_slash.get(key).latest(), amount)?;
    Ok(slashers.cumulative_slash.push(mark, key, now.0, total)?)
}

fn executed(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &ExecuteSlash,
) -> Result<(), FoldError> {
    let request = complete(state, fold, id, event.slashIndex)?;
    if settle_booked(state, fold, id) {
        return Ok(());
    }
    let whom = (request.subnetwork, request.operator);
    book(state, fold, id, whom, event.slashedAmount, request.capture_timestamp)
}

/// Marks a request as completed, which may have happened already, and returns it.
fn complete(
    state: &mut State,
    fold: &Fold<'_>,
    id: Id,
    index: U256,
) -> Result<SlashRequest, FoldError> {
    let slashers = &mut state.slasher;
    let key = slashers.request_keys.find(&(id, request_index(index)?));
    if key == NONE {
        return Err(FoldError::Missing { what: "a slash request" });
    }
    let request = SlashRequest { completed: true, ..*slashers.requests.get(key) };
    slashers.requests.set(fold.mark, key, request);
    Ok(request)
}

fn requested(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &RequestSlash,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let index = request_index(event.slashIndex)?;
    let slashers = &mut state.slasher;
    let key = slashers.request_keys.intern(mark, (id, index));
    let request = SlashRequest {
        subnetwork: event.subnetwork,
        operator: event.operator,
        amount: event.slashAmount,
        capture_timestamp: Timestamp(event.captureTimestamp.saturating_to()),
        veto_deadline: Timestamp(event.vetoDeadline.saturating_to()),
        completed: false,
    };
    slashers.requests.set(mark, key, request);
    let requests = index.checked_add(1).ok_or(MathError::Overflow)?;
    slashers.config.update(mark, id, |config| config.requests = requests);
    Ok(())
}

fn request_index(index: U256) -> Result<u64, FoldError> {
    u64::try_from(index).map_err(|_| FoldError::Missing { what: "a slash request" })
}

/// A first resolver holds at once. A later one cancels a change that waits and, when it differs
/// from the one in force, holds from the start of an epoch on.
fn set_resolver(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &SetResolver,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let now = now(fold)?;
    let key = state.slasher.resolver_keys.intern(mark, (id, event.subnetwork));
    let Some(last) = state.slasher.resolver.get(key).latest_checkpoint() else {
        return Ok(state.slasher.resolver.push(mark, key, now.0, event.resolver)?);
    };
    if last.key > now.0 {
        state.slasher.resolver.pop(mark, key);
    }
    if state.slasher.resolver.get(key).latest() != event.resolver {
        let from = resolver_change(state, fold, id, now)?;
        state.slasher.resolver.push(mark, key, from.0, event.resolver)?;
    }
    Ok(())
}

/// When a change of resolver announced now holds: `resolverSetEpochsDelay` epochs after the start
/// of the current one. Source: `VetoSlasher.setResolver`.
fn resolver_change(
    state: &State,
    fold: &Fold<'_>,
    id: Id,
    now: Timestamp,
) -> Result<Timestamp, FoldError> {
    let config = state.slasher.config.get(id);
    let Contract::Vault(vault) = state.contract(fold.accounts, config.vault) else {
        return Err(FoldError::Missing { what: "the vault of a slasher" });
    };
    let epoch = state.vault.epoch_of(vault, now)?;
    let vault = state.vault.config.get(vault);
    let duration = U256::from(vault.epoch_duration);
    let elapsed = math::mul(U256::from(epoch.0), duration)?;
    let start = math::add(U256::from(vault.epoch_duration_init.0), elapsed)?;
    let start = U256::from(math::to_u48(start)?);
    let delay = math::mul(config.resolver_set_epochs_delay, duration)?;
    Ok(Timestamp(math::to_u48(math::add(start, delay)?)?))
}

fn now(fold: &Fold<'_>) -> Result<Timestamp, MathError> {
    math::to_u48(U256::from(fold.block.timestamp)).map(Timestamp)
}
