//! Why a measurement could not be made.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a measurement could not be made, or would have measured something else than it says.
#[derive(Debug, Error)]
pub(crate) enum BenchError {
    /// A file is not there or cannot be used.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A program that is measured is not there.
    #[error("{what} is missing: {hint}")]
    Missing {
        /// What is not there.
        what: String,
        /// How to get it.
        hint: &'static str,
    },
    /// The compiled contracts are not as `contracts.mjs` writes them.
    #[error("{path}: {fault}; write it with `node tests/e2e/contracts.mjs compile FILE`")]
    Contracts {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A call that has to work failed.
    #[error("{chain}: {what} failed: {why}")]
    Failed {
        /// On which chain.
        chain: &'static str,
        /// Which call.
        what: String,
        /// What the chain answered.
        why: String,
    },
    /// The two sides did not do the same.
    #[error("{operation}, call {number}: {left_name} gives {left}, {right_name} gives {right}")]
    Different {
        /// Which operation.
        operation: String,
        /// Which of its calls, from zero.
        number: usize,
        /// One side.
        left_name: &'static str,
        /// What it gave.
        left: String,
        /// The other side.
        right_name: &'static str,
        /// What that gave.
        right: String,
    },
    /// A server does not speak as expected.
    #[error("{server}: {fault}")]
    Server {
        /// Which server.
        server: String,
        /// What it did.
        fault: String,
    },
    /// The connection broke.
    #[error("connection to a server: {0}")]
    Connection(#[from] io::Error),
    /// The world refused a log while it was set up.
    #[error("bondstone: {0}")]
    Sandbox(#[from] bondstone_world::sandbox::SandboxError),
    /// The store refused.
    #[error("store: {0}")]
    Store(#[from] bondstone_store::StoreError),
    /// There is no tree.
    #[error("tree: {0}")]
    Merkle(#[from] bondstone_rewards::merkle::MerkleError),
    /// A key cannot sign.
    #[error("signing: {0}")]
    Signer(#[from] alloy_signer::Error),
}

impl BenchError {
    /// An error about a file, for `map_err`.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
