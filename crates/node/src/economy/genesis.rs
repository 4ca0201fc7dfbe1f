//! What is there before the first transaction: the protocols, the tokens, the accounts' funds.

use super::{Token, Tokens};
use crate::accounts::{BALANCE, DevAccounts};
use crate::protocols::Protocols;
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Entry, FoldError};
use bondstone_tokens::abi::Multicall3Created;
use bondstone_tokens::{MULTICALL3, TokenEvent};
use bondstone_world::World;

/// What is there at the start beside the protocols and the developer accounts, and who owns what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Funds {
    /// Services of Karak's SDK that nobody has initialised yet.
    pub(crate) services: Vec<Address>,
    /// Accounts with as much ether as a developer account.
    pub(crate) accounts: Vec<Address>,
    /// Token, owner, units.
    pub(crate) holdings: Vec<(Address, Address, U256)>,
}

/// Deploys everything; returns the ledger entries in order.
///
/// # Errors
/// [`FoldError`] when the world refuses one.
pub(crate) fn deploy(
    world: &mut World,
    protocols: &Protocols,
    tokens: &Tokens,
    accounts: &DevAccounts,
    funds: &Funds,
) -> Result<Vec<Entry>, FoldError> {
    let mut entries = protocols.deploy(world, tokens, &funds.services)?;
    entries.push(world.deploy(MULTICALL3, TokenEvent::from(Multicall3Created {}))?);
    for token in tokens.all() {
        let Token { name, symbol, decimals, address, style, faucet, .. } = token;
        let created = style.created(name, symbol, *decimals);
        entries.push(world.deploy(*address, TokenEvent::from(created))?);
        for account in accounts.addresses().filter(|_| !faucet.is_zero()) {
            entries.push(mint(world, *address, account, *faucet)?);
        }
    }
    for (token, owner, amount) in &funds.holdings {
        entries.push(mint(world, *token, *owner, *amount)?);
    }
    for account in accounts.addresses().chain(funds.accounts.iter().copied()) {
        entries.push(world.set_balance(account, BALANCE)?);
    }
    Ok(entries)
}

fn mint(world: &mut World, token: Address, to: Address, value: U256) -> Result<Entry, FoldError> {
    world.deploy(token, TokenEvent::from(Transfer { from: Address::ZERO, to, value }))
}
