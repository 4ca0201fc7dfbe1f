//! The standard vault, and which code a vault's proxy runs.
//! Source: Karak V2 `Vault`, Solady 0.0.201 `ERC4626`.

pub mod maths;
mod pool;
mod setup;
pub(super) mod views;

pub use setup::initialize;

use super::solady::{
    Ownership, check_not_paused, check_owner, dispatch_ownable, dispatch_pauser, erc20,
};
use super::{guarded, native, selector};
use crate::abi::solady::Shared::NotImplemented;
use crate::abi::solady::SoladyErc20::SoladyErc20Calls;
use crate::abi::vault::Vault::VaultCalls;
use crate::state::Contract;
use crate::state::vault::Code;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Id, Message, NONE, Revert};
use maths::Totals;

/// Seconds between the start of a redeem or withdrawal and its end.
pub const WITHDRAWAL_DELAY: u64 = 9 * 24 * 3600;

/// Functions of the vault that pause, by their bit.
mod bit {
    pub(super) const DEPOSIT: u8 = 0;
    pub(super) const DEPOSIT_SLIPPAGE: u8 = 1;
    pub(super) const MINT: u8 = 2;
    pub(super) const START_REDEEM: u8 = 3;
    pub(super) const FINISH_REDEEM: u8 = 4;
    pub(super) const WITHDRAW: u8 = 5;
    pub(super) const REDEEM: u8 = 6;
}

/// Functions without which nobody leaves a standard vault, by their bit in its pause map.
pub const EXIT_BITS: [u8; 2] = [bit::START_REDEEM, bit::FINISH_REDEEM];

/// Answers a call to the vault `id` by the code of its implementation. An implementation without
/// code answers everything with nothing, as a delegate call to it does.
///
/// # Errors
/// The vault's revert; a text when the implementation is a contract that is not of this suite.
pub fn dispatch(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match host.state().code(host.accounts(), id) {
        Some(Code::Standard) => standard(host, id, message),
        Some(Code::Native) => native::dispatch(host, id, message),
        Some(Code::Proxy) | None => {
            let vault = host.state().vault.ids.key(id).unwrap_or(NONE);
            foreign(host, host.state().implementation(vault))
        }
    }
}

/// What a proxy answers whose implementation is not of this suite.
///
/// # Errors
/// A text when there is a contract.
pub(super) fn foreign(host: &KarakHost<'_>, implementation: Address) -> Result<Vec<u8>, Revert> {
    if host.has_code(implementation) {
        return Err(Revert::reason("bondstone: the proxy's implementation is not native"));
    }
    Ok(Vec::new())
}

fn standard(host: &mut dyn Host<Karak>, id: Id, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    let selector = selector(message)?;
    if VaultCalls::valid_selector(selector) {
        let call = VaultCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
        return answer(host, id, message, call);
    }
    if SoladyErc20Calls::valid_selector(selector) {
        let call = SoladyErc20Calls::abi_decode_validate(message.input);
        return token(host, id, message, call.map_err(|_| Revert::empty())?);
    }
    if let Some(answer) = views::configuration(host, id, selector) {
        return Ok(answer);
    }
    dispatch_pauser(host, message, check_owner)
        .or_else(|| dispatch_ownable(host, message, Ownership::Plain))
        .unwrap_or_else(|| Err(Revert::empty()))
}

fn answer(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    let word = |word: U256| word.abi_encode();
    let this = message.this;
    match call {
        Call::initialize(c) => setup::initialize_standard(host, message, c).map(|()| Vec::new()),
        Call::deposit_0(c) => operate(host, this, bit::DEPOSIT, |host| {
            pool::deposit(host, id, message, c.assets, c.to, U256::ZERO).map(word)
        }),
        Call::deposit_1(c) => operate(host, this, bit::DEPOSIT_SLIPPAGE, |host| {
            pool::deposit(host, id, message, c.assets, c.to, c.minSharesOut).map(word)
        }),
        Call::mint(c) => operate(host, this, bit::MINT, |host| {
            pool::mint(host, id, message, c.shares, c.to).map(word)
        }),
        Call::startRedeem(c) => operate(host, this, bit::START_REDEEM, |host| {
            pool::start_redeem(host, id, message, c.shares, c.beneficiary)
                .map(|key| key.abi_encode())
        }),
        Call::finishRedeem(c) => operate(host, this, bit::FINISH_REDEEM, |host| {
            pool::finish_redeem(host, id, message, c.withdrawalKey).map(|()| Vec::new())
        }),
        Call::withdraw(_) => operate(host, this, bit::WITHDRAW, |_| Err(NotImplemented {}.into())),
        Call::redeem(_) => operate(host, this, bit::REDEEM, |_| Err(NotImplemented {}.into())),
        Call::slashAssets(c) => {
            check_owner(host, message)?;
            pool::slash(host, id, message, c.totalAssetsToSlash, c.slashingHandler).map(word)
        }
        view => views::answer(host, id, this, view),
    }
}

/// Runs an operation that pauses and that nothing can re-enter.
fn operate(
    host: &mut dyn Host<Karak>,
    this: Address,
    function: u8,
    body: impl FnOnce(&mut dyn Host<Karak>) -> Result<Vec<u8>, Revert>,
) -> Result<Vec<u8>, Revert> {
    check_not_paused(host, this, function)?;
    guarded(host, this, body)
}

/// The vault as a token. Source: Solady 0.0.201 `ERC20`.
///
/// # Errors
/// The token's revert.
pub(super) fn token(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    call: SoladyErc20Calls,
) -> Result<Vec<u8>, Revert> {
    use SoladyErc20Calls as Call;
    let (this, sender) = (message.this, message.sender);
    match call {
        Call::approve(c) => erc20::approve(host, message, c.spender, c.amount)?,
        Call::transfer(c) => erc20::transfer(host, this, sender, c.to, c.amount)?,
        Call::transferFrom(c) => {
            erc20::transfer_from(host, this, sender, c.from, c.to, c.amount)?;
        }
        Call::permit(c) => {
            let name = host.state().vault.config.get(id).name.clone();
            erc20::permit(host, this, &name, &c)?;
            return Ok(Vec::new());
        }
        view => return Ok(read_token(host, id, this, view)),
    }
    Ok(true.abi_encode())
}

fn read_token(host: &KarakHost<'_>, id: Id, this: Address, view: SoladyErc20Calls) -> Vec<u8> {
    use SoladyErc20Calls as Call;
    let config = host.state().vault.config.get(id);
    match view {
        Call::name(_) => config.name.abi_encode(),
        Call::symbol(_) => config.symbol.abi_encode(),
        Call::decimals(_) => U256::from(config.decimals).abi_encode(),
        Call::balanceOf(c) => erc20::balance(host, this, c.owner).abi_encode(),
        Call::allowance(c) => erc20::allowance(host, this, c.owner, c.spender).abi_encode(),
        Call::nonces(c) => {
            let (vault, owner) = (super::find(host, this), super::find(host, c.owner));
            host.state().shares.nonce(vault, owner).abi_encode()
        }
        Call::DOMAIN_SEPARATOR(_) => erc20::domain(host, this, &config.name).abi_encode(),
        _ => erc20::total_supply(host, this).abi_encode(),
    }
}

/// Assets and shares of the standard vault `id` at `this`. What its token says that it holds
/// counts, so a donation counts at once.
fn totals(host: &mut dyn Host<Karak>, id: Id, this: Address) -> Totals {
    let asset = host.state().vault.config.get(id).asset;
    let assets = super::solady::transfers::balance_of(host, this, asset, this);
    Totals { assets, supply: erc20::total_supply(host, this) }
}

/// The key of a staker's redeem or withdrawal. Source: `WithdrawLib.calculateWithdrawKey`.
#[must_use]
pub fn withdraw_key(staker: Address, nonce: U256) -> B256 {
    keccak256((staker, nonce).abi_encode())
}

/// The dense id of the vault at `address`.
pub(super) fn id_of(host: &KarakHost<'_>, address: Address) -> Id {
    match host.state().contract(host.accounts(), address) {
        Contract::Vault(id) => id,
        _ => NONE,
    }
}
