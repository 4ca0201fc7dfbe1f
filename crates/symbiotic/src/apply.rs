//! The fold: how an event changes the state. Nothing else does.

pub mod collateral;
pub mod delegator;
pub mod hook;
pub mod registry;
pub mod rewards;
pub mod rewards_v2;
pub mod router;
pub mod slasher;
pub mod vault;

use crate::event::Event;
use crate::state::delegator::implementation_id;
use crate::state::{Contract, Kind, State};
use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError, Id, Index, NONE};

/// Folds `event` of `emitter` into `state`.
///
/// # Errors
/// [`FoldError`] when the event does not fit the state or its emitter.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match event {
        Event::Deployed(e) => return registry::deployed(state, fold, emitter, e),
        Event::VaultCreated(e) => return vault::created(state, fold, emitter, e),
        Event::DelegatorCreated(e) => return delegator::created(state, fold, emitter, e),
        Event::SlasherCreated(e) => return slasher::created(state, fold, emitter, e),
        Event::HookCreated(e) => return hook::created(state, fold, emitter, e),
        Event::RouterCreated(e) => return router::created(state, fold, emitter, e),
        Event::CollateralCreated(e) => return collateral::created(state, fold, emitter, e),
        Event::InitVault(e) => return rewards::staker_created(state, fold, emitter, e),
        Event::RoleGranted(e) => {
            state.roles.granted(fold, emitter, e);
            return Ok(());
        }
        Event::RoleRevoked(e) => {
            state.roles.revoked(fold, emitter, e);
            return Ok(());
        }
        Event::OwnershipTransferred(e) => {
            state.owners.transferred(fold, emitter, e);
            return Ok(());
        }
        Event::Approval(e) => {
            state.allowances.set(fold, emitter, (e.owner, e.spender), e.value);
            return Ok(());
        }
        Event::AllowanceSpent(e) => {
            state.allowances.set(fold, emitter, (e.owner, e.spender), e.allowance);
            return Ok(());
        }
        // The proxy's own bookkeeping; versions are folded from `Initialized` and `Migrate`.
        Event::Upgraded(_) | Event::AdminChanged(_) => return Ok(()),
        _ => {}
    }
    match state.contract(fold.accounts, emitter) {
        Contract::Singleton(kind) => singleton(state, fold, kind, emitter, event),
        Contract::Vault(id) => vault::apply(state, fold, id, emitter, event),
        Contract::Delegator(id) => delegator::apply(state, fold, id, emitter, event),
        Contract::Slasher(id) => slasher::apply(state, fold, id, emitter, event),
        Contract::Hook(id) => hook::apply(state, fold, id, emitter, event),
        Contract::Router(id) => router::apply(state, fold, id, emitter, event),
        Contract::Collateral(id) => collateral::apply(state, fold, id, emitter, event),
        Contract::StakerRewards(id) => rewards::apply_staker(state, fold, id, emitter, event),
        Contract::OperatorRewards(id) => rewards::apply_operator(state, fold, id, emitter, event),
        Contract::None => Err(wrong_emitter(emitter, event)),
    }
}

/// Implementation contracts are contracts too: whatever they let anybody do, they log. They share
/// the cell that nothing else uses.
fn singleton(
    state: &mut State,
    fold: &mut Fold<'_>,
    kind: Kind,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match kind {
        Kind::VaultImplementation | Kind::VaultTokenizedImplementation => {
            vault::apply(state, fold, NONE, emitter, event)
        }
        Kind::SlasherImplementation => slasher::apply(state, fold, NONE, emitter, event),
        Kind::VetoSlasherImplementation => {
            slasher::apply_implementation(state, fold, emitter, event)
        }
        Kind::DefaultCollateralImplementation => {
            collateral::apply(state, fold, NONE, emitter, event)
        }
        Kind::OperatorRewardsImplementation => {
            rewards::apply_operator(state, fold, NONE, emitter, event)
        }
        Kind::CuratorRegistry => rewards_v2::apply_curators(state, fold, emitter, event),
        Kind::FeeRegistry => rewards_v2::apply_fees(state, fold, emitter, event),
        Kind::Rewards => rewards_v2::apply(state, fold, emitter, event),
        _ => match implementation_id(kind) {
            NONE => registry::apply(state, fold, kind, emitter, event),
            id => delegator::apply(state, fold, id, emitter, event),
        },
    }
}

/// Gives a new contract at `emitter` the next id of its kind.
fn register(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &'static str,
    ids: fn(&mut State) -> &mut Index<Id>,
    contract: fn(Id) -> Contract,
) -> Result<Id, FoldError> {
    let account = fold.accounts.intern(fold.mark, emitter);
    if *state.contracts.get(account) != Contract::None {
        return Err(FoldError::WrongEmitter { emitter, event });
    }
    let id = ids(state).intern(fold.mark, account);
    state.contracts.set(fold.mark, account, contract(id));
    Ok(id)
}

/// The error for an event that its emitter does not emit.
#[must_use]
pub fn wrong_emitter(emitter: Address, event: &Event) -> FoldError {
    FoldError::WrongEmitter { emitter, event: event.name() }
}
