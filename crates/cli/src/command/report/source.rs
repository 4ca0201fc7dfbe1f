//! Where the picture comes from: a node that answers, or a chain on disk.

use crate::rpc::{self, RpcError};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use bondstone_node::StartError;
use bondstone_node::rpc::security::{METHOD, SecurityAnswer, security_at};
use serde_json::{Value, json};
use std::path::Path;
use std::str::FromStr;
use thiserror::Error;

/// The block to report on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At(BlockId);

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse::<u64>() {
            return Ok(Self(number.into()));
        }
        if text.len() == 66
            && let Ok(hash) = text.parse::<B256>()
        {
            return Ok(Self(hash.into()));
        }
        let tag = text.parse::<BlockNumberOrTag>();
        tag.map(|tag| Self(tag.into())).map_err(|_| {
            "a block is a number, a hash of 32 bytes, or latest, safe, finalized, earliest".into()
        })
    }
}

impl At {
    /// The block as JSON-RPC takes it.
    fn parameter(self) -> Value {
        match self.0 {
            BlockId::Hash(hash) => json!(hash.block_hash),
            BlockId::Number(number) => json!(number),
        }
    }
}

/// Why the picture cannot be had.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    /// The node does not tell.
    #[error(transparent)]
    Node(#[from] RpcError),
    /// The folder's chain cannot be opened.
    #[error(transparent)]
    NoChain(Box<StartError>),
    /// The kept chain does not have the block.
    #[error("{0}")]
    NotInChain(bondstone_node::error::Error),
}

impl SourceError {
    /// What to do about it, if there is something.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Node(RpcError::NoBlock { .. }) => {
                "; without --at the report is about the latest block"
            }
            Self::Node(error) => error.hint(),
            Self::NoChain(_) => "; a running node can be asked with --rpc",
            Self::NotInChain(_) => "",
        }
    }
}

/// Asks a node.
///
/// # Errors
/// [`SourceError::Node`].
pub(super) fn ask(url: &str, at: At) -> Result<SecurityAnswer, SourceError> {
    Ok(rpc::ask(url, METHOD, json!([at.parameter()]))?)
}

/// Reads a chain that is kept in a folder and that no node has open.
///
/// # Errors
/// [`SourceError::NoChain`], [`SourceError::NotInChain`].
pub(super) fn stored(directory: &Path, at: At) -> Result<SecurityAnswer, SourceError> {
    let (chain, labels) = bondstone_node::open_kept(directory)
        .map_err(|source| SourceError::NoChain(Box::new(source)))?;
    security_at(&chain, &labels, at.0).map_err(SourceError::NotInChain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_by_number_hash_or_tag() {
        let parameter = |text: &str| text.parse::<At>().unwrap().parameter();
        assert_eq!(parameter("17"), json!("0x11"));
        assert_eq!(parameter("0x11"), json!("0x11"));
        assert_eq!(parameter("finalized"), json!("finalized"));
        let hash = format!("0x{}", "ab".repeat(32));
        assert_eq!(parameter(&hash), json!(hash));
        for wrong in ["", "-1", "newest", "0xzz"] {
            assert!(wrong.parse::<At>().is_err(), "{wrong}");
        }
    }
}
