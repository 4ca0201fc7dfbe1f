//! The options of `bondstone up`, as each of their sources gives them: some are there, some not.

use super::log;
use crate::data_dir;
use bondstone_node::server::limits::Limits;
use bondstone_node::server::origin::{HostName, Origin};
use bondstone_node::{EconomySource, UpArgs};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// Options. One that is missing is left to a weaker source, and in the end to its default.
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Address to listen on. Whoever reaches it can do everything [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    pub(super) host: Option<IpAddr>,
    /// Port to listen on; 0 picks a free one [default: 8545].
    #[arg(long, value_name = "N")]
    pub(super) port: Option<u16>,
    /// Folder that keeps the chain [default: bondstone in the user's folder for data].
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Keep nothing: the chain is gone when it stops.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_name = "BOOL")]
    pub(super) ephemeral: Option<bool>,
    /// A TOML file that describes the economy at the start [default: restaking in 2025].
    #[arg(long, value_name = "FILE", conflicts_with = "bare")]
    pub(super) economy: Option<PathBuf>,
    /// Folder whose subfolders are distributions, as `bondstone rewards run` writes them; the HTTP
    /// API knows what they pay.
    #[arg(long, value_name = "DIR")]
    pub(super) distributions: Option<PathBuf>,
    /// Start with contracts, tokens and accounts only, without an economy on them.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_name = "BOOL")]
    pub(super) bare: Option<bool>,
    /// Mine a block at this interval instead of one for each transaction.
    #[arg(long, value_name = "SECONDS")]
    pub(super) block_time: Option<Seconds>,
    /// Mine only when a client asks for a block.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(value_name = "BOOL")]
    pub(super) no_mining: Option<bool>,
    /// Origin whose pages may use the node, or * for all; repeatable [default: this machine's].
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    pub(super) cors_origin: Option<Vec<Origin>>,
    /// Name under which the node may be reached, or * for all; repeatable [default: localhost].
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) allowed_host: Option<Vec<HostName>>,
    /// Most connections at a time, HTTP and WebSocket together [default: 512].
    #[arg(long, value_name = "N")]
    pub(super) max_connections: Option<NonZeroU32>,
    /// Largest request in bytes [default: 10485760].
    #[arg(long, value_name = "BYTES")]
    pub(super) max_request_bytes: Option<NonZeroU32>,
    /// Largest response in bytes [default: 67108864].
    #[arg(long, value_name = "BYTES")]
    pub(super) max_response_bytes: Option<NonZeroU32>,
    /// Most requests in a batch [default: 1000].
    #[arg(long, value_name = "N")]
    pub(super) max_batch: Option<NonZeroU32>,
    /// Most logs in one answer [default: 100000].
    #[arg(long, value_name = "N")]
    pub(super) max_logs: Option<NonZeroU64>,
    /// Most blocks that one request for logs may cover [default: 1000000].
    #[arg(long, value_name = "N")]
    pub(super) max_block_range: Option<NonZeroU64>,
    /// Longest time for a request to arrive, and then to be answered [default: 30].
    #[arg(long, value_name = "SECONDS")]
    pub(super) request_timeout: Option<Seconds>,
    /// What to log, as RUST_LOG has it [default: warn,bondstone_node=info].
    #[arg(long, value_name = "FILTER")]
    pub(super) log: Option<LogFilter>,
    /// How to log [default: text].
    #[arg(long, value_name = "FORMAT")]
    pub(super) log_format: Option<LogFormat>,
}

impl Settings {
    /// These, and `weaker` where these say nothing. A folder and `ephemeral` exclude each other, so
    /// that the stronger one takes the weaker one's place.
    pub(super) fn over(self, weaker: Self) -> Self {
        let keeps = self.data_dir.is_some();
        let keeps_nothing = self.ephemeral == Some(true);
        Self {
            host: self.host.or(weaker.host),
            port: self.port.or(weaker.port),
            data_dir: self.data_dir.or(weaker.data_dir.filter(|_| !keeps_nothing)),
            ephemeral: self
                .ephemeral
                .or(weaker.ephemeral.filter(|ephemeral| !(*ephemeral && keeps))),
            economy: self.economy.or(weaker.economy),
            distributions: self.distributions.or(weaker.distributions),
            bare: self.bare.or(weaker.bare),
            block_time: self.block_time.or(weaker.block_time),
            no_mining: self.no_mining.or(weaker.no_mining),
            cors_origin: self.cors_origin.or(weaker.cors_origin),
            allowed_host: self.allowed_host.or(weaker.allowed_host),
            max_connections: self.max_connections.or(weaker.max_connections),
            max_request_bytes: self.max_request_bytes.or(weaker.max_request_bytes),
            max_response_bytes: self.max_response_bytes.or(weaker.max_response_bytes),
            max_batch: self.max_batch.or(weaker.max_batch),
            max_logs: self.max_logs.or(weaker.max_logs),
            max_block_range: self.max_block_range.or(weaker.max_block_range),
            request_timeout: self.request_timeout.or(weaker.request_timeout),
            log: self.log.or(weaker.log),
            log_format: self.log_format.or(weaker.log_format),
        }
    }

    /// The defaults of the node. What has no default stays missing.
    pub(super) fn defaults() -> Self {
        let UpArgs { host, port, max_logs, max_block_range, limits, .. } = UpArgs::default();
        Self {
            host: Some(host),
            port: Some(port),
            data_dir: data_dir::default_data_dir(),
            ephemeral: Some(false),
            economy: None,
            distributions: None,
            bare: Some(false),
            block_time: None,
            no_mining: Some(false),
            cors_origin: Some(Vec::new()),
            allowed_host: Some(Vec::new()),
            max_connections: Some(limits.max_connections),
            max_request_bytes: Some(limits.max_request_bytes),
            max_response_bytes: Some(limits.max_response_bytes),
            max_batch: Some(limits.max_batch),
            max_logs: Some(max_logs),
            max_block_range: Some(max_block_range),
            request_timeout: Some(Seconds(limits.request_timeout)),
            log: Some(LogFilter(log::FILTER.to_owned())),
            log_format: Some(LogFormat::default()),
        }
    }

    /// What is there at the start. The parser lets nobody ask for both.
    fn economy_source(&self) -> EconomySource {
        match &self.economy {
            _ if self.bare == Some(true) => EconomySource::Bare,
            Some(path) => EconomySource::File(path.clone()),
            None => EconomySource::default(),
        }
    }

    /// What the node is started with.
    pub(super) fn to_args(&self) -> UpArgs {
        let default = UpArgs::default();
        let limits = Limits {
            max_connections: self.max_connections.unwrap_or(default.limits.max_connections),
            max_request_bytes: self.max_request_bytes.unwrap_or(default.limits.max_request_bytes),
            max_response_bytes: self
                .max_response_bytes
                .unwrap_or(default.limits.max_response_bytes),
            max_batch: self.max_batch.unwrap_or(default.limits.max_batch),
            request_timeout: self.request_timeout.map_or(default.limits.request_timeout, |s| s.0),
            ..default.limits
        };
        UpArgs {
            host: self.host.unwrap_or(default.host),
            port: self.port.unwrap_or(default.port),
            data_dir: self.data_dir.clone().filter(|_| self.ephemeral != Some(true)),
            economy: self.economy_source(),
            distributions: self.distributions.clone(),
            block_time: self.block_time.map(|seconds| seconds.0),
            mining: !self.no_mining.unwrap_or(!default.mining),
            cors_origins: self.cors_origin.clone().unwrap_or_default(),
            allowed_hosts: self.allowed_host.clone().unwrap_or_default(),
            max_logs: self.max_logs.unwrap_or(default.max_logs),
            max_block_range: self.max_block_range.unwrap_or(default.max_block_range),
            limits,
        }
    }
}

/// A time in seconds, above zero, with decimals if wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub(super) struct Seconds(pub(super) Duration);

/// A number that is no time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0} is not a number of seconds above 0")]
pub(super) struct BadSeconds(String);

impl TryFrom<f64> for Seconds {
    type Error = BadSeconds;

    fn try_from(seconds: f64) -> Result<Self, BadSeconds> {
        let duration = Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero());
        duration.map(Self).ok_or_else(|| BadSeconds(seconds.to_string()))
    }
}

impl FromStr for Seconds {
    type Err = BadSeconds;

    fn from_str(text: &str) -> Result<Self, BadSeconds> {
        let seconds: f64 = text.parse().map_err(|_| BadSeconds(format!("`{text}`")))?;
        Self::try_from(seconds)
    }
}

impl From<Seconds> for f64 {
    fn from(seconds: Seconds) -> Self {
        seconds.0.as_secs_f64()
    }
}

/// Directives that say what is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct LogFilter(String);

/// A text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not a log filter: {reason}")]
pub(super) struct BadLogFilter {
    text: String,
    reason: String,
}

impl LogFilter {
    /// The directives.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = BadLogFilter;

    fn from_str(text: &str) -> Result<Self, BadLogFilter> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(BadLogFilter { text: text.to_owned(), reason: error.to_string() }),
        }
    }
}

impl TryFrom<String> for LogFilter {
    type Error = BadLogFilter;

    fn try_from(text: String) -> Result<Self, BadLogFilter> {
        text.parse()
    }
}

impl From<LogFilter> for String {
    fn from(filter: LogFilter) -> Self {
        filter.0
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}
