//! The node of a native vault: the withdrawal address of a staker's validators.
//! Source: Karak V2 `NativeNode`.

use super::solady::{
    Ownership, check_not_paused, check_owner, dispatch_ownable, dispatch_pauser, initialize_owner,
};
use super::{guarded, initializer, selector, vault};
use crate::Karak;
use crate::abi::native::NativeNode::{NativeNodeCalls, NodeETHWithdrawn, withdrawCall};
use crate::state::Contract;
use alloy_sol_types::SolInterface;
use bondstone_kernel::revert::library::{AddressInsufficientBalance, FailedInnerCall};
use bondstone_kernel::{Host, Id, Message, Revert, require};

/// The one function of the node that pauses.
const WITHDRAW: u8 = 0;

/// Answers a call to the node `id` by the code of its implementation, which its vault names.
///
/// # Errors
/// The node's revert.
pub fn dispatch(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let beacon = host.state().native.nodes.get(id).vault;
    if !beacon.is_zero() {
        let vault = vault::id_of(host, beacon);
        let implementation = host.state().native.pools.get(vault).node_implementation;
        let native = host.state().contract(host.accounts(), implementation);
        if !matches!(native, Contract::Node(_)) {
            return vault::foreign(host, implementation);
        }
    }
    if !NativeNodeCalls::valid_selector(selector(message)?) {
        return dispatch_pauser(host, message, check_owner)
            .or_else(|| dispatch_ownable(host, message, Ownership::Plain))
            .unwrap_or_else(|| Err(Revert::empty()));
    }
    match NativeNodeCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        NativeNodeCalls::initialize(c) => {
            initializer(host, message.this, |host| initialize_owner(host, message.this, c.owner))?
        }
        NativeNodeCalls::withdraw(c) => withdraw(host, message, &c)?,
    }
    Ok(Vec::new())
}

/// Source: `NativeNode.withdraw`, OpenZeppelin 5.0.2 `Address.sendValue`.
fn withdraw(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &withdrawCall,
) -> Result<(), Revert> {
    let this = message.this;
    check_owner(host, message)?;
    guarded(host, this, |host| {
        check_not_paused(host, this, WITHDRAW)?;
        let held = host.balance(this);
        require!(held >= call.weiAmount, AddressInsufficientBalance { account: this });
        host.pay(this, call.to, call.weiAmount).map_err(|_| Revert::from(FailedInnerCall {}))?;
        let event = NodeETHWithdrawn { node: this, to: call.to, weiAmount: call.weiAmount };
        host.emit(this, event.into())
    })
}
