//! Blocks, slashes and distributions as they happen, as server-sent events.

use super::problem::Problem;
use super::query::Query;
use super::schema::{AddressText, Amount, HashText, ProtocolText, Time};
use super::{Api, MAX_STREAMS, Stopping};
use crate::chain::Event as ChainEvent;
use crate::chain::block::Block;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, LogData, U256};
use alloy_rpc_types_eth::Log;
use alloy_sol_types::SolEvent;
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use bondstone_karak::abi::core::Core;
use bondstone_kernel::security::Protocol;
use bondstone_kernel::{Assets, Timestamp};
use bondstone_symbiotic::abi::rewards::{operator, staker};
use bondstone_symbiotic::abi::rewards_v2::contract as v2;
use bondstone_symbiotic::abi::slasher;
use bondstone_symbiotic::rules::network_of;
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

/// A block was appended. The event's name is `block`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockEvent {
    /// Its number.
    number: u64,
    /// Its hash.
    #[schema(value_type = HashText)]
    hash: B256,
    /// Its time.
    #[schema(value_type = Time)]
    timestamp: Timestamp,
    /// Number of its transactions.
    transaction_count: u64,
}

/// Where in the chain something happened.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogPlace {
    /// Number of the block.
    block_number: u64,
    /// Hash of the block.
    #[schema(value_type = HashText)]
    block_hash: B256,
    /// Time of the block.
    #[schema(value_type = Time)]
    timestamp: Timestamp,
    /// The transaction.
    #[schema(value_type = Option<HashText>, required = true)]
    transaction: Option<B256>,
    /// Position of the log in the block.
    #[schema(required = true)]
    log_index: Option<u64>,
    /// The contract that logged it.
    #[schema(value_type = AddressText)]
    contract: Address,
}

/// A slash was asked for, stopped, or carried out. The event's name is `slash`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SlashEvent {
    /// Where it happened. The contract is the slasher, or Core of Karak.
    #[serde(flatten)]
    place: LogPlace,
    /// The protocol.
    #[schema(value_type = ProtocolText)]
    protocol: Protocol,
    /// What happened.
    step: SlashStep,
    /// The network, where the log tells.
    #[schema(value_type = Option<AddressText>, required = true)]
    network: Option<Address>,
    /// The operator, where the log tells.
    #[schema(value_type = Option<AddressText>, required = true)]
    operator: Option<Address>,
    /// The vaults, where the log tells.
    #[schema(value_type = Vec<AddressText>)]
    vaults: Vec<Address>,
    /// What was asked for or booked, where the log tells.
    #[schema(value_type = Option<Amount>, required = true)]
    amount: Option<Assets>,
    /// Number of the request at the contract.
    #[schema(value_type = Option<Amount>, required = true)]
    request: Option<Assets>,
}

/// What happened to a slash.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SlashStep {
    /// It was asked for.
    Requested,
    /// It was stopped.
    Vetoed,
    /// It was carried out.
    Executed,
    /// It was carried out without a vault.
    Skipped,
}

/// Somebody was paid. The event's name is `distribution`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionEvent {
    /// Where it happened. The contract is the one that pays.
    #[serde(flatten)]
    place: LogPlace,
    /// The rail.
    rail: Rail,
    /// The network that pays.
    #[schema(value_type = AddressText)]
    network: Address,
    /// In what, where the log tells.
    #[schema(value_type = Option<AddressText>, required = true)]
    token: Option<Address>,
    /// The vault, where the log tells.
    #[schema(value_type = Option<AddressText>, required = true)]
    vault: Option<Address>,
    /// For the payees, after fees, where the log tells.
    #[schema(value_type = Option<Amount>, required = true)]
    amount: Option<Assets>,
    /// Shares are measured at this moment, or the root holds from it.
    #[schema(value_type = Option<Time>, required = true)]
    captured_at: Option<Timestamp>,
    /// The Merkle root.
    #[schema(value_type = Option<HashText>, required = true)]
    root: Option<B256>,
}

/// The contract by which somebody is paid.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Rail {
    /// Symbiotic's default staker rewards.
    StakerRewards,
    /// Symbiotic's default operator rewards.
    OperatorRewards,
    /// The snapshot rail of Symbiotic Rewards V2.
    VaultSnapshot,
    /// The Merkle rail of Symbiotic Rewards V2.
    CumulativeMerkle,
}

/// The chain was set back. The event's name is `rewind`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct RewindEvent {
    /// Number of the block that is now the last.
    height: u64,
}

/// The client read too slowly and missed events. The event's name is `missed`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct MissedEvent {
    /// How many blocks and other changes of the chain it missed.
    count: u64,
}

/// What the log of a slash tells, beside its place.
#[derive(Default)]
struct Slash {
    network: Option<Address>,
    operator: Option<Address>,
    vaults: Vec<Address>,
    amount: Option<U256>,
    request: Option<U256>,
}

fn slash(data: &LogData) -> Option<(Protocol, SlashStep, Slash)> {
    let topic = *data.topics().first()?;
    let symbiotic = |step, slash| Some((Protocol::Symbiotic, step, slash));
    let karak = |step, slash| Some((Protocol::Karak, step, slash));
    match topic {
        slasher::Slash::SIGNATURE_HASH => {
            let log = slasher::Slash::decode_log_data(data).ok()?;
            let network = Some(network_of(log.subnetwork));
            let (operator, amount) = (Some(log.operator), Some(log.slashedAmount));
            symbiotic(SlashStep::Executed, Slash { network, operator, amount, ..Slash::default() })
        }
        slasher::RequestSlash::SIGNATURE_HASH => {
            let log = slasher::RequestSlash::decode_log_data(data).ok()?;
            let slash = Slash {
                network: Some(network_of(log.subnetwork)),
                operator: Some(log.operator),
                amount: Some(log.slashAmount),
                request: Some(log.slashIndex),
                vaults: Vec::new(),
            };
            symbiotic(SlashStep::Requested, slash)
        }
        slasher::ExecuteSlash::SIGNATURE_HASH => {
            let log = slasher::ExecuteSlash::decode_log_data(data).ok()?;
            let (amount, request) = (Some(log.slashedAmount), Some(log.slashIndex));
            symbiotic(SlashStep::Executed, Slash { amount, request, ..Slash::default() })
        }
        slasher::VetoSlash::SIGNATURE_HASH => {
            let log = slasher::VetoSlash::decode_log_data(data).ok()?;
            let request = Some(log.slashIndex);
            symbiotic(SlashStep::Vetoed, Slash { request, ..Slash::default() })
        }
        Core::RequestedSlashing::SIGNATURE_HASH => {
            let log = Core::RequestedSlashing::decode_log_data(data).ok()?;
            let asked = log.slashingRequest;
            let (network, operator) = (Some(log.dss), Some(asked.operator));
            let slash = Slash { network, operator, vaults: asked.vaults, ..Slash::default() };
            karak(SlashStep::Requested, slash)
        }
        Core::CancelledSlashing::SIGNATURE_HASH => {
            let log = Core::CancelledSlashing::decode_log_data(data).ok()?;
            karak(SlashStep::Vetoed, log.slashingMetadata.into())
        }
        Core::FinalizedSlashing::SIGNATURE_HASH => {
            let log = Core::FinalizedSlashing::decode_log_data(data).ok()?;
            karak(SlashStep::Executed, log.slashingMetadata.into())
        }
        Core::SkippedSlashing::SIGNATURE_HASH => {
            let log = Core::SkippedSlashing::decode_log_data(data).ok()?;
            karak(SlashStep::Skipped, Slash { vaults: vec![log.vault], ..Slash::default() })
        }
        _ => None,
    }
}

impl From<bondstone_karak::abi::core::QueuedSlashing> for Slash {
    fn from(from: bondstone_karak::abi::core::QueuedSlashing) -> Self {
        Self {
            network: Some(from.dss),
            operator: Some(from.operator),
            vaults: from.vaults,
            amount: None,
            request: Some(from.nonce),
        }
    }
}

fn seconds(timestamp: U48) -> Timestamp {
    Timestamp(timestamp.saturating_to())
}

fn distribution(place: LogPlace, data: &LogData) -> Option<DistributionEvent> {
    let of = |rail, network| DistributionEvent {
        place,
        rail,
        network,
        token: None,
        vault: None,
        amount: None,
        captured_at: None,
        root: None,
    };
    match *data.topics().first()? {
        staker::DistributeRewards::SIGNATURE_HASH => {
            let log = staker::DistributeRewards::decode_log_data(data).ok()?;
            Some(DistributionEvent {
                token: Some(log.token),
                amount: Some(Assets(log.distributeAmount)),
                captured_at: Some(seconds(log.timestamp)),
                ..of(Rail::StakerRewards, log.network)
            })
        }
        operator::DistributeRewards::SIGNATURE_HASH => {
            let log = operator::DistributeRewards::decode_log_data(data).ok()?;
            Some(DistributionEvent {
                token: Some(log.token),
                amount: Some(Assets(log.amount)),
                root: Some(log.root),
                ..of(Rail::OperatorRewards, log.network)
            })
        }
        v2::DistributeVaultSnapshotRewards::SIGNATURE_HASH => {
            let log = v2::DistributeVaultSnapshotRewards::decode_log_data(data).ok()?;
            Some(DistributionEvent {
                token: Some(log.token),
                vault: Some(log.vault),
                amount: log.amount.checked_add(log.operatorsFee).map(Assets),
                captured_at: Some(seconds(log.timestamp)),
                ..of(Rail::VaultSnapshot, log.network)
            })
        }
        v2::DistributeCumulativeMerkleRewards::SIGNATURE_HASH => {
            let log = v2::DistributeCumulativeMerkleRewards::decode_log_data(data).ok()?;
            Some(DistributionEvent {
                captured_at: Some(seconds(log.cumulativeDistribution.timestamp)),
                root: Some(log.cumulativeDistribution.merkleRoot),
                ..of(Rail::CumulativeMerkle, log.network)
            })
        }
        _ => None,
    }
}

/// An event with its name and the number of its block.
fn event(name: &str, number: u64, data: &impl Serialize) -> Option<Event> {
    let made = Event::default().event(name).id(number.to_string()).json_data(data);
    made.inspect_err(|error| tracing::error!("an event cannot be written: {error}")).ok()
}

/// A block, and what happened in it, in the order of the logs.
fn tell(block: &Block) -> VecDeque<Event> {
    let (number, timestamp) = (block.number(), Timestamp(block.timestamp()));
    let transaction_count = u64::try_from(block.len()).unwrap_or(u64::MAX);
    let made = BlockEvent { number, hash: block.hash(), timestamp, transaction_count };
    let mut told: VecDeque<Event> = event("block", number, &made).into_iter().collect();
    for log in block.logs() {
        told.extend(tell_log(block, &log));
    }
    told
}

fn tell_log(block: &Block, log: &Log) -> Option<Event> {
    let place = LogPlace {
        block_number: block.number(),
        block_hash: block.hash(),
        timestamp: Timestamp(block.timestamp()),
        transaction: log.transaction_hash,
        log_index: log.log_index,
        contract: log.address(),
    };
    if let Some(distribution) = distribution(place, &log.inner.data) {
        return event("distribution", block.number(), &distribution);
    }
    let (protocol, step, slash) = slash(&log.inner.data)?;
    let made = SlashEvent {
        place,
        protocol,
        step,
        network: slash.network,
        operator: slash.operator,
        vaults: slash.vaults,
        amount: slash.amount.map(Assets),
        request: slash.request.map(Assets),
    };
    event("slash", block.number(), &made)
}

/// What one client is told.
struct Telling {
    events: Receiver<ChainEvent>,
    stopping: Stopping,
    waiting: VecDeque<Event>,
    _place: OwnedSemaphorePermit,
}

impl Telling {
    /// Waits for something to tell; `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let happened = tokio::select! {
                // It is an error when the server is gone.
                _ = self.stopping.0.wait_for(|stopping| *stopping) => return None,
                happened = self.events.recv() => happened,
            };
            match happened {
                Ok(ChainEvent::Block(block)) => self.waiting = tell(&block),
                Ok(ChainEvent::Rewind { height, .. }) => {
                    self.waiting.extend(event("rewind", height, &RewindEvent { height }));
                }
                Ok(ChainEvent::Waiting(_)) => {}
                Err(RecvError::Lagged(count)) => {
                    let made = Event::default().event("missed").json_data(MissedEvent { count });
                    self.waiting.extend(made.ok());
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn stream(telling: Telling) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(telling, async |mut telling| {
        let event = telling.next().await?;
        Some((Ok(event), telling))
    })
}

/// Blocks, slashes and distributions from now on, until the node stops. The event's name says which
/// schema its data has: BlockEvent, SlashEvent, DistributionEvent, RewindEvent, MissedEvent; its id
/// is the number of the block. A comment comes every 15 seconds when nothing happens.
#[utoipa::path(
    get,
    path = "/v1/events",
    responses(
        (status = 200, description = "A stream of events", body = String,
            content_type = "text/event-stream"),
        (status = 400, description = "There are no parameters", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "Too many streams are open", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn events(
    State(api): State<Api>,
    Extension(stopping): Extension<Stopping>,
    query: Query,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let place = Arc::clone(&api.0.streams).try_acquire_owned();
    let place = place.map_err(|_| Problem::busy(MAX_STREAMS))?;
    let events = api.0.sources.chain.events();
    let telling = Telling { events, stopping, waiting: VecDeque::new(), _place: place };
    Ok(Sse::new(stream(telling)).keep_alive(KeepAlive::default()).into_response())
}
