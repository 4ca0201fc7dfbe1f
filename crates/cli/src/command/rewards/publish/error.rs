//! Why a distribution is not published.

use super::Rail;
use crate::ethereum::client::ClientError;
use crate::ethereum::journal::JournalError;
use crate::ethereum::keys::KeyError;
use crate::ethereum::sending::SendError;
use crate::rpc::RpcError;
use alloy_primitives::{Address, B256, U256};
use bondstone_node::distributions::DistributionError;
use bondstone_rewards::RewardsError;
use bondstone_rewards::merkle::MerkleError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a distribution is not published.
#[derive(Debug, Error)]
pub(in crate::command::rewards) enum PublishError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] DistributionError),
    /// The node or a contract does not tell.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A transaction is not in the chain.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Nobody can sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A sum leaves a word.
    #[error(transparent)]
    Sum(#[from] Box<RewardsError>),
    /// There is no tree.
    #[error("the tree cannot be made: {0}")]
    Tree(#[from] MerkleError),
    /// Somebody else is at it.
    #[error("{0} is in use: another process is publishing the folder")]
    InUse(PathBuf),
    /// The distribution pays elsewhere.
    #[error("the node's chain is {chain_id}, but the distribution pays on {pays:?}")]
    OtherChain {
        /// The node's chain.
        chain_id: u64,
        /// Those of the distribution.
        pays: Vec<u64>,
    },
    /// Points have no token.
    #[error("the programme pays in points, {0:?}, which no rail has")]
    Points(String),
    /// Another token than the programme's.
    #[error("the programme pays in {paid}, not in {asked}")]
    OtherToken {
        /// What was asked for.
        asked: Address,
        /// What the programme says.
        paid: Address,
    },
    /// Too few or too many contracts.
    #[error("{rail} needs the address of one rewards contract, and was given {count}")]
    Contracts {
        /// The rail.
        rail: Rail,
        /// How many there are.
        count: usize,
    },
    /// Something of the programme that the rail does not have.
    #[error("{file}: {key}: {rail} cannot express it; {why}")]
    Inexpressible {
        /// The programme.
        file: String,
        /// The rail.
        rail: Rail,
        /// The key of the programme.
        key: &'static str,
        /// What the rail does instead.
        why: &'static str,
    },
    /// The contract takes another fee than the programme says.
    #[error("{file}: {key}: the programme says {says} ppm, but the chain takes {takes} of {whose}")]
    OtherFee {
        /// The programme.
        file: String,
        /// The key of the programme.
        key: &'static str,
        /// What the programme says, in millionths.
        says: U256,
        /// What the chain says, in millionths.
        takes: U256,
        /// The vault or the network.
        whose: Address,
    },
    /// It can be claimed later only.
    #[error("{file}: {key}: it can be published from {at} on, and the last block is of {now}")]
    TooEarly {
        /// The programme.
        file: String,
        /// The key of the programme.
        key: &'static str,
        /// The first second.
        at: u64,
        /// The second of the last block.
        now: u64,
    },
    /// The sender may not.
    #[error("{sender} may not distribute for network {network}: its middleware is {middleware}")]
    NotMiddleware {
        /// Who sends.
        sender: Address,
        /// Whose pay it is.
        network: Address,
        /// Who may.
        middleware: Address,
    },
    /// The sender cannot pay.
    #[error("{payer} has {has} of the token {token}, and needs {needs}")]
    Poor {
        /// Who pays.
        payer: Address,
        /// The token.
        token: Address,
        /// How much there is.
        has: U256,
        /// How much there has to be.
        needs: U256,
    },
    /// The root in force is another distribution's.
    #[error(
        "{contract} has the root {root}, which is not of the distribution before this one: what is \
         not claimed under it could no longer be"
    )]
    OtherRoot {
        /// The contract.
        contract: Address,
        /// Its root.
        root: B256,
    },
    /// Somebody has claimed more than the tree's totals count.
    #[error(
        "{account} has claimed {claimed} at {contract}, of which this distribution counts \
         {counted}: the rest would be taken off their pay"
    )]
    ClaimedElsewhere {
        /// The contract.
        contract: Address,
        /// Who.
        account: Address,
        /// How much.
        claimed: U256,
        /// How much the distribution before this one had for them.
        counted: U256,
    },
    /// Logs and balances do not agree.
    #[error(
        "the node does not have all logs of {contract}: {paid_in} paid in less {paid_out} claimed \
         is not its balance of {balance}"
    )]
    LogsMissing {
        /// The contract.
        contract: Address,
        /// What was paid in, by the logs.
        paid_in: U256,
        /// What was claimed, by the logs.
        paid_out: U256,
        /// What there is.
        balance: U256,
    },
    /// A distribution of the same or a later time is on the rail.
    #[error("the network's last distribution is of {last}, and this one of {own}")]
    Later {
        /// The time of the last one.
        last: u64,
        /// The time of this one.
        own: u64,
    },
    /// The network has distributed more than the distribution before this one says.
    #[error(
        "the network has distributed {distributed} in the token, of which this distribution counts \
         {counted}: totals of several programmes cannot share the token on this rail"
    )]
    OtherTotal {
        /// What the contract says.
        distributed: U256,
        /// What the distribution before this one says.
        counted: U256,
    },
    /// A signature is missing.
    #[error("the {role} {signer} has to sign, and neither of the keys given is theirs")]
    NoSignature {
        /// As what.
        role: &'static str,
        /// Who.
        signer: Address,
    },
    /// Nobody signs for the network.
    #[error("{contract} has nobody who signs as {role}")]
    NoSigner {
        /// The contract.
        contract: Address,
        /// As what.
        role: &'static str,
    },
    /// A vault has no contract that pays its stakers.
    #[error("none of the rewards contracts given is of vault {0}")]
    NoContract(Address),
    /// Something else was paid for the same second.
    #[error("{contract} was paid {paid} for second {second}, not {due}: it is another payment")]
    OtherPayment {
        /// The contract or the vault.
        contract: Address,
        /// The capture.
        second: u64,
        /// What was paid.
        paid: U256,
        /// What this distribution pays.
        due: U256,
    },
    /// It goes on and on.
    #[error("{0} transactions were sent and it is still not done: does the token keep a part?")]
    Endless(usize),
}

impl PublishError {
    /// What to do about it, if there is something.
    pub(in crate::command::rewards) fn hint(&self) -> &'static str {
        match self {
            Self::Client(error) => error.hint(),
            Self::Send(error) => error.hint(),
            Self::Points(_) => "; --token names one that is paid instead, unit for unit",
            Self::Contracts { .. } => "; --rewards names it",
            Self::NoContract(_) => "; --rewards names one for each vault",
            Self::OtherRoot { .. } => {
                "; take another rewards contract, or --replace to end it all the same"
            }
            Self::ClaimedElsewhere { .. } => "; take another rewards contract",
            Self::NoSignature { .. } => {
                "; --key-file and --second-key-file give keys, --from the node's accounts"
            }
            Self::LogsMissing { .. } => "; ask a node that keeps them all",
            _ => "",
        }
    }
}

impl From<RpcError> for PublishError {
    fn from(error: RpcError) -> Self {
        Self::Client(error.into())
    }
}
