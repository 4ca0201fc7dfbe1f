//! Shares of a native vault follow the ether that its stakers restake.
//! Source: `NativeVault._increaseBalance`, `_decreaseBalance`.

use super::Context;
use crate::abi::native::NativeVault::{DecreasedBalance, IncreasedBalance};
use crate::rules::solady::erc20;
use crate::rules::vault::maths::Totals;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, I256, U256};
use bondstone_kernel::math::{add, sub};
use bondstone_kernel::{Host, Revert};

/// Ether and shares of the vault. The ether is a number of the vault's own.
pub(super) fn totals(host: &KarakHost<'_>, context: Context<'_>) -> Totals {
    let assets = host.state().native.pools.get(context.id).total_assets;
    Totals { assets, supply: erc20::total_supply(host, context.this()) }
}

/// What the shares of `owner` are worth, rounded down.
pub(super) fn value(
    host: &KarakHost<'_>,
    context: Context<'_>,
    owner: Address,
) -> Result<U256, Revert> {
    let shares = erc20::balance(host, context.this(), owner);
    Ok(totals(host, context).to_assets_down(shares)?)
}

/// Mints shares for ether that was gained, rounded down.
pub(super) fn increase(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    assets: U256,
) -> Result<(), Revert> {
    let totals = totals(host, context);
    // A sum past the type panics; no smaller one is more than may be deposited.
    add(assets, totals.assets)?;
    let shares = totals.to_shares_down(assets)?;
    let account = context.account(host, owner);
    let restaked = add(sub(account.restaked, account.swept)?, assets)?;
    erc20::mint(host, context.this(), owner, shares)?;
    let event = IncreasedBalance { totalRestakedETH: restaked };
    host.emit(context.this(), event.into())
}

/// Burns shares for ether that was lost, rounded down and no more than the owner has. What comes
/// off the pool is what the burned shares were worth.
pub(super) fn decrease(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    assets: U256,
) -> Result<(), Revert> {
    let totals = totals(host, context);
    let held = erc20::balance(host, context.this(), owner);
    let shares = totals.to_shares_down(assets)?.min(held);
    let worth = totals.to_assets_down(shares)?;
    erc20::burn(host, context.this(), owner, shares)?;
    sub(totals.assets, worth)?;
    let account = context.account(host, owner);
    let restaked = sub(sub(account.restaked, account.swept)?, worth)?;
    let event = DecreasedBalance { totalRestakedETH: restaked };
    host.emit(context.this(), event.into())
}

/// Source: `NativeVault._updateBalance`.
pub(super) fn update(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    delta: I256,
) -> Result<(), Revert> {
    if delta.is_zero() {
        return Ok(());
    }
    if delta.is_positive() {
        return increase(host, context, owner, delta.unsigned_abs());
    }
    decrease(host, context, owner, delta.unsigned_abs())
}
