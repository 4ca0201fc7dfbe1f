//! As few transactions as there can be: contracts that have `multicall` take several claims in
//! one, and a vault takes several withdrawals. Nobody can claim for somebody else, so claims at
//! different contracts cannot share a transaction.

use crate::command::claims::short;
use crate::ethereum::sending::Transaction;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_node::api::{Claim, ClaimKind};
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::abi::vault::Vault;

/// Most claims in one transaction, which has to fit into a block.
const MOST: usize = 20;

/// A transaction, and what it collects.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    /// The transaction.
    pub(super) transaction: Transaction,
    /// What it collects.
    pub(super) claims: Vec<Claim>,
}

/// How claims go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By the contract's `multicall`.
    Multicall,
    /// By a vault's `claimBatch`, for one recipient.
    Batch(Address),
    /// Alone.
    Alone,
}

fn way(claim: &Claim) -> Way {
    match claim.kind {
        ClaimKind::StakerRewards
        | ClaimKind::StakerAdminFee
        | ClaimKind::SnapshotRewards
        | ClaimKind::OperatorFees
        | ClaimKind::CuratorFees
        | ClaimKind::ProtocolFees
        | ClaimKind::MerkleRewards => Way::Multicall,
        ClaimKind::Withdrawal => match withdrawal(claim) {
            Some((recipient, _)) => Way::Batch(recipient),
            None => Way::Alone,
        },
        ClaimKind::OperatorRewards => Way::Alone,
    }
}

/// Recipient and epoch of a withdrawal from a vault of Symbiotic.
fn withdrawal(claim: &Claim) -> Option<(Address, U256)> {
    let call = Vault::claimCall::abi_decode_validate(&claim.call.input).ok()?;
    Some((call.recipient, call.epoch))
}

/// The transactions, in the order of the first claim of each; claims keep theirs.
pub(super) fn bundles(claims: &[Claim]) -> Vec<Bundle> {
    let mut groups: Vec<(Address, Way, Vec<Claim>)> = Vec::new();
    for claim in claims {
        let (to, way) = (claim.call.to, way(claim));
        let group = groups.iter_mut().find(|(other, other_way, group)| {
            way != Way::Alone && (*other, *other_way) == (to, way) && group.len() < MOST
        });
        match group {
            Some((_, _, group)) => group.push(claim.clone()),
            None => groups.push((to, way, vec![claim.clone()])),
        }
    }
    groups.into_iter().map(|(to, way, claims)| bundle(to, way, claims)).collect()
}

fn bundle(to: Address, way: Way, claims: Vec<Claim>) -> Bundle {
    let input: Bytes = match (way, claims.as_slice()) {
        (_, [one]) => one.call.input.clone(),
        (Way::Batch(recipient), several) => {
            let epochs = several.iter().filter_map(withdrawal).map(|(_, epoch)| epoch);
            Vault::claimBatchCall { recipient, epochs: epochs.collect() }.abi_encode().into()
        }
        (_, several) => {
            let data = several.iter().map(|claim| claim.call.input.clone()).collect();
            Rewards::multicallCall { data }.abi_encode().into()
        }
    };
    let what = format!("{} at {}", count(claims.len()), short(to));
    Bundle { transaction: Transaction { what, to, input }, claims }
}

fn count(claims: usize) -> String {
    if claims == 1 { "1 claim".to_owned() } else { format!("{claims} claims") }
}
