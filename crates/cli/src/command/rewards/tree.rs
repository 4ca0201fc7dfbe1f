//! Trees of what is payable, in the format of the rail that a programme's fees name.
//!
//! With `eigenlayer` it has two levels, of earners and of tokens. With `symbiotic-v2-merkle` it has
//! leaves of six words over all chains: a recipient's type is a number of this program's, and the
//! data hash is that of the explanation. With others, and for points, it is OpenZeppelin's standard
//! tree, as version 1 of Symbiotic's operator rewards takes it.

use super::failure::Failure;
use alloy_primitives::{Address, B256, U256};
use bondstone_node::distributions::{Root, Tree};
use bondstone_rewards::fees::Scheme;
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, EarnerTree, Earning, OperatorLeaf, OperatorTree,
};
use bondstone_rewards::programme::{Payment, Shape};
use bondstone_rewards::{Distribution, Kind, Programme};
use std::collections::BTreeMap;

/// A tree that was built, and the name of its file.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// As the manifest names it.
    pub(super) root: Root,
    /// The tree.
    pub(super) tree: Tree,
}

impl Built {
    fn new(chain_id: u64, tree: Tree) -> Self {
        let file = format!("tree-{chain_id}.json");
        Self { root: Root { file, format: tree.format(), root: tree.root() }, tree }
    }
}

/// The trees of a distribution: one over all chains, or one for each chain on which something is
/// payable. Nothing payable makes no tree.
pub(super) fn build(
    programme: &Programme,
    distribution: &Distribution,
    explanations: &[B256],
) -> Result<Vec<Built>, Failure> {
    let scheme = match &programme.shape {
        Shape::Budget(terms) => terms.fees.scheme,
        Shape::Points(_) => Scheme::None,
    };
    if scheme == Scheme::SymbioticV2Merkle {
        return cumulative(programme, distribution, explanations);
    }
    let mut built = Vec::new();
    for payment in &distribution.payments {
        let sums = sums(distribution, payment.chain_id);
        if sums.is_empty() {
            continue;
        }
        built.push(match scheme {
            Scheme::EigenLayer => earners(payment, &sums)?,
            _ => operators(payment, &sums)?,
        });
    }
    Ok(built)
}

/// What is payable to each account on a chain, whatever for.
fn sums(distribution: &Distribution, chain_id: u64) -> BTreeMap<Address, U256> {
    let mut sums: BTreeMap<Address, U256> = BTreeMap::new();
    let here = distribution.entries.iter().filter(|entry| entry.recipient.chain_id == chain_id);
    for entry in here.filter(|entry| !entry.payable.is_zero()) {
        let sum = sums.entry(entry.recipient.account).or_default();
        // All of it together fits: the accounts of the distribution were added up.
        *sum = sum.saturating_add(entry.payable);
    }
    sums
}

fn operators(payment: &Payment, sums: &BTreeMap<Address, U256>) -> Result<Built, Failure> {
    let leaf = |(account, total): (&Address, &U256)| OperatorLeaf {
        account: *account,
        total_claimable: *total,
    };
    let tree = OperatorTree::build(sums.iter().map(leaf).collect())?;
    Ok(Built::new(payment.chain_id, Tree::Operator(tree)))
}

fn earners(payment: &Payment, sums: &BTreeMap<Address, U256>) -> Result<Built, Failure> {
    let earning = |(earner, sum): (&Address, &U256)| Earning {
        earner: *earner,
        token: payment.token,
        cumulative_earnings: *sum,
    };
    let tree = EarnerTree::build(sums.iter().map(earning).collect())?;
    Ok(Built::new(payment.chain_id, Tree::Earner(tree)))
}

fn cumulative(
    programme: &Programme,
    distribution: &Distribution,
    explanations: &[B256],
) -> Result<Vec<Built>, Failure> {
    let payments = distribution.payments.iter();
    let tokens: BTreeMap<u64, Address> = payments.map(|p| (p.chain_id, p.token)).collect();
    let payable = distribution.entries.iter().zip(explanations);
    let payable = payable.filter(|(entry, _)| !entry.payable.is_zero());
    let leaves = payable.map(|(entry, hash)| CumulativeLeaf {
        rewardee: entry.recipient.account,
        chain_id: entry.recipient.chain_id,
        token: tokens.get(&entry.recipient.chain_id).copied().unwrap_or_default(),
        rewardee_type: U256::from(kind_number(entry.recipient.kind)),
        amount: entry.payable,
        rewardee_data_hash: *hash,
    });
    let leaves: Vec<CumulativeLeaf> = leaves.collect();
    if leaves.is_empty() {
        return Ok(Vec::new());
    }
    let tree = Tree::Cumulative(CumulativeTree::build(leaves)?);
    Ok(vec![Built::new(programme.chain_id, tree)])
}

/// Symbiotic does not publish its numbers of recipients' types; these are this program's.
fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Staker => 0,
        Kind::Operator => 1,
        Kind::Contributor => 2,
        Kind::Curator => 3,
        Kind::Leftover => 4,
    }
}
