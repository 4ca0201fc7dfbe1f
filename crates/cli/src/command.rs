//! The commands.

mod claim;
mod claims;
mod conform;
mod report;
mod rewards;
mod store;
mod up;

use clap::Subcommand;
use std::process::ExitCode;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Collect what an account can collect, in few transactions.
    Claim(Box<claim::Claim>),
    /// List what an account can collect, over every rail, vault and network.
    Claims(claims::Claims),
    /// Replay traces recorded from the real contracts and compare everything they show.
    Conform(conform::Conform),
    /// Tell what shared security is bought and sold on a chain: stake, pay, slashes, exits.
    Report(report::Report),
    /// Compute who is paid for security, pay them, and check what others computed.
    Rewards(rewards::Rewards),
    /// Look at a chain on disk, make it smaller, take its logs out.
    Store(store::Store),
    /// Run a local chain with the protocols at their mainnet addresses, until Ctrl-C.
    Up(up::Up),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self) -> ExitCode {
        match self {
            Self::Claim(claim) => claim.run(),
            Self::Claims(claims) => claims.run(),
            Self::Conform(conform) => conform.run(),
            Self::Report(report) => report.run(),
            Self::Rewards(rewards) => rewards.run(),
            Self::Store(store) => store.run(),
            Self::Up(up) => up.run(),
        }
    }
}
