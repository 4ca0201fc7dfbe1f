//! What the node tells while it runs, on standard error.

use super::settings::{LogFormat, Settings};
use std::io::stderr;
use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// What is told unless somebody asks for something else: a line per transaction.
pub(super) const FILTER: &str = "warn,bondstone_node=info";

/// The log cannot be written.
#[derive(Debug, Error)]
#[error("the log cannot be started: {0}")]
pub(super) struct LogError(String);

/// Starts the log of this process.
pub(super) fn start(settings: &Settings) -> Result<(), LogError> {
    let filter = settings.log.as_ref().map_or(FILTER, |filter| filter.as_str());
    let filter = EnvFilter::try_new(filter).map_err(|error| LogError(error.to_string()))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let started = match settings.log_format.unwrap_or_default() {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| LogError(error.to_string()))
}
