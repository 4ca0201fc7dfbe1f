//! A line of a Karak trace after the first.

use crate::abi::{self, Function};
use crate::book::Book;
use crate::compare::Outcome;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A line as it is recorded: a call, or something that happens without one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A change of the environment.
    Environment(Environment),
    /// A call.
    Call(Box<Step>),
}

impl Line {
    /// Index and time.
    #[must_use]
    pub fn place(&self) -> (u64, u64) {
        match self {
            Self::Environment(environment) => (environment.i, environment.t),
            Self::Call(step) => (step.i, step.t),
        }
    }
}

/// A change of the environment.
#[derive(Debug, Deserialize)]
pub struct Environment {
    /// Index.
    #[serde(deserialize_with = "abi::number")]
    pub i: u64,
    /// Timestamp of the last block.
    #[serde(deserialize_with = "abi::number")]
    pub t: u64,
    /// What happens.
    pub env: String,
    /// To whom.
    pub detail: Detail,
}

/// Ether that an account has.
#[derive(Debug, Deserialize)]
pub struct Detail {
    /// The account.
    pub address: Address,
    /// What it has from now on.
    #[serde(deserialize_with = "abi::amount")]
    pub wei: U256,
}

/// A call as it is recorded.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Index.
    #[serde(deserialize_with = "abi::number")]
    pub i: u64,
    /// Timestamp of its block.
    #[serde(deserialize_with = "abi::number")]
    pub t: u64,
    /// Number of its block.
    #[serde(deserialize_with = "abi::number")]
    pub block: u64,
    /// Who calls.
    pub from: Address,
    /// Which contract.
    pub to: Address,
    /// Signature of the function.
    #[serde(rename = "fn")]
    pub function: String,
    /// Arguments.
    pub args: Vec<Value>,
    /// What the recorder says about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it succeeded.
    pub ok: bool,
    /// What it returned.
    #[serde(default)]
    pub ret: Option<Bytes>,
    /// How it failed.
    #[serde(default)]
    pub err: Option<Failure>,
    /// Logs in order.
    pub logs: Vec<RecordedLog>,
    /// Readings after it.
    #[serde(default)]
    pub views: Map<String, Value>,
}

/// How a call failed.
#[derive(Debug, Deserialize)]
pub struct Failure {
    /// Revert data.
    pub data: Bytes,
}

/// A log as it is recorded.
#[derive(Debug, Deserialize)]
pub struct RecordedLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl RecordedLog {
    fn log(&self) -> Result<Log, String> {
        let data = LogData::new(self.topics.clone(), self.data.clone());
        Ok(Log { address: self.address, data: data.ok_or("a log with more than four topics")? })
    }
}

/// A call, ready to be replayed.
#[derive(Debug)]
pub struct Ready {
    /// Calldata.
    pub input: Bytes,
    /// How it ended.
    pub outcome: Outcome,
    /// Logs in order.
    pub logs: Vec<Log>,
    /// The call in words.
    pub words: String,
}

impl Step {
    /// Encodes calldata and collects what came of it.
    ///
    /// # Errors
    /// What does not fit the schema.
    pub fn prepare(&self, book: &Book) -> Result<Ready, String> {
        let function = Function::parse(&self.function)
            .ok_or_else(|| format!("{} is no function signature", self.function))?;
        let outcome = match (self.ok, &self.ret, &self.err) {
            (true, Some(data), _) => Outcome::Returned(data.clone()),
            (false, _, Some(failure)) => Outcome::Reverted(failure.data.clone()),
            (true, None, _) => return Err("a success without ret".to_owned()),
            (false, _, None) => return Err("a failure without err".to_owned()),
        };
        let logs = self.logs.iter().map(RecordedLog::log).collect::<Result<_, _>>()?;
        let input = function.calldata(&self.args)?.into();
        let args: Vec<_> = self.args.iter().map(|arg| book.words(arg)).collect();
        let note = self.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        let (from, to) = (book.name(self.from), book.name(self.to));
        let words = format!("{from} -> {to}.{}({}){note}", function.name, args.join(", "));
        Ok(Ready { input, outcome, logs, words })
    }
}
