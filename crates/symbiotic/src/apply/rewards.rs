//! Folds the events of staker and operator rewards.

use super::{register, wrong_emitter};
use crate::abi::rewards::{InitVault, operator, staker};
use crate::event::Event;
use crate::state::rewards::{Reward, StakerRewardsConfig};
use crate::state::{Contract, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Fold, FoldError, Id, Timestamp, math};

/// Registers a staker rewards contract: `InitVault` is the first log of its life.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the emitter already.
pub fn staker_created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &InitVault,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let id = register(
        state,
        fold,
        emitter,
        "InitVault",
        |s| &mut s.rewards.staker_ids,
        Contract::StakerRewards,
    )?;
    let config =
        StakerRewardsConfig { address: emitter, vault: event.vault, admin_fee: U256::ZERO };
    state.rewards.staker_config.set(mark, id, config);
    Ok(())
}

/// Folds one event of a staker rewards contract.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_staker(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    match event {
        Event::DistributeStakerRewards(e) => distributed(state, fold, id, e)?,
        Event::ClaimRewardsExtra(e) => {
            let token = fold.accounts.intern(mark, e.token);
            let network = fold.accounts.intern(mark, e.network);
            let staker = fold.accounts.intern(mark, e.claimer);
            let rewards = &mut state.rewards;
            let list = rewards.list_keys.intern(mark, (id, token, network));
            let next = math::add(e.firstClaimedRewardIndex, e.rewardsClaimed)?;
            let next = math::downcast(next, 64)?;
            if next > *rewards.list_len.get(list) {
                return Err(FoldError::Missing { what: "a claimed reward" });
            }
            let cursor = rewards.cursor_keys.intern(mark, (list, staker));
            rewards.cursors.set(mark, cursor, next);
        }
        Event::ClaimAdminFee(e) => {
            // The contract logs the token where the event names the recipient.
            let token = fold.accounts.intern(mark, e.recipient);
            let fee = state.rewards.fee_keys.intern(mark, (id, token));
            state.rewards.admin_fees.set(mark, fee, U256::ZERO);
        }
        Event::SetAdminFee(e) => {
            state.rewards.staker_config.update(mark, id, |c| c.admin_fee = e.adminFee);
        }
        // The amount of a claim follows from the cursor; a clone is initialised when it appears.
        Event::ClaimStakerRewards(_) | Event::Initialized(_) => {}
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn distributed(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &staker::DistributeRewards,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let token = fold.accounts.intern(mark, event.token);
    let network = fold.accounts.intern(mark, event.network);
    let [seconds] = *event.timestamp.as_limbs();
    let rewards = &mut state.rewards;
    let cache = rewards.cache_keys.intern(mark, (id, seconds));
    if rewards.shares_cache.get(cache).is_zero() {
        // A past moment of the vault's history never changes, so it can be read now.
        let vault = rewards.staker_config.get(id).vault;
        let vault = state.vault.ids.find(&fold.accounts.find(&vault));
        let shares = state.vault.active_shares.get(vault).upper_lookup(seconds);
        rewards.shares_cache.set(mark, cache, shares);
    }
    let fee = rewards.fee_keys.intern(mark, (id, token));
    let fees = math::add(*rewards.admin_fees.get(fee), event.adminFeeAmount)?;
    rewards.admin_fees.set(mark, fee, fees);
    if event.distributeAmount.is_zero() {
        return Ok(());
    }
    let list = rewards.list_keys.intern(mark, (id, token, network));
    let index = *rewards.list_len.get(list);
    let reward = rewards.reward_keys.intern(mark, (list, index));
    let value = Reward { amount: event.distributeAmount, timestamp: Timestamp(seconds) };
    rewards.rewards.set(mark, reward, value);
    rewards.list_len.set(mark, list, index.saturating_add(1));
    Ok(())
}

/// Folds one event of an operator rewards contract.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_operator(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match event {
        Event::DistributeOperatorRewards(e) => {
            let pot = pot_of(state, fold, id, (e.network, e.token));
            let mut value = *state.rewards.pots.get(pot);
            value.balance = math::add(value.balance, e.amount)?;
            value.root = e.root;
            state.rewards.pots.set(fold.mark, pot, value);
        }
        Event::ClaimOperatorRewards(e) => claimed(state, fold, id, e)?,
        Event::Initialized(_) => state.rewards.operator_initialized.set(fold.mark, id, true),
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn claimed(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &operator::ClaimRewards,
) -> Result<(), FoldError> {
    let pot = pot_of(state, fold, id, (event.network, event.token));
    let claimer = fold.accounts.intern(fold.mark, event.claimer);
    let rewards = &mut state.rewards;
    let mut value = *rewards.pots.get(pot);
    value.balance = math::sub(value.balance, event.amount)?;
    rewards.pots.set(fold.mark, pot, value);
    let key = rewards.claimed_keys.intern(fold.mark, (pot, claimer));
    let total = math::add(*rewards.claimed.get(key), event.amount)?;
    rewards.claimed.set(fold.mark, key, total);
    Ok(())
}

fn pot_of(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    (network, token): (Address, Address),
) -> Id {
    let network = fold.accounts.intern(fold.mark, network);
    let token = fold.accounts.intern(fold.mark, token);
    state.rewards.pot_keys.intern(fold.mark, (id, network, token))
}
