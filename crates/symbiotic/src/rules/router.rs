//! The burner router: sends what a vault's slashes take to receivers per network and operator.
//! Source: Symbiotic burners `BurnerRouter`, `BurnerRouterFactory` (commit 3e559609).

use super::{network_of, now, owners, registry};
use crate::abi::ledger::{
    LedgerNetworkReceiver, LedgerOperatorNetworkReceiver, RouterCreated, RouterCredited,
};
use crate::abi::registry::{AddEntity, Initialized};
use crate::abi::router::{
    AcceptDelay, AcceptGlobalReceiver, AcceptNetworkReceiver, AcceptOperatorNetworkReceiver,
    BurnerRouter as Abi, BurnerRouterCalls as Calls, BurnerRouterFactoryCalls as FactoryCalls,
    RouterInitParams, SetDelay, SetGlobalReceiver, SetNetworkReceiver, SetOperatorNetworkReceiver,
    TriggerTransfer,
};
use crate::event::Event;
use crate::state::Kind;
use crate::state::router::{Pending, RouterConfig, Routers};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{
    Accounts, Creation, Host, Id, Message, NONE, Revert, erc20, math, ownable, require,
};
use std::collections::BTreeSet;

/// Answers a call to a router; `id` is `NONE` for the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = ownable::dispatch(host, owners, message) {
        return answer;
    }
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::onSlash(c) => on_slash(host, id, message, &c)?,
        Calls::triggerTransfer(c) => {
            return Ok(trigger_transfer(host, id, message, c.receiver)?.abi_encode());
        }
        Calls::setGlobalReceiver(c) => {
            let event = SetGlobalReceiver { receiver: c.receiver };
            set_receiver(host, id, message, c.receiver, global, event.into())?;
        }
        Calls::setNetworkReceiver(c) => {
            let find = move |r: &Routers, a: &Accounts| r.network_receiver(a, id, c.network);
            let event = SetNetworkReceiver { network: c.network, receiver: c.receiver };
            set_receiver(host, id, message, c.receiver, |r, a, _| find(r, a), event.into())?;
        }
        Calls::setOperatorNetworkReceiver(c) => {
            let (network, operator, receiver) = (c.network, c.operator, c.receiver);
            let find =
                |r: &Routers, a: &Accounts, id| r.operator_receiver(a, id, network, operator);
            let event = SetOperatorNetworkReceiver { network, operator, receiver };
            set_receiver(host, id, message, receiver, find, event.into())?;
        }
        Calls::setDelay(c) => set_delay(host, id, message, c.newDelay)?,
        Calls::acceptGlobalReceiver(_) => {
            let waiting = host.state().router.config.get(id).global_receiver;
            accept(host, message, waiting, AcceptGlobalReceiver {}.into())?;
        }
        Calls::acceptNetworkReceiver(c) => {
            let network = c.network;
            let waiting = host.state().router.network_receiver(host.accounts(), id, network);
            accept(host, message, waiting, AcceptNetworkReceiver { network }.into())?;
        }
        Calls::acceptOperatorNetworkReceiver(c) => {
            let (network, operator) = (c.network, c.operator);
            let routers = &host.state().router;
            let waiting = routers.operator_receiver(host.accounts(), id, network, operator);
            let event = AcceptOperatorNetworkReceiver { network, operator };
            accept(host, message, waiting, event.into())?;
        }
        Calls::acceptDelay(_) => {
            let waiting = host.state().router.config.get(id).delay;
            accept(host, message, waiting, AcceptDelay {}.into())?;
        }
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        view => return read(host, id, view),
    }
    Ok(Vec::new())
}

fn read(host: &SymbioticHost<'_>, id: Id, view: Calls) -> Result<Vec<u8>, Revert> {
    let (routers, accounts) = (&host.state().router, host.accounts());
    let config: &RouterConfig = routers.config.get(id);
    let waiting = |p: Pending<Address>| (p.next, p.ready_at.0).abi_encode_params();
    Ok(match view {
        Calls::balanceOf(c) => routers.balance(accounts, id, c.receiver).abi_encode(),
        Calls::collateral(_) => config.collateral.abi_encode(),
        Calls::lastBalance(_) => config.last_balance.abi_encode(),
        Calls::delay(_) => config.delay.current.abi_encode(),
        Calls::pendingDelay(_) => (config.delay.next, config.delay.ready_at.0).abi_encode_params(),
        Calls::globalReceiver(_) => config.global_receiver.current.abi_encode(),
        Calls::pendingGlobalReceiver(_) => waiting(config.global_receiver),
        Calls::networkReceiver(c) => {
            routers.network_receiver(accounts, id, c.network).current.abi_encode()
        }
        Calls::pendingNetworkReceiver(c) => {
            waiting(routers.network_receiver(accounts, id, c.network))
        }
        Calls::operatorNetworkReceiver(c) => {
            let receiver = routers.operator_receiver(accounts, id, c.network, c.operator);
            receiver.current.abi_encode()
        }
        Calls::pendingOperatorNetworkReceiver(c) => {
            waiting(routers.operator_receiver(accounts, id, c.network, c.operator))
        }
        _ => return Err(Revert::empty()),
    })
}

/// Credits what has arrived since the last accounting; anyone may call and the amount given is
/// ignored. Source: `BurnerRouter.onSlash`.
fn on_slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Abi::onSlashCall,
) -> Result<(), Revert> {
    let token = host.state().router.config.get(id).collateral;
    let held = erc20::balance_of(host, message.this, token, message.this)?;
    let (routers, accounts) = (&host.state().router, host.accounts());
    let amount = math::sub(held, routers.config.get(id).last_balance)?;
    let receiver = routers.receiver(accounts, id, network_of(call.subnetwork), call.operator);
    let event = RouterCredited { receiver, amount, lastBalance: held };
    host.emit(message.this, event.into())
}

/// Source: `BurnerRouter.triggerTransfer`.
fn trigger_transfer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    receiver: Address,
) -> Result<U256, Revert> {
    let amount = host.state().router.balance(host.accounts(), id, receiver);
    require!(!amount.is_zero(), Abi::InsufficientBalance {});
    let config = *host.state().router.config.get(id);
    math::sub(config.last_balance, amount)?;
    erc20::safe_transfer(host, message.this, config.collateral, receiver, amount)?;
    host.emit(message.this, TriggerTransfer { receiver, amount }.into())?;
    Ok(amount)
}

fn global(routers: &Routers, _: &Accounts, id: Id) -> Pending<Address> {
    routers.config.get(id).global_receiver
}

/// The three setters of receivers. Source: `BurnerRouter._setReceiver`.
fn set_receiver(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    receiver: Address,
    find: impl Fn(&Routers, &Accounts, Id) -> Pending<Address>,
    event: Event,
) -> Result<(), Revert> {
    ownable::check_owner(host, owners, message)?;
    accept_due_delay(host, id, message)?;
    let value = find(&host.state().router, host.accounts(), id);
    let delay = host.state().router.config.get(id).delay.current;
    let proposed = value.proposed(receiver, now(host)?, delay)?;
    require!(proposed.is_some(), Abi::AlreadySet {});
    host.emit(message.this, event)
}

/// A change of the delay waits for the delay in force. Source: `BurnerRouter.setDelay`.
fn set_delay(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    new_delay: U48,
) -> Result<(), Revert> {
    ownable::check_owner(host, owners, message)?;
    accept_due_delay(host, id, message)?;
    let delay = host.state().router.config.get(id).delay;
    let [seconds] = *new_delay.as_limbs();
    let proposed = delay.proposed(seconds, now(host)?, delay.current)?;
    require!(proposed.is_some(), Abi::AlreadySet {});
    host.emit(message.this, SetDelay { delay: new_delay }.into())
}

/// Source: `BurnerRouter._tryAcceptDelay`.
fn accept_due_delay(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<(), Revert> {
    if host.state().router.config.get(id).delay.is_due(now(host)?) {
        host.emit(message.this, AcceptDelay {}.into())?;
    }
    Ok(())
}

/// Anyone may accept a due change. Source: `BurnerRouter._acceptReceiver`, `acceptDelay`.
fn accept<T: Copy + Default + PartialEq>(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    waiting: Pending<T>,
    event: Event,
) -> Result<(), Revert> {
    require!(waiting.is_due(now(host)?), Abi::NotReady {});
    host.emit(message.this, event)
}

/// Answers a call to the factory or the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_singleton(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if kind == Kind::BurnerRouterImplementation {
        return dispatch(host, NONE, message);
    }
    if let Some(answer) = registry::dispatch_entities(host, kind, message) {
        return answer;
    }
    let call = FactoryCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let FactoryCalls::create(c) = call;
    Ok(create(host, message, &c.params)?.abi_encode())
}

/// Source: `BurnerRouterFactory.create`.
fn create(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    params: &RouterInitParams,
) -> Result<Address, Revert> {
    let total = registry::total_entities(host, Kind::BurnerRouterFactory);
    let entity = host.create(Creation::Clone {
        deployer: message.this,
        salt: keccak256((total, params.clone()).abi_encode_params()),
        implementation: host.state().singleton(Kind::BurnerRouterImplementation),
    })?;
    initialize(host, entity, params)?;
    host.emit(message.this, AddEntity { entity }.into())?;
    Ok(entity)
}

/// An owner of zero fixes the receivers for ever. Source: `BurnerRouter.initialize`.
fn initialize(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    params: &RouterInitParams,
) -> Result<(), Revert> {
    require!(!params.collateral.is_zero(), Abi::InvalidCollateral {});
    let mut networks = BTreeSet::new();
    for entry in &params.networkReceivers {
        require!(!entry.receiver.is_zero(), Abi::InvalidReceiver {});
        require!(networks.insert(entry.network), Abi::DuplicateNetworkReceiver {});
    }
    let mut operators = BTreeSet::new();
    for entry in &params.operatorNetworkReceivers {
        require!(!entry.receiver.is_zero(), Abi::InvalidReceiver {});
        let new = operators.insert((entry.network, entry.operator));
        require!(new, Abi::DuplicateOperatorNetworkReceiver {});
    }
    host.emit(this, created(params).into())?;
    if !params.owner.is_zero() {
        ownable::transfer(host, owners, this, params.owner)?;
    }
    host.emit(this, Initialized { version: 1 }.into())
}

fn created(params: &RouterInitParams) -> RouterCreated {
    let networks = params.networkReceivers.iter();
    let operators = params.operatorNetworkReceivers.iter();
    RouterCreated {
        collateral: params.collateral,
        delay: params.delay,
        globalReceiver: params.globalReceiver,
        networkReceivers: networks
            .map(|r| LedgerNetworkReceiver { network: r.network, receiver: r.receiver })
            .collect(),
        operatorNetworkReceivers: operators
            .map(|r| LedgerOperatorNetworkReceiver {
                network: r.network,
                operator: r.operator,
                receiver: r.receiver,
            })
            .collect(),
    }
}
