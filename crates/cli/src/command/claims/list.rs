//! Claims as the node's HTTP API tells them.

use super::table::short;
use crate::rpc::{self, RpcError};
use alloy_primitives::Address;
use bondstone_node::api::{AccountClaims, Claim, ClaimKind};

/// Most claims in one answer.
const PAGE: usize = 1_000;

/// Everything that an account can collect, at one block.
pub(crate) fn fetch(url: &str, account: Address) -> Result<AccountClaims, RpcError> {
    let path = format!("/v1/accounts/{account}/claims?limit={PAGE}");
    let mut whole: AccountClaims = rpc::get(url, &path)?;
    while let Some(cursor) = whole.next.take() {
        let page: AccountClaims = rpc::get(url, &format!("{path}&cursor={cursor}"))?;
        whole.items.extend(page.items);
        whole.next = page.next;
    }
    Ok(whole)
}

/// Where a claim comes from, in words.
pub(crate) fn source_of(claim: &Claim) -> String {
    let kind = match claim.kind {
        ClaimKind::StakerRewards => "staker rewards",
        ClaimKind::OperatorRewards => "operator rewards",
        ClaimKind::StakerAdminFee => "admin fee",
        ClaimKind::SnapshotRewards => "snapshot rewards",
        ClaimKind::OperatorFees => "operator fees",
        ClaimKind::CuratorFees => "curator fees",
        ClaimKind::ProtocolFees => "protocol fees",
        ClaimKind::MerkleRewards => "merkle rewards",
        ClaimKind::Withdrawal => "withdrawal",
    };
    let place = match (claim.network, claim.vault) {
        (Some(network), Some(vault)) => format!(" {} at {}", short(network), short(vault)),
        (Some(network), None) => format!(" {}", short(network)),
        (None, Some(vault)) => format!(" at {}", short(vault)),
        (None, None) => String::new(),
    };
    format!("{kind}{place}")
}
