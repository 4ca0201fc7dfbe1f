//! Claims: everything that an account can collect, and the calls that collect it.
//!
//! Lists of rewards are looked at once each, and only where the account can have a part; amounts
//! are those of the contracts' own rules. Each call is tried on a fork, so that a claim that would
//! revert says why.
//!
//! What a Merkle rail pays is in no chain. Where the node's shelf has the tree of a root that is in
//! force, the account's leaf is a claim like the others; other roots stand beside the claims.

mod fees;
mod merkle;
mod snapshot;
mod staker;

use super::Api;
use super::account::Account;
use super::answer::{BlockPlace, Reads, Scene};
use super::market::AssetInfo;
use super::problem::Problem;
use super::query::{AtBlock, Paging, Query, address};
use super::schema::{AddressText, Amount, BytesText, HashText, ProtocolText, Time};
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bondstone_kernel::security::{Asset, Protocol};
use bondstone_kernel::{Assets, NONE, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an account can collect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountClaims {
    /// The block of which the answer is.
    pub block: BlockPlace,
    /// What can be collected by what the chain knows. Claims of one list of rewards have to be
    /// sent in the order in which they stand here.
    pub items: Vec<Claim>,
    /// The cursor of the next page of items; `null` when there is none.
    #[schema(required = true)]
    pub next: Option<String>,
    /// Merkle roots under which there may be more: those whose trees are not among the node's
    /// distributions. What an account can claim under a root is written in the leaves of its tree,
    /// which no chain holds: whoever made the tree has them. All of them stand on every page.
    pub roots: Vec<MerkleRoot>,
}

/// Something to collect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// What it is.
    pub kind: ClaimKind,
    /// The protocol.
    #[schema(value_type = ProtocolText)]
    pub protocol: Protocol,
    /// The contract that pays.
    #[schema(value_type = AddressText)]
    pub contract: Address,
    /// The vault that it is about.
    #[schema(value_type = Option<AddressText>, required = true)]
    pub vault: Option<Address>,
    /// The network that pays.
    #[schema(value_type = Option<AddressText>, required = true)]
    pub network: Option<Address>,
    /// The programme whose distribution says so, as in `/v1/programmes`; `null` where the chain
    /// says it.
    #[schema(required = true)]
    pub programme: Option<String>,
    /// What is paid.
    pub token: AssetInfo,
    /// How much, rounded as the contract rounds.
    #[schema(value_type = Amount)]
    pub amount: Assets,
    /// Number of distributions that the claim goes through; 0 where there is no list of them.
    pub open_entries: u64,
    /// Position of the first of them in its list.
    #[schema(required = true)]
    pub first_entry: Option<u64>,
    /// Time of the first of them that pays something, the first second at which a withdrawal could
    /// be collected, or the end of the time that a programme's distribution pays for; `null` for
    /// fees, of which no contract keeps the time.
    #[schema(value_type = Option<Time>, required = true)]
    pub since: Option<Timestamp>,
    /// Last second at which it can be collected; `null` when it can be for ever, as it is on every
    /// rail that there is on the chain so far.
    #[schema(value_type = Option<Time>, required = true)]
    pub until: Option<Timestamp>,
    /// The call that collects it; the account sends it and is paid.
    pub call: ContractCall,
    /// Whether the first argument of that call says who is paid, so that the account can have
    /// somebody else paid. Otherwise it is fixed.
    pub recipient_settable: bool,
    /// Gas of that call as `eth_estimateGas` of this node has it: by the length of its calldata,
    /// whatever the contract does. A chain of the real contracts takes another amount.
    pub gas: u64,
    /// Why that call reverts at the block; `null` when it works.
    #[schema(required = true)]
    pub failure: Option<String>,
}

/// What a claim collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClaimKind {
    /// A staker's part of distributions to a vault (Symbiotic's default staker rewards).
    StakerRewards,
    /// An account's leaf under the root of a network (Symbiotic's default operator rewards).
    OperatorRewards,
    /// Fees of the administrator of a contract of staker rewards.
    StakerAdminFee,
    /// An account's leaf under a root of a network (the Merkle rail of Symbiotic Rewards V2).
    MerkleRewards,
    /// A staker's part of snapshot distributions (Symbiotic Rewards V2).
    SnapshotRewards,
    /// An operator's part of them.
    OperatorFees,
    /// Fees of a vault's curator.
    CuratorFees,
    /// Fees of the protocol.
    ProtocolFees,
    /// A withdrawal whose time has come.
    Withdrawal,
}

/// A call of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContractCall {
    /// The contract.
    #[schema(value_type = AddressText)]
    pub to: Address,
    /// Calldata.
    #[schema(value_type = BytesText)]
    pub input: Bytes,
}

impl ContractCall {
    pub(crate) fn new<C: SolCall>(to: Address, call: &C) -> Self {
        Self { to, input: call.abi_encode().into() }
    }
}

/// A Merkle root in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerkleRoot {
    /// The rail.
    pub rail: MerkleRail,
    /// The contract that pays.
    #[schema(value_type = AddressText)]
    pub contract: Address,
    /// The network that pays.
    #[schema(value_type = AddressText)]
    pub network: Address,
    /// In what.
    pub token: AssetInfo,
    /// The root.
    #[schema(value_type = HashText)]
    pub root: B256,
    /// What the account has claimed so far. Leaves hold sums over all distributions, so a leaf
    /// pays what it holds beyond this.
    pub claimed: Vec<ClaimedInfo>,
}

/// What an account has claimed of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedInfo {
    /// The type of rewardee as which it claimed, a number of the payer; 0 where there are no types.
    #[schema(value_type = Amount)]
    pub rewardee_type: Assets,
    /// How much, in all.
    #[schema(value_type = Amount)]
    pub amount: Assets,
}

/// A rail that pays by Merkle proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MerkleRail {
    /// Symbiotic's default operator rewards.
    OperatorRewards,
    /// Symbiotic Rewards V2; earlier roots of the network count too.
    CumulativeMerkle,
}

/// Everything that the account can collect by what the chain knows, in an order that only depends
/// on the block.
fn claims_of(account: &Account<'_>) -> Vec<Claim> {
    if account.id == NONE {
        return Vec::new();
    }
    let mut claims = staker::rewards(account);
    claims.extend(snapshot::rewards(account));
    claims.extend(snapshot::operator_fees(account));
    claims.extend(fees::admin(account));
    claims.extend(fees::curator(account));
    claims.extend(fees::protocol(account));
    claims.extend(withdrawals(account));
    claims
}

fn withdrawals(account: &Account<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for left in account.withdrawals() {
        let is_due = left.claimable_from <= account.now();
        if left.payee != account.address || !is_due || left.amount.is_zero() {
            continue;
        }
        let failure = account.failure(&mut account.world.clone(), &left.call);
        claims.push(Claim {
            kind: ClaimKind::Withdrawal,
            protocol: left.protocol,
            contract: left.vault,
            vault: Some(left.vault),
            network: None,
            programme: None,
            token: account.asset(left.asset),
            amount: left.amount,
            open_entries: 0,
            first_entry: None,
            since: Some(left.claimable_from),
            until: None,
            recipient_settable: left.protocol == Protocol::Symbiotic,
            gas: account.gas(&left.call),
            call: left.call,
            failure,
        });
    }
    claims
}

/// What is known of a claim before it is tried.
struct Draft {
    kind: ClaimKind,
    contract: Address,
    vault: Option<Address>,
    network: Option<Address>,
    token: Address,
    amount: Assets,
    entries: Option<Entries>,
    /// The programme that says so, and the end of the time that it pays for.
    programme: Option<(String, Timestamp)>,
    call: ContractCall,
}

/// The part of a list that a claim goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entries {
    first: u64,
    count: u64,
    since: Option<Timestamp>,
}

impl Draft {
    /// Tries the call on `fork`, which keeps what it did.
    fn try_on(self, account: &Account<'_>, fork: &mut bondstone_world::World) -> Claim {
        let failure = account.failure(fork, &self.call);
        let (programme, paid_until) = self.programme.unzip();
        Claim {
            kind: self.kind,
            protocol: Protocol::Symbiotic,
            contract: self.contract,
            vault: self.vault,
            network: self.network,
            programme,
            token: account.asset(Asset::Token(self.token)),
            amount: self.amount,
            open_entries: self.entries.map_or(0, |entries| entries.count),
            first_entry: self.entries.map(|entries| entries.first),
            since: self.entries.and_then(|entries| entries.since).or(paid_until),
            until: None,
            recipient_settable: true,
            gas: account.gas(&self.call),
            call: self.call,
            failure,
        }
    }
}

/// What an account can collect now: rewards of stakers and operators, fees of curators and
/// administrators, withdrawals, and last its leaves in the trees of the node's distributions.
/// Amounts are exact; roots of other Merkle trees stand beside them.
#[utoipa::path(
    get,
    path = "/v1/accounts/{address}/claims",
    params(("address" = AddressText, Path, description = "The account"), Paging, AtBlock),
    responses(
        (status = 200, description = "A page of claims, and all Merkle roots",
            body = AccountClaims),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn claims(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    let address = address(path)?;
    let make = move |scene: &Scene| {
        let world = scene.world()?;
        let account = Account::new(&world, address);
        let mut all = claims_of(&account);
        let (proven, roots) = merkle::of(&account, scene);
        all.extend(proven);
        let (items, next) = scene.cut(&all);
        let items = items.to_vec();
        Ok(AccountClaims { block: scene.block, items, next, roots })
    };
    api.answer(query, Reads::SHELF, make).await
}
