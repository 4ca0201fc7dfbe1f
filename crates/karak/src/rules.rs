//! The rules: one file per contract, checks in the contract's order, then an event.

pub mod beacon;
pub mod core;
pub mod handler;
pub mod native;
pub mod node;
pub mod querier;
pub mod registry;
pub mod service;
pub mod solady;
pub mod vault;
pub mod viewer;

use crate::abi::solady::{Initialized, Reentrancy};
use crate::state::Contract;
use crate::{Karak, KarakHost};
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use bondstone_kernel::host::{call_interface, guarded_or};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Call, Host, Id, Message, Revert, require};

/// Answers a call to the contract of the suite at `account`, the interned `message.this`.
///
/// # Errors
/// The contract's revert; a revert without data for malformed calldata and unknown selectors.
pub fn dispatch(
    host: &mut dyn Host<Karak>,
    account: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match *host.state().contracts.get(account) {
        Contract::Vault(id) => vault::dispatch(host, id, message),
        Contract::Core => core::dispatch(host, message),
        Contract::Node(id) => node::dispatch(host, id, message),
        Contract::SlashingHandler => handler::dispatch(host, message),
        Contract::Querier => querier::dispatch(host, message),
        Contract::RestakingRegistry => registry::dispatch(host, message),
        Contract::StakeViewer => viewer::dispatch(host, message),
        Contract::BaseDss => service::dispatch(host, message),
        Contract::BeaconRoots => beacon::dispatch(host, message),
        Contract::None => Ok(Vec::new()),
    }
}

/// The id of an address; [`bondstone_kernel::NONE`] for one that was never seen.
fn find(host: &KarakHost<'_>, address: Address) -> Id {
    host.accounts().find(&address)
}

/// The addresses behind ids, in their order.
fn addresses(host: &KarakHost<'_>, ids: impl Iterator<Item = Id>) -> Vec<Address> {
    ids.map(|id| host.accounts().key(id).unwrap_or_default()).collect()
}

/// Runs `body` under the guard of `contract`. Source: Solady 0.0.201 `ReentrancyGuard`.
fn guarded<T>(
    host: &mut dyn Host<Karak>,
    contract: Address,
    body: impl FnOnce(&mut dyn Host<Karak>) -> Result<T, Revert>,
) -> Result<T, Revert> {
    guarded_or(host, contract, |_| Reentrancy {}.into(), body)
}

/// Runs an initialiser that works once. Source: OpenZeppelin 5.0.2 `Initializable.initializer`.
fn initializer(
    host: &mut dyn Host<Karak>,
    this: Address,
    body: impl FnOnce(&mut dyn Host<Karak>) -> Result<(), Revert>,
) -> Result<(), Revert> {
    let version = *host.state().authority.version.get(find(host, this));
    require!(version == 0, InvalidInitialization {});
    body(host)?;
    host.emit(this, Initialized { version: 1 }.into())
}

/// The selector of a call.
fn selector(message: &Message<'_>) -> Result<[u8; 4], Revert> {
    message.input.first_chunk::<4>().copied().ok_or_else(Revert::empty)
}

/// What another contract answers to a call that changes nothing.
fn ask<C: SolCall>(
    host: &mut dyn Host<Karak>,
    this: Address,
    contract: Address,
    call: &C,
) -> Result<C::Return, Revert> {
    let output = call_interface(host, Call::view(this, contract, &call.abi_encode()))?;
    C::abi_decode_returns_validate(&output).map_err(|_| Revert::empty())
}
