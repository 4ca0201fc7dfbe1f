//! What any node tells: the answers of contracts, their logs, the places of transactions.

use crate::rpc::{self, RpcError};
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_sol_types::{SolCall, SolEvent};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

/// How many blocks one request for logs covers.
const LOG_BLOCKS: u64 = 500_000;

/// Why a node or a contract does not tell.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The node does not.
    #[error(transparent)]
    Node(#[from] RpcError),
    /// The contract refuses.
    #[error("{contract} refuses {function}: {reason}")]
    Reverted {
        /// The contract.
        contract: Address,
        /// What was called.
        function: String,
        /// Its error by name, or what the node says.
        reason: String,
    },
    /// There is no such contract.
    #[error("{contract} does not answer {function}: it is not a contract of that kind")]
    Silent {
        /// Where one was looked for.
        contract: Address,
        /// What was asked.
        function: &'static str,
    },
    /// A log of another shape.
    #[error("{contract} logged {event} in a shape that this version does not know")]
    StrangeLog {
        /// The contract.
        contract: Address,
        /// The event.
        event: &'static str,
    },
    /// The node has no block of which it spoke.
    #[error("the node has no block {0}")]
    NoBlock(u64),
}

impl ClientError {
    /// What to do about it, if there is something.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Node(error) => error.hint(),
            _ => "",
        }
    }
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    url: String,
}

/// A block's place.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Block {
    number: U64,
    timestamp: U64,
    hash: B256,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    status: U64,
    block_number: U64,
}

impl Receipt {
    /// Whether it did what it should.
    pub(crate) fn is_success(&self) -> bool {
        !self.status.is_zero()
    }

    /// The block that has it.
    pub(crate) fn block(&self) -> u64 {
        self.block_number.to()
    }
}

/// A log as a node gives it.
#[derive(Debug, Deserialize)]
struct RawLog {
    topics: Vec<B256>,
    data: Bytes,
}

impl Client {
    /// The node at a URL.
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// Calls a method.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, RpcError> {
        rpc::ask(&self.url, method, params)
    }

    fn quantity(&self, method: &'static str, params: Value) -> Result<u64, RpcError> {
        Ok(self.ask::<U64>(method, params)?.to())
    }

    /// The chain's id.
    pub(crate) fn chain_id(&self) -> Result<u64, RpcError> {
        self.quantity("eth_chainId", json!([]))
    }

    /// The hash of the first block, which tells chains with the same id apart.
    pub(crate) fn genesis(&self) -> Result<B256, ClientError> {
        Ok(self.block(json!("0x0"))?.ok_or(ClientError::NoBlock(0))?.hash)
    }

    fn block(&self, tag: Value) -> Result<Option<Block>, RpcError> {
        self.ask("eth_getBlockByNumber", json!([tag, false]))
    }

    /// The last block, to ask everything of the same state.
    pub(crate) fn now(&self) -> Result<Moment<'_>, ClientError> {
        let block = self.block(json!("latest"))?.ok_or(ClientError::NoBlock(0))?;
        let (number, timestamp) = (block.number.to(), block.timestamp.to());
        Ok(Moment { client: self, number, timestamp })
    }

    /// How many transactions of an account are in the chain.
    pub(crate) fn nonce(&self, account: Address) -> Result<u64, RpcError> {
        self.quantity("eth_getTransactionCount", json!([account, "latest"]))
    }

    /// How many there will be with those that wait.
    pub(crate) fn pending_nonce(&self, account: Address) -> Result<u64, RpcError> {
        self.quantity("eth_getTransactionCount", json!([account, "pending"]))
    }

    /// What became of a transaction; nothing while no block has it.
    pub(crate) fn receipt(&self, hash: B256) -> Result<Option<Receipt>, RpcError> {
        self.ask("eth_getTransactionReceipt", json!([hash]))
    }

    /// Whether the node knows a transaction, in a block or waiting.
    pub(crate) fn knows(&self, hash: B256) -> Result<bool, RpcError> {
        let found: Option<Value> = self.ask("eth_getTransactionByHash", json!([hash]))?;
        Ok(found.is_some_and(|found| !found.is_null()))
    }

    /// The price of gas, in wei.
    pub(crate) fn gas_price(&self) -> Result<u64, RpcError> {
        self.quantity("eth_gasPrice", json!([]))
    }

    /// What to pay the block's maker, in wei; nothing where nobody asks for it.
    pub(crate) fn tip(&self) -> u64 {
        self.quantity("eth_maxPriorityFeePerGas", json!([])).unwrap_or_default()
    }

    /// The gas that a transaction would take on the next block.
    pub(crate) fn estimate(
        &self,
        from: Address,
        to: Address,
        input: &Bytes,
    ) -> Result<u64, RpcError> {
        self.quantity("eth_estimateGas", json!([{ "from": from, "to": to, "input": input }]))
    }

    /// Why a transaction that is in a block failed, as far as the states before and after the block
    /// tell.
    pub(crate) fn why(&self, from: Address, to: Address, input: &Bytes, block: u64) -> String {
        let call = json!({ "from": from, "to": to, "input": input });
        for number in [block.saturating_sub(1), block] {
            let answer: Result<Value, _> = self.ask("eth_call", json!([call, U64::from(number)]));
            if let Some(reason) = answer.err().and_then(|error| error.revert()) {
                return reason;
            }
        }
        "it would work before the block and after it".to_owned()
    }
}

/// A node at one of its blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    client: &'a Client,
    number: u64,
    timestamp: u64,
}

impl Moment<'_> {
    /// The node.
    pub(crate) fn client(&self) -> &Client {
        self.client
    }

    /// The second of the block.
    pub(crate) fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// What a contract answers.
    pub(crate) fn ask<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
    ) -> Result<C::Return, ClientError> {
        let function = C::SIGNATURE;
        let request = json!({ "to": contract, "input": Bytes::from(call.abi_encode()) });
        let answer = self.client.ask("eth_call", json!([request, U64::from(self.number)]));
        let answer: Bytes = answer.map_err(|error| match error.revert() {
            Some(reason) => {
                ClientError::Reverted { contract, function: function.to_owned(), reason }
            }
            None => error.into(),
        })?;
        let silent = |_| ClientError::Silent { contract, function };
        C::abi_decode_returns_validate(&answer).map_err(silent)
    }

    /// Every log of an event until the block, from the first on. `topics` are those of the indexed
    /// fields from the first on; others may have any.
    pub(crate) fn logs<E: SolEvent>(
        &self,
        contract: Address,
        topics: &[B256],
    ) -> Result<Vec<E>, ClientError> {
        let mut filter = vec![E::SIGNATURE_HASH];
        filter.extend(topics);
        let (mut from, mut events) = (0, Vec::new());
        while from <= self.number {
            let to = from.saturating_add(LOG_BLOCKS - 1).min(self.number);
            let wanted = json!({
                "address": contract,
                "topics": filter,
                "fromBlock": U64::from(from),
                "toBlock": U64::from(to),
            });
            let logs: Vec<RawLog> = self.client.ask("eth_getLogs", json!([wanted]))?;
            for log in logs {
                let event = E::decode_raw_log_validate(&log.topics, &log.data);
                let event_name = E::SIGNATURE;
                let strange = |_| ClientError::StrangeLog { contract, event: event_name };
                events.push(event.map_err(strange)?);
            }
            from = to.saturating_add(1);
        }
        Ok(events)
    }
}
