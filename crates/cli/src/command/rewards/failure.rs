//! Why there is no distribution.

use super::publish::PublishError;
use crate::rpc::RpcError;
use alloy_primitives::{Address, B256};
use bondstone_node::StartError;
use bondstone_node::distributions::DistributionError;
use bondstone_node::stake::{LeftOut, StakeError};
use bondstone_rewards::merkle::MerkleError;
use bondstone_rewards::{RewardsError, TextError};
use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why there is no distribution.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The node does not tell.
    #[error(transparent)]
    Node(#[from] RpcError),
    /// The folder's chain cannot be opened.
    #[error(transparent)]
    NoChain(Box<StartError>),
    /// The kept chain cannot be read.
    #[error("{0}")]
    Kept(bondstone_node::error::Error),
    /// The ledger does not tell stake.
    #[error(transparent)]
    Stake(#[from] Box<StakeError>),
    /// The chain has no blocks, or fewer than a moment ago.
    #[error("the chain has no block {0}")]
    NoBlock(u64),
    /// The chain was set back.
    #[error("the chain was set back: block {number} was {before} and is {after} now")]
    SetBack {
        /// The block.
        number: u64,
        /// Its hash when it was read.
        before: B256,
        /// Its hash at the end.
        after: B256,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder has something else in it.
    #[error("{0} is there already, with something else in it")]
    Occupied(PathBuf),
    /// A distribution's folder cannot be used.
    #[error(transparent)]
    Folder(#[from] DistributionError),
    /// A distribution is not published.
    #[error(transparent)]
    Publish(#[from] Box<PublishError>),
    /// Something cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(serde_json::Error),
    /// The table of recipients cannot be written.
    #[error("cannot write the table of recipients: {0}")]
    Table(ParquetError),
    /// Another run is at work on the folder.
    #[error("another run is writing {0}")]
    Busy(PathBuf),
    /// The programme names a vault whose amounts are too large.
    #[error(
        "vault {} cannot be counted: it has amounts of more than 128 bits since second {}",
        .0.vault, .0.second
    )]
    TooLarge(LeftOut),
    /// The programme or a table is wrong.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The distribution cannot be computed.
    #[error(transparent)]
    Rewards(#[from] Box<RewardsError>),
    /// There is no tree.
    #[error("the tree cannot be made: {0}")]
    Tree(#[from] MerkleError),
    /// A programme of another chain.
    #[error("{file}: chain_id: the network is on chain {wanted}, but this is chain {found}")]
    OtherChain {
        /// The programme.
        file: String,
        /// What it says.
        wanted: u64,
        /// What the chain says.
        found: u64,
    },
    /// No interval is over.
    #[error("the interval from {from} to {until} is not over: the last block is of {last}")]
    NotOver {
        /// First second.
        from: u64,
        /// First second after it.
        until: u64,
        /// The second of the last block.
        last: u64,
    },
    /// Everything was paid.
    #[error("{file}: the programme has no period after {second}")]
    Ended {
        /// The programme.
        file: String,
        /// When it ended.
        second: u64,
    },
    /// Programmes of two networks.
    #[error("{file} is of network {other}, not {network}: only one network can be compared")]
    OtherNetwork {
        /// The other programme.
        file: String,
        /// Its network.
        other: Address,
        /// The network of the first.
        network: Address,
    },
    /// Programmes that pay in different things.
    #[error("{file} pays in something else: amounts cannot be compared")]
    OtherPay {
        /// The other programme.
        file: String,
    },
    /// Arguments that a folder answers already.
    #[error("{0} says for what time it is; --from, --to and --previous go with a programme")]
    FolderSpan(PathBuf),
}

impl Failure {
    /// What to do about it, if there is something.
    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Node(error) => error.hint(),
            Self::Publish(error) => error.hint(),
            Self::NoChain(_) => "; a running node can be asked with --rpc",
            Self::Occupied(_) => "; a distribution is never written over another",
            Self::SetBack { .. } => "; nothing was written, run it again",
            Self::NotOver { .. } => "; a shorter cadence has shorter intervals",
            Self::Rewards(error) if matches!(**error, RewardsError::InsideInterval { .. }) => {
                "; --from and --to are where intervals begin and end"
            }
            Self::Rewards(error) if matches!(**error, RewardsError::Overlap { .. }) => {
                "; --previous says what was distributed"
            }
            _ => "",
        }
    }

    /// A vault that is left out is not unknown, it is too large.
    pub(super) fn explained_by(self, left_out: &[LeftOut]) -> Self {
        let Self::Rewards(error) = &self else { return self };
        let RewardsError::UnknownVault { vault, .. } = &**error else { return self };
        match left_out.iter().find(|left| left.vault == *vault) {
            Some(left) => Self::TooLarge(*left),
            None => self,
        }
    }

    /// The exit code: a distribution that was tampered with is something that was looked for.
    pub(super) fn exit(&self) -> u8 {
        match self {
            Self::Folder(DistributionError::Changed { .. }) => 1,
            Self::Publish(error) => match **error {
                PublishError::Folder(DistributionError::Changed { .. }) => 1,
                _ => 2,
            },
            _ => 2,
        }
    }

    /// A file that cannot be read.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.to_path_buf(), source }
    }

    /// A file that cannot be written.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_path_buf(), source }
    }
}

impl From<RewardsError> for Failure {
    fn from(error: RewardsError) -> Self {
        Self::Rewards(Box::new(error))
    }
}

impl From<StakeError> for Failure {
    fn from(error: StakeError) -> Self {
        Self::Stake(Box::new(error))
    }
}
