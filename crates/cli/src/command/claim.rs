//! `bondstone claim`: collects what an account can collect, in as few transactions as there can be.

mod bundle;
#[cfg(test)]
mod tests;
mod worth;

use super::claims::{fetch, shown, source_of};
use super::report::prices::PricesFileError;
use crate::ethereum::client::{Client, ClientError};
use crate::ethereum::journal::Journal;
use crate::ethereum::keys::{Account, KeyError, Keys};
use crate::ethereum::sending::{SendError, Sender, Sent, Transaction};
use crate::rpc::RpcError;
use alloy_primitives::{Address, U256};
use bondstone_kernel::security::Decimal;
use bondstone_node::api::{AccountClaims, AssetInfo, Claim as Item};
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use thiserror::Error;
use worth::{Skipped, Worth};

/// Collects what an account can collect, over every rail, vault and network. Exit code 0: it is
/// collected, or there was nothing worth it; 1: a transaction failed, and what it was for is still
/// there; 2: wrong usage, or a node that does not tell or send.
#[derive(Debug, Args)]
pub(crate) struct Claim {
    /// Everything that `bondstone claims` lists.
    #[arg(long, required = true)]
    all: bool,
    /// The node to ask, and which sends.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc: String,
    #[command(flatten)]
    keys: Keys,
    /// With --dry-run: whose claims, when the key is in a wallet.
    #[arg(long, value_name = "ADDRESS", requires = "dry_run")]
    #[arg(conflicts_with_all = ["key_file", "from"])]
    account: Option<Address>,
    /// Who is paid [default: the account]. What can only be paid to the account is left.
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<Address>,
    /// Leave what brings less than the gas of collecting it costs: a file of prices as
    /// `bondstone report` takes it, with a line for `ETH`.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Leave what brings less than this, in the currency of the prices.
    #[arg(long, value_name = "VALUE", requires = "prices")]
    min_value: Option<Decimal>,
    /// How many seconds to wait for each block.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// Send nothing, and print receivers and calldata for a wallet.
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON object, with amounts in smallest units, instead of text.
    #[arg(long)]
    json: bool,
}

/// Why nothing can be collected.
#[derive(Debug, Error)]
enum ClaimError {
    /// The node does not tell.
    #[error(transparent)]
    Node(#[from] RpcError),
    /// The node does not tell what is needed to send.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Nobody can sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A transaction is not in the chain.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The prices cannot be used.
    #[error(transparent)]
    Prices(#[from] PricesFileError),
    /// Gas has no price.
    #[error("{0} has no price of ether, in which gas is paid")]
    NoEtherPrice(PathBuf),
    /// A number too large to compute with.
    #[error("the value of {0} is too large a number")]
    TooLarge(String),
}

impl ClaimError {
    fn hint(&self) -> &'static str {
        match self {
            Self::Node(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Send(error) => error.hint(),
            Self::Prices(PricesFileError::Line { .. }) => {
                "; a line is a token and its price, such as `ETH 4100.50`"
            }
            Self::NoEtherPrice(_) => "; it needs a line such as `ETH 4100.50`",
            _ => "",
        }
    }
}

/// What was collected, what was left.
#[derive(Debug)]
struct Outcome {
    account: Address,
    block: u64,
    /// What is collected, or would be.
    taken: Vec<Item>,
    sent: Vec<Sent>,
    /// What would be sent.
    to_send: Vec<Transaction>,
    failed: Vec<String>,
    skipped: Vec<Skipped>,
    is_dry: bool,
}

impl Claim {
    /// Collects and prints.
    pub(crate) fn run(self) -> ExitCode {
        match self.collect() {
            Ok(outcome) => {
                let text = if self.json { as_json(&outcome) } else { as_text(&outcome) };
                // Who closed the pipe does not want the answer.
                let _ = stdout().write_all(text.as_bytes());
                ExitCode::from(u8::from(!outcome.failed.is_empty()))
            }
            Err(error) => {
                // Nobody is left to tell when standard error is closed.
                let _ = writeln!(stderr(), "error: {error}{}", error.hint());
                ExitCode::from(2)
            }
        }
    }

    fn collect(&self) -> Result<Outcome, ClaimError> {
        let client = Client::new(&self.rpc);
        let account = self.keys.account()?;
        if self.dry_run {
            let address = account.as_ref().map(Account::address).or(self.account);
            let (claims, mut outcome) = self.choose(address.ok_or(KeyError::Nobody)?, &client)?;
            let bundles = bundle::bundles(&claims);
            outcome.to_send = bundles.into_iter().map(|bundle| bundle.transaction).collect();
            outcome.taken = claims;
            return Ok(outcome);
        }
        let account = account.ok_or(KeyError::Nobody)?;
        let (address, chain_id) = (account.address(), client.chain_id()?);
        let patience = Duration::from_secs(self.wait);
        // What was collected is no longer there to be collected: the chain is journal enough.
        let mut sender = Sender::new(&client, chain_id, account, Journal::in_memory(), patience);
        let mut nonce = sender.settle()?;
        let (claims, mut outcome) = self.choose(address, &client)?;
        for bundle in bundle::bundles(&claims) {
            match sender.send(nonce, bundle.transaction) {
                Ok(sent) => {
                    outcome.sent.push(sent);
                    outcome.taken.extend(bundle.claims);
                }
                Err(error @ (SendError::WouldFail { .. } | SendError::Failed { .. })) => {
                    outcome.failed.push(error.to_string());
                }
                Err(error) => return Err(error.into()),
            }
            nonce = sender.settle()?;
        }
        Ok(outcome)
    }

    /// What is worth to be collected, with calls that pay whom they should.
    fn choose(
        &self,
        account: Address,
        client: &Client,
    ) -> Result<(Vec<Item>, Outcome), ClaimError> {
        let worth = match &self.prices {
            Some(path) => Some(Worth::read(client, path, self.min_value)?),
            None => None,
        };
        let AccountClaims { block, items, .. } = fetch(&self.rpc, account)?;
        let (taken, skipped) = worth::choose(items, worth.as_ref(), self.recipient)?;
        let outcome = Outcome {
            account,
            block: block.number,
            taken: Vec::new(),
            sent: Vec::new(),
            to_send: Vec::new(),
            failed: Vec::new(),
            skipped,
            is_dry: self.dry_run,
        };
        Ok((taken, outcome))
    }
}

/// Sums by token, in the order of their symbols.
fn totals(claims: &[Item]) -> Vec<(AssetInfo, U256)> {
    let mut totals: BTreeMap<(String, String), (AssetInfo, U256)> = BTreeMap::new();
    for claim in claims {
        let key = (claim.token.symbol.clone(), format!("{:?}", claim.token.asset));
        let (_, sum) = totals.entry(key).or_insert((claim.token.clone(), U256::ZERO));
        *sum = sum.saturating_add(claim.amount.0);
    }
    totals.into_values().collect()
}

fn amount(token: &AssetInfo, units: U256) -> String {
    let symbol: String = token.symbol.chars().filter(|letter| !letter.is_control()).collect();
    let name = if symbol.is_empty() { format!("{:?}", token.asset) } else { symbol };
    format!("{} {name}", shown(units, token.decimals))
}

fn as_text(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10}{value}");
    };
    for skipped in &outcome.skipped {
        let Skipped { claim, reason } = skipped;
        let what = amount(&claim.token, claim.amount.0);
        row("left", format!("{what}, {}: {reason}", source_of(claim)));
    }
    for Sent { transaction, hash, block } in &outcome.sent {
        row("sent", format!("{} in block {block}: {hash}", transaction.what));
    }
    for failure in &outcome.failed {
        row("failed", failure.clone());
    }
    for (token, sum) in totals(&outcome.taken) {
        row(if outcome.is_dry { "to claim" } else { "claimed" }, amount(&token, sum));
    }
    if outcome.taken.is_empty() {
        row("claimed", format!("nothing at block {}", outcome.block));
    }
    for Transaction { what, to, input } in &outcome.to_send {
        let _ = writeln!(text, "\n{what}\n  to    {to}\n  data  {input}");
    }
    if outcome.is_dry {
        text.push_str("\nnothing was sent: this is a dry run\n");
    }
    text
}

fn as_json(outcome: &Outcome) -> String {
    let total =
        |(token, sum): (AssetInfo, U256)| json!({ "token": token, "amount": sum.to_string() });
    let step = |step: &Transaction| json!({ "what": step.what, "to": step.to, "data": step.input });
    let sent = |Sent { transaction: step, hash, block }: &Sent| {
        let (what, to, data) = (&step.what, step.to, &step.input);
        json!({ "what": what, "to": to, "data": data, "hash": hash, "block": block })
    };
    let skipped = |Skipped { claim, reason }: &Skipped| json!({ "claim": claim, "reason": reason });
    let value: Value = json!({
        "account": outcome.account,
        "block": outcome.block,
        "dryRun": outcome.is_dry,
        "claimed": totals(&outcome.taken).into_iter().map(total).collect::<Vec<_>>(),
        "sent": outcome.sent.iter().map(sent).collect::<Vec<_>>(),
        "toSend": outcome.to_send.iter().map(step).collect::<Vec<_>>(),
        "failed": outcome.failed,
        "left": outcome.skipped.iter().map(skipped).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}
