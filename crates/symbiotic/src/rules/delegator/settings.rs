//! What networks and curators set: limits, shares and the hook.

use super::{
    HOOK_SET_ROLE, NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_LIMIT_SET_ROLE,
    OPERATOR_NETWORK_SHARES_SET_ROLE, Target,
};
use crate::abi::delegator::{
    AlreadySet, Delegator, ExceedsMaxNetworkLimit, InvalidNetwork, NotNetwork, SetHook,
    SetMaxNetworkLimit, SetNetworkLimit, SetOperatorNetworkLimit, SetOperatorNetworkShares,
};
use crate::rules::{roles, subnetwork as subnetwork_of};
use crate::state::Kind;
use crate::state::delegator::OPERATOR_NETWORK_SPECIFIC;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::access::check_role;
use bondstone_kernel::host::guarded;
use bondstone_kernel::{Host, Message, Revert, require};

/// The calling network caps what it takes of this vault for one of its subnetworks. Lowers a higher
/// network limit with it, without a log.
/// Source: `BaseDelegator.setMaxNetworkLimit(uint96,uint256)`.
///
/// # Errors
/// `NotNetwork()`, `AlreadySet()`, and for type 3 `InvalidNetwork()`.
pub(super) fn set_max_network_limit(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    identifier: U96,
    amount: U256,
) -> Result<(), Revert> {
    guarded(host, message.this, |host| {
        let caller = host.accounts().find(&message.sender);
        let is_network = host.state().registry.is_entity(Kind::NetworkRegistry, caller);
        require!(is_network, NotNetwork {});
        let subnetwork = subnetwork_of(message.sender, identifier);
        let delegators = &host.state().delegator;
        let key = delegators.limit_key(target.id, subnetwork);
        require!(*delegators.max_network_limit.get(key) != amount, AlreadySet {});
        if target.config.delegator_type == OPERATOR_NETWORK_SPECIFIC {
            require!(target.config.network == message.sender, InvalidNetwork {});
        }
        host.emit(message.this, SetMaxNetworkLimit { subnetwork, amount }.into())
    })
}

/// Sets what the vault gives a subnetwork, within the network's own maximum.
/// Source: `NetworkRestakeDelegator.setNetworkLimit` and the same of types 1 and 2.
///
/// # Errors
/// `AccessControlUnauthorizedAccount`, `ExceedsMaxNetworkLimit()`, `AlreadySet()`.
pub(super) fn set_network_limit(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    subnetwork: B256,
    amount: U256,
) -> Result<(), Revert> {
    check_role(host, roles, message.this, NETWORK_LIMIT_SET_ROLE, message.sender)?;
    let delegators = &host.state().delegator;
    let key = delegators.limit_key(target.id, subnetwork);
    require!(amount <= *delegators.max_network_limit.get(key), ExceedsMaxNetworkLimit {});
    require!(delegators.network_limit.get(key).latest() != amount, AlreadySet {});
    host.emit(message.this, SetNetworkLimit { subnetwork, amount }.into())
}

/// Sets an operator's share of what a subnetwork gets; the total of shares follows.
/// Source: `NetworkRestakeDelegator.setOperatorNetworkShares`.
///
/// # Errors
/// `AccessControlUnauthorizedAccount`, `AlreadySet()`, `Panic(0x11)` when the total overflows.
pub(super) fn set_operator_network_shares(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    call: &Delegator::setOperatorNetworkSharesCall,
) -> Result<(), Revert> {
    check_role(host, roles, message.this, OPERATOR_NETWORK_SHARES_SET_ROLE, message.sender)?;
    let old = operator_part(host, target, call.subnetwork, call.operator);
    require!(old != call.shares, AlreadySet {});
    let event = SetOperatorNetworkShares {
        subnetwork: call.subnetwork,
        operator: call.operator,
        shares: call.shares,
    };
    host.emit(message.this, event.into())
}

/// Sets what an operator gets of a subnetwork's stake, without an upper bound.
/// Source: `FullRestakeDelegator.setOperatorNetworkLimit`.
///
/// # Errors
/// `AccessControlUnauthorizedAccount`, `AlreadySet()`.
pub(super) fn set_operator_network_limit(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    call: &Delegator::setOperatorNetworkLimitCall,
) -> Result<(), Revert> {
    check_role(host, roles, message.this, OPERATOR_NETWORK_LIMIT_SET_ROLE, message.sender)?;
    let old = operator_part(host, target, call.subnetwork, call.operator);
    require!(old != call.amount, AlreadySet {});
    let event = SetOperatorNetworkLimit {
        subnetwork: call.subnetwork,
        operator: call.operator,
        amount: call.amount,
    };
    host.emit(message.this, event.into())
}

/// Replaces the hook; zero removes it. Source: `BaseDelegator.setHook(address)`.
///
/// # Errors
/// `AccessControlUnauthorizedAccount`, `AlreadySet()`.
pub(super) fn set_hook(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    hook: Address,
) -> Result<(), Revert> {
    guarded(host, message.this, |host| {
        check_role(host, roles, message.this, HOOK_SET_ROLE, message.sender)?;
        require!(target.config.hook != hook, AlreadySet {});
        host.emit(message.this, SetHook { hook }.into())
    })
}

/// Latest shares or limit of an operator.
fn operator_part(
    host: &SymbioticHost<'_>,
    target: &Target,
    subnetwork: B256,
    operator: Address,
) -> U256 {
    let delegators = &host.state().delegator;
    let limit = delegators.limit_key(target.id, subnetwork);
    let key = delegators.operator_key(limit, host.accounts().find(&operator));
    delegators.operator_part.get(key).latest()
}
