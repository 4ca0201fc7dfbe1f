//! Folds the events of registries, factories and services.

use super::wrong_emitter;
use crate::abi::ledger::Deployed;
use crate::event::Event;
use crate::state::{Contract, Kind, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Fold, FoldError, Id, Mark};

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
    state: &mut State,
    fold: &mut Fold<'_>,
    kind: Kind,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    match (kind, event) {
        (_, Event::AddEntity(e)) => {
            let entity = fold.accounts.intern(mark, e.entity);
            let Some(entities) = state.registry.entities_mut(kind) else {
                return Err(wrong_emitter(emitter, event));
            };
            entities.intern(mark, entity);
            if kind == Kind::OperatorRewardsFactory {
                // Its clones log nothing when they are initialised, so they are known from here on.
                let id = state.rewards.operator_ids.intern(mark, entity);
                state.contracts.set(mark, entity, Contract::OperatorRewards(id));
            }
        }
        (_, Event::Whitelist(e)) => {
            let implementation = fold.accounts.intern(mark, e.implementation);
            let Some(implementations) = state.registry.implementations_mut(kind) else {
                return Err(wrong_emitter(emitter, event));
            };
            implementations.intern(mark, implementation);
        }
        (_, Event::Blacklist(e)) if state.registry.implementations(kind).is_some() => {
            state.registry.blacklisted.intern(mark, (kind.id(), e.version));
        }
        // The vault logs its new version itself.
        (Kind::VaultFactory, Event::Migrate(_)) => {}
        // Implementations lock themselves with the highest version when they are deployed.
        (_, Event::Initialized(_)) => {}
        (Kind::NetworkMiddlewareService, Event::SetMiddleware(e)) => {
            let network = fold.accounts.intern(mark, e.network);
            state.registry.middleware.set(mark, network, e.middleware);
        }
        (
            Kind::OperatorMetadataService | Kind::NetworkMetadataService,
            Event::SetMetadataURL(e),
        ) => {
            let entity = fold.accounts.intern(mark, e.entity);
            let key = state.registry.metadata_keys.intern(mark, (kind.id(), entity));
            state.registry.metadata_urls.set(mark, key, e.metadataURL.clone());
        }
        (Kind::OperatorVaultOptInService | Kind::OperatorNetworkOptInService, _) => {
            return opt_in_service(state, fold, kind, emitter, event);
        }
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn opt_in_service(
    state: &mut State,
    fold: &mut Fold<'_>,
    service: Kind,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let now = fold.block.timestamp;
    match event {
        Event::IncreaseNonce(e) => {
            let key = opt_in_key(state, fold, service, (e.who, e.r#where));
            bump(state, mark, key);
        }
        Event::OptIn(e) => {
            let key = opt_in_key(state, fold, service, (e.who, e.r#where));
            state.registry.opt_ins.push(mark, key, now, true)?;
        }
        Event::OptOut(e) => {
            let key = opt_in_key(state, fold, service, (e.who, e.r#where));
            state.registry.opt_ins.push(mark, key, now, false)?;
        }
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn opt_in_key(
    state: &mut State,
    fold: &mut Fold<'_>,
    service: Kind,
    (who, wher): (Address, Address),
) -> Id {
    let who = fold.accounts.intern(fold.mark, who);
    let wher = fold.accounts.intern(fold.mark, wher);
    state.registry.opt_in_keys.intern(fold.mark, (service.id(), who, wher))
}

/// Nonces wrap: the contract increases them unchecked.
fn bump(state: &mut State, mark: Mark, key: Id) {
    let next = state.registry.opt_in_nonces.get(key).wrapping_add(U256::ONE);
    state.registry.opt_in_nonces.set(mark, key, next);
}
