//! Whose transactions are sent: a private key, or an account that the node signs for.

use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use clap::Args;
use std::path::{Path, PathBuf};
use std::{env, fs, io};
use thiserror::Error;

/// Where the key is when no file is named.
const KEY: &str = "BONDSTONE_KEY";

/// Why there is no key.
#[derive(Debug, Error)]
pub(crate) enum KeyError {
    /// The file cannot be read.
    #[error("cannot read the key file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is something else. What it is stays unsaid: it could be most of a key.
    #[error("{origin} does not hold a private key: 32 bytes in hex, none of them missing")]
    NotAKey {
        /// The file or the variable.
        origin: String,
    },
    /// Nobody was named.
    #[error("nobody is named who sends; give --key-file, --from, or a key in BONDSTONE_KEY")]
    Nobody,
}

/// Whose transactions.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Keys {
    /// A file with the sender's private key in hex; without it the key may be in the environment
    /// as BONDSTONE_KEY.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    key_file: Option<PathBuf>,
    /// A sender whose key the node holds, such as a developer account.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<Address>,
}

/// Somebody who sends.
#[derive(Clone, Debug)]
pub(crate) enum Account {
    /// The key is here.
    Key(PrivateKeySigner),
    /// The node has the key.
    OfNode(Address),
}

impl Keys {
    /// Who sends, if anybody was named.
    pub(crate) fn account(&self) -> Result<Option<Account>, KeyError> {
        if let Some(address) = self.from {
            return Ok(Some(Account::OfNode(address)));
        }
        Ok(key(self.key_file.as_deref(), KEY)?.map(Account::Key))
    }
}

/// The key in a file, or else in a variable of the environment.
pub(crate) fn key(
    file: Option<&Path>,
    variable: &str,
) -> Result<Option<PrivateKeySigner>, KeyError> {
    let (origin, text) = match file {
        Some(path) => {
            let read = |source| KeyError::Read { path: path.to_path_buf(), source };
            (path.display().to_string(), fs::read_to_string(path).map_err(read)?)
        }
        None => match env::var(variable) {
            Ok(text) if !text.is_empty() => (variable.to_owned(), text),
            _ => return Ok(None),
        },
    };
    let parsed: Option<B256> = text.trim().parse().ok();
    let signer = parsed.and_then(|key| PrivateKeySigner::from_bytes(&key).ok());
    signer.map(Some).ok_or(KeyError::NotAKey { origin })
}

impl Account {
    /// Who it is.
    pub(crate) fn address(&self) -> Address {
        match self {
            Self::Key(signer) => signer.address(),
            Self::OfNode(address) => *address,
        }
    }
}
