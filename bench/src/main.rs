//! `bondstone-bench`: how fast Bondstone is beside its rivals, on this machine in this run.
//!
//! In process beside the real contracts in revm, through JSON-RPC beside anvil, on the disk beside
//! fdatasync, Merkle trees beside Keccak alone and npm's library, distributions to a million
//! recipients beside their goal. Every call has to succeed and to do the same on both sides, or
//! there is no figure. Exit codes: 0 when everything was measured, whatever the figures; 1 when a
//! goal was missed and `--goals` asks for them; 2 when something could not be measured.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod chain;
mod client;
mod contracts;
mod durable;
mod error;
mod in_process;
mod machine;
mod merkle;
mod remote;
mod rewards;
mod rpc;
mod server;
mod stage;
mod table;

use clap::{Parser, ValueEnum};
use contracts::Contracts;
use error::BenchError;
use machine::Machine;
use server::{Node, find_anvil};
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Report;

/// The allocator of the product's binary; the EVM has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How fast Bondstone is beside its rivals, on this machine in this run.
#[derive(Debug, Parser)]
#[command(name = "bondstone-bench")]
struct Arguments {
    /// What to measure.
    #[arg(value_enum)]
    what: What,
    /// Measure little: enough to see that everything works, too little for figures.
    #[arg(long)]
    quick: bool,
    /// Exit with 1 when a goal is missed.
    #[arg(long)]
    goals: bool,
    /// Also write the results to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The program whose `up` is measured.
    #[arg(long, value_name = "FILE", default_value = "target/release/bondstone")]
    bondstone: PathBuf,
    /// What `node tests/e2e/contracts.mjs compile FILE` wrote.
    #[arg(long, value_name = "FILE", default_value = "target/contracts.json")]
    contracts: PathBuf,
    /// The folder in which npm installed anvil and the Merkle trees, beside their scripts.
    #[arg(long, value_name = "DIR", default_value = "tests/e2e/node_modules")]
    modules: PathBuf,
    /// Where durable chains are kept while they are measured; the disk counts.
    #[arg(long, value_name = "DIR", default_value = "target")]
    data: PathBuf,
    /// With `rewards`: one distribution to so many, in this process, as JSON. The measurement calls
    /// itself with it.
    #[arg(long, value_name = "COUNT")]
    recipients: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Calls in process, beside the real contracts in revm.
    Evm,
    /// Transactions and reads through JSON-RPC, beside anvil with the real contracts.
    Rpc,
    /// Durable transactions, beside fdatasync.
    Durable,
    /// A Merkle tree of rewards, beside raw Keccak and npm's library.
    Merkle,
    /// Distributions to very many recipients.
    Rewards,
    /// Everything.
    All,
}

impl Arguments {
    fn includes(&self, what: What) -> bool {
        self.what == what || self.what == What::All
    }

    fn measure(&self) -> Result<Report, BenchError> {
        let mut report = Report::default();
        if self.includes(What::Evm) {
            let contracts = Contracts::read(&self.contracts)?;
            let full = in_process::Size { stakers: 1_000, rounds: 7 };
            let quick = in_process::Size { stakers: 120, rounds: 2 };
            let size = if self.quick { quick } else { full };
            report.rows.extend(in_process::measure(&contracts, size)?);
        }
        if self.includes(What::Rpc) {
            let contracts = Contracts::read(&self.contracts)?;
            let programs = rpc::Programs {
                node: &Node::new(&self.bondstone)?,
                anvil: &find_anvil(&self.modules)?,
                contracts: &contracts,
                data: &self.data,
            };
            let full = rpc::Size { sequential: 400, pipelined: 60, reads: 4_000, laps: 3 };
            let quick = rpc::Size { sequential: 10, pipelined: 3, reads: 80, laps: 1 };
            let found = rpc::measure(&programs, if self.quick { quick } else { full })?;
            report.rows.extend(found.rows);
            report.notes.extend(found.notes);
        }
        if self.includes(What::Durable) {
            let count = if self.quick { 20 } else { 1_000 };
            let found = durable::measure(&Node::new(&self.bondstone)?, &self.data, count)?;
            report.rows.extend(found.rows);
            report.notes.extend(found.notes);
        }
        if self.includes(What::Merkle) {
            let full = merkle::Size { leaves: 1_000_000, rounds: 9 };
            let quick = merkle::Size { leaves: 2_000, rounds: 2 };
            let found = merkle::measure(&self.modules, if self.quick { quick } else { full })?;
            report.rows.extend(found.rows);
            report.notes.extend(found.notes);
        }
        if self.includes(What::Rewards) {
            let found = rewards::measure(self.quick)?;
            report.rows.extend(found.rows);
            report.notes.extend(found.notes);
        }
        if self.quick {
            let note = "A quick run: everything works, but these are no figures to quote.";
            report.notes.push(note.to_owned());
        }
        Ok(report)
    }

    fn run(&self) -> Result<bool, BenchError> {
        if let (What::Rewards, Some(recipients)) = (self.what, self.recipients) {
            let measured = rewards::measure_here(recipients)?;
            let json = serde_json::json!(measured);
            write!(stdout().lock(), "{json}")?;
            return Ok(true);
        }
        let machine = Machine::this();
        let report = self.measure()?;
        if let Some(path) = &self.json {
            write_file(path, &format!("{:#}\n", report.to_json(&machine)))?;
        }
        write!(stdout().lock(), "{}", report.to_markdown(&machine))?;
        Ok(report.rows.iter().all(table::Row::is_met))
    }
}

fn write_file(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(BenchError::file("write", path))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.run() {
        Ok(met) => ExitCode::from(u8::from(arguments.goals && !met)),
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
