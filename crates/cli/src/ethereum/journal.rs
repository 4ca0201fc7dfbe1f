//! What was sent, on disk before it is sent: between sending and the receipt nobody knows whether
//! a transaction counts, and whoever starts again has to.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The form that this version writes and reads.
const FORM: u32 = 1;

/// Why there is no journal.
#[derive(Debug, Error)]
pub(crate) enum JournalError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not what this version writes.
    #[error("{path} is not a journal that this version reads: {what}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// A transaction that was sent, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entry {
    /// What for.
    pub(crate) what: String,
    /// Who sends it.
    pub(crate) from: Address,
    /// Its place among the sender's transactions: only one transaction can ever have it.
    pub(crate) nonce: u64,
    /// To which contract.
    pub(crate) to: Address,
    /// The keccak-256 of its calldata.
    pub(crate) input_hash: B256,
    /// Its hash, once it is known.
    pub(crate) hash: Option<B256>,
    /// What became of it; nothing while nobody knows.
    pub(crate) outcome: Option<Outcome>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// A block has it.
    Mined {
        /// Which.
        block: u64,
    },
    /// A block has it, and it failed.
    Failed {
        /// Which.
        block: u64,
    },
    /// Its place has been taken, by itself or by another one.
    Settled,
    /// It did not arrive; its place is free for the next one.
    Lost,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sheet {
    form: u32,
    chain_id: u64,
    genesis: B256,
    entries: Vec<Entry>,
}

/// The journal of what is sent about one thing on one chain.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Nothing is kept without.
    path: Option<PathBuf>,
    sheet: Sheet,
}

impl Journal {
    /// One that ends with the program, for what can be seen on the chain alone.
    pub(crate) fn in_memory() -> Self {
        let (chain_id, genesis) = (0, B256::ZERO);
        Self { path: None, sheet: Sheet { form: FORM, chain_id, genesis, entries: Vec::new() } }
    }

    /// Reads the one at `path`. Of another chain, which began anew, it says nothing.
    pub(crate) fn open(path: &Path, chain_id: u64, genesis: B256) -> Result<Self, JournalError> {
        let new = Sheet { form: FORM, chain_id, genesis, entries: Vec::new() };
        let sheet = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => new,
            Err(source) => return Err(JournalError::Read { path: path.to_path_buf(), source }),
            Ok(text) => {
                let wrong =
                    |what: String| JournalError::Unreadable { path: path.to_path_buf(), what };
                let kept: Sheet =
                    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
                match kept {
                    Sheet { form, .. } if form != FORM => {
                        return Err(wrong(format!("it has form {form}")));
                    }
                    kept if (kept.chain_id, kept.genesis) == (chain_id, genesis) => kept,
                    _ => new,
                }
            }
        };
        Ok(Self { path: Some(path.to_path_buf()), sheet })
    }

    /// The transaction of which nobody knows yet what became of it.
    pub(crate) fn open_entry(&self) -> Option<&Entry> {
        self.sheet.entries.last().filter(|entry| entry.outcome.is_none())
    }

    /// Writes down a transaction that is about to be sent.
    pub(crate) fn begin(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.sheet.entries.push(entry);
        self.write()
    }

    /// Writes down the hash of the last transaction.
    pub(crate) fn name(&mut self, hash: B256) -> Result<(), JournalError> {
        if let Some(entry) = self.sheet.entries.last_mut() {
            entry.hash = Some(hash);
        }
        self.write()
    }

    /// Writes down what became of the last transaction.
    pub(crate) fn close(&mut self, outcome: Outcome) -> Result<(), JournalError> {
        if let Some(entry) = self.sheet.entries.last_mut() {
            entry.outcome = Some(outcome);
        }
        self.write()
    }

    /// Whole or not at all.
    fn write(&self) -> Result<(), JournalError> {
        let Some(path) = &self.path else { return Ok(()) };
        let wrong = |error: serde_json::Error| JournalError::Unreadable {
            path: path.clone(),
            what: error.to_string(),
        };
        let mut text = serde_json::to_string_pretty(&self.sheet).map_err(wrong)?;
        text.push('\n');
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, path)?;
            match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                Some(parent) => File::open(parent)?.sync_all(),
                None => Ok(()),
            }
        };
        write().map_err(|source| JournalError::Write { path: path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(nonce: u64) -> Entry {
        Entry {
            what: "approve".to_owned(),
            from: Address::repeat_byte(1),
            nonce,
            to: Address::repeat_byte(2),
            input_hash: B256::repeat_byte(3),
            hash: None,
            outcome: None,
        }
    }

    #[test]
    fn what_was_written_is_there_again_until_the_chain_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("week-1.sent-1.json");
        let genesis = B256::repeat_byte(9);
        let mut journal = Journal::open(&path, 1, genesis).unwrap();
        assert!(journal.open_entry().is_none());
        journal.begin(entry(7)).unwrap();
        journal.name(B256::repeat_byte(4)).unwrap();
        let again = Journal::open(&path, 1, genesis).unwrap();
        let open = again.open_entry().unwrap();
        assert_eq!((open.nonce, open.hash), (7, Some(B256::repeat_byte(4))));
        journal.close(Outcome::Mined { block: 5 }).unwrap();
        assert!(Journal::open(&path, 1, genesis).unwrap().open_entry().is_none());
        journal.begin(entry(8)).unwrap();
        assert!(Journal::open(&path, 1, B256::ZERO).unwrap().open_entry().is_none());
        fs::write(&path, "{}").unwrap();
        let refusal = Journal::open(&path, 1, genesis).unwrap_err().to_string();
        assert!(refusal.contains("is not a journal that this version reads"), "{refusal}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
