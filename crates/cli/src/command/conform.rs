//! `bondstone conform`: are the suites exact?

use bondstone_conform::{Options, Set, run};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::io::{BufWriter, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Replays traces. Exit code 0: all passed; 1: a trace differs; 2: wrong usage, or a file that
/// cannot be read or is of an unknown family or format.
#[derive(Debug, Args)]
pub(crate) struct Conform {
    #[command(subcommand)]
    set: TraceSet,
}

/// The sets of traces.
#[derive(Debug, Subcommand)]
enum TraceSet {
    /// Symbiotic core V1 with hooks, burner router and default collateral.
    Symbiotic {
        #[command(flatten)]
        traces: Traces,
        /// Replay only this family.
        #[arg(long, value_name = "FAMILY", value_parser = families(Set::Symbiotic))]
        only: Option<String>,
    },
    /// Symbiotic staker and operator rewards.
    SymbioticRewards {
        #[command(flatten)]
        traces: Traces,
        /// Replay only this family.
        #[arg(long, value_name = "FAMILY", value_parser = families(Set::SymbioticRewards))]
        only: Option<String>,
    },
    /// Karak V2 with native vaults and the services of its SDK.
    Karak {
        #[command(flatten)]
        traces: Traces,
        /// Replay only this family.
        #[arg(long, value_name = "FAMILY", value_parser = families(Set::Karak))]
        only: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Traces {
    /// Trace files (.jsonl, .jsonl.gz) and folders of them.
    #[arg(required = true, value_name = "FILE-OR-DIR")]
    paths: Vec<PathBuf>,
    /// Replay from the recorded logs alone, without running any rule.
    #[arg(long)]
    mirror: bool,
    /// Print a JSON object per trace and one at the end, a line each, instead of text.
    #[arg(long)]
    json: bool,
}

fn families(set: Set) -> PossibleValuesParser {
    PossibleValuesParser::new(set.families())
}

impl Conform {
    /// Replays and prints.
    pub(crate) fn run(self) -> ExitCode {
        let (set, traces, only) = match self.set {
            TraceSet::Symbiotic { traces, only } => (Set::Symbiotic, traces, only),
            TraceSet::SymbioticRewards { traces, only } => (Set::SymbioticRewards, traces, only),
            TraceSet::Karak { traces, only } => (Set::Karak, traces, only),
        };
        let Traces { paths, mirror, json } = traces;
        let options = Options { set, paths, mirror, only, json };
        let mut out = BufWriter::new(stdout().lock());
        let exit = run(&options, &mut out).and_then(|exit| out.flush().map(|()| exit));
        // Who closed the pipe does not want the rest; the verdict is lost with it.
        exit.map_or(ExitCode::from(2), |exit| ExitCode::from(exit.code()))
    }
}
