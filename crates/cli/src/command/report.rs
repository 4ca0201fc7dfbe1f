//! `bondstone report`: the four questions, answered for every network and vault of a chain.

mod amount;
mod json;
mod names;
mod network;
mod payment;
pub(super) mod prices;
mod rules;
mod source;
mod text;
mod vault;
mod warning;

use crate::place::Place;
use bondstone_kernel::security::{DecimalError, Prices};
use bondstone_node::rpc::security::SecurityAnswer;
use clap::Args;
use clap::builder::PossibleValuesParser;
use prices::PricesFileError;
use source::{At, SourceError};
use std::io::{self, Write, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use thiserror::Error;

/// Who secures which network, who pays, what happens when something breaks, how flexible it is;
/// with stake by operator and asset. Exit code 0: it is printed; 2: wrong usage, or a chain or a
/// file that cannot be read.
#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    place: Place,
    /// The block to report on: a number, a hash, or latest, safe, finalized, earliest.
    #[arg(long, value_name = "BLOCK", default_value = "latest")]
    at: At,
    /// Prices of whole tokens, a line each: a symbol or an address, and a decimal number. They
    /// stand above those of the chain's economy.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Days whose pay is counted in rates.
    #[arg(long, value_name = "DAYS", default_value = "30",
          value_parser = PossibleValuesParser::new(["7", "30", "90"]))]
    window: String,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Why there is no report.
#[derive(Debug, Error)]
enum ReportError {
    /// The chain cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The prices file cannot be used.
    #[error(transparent)]
    Prices(#[from] PricesFileError),
    /// The economy's own price of a token is no number.
    #[error("the chain's price of {token} is wrong: {error}")]
    BadLabel {
        /// The token.
        token: String,
        /// What is wrong with it.
        error: DecimalError,
    },
    /// The report cannot be written down.
    #[error("cannot write the report: {0}")]
    Write(#[from] io::Error),
}

impl ReportError {
    /// What to do about it, if there is something.
    fn hint(&self) -> &'static str {
        match self {
            Self::Source(error) => error.hint(),
            Self::Prices(PricesFileError::Line { .. }) => {
                "; a line is a token and its price, such as `WETH 4100.50`"
            }
            Self::Prices(_) | Self::BadLabel { .. } | Self::Write(_) => "",
        }
    }
}

/// How to report, besides what.
#[derive(Clone, Debug)]
struct Terms {
    /// Prices that rates are computed with.
    prices: Prices,
    /// Where they come from, for the reader.
    origin: String,
    /// The window whose pay counts.
    window_seconds: u64,
}

impl Report {
    /// Reads and prints.
    pub(crate) fn run(self) -> ExitCode {
        match self.print() {
            Ok(()) => ExitCode::SUCCESS,
            // Who closed the pipe does not want the rest.
            Err(ReportError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                ExitCode::SUCCESS
            }
            Err(error) => {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(stderr(), "error: {error}{}", error.hint());
                ExitCode::from(2)
            }
        }
    }

    fn print(&self) -> Result<(), ReportError> {
        let answer = match &self.place.data_dir {
            Some(directory) => source::stored(directory, self.at)?,
            None => source::ask(&self.place.rpc, self.at)?,
        };
        let terms = self.terms(&answer)?;
        let report = if self.json {
            json::report_of(&answer, &terms)?
        } else {
            text::report_of(&answer, &terms)
        };
        // Styles are left out where the output is no terminal, and where NO_COLOR asks for it.
        let mut out = anstream::stdout().lock();
        out.write_all(report.as_bytes())?;
        Ok(out.flush()?)
    }

    fn terms(&self, answer: &SecurityAnswer) -> Result<Terms, ReportError> {
        let mut prices = prices::of_labels(&answer.labels)?;
        let mut origin = "the chain's economy; illustrative".to_owned();
        if let Some(path) = &self.prices {
            let own = prices::read_file(path, &answer.view)?;
            origin = if prices.is_empty() {
                path.display().to_string()
            } else {
                format!("{}, then {origin}", path.display())
            };
            prices.extend(own);
        }
        // The parser of the arguments lets nothing else pass than these numbers of days.
        let days: u64 = self.window.parse().unwrap_or(30);
        Ok(Terms { prices, origin, window_seconds: days.saturating_mul(amount::DAY) })
    }
}
