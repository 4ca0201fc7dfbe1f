//! From a request to its answer: the block, the tag, the work on a thread of its own, the page.

use super::Api;
use super::problem::Problem;
use super::query::{Cursor, Paging, Query};
use super::schema::{HashText, Time};
use crate::chain::{Chain, unknown};
use crate::distributions::{Root, Tree};
use crate::shelf::{Contents, Item};
use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, keccak256};
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::response::{IntoResponse, Response};
use bondstone_kernel::Timestamp;
use bondstone_kernel::security::{Party, Prices, SecurityView};
use bondstone_world::World;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::time::timeout;
use utoipa::ToSchema;

/// What a path takes from a request, and from where it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reads {
    parameters: &'static [&'static str],
    /// Whether the answer depends on the node's distributions, and not on the block alone.
    shelf: bool,
}

impl Reads {
    /// A list that depends on the block.
    pub(crate) const LIST: Self = Self { parameters: &["limit", "cursor", "at"], shelf: false };
    /// A list with rates.
    pub(crate) const RATED: Self =
        Self { parameters: &["limit", "cursor", "at", "window"], shelf: false };
    /// One item with rates.
    pub(crate) const RATED_ITEM: Self = Self { parameters: &["at", "window"], shelf: false };
    /// A list that depends on the block and on the distributions.
    pub(crate) const SHELF: Self = Self { shelf: true, ..Self::LIST };
}

/// The block of which an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockPlace {
    /// Its number.
    pub number: u64,
    /// Its hash.
    #[schema(value_type = HashText)]
    pub hash: B256,
    /// Its time, which is "now" in the answer.
    #[schema(value_type = Time)]
    pub timestamp: Timestamp,
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The block of which the list is.
    pub(crate) block: BlockPlace,
    /// The items.
    pub(crate) items: Vec<T>,
    /// The cursor of the next page; `null` when there is none.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

/// An answer that is no list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Single<T> {
    /// The block of which the answer is.
    pub(crate) block: BlockPlace,
    /// The answer.
    pub(crate) item: T,
}

/// One request at its block.
#[derive(Debug)]
pub(crate) struct Scene {
    api: Api,
    /// The block.
    pub(crate) block: BlockPlace,
    /// The node's distributions; none when the path does not depend on them.
    pub(crate) shelf: Arc<Contents>,
    paging: Paging,
}

impl Scene {
    /// The picture of security.
    pub(crate) fn picture(&self) -> Result<Arc<SecurityView>, Problem> {
        self.api.0.pictures.of(&self.api.0.sources.chain, self.block.hash)
    }

    /// The world.
    pub(crate) fn world(&self) -> Result<World, Problem> {
        Ok(self.api.0.sources.chain.world_at(BlockId::from(self.block.hash))?)
    }

    /// A tree of a distribution; `None` when it cannot be used.
    pub(crate) fn tree(&self, item: &Item, root: &Root) -> Arc<Option<Tree>> {
        self.api.0.sources.shelf.tree(item, root)
    }

    /// What whole tokens cost by the chain's economy.
    pub(crate) fn prices(&self) -> &Prices {
        &self.api.0.sources.prices
    }

    /// What the chain's economy calls a party.
    pub(crate) fn name(&self, party: &Party) -> Option<String> {
        party.account().and_then(|address| self.name_of(address))
    }

    /// What the chain's economy calls an address.
    pub(crate) fn name_of(&self, address: Address) -> Option<String> {
        self.api.0.sources.labels.names.get(&address).cloned()
    }

    /// The items that were asked for, and the cursor to those behind them.
    pub(crate) fn cut<'a, I>(&self, all: &'a [I]) -> (&'a [I], Option<String>) {
        let from = self.paging.cursor.map_or(0, |cursor| cursor.position).min(all.len());
        let to = from.saturating_add(self.paging.limit).min(all.len());
        let cursor = Cursor { block: self.block.hash, position: to };
        let next = (to < all.len()).then(|| cursor.text());
        (all.get(from..to).unwrap_or_default(), next)
    }

    /// The page that was asked for of a list.
    pub(crate) fn page<I, T>(&self, all: &[I], item: impl FnMut(&I) -> T) -> Page<T> {
        let (items, next) = self.cut(all);
        Page { block: self.block, items: items.iter().map(item).collect(), next }
    }

    /// An answer that is no list.
    pub(crate) fn single<T>(&self, item: T) -> Single<T> {
        Single { block: self.block, item }
    }
}

impl Api {
    /// Answers a request with what `make` makes of its block, unless the client has it already.
    pub(crate) async fn answer<T, F>(
        self,
        query: Query,
        reads: Reads,
        make: F,
    ) -> Result<Response, Problem>
    where
        T: Serialize,
        F: FnOnce(&Scene) -> Result<T, Problem> + Send + 'static,
    {
        query.only(reads.parameters)?;
        let patience = self.0.sources.timeout;
        let work = async {
            let running = Arc::clone(&self.0.running);
            let place = running.acquire_owned().await;
            let place = place.map_err(|error| Problem::internal(&error))?;
            let worked = tokio::task::spawn_blocking(move || {
                let _place = place;
                respond(self, &query, reads, make)
            });
            worked.await.map_err(|error| Problem::internal(&error))?
        };
        let late = |_| Problem::late(patience.as_secs_f64());
        timeout(patience, work).await.map_err(late)?
    }
}

fn respond<T: Serialize>(
    api: Api,
    query: &Query,
    reads: Reads,
    make: impl FnOnce(&Scene) -> Result<T, Problem>,
) -> Result<Response, Problem> {
    let paging = query.paging()?;
    let block = match &paging.cursor {
        Some(cursor) => place(&api.0.sources.chain, "cursor", BlockId::from(cursor.block))?,
        None => place(&api.0.sources.chain, "at", query.at()?.at.unwrap_or_default())?,
    };
    let shelf = if reads.shelf { api.0.sources.shelf.contents() } else { Ok(Arc::default()) };
    let shelf = shelf.map_err(|error| Problem::internal(&error))?;
    let tag = tag((block.hash, shelf.digest), &query.target);
    let headers = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache")];
    if query.known_tags.as_deref().is_some_and(|known| matches(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let made = make(&Scene { api, block, shelf, paging })?;
    let text = serde_json::to_vec(&made).map_err(|error| Problem::internal(&error))?;
    Ok((headers, [(CONTENT_TYPE, "application/json")], Body::from(text)).into_response())
}

fn place(chain: &Chain, parameter: &str, at: BlockId) -> Result<BlockPlace, Problem> {
    let block = chain.block(at)?.ok_or_else(|| Problem::block(parameter, &unknown(at)))?;
    let timestamp = Timestamp(block.timestamp());
    Ok(BlockPlace { number: block.number(), hash: block.hash(), timestamp })
}

/// A strong tag: the same block, the same distributions, the same target and the same program give
/// the same bytes.
fn tag((block, shelf): (B256, B256), target: &str) -> String {
    let program = env!("CARGO_PKG_VERSION").as_bytes();
    let parts = [block.as_slice(), shelf.as_slice(), program, b" ", target.as_bytes()];
    let digest = keccak256(parts.concat());
    format!("\"{}\"", alloy_primitives::hex::encode(digest.split_at(16).0))
}

/// Whether `If-None-Match` names the tag; weak tags match too (RFC 9110, 13.1.2).
fn matches(known: &str, tag: &str) -> bool {
    let mut tags = known.split(',').map(str::trim);
    tags.any(|other| other == "*" || other.strip_prefix("W/").unwrap_or(other) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_alone_in_a_list_and_weak() {
        let tag = tag((B256::ZERO, B256::ZERO), "/v1/vaults");
        for known in [tag.clone(), format!("\"a\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            assert!(matches(&known, &tag), "{known}");
        }
        assert!(!matches("\"a\"", &tag) && !matches("", &tag));
    }

    #[test]
    fn tags_differ_by_block_by_distributions_and_by_target() {
        let (zero, other) = (B256::ZERO, B256::repeat_byte(1));
        let one = tag((zero, zero), "/v1/vaults");
        assert_ne!(one, tag((other, zero), "/v1/vaults"));
        assert_ne!(one, tag((zero, other), "/v1/vaults"));
        assert_ne!(one, tag((zero, zero), "/v1/vaults?limit=1"));
    }
}
