//! Vaults: who sells security, and under which rules.

use super::Api;
use super::answer::{Page, Reads, Scene, Single};
use super::market::{AssetInfo, CommitmentInfo, PaymentInfo, SlashInfo, details};
use super::problem::Problem;
use super::query::{AtBlock, Paging, Query, RateWindow, address};
use super::rates::RateInfo;
use super::schema::{AddressText, Amount, PartyText, ProtocolText, Time};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bondstone_kernel::security::{
    Condition, Party, Payment, Protocol, SecurityView, SlashingMode as Mode, Vault,
};
use bondstone_kernel::{Assets, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A pool of stake.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultInfo {
    /// The protocol that it belongs to.
    #[schema(value_type = ProtocolText)]
    protocol: Protocol,
    /// The vault.
    #[schema(value_type = PartyText)]
    vault: Party,
    /// Its name, if the chain's economy gave it one.
    #[schema(required = true)]
    name: Option<String>,
    /// What is staked.
    collateral: AssetInfo,
    /// Stake that counts for networks.
    #[schema(value_type = Amount)]
    active: Assets,
    /// Stake that was asked back and can still be slashed.
    #[schema(value_type = Amount)]
    leaving: Assets,
    /// Number of networks that it gives stake to.
    network_count: u64,
    /// How stake leaves.
    exit: ExitInfo,
    /// How stake is slashed.
    slashing: SlashingInfo,
    /// The cap on active stake; `null` when there is none.
    #[schema(value_type = Option<Amount>, required = true)]
    deposit_limit: Option<Assets>,
    /// Whether only chosen depositors may deposit.
    is_deposit_restricted: bool,
    /// Whether shares still are what they were meant to be.
    condition: ConditionKind,
    /// What networks' pay yields by the year to its stakers and its operators, by stream of pay.
    rates: Vec<RateInfo>,
}

/// When a withdrawal that is asked for now can be claimed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExitInfo {
    /// Seconds until then.
    seconds: u64,
    /// First second at which it can be claimed.
    #[schema(value_type = Time)]
    claimable_from: Timestamp,
    /// Whether somebody has stopped exits.
    is_paused: bool,
}

/// How stake is slashed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlashingInfo {
    /// Whether, and how fast.
    mode: SlashingKind,
    /// The contract that slashes.
    #[schema(value_type = Option<PartyText>, required = true)]
    slasher: Option<Party>,
    /// Seconds for which stake that a network had can be slashed.
    window_seconds: u64,
    /// Seconds in which a slash can be stopped; 0 where none can.
    veto_seconds: u64,
}

/// Whether stake can be slashed, and how fast.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SlashingKind {
    /// It cannot, and never will be.
    Never,
    /// The vault has no slasher yet.
    Unset,
    /// At once.
    Instant,
    /// After a time in which the network's resolver can stop it.
    Veto,
    /// By anybody, after a time in which a committee can stop it.
    Committee,
}

/// Whether shares still are what they were meant to be.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ConditionKind {
    /// They stand for stake.
    Sound,
    /// The asset is no contract.
    Free,
    /// There are shares and nothing that they stand for.
    WipedOut,
    /// A deposit of one whole unit fails.
    Dead,
}

/// A vault with all that it has to do with networks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct VaultDetail {
    /// The vault.
    #[serde(flatten)]
    vault: VaultInfo,
    /// What it gives to networks.
    commitments: Vec<CommitmentInfo>,
    /// What its stakers and operators are paid through it.
    payments: Vec<PaymentInfo>,
    /// What was slashed of it, or is to be.
    slashes: Vec<SlashInfo>,
}

/// Networks that each vault gives stake to.
type Networks<'a> = BTreeMap<&'a Party, BTreeSet<&'a Party>>;

fn networks(view: &SecurityView) -> Networks<'_> {
    let mut networks = Networks::default();
    for given in view.commitments.iter().filter(|given| !given.stake.is_zero()) {
        networks.entry(&given.vault).or_default().insert(&given.network);
    }
    networks
}

fn info(
    scene: &Scene,
    (view, window_seconds): (&SecurityView, u64),
    networks: &Networks<'_>,
    from: &Vault,
) -> VaultInfo {
    let (mode, veto_seconds) = match from.slashing.mode {
        Mode::Never => (SlashingKind::Never, 0),
        Mode::Unset => (SlashingKind::Unset, 0),
        Mode::Instant => (SlashingKind::Instant, 0),
        Mode::Veto { veto_seconds, .. } => (SlashingKind::Veto, veto_seconds),
        Mode::Committee { veto_seconds, .. } => (SlashingKind::Committee, veto_seconds),
    };
    let condition = match from.condition {
        Condition::Sound => ConditionKind::Sound,
        Condition::Free => ConditionKind::Free,
        Condition::WipedOut => ConditionKind::WipedOut,
        Condition::Dead => ConditionKind::Dead,
    };
    let is_paid = |paid: &Payment| PaymentInfo::vault_of(paid) == Some(&from.vault);
    let count = networks.get(&from.vault).map_or(0, BTreeSet::len);
    VaultInfo {
        protocol: from.protocol,
        vault: from.vault.clone(),
        name: scene.name(&from.vault),
        collateral: AssetInfo::new(view, from.collateral),
        active: from.active,
        leaving: from.leaving,
        network_count: u64::try_from(count).unwrap_or(u64::MAX),
        exit: ExitInfo {
            seconds: from.exit.seconds,
            claimable_from: from.exit.claimable_from,
            is_paused: from.exit.is_paused,
        },
        slashing: SlashingInfo {
            mode,
            slasher: from.slashing.slasher.clone(),
            window_seconds: from.slashing.window_seconds,
            veto_seconds,
        },
        deposit_limit: from.deposit_limit,
        is_deposit_restricted: from.is_deposit_restricted,
        condition,
        rates: RateInfo::of(scene, view, window_seconds, is_paid),
    }
}

/// Every vault, by protocol and in the order of creation.
#[utoipa::path(
    get,
    path = "/v1/vaults",
    params(Paging, AtBlock, RateWindow),
    responses(
        (status = 200, description = "A page of vaults", body = Page<VaultInfo>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn vaults(State(api): State<Api>, query: Query) -> Result<Response, Problem> {
    let window = query.window()?.seconds();
    let make = move |scene: &Scene| {
        let view = scene.picture()?;
        let networks = networks(&view);
        Ok(scene.page(&view.vaults, |vault| info(scene, (&view, window), &networks, vault)))
    };
    api.answer(query, Reads::RATED, make).await
}

/// One vault: what it gives to whom, who pays for it, what was slashed.
#[utoipa::path(
    get,
    path = "/v1/vaults/{address}",
    params(("address" = AddressText, Path, description = "The vault"), AtBlock, RateWindow),
    responses(
        (status = 200, description = "The vault", body = Single<VaultDetail>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such vault or block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn vault(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    let (address, window) = (address(path)?, query.window()?.seconds());
    let make = move |scene: &Scene| {
        let (view, party) = (scene.picture()?, Party::from(address));
        let vault = view.vault(&party).ok_or_else(|| Problem::unknown("vault", address))?;
        let vault = info(scene, (&view, window), &networks(&view), vault);
        let (commitments, payments, slashes) =
            details(scene, &view, |vault, _| vault == Some(&party));
        Ok(scene.single(VaultDetail { vault, commitments, payments, slashes }))
    };
    api.answer(query, Reads::RATED_ITEM, make).await
}
