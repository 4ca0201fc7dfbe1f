//! Folds the events of Rewards V2 and its registries.

use super::wrong_emitter;
use crate::abi::ledger::{MerkleClaimBooked, MerkleTotalRaised};
use crate::abi::rewards_v2::contract::{
    AccountCuratorFees, ClaimCumulativeMerkleRewards, DistributeCumulativeMerkleRewards,
    DistributeVaultSnapshotRewards,
};
use crate::event::Event;
use crate::state::rewards_v2::{FeeOverride, MerkleDistribution, MerklePot, SnapshotReward};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, Timestamp, math};

/// Folds one event of the registry of curators.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_curators(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match event {
        Event::Initialized(_) => Ok(()),
        Event::SetCurator(e) => {
            let vault = fold.accounts.intern(fold.mark, e.vault);
            let now = fold.block.timestamp;
            Ok(state.rewards_v2.curators.push(fold.mark, vault, now, e.curator)?)
        }
        _ => Err(wrong_emitter(emitter, event)),
    }
}

/// Folds one event of the registry of fees.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply_fees(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let (mark, now) = (fold.mark, fold.block.timestamp);
    let fees = &mut state.rewards_v2;
    match event {
        Event::Initialized(_) => {}
        Event::SetOperatorsFee(e) => {
            let vault = fold.accounts.intern(mark, e.vault);
            fees.operators_fees.push(mark, vault, now, e.fee)?;
        }
        Event::SetCuratorFee(e) => {
            let vault = fold.accounts.intern(mark, e.vault);
            fees.curator_fees.push(mark, vault, now, e.fee)?;
        }
        Event::SetOperatorsNetworkFee(e) => {
            let key = fee_key(state, fold, e.vault, e.network);
            let fee = FeeOverride { is_enabled: e.enable, fee: e.fee };
            state.rewards_v2.operators_network_fees.push(mark, key, now, fee)?;
        }
        Event::SetCuratorNetworkFee(e) => {
            let key = fee_key(state, fold, e.vault, e.network);
            let fee = FeeOverride { is_enabled: e.enable, fee: e.fee };
            state.rewards_v2.curator_network_fees.push(mark, key, now, fee)?;
        }
        Event::SetProtocolFee(e) => {
            let key = fees.protocol_fee_keys.intern(mark, e.id);
            fees.protocol_fees.set(mark, key, FeeOverride { is_enabled: e.enable, fee: e.fee });
        }
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

fn fee_key(state: &mut State, fold: &mut Fold<'_>, vault: Address, network: Address) -> Id {
    let vault = fold.accounts.intern(fold.mark, vault);
    let network = fold.accounts.intern(fold.mark, network);
    state.rewards_v2.fee_keys.intern(fold.mark, (vault, network))
}

/// Folds one event of the rewards contract.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    match event {
        Event::Initialized(_) => Ok(()),
        Event::AccountProtocolFees(e) => {
            let token = fold.accounts.intern(mark, e.token);
            let pots = &mut state.rewards_v2.protocol_pots;
            let fees = math::add(pots.get(token).fees, e.fees)?;
            pots.update(mark, token, |pot| pot.fees = fees);
            Ok(())
        }
        Event::ProtocolFeesBooked(e) => {
            let token = fold.accounts.intern(mark, e.token);
            let pots = &mut state.rewards_v2.protocol_pots;
            let mut pot = *pots.get(token);
            pot.fees = math::sub(pot.fees, e.fees)?;
            pot.leaving = math::add(pot.leaving, e.fees)?;
            pots.set(mark, token, pot);
            Ok(())
        }
        Event::ClaimProtocolFees(e) => {
            let token = fold.accounts.intern(mark, e.token);
            let pots = &mut state.rewards_v2.protocol_pots;
            let mut pot = *pots.get(token);
            (pot.fees, pot.leaving) = settle(pot.fees, pot.leaving, e.fees)?;
            pots.set(mark, token, pot);
            Ok(())
        }
        Event::AccountCuratorFees(e) => curator_paid(state, fold, e),
        Event::ClaimCuratorFees(e) => {
            let key = curator_key(state, fold, e.vault, e.token);
            let pots = &mut state.rewards_v2.curator_pots;
            let left = math::sub(*pots.get(key), e.amount)?;
            pots.set(mark, key, left);
            Ok(())
        }
        Event::DistributeVaultSnapshotRewards(e) => distributed(state, fold, e),
        Event::ClaimVaultSnapshotRewards(e) => {
            let claim = (e.firstRewardToClaim, e.rewardsToClaim);
            let (cursor, next) =
                claimed_up_to(state, fold, (e.vault, e.network, e.token), e.staker, claim)?;
            state.rewards_v2.cursors.set(mark, cursor, next);
            Ok(())
        }
        Event::ClaimOperatorFees(e) => {
            let claim = (e.firstRewardToClaim, e.rewardsToClaim);
            let (cursor, next) =
                claimed_up_to(state, fold, (e.vault, e.network, e.token), e.operator, claim)?;
            state.rewards_v2.operator_cursors.set(mark, cursor, next);
            Ok(())
        }
        _ => merkle(state, fold, emitter, event),
    }
}

/// What is left of a balance and of what leaves it when the log of a payment comes: booked amounts
/// left the balance before, those of a mirror leave it now.
fn settle(balance: U256, leaving: U256, paid: U256) -> Result<(U256, U256), FoldError> {
    match leaving.checked_sub(paid) {
        Some(leaving) => Ok((balance, leaving)),
        None => Ok((math::sub(balance, paid)?, leaving)),
    }
}

fn curator_key(state: &mut State, fold: &mut Fold<'_>, vault: Address, token: Address) -> Id {
    let vault = fold.accounts.intern(fold.mark, vault);
    let token = fold.accounts.intern(fold.mark, token);
    state.rewards_v2.curator_keys.intern(fold.mark, (vault, token))
}

fn curator_paid(
    state: &mut State,
    fold: &mut Fold<'_>,
    event: &AccountCuratorFees,
) -> Result<(), FoldError> {
    let key = curator_key(state, fold, event.vault, event.token);
    let pots = &mut state.rewards_v2.curator_pots;
    let fees = math::add(*pots.get(key), event.fees)?;
    pots.set(fold.mark, key, fees);
    Ok(())
}

fn list_key(
    state: &mut State,
    fold: &mut Fold<'_>,
    (vault, network, token): (Address, Address, Address),
) -> Id {
    let vault = fold.accounts.intern(fold.mark, vault);
    let network = fold.accounts.intern(fold.mark, network);
    let token = fold.accounts.intern(fold.mark, token);
    state.rewards_v2.list_keys.intern(fold.mark, (vault, network, token))
}

/// One more reward. Which delegator the vault has, and how many shares it had at the moment, is not
/// in the log, but both can be told from the vault: the delegator is set once, the past stays.
fn distributed(
    state: &mut State,
    fold: &mut Fold<'_>,
    event: &DistributeVaultSnapshotRewards,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let Contract::Vault(vault) = state.contract(fold.accounts, event.vault) else {
        return Err(FoldError::Missing { what: "a vault" });
    };
    let config = state.vault.config.get(vault);
    let (delegator, is_donation) = (config.delegator, config.collateral == event.token);
    let delegator_type = match state.contract(fold.accounts, delegator) {
        Contract::Delegator(id) => state.delegator.config.get(id).delegator_type,
        _ => return Err(FoldError::Missing { what: "a delegator" }),
    };
    let [seconds] = *event.timestamp.as_limbs();
    if !is_donation {
        let at = fold.accounts.intern(mark, event.vault);
        let cache = state.rewards_v2.cache_keys.intern(mark, (at, seconds));
        if state.rewards_v2.shares_cache.get(cache).is_zero() {
            let shares = state.vault.active_shares.get(vault).upper_lookup(seconds);
            state.rewards_v2.shares_cache.set(mark, cache, shares);
        }
    }
    let list = list_key(state, fold, (event.vault, event.network, event.token));
    let rewards = &mut state.rewards_v2;
    let index = *rewards.list_len.get(list);
    let reward = rewards.reward_keys.intern(mark, (list, index));
    let value = SnapshotReward {
        subnetwork_id: U256::from(event.subnetworkId),
        delegator,
        delegator_type,
        timestamp: Timestamp(seconds),
        amount: if is_donation { U256::ZERO } else { event.amount },
        operators_fees: event.operatorsFee,
    };
    rewards.rewards.set(mark, reward, value);
    rewards.list_len.set(mark, list, index.saturating_add(1));
    Ok(())
}

/// The cell of an account's cursor and where it stands after a claim of (first, number).
fn claimed_up_to(
    state: &mut State,
    fold: &mut Fold<'_>,
    list: (Address, Address, Address),
    account: Address,
    (first, count): (U256, U256),
) -> Result<(Id, u64), FoldError> {
    let list = list_key(state, fold, list);
    let account = fold.accounts.intern(fold.mark, account);
    let next = math::downcast(math::add(first, count)?, 64)?;
    if next > *state.rewards_v2.list_len.get(list) {
        return Err(FoldError::Missing { what: "a claimed reward" });
    }
    Ok((state.rewards_v2.cursor_keys.intern(fold.mark, (list, account)), next))
}

fn merkle(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    match event {
        Event::SetProtocol(e) => {
            let contract = fold.accounts.intern(mark, emitter);
            state.rewards_v2.protocol.set(mark, contract, e.protocol);
            Ok(())
        }
        Event::SetRewarder(e) => {
            let network = fold.accounts.intern(mark, e.network);
            state.rewards_v2.rewarders.set(mark, network, e.rewarder);
            Ok(())
        }
        Event::DepositCumulativeMerkleRewards(e) => {
            change(state, fold, (e.network, e.token), |pot| {
                pot.balance = math::add(pot.balance, e.amount)?;
                Ok(())
            })
        }
        Event::MerkleWithdrawalBooked(e) => change(state, fold, (e.network, e.token), |pot| {
            pot.balance = math::sub(pot.balance, e.amount)?;
            pot.leaving = math::add(pot.leaving, e.amount)?;
            Ok(())
        }),
        Event::WithdrawCumulativeMerkleRewards(e) => {
            change(state, fold, (e.network, e.token), |pot| {
                (pot.balance, pot.leaving) = settle(pot.balance, pot.leaving, e.amount)?;
                Ok(())
            })
        }
        Event::MerkleTotalRaised(e) => raised(state, fold, e),
        Event::DistributeCumulativeMerkleRewards(e) => {
            accepted(state, fold, e);
            Ok(())
        }
        Event::MerkleClaimBooked(MerkleClaimBooked {
            rewardee,
            network,
            token,
            rewardeeType,
            amount,
        }) => {
            let claim = (*network, *token, *rewardeeType, *rewardee);
            claimed(state, fold, claim, *amount);
            Ok(())
        }
        Event::ClaimCumulativeMerkleRewards(e) => {
            let ClaimCumulativeMerkleRewards { rewardee, network, leaf } = e;
            let claim = (*network, leaf.token, leaf.rewardeeType, *rewardee);
            claimed(state, fold, claim, leaf.amount);
            Ok(())
        }
        _ => Err(wrong_emitter(emitter, event)),
    }
}

fn pot_key(state: &mut State, fold: &mut Fold<'_>, network: Address, token: Address) -> Id {
    let network = fold.accounts.intern(fold.mark, network);
    let token = fold.accounts.intern(fold.mark, token);
    state.rewards_v2.pot_keys.intern(fold.mark, (network, token))
}

/// Changes the pot of a network and a token.
fn change(
    state: &mut State,
    fold: &mut Fold<'_>,
    (network, token): (Address, Address),
    change: impl FnOnce(&mut MerklePot) -> Result<(), FoldError>,
) -> Result<(), FoldError> {
    let key = pot_key(state, fold, network, token);
    let mut pot = *state.rewards_v2.pots.get(key);
    change(&mut pot)?;
    state.rewards_v2.pots.set(fold.mark, key, pot);
    Ok(())
}

fn raised(
    state: &mut State,
    fold: &mut Fold<'_>,
    event: &MerkleTotalRaised,
) -> Result<(), FoldError> {
    change(state, fold, (event.network, event.token), |pot| {
        pot.balance = math::sub(pot.balance, event.reserved)?;
        Ok(())
    })?;
    let key = pot_key(state, fold, event.network, event.token);
    let now = fold.block.timestamp;
    Ok(state.rewards_v2.totals.push(fold.mark, key, now, event.totalAmount)?)
}

fn accepted(state: &mut State, fold: &mut Fold<'_>, event: &DistributeCumulativeMerkleRewards) {
    let network = fold.accounts.intern(fold.mark, event.network);
    let distribution = &event.cumulativeDistribution;
    let [seconds] = *distribution.timestamp.as_limbs();
    let root = distribution.merkleRoot;
    let last = MerkleDistribution { timestamp: Timestamp(seconds), root };
    state.rewards_v2.last.set(fold.mark, network, last);
    state.rewards_v2.roots.intern(fold.mark, (network, root));
}

/// A claim leaves the leaf's amount behind. Amounts only grow: where claims are nested in each
/// other's transfers, the logs come from the inside out, and the greatest one counts.
fn claimed(
    state: &mut State,
    fold: &mut Fold<'_>,
    (network, token, rewardee_type, rewardee): (Address, Address, U256, Address),
    amount: U256,
) {
    let pot = pot_key(state, fold, network, token);
    let rewardee = fold.accounts.intern(fold.mark, rewardee);
    let key = (pot, B256::from(rewardee_type), rewardee);
    let key = state.rewards_v2.claimed_keys.intern(fold.mark, key);
    let claimed = amount.max(*state.rewards_v2.claimed.get(key));
    state.rewards_v2.claimed.set(fold.mark, key, claimed);
}
