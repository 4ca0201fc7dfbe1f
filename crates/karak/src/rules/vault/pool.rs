//! Money in and out of a standard vault: deposits, redeems, slashes.

use super::{WITHDRAWAL_DELAY, totals, withdraw_key};
use crate::Karak;
use crate::abi::handler::SlashingHandler::handleSlashingCall;
use crate::abi::ledger::BeneficiarySet;
use crate::abi::solady::Shared::{
    MinWithdrawDelayNotPassed, WithdrawalNotFound, ZeroAddress, ZeroAmount, ZeroShares,
};
use crate::abi::solady::SoladyErc20::transferFromCall;
use crate::abi::vault::Vault::{
    Deposit, FinishedRedeem, NotEnoughShares, RedeemMoreThanMax, Slashed, StartedRedeem, Withdraw,
};
use crate::rules::find;
use crate::rules::solady::{erc20, transfers};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::host::{call_interface, direct};
use bondstone_kernel::{Call, Host, Id, Message, Revert, require};

/// Both `Vault.deposit`: shares minted, rounded down, possibly none. What arrived is not looked
/// at.
pub(super) fn deposit(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    assets: U256,
    to: Address,
    min_shares: U256,
) -> Result<U256, Revert> {
    require!(!assets.is_zero(), ZeroAmount {});
    let shares = totals(host, id, message.this).to_shares_down(assets)?;
    enter(host, id, message, assets, shares, to)?;
    require!(shares >= min_shares, NotEnoughShares {});
    Ok(shares)
}

/// `Vault.mint`: assets taken, rounded up.
pub(super) fn mint(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    shares: U256,
    to: Address,
) -> Result<U256, Revert> {
    require!(!shares.is_zero(), ZeroShares {});
    let assets = totals(host, id, message.this).to_assets_up(shares)?;
    enter(host, id, message, assets, shares, to)?;
    Ok(assets)
}

/// Source: Solady `ERC4626._deposit`.
fn enter(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    assets: U256,
    shares: U256,
    to: Address,
) -> Result<(), Revert> {
    let (this, by) = (message.this, message.sender);
    let asset = host.state().vault.config.get(id).asset;
    transfers::transfer_from(host, this, asset, by, this, assets)?;
    erc20::mint(host, this, to, shares)?;
    host.emit(this, Deposit { by, owner: to, assets, shares }.into())
}

/// Hands shares to the vault, which the staker must have allowed to take them: the contract calls
/// itself. Source: `Vault.startRedeem`.
pub(super) fn start_redeem(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    shares: U256,
    beneficiary: Address,
) -> Result<B256, Revert> {
    require!(!shares.is_zero(), ZeroShares {});
    require!(!beneficiary.is_zero(), ZeroAddress {});
    let (this, staker) = (message.this, message.sender);
    let assets = totals(host, id, this).to_assets_down(shares)?;
    let nonce = host.state().vault.withdraw_nonce(id, find(host, staker));
    let key = withdraw_key(staker, U256::from(nonce));
    let call = || transferFromCall { from: staker, to: this, amount: shares }.abi_encode();
    direct(
        host,
        (this, this),
        call,
        |_| true.abi_encode(),
        |host| erc20::transfer_from(host, this, this, staker, this, shares),
    )?;
    let operator = host.state().vault.config.get(id).operator;
    let started = StartedRedeem { staker, operator, shares, withdrawKey: key, assets };
    host.emit(this, started.into())?;
    host.emit(this, BeneficiarySet { withdrawKey: key, beneficiary }.into())?;
    Ok(key)
}

/// Pays what the shares are worth now. Source: `Vault.finishRedeem`, Solady `ERC4626._withdraw`.
pub(super) fn finish_redeem(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    key: B256,
) -> Result<(), Revert> {
    let this = message.this;
    let redeem = *host.state().vault.redeem(id, key);
    require!(redeem.start != 0, WithdrawalNotFound {});
    let ready = redeem.start.saturating_add(WITHDRAWAL_DELAY);
    require!(ready <= host.block().timestamp, MinWithdrawDelayNotPassed {});
    let shares = redeem.shares;
    require!(shares <= erc20::balance(host, this, this), RedeemMoreThanMax {});
    let assets = totals(host, id, this).to_assets_down(shares)?;
    erc20::burn(host, this, this, shares)?;
    let (asset, to) = (host.state().vault.config.get(id).asset, redeem.beneficiary);
    transfers::transfer(host, this, asset, to, assets)?;
    host.emit(this, Withdraw { by: this, to, owner: this, assets, shares }.into())?;
    let finished = FinishedRedeem {
        staker: redeem.staker,
        beneficiary: to,
        operator: host.state().vault.config.get(id).operator,
        shares,
        assetsClaimed: assets,
        withdrawRoot: key,
    };
    host.emit(this, finished.into())
}

/// Lets the slashing handler take up to `amount`. Source: `Vault.slashAssets`.
pub(super) fn slash(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
    amount: U256,
    handler: Address,
) -> Result<U256, Revert> {
    let this = message.this;
    let taken = totals(host, id, this).assets.min(amount);
    let asset = host.state().vault.config.get(id).asset;
    transfers::approve_with_retry(host, this, asset, handler, taken)?;
    let input = handleSlashingCall { token: asset, amount: taken }.abi_encode();
    call_interface(host, Call::new(this, handler, &input))?;
    host.emit(this, Slashed { amount: taken }.into())?;
    Ok(taken)
}
