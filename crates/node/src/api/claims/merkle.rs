//! Rails that pay by Merkle proofs: the account's leaves in the trees that the node has, and the
//! roots of the others with what the account has claimed of them.

use super::{Claim, ClaimKind, ClaimedInfo, ContractCall, Draft, MerkleRail, MerkleRoot};
use crate::api::account::Account;
use crate::api::answer::Scene;
use crate::distributions::{Format, Proven, Root};
use crate::shelf::Item;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::security::Asset;
use bondstone_kernel::{Assets, Id, NONE, Timestamp};
use bondstone_rewards::merkle::CumulativeLeaf;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards::operator::DefaultOperatorRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::abi::rewards_v2::contract::CumulativeDistributionLeaf;
use bondstone_symbiotic::rules::rewards_v2::merkle;
use std::collections::{BTreeMap, BTreeSet};

/// What the account can prove, and every other root in force.
pub(super) fn of(account: &Account<'_>, scene: &Scene) -> (Vec<Claim>, Vec<MerkleRoot>) {
    let (mut claims, mut roots) = operator_rewards(account, scene);
    let (more_claims, known) = cumulative_claims(account, scene);
    claims.extend(more_claims);
    roots.extend(cumulative_roots(account, &known));
    (claims, roots)
}

/// The account's leaves under a root; `None` when no tree of the shelf has it.
fn leaves<'a>(
    account: &Account<'_>,
    scene: &'a Scene,
    root: B256,
    format: Format,
) -> Option<(&'a Item, Vec<Proven>)> {
    let (item, tree) = scene.shelf.find(root).filter(|(_, tree)| tree.format == format)?;
    Some((item, proven(account, scene, item, tree)?))
}

fn proven(account: &Account<'_>, scene: &Scene, item: &Item, root: &Root) -> Option<Vec<Proven>> {
    let tree = scene.tree(item, root);
    let leaves = (*tree).as_ref()?.proven(account.address);
    leaves.inspect_err(|error| tracing::error!("a leaf has no proof: {error}")).ok()
}

fn programme(item: &Item) -> Option<(String, Timestamp)> {
    Some((item.programme.id.clone(), Timestamp(item.window().until)))
}

/// Symbiotic's operator rewards: one root in force for each network and token of a contract.
fn operator_rewards(account: &Account<'_>, scene: &Scene) -> (Vec<Claim>, Vec<MerkleRoot>) {
    let books = &account.world.symbiotic().rewards;
    let contracts: Vec<Id> = books.operator_ids.keys().collect();
    let (mut claims, mut roots) = (Vec::new(), Vec::new());
    for (pot, (id, network, token)) in (0..).zip(books.pot_keys.keys()) {
        let root = books.pots.get(pot).root;
        let contract = usize::try_from(id).ok().and_then(|id| contracts.get(id));
        let (Some(contract), false) = (contract, root.is_zero()) else { continue };
        let [contract, network, token] = [*contract, network, token].map(|id| account.key(id));
        let claimed = *books.claimed.get(books.claimed_keys.find(&(pot, account.id)));
        let Some((item, leaves)) = leaves(account, scene, root, Format::StandardV1) else {
            let amount = Assets(claimed);
            let claimed = ClaimedInfo { rewardee_type: Assets::ZERO, amount };
            roots.push(MerkleRoot {
                rail: MerkleRail::OperatorRewards,
                contract,
                network,
                token: account.asset(Asset::Token(token)),
                root,
                claimed: Vec::from_iter((!amount.is_zero()).then_some(claimed)),
            });
            continue;
        };
        // The contract pays up to a leaf's total, so that the largest one is all that there is.
        let best = leaves.into_iter().filter_map(|proven| match proven {
            Proven::Operator { leaf, proof } => Some((leaf.total_claimable, proof)),
            Proven::Cumulative { .. } | Proven::Earner(_) => None,
        });
        let Some((total, proof)) = best.max_by_key(|(total, _)| *total) else { continue };
        let Some(amount) = beyond(total, claimed) else { continue };
        let call = DefaultOperatorRewards::claimRewardsCall {
            recipient: account.address,
            network,
            token,
            totalClaimable: total,
            proof,
        };
        let draft = Draft {
            kind: ClaimKind::OperatorRewards,
            contract,
            vault: None,
            network: Some(network),
            token,
            amount,
            entries: None,
            programme: programme(item),
            call: ContractCall::new(contract, &call),
        };
        claims.push(draft.try_on(account, &mut account.world.clone()));
    }
    (claims, roots)
}

/// What an account is owed beyond what it has claimed.
fn beyond(total: U256, claimed: U256) -> Option<Assets> {
    let left = total.checked_sub(claimed)?;
    (!left.is_zero()).then_some(Assets(left))
}

/// A leaf of the Merkle rail, and what it takes to claim it.
struct Entitlement<'a> {
    item: &'a Item,
    root: B256,
    leaf: CumulativeLeaf,
    proof: Vec<B256>,
}

/// The Merkle rail of Rewards V2: every root that was ever accepted counts, and sums never fall, so
/// that of each programme the latest tree that was accepted is enough. Programmes of one network
/// share their totals: the largest leaf counts. Beside the claims, the roots of which the shelf has
/// the trees.
fn cumulative_claims(account: &Account<'_>, scene: &Scene) -> (Vec<Claim>, BTreeSet<B256>) {
    let (state, accounts) = (account.world.symbiotic(), account.world.accounts());
    let mut latest: BTreeMap<&str, (&Item, &Root)> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for item in &scene.shelf.items {
        for tree in &item.folder.manifest().trees {
            let network = item.programme.network;
            if tree.format == Format::SymbioticV2Cumulative
                && merkle::is_root(state, accounts, network, tree.root)
            {
                latest.insert(&item.programme.id, (item.as_ref(), tree));
            }
        }
    }
    let chain_id = account.world.block().chain_id;
    let mut largest: BTreeMap<(Address, Address, U256), Entitlement<'_>> = BTreeMap::new();
    for (item, tree) in latest.into_values() {
        let Some(leaves) = proven(account, scene, item, tree) else { continue };
        known.insert(tree.root);
        for proven in leaves {
            let Proven::Cumulative { leaf, proof } = proven else { continue };
            let key = (item.programme.network, leaf.token, leaf.rewardee_type);
            let before = largest.get(&key).map_or(U256::ZERO, |other| other.leaf.amount);
            if leaf.chain_id == chain_id && leaf.amount > before {
                largest.insert(key, Entitlement { item, root: tree.root, leaf, proof });
            }
        }
    }
    let claims = largest.into_iter().filter_map(|((network, token, kind), own)| {
        let of = (network, token, kind, account.address);
        let amount = beyond(own.leaf.amount, merkle::claimed(state, accounts, of))?;
        Some(cumulative_claim(account, network, amount, own))
    });
    (claims.collect(), known)
}

fn cumulative_claim(
    account: &Account<'_>,
    network: Address,
    amount: Assets,
    Entitlement { item, root, leaf, proof }: Entitlement<'_>,
) -> Claim {
    let contract = account.world.symbiotic().singleton(Kind::Rewards);
    let call = Rewards::claimCumulativeMerkleRewardsCall {
        recipient: account.address,
        network,
        leaf: CumulativeDistributionLeaf {
            token: leaf.token,
            rewardeeType: leaf.rewardee_type,
            amount: leaf.amount,
            rewardeeDataHash: leaf.rewardee_data_hash,
        },
        proof,
        merkleRoot: root,
    };
    let draft = Draft {
        kind: ClaimKind::MerkleRewards,
        contract,
        vault: None,
        network: Some(network),
        token: leaf.token,
        amount,
        entries: None,
        programme: programme(item),
        call: ContractCall::new(contract, &call),
    };
    draft.try_on(account, &mut account.world.clone())
}

/// The last root of each network, unless its tree is known.
fn cumulative_roots(account: &Account<'_>, known: &BTreeSet<B256>) -> Vec<MerkleRoot> {
    let state = account.world.symbiotic();
    let books = &state.rewards_v2;
    let contract: Address = state.singleton(Kind::Rewards);
    let mut claimed: BTreeMap<Id, Vec<ClaimedInfo>> = BTreeMap::new();
    let keys = (0..).zip(books.claimed_keys.keys());
    // The type is a number of the payer, so that it cannot be looked up.
    for (at, (pot, kind, _)) in keys.filter(|(_, (_, _, who))| *who == account.id) {
        let (rewardee_type, amount) = (Assets(U256::from_be_bytes(kind.0)), *books.claimed.get(at));
        let told = account.id != NONE && !amount.is_zero();
        let info = told.then_some(ClaimedInfo { rewardee_type, amount: Assets(amount) });
        claimed.entry(pot).or_default().extend(info);
    }
    let mut roots = Vec::new();
    for (pot, (network, token)) in (0..).zip(books.pot_keys.keys()) {
        let root = books.last.get(network).root;
        if root.is_zero() || known.contains(&root) {
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
