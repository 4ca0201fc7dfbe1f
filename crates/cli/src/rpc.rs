//! Asking a node over JSON-RPC, for the commands that read a chain.

use alloy_primitives::Bytes;
use bondstone_node::reason;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
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
/// A contract reverted.
const REVERTED: i64 = 3;

/// Why a node does not say what it is asked.
#[derive(Debug, Error)]
pub(crate) enum RpcError {
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
    #[error("the node at {url} has no method {method}")]
    NoMethod {
        /// Where.
        url: String,
        /// The method.
        method: &'static str,
    },
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
        /// What a contract gave as the reason, if one refused.
        data: Option<Bytes>,
    },
    /// The node's HTTP API refuses.
    #[error("the node at {url} refuses: {detail}")]
    Problem {
        /// Where.
        url: String,
        /// What was wrong, in its words.
        detail: String,
    },
    /// Nothing is there that speaks the HTTP API.
    #[error("the node at {url} has no HTTP API: it answers {path} with status {status}")]
    NoApi {
        /// Where.
        url: String,
        /// What was asked for.
        path: String,
        /// The status of its answer.
        status: u16,
    },
    /// The answer is not what this version understands.
    #[error("the answer of {url} cannot be read: {source}")]
    Unreadable {
        /// Where.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl RpcError {
    /// What to do about it, if there is something.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "; is it up? `bondstone up` starts one",
            Self::NotHttp(_) => "; reach a node behind TLS through a tunnel or a local proxy",
            Self::NotJsonRpc { .. } => "; is it the right port?",
            Self::NoMethod { method, .. } if method.starts_with("bondstone_") => {
                "; only Bondstone's own nodes have it"
            }
            Self::Unreadable { .. } => "; are node and program of the same version?",
            Self::NoApi { .. } => "; only Bondstone's own nodes have it",
            Self::Problem { .. }
            | Self::NoMethod { .. }
            | Self::NoBlock { .. }
            | Self::Refused { .. } => "",
        }
    }

    /// Why a contract refused, by the error's name where it is known; nothing when it is not a
    /// contract that refuses.
    pub(crate) fn revert(&self) -> Option<String> {
        let Self::Refused { message, code, data, .. } = self else { return None };
        if *code != REVERTED && data.is_none() {
            return None;
        }
        let known = data.as_ref().and_then(|data| reason::words(data));
        Some(known.unwrap_or_else(|| {
            let rest = message.strip_prefix("execution reverted").unwrap_or(message);
            let rest = rest.trim_start_matches([':', ' ']);
            if rest.is_empty() { "it gives no reason".to_owned() } else { rest.to_owned() }
        }))
    }
}

/// A response as JSON-RPC has it.
#[derive(Deserialize)]
struct Response {
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Failure>,
}

/// A result that is `null` is one: a receipt that is not there yet.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

#[derive(Deserialize)]
struct Failure {
    code: i64,
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

/// Asks a node.
///
/// # Errors
/// Everything that can be wrong with a node; each names the URL.
pub(crate) fn ask<T: DeserializeOwned>(
    url: &str,
    method: &'static str,
    params: Value,
) -> Result<T, RpcError> {
    if !url.starts_with("http://") {
        return Err(RpcError::NotHttp(url.to_owned()));
    }
    let response = post(url, method, params)?;
    let url = url.to_owned();
    match (response.result, response.error) {
        (_, Some(Failure { code: METHOD_NOT_FOUND, .. })) => {
            Err(RpcError::NoMethod { url, method })
        }
        (_, Some(Failure { code: NOT_FOUND, message, .. })) => {
            Err(RpcError::NoBlock { url, message })
        }
        (_, Some(Failure { code, message, data })) => {
            let data = data.and_then(|data| data.as_str()?.parse().ok());
            Err(RpcError::Refused { url, message, code, data })
        }
        (Some(result), None) => {
            serde_json::from_value(result).map_err(|source| RpcError::Unreadable { url, source })
        }
        (None, None) => {
            let what = "the response has neither a result nor an error".to_owned();
            Err(RpcError::NotJsonRpc { url, what })
        }
    }
}

/// What a node says is wrong with a request of its HTTP API.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// Asks a node's HTTP API.
///
/// # Errors
/// Everything that can be wrong with a node; each names the URL.
pub(crate) fn get<T: DeserializeOwned>(url: &str, path: &str) -> Result<T, RpcError> {
    if !url.starts_with("http://") {
        return Err(RpcError::NotHttp(url.to_owned()));
    }
    let unreachable =
        |source| RpcError::Unreachable { url: url.to_owned(), source: Box::new(source) };
    let base = url.trim_end_matches('/');
    let mut response = agent().get(format!("{base}{path}")).call().map_err(unreachable)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
    let body = body.map_err(unreachable)?;
    let url = url.to_owned();
    if status == 200 {
        return serde_json::from_slice(&body)
            .map_err(|source| RpcError::Unreadable { url, source });
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(Problem { detail }) => Err(RpcError::Problem { url, detail }),
        Err(_) => Err(RpcError::NoApi { url, path: path.to_owned(), status }),
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .new_agent()
}

fn post(url: &str, method: &str, params: Value) -> Result<Response, RpcError> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let unreachable =
        |source| RpcError::Unreachable { url: url.to_owned(), source: Box::new(source) };
    let sent = agent().post(url).header("content-type", "application/json");
    let mut response = sent.send(request.to_string()).map_err(unreachable)?;
    let body = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
    let body = body.map_err(unreachable)?;
    serde_json::from_slice(&body).map_err(|error| {
        let what = format!("status {}, {error}", response.status().as_u16());
        RpcError::NotJsonRpc { url: url.to_owned(), what }
    })
}
