//! Folds the events of delegators.

use super::{register, wrong_emitter};
use crate::abi::delegator::{SetMaxNetworkLimit, SetOperatorNetworkShares};
use crate::abi::ledger::DelegatorCreated;
use crate::event::Event;
use crate::state::delegator::{
    DelegatorConfig, FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC,
};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, math};

/// Registers a delegator.
///
/// # Errors
/// None beyond [`FoldError`]'s own.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &DelegatorCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let id = register(
        state,
        fold,
        emitter,
        "DelegatorCreated",
        |s| &mut s.delegator.ids,
        Contract::Delegator,
    )?;
    let config = DelegatorConfig {
        address: emitter,
        delegator_type: event.delegatorType,
        vault: event.vault,
        hook: event.hook,
        network: event.network,
        operator: event.operator,
    };
    state.delegator.config.set(mark, id, config);
    Ok(())
}

/// Folds one event of the delegator `id`.
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
    let kind = state.delegator.config.get(id).delegator_type;
    match event {
        // Slashing leaves nothing behind here; being initialised follows from existing.
        Event::DelegatorSlashed(_) | Event::Initialized(_) => {}
        Event::SetHook(e) => {
            state.delegator.config.update(fold.mark, id, |config| config.hook = e.hook);
        }
        Event::SetMaxNetworkLimit(e) => max_network_limit(state, fold, (id, kind), e)?,
        Event::SetNetworkLimit(e) if kind != OPERATOR_NETWORK_SPECIFIC => {
            let key = state.delegator.limit_keys.intern(fold.mark, (id, e.subnetwork));
            state.delegator.network_limit.push(fold.mark, key, now(fold)?, e.amount)?;
        }
        Event::SetOperatorNetworkShares(e) if kind == NETWORK_RESTAKE => {
            operator_shares(state, fold, id, e)?;
        }
        Event::SetOperatorNetworkLimit(e) if kind == FULL_RESTAKE => {
            let (_, key) = operator_keys(state, fold, id, e.subnetwork, e.operator);
            state.delegator.operator_part.push(fold.mark, key, now(fold)?, e.amount)?;
        }
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

/// The new maximum also lowers a higher network limit, which the contract does without a log.
fn max_network_limit(
    state: &mut State,
    fold: &mut Fold<'_>,
    (id, kind): (Id, u64),
    event: &SetMaxNetworkLimit,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let delegators = &mut state.delegator;
    let key = delegators.limit_keys.intern(mark, (id, event.subnetwork));
    delegators.max_network_limit.set(mark, key, event.amount);
    if kind == OPERATOR_NETWORK_SPECIFIC {
        delegators.max_network_limit_history.push(mark, key, now(fold)?, event.amount)?;
        return Ok(());
    }
    let limit = delegators.network_limit.get(key).latest_checkpoint();
    if limit.is_some_and(|point| point.value > event.amount) {
        delegators.network_limit.push(mark, key, now(fold)?, event.amount)?;
    }
    Ok(())
}

fn operator_shares(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &SetOperatorNetworkShares,
) -> Result<(), FoldError> {
    let (limit, key) = operator_keys(state, fold, id, event.subnetwork, event.operator);
    let delegators = &mut state.delegator;
    let total = delegators.total_operator_shares.get(limit).latest();
    let others = math::sub(total, delegators.operator_part.get(key).latest())?;
    let total = math::add(others, event.shares)?;
    let time = now(fold)?;
    delegators.total_operator_shares.push(fold.mark, limit, time, total)?;
    delegators.operator_part.push(fold.mark, key, time, event.shares)?;
    Ok(())
}

fn operator_keys(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    subnetwork: B256,
    operator: Address,
) -> (Id, Id) {
    let operator = fold.accounts.intern(fold.mark, operator);
    let limit = state.delegator.limit_keys.intern(fold.mark, (id, subnetwork));
    (limit, state.delegator.operator_keys.intern(fold.mark, (limit, operator)))
}

/// `Time.timestamp()`, which fails as the contract does past `uint48`.
fn now(fold: &Fold<'_>) -> Result<u64, FoldError> {
    Ok(math::to_u48(U256::from(fold.block.timestamp))?)
}
