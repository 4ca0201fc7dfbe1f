//! `bondstone_securityView`: what shared security is bought and sold at a block.

use super::{Service, heavy_method};
use crate::chain::Chain;
use crate::error::Error;
use crate::labels::Labels;
use crate::reason;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::{Filter, Log};
use bondstone_kernel::Revert;
use bondstone_kernel::security::{Dated, SecurityView, Warning};
use bondstone_world::security_topics;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::{Deserialize, Serialize};

/// The method's name.
pub const METHOD: &str = "bondstone_securityView";

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    heavy_method(module, METHOD, |service, args| {
        security_at(&service.chain, &service.labels, args.block()?)
    })
}

/// A picture of security with what a reader needs besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityAnswer {
    /// The picture.
    pub view: SecurityView,
    /// What is dangerous in it.
    pub warnings: Vec<Warning>,
    /// Names and prices of the chain's economy; empty when it has none.
    pub labels: Labels,
}

/// The picture of a chain at a block that exists: the pending block stands for the last one.
///
/// # Errors
/// [`Error::UnknownBlock`], and those of [`Chain::world_at`] and [`Chain::logs`].
pub fn security_at(chain: &Chain, labels: &Labels, at: BlockId) -> Result<SecurityAnswer, Error> {
    let at = if at.is_pending() { BlockId::from(BlockNumberOrTag::Latest) } else { at };
    let world = chain.world_at(at)?;
    let logs = history(chain, world.block().number)?;
    let mut dated = Vec::with_capacity(logs.len());
    for log in &logs {
        let lacks = |what| Error::Internal(format!("a log of the chain has no {what}"));
        dated.push(Dated {
            log: &log.inner,
            number: log.block_number.ok_or_else(|| lacks("block number"))?,
            timestamp: log.block_timestamp.ok_or_else(|| lacks("timestamp"))?,
        });
    }
    let view = world.security(&dated).map_err(|error| Error::Internal(error.to_string()))?;
    let warnings = view.warnings();
    Ok(SecurityAnswer { view, warnings, labels: labels.clone() })
}

/// Revert data of a picture in words: the error's name and arguments where it is known.
#[must_use]
pub fn failure_in_words(failure: &Bytes) -> String {
    let suffix = reason::suffix(&Revert::raw(failure.clone()));
    suffix.strip_prefix(": ").map_or("a revert without data".to_owned(), str::to_owned)
}

/// The logs that a picture at the block `last` needs. Searches have limits, so it takes several
/// where there is much.
fn history(chain: &Chain, last: u64) -> Result<Vec<Log>, Error> {
    let mut logs = Vec::new();
    let (mut from, mut to) = (0, last);
    while from <= last {
        let filter = Filter::new().event_signature(security_topics());
        match chain.logs(&filter.from_block(from).to_block(to)) {
            Ok(found) => {
                logs.extend(found);
                (from, to) = (to.saturating_add(1), last);
            }
            Err(Error::TooManyLogs { reached, .. }) if reached > from => {
                to = reached.saturating_sub(1);
            }
            Err(Error::RangeTooWide { limit, .. }) if limit > 0 => {
                to = from.saturating_add(limit.saturating_sub(1));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(logs)
}
