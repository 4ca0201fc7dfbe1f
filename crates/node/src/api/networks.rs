//! Networks: who buys security.

use super::Api;
use super::answer::{Page, Reads, Scene, Single};
use super::market::{AssetInfo, CommitmentInfo, PaymentInfo, SlashInfo, details};
use super::problem::Problem;
use super::query::{AtBlock, Paging, Query, RateWindow, address};
use super::rates::RateInfo;
use super::schema::{AddressText, Amount, PartyText, ProtocolText};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Asset, Network, Party, Protocol, SecurityView};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A network that buys security.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NetworkInfo {
    /// The protocol in which it is registered.
    #[schema(value_type = ProtocolText)]
    protocol: Protocol,
    /// The network.
    #[schema(value_type = PartyText)]
    network: Party,
    /// Its name, if the chain's economy gave it one.
    #[schema(required = true)]
    name: Option<String>,
    /// Who may slash and pay for it.
    #[schema(value_type = Option<PartyText>, required = true)]
    middleware: Option<Party>,
    /// Whether the protocol has contracts through which it can pay.
    has_rail: bool,
    /// Number of vaults that give it stake.
    vault_count: u64,
    /// Number of operators that stand behind it.
    operator_count: u64,
    /// Its stake, by asset.
    stake: Vec<StakeInfo>,
    /// What its pay yields by the year, by stream of pay.
    rates: Vec<RateInfo>,
}

/// Stake in one asset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StakeInfo {
    /// The asset.
    asset: AssetInfo,
    /// Sum of the operators' stakes. Where stake is shared it exceeds what vaults have.
    #[schema(value_type = Amount)]
    stake: Assets,
    /// Part of the stake that nobody else can slash.
    #[schema(value_type = Amount)]
    unique: Assets,
}

/// A network with all that it has to do with vaults.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NetworkDetail {
    /// The network.
    #[serde(flatten)]
    network: NetworkInfo,
    /// What vaults give to it.
    commitments: Vec<CommitmentInfo>,
    /// What it pays.
    payments: Vec<PaymentInfo>,
    /// What it slashed, or wants to.
    slashes: Vec<SlashInfo>,
}

/// What the picture's commitments add up to, by network.
type Sums<'a> = BTreeMap<&'a Party, Sum<'a>>;

#[derive(Default)]
struct Sum<'a> {
    vaults: BTreeSet<&'a Party>,
    operators: BTreeSet<&'a Party>,
    stake: BTreeMap<Asset, (Assets, Assets)>,
}

fn sums(view: &SecurityView) -> Result<Sums<'_>, Problem> {
    let collaterals: BTreeMap<&Party, Asset> =
        view.vaults.iter().map(|vault| (&vault.vault, vault.collateral)).collect();
    let mut sums = Sums::default();
    for given in view.commitments.iter().filter(|given| !given.stake.is_zero()) {
        let Some(asset) = collaterals.get(&given.vault) else { continue };
        let sum = sums.entry(&given.network).or_default();
        sum.vaults.insert(&given.vault);
        let standing = given.operators.iter().filter(|operator| !operator.stake.is_zero());
        sum.operators.extend(standing.map(|operator| &operator.operator));
        let (stake, unique) = sum.stake.entry(*asset).or_default();
        for (sum, more) in [(stake, given.stake), (unique, given.unique)] {
            *sum = sum.plus(more).map_err(|error| Problem::internal(&error))?;
        }
    }
    Ok(sums)
}

fn info(
    scene: &Scene,
    (view, window_seconds): (&SecurityView, u64),
    sums: &Sums<'_>,
    from: &Network,
) -> NetworkInfo {
    let sum = sums.get(&from.network);
    let count = |set: Option<&BTreeSet<&Party>>| {
        u64::try_from(set.map_or(0, BTreeSet::len)).unwrap_or(u64::MAX)
    };
    let stake = sum.into_iter().flat_map(|sum| &sum.stake);
    let stake = stake.map(|(asset, (stake, unique))| StakeInfo {
        asset: AssetInfo::new(view, *asset),
        stake: *stake,
        unique: *unique,
    });
    NetworkInfo {
        protocol: from.protocol,
        network: from.network.clone(),
        name: scene.name(&from.network),
        middleware: from.middleware.clone(),
        has_rail: from.has_rail,
        vault_count: count(sum.map(|sum| &sum.vaults)),
        operator_count: count(sum.map(|sum| &sum.operators)),
        stake: stake.collect(),
        rates: RateInfo::of(scene, view, window_seconds, |paid| paid.network == from.network),
    }
}

/// Every registered network, by protocol and in the order of registration.
#[utoipa::path(
    get,
    path = "/v1/networks",
    params(Paging, AtBlock, RateWindow),
    responses(
        (status = 200, description = "A page of networks", body = Page<NetworkInfo>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn networks(State(api): State<Api>, query: Query) -> Result<Response, Problem> {
    let window = query.window()?.seconds();
    let make = move |scene: &Scene| {
        let view = scene.picture()?;
        let sums = sums(&view)?;
        let info = |network: &Network| info(scene, (&view, window), &sums, network);
        Ok(scene.page(&view.networks, info))
    };
    api.answer(query, Reads::RATED, make).await
}

/// One network: what it gets from whom, what it pays, what it slashed.
#[utoipa::path(
    get,
    path = "/v1/networks/{address}",
    params(("address" = AddressText, Path, description = "The network"), AtBlock, RateWindow),
    responses(
        (status = 200, description = "The network", body = Single<NetworkDetail>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such network or block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn network(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    let (address, window) = (address(path)?, query.window()?.seconds());
    let make = move |scene: &Scene| {
        let (view, party) = (scene.picture()?, Party::from(address));
        let network = view.network(&party).ok_or_else(|| Problem::unknown("network", address))?;
        let network = info(scene, (&view, window), &sums(&view)?, network);
        let (commitments, payments, slashes) =
            details(scene, &view, |_, network| *network == party);
        Ok(scene.single(NetworkDetail { network, commitments, payments, slashes }))
    };
    api.answer(query, Reads::RATED_ITEM, make).await
}
