//! What is there before the first transaction: the protocol, the tokens, the accounts' funds.

use crate::accounts::{BALANCE, DevAccounts};
use alloy_primitives::{Address, U256, address, keccak256};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Entry, FoldError};
use bondstone_tokens::abi::Multicall3Created;
use bondstone_tokens::{MULTICALL3, Style, TokenEvent};
use bondstone_world::{Deployment, World};

/// An ERC-20 of the economy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// `symbol()`.
    pub symbol: &'static str,
    /// `name()`.
    pub name: &'static str,
    /// `decimals()`.
    pub decimals: u8,
    /// Where it lives.
    pub address: Address,
    /// What every developer account holds at the start, in whole tokens.
    pub faucet: u64,
}

impl Token {
    /// Whole tokens in units.
    #[must_use]
    pub fn units(&self, whole: u64) -> U256 {
        U256::from(whole).saturating_mul(U256::from(10).saturating_pow(U256::from(self.decimals)))
    }
}

/// The tokens. Collateral lives where mainnet has it; the networks' tokens live at addresses made
/// from their symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Collateral with 18 decimals.
    pub wsteth: Token,
    /// Collateral with 6 decimals.
    pub usdc: Token,
    /// The token in which Hyperlane pays.
    pub hyper: Token,
    /// The token in which Tanssi pays.
    pub tanssi: Token,
}

impl Default for Tokens {
    fn default() -> Self {
        let own = |symbol, name| Token {
            symbol,
            name,
            decimals: 18,
            address: Address::from_word(keccak256(format!("bondstone:{symbol}"))),
            faucet: 1_000_000,
        };
        Self {
            wsteth: Token {
                symbol: "wstETH",
                name: "Wrapped liquid staked Ether 2.0",
                decimals: 18,
                address: address!("0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0"),
                faucet: 10_000,
            },
            usdc: Token {
                symbol: "USDC",
                name: "USD Coin",
                decimals: 6,
                address: address!("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
                faucet: 10_000_000,
            },
            hyper: own("HYPER", "Hyperlane"),
            tanssi: own("TANSSI", "Tanssi"),
        }
    }
}

impl Tokens {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> [&Token; 4] {
        [&self.wsteth, &self.usdc, &self.hyper, &self.tanssi]
    }
}

/// Deploys everything; returns the ledger entries in order.
///
/// # Errors
/// [`FoldError`] when the world refuses one.
pub fn deploy(
    world: &mut World,
    deployment: &Deployment,
    tokens: &Tokens,
    accounts: &DevAccounts,
) -> Result<Vec<Entry>, FoldError> {
    let mut entries = deployment.deploy(world)?;
    entries.push(world.deploy(MULTICALL3, TokenEvent::from(Multicall3Created {}))?);
    for token in tokens.all() {
        let created = Style::Plain.created(token.name, token.symbol, token.decimals);
        entries.push(world.deploy(token.address, TokenEvent::from(created))?);
        for to in accounts.addresses() {
            let value = token.units(token.faucet);
            let minted = Transfer { from: Address::ZERO, to, value };
            entries.push(world.deploy(token.address, TokenEvent::from(minted))?);
        }
    }
    for account in accounts.addresses() {
        entries.push(world.set_balance(account, BALANCE)?);
    }
    Ok(entries)
}
