//! Where a chain is that a command reads.

use clap::Args;
use std::path::PathBuf;

/// The chain.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The node to ask.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    pub(crate) rpc: String,
    /// Read a stored chain instead, which no node may have open.
    #[arg(long, value_name = "DIR", conflicts_with = "rpc")]
    pub(crate) data_dir: Option<PathBuf>,
}
