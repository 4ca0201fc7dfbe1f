//! Trees of what is payable, in the format of the rail that a programme's fees name.
//!
//! With `eigenlayer` it has two levels, of earners and of tokens. With `symbiotic-v2-merkle` it has
//! leaves of six words over all chains: a recipient's type is a number of this program's, and the
//! data hash is that of the explanation. With others, and for points, it is OpenZeppelin's standard
//! tree, as version 1 of Symbiotic's operator rewards takes it.

use super::failure::Failure;
use super::folder;
use alloy_primitives::{Address, B256, U256};
use bondstone_rewards::fees::Scheme;
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, EarnerTree, Earning, OperatorLeaf, OperatorTree,
};
use bondstone_rewards::programme::{Payment, Shape};
use bondstone_rewards::{Distribution, Kind, Programme};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A tree that was built.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// The name of its file.
    pub(super) file: String,
    /// Its format.
    pub(super) format: &'static str,
    /// Its root.
    pub(super) root: B256,
    /// Its dump.
    pub(super) text: String,
}

/// A leaf as it is written down.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenLeaf {
    rewardee: Address,
    chain_id: u64,
    token: Address,
    rewardee_type: u8,
    amount: String,
    rewardee_data_hash: B256,
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
            _ => standard(payment, &sums)?,
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

fn standard(payment: &Payment, sums: &BTreeMap<Address, U256>) -> Result<Built, Failure> {
    let leaf = |(account, total): (&Address, &U256)| OperatorLeaf {
        account: *account,
        total_claimable: *total,
    };
    let tree = OperatorTree::build(sums.iter().map(leaf).collect())?;
    let text = folder::lines(&tree.dump())?;
    Ok(Built { file: file(payment.chain_id), format: "standard-v1", root: tree.root(), text })
}

fn earners(payment: &Payment, sums: &BTreeMap<Address, U256>) -> Result<Built, Failure> {
    let earning = |(earner, sum): (&Address, &U256)| Earning {
        earner: *earner,
        token: payment.token,
        cumulative_earnings: *sum,
    };
    let tree = EarnerTree::build(sums.iter().map(earning).collect())?;
    let (format, root) = ("eigenlayer-earners", tree.root());
    let written = |earning: &Earning| {
        json!({
            "earner": earning.earner,
            "token": earning.token,
            "cumulativeEarnings": earning.cumulative_earnings.to_string(),
        })
    };
    let earnings: Vec<Value> = tree.earnings().iter().map(written).collect();
    let text = folder::lines(&json!({ "format": format, "root": root, "earnings": earnings }))?;
    Ok(Built { file: file(payment.chain_id), format, root, text })
}

fn cumulative(
    programme: &Programme,
    distribution: &Distribution,
    explanations: &[B256],
) -> Result<Vec<Built>, Failure> {
    let payments = distribution.payments.iter();
    let tokens: BTreeMap<u64, Address> = payments.map(|p| (p.chain_id, p.token)).collect();
    let (mut leaves, mut written) = (Vec::new(), Vec::new());
    for (entry, hash) in distribution.entries.iter().zip(explanations) {
        if entry.payable.is_zero() {
            continue;
        }
        let recipient = entry.recipient;
        let token = tokens.get(&recipient.chain_id).copied().unwrap_or_default();
        let number = kind_number(recipient.kind);
        leaves.push(CumulativeLeaf {
            rewardee: recipient.account,
            chain_id: recipient.chain_id,
            token,
            rewardee_type: U256::from(number),
            amount: entry.payable,
            rewardee_data_hash: *hash,
        });
        written.push(WrittenLeaf {
            rewardee: recipient.account,
            chain_id: recipient.chain_id,
            token,
            rewardee_type: number,
            amount: entry.payable.to_string(),
            rewardee_data_hash: *hash,
        });
    }
    if leaves.is_empty() {
        return Ok(Vec::new());
    }
    let (format, root) = ("symbiotic-v2-cumulative", CumulativeTree::build(leaves)?.root());
    let text = folder::lines(&json!({ "format": format, "root": root, "leaves": written }))?;
    Ok(vec![Built { file: file(programme.chain_id), format, root, text }])
}

fn file(chain_id: u64) -> String {
    format!("tree-{chain_id}.json")
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
