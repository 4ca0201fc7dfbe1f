//! `bondstone up`: a local chain with the protocols on it.

mod config;
mod log;
mod settings;

use bondstone_node::{StartError, server};
use bondstone_store::StoreError;
use clap::ArgAction;
use config::ConfigError;
use settings::Settings;
use std::fmt::Display;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Prints addresses, accounts and URL, then answers Ethereum JSON-RPC over HTTP and WebSocket until
/// Ctrl-C or until the system asks it to end. Exit code 0: it was asked to end; 2: it could not
/// start.
///
/// Every option can also be given as an environment variable (BONDSTONE_MAX_BATCH for --max-batch)
/// and, under its own name, in a TOML file (--config). The command line wins over the environment,
/// and the environment over the file.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Up {
    #[command(flatten)]
    settings: Settings,
    /// A TOML file with options, each under its name here.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the options that would be in effect, as a file for --config, and end.
    #[arg(long, action = ArgAction::SetTrue)]
    print_config: bool,
}

impl Up {
    /// Runs the chain.
    pub(crate) fn run(self) -> ExitCode {
        let settings = match self.effective() {
            Ok(settings) => settings,
            Err(error) => return refused(&error, ""),
        };
        if self.print_config {
            return print(&settings);
        }
        if let Err(error) = log::start(&settings) {
            return refused(&error, "");
        }
        let args = settings.to_args();
        if let Some(exposure) = server::exposure(args.host) {
            // Nobody is left to warn when standard error is closed.
            let _ = writeln!(stderr(), "warning: {exposure}");
        }
        match bondstone_node::run(&args, &mut stdout().lock()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => refused(&error, hint(&error)),
        }
    }

    fn effective(&self) -> Result<Settings, ConfigError> {
        let environment = |name: &str| std::env::var_os(name);
        config::effective(self.settings.clone(), self.config.clone(), environment)
    }
}

/// What to do about it, if there is something.
fn hint(error: &StartError) -> &'static str {
    match error {
        StartError::Listen { .. } => "; is it taken? --port 0 picks a free one",
        StartError::OtherEconomy { .. } => {
            "; give another --data-dir for a new chain, or --ephemeral to keep none"
        }
        StartError::Store(error) if matches!(**error, StoreError::Locked { .. }) => {
            "; give another --data-dir, or --ephemeral to keep none"
        }
        _ => "",
    }
}

fn print(settings: &Settings) -> ExitCode {
    let text = match config::to_toml(settings) {
        Ok(text) => text,
        Err(error) => return refused(&error, ""),
    };
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Who closed the pipe does not want it.
        Err(_) => ExitCode::from(2),
    }
}

fn refused(error: &impl Display, hint: &str) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(stderr(), "error: {error}{hint}");
    ExitCode::from(2)
}
