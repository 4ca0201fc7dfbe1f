//! Folds what contracts log of owners, roles, pauses, versions and allowances.

use super::id;
use crate::event::Event;
use crate::rules::solady::HANDOVER_SECONDS;
use crate::state::{Contract, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Fold, Id};

/// Folds one such event of the contract at `account`; false for all others.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    account: Id,
    emitter: Address,
    event: &Event,
) -> bool {
    let mark = fold.mark;
    let authority = &mut state.authority;
    match event {
        Event::OwnershipTransferred(e) => authority.owners.transferred(fold, emitter, e),
        Event::RolesUpdated(e) => {
            let user = id(fold, e.user);
            let key = authority.account_keys.intern(mark, (account, user));
            authority.roles.set(mark, key, e.roles);
        }
        Event::OwnershipHandoverRequested(e) => {
            let now = U256::from(fold.block.timestamp);
            let until = now.saturating_add(U256::from(HANDOVER_SECONDS));
            set_handover(state, fold, account, e.pendingOwner, until);
        }
        Event::OwnershipHandoverCanceled(e) => {
            set_handover(state, fold, account, e.pendingOwner, U256::ZERO);
        }
        Event::HandoverCompleted(e) => {
            set_handover(state, fold, account, e.pendingOwner, U256::ZERO);
        }
        Event::Paused(e) => authority.paused.set(mark, account, e.map),
        Event::Unpaused(e) => authority.paused.set(mark, account, e.map),
        Event::Initialized(e) => authority.version.set(mark, account, e.version),
        Event::Approval(e) if is_token(state, account) => {
            state.allowances.set(fold, emitter, (e.owner, e.spender), e.value);
        }
        Event::AllowanceSpent(e) if is_token(state, account) => {
            state.allowances.set(fold, emitter, (e.owner, e.spender), e.allowance);
        }
        _ => return false,
    }
    true
}

fn is_token(state: &State, account: Id) -> bool {
    matches!(state.contracts.get(account), Contract::Vault(_))
}

fn set_handover(
    state: &mut State,
    fold: &mut Fold<'_>,
    contract: Id,
    pending_owner: Address,
    until: U256,
) {
    let mark = fold.mark;
    let pending_owner = id(fold, pending_owner);
    let key = state.authority.account_keys.intern(mark, (contract, pending_owner));
    state.authority.handovers.set(mark, key, until);
}
