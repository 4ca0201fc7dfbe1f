//! `bondstone up`: a local chain with the protocols on it.

use bondstone_node::{StartError, UpArgs};
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// What the node tells while it runs, unless `RUST_LOG` says otherwise: a line per transaction.
const LOG: &str = "warn,bondstone_node=info";

/// Prints addresses, accounts and URL, then answers Ethereum JSON-RPC over HTTP until Ctrl-C or
/// until the system asks it to end. Exit code 0: it was asked to end; 2: it could not start.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Up {
    /// Port of 127.0.0.1 to listen on; 0 picks a free one.
    #[arg(long, value_name = "N", default_value_t = 8545)]
    port: u16,
    /// Start with contracts, tokens and accounts only, without an economy on them.
    #[arg(long)]
    bare: bool,
}

impl Up {
    /// Runs the chain.
    pub(crate) fn run(self) -> ExitCode {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
        log.with_writer(stderr).init();
        let args = UpArgs { port: self.port, economy: !self.bare, ..UpArgs::default() };
        match bondstone_node::run(&args, &mut stdout().lock()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refused(&error),
        }
    }
}

fn refused(error: &StartError) -> ExitCode {
    let hint = match error {
        StartError::Listen { .. } => "; is it taken? --port 0 picks a free one",
        StartError::Unsupported(_) | StartError::Chain(_) | StartError::Io(_) => "",
    };
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(stderr(), "error: {error}{hint}");
    ExitCode::from(2)
}
