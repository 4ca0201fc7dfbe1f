//! What the contracts inherit from Solady 0.0.201 and the pauser.

pub mod erc20;
pub mod transfers;

use super::{find, selector};
use crate::abi::ledger::HandoverCompleted;
use crate::abi::solady::OwnableRoles::{
    NewOwnerIsZeroAddress, NoHandoverRequest, OwnableRolesCalls, OwnershipHandoverCanceled,
    OwnershipHandoverRequested, RolesUpdated, Unauthorized,
};
use crate::abi::solady::Pauser::{
    self, AttemptedPauseWhileUnpausing, AttemptedUnpauseWhilePausing, EnforcedPauseFunction,
    Paused, PauserCalls, Unpaused,
};
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::ownable::OwnershipTransferred;
use bondstone_kernel::{Host, Message, Revert, require};

/// The role that manages: bit 0.
pub const MANAGER: U256 = U256::ONE;
/// The role that vetoes slashings: bit 1.
pub const VETO_COMMITTEE: U256 = U256::from_limbs([2, 0, 0, 0]);

/// Seconds for which a request for a handover holds.
pub const HANDOVER_SECONDS: u64 = 48 * 3600;

/// Which part of the interface a contract has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// `Ownable`.
    Plain,
    /// `OwnableRoles`.
    WithRoles,
}

/// The owner of the contract `this`; zero when there is none.
#[must_use]
pub fn owner(host: &KarakHost<'_>, this: Address) -> Address {
    host.state().authority.owners.of(find(host, this))
}

/// The roles of `account` at the contract `this`.
#[must_use]
pub fn roles(host: &KarakHost<'_>, this: Address, account: Address) -> U256 {
    host.state().authority.roles(find(host, this), find(host, account))
}

/// `onlyOwner`.
///
/// # Errors
/// `Unauthorized()`.
pub fn check_owner(host: &KarakHost<'_>, message: &Message<'_>) -> Result<(), Revert> {
    require!(owner(host, message.this) == message.sender, Unauthorized {});
    Ok(())
}

/// `onlyRoles`.
///
/// # Errors
/// `Unauthorized()`.
pub fn check_role(host: &KarakHost<'_>, message: &Message<'_>, role: U256) -> Result<(), Revert> {
    let held = roles(host, message.this, message.sender);
    require!(!(held & role).is_zero(), Unauthorized {});
    Ok(())
}

/// `onlyRolesOrOwner` and `onlyOwnerOrRoles`.
///
/// # Errors
/// `Unauthorized()`.
pub fn check_role_or_owner(
    host: &KarakHost<'_>,
    message: &Message<'_>,
    role: U256,
) -> Result<(), Revert> {
    check_owner(host, message).or_else(|_| check_role(host, message, role))
}

/// Sets the first owner. Source: `Ownable._initializeOwner`.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn initialize_owner(
    host: &mut dyn Host<Karak>,
    this: Address,
    new_owner: Address,
) -> Result<(), Revert> {
    let event = OwnershipTransferred { previousOwner: Address::ZERO, newOwner: new_owner };
    host.emit(this, event.into())
}

/// Adds roles. Source: `OwnableRoles._grantRoles`, which logs whether or not anything changes.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn grant_roles(
    host: &mut dyn Host<Karak>,
    this: Address,
    user: Address,
    granted: U256,
) -> Result<(), Revert> {
    let roles = roles(host, this, user) | granted;
    host.emit(this, RolesUpdated { user, roles }.into())
}

fn remove_roles(
    host: &mut dyn Host<Karak>,
    this: Address,
    user: Address,
    removed: U256,
) -> Result<(), Revert> {
    let roles = roles(host, this, user) & !removed;
    host.emit(this, RolesUpdated { user, roles }.into())
}

/// Answers a call to a function of `Ownable` or `OwnableRoles`; `None` for other selectors.
pub fn dispatch_ownable(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    ownership: Ownership,
) -> Option<Result<Vec<u8>, Revert>> {
    let selector = selector(message).ok()?;
    if !OwnableRolesCalls::valid_selector(selector) {
        return None;
    }
    let Ok(call) = OwnableRolesCalls::abi_decode_validate(message.input) else {
        return Some(Err(Revert::empty()));
    };
    use OwnableRolesCalls as Call;
    let of_roles = matches!(
        call,
        Call::grantRoles(_)
            | Call::revokeRoles(_)
            | Call::renounceRoles(_)
            | Call::rolesOf(_)
            | Call::hasAnyRole(_)
            | Call::hasAllRoles(_)
    );
    if of_roles && ownership == Ownership::Plain {
        return None;
    }
    Some(answer_ownable(host, message, call))
}

fn answer_ownable(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: OwnableRolesCalls,
) -> Result<Vec<u8>, Revert> {
    use OwnableRolesCalls as Call;
    let (this, sender) = (message.this, message.sender);
    match call {
        Call::owner(_) => return Ok(owner(host, this).abi_encode()),
        Call::rolesOf(c) => return Ok(roles(host, this, c.user).abi_encode()),
        Call::hasAnyRole(c) => {
            return Ok((!(roles(host, this, c.user) & c.roles).is_zero()).abi_encode());
        }
        Call::hasAllRoles(c) => {
            return Ok((roles(host, this, c.user) & c.roles == c.roles).abi_encode());
        }
        Call::ownershipHandoverExpiresAt(c) => {
            let ids = (find(host, this), find(host, c.pendingOwner));
            return Ok(host.state().authority.handover(ids.0, ids.1).abi_encode());
        }
        Call::transferOwnership(c) => {
            check_owner(host, message)?;
            require!(!c.newOwner.is_zero(), NewOwnerIsZeroAddress {});
            transfer_ownership(host, this, c.newOwner)?;
        }
        Call::renounceOwnership(_) => {
            check_owner(host, message)?;
            transfer_ownership(host, this, Address::ZERO)?;
        }
        Call::requestOwnershipHandover(_) => {
            host.emit(this, OwnershipHandoverRequested { pendingOwner: sender }.into())?;
        }
        Call::cancelOwnershipHandover(_) => {
            host.emit(this, OwnershipHandoverCanceled { pendingOwner: sender }.into())?;
        }
        Call::completeOwnershipHandover(c) => complete_handover(host, message, c.pendingOwner)?,
        Call::grantRoles(c) => {
            check_owner(host, message)?;
            grant_roles(host, this, c.user, c.roles)?;
        }
        Call::revokeRoles(c) => {
            check_owner(host, message)?;
            remove_roles(host, this, c.user, c.roles)?;
        }
        Call::renounceRoles(c) => remove_roles(host, this, sender, c.roles)?,
    }
    Ok(Vec::new())
}

fn transfer_ownership(
    host: &mut dyn Host<Karak>,
    this: Address,
    new_owner: Address,
) -> Result<(), Revert> {
    let event = OwnershipTransferred { previousOwner: owner(host, this), newOwner: new_owner };
    host.emit(this, event.into())
}

/// Source: `Ownable.completeOwnershipHandover`.
fn complete_handover(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    pending_owner: Address,
) -> Result<(), Revert> {
    check_owner(host, message)?;
    let ids = (find(host, message.this), find(host, pending_owner));
    let until = host.state().authority.handover(ids.0, ids.1);
    require!(U256::from(host.block().timestamp) <= until, NoHandoverRequest {});
    host.emit(message.this, HandoverCompleted { pendingOwner: pending_owner }.into())?;
    transfer_ownership(host, message.this, pending_owner)
}

/// `whenFunctionNotPaused`.
///
/// # Errors
/// `EnforcedPauseFunction(function)`.
pub fn check_not_paused(host: &KarakHost<'_>, this: Address, function: u8) -> Result<(), Revert> {
    let is_paused = is_paused(host, this, function);
    require!(!is_paused, EnforcedPauseFunction { functionIndex: function });
    Ok(())
}

fn is_paused(host: &KarakHost<'_>, this: Address, function: u8) -> bool {
    paused_map(host, this).bit(usize::from(function))
}

fn paused_map(host: &KarakHost<'_>, this: Address) -> U256 {
    *host.state().authority.paused.get(find(host, this))
}

/// Answers a call to a function of the pauser, which `check` guards; `None` for other selectors.
pub fn dispatch_pauser(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    check: impl FnOnce(&KarakHost<'_>, &Message<'_>) -> Result<(), Revert>,
) -> Option<Result<Vec<u8>, Revert>> {
    if !PauserCalls::valid_selector(selector(message).ok()?) {
        return None;
    }
    let Ok(call) = PauserCalls::abi_decode_validate(message.input) else {
        return Some(Err(Revert::empty()));
    };
    Some(match call {
        PauserCalls::paused_0(_) => Ok((!paused_map(host, message.this).is_zero()).abi_encode()),
        PauserCalls::paused_1(c) => Ok(is_paused(host, message.this, c.index).abi_encode()),
        PauserCalls::pausedMap(_) => Ok(paused_map(host, message.this).abi_encode()),
        PauserCalls::pause(c) => check(host, message).and_then(|()| pause(host, message, &c)),
        PauserCalls::unpause(c) => check(host, message).and_then(|()| unpause(host, message, &c)),
    })
}

/// Sets the map, which must keep every bit that is set. Source: `Pauser._pause`.
fn pause(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &Pauser::pauseCall,
) -> Result<Vec<u8>, Revert> {
    let old = paused_map(host, message.this);
    require!(old & call.map == old, AttemptedUnpauseWhilePausing {});
    host.emit(message.this, Paused { account: message.sender, map: call.map }.into())?;
    Ok(Vec::new())
}

/// Sets the map, which must not set a bit that is not set. Source: `Pauser._unpause`.
fn unpause(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &Pauser::unpauseCall,
) -> Result<Vec<u8>, Revert> {
    let old = paused_map(host, message.this);
    require!(old & call.map == call.map, AttemptedPauseWhileUnpausing {});
    host.emit(message.this, Unpaused { account: message.sender, map: call.map }.into())?;
    Ok(Vec::new())
}
