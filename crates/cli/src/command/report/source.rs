//! Where the picture comes from: a node that answers, or a chain on disk.

use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use bondstone_node::StartError;
use bondstone_node::rpc::security::{METHOD, SecurityAnswer, security_at};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// A node computes the picture of a large chain for a while.
const PATIENCE: Duration = Duration::from_secs(120);

/// The largest answer, in bytes.
const LARGEST_ANSWER: u64 = 1 << 30;

/// JSON-RPC: the node does not know the method.
const METHOD_NOT_FOUND: i64 = -32601;
/// EIP-1474: what was asked for does not exist.
const NOT_FOUND: i64 = -32001;

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
    /// Nobody listens there, or the network fails.
    #[error("no node answers at {url}: {source}")]
    Unreachable {
        /// Where.
        url: String,
        /// What failed.
        source: Box<ureq::Error>,
    },
    /// The address is none that this program can speak to.
    #[error("`{0}` is not a URL that starts with http://")]
    NotHttp(String),
    /// Something answers, but not as a node does.
    #[error("{url} does not speak JSON-RPC: {what}")]
    NotJsonRpc {
        /// Where.
        url: String,
        /// What it said instead.
        what: String,
    },
    /// The node does not have the method.
    #[error("the node at {0} has no method {METHOD}")]
    NoMethod(String),
    /// The chain does not have the block.
    #[error("the node at {url} does not have the block: {message}")]
    NoBlock {
        /// Where.
        url: String,
        /// What it said.
        message: String,
    },
    /// The node refuses.
    #[error("the node at {url} refuses: {message} (code {code})")]
    Refused {
        /// Where.
        url: String,
        /// Its words.
        message: String,
        /// Its code.
        code: i64,
    },
    /// The answer is not what this version understands.
    #[error("the answer of {url} cannot be read: {source}")]
    Unreadable {
        /// Where.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
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
            Self::Unreachable { .. } => "; is it up? `bondstone up` starts one",
            Self::NotHttp(_) => "; reach a node behind TLS through a tunnel or a local proxy",
            Self::NotJsonRpc { .. } => "; is it the right port?",
            Self::NoMethod(_) => "; only Bondstone's own nodes can tell security",
            Self::NoBlock { .. } => "; without --at the report is about the latest block",
            Self::Unreadable { .. } => "; are node and program of the same version?",
            Self::NoChain(_) => "; a running node can be asked with --rpc",
            Self::Refused { .. } | Self::NotInChain(_) => "",
        }
    }
}

/// A response as JSON-RPC has it.
#[derive(Deserialize)]
struct Response {
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: i64,
    message: String,
}

/// Asks a node.
///
/// # Errors
/// Everything that can be wrong with a node; each names the URL.
pub(super) fn ask(url: &str, at: At) -> Result<SecurityAnswer, SourceError> {
    if !url.starts_with("http://") {
        return Err(SourceError::NotHttp(url.to_owned()));
    }
    let response = post(url, at)?;
    let url = url.to_owned();
    match (response.result, response.error) {
        (_, Some(Failure { code: METHOD_NOT_FOUND, .. })) => Err(SourceError::NoMethod(url)),
        (_, Some(Failure { code: NOT_FOUND, message })) => {
            Err(SourceError::NoBlock { url, message })
        }
        (_, Some(Failure { code, message })) => Err(SourceError::Refused { url, message, code }),
        (Some(result), None) => {
            serde_json::from_value(result).map_err(|source| SourceError::Unreadable { url, source })
        }
        (None, None) => {
            let what = "the response has neither a result nor an error".to_owned();
            Err(SourceError::NotJsonRpc { url, what })
        }
    }
}

fn post(url: &str, at: At) -> Result<Response, SourceError> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .new_agent();
    let params = json!([at.parameter()]);
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": METHOD, "params": params });
    let unreachable =
        |source| SourceError::Unreachable { url: url.to_owned(), source: Box::new(source) };
    let sent = agent.post(url).header("content-type", "application/json");
    let mut response = sent.send(request.to_string()).map_err(unreachable)?;
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
    let body = body.map_err(unreachable)?;
    serde_json::from_slice(&body).map_err(|error| {
        let what = format!("status {}, {error}", response.status().as_u16());
        SourceError::NotJsonRpc { url: url.to_owned(), what }
    })
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
