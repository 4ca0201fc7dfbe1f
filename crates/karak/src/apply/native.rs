//! Folds the events of native vaults and nodes.

use super::vault::next_withdraw_nonce;
use super::{id, register};
use crate::abi::ledger::NodeCreated;
use crate::abi::native::NativeVault::{
    FinishedWithdraw, SnapshotCreated, SnapshotFinished, StartedWithdraw,
};
use crate::abi::native::Snapshot;
use crate::event::Event;
use crate::state::native::{Account, NodeConfig, OpenSnapshot, Validator, Withdrawal};
use crate::state::vault::Code;
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, NONE, math};

/// Registers a node that a native vault made.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the address.
pub fn node_created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &NodeCreated,
) -> Result<(), FoldError> {
    let config = NodeConfig { vault: event.vault, owner: event.nodeOwner };
    register(state, fold, emitter, "NodeCreated", |state, fold, account| {
        let node = state.native.node_ids.intern(fold.mark, account);
        state.native.nodes.set(fold.mark, node, config);
        Contract::Node(node)
    })
    .map(drop)
}

/// Folds one event of a node. Returns whether nodes emit such an event.
///
/// Ether that goes to the zero address was slashed and is booked by the snapshot that sends it, or
/// else it is a withdrawal to that address, which books it itself.
pub fn apply_node(state: &mut State, node: Id, fold: &mut Fold<'_>, event: &Event) -> bool {
    let Event::NodeETHWithdrawn(e) = event else { return false };
    let config = *state.native.nodes.get(node);
    if let (true, Contract::Vault(vault)) =
        (e.to.is_zero(), state.contract(fold.accounts, config.vault))
    {
        let key = account_key(state, fold, vault, config.owner);
        state.native.accounts.update(fold.mark, key, |account| account.swept = e.weiAmount);
    }
    true
}

/// Folds one event of the native vault `vault`. Returns whether native vaults emit such an event.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &Event,
) -> Result<bool, FoldError> {
    let mark = fold.mark;
    match event {
        // What initialisation stores is in `VaultConfigured`.
        Event::NativeVaultInitialized(_) => {}
        Event::UpgradedAllNodes(e) => {
            let node = e.implementation;
            state.native.pools.update(mark, vault, |pool| pool.node_implementation = node);
        }
        Event::NodeDeployed(e) => {
            let key = account_key(state, fold, vault, e.owner);
            state.native.accounts.update(mark, key, |account| account.node = e.node);
            let node = e.implementation;
            state.native.pools.update(mark, vault, |pool| pool.node_implementation = node);
        }
        Event::IncreasedBalance(e) => restaked(state, fold, vault, e.totalRestakedETH)?,
        Event::DecreasedBalance(e) => restaked(state, fold, vault, e.totalRestakedETH)?,
        Event::SnapshotStored(e) => stored(state, fold, vault, e.nodeOwner, &e.snapshot),
        Event::SnapshotCreated(e) => snapshot_created(state, fold, vault, e)?,
        Event::SnapshotFinished(e) => snapshot_finished(state, fold, vault, e)?,
        Event::StartedWithdraw(e) => started_withdrawal(state, fold, vault, e)?,
        Event::FinishedWithdraw(e) => finished_withdrawal(state, fold, vault, e)?,
        _ => return validator_event(state, fold, vault, event),
    }
    Ok(true)
}

/// A slash takes ether off the pool of a native vault. A standard vault's token tells it instead.
///
/// # Errors
/// [`FoldError::Math`] when the pool holds less.
pub(super) fn slashed(
    state: &mut State,
    fold: &Fold<'_>,
    vault: Id,
    amount: U256,
) -> Result<(), FoldError> {
    if state.code(fold.accounts, vault) != Some(Code::Native) {
        return Ok(());
    }
    let left = math::sub(state.native.pools.get(vault).total_assets, amount)?;
    state.native.pools.update(fold.mark, vault, |pool| pool.total_assets = left);
    Ok(())
}

fn account_key(state: &mut State, fold: &mut Fold<'_>, vault: Id, owner: Address) -> Id {
    let owner = id(fold, owner);
    state.native.account_keys.intern(fold.mark, (vault, owner))
}

/// Reads a staker's account, books ether that was swept, changes it, and writes it back.
fn change(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    owner: Address,
    with: impl FnOnce(&mut Account) -> Result<(), FoldError>,
) -> Result<(), FoldError> {
    let key = account_key(state, fold, vault, owner);
    let mut account = *state.native.accounts.get(key);
    account.restaked = math::sub(account.restaked, account.swept)?;
    account.credited = math::sub(account.credited, account.swept)?;
    account.swept = U256::ZERO;
    with(&mut account)?;
    state.native.accounts.set(fold.mark, key, account);
    Ok(())
}

/// The balance of the staker whose shares moved last is `total` now; the pool changes alike.
fn restaked(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    total: U256,
) -> Result<(), FoldError> {
    let pool = *state.native.pools.get(vault);
    let mut assets = pool.total_assets;
    change(state, fold, vault, pool.last_moved, |account| {
        assets = match total.checked_sub(account.restaked) {
            Some(more) => math::add(assets, more)?,
            None => math::sub(assets, math::sub(account.restaked, total)?)?,
        };
        account.restaked = total;
        Ok(())
    })?;
    state.native.pools.update(fold.mark, vault, |pool| pool.total_assets = assets);
    Ok(())
}

fn stored(state: &mut State, fold: &mut Fold<'_>, vault: Id, owner: Address, snapshot: &Snapshot) {
    let now = fold.block.timestamp;
    let snapshot = OpenSnapshot {
        node_balance: snapshot.nodeBalanceWei,
        balance_delta_word: snapshot.balanceDeltaWei.into_raw(),
        remaining_proofs: snapshot.remainingProofs,
        beacon_root: snapshot.parentBeaconBlockRoot,
    };
    let key = account_key(state, fold, vault, owner);
    state.native.accounts.update(fold.mark, key, |account| {
        account.snapshot = snapshot;
        if account.current_snapshot == 0 {
            account.current_snapshot = now;
        }
    });
}

/// The log of a new snapshot comes after that of its end when no proof is needed.
fn snapshot_created(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &SnapshotCreated,
) -> Result<(), FoldError> {
    change(state, fold, vault, event.nodeOwner, |account| {
        if account.last_snapshot != event.timestamp && account.current_snapshot == 0 {
            account.current_snapshot = event.timestamp;
            account.snapshot.remaining_proofs = account.active_validators;
            account.snapshot.beacon_root = event.parentBeaconBlockRoot;
        }
        Ok(())
    })
}

/// Without validators all that was gained is the node's; else the stored snapshot says what is.
fn snapshot_finished(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &SnapshotFinished,
) -> Result<(), FoldError> {
    change(state, fold, vault, event.nodeOwner, |account| {
        let of_node = if account.current_snapshot == 0 {
            event.totalDeltaWei.into_raw()
        } else {
            account.snapshot.node_balance
        };
        account.credited = math::add(account.credited, of_node)?;
        account.last_snapshot = event.timestamp;
        account.current_snapshot = 0;
        account.snapshot = OpenSnapshot::default();
        Ok(())
    })
}

fn started_withdrawal(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &StartedWithdraw,
) -> Result<(), FoldError> {
    let withdrawal = Withdrawal {
        to: event.to,
        start: fold.block.timestamp,
        assets: event.assets,
        node_owner: event.nodeOwner,
    };
    let key = state.native.withdrawal_keys.intern(fold.mark, (vault, event.withdrawKey));
    state.native.withdrawals.set(fold.mark, key, withdrawal);
    next_withdraw_nonce(state, fold, vault, event.nodeOwner);
    change(state, fold, vault, event.nodeOwner, |account| {
        account.withdrawing = math::add(account.withdrawing, event.assets)?;
        Ok(())
    })
}

fn finished_withdrawal(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &FinishedWithdraw,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let key = state.native.withdrawal_keys.find(&(vault, event.withdrawKey));
    let asked = state.native.withdrawals.get(key).assets;
    state.native.withdrawals.set(mark, key, Withdrawal::default());
    let account = account_key(state, fold, vault, event.nodeOwner);
    // What went to the zero address was this withdrawal and no slash.
    state.native.accounts.update(mark, account, |account| account.swept = U256::ZERO);
    change(state, fold, vault, event.nodeOwner, |account| {
        account.withdrawing = math::sub(account.withdrawing, asked)?;
        account.credited = math::sub(account.credited, event.assets)?;
        Ok(())
    })
}

fn validator_event(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    event: &Event,
) -> Result<bool, FoldError> {
    let mark = fold.mark;
    match event {
        Event::ValidatorKnown(e) => {
            let account = account_key(state, fold, vault, e.nodeOwner);
            know_validator(state, fold, account, e.validatorIndex.to(), e.pubkeyHash);
        }
        Event::RestakedValidator(e) => {
            let account = account_key(state, fold, vault, e.nodeOwner);
            let index = u64::try_from(e.validatorIndex)
                .map_err(|_| FoldError::Missing { what: "a validator" })?;
            // A mirror does not know the key's hash; the number stands in for it.
            let known = know_validator(state, fold, account, index, e.validatorIndex.into());
            let (restaked, updated) = (e.restakedBalanceWei, e.timestamp);
            let validator = Validator { index, status: 1, restaked, updated };
            state.native.validators.set(mark, known, validator);
            change(state, fold, vault, e.nodeOwner, |account| {
                account.active_validators = math::add(account.active_validators, U256::ONE)?;
                Ok(())
            })?;
        }
        Event::SnapshotValidator(e) => {
            let index = e.validatorIndex.to();
            let key = validator(state, fold, vault, e.nodeOwner, index)?;
            state.native.validators.update(mark, key, |v| v.updated = e.timestamp);
        }
        Event::ValidatorBalanceChanged(e) => {
            let index = e.validatorIndex.to();
            let key = validator(state, fold, vault, e.nodeOwner, index)?;
            state.native.validators.update(mark, key, |v| v.restaked = e.balanceWei);
        }
        Event::ValidatorWithdrawn(e) => {
            let index = e.validatorIndex.to();
            let key = validator(state, fold, vault, e.nodeOwner, index)?;
            state.native.validators.update(mark, key, |v| v.status = 2);
            change(state, fold, vault, e.nodeOwner, |account| {
                account.active_validators = math::sub(account.active_validators, U256::ONE)?;
                Ok(())
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// The validator with this number; it is entered with the hash when it is new.
fn know_validator(
    state: &mut State,
    fold: &Fold<'_>,
    account: Id,
    index: u64,
    pubkey_hash: B256,
) -> Id {
    let native = &mut state.native;
    let known = native.validator_numbers.find(&(account, index));
    if known != NONE {
        return *native.validator_of_number.get(known);
    }
    let validator = native.validator_keys.intern(fold.mark, (account, pubkey_hash));
    let number = native.validator_numbers.intern(fold.mark, (account, index));
    native.validator_of_number.set(fold.mark, number, validator);
    validator
}

fn validator(
    state: &State,
    fold: &Fold<'_>,
    vault: Id,
    owner: Address,
    index: u64,
) -> Result<Id, FoldError> {
    let account = state.native.account_keys.find(&(vault, fold.accounts.find(&owner)));
    match state.native.validator_numbers.find(&(account, index)) {
        NONE => Err(FoldError::Missing { what: "a validator" }),
        number => Ok(*state.native.validator_of_number.get(number)),
    }
}
