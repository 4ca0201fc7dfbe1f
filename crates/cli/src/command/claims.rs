//! `bondstone claims`: everything that an account can collect on a chain.

mod list;
mod table;

pub(super) use list::{fetch, source_of};
pub(super) use table::{short, shown};

use crate::rpc::RpcError;
use alloy_primitives::Address;
use clap::Args;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Lists what an account can collect, over every rail, vault and network: amount, where it comes
/// from, since when, until when, and the gas that collecting takes. Exit code 0: it is listed; 2:
/// wrong usage, or a node that does not tell.
#[derive(Debug, Args)]
pub(crate) struct Claims {
    /// Whose claims.
    account: Address,
    /// The node to ask. What is in Merkle trees it only knows with `--distributions`.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// Print a JSON object, with amounts in smallest units and calldata, instead of text.
    #[arg(long)]
    json: bool,
}

impl Claims {
    /// Asks and prints.
    pub(crate) fn run(self) -> ExitCode {
        match self.text() {
            Ok(text) => {
                // Who closed the pipe does not want the answer.
                let _ = stdout().write_all(text.as_bytes());
                ExitCode::SUCCESS
            }
            Err(error) => {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(stderr(), "error: {error}{}", error.hint());
                ExitCode::from(2)
            }
        }
    }

    fn text(&self) -> Result<String, RpcError> {
        let claims = fetch(&self.rpc, self.account)?;
        if !self.json {
            return Ok(table::of(&claims));
        }
        let text = serde_json::to_string_pretty(&claims);
        let url = self.rpc.clone();
        let mut text = text.map_err(|source| RpcError::Unreadable { url, source })?;
        text.push('\n');
        Ok(text)
    }
}
