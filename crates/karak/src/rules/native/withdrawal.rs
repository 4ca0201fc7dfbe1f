//! Ether back out of a node. Source: `NativeVault.startWithdrawal`, `finishWithdrawal`.

use super::snapshot::SNAPSHOT_EXPIRY;
use super::{Context, balance, send_from_node};
use crate::abi::native::NativeVault::{FinishedWithdraw, SnapshotExpired, StartedWithdraw};
use crate::abi::solady::Shared::{
    MinWithdrawDelayNotPassed, WithdrawMoreThanMax, WithdrawalNotFound,
};
use crate::rules::find;
use crate::rules::vault::{WITHDRAWAL_DELAY, withdraw_key};
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::math::{add, sub};
use bondstone_kernel::{Host, Revert, require};

/// What the owner's shares are worth, and no more than the node has for them.
pub(super) fn withdrawable(
    host: &KarakHost<'_>,
    context: Context<'_>,
    owner: Address,
) -> Result<U256, Revert> {
    let account = context.node_owner(host, owner)?;
    Ok(balance::value(host, context, owner)?.min(account.credited))
}

/// Queues a withdrawal. The bound is checked before the age of the last snapshot.
pub(super) fn start(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    to: Address,
    wei: U256,
) -> Result<B256, Revert> {
    let owner = context.message.sender;
    let account = context.account(host, owner);
    // After a slash more may wait than is left, and the difference panics.
    let free = sub(withdrawable(host, context, owner)?, account.withdrawing)?;
    require!(wei <= free, WithdrawMoreThanMax {});
    add(account.withdrawing, wei)?;
    let expires = account.last_snapshot.saturating_add(SNAPSHOT_EXPIRY);
    require!(host.block().timestamp < expires, SnapshotExpired {});
    let nonce = host.state().vault.withdraw_nonce(context.id, find(host, owner));
    let key = withdraw_key(owner, U256::from(nonce));
    let event = StartedWithdraw {
        nodeOwner: owner,
        operator: host.state().vault.config.get(context.id).operator,
        withdrawKey: key,
        assets: wei,
        to,
    };
    host.emit(context.this(), event.into())?;
    Ok(key)
}

/// Pays what was asked for, or what a slash left of it.
pub(super) fn finish(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    key: B256,
) -> Result<(), Revert> {
    let queued = *host.state().native.withdrawal(context.id, key);
    require!(queued.start != 0, WithdrawalNotFound {});
    let ready = queued.start.saturating_add(WITHDRAWAL_DELAY);
    require!(ready <= host.block().timestamp, MinWithdrawDelayNotPassed {});
    let owner = queued.node_owner;
    let account = context.account(host, owner);
    sub(account.withdrawing, queued.assets)?;
    let assets = queued.assets.min(withdrawable(host, context, owner)?);
    balance::decrease(host, context, owner, assets)?;
    send_from_node(host, context, account.node, queued.to, assets)?;
    sub(account.credited, assets)?;
    let event = FinishedWithdraw {
        nodeOwner: owner,
        to: queued.to,
        operator: host.state().vault.config.get(context.id).operator,
        assets,
        withdrawKey: key,
    };
    host.emit(context.this(), event.into())
}
