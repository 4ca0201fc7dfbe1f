//! Why a request fails, and how that looks to a client.

use crate::reason;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::Revert;
use bondstone_store::StoreError;
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{INTERNAL_ERROR_CODE, INVALID_PARAMS_CODE};
use std::sync::Arc;
use thiserror::Error;

/// The code that clients look for before they decode a custom error from `data`.
pub const REVERTED_CODE: i32 = 3;
/// A transaction or a read that the chain refuses (EIP-1474 "invalid input").
pub const REFUSED_CODE: i32 = -32000;
/// An answer or a request beyond a limit (EIP-1474 "limit exceeded").
pub const LIMIT_CODE: i32 = -32005;
/// A method that exists and is refused here (EIP-1474 "method not supported").
pub const UNSUPPORTED_CODE: i32 = -32004;
/// Something asked for does not exist (EIP-1474 "resource not found").
pub const NOT_FOUND_CODE: i32 = -32001;

/// Why a request fails.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// A contract refused.
    #[error("execution reverted{}", reason::suffix(.0))]
    Reverted(Revert),
    /// The transaction's nonce was used already.
    #[error("nonce too low: {sender} is at {next}, the transaction has {got}")]
    NonceTooLow {
        /// Who signed.
        sender: Address,
        /// The nonce that would have been accepted.
        next: u64,
        /// The nonce of the transaction.
        got: u64,
    },
    /// The sender has less ether than the transaction moves.
    #[error("insufficient funds for value: {sender} has {have} wei, the transaction moves {want}")]
    InsufficientFunds {
        /// Who signed.
        sender: Address,
        /// Balance in wei.
        have: U256,
        /// Value of the transaction in wei.
        want: U256,
    },
    /// The transaction is signed for another chain.
    #[error("wrong chain id: this chain is {want}, the transaction is for {got}")]
    WrongChain {
        /// The chain id of this chain.
        want: u64,
        /// The chain id of the transaction.
        got: u64,
    },
    /// Nobody's key made this signature, or it is malleable (EIP-2).
    #[error("invalid signature: no signer can be recovered from it")]
    BadSignature,
    /// The transaction is in the chain already.
    #[error("already known: transaction {0} is in the chain")]
    AlreadyKnown(B256),
    /// The gas limit does not pay for the calldata.
    #[error("intrinsic gas too low: the gas limit is {have}, the calldata alone takes {want}")]
    GasTooLow {
        /// Gas limit of the transaction.
        have: u64,
        /// Intrinsic gas.
        want: u64,
    },
    /// The gas limit is above the block's.
    #[error("exceeds block gas limit: the gas limit is {have}, a block has {limit}")]
    GasTooHigh {
        /// Gas limit of the transaction.
        have: u64,
        /// Gas limit of a block.
        limit: u64,
    },
    /// The tip is above the cap of the whole price.
    #[error("max priority fee per gas ({tip}) is higher than max fee per gas ({cap})")]
    TipAboveCap {
        /// `maxPriorityFeePerGas` in wei.
        tip: u128,
        /// `maxFeePerGas` in wei.
        cap: u128,
    },
    /// A transaction of a type that this chain does not take.
    #[error("transaction type {0} is not supported; legacy, EIP-2930 and EIP-1559 are")]
    UnsupportedType(u8),
    /// A transaction without a receiver.
    #[error("contract creation is not supported: `to` is missing")]
    Creation,
    /// The transaction is longer than a chain would carry.
    #[error("oversized data: the transaction has {have} bytes, the limit is {limit}")]
    Oversized {
        /// Encoded size.
        have: usize,
        /// Largest size.
        limit: usize,
    },
    /// `eth_sendTransaction` from an account whose key the node does not hold.
    #[error("unknown account {0}: only developer accounts can be signed for; see eth_accounts")]
    UnknownAccount(Address),
    /// A waiting transaction can only be replaced for a higher price.
    #[error(
        "replacement transaction underpriced: it pays {have} wei per gas, the one that waits pays {want}"
    )]
    Underpriced {
        /// `maxFeePerGas` of the new transaction in wei.
        have: u128,
        /// `maxFeePerGas` of the one that waits.
        want: u128,
    },
    /// No more transactions can wait.
    #[error("txpool is full: {limit} transactions wait already")]
    PoolFull {
        /// Most that wait.
        limit: usize,
    },
    /// More blocks than one request may mine.
    #[error("{asked} blocks are too many for one request; the limit is {limit}")]
    TooManyBlocks {
        /// How many were asked for.
        asked: u64,
        /// The most.
        limit: u64,
    },
    /// A search with more results than an answer may hold.
    #[error("query returned more than {limit} logs, by block {reached}; ask for fewer blocks")]
    TooManyLogs {
        /// Most logs in an answer.
        limit: usize,
        /// The block at which the limit was passed.
        reached: u64,
    },
    /// A search over more blocks than allowed.
    #[error("the range has {asked} blocks, the limit is {limit}")]
    RangeTooWide {
        /// How many blocks were asked for.
        asked: u64,
        /// The most.
        limit: u64,
    },
    /// Something that this chain cannot do, and why.
    #[error("{what} is not supported: {why}")]
    Unsupported {
        /// The method or option.
        what: &'static str,
        /// The reason.
        why: &'static str,
    },
    /// No more filters can be polled.
    #[error("{limit} filters are being polled already")]
    TooManyFilters {
        /// The most.
        limit: usize,
    },
    /// A filter that was never made, or was forgotten since nobody asked.
    #[error("filter not found")]
    UnknownFilter,
    /// A block that is not in the chain.
    #[error("block {0} not found")]
    UnknownBlock(String),
    /// A transaction that is not in the chain.
    #[error("transaction {0} not found")]
    UnknownTransaction(B256),
    /// A time that does not lie after the last block.
    #[error("timestamp {asked} is not after the latest block, which is at {latest}")]
    TimeRunsBack {
        /// The time asked for, in seconds since 1970.
        asked: u64,
        /// Time of the last block.
        latest: u64,
    },
    /// A time that the contracts cannot count.
    #[error("timestamp {0} does not fit uint48, in which the contracts count time")]
    TimeTooLate(u64),
    /// The request's parameters do not fit the method.
    #[error("invalid params: {0}")]
    InvalidParams(String),
    /// The store failed, and with it whatever was to be kept.
    #[error("it cannot be kept: {0}")]
    Store(Arc<StoreError>),
    /// The chain takes nothing more.
    #[error("the chain has stopped")]
    Stopped,
    /// The node's own fault.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// The JSON-RPC error code.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Reverted(_) => REVERTED_CODE,
            Self::UnknownBlock(_) | Self::UnknownTransaction(_) => NOT_FOUND_CODE,
            Self::TooManyLogs { .. }
            | Self::RangeTooWide { .. }
            | Self::TooManyBlocks { .. }
            | Self::TooManyFilters { .. } => LIMIT_CODE,
            Self::Unsupported { .. } => UNSUPPORTED_CODE,
            Self::InvalidParams(_) => INVALID_PARAMS_CODE,
            Self::Internal(_) | Self::Store(_) | Self::Stopped => INTERNAL_ERROR_CODE,
            _ => REFUSED_CODE,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        (self.code(), self.to_string()) == (other.code(), other.to_string())
    }
}

impl Eq for Error {}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        let data = match &error {
            Error::Reverted(revert) => Some(revert.data().clone()),
            _ => None,
        };
        Self::owned(error.code(), error.to_string(), data)
    }
}

impl From<ErrorObjectOwned> for Error {
    /// Parameters that the JSON parser refused; its message names the place.
    fn from(error: ErrorObjectOwned) -> Self {
        let detail = error.data().map(|data| data.get().trim_matches('"').to_owned());
        Self::InvalidParams(detail.unwrap_or_else(|| error.message().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolError;
    use bondstone_kernel::erc20::ERC20InsufficientBalance;

    #[test]
    fn a_revert_carries_code_three_data_and_its_name() {
        let error = ERC20InsufficientBalance {
            sender: Address::repeat_byte(1),
            balance: U256::from(5),
            needed: U256::from(7),
        };
        let data = format!("\"0x{}\"", alloy_primitives::hex::encode(error.abi_encode()));
        let object = ErrorObjectOwned::from(Error::Reverted(error.into()));
        assert_eq!(object.code(), 3);
        assert_eq!(object.data().map(|raw| raw.get()), Some(data.as_str()));
        let want = "execution reverted: ERC20InsufficientBalance(\
                    0x0101010101010101010101010101010101010101, 5, 7)";
        assert_eq!(object.message(), want);
    }

    #[test]
    fn codes_tell_the_kinds_apart() {
        assert_eq!(Error::Reverted(Revert::empty()).code(), 3);
        assert_eq!(Error::BadSignature.code(), -32000);
        assert_eq!(Error::UnknownBlock("5".into()).code(), -32001);
        assert_eq!(Error::InvalidParams(String::new()).code(), -32602);
        assert_eq!(Error::Internal(String::new()).code(), -32603);
    }
}
