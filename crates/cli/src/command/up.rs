//! `bondstone up`: a local chain with the protocols on it.

use bondstone_node::{StartError, UpArgs, run as run_node};
use std::io::stdout;

/// Run a local chain with Symbiotic at its mainnet addresses, until Ctrl-C.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Up {
    /// The port to listen on, on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 8545)]
    port: u16,
    /// Start with contracts, tokens and accounts only, without the economy
    #[arg(long)]
    bare: bool,
}

/// Starts the chain and answers until the process is asked to end.
///
/// # Errors
/// [`StartError`], most of the time because the port is taken.
pub(crate) fn run(up: &Up) -> Result<(), StartError> {
    let args = UpArgs { port: up.port, economy: !up.bare };
    run_node(&args, &mut stdout().lock())
}
