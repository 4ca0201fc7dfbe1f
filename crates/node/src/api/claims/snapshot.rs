//! The snapshot rail of Symbiotic Rewards V2.
//!
//! A claim goes through consecutive rewards, and fails when one of them cannot be claimed by the
//! account at all: what went to the vault itself, operators' fees of another operator. Such rewards
//! are left out, which the contract allows: a claim may begin behind them. So one list can take
//! several claims.

use super::{Claim, ClaimKind, ContractCall, Draft, Entries};
use crate::api::account::Account;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_kernel::{Assets, Id, NONE, Revert, Timestamp};
use bondstone_symbiotic::SymbioticHost;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::rules::rewards_v2::snapshot;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_symbiotic::state::delegator::{
    NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC, OPERATOR_SPECIFIC,
};
use bondstone_symbiotic::state::rewards_v2::SnapshotReward;
use bondstone_symbiotic::{Contract, Kind};

/// What a reward is to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reward {
    /// A claim that goes through it fails.
    Blocked,
    /// It pays nothing.
    Empty,
    /// It pays something.
    Pays(Timestamp),
}

/// A list of rewards.
#[derive(Clone, Copy)]
struct List {
    id: Id,
    vault: Address,
    network: Address,
    token: Address,
    /// Number of rewards.
    length: u64,
}

/// A stretch of a list, and the sum that it pays.
type Sum = fn(
    &SymbioticHost<'_>,
    (Address, Address, Address),
    Address,
    (u64, u64),
) -> Result<U256, Revert>;

/// What the account earned as a staker.
pub(super) fn rewards(account: &Account<'_>) -> Vec<Claim> {
    let state = account.world.symbiotic();
    let mut claims = Vec::new();
    for list in lists(account) {
        let at = account.world.accounts().find(&list.vault);
        let vault = state.vault.ids.find(&at);
        let holder = state.vault.holders.find(&(vault, account.id));
        if holder == NONE {
            continue;
        }
        let books = &state.rewards_v2;
        let shares = state.vault.active_shares_of.get(holder);
        let first = *books.cursors.get(books.cursor_keys.find(&(list.id, account.id)));
        let stretches = stretches(first, list.length, |index| {
            let reward = reward(account, list.id, index);
            let seconds = reward.timestamp.0;
            let total = books.shares_cache.get(books.cache_keys.find(&(at, seconds)));
            if total.is_zero() {
                Reward::Blocked
            } else if shares.upper_lookup(seconds).is_zero() || reward.amount.is_zero() {
                Reward::Empty
            } else {
                Reward::Pays(reward.timestamp)
            }
        });
        let kind = ClaimKind::SnapshotRewards;
        claims.extend(draw_up(account, list, first, &stretches, kind, snapshot::claimable));
    }
    claims
}

/// What the account earned as an operator.
pub(super) fn operator_fees(account: &Account<'_>) -> Vec<Claim> {
    let books = &account.world.symbiotic().rewards_v2;
    let mut claims = Vec::new();
    for list in lists(account) {
        let first = *books.operator_cursors.get(books.cursor_keys.find(&(list.id, account.id)));
        let stretches = stretches(first, list.length, |index| {
            operator_reward(account, list.network, reward(account, list.id, index))
        });
        let sum = snapshot::claimable_operator_fees;
        claims.extend(draw_up(account, list, first, &stretches, ClaimKind::OperatorFees, sum));
    }
    claims
}

fn lists<'a>(account: &'a Account<'_>) -> impl Iterator<Item = List> + 'a {
    let books = &account.world.symbiotic().rewards_v2;
    (0..).zip(books.list_keys.keys()).map(|(id, (vault, network, token))| List {
        id,
        vault: account.key(vault),
        network: account.key(network),
        token: account.key(token),
        length: *books.list_len.get(id),
    })
}

fn reward<'a>(account: &'a Account<'_>, list: Id, index: u64) -> &'a SnapshotReward {
    let books = &account.world.symbiotic().rewards_v2;
    books.rewards.get(books.reward_keys.find(&(list, index)))
}

/// What a reward is to the account as an operator.
fn operator_reward(account: &Account<'_>, network: Address, reward: &SnapshotReward) -> Reward {
    let (state, accounts) = (account.world.symbiotic(), account.world.accounts());
    let Contract::Delegator(id) = state.contract(accounts, reward.delegator) else {
        return Reward::Blocked;
    };
    let (delegators, seconds) = (&state.delegator, reward.timestamp.0);
    let pays = match reward.delegator_type {
        NETWORK_RESTAKE => {
            let subnetwork = subnetwork(network, reward.subnetwork_id.saturating_to());
            let limit = delegators.limit_key(id, subnetwork);
            if delegators.total_operator_shares.get(limit).upper_lookup(seconds).is_zero() {
                return Reward::Blocked;
            }
            let own = delegators.operator_key(limit, account.id);
            !delegators.operator_part.get(own).upper_lookup(seconds).is_zero()
        }
        OPERATOR_SPECIFIC | OPERATOR_NETWORK_SPECIFIC => {
            if delegators.config.get(id).operator != account.address {
                return Reward::Blocked;
            }
            true
        }
        _ => return Reward::Blocked,
    };
    if pays && !reward.operators_fees.is_zero() {
        Reward::Pays(reward.timestamp)
    } else {
        Reward::Empty
    }
}

/// The stretches of rewards from `first` on that can be claimed together and pay something.
fn stretches(first: u64, length: u64, mut of: impl FnMut(u64) -> Reward) -> Vec<Entries> {
    let mut found = Vec::new();
    let mut open: Option<Entries> = None;
    for index in first..length {
        let since = match of(index) {
            Reward::Blocked => {
                found.extend(open.take());
                continue;
            }
            Reward::Empty => None,
            Reward::Pays(at) => Some(at),
        };
        let stretch = open.get_or_insert(Entries { first: index, count: 0, since: None });
        stretch.count = stretch.count.saturating_add(1);
        stretch.since = stretch.since.or(since);
    }
    found.extend(open);
    found.retain(|stretch: &Entries| stretch.since.is_some());
    found
}

/// The claims of a list, each tried after those before it.
fn draw_up(
    account: &Account<'_>,
    list: List,
    cursor: u64,
    stretches: &[Entries],
    kind: ClaimKind,
    sum: Sum,
) -> Vec<Claim> {
    let contract = account.world.symbiotic().singleton(Kind::Rewards);
    let (mut cursor, mut fork) = (cursor, account.world.clone());
    let mut claims = Vec::new();
    for stretch in stretches {
        let key = (list.vault, list.network, list.token);
        let span = (stretch.first, stretch.count);
        // A sum that cannot be told is that of a claim that fails.
        let amount = sum(account.world, key, account.address, span).unwrap_or_default();
        if amount.is_zero() {
            continue;
        }
        let draft = Draft {
            kind,
            contract,
            vault: Some(list.vault),
            network: Some(list.network),
            token: list.token,
            amount: Assets(amount),
            entries: Some(*stretch),
            programme: None,
            call: call(contract, account.address, list, (cursor, *stretch), kind),
        };
        claims.push(draft.try_on(account, &mut fork));
        cursor = stretch.first.saturating_add(stretch.count);
    }
    claims
}

fn call(
    contract: Address,
    recipient: Address,
    list: List,
    (cursor, stretch): (u64, Entries),
    kind: ClaimKind,
) -> ContractCall {
    let List { vault, network, token, .. } = list;
    let last_unclaimed = U256::from(cursor);
    let (first, count) = (U256::from(stretch.first), U256::from(stretch.count));
    if kind == ClaimKind::OperatorFees {
        let call = Rewards::claimOperatorFeesCall {
            recipient,
            network,
            token,
            vault,
            lastUnclaimedRewards: last_unclaimed,
            firstRewardToClaim: first,
            rewardsToClaim: count,
            extraData: Bytes::new(),
        };
        return ContractCall::new(contract, &call);
    }
    let call = Rewards::claimVaultSnapshotRewardsCall {
        recipient,
        network,
        token,
        vault,
        lastUnclaimedRewards: last_unclaimed,
        firstRewardToClaim: first,
        rewardsToClaim: count,
        activeSharesHints: Vec::new(),
    };
    ContractCall::new(contract, &call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_end_at_rewards_that_cannot_be_claimed_and_leave_out_what_pays_nothing() {
        let list = [
            Reward::Empty,
            Reward::Blocked,
            Reward::Empty,
            Reward::Pays(Timestamp(7)),
            Reward::Pays(Timestamp(8)),
            Reward::Blocked,
            Reward::Blocked,
            Reward::Pays(Timestamp(9)),
        ];
        let of = |index: u64| list[usize::try_from(index).unwrap()];
        let found = |first: u64| {
            let found = stretches(first, 8, of);
            found.iter().map(|s| (s.first, s.count, s.since.unwrap().0)).collect::<Vec<_>>()
        };
        assert_eq!(found(0), [(2, 3, 7), (7, 1, 9)]);
        assert_eq!(found(4), [(4, 1, 8), (7, 1, 9)]);
        assert_eq!(found(8), []);
    }
}
