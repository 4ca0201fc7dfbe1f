//! `bondstone`: shared-security protocols as native state machines, on the command line.
//!
//! One file per command under `command/`. Exit codes: 0 for success, 1 when a run found what it
//! looks for, 2 for wrong usage and unusable input.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod command;
mod data_dir;
mod ethereum;
mod layout;
mod place;
mod progress;
mod rpc;

use clap::Parser;
use command::Command;
use std::process::ExitCode;

/// Half the work of a call is small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Shared-security protocols as native state machines, exact to the wei and to the byte.
#[derive(Debug, Parser)]
#[command(name = "bondstone", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    Arguments::parse().command.run()
}
