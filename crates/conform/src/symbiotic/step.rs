//! A step of a core trace.

use crate::abi::{self, Function};
use crate::book::Book;
use crate::compare::Outcome;
use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A step as it is recorded.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Index.
    #[serde(deserialize_with = "abi::number")]
    pub i: u64,
    /// Timestamp of its block.
    #[serde(deserialize_with = "abi::number")]
    pub t: u64,
    /// Who calls; read-only calls have no caller.
    #[serde(default)]
    pub from: Option<String>,
    /// Which contract.
    pub to: String,
    /// Signature of the function.
    #[serde(rename = "fn")]
    pub function: String,
    /// Arguments.
    pub args: Vec<Value>,
    /// Gas of the call where it is not the usual.
    #[serde(default, rename = "gasLimit")]
    pub gas_limit: Option<Value>,
    /// What the recorder says about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it succeeded.
    pub ok: bool,
    /// What it returned.
    #[serde(default)]
    pub ret: Option<Vec<Value>>,
    /// Name of the error.
    #[serde(default)]
    pub error: Option<String>,
    /// Revert data.
    #[serde(default)]
    pub raw: Option<Bytes>,
    /// Whether it is a read-only call.
    #[serde(default)]
    pub view: bool,
    /// Logs in order.
    #[serde(default)]
    pub logs: Option<Vec<RecordedLog>>,
    /// Readings that changed.
    #[serde(default)]
    pub views: Map<String, Value>,
}

/// A log as it is recorded.
#[derive(Debug, Deserialize)]
pub struct RecordedLog {
    a: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl RecordedLog {
    fn log(&self) -> Result<Log, String> {
        let data = LogData::new(self.topics.clone(), self.data.clone());
        Ok(Log { address: self.a, data: data.ok_or("a log with more than four topics")? })
    }
}

/// A step, ready to be replayed.
#[derive(Debug)]
pub struct Ready {
    /// Who calls.
    pub from: Address,
    /// Which contract.
    pub to: Address,
    /// Name of the function.
    pub function: String,
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
    /// Finds addresses, encodes calldata and the recorded answer. `Ok(None)` when the function's
    /// answer cannot be encoded because nobody knows its types.
    ///
    /// # Errors
    /// What does not fit the schema.
    pub fn prepare(&self, book: &Book) -> Result<Option<Ready>, String> {
        let find = |name: &str| book.address(name).ok_or_else(|| format!("{name} has no address"));
        let function = Function::parse(&self.function)
            .ok_or_else(|| format!("{} is no function signature", self.function))?;
        let input = function.calldata(&self.args)?.into();
        let from = match &self.from {
            Some(name) => find(name)?,
            None if self.view => Address::ZERO,
            None => return Err("a call without a caller".to_owned()),
        };
        let outcome = match (self.ok, &self.ret, &self.raw) {
            (true, Some(values), _) => {
                match Outcome::returning(&function.name, function.selector, values) {
                    Some(outcome) => outcome,
                    None => return Ok(None),
                }
            }
            (false, _, Some(raw)) => Outcome::Reverted(raw.clone()),
            (true, None, _) => return Err("a success without ret".to_owned()),
            (false, _, None) => return Err("a failure without raw".to_owned()),
        };
        let logs = match (&self.logs, self.view) {
            (Some(logs), _) => logs.iter().map(RecordedLog::log).collect::<Result<_, _>>()?,
            (None, true) => Vec::new(),
            (None, false) => return Err("a step without logs".to_owned()),
        };
        let words = self.words(&function, book);
        let (to, function) = (find(&self.to)?, function.name);
        Ok(Some(Ready { from, to, function, input, outcome, logs, words }))
    }

    fn words(&self, function: &Function, book: &Book) -> String {
        let args: Vec<_> = self.args.iter().map(|arg| book.words(arg)).collect();
        let from = self.from.as_deref().unwrap_or(if self.view { "view" } else { "nobody" });
        let note = self.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
        format!("{from} -> {}.{}({}){note}", self.to, function.name, args.join(", "))
    }
}
