//! The commands.

mod conform;
mod up;

use clap::Subcommand;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay traces recorded from the real contracts and compare everything they show.
    Conform(conform::Conform),
    /// Run a local chain with the protocols at their mainnet addresses, until Ctrl-C.
    Up(up::Up),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self {
            Self::Conform(conform) => conform.run(),
            Self::Up(up) => up.run(),
        }
    }
}
