//! Folds the events of routers.

use super::{register, wrong_emitter};
use crate::abi::ledger::RouterCreated;
use crate::event::Event;
use crate::state::router::{Pending, RouterConfig};
use crate::state::{Contract, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Fold, FoldError, Id, NONE, Timestamp, math};

/// Registers a router with its first receivers.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the emitter already.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &RouterCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let id =
        register(state, fold, emitter, "RouterCreated", |s| &mut s.router.ids, Contract::Router)?;
    let [delay] = *event.delay.as_limbs();
    let config = RouterConfig {
        address: emitter,
        collateral: event.collateral,
        last_balance: U256::ZERO,
        delay: Pending { current: delay, ..Pending::default() },
        global_receiver: Pending { current: event.globalReceiver, ..Pending::default() },
    };
    state.router.config.set(mark, id, config);
    for entry in &event.networkReceivers {
        let key = receiver_key(state, fold, id, entry.network, None);
        let value = Pending { current: entry.receiver, ..Pending::default() };
        state.router.receivers.set(mark, key, value);
    }
    for entry in &event.operatorNetworkReceivers {
        let key = receiver_key(state, fold, id, entry.network, Some(entry.operator));
        let value = Pending { current: entry.receiver, ..Pending::default() };
        state.router.receivers.set(mark, key, value);
    }
    Ok(())
}

/// Folds one event of the router `id`.
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
    let mark = fold.mark;
    let now = Timestamp(math::to_u48(U256::from(fold.block.timestamp))?);
    let mut config = *state.router.config.get(id);
    let delay = config.delay.current;
    match event {
        Event::RouterCredited(e) => {
            let key = balance_key(state, fold, id, e.receiver);
            let owed = math::add(*state.router.balances.get(key), e.amount)?;
            state.router.balances.set(mark, key, owed);
            config.last_balance = e.lastBalance;
        }
        Event::TriggerTransfer(e) => {
            // A mirror of the real chain sees no credits, so nothing is subtracted from them.
            let key = balance_key(state, fold, id, e.receiver);
            state.router.balances.set(mark, key, U256::ZERO);
            config.last_balance = config.last_balance.saturating_sub(e.amount);
        }
        Event::SetDelay(e) => {
            let [seconds] = *e.delay.as_limbs();
            config.delay = change(config.delay, seconds, now, delay)?;
        }
        Event::AcceptDelay(_) => config.delay = config.delay.accepted(),
        Event::SetGlobalReceiver(e) => {
            config.global_receiver = change(config.global_receiver, e.receiver, now, delay)?;
        }
        Event::AcceptGlobalReceiver(_) => {
            config.global_receiver = config.global_receiver.accepted();
        }
        Event::SetNetworkReceiver(e) => {
            let key = receiver_key(state, fold, id, e.network, None);
            let value = change(*state.router.receivers.get(key), e.receiver, now, delay)?;
            state.router.receivers.set(mark, key, value);
        }
        Event::AcceptNetworkReceiver(e) => {
            let key = receiver_key(state, fold, id, e.network, None);
            let value = state.router.receivers.get(key).accepted();
            state.router.receivers.set(mark, key, value);
        }
        Event::SetOperatorNetworkReceiver(e) => {
            let key = receiver_key(state, fold, id, e.network, Some(e.operator));
            let value = change(*state.router.receivers.get(key), e.receiver, now, delay)?;
            state.router.receivers.set(mark, key, value);
        }
        Event::AcceptOperatorNetworkReceiver(e) => {
            let key = receiver_key(state, fold, id, e.network, Some(e.operator));
            let value = state.router.receivers.get(key).accepted();
            state.router.receivers.set(mark, key, value);
        }
        // A clone is initialised when it appears.
        Event::Initialized(_) => return Ok(()),
        _ => return Err(wrong_emitter(emitter, event)),
    }
    if config != *state.router.config.get(id) {
        state.router.config.set(mark, id, config);
    }
    Ok(())
}

fn change<T: Copy + Default + PartialEq>(
    value: Pending<T>,
    new: T,
    now: Timestamp,
    delay: u64,
) -> Result<Pending<T>, FoldError> {
    let proposed = value.proposed(new, now, delay)?;
    proposed.ok_or(FoldError::Missing { what: "a value that the set one differs from" })
}

fn receiver_key(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    network: Address,
    operator: Option<Address>,
) -> Id {
    let network = fold.accounts.intern(fold.mark, network);
    let operator = operator.map_or(NONE, |o| fold.accounts.intern(fold.mark, o));
    state.router.receiver_keys.intern(fold.mark, (id, network, operator))
}

fn balance_key(state: &mut State, fold: &mut Fold<'_>, id: Id, receiver: Address) -> Id {
    let receiver = fold.accounts.intern(fold.mark, receiver);
    state.router.balance_keys.intern(fold.mark, (id, receiver))
}
