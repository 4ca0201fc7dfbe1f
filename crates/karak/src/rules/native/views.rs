//! What a native vault answers beside what every vault answers.

use super::{Context, withdrawal};
use crate::abi::native::NativeVault::NativeVaultCalls;
use crate::abi::native::{QueuedNativeWithdrawal, Snapshot, ValidatorDetails};
use crate::rules::find;
use crate::rules::vault::withdraw_key;
use crate::state::Contract;
use crate::state::native::Withdrawal;
use crate::{Karak, KarakHost};
use alloy_primitives::aliases::{U40, U96};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Host, Revert};

/// Answers a view.
pub(super) fn answer(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: NativeVaultCalls,
) -> Result<Vec<u8>, Revert> {
    use NativeVaultCalls as Call;
    Ok(match call {
        Call::implementation(_) => {
            host.state().native.pools.get(context.id).node_implementation.abi_encode()
        }
        Call::withdrawableWei(c) => {
            withdrawal::withdrawable(host, context, c.nodeOwner)?.abi_encode()
        }
        Call::activeValidatorCount(c) => {
            context.node_owner(host, c.nodeOwner)?.active_validators.abi_encode()
        }
        Call::getNextWithdrawNonce(c) => {
            let owner = find(host, c.nodeOwner);
            U256::from(host.state().vault.withdraw_nonce(context.id, owner)).abi_encode()
        }
        Call::isWithdrawalPending(c) => {
            let queued = queued(host, context, c.nodeOwner, c.withdrawNonce);
            (queued.start != 0).abi_encode()
        }
        Call::getQueuedWithdrawal(c) => {
            let Withdrawal { to, start, assets, node_owner } =
                queued(host, context, c.nodeOwner, c.withdrawNonce);
            let (start, owner) = (U96::from(start), node_owner);
            QueuedNativeWithdrawal { to, start, assets, nodeOwner: owner }.abi_encode()
        }
        Call::getNodeOwner(c) => node_owner(host, context, c.node).abi_encode(),
        Call::getValidatorDetails(c) => {
            context.node_owner(host, c.nodeOwner)?;
            let owner = find(host, c.nodeOwner);
            let known = host.state().native.validator(context.id, owner, c.pubKey);
            ValidatorDetails {
                validatorIndex: U40::from(known.index),
                status: known.status,
                restakedBalanceWei: known.restaked,
                lastBalanceUpdateTimestamp: known.updated,
            }
            .abi_encode()
        }
        Call::lastSnapshotTimestamp(c) => {
            context.node_owner(host, c.nodeOwner)?.last_snapshot.abi_encode()
        }
        Call::currentSnapshotTimestamp(c) => {
            context.node_owner(host, c.nodeOwner)?.current_snapshot.abi_encode()
        }
        Call::currentSnapshot(c) => {
            let open = context.node_owner(host, c.nodeOwner)?.snapshot;
            Snapshot {
                nodeBalanceWei: open.node_balance,
                balanceDeltaWei: open.balance_delta(),
                remainingProofs: open.remaining_proofs,
                parentBeaconBlockRoot: open.beacon_root,
            }
            .abi_encode()
        }
        _ => return Err(Revert::empty()),
    })
}

fn queued(host: &KarakHost<'_>, context: Context<'_>, owner: Address, nonce: U256) -> Withdrawal {
    *host.state().native.withdrawal(context.id, withdraw_key(owner, nonce))
}

/// Whose node it is, when it is one of this vault.
fn node_owner(host: &KarakHost<'_>, context: Context<'_>, node: Address) -> Address {
    match host.state().contract(host.accounts(), node) {
        Contract::Node(id) => {
            let config = host.state().native.nodes.get(id);
            if config.vault == context.this() { config.owner } else { Address::ZERO }
        }
        _ => Address::ZERO,
    }
}
