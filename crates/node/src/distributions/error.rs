//! Why a distribution's folder cannot be used.

use super::tree::TreeError;
use alloy_primitives::B256;
use bondstone_rewards::TextError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a distribution's folder cannot be used.
#[derive(Debug, Error)]
pub enum DistributionError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is not what this version writes.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The folder has another form.
    #[error("{path}: the folder has form {found}, this version reads {}", super::FORM)]
    Form {
        /// The manifest.
        path: PathBuf,
        /// What it says.
        found: u32,
    },
    /// A file is not the one of which the manifest speaks.
    #[error("{path} was changed: it has hash {found}, but the manifest says {expected}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// What the manifest says.
        expected: B256,
        /// What it is.
        found: B256,
    },
    /// The manifest does not speak of a file.
    #[error("{path} is not in the manifest")]
    Unlisted {
        /// The file.
        path: PathBuf,
    },
    /// The programme is wrong.
    #[error(transparent)]
    Programme(#[from] TextError),
    /// A file does not hold the tree that the manifest says.
    #[error("{path}: {source}")]
    Tree {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TreeError,
    },
}

impl DistributionError {
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.to_path_buf(), source }
    }
}
