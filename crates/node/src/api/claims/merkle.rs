//! Rails that pay by Merkle proofs: their roots, and what the account has claimed of them.

use super::{ClaimedInfo, MerkleRail, MerkleRoot};
use crate::api::account::Account;
use alloy_primitives::{Address, U256};
use bondstone_kernel::security::Asset;
use bondstone_kernel::{Assets, Id, NONE};
use bondstone_symbiotic::Kind;
use std::collections::BTreeMap;

/// Every root in force.
pub(super) fn roots(account: &Account<'_>) -> Vec<MerkleRoot> {
    let mut roots = operator_rewards(account);
    roots.extend(cumulative(account));
    roots
}

fn operator_rewards(account: &Account<'_>) -> Vec<MerkleRoot> {
    let books = &account.world.symbiotic().rewards;
    let contracts: Vec<Id> = books.operator_ids.keys().collect();
    let mut roots = Vec::new();
    for (pot, (id, network, token)) in (0..).zip(books.pot_keys.keys()) {
        let root = books.pots.get(pot).root;
        let contract = usize::try_from(id).ok().and_then(|id| contracts.get(id));
        let (Some(contract), false) = (contract, root.is_zero()) else { continue };
        let amount = *books.claimed.get(books.claimed_keys.find(&(pot, account.id)));
        let claimed = ClaimedInfo { rewardee_type: Assets::ZERO, amount: Assets(amount) };
        roots.push(MerkleRoot {
            rail: MerkleRail::OperatorRewards,
            contract: account.key(*contract),
            network: account.key(network),
            token: account.asset(Asset::Token(account.key(token))),
            root,
            claimed: Vec::from_iter((!amount.is_zero()).then_some(claimed)),
        });
    }
    roots
}

fn cumulative(account: &Account<'_>) -> Vec<MerkleRoot> {
    let state = account.world.symbiotic();
    let books = &state.rewards_v2;
    let contract: Address = state.singleton(Kind::Rewards);
    let mut claimed: BTreeMap<Id, Vec<ClaimedInfo>> = BTreeMap::new();
    let keys = (0..).zip(books.claimed_keys.keys());
    // The type is a number of the payer, so that it cannot be looked up.
    for (at, (pot, kind, _)) in keys.filter(|(_, (_, _, who))| *who == account.id) {
        let (rewardee_type, amount) = (Assets(U256::from_be_bytes(kind.0)), *books.claimed.get(at));
        let known = account.id != NONE && !amount.is_zero();
        let info = known.then_some(ClaimedInfo { rewardee_type, amount: Assets(amount) });
        claimed.entry(pot).or_default().extend(info);
    }
    let mut roots = Vec::new();
    for (pot, (network, token)) in (0..).zip(books.pot_keys.keys()) {
        let root = books.last.get(network).root;
        if root.is_zero() {
            continue;
        }
        roots.push(MerkleRoot {
            rail: MerkleRail::CumulativeMerkle,
            contract,
            network: account.key(network),
            token: account.asset(Asset::Token(account.key(token))),
            root,
            claimed: claimed.remove(&pot).unwrap_or_default(),
        });
    }
    roots
}
