//! Sending a distribution to a rail, with the money for it.
//!
//! What is still to be done follows from the state of the chain alone, each time anew: after each
//! transaction, and after a crash. See [`crate::ethereum::sending`] for why nothing is sent twice.

mod captures;
mod error;
mod funding;
mod merkle;
mod operator;
mod order;
mod snapshot;
mod staker;

pub(super) use error::PublishError;

use crate::command::rewards::failure::Failure;
use crate::ethereum::client::{Client, Moment};
use crate::ethereum::journal::Journal;
use crate::ethereum::keys::{self, Account, KeyError, Keys};
use crate::ethereum::sending::{Sender, Sent, Transaction};
use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use clap::{Args, ValueEnum};
use order::Order;
use serde::Serialize;
use serde_json::json;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The second key, in the environment.
const SECOND_KEY: &str = "BONDSTONE_SECOND_KEY";

/// Most transactions of one run. Every rail needs few; a token that never lets enough of it
/// through would need them without end.
const MOST_TRANSACTIONS: usize = 1_000;

/// How a distribution reaches those whom it pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rail {
    /// Symbiotic's operator rewards: anybody, by the root of a tree of totals.
    V1Operator,
    /// Symbiotic's staker rewards: a vault's stakers, by their shares at captures.
    V1Staker,
    /// Rewards V2: anybody, by a root that the protocol and the rewarder have signed.
    V2Merkle,
    /// Rewards V2: a vault's stakers, operators and curator, by shares at captures.
    V2Snapshot,
}

impl fmt::Display for Rail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V1Operator => "v1-operator",
            Self::V1Staker => "v1-staker",
            Self::V2Merkle => "v2-merkle",
            Self::V2Snapshot => "v2-snapshot",
        })
    }
}

/// What to publish, where, and who sends.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The distribution's folder, as `rewards run` wrote it.
    folder: PathBuf,
    /// How it reaches those whom it pays.
    #[arg(long, value_enum)]
    rail: Rail,
    /// The node that sends.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    rpc: String,
    /// The rewards contract; for v1-staker one for each vault, the option repeated. Rewards V2 is
    /// where Ethereum mainnet has it unless this says otherwise.
    #[arg(long, value_name = "ADDRESS")]
    rewards: Vec<Address>,
    /// Pay a programme of points in this token: one smallest unit for each smallest unit of points.
    #[arg(long, value_name = "ADDRESS")]
    token: Option<Address>,
    /// The subnetwork whose operators are paid, for v2-snapshot.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    subnetwork: u64,
    #[command(flatten)]
    keys: Keys,
    /// A file with the second signer's private key in hex, for v2-merkle; without it the key may be
    /// in the environment as BONDSTONE_SECOND_KEY.
    #[arg(long, value_name = "FILE")]
    second_key_file: Option<PathBuf>,
    /// Publish although the root in force is not of the distribution before this one, which ends
    /// what can be claimed under it.
    #[arg(long)]
    replace: bool,
    /// How many seconds to wait for each block.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// Send nothing, and print what would be sent, with calldata.
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Who signs what.
#[derive(Debug)]
struct Signers {
    sender: Option<Account>,
    second: Option<PrivateKeySigner>,
}

/// What is still to be done.
#[derive(Debug)]
struct Plan {
    /// How it stands.
    state: State,
    /// What is to be sent, in order; empty when nothing is.
    steps: Vec<Transaction>,
    /// What is worth knowing, by name.
    facts: Vec<(&'static str, String)>,
}

/// How a distribution stands on its rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    /// Something is still to be done.
    Open,
    /// It is published, and paid for.
    Published,
    /// It was published, and a later one has taken its place.
    Superseded,
    /// It pays nobody on this chain.
    Empty,
}

/// What became of it.
#[derive(Debug)]
struct Outcome {
    plan: Plan,
    sent: Vec<Sent>,
    is_dry: bool,
}

impl Publish {
    /// Does it and says what came of it.
    pub(super) fn run(self) -> Result<String, Failure> {
        let outcome = self.publish().map_err(Box::new)?;
        if self.json { self.as_json(&outcome) } else { Ok(self.as_text(&outcome)) }
    }

    fn publish(&self) -> Result<Outcome, PublishError> {
        let client = Client::new(&self.rpc);
        let second = keys::key(self.second_key_file.as_deref(), SECOND_KEY)?;
        let signers = Signers { sender: self.keys.account()?, second };
        let chain_id = client.chain_id()?;
        let order = Order::read(&self.folder, self.rail, chain_id, self.token)?;
        let mut sent = Vec::new();
        if self.dry_run {
            let sender = signers.sender.as_ref().map(Account::address);
            let plan = self.plan(&order, &client.now()?, &signers, sender)?;
            return Ok(Outcome { plan, sent, is_dry: true });
        }
        let account = signers.sender.clone().ok_or(KeyError::Nobody)?;
        let _alone = order.lock()?;
        let journal =
            Journal::open(&journal_path(&self.folder, chain_id), chain_id, client.genesis()?)?;
        let patience = Duration::from_secs(self.wait);
        let mut sender = Sender::new(&client, chain_id, account, journal, patience);
        loop {
            // The nonce comes first: see `crate::ethereum::sending`.
            let nonce = sender.settle()?;
            let plan = self.plan(&order, &client.now()?, &signers, Some(sender.address()))?;
            let Some(step) = plan.steps.first().cloned() else {
                return Ok(Outcome { plan, sent, is_dry: false });
            };
            if sent.len() >= MOST_TRANSACTIONS {
                return Err(PublishError::Endless(sent.len()));
            }
            sent.push(sender.send(nonce, step)?);
        }
    }

    fn plan(
        &self,
        order: &Order,
        now: &Moment<'_>,
        signers: &Signers,
        sender: Option<Address>,
    ) -> Result<Plan, PublishError> {
        match self.rail {
            Rail::V1Operator => {
                operator::plan(order, now, self.only_contract()?, sender, self.replace)
            }
            Rail::V1Staker => staker::plan(order, now, &self.rewards, sender),
            Rail::V2Merkle => merkle::plan(order, now, self.second_version()?, sender, signers),
            Rail::V2Snapshot => {
                snapshot::plan(order, now, self.second_version()?, sender, self.subnetwork)
            }
        }
    }

    fn only_contract(&self) -> Result<Address, PublishError> {
        match self.rewards.as_slice() {
            [one] => Ok(*one),
            several => Err(PublishError::Contracts { rail: self.rail, count: several.len() }),
        }
    }

    /// Rewards V2 is one contract for everybody.
    fn second_version(&self) -> Result<Address, PublishError> {
        if self.rewards.is_empty() {
            let mainnet = bondstone_world::Deployment::mainnet(Address::ZERO);
            return Ok(mainnet.address(bondstone_symbiotic::Kind::Rewards));
        }
        self.only_contract()
    }

    fn as_json(&self, outcome: &Outcome) -> Result<String, Failure> {
        let Outcome { plan, sent, is_dry } = outcome;
        let facts: serde_json::Map<String, serde_json::Value> =
            plan.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let step =
            |step: &Transaction| json!({ "what": step.what, "to": step.to, "data": step.input });
        let sent: Vec<_> = sent
            .iter()
            .map(|sent| {
                let Sent { transaction: Transaction { what, to, input }, hash, block } = sent;
                json!({ "what": what, "to": to, "data": input, "hash": hash, "block": block })
            })
            .collect();
        super::folder::lines(&json!({
            "rail": self.rail.to_string(),
            "state": plan.state,
            "dryRun": is_dry,
            "facts": facts,
            "sent": sent,
            "toSend": plan.steps.iter().map(step).collect::<Vec<_>>(),
        }))
    }

    fn as_text(&self, outcome: &Outcome) -> String {
        let Outcome { plan, sent, is_dry } = outcome;
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:<12}{}", "rail", self.rail);
        for (name, value) in &plan.facts {
            let _ = writeln!(text, "{name:<12}{value}");
        }
        for Sent { transaction, hash, block } in sent {
            let _ = writeln!(text, "{:<12}{} in block {block}: {hash}", "sent", transaction.what);
        }
        for Transaction { what, to, input } in &plan.steps {
            let _ = writeln!(text, "\n{what}\n  to    {to}\n  data  {input}");
        }
        let last = match (plan.state, sent.is_empty()) {
            (State::Open, _) if *is_dry => "\nnothing was sent: this is a dry run",
            (State::Open, _) => "something is left to be done",
            (State::Empty, _) => "nothing is payable on this chain",
            (State::Superseded, _) => "published before, and replaced since; nothing was sent",
            (State::Published, true) => "published before; nothing was sent",
            (State::Published, false) => "published",
        };
        text.push_str(last);
        text.push('\n');
        text
    }
}

/// The journal beside the folder, one for each chain.
fn journal_path(folder: &Path, chain_id: u64) -> PathBuf {
    // `week-1/` and `.` have no name of their own at the end.
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    whole.with_file_name(format!("{name}.sent-{chain_id}.json"))
}
