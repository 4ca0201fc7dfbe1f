//! Distributions as folders: what a programme pays for a window, what it was computed from, and a
//! manifest of both.
//!
//! | file | what is in it |
//! |---|---|
//! | `manifest.json` | window, block, roots, and the keccak-256 of every other file |
//! | `distribution.json` | recipients with their amounts, intervals, accounts |
//! | `distribution.parquet` | recipients with their amounts, as a table |
//! | `explanations.jsonl` | for each recipient every term of the sum, a line each |
//! | `totals.json` | the accounts, and what is payable in all |
//! | `tree-CHAIN.json` | the tree in the rail's format |
//! | `programme.toml`, `prices.csv`, `performance.csv`, `points.csv`, `previous.json` | inputs |
//!
//! A [`Folder`] is read with the manifest's hashes: a file that is not the one of which the
//! manifest speaks is refused. Whether the manifest tells the truth is another question, which
//! only a chain answers.

mod error;
mod tree;

pub use error::DistributionError;
pub use tree::{Format, Proven, Tree, TreeError};

use crate::stake::{LeftOut, Position};
use alloy_primitives::{B256, Keccak256, keccak256};
use bondstone_rewards::{Distribution, Programme, Window};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The form of a folder that this version writes and reads.
pub const FORM: u32 = 1;
/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of the distribution.
pub const DISTRIBUTION: &str = "distribution.json";
/// The name of the distribution's table.
pub const TABLE: &str = "distribution.parquet";
/// The name of the explanations.
pub const EXPLANATIONS: &str = "explanations.jsonl";
/// The name of the totals.
pub const TOTALS: &str = "totals.json";
/// The name of the programme.
pub const PROGRAMME: &str = "programme.toml";
/// The name of the distribution before this one.
pub const PREVIOUS: &str = "previous.json";

/// What a folder says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The form of the folder.
    pub form: u32,
    /// What wrote it.
    pub program: String,
    /// The last block that was read.
    pub position: Position,
    /// For what time.
    pub window: Window,
    /// Vaults whose stake is not counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The trees.
    pub trees: Vec<Root>,
    /// The keccak-256 of every other file.
    pub files: BTreeMap<String, B256>,
}

/// A tree of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// Its file.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// Its root.
    pub root: B256,
}

/// A distribution's folder whose manifest was read.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    manifest: Manifest,
}

impl Folder {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// [`DistributionError::Read`], [`DistributionError::Unreadable`], [`DistributionError::Form`].
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DistributionError> {
        let folder = path.into();
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(DistributionError::read(&path))?;
        let manifest: Manifest = parse(&path, &text)?;
        match manifest.form {
            FORM => Ok(Self { path: folder, manifest }),
            found => Err(DistributionError::Form { path, found }),
        }
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the folder says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether the manifest speaks of a file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.manifest.files.contains_key(name)
    }

    /// A file's text, which must be the one of the manifest.
    ///
    /// # Errors
    /// [`DistributionError::Read`], [`DistributionError::Changed`],
    /// [`DistributionError::Unlisted`].
    pub fn text(&self, name: &str) -> Result<String, DistributionError> {
        let text = self.unchecked_text(name)?;
        self.check(name, keccak256(&text))?;
        Ok(text)
    }

    /// A file's text, whatever the manifest says of it.
    ///
    /// # Errors
    /// [`DistributionError::Read`].
    pub fn unchecked_text(&self, name: &str) -> Result<String, DistributionError> {
        let path = self.path.join(name);
        fs::read_to_string(&path).map_err(DistributionError::read(&path))
    }

    /// The keccak-256 of a file, whatever the manifest says of it.
    ///
    /// # Errors
    /// [`DistributionError::Read`].
    pub fn hash_of(&self, name: &str) -> Result<B256, DistributionError> {
        let path = self.path.join(name);
        fs::read(&path).map(keccak256).map_err(DistributionError::read(&path))
    }

    /// A file's lines. [`Lines::finish`] says whether it was the file of the manifest.
    ///
    /// # Errors
    /// [`DistributionError::Read`].
    pub fn lines(&self, name: &str) -> Result<Lines<'_>, DistributionError> {
        let path = self.path.join(name);
        let file = File::open(&path).map_err(DistributionError::read(&path))?;
        let (reader, hasher) = (BufReader::new(file), Keccak256::new());
        Ok(Lines { folder: self, name: name.to_owned(), reader, hasher })
    }

    /// Compares a file's keccak-256 with the manifest.
    ///
    /// # Errors
    /// [`DistributionError::Changed`], [`DistributionError::Unlisted`].
    pub fn check(&self, name: &str, found: B256) -> Result<(), DistributionError> {
        let path = || self.path.join(name);
        match self.manifest.files.get(name).copied() {
            Some(expected) if expected == found => Ok(()),
            Some(expected) => Err(DistributionError::Changed { path: path(), expected, found }),
            None => Err(DistributionError::Unlisted { path: path() }),
        }
    }

    /// The distribution.
    ///
    /// # Errors
    /// Those of [`Folder::text`]; [`DistributionError::Unreadable`].
    pub fn distribution(&self) -> Result<Distribution, DistributionError> {
        parse(&self.path.join(DISTRIBUTION), &self.text(DISTRIBUTION)?)
    }

    /// The programme that the distribution follows.
    ///
    /// # Errors
    /// Those of [`Folder::text`]; [`DistributionError::Programme`].
    pub fn programme(&self) -> Result<Programme, DistributionError> {
        let text = self.text(PROGRAMME)?;
        Ok(Programme::parse(&self.path.join(PROGRAMME).display().to_string(), &text)?)
    }

    /// Builds a tree of the manifest again from its file; its root is the manifest's.
    ///
    /// # Errors
    /// Those of [`Folder::text`]; [`DistributionError::Tree`] when the file holds no such tree.
    pub fn tree(&self, root: &Root) -> Result<Tree, DistributionError> {
        let text = self.text(&root.file)?;
        let wrong = |source| DistributionError::Tree { path: self.path.join(&root.file), source };
        let tree = Tree::parse(root.format, &text).map_err(wrong)?;
        let (expected, found) = (root.root, tree.root());
        if found == expected { Ok(tree) } else { Err(wrong(TreeError::Root { expected, found })) }
    }
}

/// Reads JSON. `path` is for what is said about it.
///
/// # Errors
/// [`DistributionError::Unreadable`].
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, DistributionError> {
    let path = path.to_path_buf();
    serde_json::from_str(text).map_err(|source| DistributionError::Unreadable { path, source })
}

/// The lines of a file, hashed on the way.
#[derive(Debug)]
pub struct Lines<'a> {
    folder: &'a Folder,
    name: String,
    reader: BufReader<File>,
    hasher: Keccak256,
}

impl Lines<'_> {
    /// Reads the rest of the file, be it text or not, and compares all of it with the manifest.
    ///
    /// # Errors
    /// [`DistributionError::Read`]; those of [`Folder::check`].
    pub fn finish(mut self) -> Result<(), DistributionError> {
        loop {
            let rest = self.reader.fill_buf();
            let path = || self.folder.path.join(&self.name);
            let rest = rest.map_err(|source| DistributionError::Read { path: path(), source })?;
            if rest.is_empty() {
                break;
            }
            self.hasher.update(rest);
            let count = rest.len();
            self.reader.consume(count);
        }
        self.folder.check(&self.name, self.hasher.finalize())
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<String, DistributionError>;

    /// The next line without its end.
    fn next(&mut self) -> Option<Self::Item> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => {
                self.hasher.update(&line);
                if line.ends_with('\n') {
                    line.truncate(line.len().saturating_sub(1));
                }
                Some(Ok(line))
            }
            Err(source) => {
                let path = self.folder.path.join(&self.name);
                Some(Err(DistributionError::Read { path, source }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
