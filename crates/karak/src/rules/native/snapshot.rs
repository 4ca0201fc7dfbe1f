//! Snapshots: what node and validators of a staker hold, proved against the beacon chain.
//! Source: `NativeVault._startSnapshot`, `_updateSnapshot`, `NativeVaultLib`.

use super::balance;
use super::proofs;
use super::{Context, send_from_node};
use crate::abi::ledger::{SnapshotStored, ValidatorKnown};
use crate::abi::native::NativeVault::{
    AttemptedSnapshotInSameBlock, BeaconRootFetchError, BeaconTimestampIsCurrent,
    BeaconTimestampTooOld, NoActiveSnapshot, NoBalanceUpdateToSnapshot, PendingIncompleteSnapshot,
    RestakedValidator, SnapshotCreated, SnapshotFinished, SnapshotNotExpired, SnapshotValidator,
    ValidatorAlreadyActive, ValidatorBalanceChanged, ValidatorExiting, ValidatorWithdrawn,
    WithdrawalCredentialsMismatchWithNode, validateSnapshotProofsCall,
    validateWithdrawalCredentialsCall,
};
use crate::abi::native::{BalanceProof, Snapshot, ValidatorFieldsProof};
use crate::rules::beacon::BEACON_ROOTS;
use crate::rules::find;
use crate::state::native::{Account, Validator};
use crate::{Karak, KarakHost};
use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256, I256, U256};
use bondstone_kernel::host::word;
use bondstone_kernel::math::{add, sub};
use bondstone_kernel::{Call, Host, MathError, Revert, require};

/// Seconds after which anyone may start a snapshot for a staker, and withdrawals stop.
pub(super) const SNAPSHOT_EXPIRY: u64 = 7 * 24 * 3600;

const ACTIVE: u8 = 1;

/// Burns what was slashed, then takes stock. Without validators that is all; else proofs follow.
pub(super) fn start(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    revert_if_no_change: bool,
) -> Result<(), Revert> {
    let account = context.account(host, owner);
    let now = host.block().timestamp;
    require!(account.current_snapshot == 0, PendingIncompleteSnapshot {});
    require!(account.last_snapshot != now, AttemptedSnapshotInSameBlock {});
    let credited = burn_slashed(host, context, owner, &account)?;
    let node_balance = sub(host.balance(account.node), credited)?;
    let is_idle = revert_if_no_change && node_balance.is_zero();
    require!(!is_idle, NoBalanceUpdateToSnapshot {});
    let root = beacon_root(host, context, now)?;
    let snapshot = Snapshot {
        nodeBalanceWei: node_balance,
        balanceDeltaWei: I256::ZERO,
        remainingProofs: account.active_validators,
        parentBeaconBlockRoot: root,
    };
    update(host, context, owner, snapshot, now)?;
    let created = SnapshotCreated {
        nodeOwner: owner,
        node: account.node,
        timestamp: now,
        parentBeaconBlockRoot: root,
    };
    host.emit(context.this(), created.into())
}

/// Sends ether that a slash took from the staker's shares to the zero address, as far as the node
/// has it. Returns the wei of the node that still have shares. Source: `NativeVault._burnSlashed`.
fn burn_slashed(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    account: &Account,
) -> Result<U256, Revert> {
    let value = balance::value(host, context, owner)?;
    let slashed = account.restaked.saturating_sub(value);
    let sweep = account.credited.min(slashed);
    send_from_node(host, context, account.node, Address::ZERO, sweep)?;
    Ok(sub(account.credited, sweep)?)
}

/// Finishes a snapshot that lacks no proof, or keeps it.
fn update(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    snapshot: Snapshot,
    started: u64,
) -> Result<(), Revert> {
    if !snapshot.remainingProofs.is_zero() {
        let event = SnapshotStored { nodeOwner: owner, snapshot };
        return host.emit(context.this(), event.into());
    }
    // Solidity's conversion keeps the bits and its sum is checked.
    let delta = I256::from_raw(snapshot.nodeBalanceWei)
        .checked_add(snapshot.balanceDeltaWei)
        .ok_or(MathError::Overflow)?;
    let account = context.account(host, owner);
    add(sub(account.credited, account.swept)?, snapshot.nodeBalanceWei)?;
    balance::update(host, context, owner, delta)?;
    let event = SnapshotFinished {
        nodeOwner: owner,
        node: account.node,
        timestamp: started,
        totalDeltaWei: delta,
    };
    host.emit(context.this(), event.into())
}

/// The beacon block root that EIP-4788 has for a time.
fn beacon_root(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    timestamp: u64,
) -> Result<B256, Revert> {
    let input = U256::from(timestamp).to_be_bytes::<32>();
    match host.call(Call::view(context.this(), BEACON_ROOTS, &input)) {
        Ok(output) if !output.is_empty() => Ok(B256::from(word(&output, 0)?)),
        _ => Err(BeaconRootFetchError {}.into()),
    }
}

/// Source: `NativeVault.validateExpiredSnapshot`.
pub(super) fn check_expired(host: &KarakHost<'_>, account: &Account) -> Result<(), Revert> {
    let expires = account.last_snapshot.saturating_add(SNAPSHOT_EXPIRY);
    let is_expired = expires <= host.block().timestamp && account.last_snapshot != 0;
    require!(is_expired, SnapshotNotExpired {});
    Ok(())
}

/// Takes the balances of some validators. Source: `NativeVault.validateSnapshotProofs`.
pub(super) fn prove(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: &validateSnapshotProofsCall,
) -> Result<(), Revert> {
    let owner = call.nodeOwner;
    let account = context.account(host, owner);
    require!(account.current_snapshot != 0, NoActiveSnapshot {});
    let mut snapshot = Snapshot {
        nodeBalanceWei: account.snapshot.node_balance,
        balanceDeltaWei: account.snapshot.balance_delta(),
        remainingProofs: account.snapshot.remaining_proofs,
        parentBeaconBlockRoot: account.snapshot.beacon_root,
    };
    proofs::check_container(snapshot.parentBeaconBlockRoot, &call.balanceContainer)?;
    for proof in &call.balanceProofs {
        let known = *host.state().native.validator(context.id, find(host, owner), proof.pubkeyHash);
        if known.status != ACTIVE || known.updated >= account.current_snapshot {
            continue;
        }
        let root = call.balanceContainer.containerRoot;
        let delta = prove_one(host, context, owner, &known, root, proof)?;
        snapshot.remainingProofs = sub(snapshot.remainingProofs, U256::ONE)?;
        let sum = snapshot.balanceDeltaWei.checked_add(delta);
        snapshot.balanceDeltaWei = sum.ok_or(MathError::Overflow)?;
    }
    update(host, context, owner, snapshot, account.current_snapshot)
}

/// Takes a validator's balance and returns what changed, in wei.
/// Source: `NativeVaultLib.validateSnapshotProof`.
fn prove_one(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    known: &Validator,
    container_root: B256,
    proof: &BalanceProof,
) -> Result<I256, Revert> {
    let this = context.this();
    let new = proofs::balance(container_root, known.index, proof)?;
    let account = context.account(host, owner);
    let (node, timestamp) = (account.node, account.current_snapshot);
    let (node_owner, index) = (owner, U40::from(known.index));
    if new.is_zero() {
        let event =
            ValidatorWithdrawn { nodeOwner: node_owner, node, timestamp, validatorIndex: index };
        host.emit(this, event.into())?;
    }
    let event = SnapshotValidator { nodeOwner: node_owner, node, timestamp, validatorIndex: index };
    host.emit(this, event.into())?;
    if new == known.restaked {
        return Ok(I256::ZERO);
    }
    let event = ValidatorBalanceChanged {
        nodeOwner: node_owner,
        node,
        validatorIndex: index,
        timestamp,
        balanceWei: new,
    };
    host.emit(this, event.into())?;
    let delta = I256::from_raw(new).checked_sub(I256::from_raw(known.restaked));
    Ok(delta.ok_or(MathError::Overflow)?)
}

/// Adds validators whose withdrawals go to the staker's node.
/// Source: `NativeVault.validateWithdrawalCredentials`.
pub(super) fn restake(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: &validateWithdrawalCredentialsCall,
) -> Result<(), Revert> {
    let (owner, proof) = (call.nodeOwner, &call.beaconStateRootProof);
    let account = context.account(host, owner);
    require!(proof.timestamp != host.block().timestamp, BeaconTimestampIsCurrent {});
    let newest = account.last_snapshot.max(account.current_snapshot);
    require!(proof.timestamp >= newest, BeaconTimestampTooOld {});
    let block_root = beacon_root(host, context, proof.timestamp)?;
    proofs::check_state_root(block_root, proof)?;
    let mut restaked = U256::ZERO;
    for fields in &call.validatorFieldsProofs {
        let one = restake_one(host, context, owner, proof.beaconStateRoot, fields)?;
        restaked = add(restaked, one)?;
    }
    balance::increase(host, context, owner, restaked)
}

/// Source: `NativeVaultLib.validateWithdrawalCredentials`.
fn restake_one(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    owner: Address,
    state_root: B256,
    proof: &ValidatorFieldsProof,
) -> Result<U256, Revert> {
    let fields = &proof.validatorFields;
    let pubkey_hash = proofs::field(fields, proofs::PUBKEY)?;
    let known = host.state().native.validator(context.id, find(host, owner), pubkey_hash);
    require!(known.status == 0, ValidatorAlreadyActive {});
    let exit_epoch = proofs::little_endian(proofs::field(fields, proofs::EXIT_EPOCH)?);
    require!(exit_epoch == u64::MAX, ValidatorExiting {});
    let account = context.account(host, owner);
    let mut credentials = account.node.into_word();
    credentials.0[0] = 1;
    let own = proofs::field(fields, proofs::WITHDRAWAL_CREDENTIALS)? == credentials;
    require!(own, WithdrawalCredentialsMismatchWithNode {});
    let effective = proofs::little_endian(proofs::field(fields, proofs::EFFECTIVE_BALANCE)?);
    let effective_wei = proofs::gwei_to_wei(effective);
    let place = &proof.validatorProof;
    proofs::check_validator(state_root, fields, place)?;
    // A balance counts from the last snapshot on, so that a running one does not count it again.
    let timestamp = account.last_snapshot.max(account.current_snapshot);
    let known = ValidatorKnown {
        nodeOwner: owner,
        pubkeyHash: pubkey_hash,
        validatorIndex: place.validatorIndex,
    };
    host.emit(context.this(), known.into())?;
    let event = RestakedValidator {
        nodeOwner: owner,
        node: account.node,
        validatorIndex: U256::from(place.validatorIndex),
        timestamp,
        restakedBalanceWei: effective_wei,
    };
    host.emit(context.this(), event.into())?;
    Ok(effective_wei)
}
