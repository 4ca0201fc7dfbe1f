//! Folds the events of vaults.

use super::{register, wrong_emitter};
use crate::abi::ledger::VaultCreated;
use crate::abi::vault::{Claim, Deposit, OnSlash, Withdraw};
use crate::event::Event;
use crate::state::vault::{TokenNames, VaultConfig, Vaults};
use crate::state::{Contract, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Assets, Epoch, Fold, FoldError, Id, Shares, Timestamp};
use std::sync::Arc;

/// Registers a vault.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the address already.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &VaultCreated,
) -> Result<(), FoldError> {
    let id = register(state, fold, emitter, "VaultCreated", |s| &mut s.vault.ids, Contract::Vault)?;
    let is_token = !event.name.is_empty() || !event.symbol.is_empty() || event.version == 2;
    let names = TokenNames { name: event.name.clone(), symbol: event.symbol.clone() };
    let config = VaultConfig {
        address: emitter,
        version: event.version,
        collateral: event.collateral,
        burner: event.burner,
        epoch_duration_init: Timestamp(fold.block.timestamp),
        epoch_duration: event.epochDuration.to(),
        deposit_whitelist: event.depositWhitelist,
        is_deposit_limit: event.isDepositLimit,
        deposit_limit: event.depositLimit,
        names: is_token.then(|| Arc::new(names)),
        ..VaultConfig::default()
    };
    state.vault.config.set(fold.mark, id, config);
    Ok(())
}

/// Folds one event of the vault `id`.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let vault = &mut state.vault;
    match event {
        Event::Deposit(e) => deposit(vault, fold, id, e),
        Event::Withdraw(e) => withdraw(vault, fold, id, e),
        Event::Transfer(e) => {
            // Mints and burns repeat what `Deposit` and `Withdraw` say.
            if e.from.is_zero() || e.to.is_zero() {
                return Ok(());
            }
            let value = Shares(e.value);
            let from = fold.accounts.intern(fold.mark, e.from);
            let to = fold.accounts.intern(fold.mark, e.to);
            let left = vault.shares_of(id, from).minus(value)?;
            push_shares_of(vault, fold, id, from, left)?;
            let sum = vault.shares_of(id, to).plus(value)?;
            push_shares_of(vault, fold, id, to, sum)
        }
        Event::Claim(e) => claim(vault, fold, id, e),
        Event::ClaimBatch(e) => {
            let account = fold.accounts.intern(fold.mark, e.claimer);
            e.epochs.iter().try_for_each(|epoch| set_claimed(vault, fold, id, account, *epoch))
        }
        Event::VaultSlashed(e) => slashed(vault, fold, id, e),
        Event::SetDepositorWhitelistStatus(e) => {
            let account = fold.accounts.intern(fold.mark, e.account);
            let key = vault.depositors.intern(fold.mark, (id, account));
            vault.is_depositor_whitelisted.set(fold.mark, key, e.status);
            Ok(())
        }
        _ => {
            let change = config_change(event).ok_or_else(|| wrong_emitter(emitter, event))?;
            vault.config.update(fold.mark, id, |config| change.make(config));
            Ok(())
        }
    }
}

/// A change of configuration that an event stands for.
enum ConfigChange {
    Version(u64),
    DepositWhitelist(bool),
    IsDepositLimit(bool),
    DepositLimit(U256),
    Delegator(Address),
    Slasher(Address),
}

fn config_change(event: &Event) -> Option<ConfigChange> {
    Some(match event {
        Event::Initialized(e) => ConfigChange::Version(e.version),
        Event::SetDepositWhitelist(e) => ConfigChange::DepositWhitelist(e.status),
        Event::SetIsDepositLimit(e) => ConfigChange::IsDepositLimit(e.status),
        Event::SetDepositLimit(e) => ConfigChange::DepositLimit(e.limit),
        Event::SetDelegator(e) => ConfigChange::Delegator(e.delegator),
        Event::SetSlasher(e) => ConfigChange::Slasher(e.slasher),
        _ => return None,
    })
}

impl ConfigChange {
    fn make(self, config: &mut VaultConfig) {
        match self {
            Self::Version(version) => config.version = version,
            Self::DepositWhitelist(status) => config.deposit_whitelist = status,
            Self::IsDepositLimit(status) => config.is_deposit_limit = status,
            Self::DepositLimit(limit) => config.deposit_limit = limit,
            Self::Delegator(delegator) => {
                config.delegator = delegator;
                config.is_delegator_initialized = true;
            }
            Self::Slasher(slasher) => {
                config.slasher = slasher;
                config.is_slasher_initialized = true;
            }
        }
    }
}

fn deposit(
    vault: &mut Vaults,
    fold: &mut Fold<'_>,
    id: Id,
    event: &Deposit,
) -> Result<(), FoldError> {
    let (mark, now) = (fold.mark, fold.block.timestamp);
    let account = fold.accounts.intern(mark, event.onBehalfOf);
    let stake = vault.stake(id).plus(Assets(event.amount))?;
    let shares = vault.shares(id).plus(Shares(event.shares))?;
    let holder = vault.holders.intern(mark, (id, account));
    let of = Shares(vault.active_shares_of.get(holder).latest()).plus(Shares(event.shares))?;
    vault.active_stake.push(mark, id, now, stake.0)?;
    vault.active_shares.push(mark, id, now, shares.0)?;
    vault.active_shares_of.push(mark, holder, now, of.0)?;
    Ok(())
}

fn withdraw(
    vault: &mut Vaults,
    fold: &mut Fold<'_>,
    id: Id,
    event: &Withdraw,
) -> Result<(), FoldError> {
    let (mark, now) = (fold.mark, fold.block.timestamp);
    let burned = Shares(event.burnedShares);
    let account = fold.accounts.intern(mark, event.withdrawer);
    let of = vault.shares_of(id, account).minus(burned)?;
    let shares = vault.shares(id).minus(burned)?;
    let stake = vault.stake(id).minus(Assets(event.amount))?;
    push_shares_of(vault, fold, id, account, of)?;
    vault.active_shares.push(mark, id, now, shares.0)?;
    vault.active_stake.push(mark, id, now, stake.0)?;

    let minted = Shares(event.mintedShares);
    let epoch = vault.epoch_of(id, Timestamp(now))?.next()?;
    let key = vault.bucket_keys.intern(mark, (id, epoch.0));
    let mut bucket = *vault.buckets.get(key);
    bucket.assets = bucket.assets.plus(Assets(event.amount))?;
    bucket.shares = bucket.shares.plus(minted)?;
    vault.buckets.set(mark, key, bucket);
    let claimer = fold.accounts.intern(mark, event.claimer);
    let part = vault.claim_keys.intern(mark, (key, claimer));
    let mut claimable = *vault.claims.get(part);
    claimable.shares = claimable.shares.plus(minted)?;
    vault.claims.set(mark, part, claimable);
    Ok(())
}

fn push_shares_of(
    vault: &mut Vaults,
    fold: &Fold<'_>,
    id: Id,
    account: Id,
    shares: Shares,
) -> Result<(), FoldError> {
    let holder = vault.holders.intern(fold.mark, (id, account));
    let now = fold.block.timestamp;
    Ok(vault.active_shares_of.push(fold.mark, holder, now, shares.0)?)
}

fn claim(vault: &mut Vaults, fold: &mut Fold<'_>, id: Id, event: &Claim) -> Result<(), FoldError> {
    let account = fold.accounts.intern(fold.mark, event.claimer);
    set_claimed(vault, fold, id, account, event.epoch)
}

fn set_claimed(
    vault: &mut Vaults,
    fold: &Fold<'_>,
    id: Id,
    account: Id,
    epoch: U256,
) -> Result<(), FoldError> {
    let epoch = u64::try_from(epoch).map_err(|_| FoldError::Missing { what: "an epoch" })?;
    let bucket = vault.bucket_keys.intern(fold.mark, (id, epoch));
    let key = vault.claim_keys.intern(fold.mark, (bucket, account));
    vault.claims.update(fold.mark, key, |claimable| claimable.claimed = true);
    Ok(())
}

fn slashed(
    vault: &mut Vaults,
    fold: &mut Fold<'_>,
    id: Id,
    event: &OnSlash,
) -> Result<(), FoldError> {
    let amount = Assets(event.slashedAmount);
    if amount.is_zero() {
        return Ok(());
    }
    let (mark, now) = (fold.mark, fold.block.timestamp);
    let current_epoch = vault.epoch_of(id, Timestamp(now))?;
    let capture_epoch = vault.epoch_of(id, Timestamp(event.captureTimestamp.to()))?;
    let captured_now = capture_epoch == current_epoch;
    let base = vault.slashable(id, current_epoch, captured_now)?;
    let split = base.split(amount, captured_now)?;
    vault.active_stake.push(mark, id, now, base.active.minus(split.active)?.0)?;
    shrink_bucket(vault, fold, id, current_epoch.next()?, split.next)?;
    if !captured_now {
        shrink_bucket(vault, fold, id, current_epoch, split.current)?;
    }
    Ok(())
}

fn shrink_bucket(
    vault: &mut Vaults,
    fold: &Fold<'_>,
    id: Id,
    epoch: Epoch,
    by: Assets,
) -> Result<(), FoldError> {
    if by.is_zero() {
        return Ok(());
    }
    let key = vault.bucket_keys.find(&(id, epoch.0));
    let mut bucket = *vault.buckets.get(key);
    bucket.assets = bucket.assets.minus(by)?;
    vault.buckets.set(fold.mark, key, bucket);
    Ok(())
}
