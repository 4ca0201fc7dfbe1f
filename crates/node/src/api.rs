//! The HTTP API: what a page, a script or a dashboard asks of the chain without an ABI.
//!
//! | path | answer |
//! |---|---|
//! | `GET /v1/networks`, `/v1/networks/{address}` | who buys security, from whom, what they paid |
//! | `GET /v1/vaults`, `/v1/vaults/{address}` | who sells it, under which rules |
//! | `GET /v1/accounts/{address}/positions` | what an account has at stake, and when it can leave |
//! | `GET /v1/accounts/{address}/claims` | what it can collect now, and with which call |
//! | `GET /v1/programmes`, `/v1/programmes/{id}/distributions` | what programmes distribute |
//! | `GET /v1/events` | blocks, slashes and distributions as they happen |
//! | `GET /v1/openapi.json` | all of this for machines |
//!
//! Every answer is one of a block: the last one, or the one that `at` names. What depends on the
//! node's distributions too depends on those of now. Lists come in pages, and the cursor to the
//! next page holds the block, so that all pages are of one. Amounts are
//! strings of decimal digits in the smallest unit of their asset.

mod account;
mod answer;
mod claims;
mod events;
mod market;
mod networks;
mod picture;
mod positions;
mod problem;
mod programmes;
mod query;
mod rates;
mod schema;
mod vaults;

pub use answer::BlockPlace;
pub use claims::{
    AccountClaims, Claim, ClaimKind, ClaimedInfo, ContractCall, MerkleRail, MerkleRoot,
};
pub use market::AssetInfo;

use crate::chain::Chain;
use crate::labels::Labels;
use crate::shelf::Shelf;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bondstone_kernel::security::Prices;
use picture::Pictures;
use problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use utoipa::OpenApi;

/// Most requests that are worked on at a time; further ones wait.
const MAX_RUNNING: usize = 16;
/// Most streams of events at a time.
const MAX_STREAMS: usize = 64;

/// Tells streams that the server stops. The server gives it to every request.
#[derive(Clone, Debug)]
pub(crate) struct Stopping(pub(crate) watch::Receiver<bool>);

/// What the API is made of.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The chain.
    pub(crate) chain: Arc<Chain>,
    /// Names of the chain's economy.
    pub(crate) labels: Labels,
    /// What whole tokens cost by it.
    pub(crate) prices: Prices,
    /// Distributions of programmes.
    pub(crate) shelf: Shelf,
    /// How long a request may take to be answered.
    pub(crate) timeout: Duration,
}

/// What requests are answered from.
#[derive(Clone, Debug)]
pub(crate) struct Api(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    sources: Sources,
    pictures: Pictures,
    running: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// The document of `/v1/openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Bondstone",
        description = "Shared security on the chain of this node: who sells it, who buys it, who \
                       can collect what. Amounts are strings of decimal digits in the smallest \
                       unit of their asset, times are seconds since 1970.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        networks::networks,
        networks::network,
        vaults::vaults,
        vaults::vault,
        positions::positions,
        claims::claims,
        programmes::programmes,
        programmes::distributions,
        events::events
    ),
    components(schemas(
        events::BlockEvent,
        events::SlashEvent,
        events::DistributionEvent,
        events::RewindEvent,
        events::MissedEvent
    ))
)]
struct Document;

/// The OpenAPI document, as `/v1/openapi.json` serves it.
///
/// # Errors
/// None that this document meets.
pub fn document() -> Result<String, serde_json::Error> {
    let mut text = Document::openapi().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

async fn openapi() -> Result<([(axum::http::HeaderName, &'static str); 1], String), Problem> {
    let text = document().map_err(|error| Problem::internal(&error))?;
    Ok(([(CONTENT_TYPE, "application/json")], text))
}

/// The paths of the API.
pub(crate) fn router(sources: Sources) -> Router {
    let api = Api(Arc::new(Parts {
        sources,
        pictures: Pictures::default(),
        running: Arc::new(Semaphore::new(MAX_RUNNING)),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
    }));
    let unknown = |uri: axum::http::Uri| async move { Problem::no_path(uri.path()) };
    Router::new()
        .route("/v1/networks", get(networks::networks))
        .route("/v1/networks/{address}", get(networks::network))
        .route("/v1/vaults", get(vaults::vaults))
        .route("/v1/vaults/{address}", get(vaults::vault))
        .route("/v1/accounts/{address}/positions", get(positions::positions))
        .route("/v1/accounts/{address}/claims", get(claims::claims))
        .route("/v1/programmes", get(programmes::programmes))
        .route("/v1/programmes/{id}/distributions", get(programmes::distributions))
        .route("/v1/events", get(events::events))
        .route("/v1/openapi.json", get(openapi))
        .route("/v1/{*path}", get(unknown))
        .method_not_allowed_fallback(|| async { Problem::method() })
        .with_state(api)
}
