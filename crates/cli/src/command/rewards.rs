//! `bondstone rewards`: who is paid for security, computed from a chain's ledger, and checked.

mod chain;
mod diff;
mod draft;
mod failure;
mod folder;
mod kept;
mod materials;
mod publish;
mod settle;
mod table;
mod tree;
mod verify;

use crate::place::Place;
use bondstone_rewards::text;
use chain::Source;
use clap::{Args, Subcommand};
use draft::Workshop;
use failure::Failure;
use materials::Materials;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Computes what a programme pays, sends it, and checks what somebody else computed. Exit code 0:
/// done, and nothing differs; 1: a distribution is not what the chain says, or was changed; 2:
/// wrong usage, a chain or a file that cannot be used, or a transaction that is not in the chain.
#[derive(Debug, Args)]
pub(crate) struct Rewards {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Compute a distribution, and write it with its trees, explanations and inputs into a folder.
    /// A run that was stopped goes on with the blocks that it has read.
    Run {
        /// The programme; tables that it names are beside it.
        programme: PathBuf,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        span: Span,
        /// The folder; it appears when it is whole.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Compute a distribution again from its inputs and the chain, and compare everything. What
    /// differs is printed as a JSON object: the first recipient, and both derivations.
    Verify {
        /// The distribution's folder.
        folder: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Send a distribution to its rail, with the money for it. It can be repeated: what was sent is
    /// not sent again.
    Publish(Box<publish::Publish>),
    /// What would the same time pay under another programme? By recipient.
    Diff {
        /// A distribution's folder, or a programme.
        base: PathBuf,
        /// The other programme.
        other: PathBuf,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        span: Span,
        /// Print a JSON object, with amounts in smallest units, instead of text.
        #[arg(long)]
        json: bool,
    },
}

/// For what time.
#[derive(Debug, Default, Args)]
struct Span {
    /// First second: a date, a date and time in UTC, or seconds since 1970 [default: where the
    /// previous distribution ends, or the programme begins].
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    from: Option<u64>,
    /// First second that is not paid [default: the end of the last interval that is over].
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    to: Option<u64>,
    /// The folder of the distribution before it, from which totals go on.
    #[arg(long, value_name = "DIR")]
    previous: Option<PathBuf>,
}

fn moment(text: &str) -> Result<u64, String> {
    text::moment(text).map_err(|problem| problem.to_string())
}

impl Rewards {
    /// Does it and prints what came of it.
    pub(crate) fn run(self) -> ExitCode {
        match self.what.run() {
            Ok((text, exit)) => {
                // Who closed the pipe does not want the answer.
                let _ = stdout().write_all(text.as_bytes());
                exit
            }
            Err(failure) => {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(stderr(), "error: {failure}{}", failure.hint());
                ExitCode::from(failure.exit())
            }
        }
    }
}

impl What {
    fn run(self) -> Result<(String, ExitCode), Failure> {
        match self {
            Self::Run { programme, place, span, out } => {
                folder::refuse_foreign(&out)?;
                let materials = Materials::read(&programme, span.previous.as_deref())?;
                let source = Source::open(place)?;
                let window = settle::window(&materials, &span, source.last()?)?;
                let mut workshop = Workshop::enter(&out)?;
                let written = folder::run(&materials, window, &source, &workshop);
                if matches!(written, Err(Failure::Node(_))) {
                    workshop.leave_open();
                }
                Ok((written?, ExitCode::SUCCESS))
            }
            Self::Verify { folder, place } => verify::run(&folder, || Source::open(place)),
            Self::Publish(publish) => Ok((publish.run()?, ExitCode::SUCCESS)),
            Self::Diff { base, other, place, span, json } => {
                let text = diff::run(&base, &other, &span, json, || Source::open(place))?;
                Ok((text, ExitCode::SUCCESS))
            }
        }
    }
}
