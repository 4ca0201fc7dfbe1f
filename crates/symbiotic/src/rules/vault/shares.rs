//! Active shares of a tokenized vault as an ERC-20. Source: `VaultTokenized`.

use crate::Symbiotic;
use crate::rules::token;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::{Erc20, Erc20Calls, Transfer};
use bondstone_kernel::host::{Call as HostCall, call_interface, word};
use bondstone_kernel::{Host, Id, Message, Revert, require};

/// The `Transfer` that a tokenized vault logs after a deposit; nothing for a plain vault.
pub(super) fn minted(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    log_transfer(host, id, message, Address::ZERO, to, value)
}

/// The `Transfer` that a tokenized vault logs after a withdrawal; nothing for a plain vault.
pub(super) fn burned(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    value: U256,
) -> Result<(), Revert> {
    log_transfer(host, id, message, message.sender, Address::ZERO, value)
}

fn log_transfer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    from: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    if host.state().vault.config.get(id).names.is_none() {
        return Ok(());
    }
    host.emit(message.this, Transfer { from, to, value }.into())
}

pub(super) fn answer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: Erc20Calls,
) -> Result<Vec<u8>, Revert> {
    let vaults = &host.state().vault;
    let names = vaults.config.get(id).names.clone().unwrap_or_default();
    match call {
        Erc20Calls::name(_) => Ok(names.name.abi_encode()),
        Erc20Calls::symbol(_) => Ok(names.symbol.abi_encode()),
        Erc20Calls::decimals(_) => decimals(host, id, message),
        Erc20Calls::totalSupply(_) => Ok(vaults.shares(id).0.abi_encode()),
        Erc20Calls::balanceOf(c) => {
            Ok(vaults.shares_of(id, host.accounts().find(&c.account)).0.abi_encode())
        }
        Erc20Calls::allowance(c) => {
            Ok(token::allowance(host, message.this, c.owner, c.spender).abi_encode())
        }
        Erc20Calls::approve(c) => {
            token::approve(host, message, c.spender, c.value)?;
            Ok(true.abi_encode())
        }
        Erc20Calls::transfer(c) => {
            transfer(host, id, message, message.sender, c.to, c.value)?;
            Ok(true.abi_encode())
        }
        Erc20Calls::transferFrom(c) => {
            token::spend(host, message, c.from, c.value)?;
            transfer(host, id, message, c.from, c.to, c.value)?;
            Ok(true.abi_encode())
        }
    }
}

/// `ERC20._transfer` over active shares.
fn transfer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    from: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    let balance = host.state().vault.shares_of(id, host.accounts().find(&from)).0;
    token::transfer(host, message.this, balance, Transfer { from, to, value })
}

fn decimals(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let collateral = host.state().vault.config.get(id).collateral;
    let input = Erc20::decimalsCall {}.abi_encode();
    let output = call_interface(host, HostCall::view(message.this, collateral, &input))?;
    let decimals = word(&output, 0)?;
    require!(decimals <= U256::from(u8::MAX), Revert::empty());
    Ok(decimals.abi_encode())
}
