//! What a vault answers without changing.

use super::{
    DEPOSIT_LIMIT_SET_ROLE, DEPOSIT_WHITELIST_SET_ROLE, DEPOSITOR_WHITELIST_ROLE,
    IS_DEPOSIT_LIMIT_SET_ROLE,
};
use crate::Symbiotic;
use crate::abi::vault::ActiveBalanceOfHints;
use crate::abi::vault::Vault::{InvalidTimestamp, NoPreviousEpoch, VaultCalls};
use crate::rules::{decode, hint, now};
use crate::state::Kind;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Assets, Epoch, Host, Id, Revert, Shares, Timestamp, math, require};

/// `VaultStorage.currentEpoch`.
pub(super) fn current_epoch(host: &dyn Host<Symbiotic>, id: Id) -> Result<Epoch, Revert> {
    Ok(host.state().vault.epoch_of(id, now(host)?)?)
}

/// `VaultStorage.epochAt`.
pub(super) fn epoch_at(
    host: &dyn Host<Symbiotic>,
    id: Id,
    timestamp: Timestamp,
) -> Result<Epoch, Revert> {
    let vaults = &host.state().vault;
    let started = vaults.config.get(id).epoch_duration_init;
    require!(timestamp >= started, InvalidTimestamp {});
    Ok(vaults.epoch_of(id, timestamp)?)
}

/// `Vault.withdrawalsOf`: an account's part of a bucket, rounded down; claims do not change it.
pub(super) fn withdrawals_of(
    host: &dyn Host<Symbiotic>,
    id: Id,
    epoch: Epoch,
    account: Id,
) -> Result<Assets, Revert> {
    let vaults = &host.state().vault;
    let bucket = vaults.bucket(id, epoch);
    let shares = vaults.claimable(id, epoch, account).shares;
    Ok(shares.to_assets_down(bucket.assets, bucket.shares)?)
}

/// `Vault.activeBalanceOf`, rounded down.
fn active_balance_of(
    host: &dyn Host<Symbiotic>,
    id: Id,
    account: Address,
) -> Result<Assets, Revert> {
    let vaults = &host.state().vault;
    let shares = vaults.shares_of(id, host.accounts().find(&account));
    Ok(shares.to_assets_down(vaults.stake(id), vaults.shares(id))?)
}

/// `Vault.activeBalanceOfAt`, rounded down. The hints fail in the order in which they are used.
fn active_balance_of_at(
    host: &dyn Host<Symbiotic>,
    id: Id,
    account: Address,
    timestamp: u64,
    hints: &[u8],
) -> Result<Assets, Revert> {
    let hints = match hints {
        [] => ActiveBalanceOfHints {
            activeSharesOfHint: Default::default(),
            activeStakeHint: Default::default(),
            activeSharesHint: Default::default(),
        },
        bytes => decode::<ActiveBalanceOfHints>(bytes)?,
    };
    let vaults = &host.state().vault;
    let holder = vaults.holders.find(&(id, host.accounts().find(&account)));
    let of = vaults.active_shares_of.get(holder);
    let shares = Shares(hint::lookup(of, timestamp, &hints.activeSharesOfHint)?);
    let stake = vaults.active_stake.get(id);
    let stake = Assets(hint::lookup(stake, timestamp, &hints.activeStakeHint)?);
    let total = vaults.active_shares.get(id);
    let total = Shares(hint::lookup(total, timestamp, &hints.activeSharesHint)?);
    Ok(shares.to_assets_down(stake, total)?)
}

/// Start of an epoch; `SafeCastOverflowedUintDowncast` when it does not fit 48 bits.
fn epoch_start(host: &dyn Host<Symbiotic>, id: Id, epoch: Epoch) -> Result<U256, Revert> {
    let config = host.state().vault.config.get(id);
    let offset = math::mul(U256::from(epoch.0), U256::from(config.epoch_duration))?;
    let start = math::add(U256::from(config.epoch_duration_init.0), offset)?;
    Ok(U256::from(math::to_u48(start)?))
}

/// An epoch given as `uint256`; one past 64 bits was never reached and reads as empty.
fn epoch_number(epoch: U256) -> Epoch {
    Epoch(u64::try_from(epoch).unwrap_or(u64::MAX))
}

pub(super) fn answer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    let vaults = &host.state().vault;
    let account = |address: &Address| host.accounts().find(address);
    let word = |value: U256| Ok(value.abi_encode());
    match call {
        Call::activeBalanceOf(c) => word(active_balance_of(host, id, c.account)?.0),
        Call::activeBalanceOfAt(c) => {
            let at = c.timestamp.to::<u64>();
            word(active_balance_of_at(host, id, c.account, at, &c.hints)?.0)
        }
        Call::activeShares(_) => word(vaults.shares(id).0),
        Call::activeSharesAt(c) => {
            word(hint::lookup(vaults.active_shares.get(id), c.timestamp.to(), &c.hint)?)
        }
        Call::activeSharesOf(c) => word(vaults.shares_of(id, account(&c.account)).0),
        Call::activeSharesOfAt(c) => {
            let holder = vaults.holders.find(&(id, account(&c.account)));
            let trace = vaults.active_shares_of.get(holder);
            word(hint::lookup(trace, c.timestamp.to(), &c.hint)?)
        }
        Call::activeStake(_) => word(vaults.stake(id).0),
        Call::activeStakeAt(c) => {
            word(hint::lookup(vaults.active_stake.get(id), c.timestamp.to(), &c.hint)?)
        }
        Call::isDepositorWhitelisted(c) => {
            let key = vaults.depositors.find(&(id, account(&c.account)));
            Ok(vaults.is_depositor_whitelisted.get(key).abi_encode())
        }
        Call::isWithdrawalsClaimed(c) => {
            let part = vaults.claimable(id, epoch_number(c.epoch), account(&c.account));
            Ok(part.claimed.abi_encode())
        }
        Call::slashableBalanceOf(c) => {
            let epoch = current_epoch(host, id)?;
            let owner = account(&c.account);
            let active = active_balance_of(host, id, c.account)?;
            let current = withdrawals_of(host, id, epoch, owner)?;
            let next = withdrawals_of(host, id, epoch.next()?, owner)?;
            word(active.plus(current)?.plus(next)?.0)
        }
        Call::totalStake(_) => {
            let epoch = current_epoch(host, id)?;
            let leaving = vaults.bucket(id, epoch).assets;
            let next = vaults.bucket(id, epoch.next()?).assets;
            word(vaults.stake(id).plus(leaving)?.plus(next)?.0)
        }
        Call::withdrawalShares(c) => word(vaults.bucket(id, epoch_number(c.epoch)).shares.0),
        Call::withdrawalSharesOf(c) => {
            word(vaults.claimable(id, epoch_number(c.epoch), account(&c.account)).shares.0)
        }
        Call::withdrawals(c) => word(vaults.bucket(id, epoch_number(c.epoch)).assets.0),
        Call::withdrawalsOf(c) => {
            word(withdrawals_of(host, id, epoch_number(c.epoch), account(&c.account))?.0)
        }
        other => clock_or_config(host, id, other),
    }
}

fn clock_or_config(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    let state = host.state();
    let config = state.vault.config.get(id);
    let word = |value: U256| Ok(value.abi_encode());
    match call {
        Call::epochAt(c) => word(U256::from(epoch_at(host, id, Timestamp(c.timestamp.to()))?.0)),
        Call::currentEpoch(_) => word(U256::from(current_epoch(host, id)?.0)),
        Call::currentEpochStart(_) => word(epoch_start(host, id, current_epoch(host, id)?)?),
        Call::nextEpochStart(_) => word(epoch_start(host, id, current_epoch(host, id)?.next()?)?),
        Call::previousEpochStart(_) => {
            let previous = current_epoch(host, id)?.0.checked_sub(1);
            let previous = previous.ok_or(NoPreviousEpoch {})?;
            word(epoch_start(host, id, Epoch(previous))?)
        }
        Call::epochDuration(_) => word(U256::from(config.epoch_duration)),
        Call::epochDurationInit(_) => word(U256::from(config.epoch_duration_init.0)),
        Call::DELEGATOR_FACTORY(_) => Ok(state.singleton(Kind::DelegatorFactory).abi_encode()),
        Call::SLASHER_FACTORY(_) => Ok(state.singleton(Kind::SlasherFactory).abi_encode()),
        Call::FACTORY(_) => Ok(state.singleton(Kind::VaultFactory).abi_encode()),
        Call::DEPOSIT_WHITELIST_SET_ROLE(_) => Ok(DEPOSIT_WHITELIST_SET_ROLE.abi_encode()),
        Call::DEPOSITOR_WHITELIST_ROLE(_) => Ok(DEPOSITOR_WHITELIST_ROLE.abi_encode()),
        Call::IS_DEPOSIT_LIMIT_SET_ROLE(_) => Ok(IS_DEPOSIT_LIMIT_SET_ROLE.abi_encode()),
        Call::DEPOSIT_LIMIT_SET_ROLE(_) => Ok(DEPOSIT_LIMIT_SET_ROLE.abi_encode()),
        Call::burner(_) => Ok(config.burner.abi_encode()),
        Call::collateral(_) => Ok(config.collateral.abi_encode()),
        Call::delegator(_) => Ok(config.delegator.abi_encode()),
        Call::slasher(_) => Ok(config.slasher.abi_encode()),
        Call::depositLimit(_) => word(config.deposit_limit),
        Call::depositWhitelist(_) => Ok(config.deposit_whitelist.abi_encode()),
        Call::isDepositLimit(_) => Ok(config.is_deposit_limit.abi_encode()),
        Call::isDelegatorInitialized(_) => Ok(config.is_delegator_initialized.abi_encode()),
        Call::isSlasherInitialized(_) => Ok(config.is_slasher_initialized.abi_encode()),
        Call::isInitialized(_) => {
            let both = config.is_delegator_initialized && config.is_slasher_initialized;
            Ok(both.abi_encode())
        }
        Call::version(_) => Ok(config.version.abi_encode()),
        _ => Err(Revert::empty()),
    }
}
