//! Programmes and their distributions, as the node's shelf has them.

use super::Api;
use super::answer::{Page, Reads, Scene};
use super::problem::Problem;
use super::query::{AtBlock, Paging, Query};
use super::schema::{AddressText, Amount, HashText, Time};
use crate::distributions::{Format, Root};
use crate::shelf::{Item, ProgrammeLabel};
use alloy_primitives::{Address, B256};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bondstone_kernel::{Assets, Timestamp};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::rules::rewards_v2::merkle;
use bondstone_world::World;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A programme of pay of which there are distributions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProgrammeInfo {
    /// Letters and digits of the title in lower case with hyphens between them, the chain id, and
    /// the address of the network in hex: `hyper-for-stakers-1-59cf…`.
    id: String,
    /// What its latest distribution calls it.
    title: String,
    /// The network that pays.
    #[schema(value_type = AddressText)]
    network: Address,
    /// The network's name, if the chain's economy gave it one.
    #[schema(required = true)]
    network_name: Option<String>,
    /// The chain on which the network is registered.
    chain_id: u64,
    /// In what it pays, by chain.
    payments: Vec<PlaceInfo>,
    /// Number of its distributions.
    distribution_count: u64,
    /// First second for which one of them pays.
    #[schema(value_type = Time)]
    from: Timestamp,
    /// First second for which none pays yet.
    #[schema(value_type = Time)]
    until: Timestamp,
}

/// A token on a chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaceInfo {
    /// The chain.
    chain_id: u64,
    /// The token there; zero for points.
    #[schema(value_type = AddressText)]
    token: Address,
}

/// A distribution of a programme.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionInfo {
    /// The name of its folder.
    name: String,
    /// First second for which it pays.
    #[schema(value_type = Time)]
    from: Timestamp,
    /// First second after it.
    #[schema(value_type = Time)]
    until: Timestamp,
    /// The last block of which it was computed.
    position: PositionInfo,
    /// What computed it.
    program: String,
    /// How many recipients ever earned something.
    recipient_count: u64,
    /// What is payable since the programme's beginning, by chain.
    payable: Vec<PayableInfo>,
    /// Its Merkle trees.
    trees: Vec<TreeInfo>,
}

/// A block of some chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PositionInfo {
    /// The chain.
    chain_id: u64,
    /// Number of the block.
    number: u64,
    /// Its hash.
    #[schema(value_type = HashText)]
    hash: B256,
    /// Its time.
    #[schema(value_type = Time)]
    timestamp: Timestamp,
}

/// What is payable on a chain.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PayableInfo {
    /// The chain.
    chain_id: u64,
    /// The token there; zero for points.
    #[schema(value_type = AddressText)]
    token: Address,
    /// How much, of all recipients together.
    #[schema(value_type = Amount)]
    amount: Assets,
}

/// A Merkle tree of a distribution.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TreeInfo {
    /// Its file.
    file: String,
    /// Its format: `standard-v1`, `symbiotic-v2-cumulative` or `eigenlayer-earners`.
    format: String,
    /// Its root.
    #[schema(value_type = HashText)]
    root: B256,
    /// Whether a contract of the chain pays by it at the block.
    is_in_force: bool,
    /// The contracts that do.
    #[schema(value_type = Vec<AddressText>)]
    contracts: Vec<Address>,
}

/// Items of one programme, which stand together; the last one is the latest.
fn programme(scene: &Scene, items: &[Arc<Item>]) -> Option<ProgrammeInfo> {
    let latest = items.last()?;
    let ProgrammeLabel { id, title, network, chain_id, payments } = latest.programme.clone();
    let payments = payments.into_iter();
    let payments = payments.map(|paid| PlaceInfo { chain_id: paid.chain_id, token: paid.token });
    let from = items.iter().map(|item| item.window().from).min()?;
    Some(ProgrammeInfo {
        id,
        title,
        network,
        network_name: scene.name_of(network),
        chain_id,
        payments: payments.collect(),
        distribution_count: u64::try_from(items.len()).unwrap_or(u64::MAX),
        from: Timestamp(from),
        until: Timestamp(latest.window().until),
    })
}

fn distribution(world: &World, item: &Item) -> DistributionInfo {
    let manifest = item.folder.manifest();
    let position = PositionInfo {
        chain_id: manifest.position.chain_id,
        number: manifest.position.number,
        hash: manifest.position.hash,
        timestamp: Timestamp(manifest.position.timestamp),
    };
    let payable = item.totals.payable.iter().map(|sum| PayableInfo {
        chain_id: sum.chain_id,
        token: sum.token,
        amount: sum.payable,
    });
    let trees = manifest.trees.iter().map(|tree| {
        let contracts = contracts(world, item.programme.network, tree);
        TreeInfo {
            file: tree.file.clone(),
            format: tree.format.to_string(),
            root: tree.root,
            is_in_force: !contracts.is_empty(),
            contracts,
        }
    });
    DistributionInfo {
        name: item.name.clone(),
        from: Timestamp(manifest.window.from),
        until: Timestamp(manifest.window.until),
        position,
        program: manifest.program.clone(),
        recipient_count: item.totals.recipients,
        payable: payable.collect(),
        trees: trees.collect(),
    }
}

/// The contracts that pay by a root: contracts of operator rewards as long as it is the last one
/// that somebody set, Rewards V2 from when it was accepted.
fn contracts(world: &World, network: Address, tree: &Root) -> Vec<Address> {
    let (state, accounts) = (world.symbiotic(), world.accounts());
    match tree.format {
        Format::StandardV1 => {
            let books = &state.rewards;
            let known: Vec<u32> = books.operator_ids.keys().collect();
            let pots = (0..).zip(books.pot_keys.keys());
            let paying = pots.filter(|(pot, _)| books.pots.get(*pot).root == tree.root);
            let mut found: Vec<Address> = paying
                .filter_map(|(_, (id, _, _))| known.get(usize::try_from(id).ok()?))
                .filter_map(|id| accounts.key(*id))
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        }
        Format::SymbioticV2Cumulative => {
            let is_root = merkle::is_root(state, accounts, network, tree.root);
            Vec::from_iter(is_root.then(|| state.singleton(Kind::Rewards)))
        }
        Format::EigenLayerEarners => Vec::new(),
    }
}

/// The programmes of which the node has distributions, by their ids. The node has those of the
/// folder that `bondstone up --distributions` names.
#[utoipa::path(
    get,
    path = "/v1/programmes",
    params(Paging, AtBlock),
    responses(
        (status = 200, description = "A page of programmes", body = Page<ProgrammeInfo>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn programmes(State(api): State<Api>, query: Query) -> Result<Response, Problem> {
    let make = |scene: &Scene| {
        let groups = scene.shelf.items.chunk_by(|a, b| a.programme.id == b.programme.id);
        let all: Vec<ProgrammeInfo> = groups.filter_map(|items| programme(scene, items)).collect();
        Ok(scene.page(&all, ProgrammeInfo::clone))
    };
    api.answer(query, Reads::SHELF, make).await
}

/// The distributions of a programme, by the end of the time for which they pay, the earliest
/// first; their Merkle roots, and whether a contract of the chain pays by them.
#[utoipa::path(
    get,
    path = "/v1/programmes/{id}/distributions",
    params(("id" = String, Path, description = "The programme's id"), Paging, AtBlock),
    responses(
        (status = 200, description = "A page of distributions", body = Page<DistributionInfo>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such programme or block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn distributions(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    let Path(id) = path.map_err(|rejected| Problem::parameter("id", rejected.body_text()))?;
    let make = move |scene: &Scene| {
        let items = scene.shelf.items.iter().filter(|item| item.programme.id == id);
        let items: Vec<Arc<Item>> = items.cloned().collect();
        if items.is_empty() {
            return Err(Problem::programme(&id));
        }
        let world = scene.world()?;
        Ok(scene.page(&items, |item| distribution(&world, item)))
    };
    api.answer(query, Reads::SHELF, make).await
}
