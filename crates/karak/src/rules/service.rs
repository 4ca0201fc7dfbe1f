//! A service of the on-chain SDK. Source: karak-onchain-sdk `BaseDSS`, `BaseDSSLib`, `OperatorLib`.
//!
//! The kit counts a vault for whoever Core names as operator when a stake update is finished. Core
//! names the caller of the finalisation, so a stranger who finalises first is credited with the
//! vault. That is what the deployed kit does, and so it is here.

use super::{addresses, find};
use crate::abi::core::Core::registerDSSCall;
use crate::abi::dss::BaseDss::{BaseDssCalls, CallerNotCore, Refused, initializeCall};
use crate::abi::dss::Hooks::{
    HooksCalls, finishUpdateStakeHookCall, registrationHookCall, requestUpdateStakeHookCall,
    unregistrationHookCall,
};
use crate::abi::ledger::{DssInitialized, DssJailSet, DssOperatorSet, DssRefusalSet, DssVaultSet};
use crate::abi::solady::OwnableRoles::Unauthorized;
use crate::{Karak, KarakHost};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Host, Message, Revert, require};

/// The hooks that the kit has. It has none for slashings.
const SUPPORTED: [[u8; 4]; 4] = [
    registrationHookCall::SELECTOR,
    unregistrationHookCall::SELECTOR,
    requestUpdateStakeHookCall::SELECTOR,
    finishUpdateStakeHookCall::SELECTOR,
];

/// Answers a call to a service.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    if HooksCalls::valid_selector(super::selector(message)?) {
        let call = HooksCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
        return hook(host, message, call);
    }
    use BaseDssCalls as Calls;
    let this = find(host, message.this);
    let call = Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let services = &host.state().service;
    match call {
        Calls::getRegisteredOperators(_) => {
            return Ok(addresses(host, services.operators.members(this)).abi_encode());
        }
        Calls::getActiveVaults(c) => {
            let operator = find(host, c.operator);
            return Ok(addresses(host, services.active_vaults(this, operator)).abi_encode());
        }
        Calls::isOperatorRegistered(c) => {
            let operator = find(host, c.operator);
            return Ok(services.operators.contains(this, operator).abi_encode());
        }
        Calls::isOperatorJailed(c) => {
            return Ok(services.is_jailed(this, find(host, c.operator)).abi_encode());
        }
        Calls::initialize(c) => initialize(host, message, &c)?,
        Calls::jail(c) => {
            check_controller(host, message)?;
            let event = DssJailSet { operator: c.operator, jailed: c.jailed };
            host.emit(message.this, event.into())?;
        }
        Calls::setRefusal(c) => {
            check_controller(host, message)?;
            host.emit(message.this, DssRefusalSet { hook: c.hook, refuses: c.refuses }.into())?;
        }
        Calls::execute(c) => {
            check_controller(host, message)?;
            let output = call_interface(host, Call::new(message.this, c.target, &c.data))?;
            return Ok(output.abi_encode());
        }
    }
    Ok(Vec::new())
}

/// Source: `BaseDSSLib.init`. A second time fails because Core knows the service by then.
fn initialize(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &initializeCall,
) -> Result<(), Revert> {
    let event = DssInitialized { core: call.core, controller: message.sender };
    host.emit(message.this, event.into())?;
    let maximum = call.maxSlashablePercentageWad;
    let input = registerDSSCall { maxSlashablePercentageWad: maximum }.abi_encode();
    call_interface(host, Call::new(message.this, call.core, &input)).map(drop)
}

fn check_controller(host: &KarakHost<'_>, message: &Message<'_>) -> Result<(), Revert> {
    let controller = host.state().service.config.get(find(host, message.this)).controller;
    require!(message.sender == controller, Unauthorized {});
    Ok(())
}

/// Answers a hook.
fn hook(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: HooksCalls,
) -> Result<Vec<u8>, Revert> {
    use HooksCalls as Hook;
    if let Hook::supportsInterface(c) = call {
        return Ok(SUPPORTED.contains(&c.interfaceId.0).abi_encode());
    }
    let this = message.this;
    let core = host.state().service.config.get(find(host, this)).core;
    let selector = super::selector(message)?;
    let refuses = host.state().service.refuses(find(host, this), selector);
    let check = || {
        require!(message.sender == core, CallerNotCore {});
        require!(!refuses, Refused { hook: selector.into() });
        Ok(())
    };
    match call {
        Hook::registrationHook(c) => {
            check()?;
            host.emit(this, DssOperatorSet { operator: c.operator, registered: true }.into())?;
        }
        Hook::unregistrationHook(c) => {
            check()?;
            host.emit(this, DssOperatorSet { operator: c.operator, registered: false }.into())?;
        }
        Hook::requestUpdateStakeHook(c) => {
            check()?;
            if !c.newStake.toStake {
                let (operator, vault) = (c.operator, c.newStake.vault);
                host.emit(this, DssVaultSet { operator, vault, active: false }.into())?;
            }
        }
        Hook::finishUpdateStakeHook(c) => {
            check()?;
            let request = c.queuedStakeUpdate.updateRequest;
            if request.toStake {
                let (operator, vault) = (c.operator, request.vault);
                host.emit(this, DssVaultSet { operator, vault, active: true }.into())?;
            }
        }
        // The kit has no such functions.
        _ => return Err(Revert::empty()),
    }
    Ok(Vec::new())
}
