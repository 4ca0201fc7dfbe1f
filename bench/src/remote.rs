//! A chain behind JSON-RPC, to which signed transactions are sent.

use crate::chain::{Answer, Call, Chain, Creates};
use crate::client::{Connection, Request};
use crate::error::BenchError;
use crate::server::Server;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

const CHAIN_ID: u64 = 31_337;
/// More than a base fee gets to, in wei.
const FEE_CAP: u128 = 20_000_000_000;
/// More gas than a deposit takes; not much more, so that many fit into a block.
const DEPOSIT_GAS: u64 = 400_000;
/// More gas than any call or deployment of the set-up takes.
const SET_UP_GAS: u64 = 8_000_000;
/// How often a receipt is asked for before it is given up, a millisecond apart.
const ATTEMPTS: u32 = 10_000;

/// A transaction that is ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// Its hash.
    pub(crate) hash: B256,
    /// The transaction in its EIP-2718 encoding.
    pub(crate) envelope: Bytes,
    /// The request that sends it.
    pub(crate) send: Request,
    /// The request for its receipt.
    pub(crate) receipt: Request,
}

/// A chain behind JSON-RPC.
#[derive(Debug)]
pub(crate) struct Remote {
    name: &'static str,
    server: Server,
    connection: Connection,
    /// Who can sign, and the nonce of their next transaction.
    accounts: BTreeMap<Address, (PrivateKeySigner, u64)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    status: U256,
    contract_address: Option<Address>,
    logs: Vec<ReceiptLog>,
}

#[derive(Debug, Deserialize)]
struct ReceiptLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Remote {
    /// Connects to a server that was just started, whose accounts have sent nothing yet.
    pub(crate) fn new(name: &'static str, server: Server) -> Result<Self, BenchError> {
        let connection = Connection::open(server.address)?;
        Ok(Self { name, server, connection, accounts: BTreeMap::new() })
    }

    /// Lets an account sign.
    pub(crate) fn add_key(&mut self, key: &B256) -> Result<Address, BenchError> {
        let signer = PrivateKeySigner::from_bytes(key)
            .map_err(|error| self.fault(format!("a key cannot be used: {error}")))?;
        let address = signer.address();
        self.accounts.entry(address).or_insert((signer, 0));
        Ok(address)
    }

    /// The connection for one request at a time.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Connects anew: a server may close a connection that was silent for long.
    pub(crate) fn reconnect(&mut self) -> Result<(), BenchError> {
        self.connection = Connection::open(self.server.address)?;
        Ok(())
    }

    /// More connections to the same server.
    pub(crate) fn connect(&self, count: usize) -> Result<Vec<Connection>, BenchError> {
        (0..count).map(|_| Connection::open(self.server.address)).collect()
    }

    /// Signs a deposit; whoever does has to send it before the account's next transaction.
    pub(crate) fn sign_deposit(&mut self, call: &Call) -> Result<Signed, BenchError> {
        let transaction = TxEip1559 { gas_limit: DEPOSIT_GAS, ..calling(call) };
        self.sign(call.from, transaction)
    }

    /// Signs what the transaction says, with the account's next nonce.
    fn sign(&mut self, from: Address, what: TxEip1559) -> Result<Signed, BenchError> {
        let fault = || format!("nobody has the key of {from}");
        let fault = BenchError::Server { server: self.name.to_owned(), fault: fault() };
        let (signer, nonce) = self.accounts.get_mut(&from).ok_or(fault)?;
        let transaction =
            TxEip1559 { chain_id: CHAIN_ID, nonce: *nonce, max_fee_per_gas: FEE_CAP, ..what };
        let signature = signer.sign_hash_sync(&transaction.signature_hash())?;
        *nonce += 1;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        let (hash, bytes) = (*envelope.tx_hash(), envelope.encoded_2718());
        let send = Request::new("eth_sendRawTransaction", &json!([hex::encode_prefixed(&bytes)]));
        let receipt = Request::new("eth_getTransactionReceipt", &json!([hash]));
        Ok(Signed { hash, envelope: bytes.into(), send, receipt })
    }

    /// The request of a view.
    pub(crate) fn view_request(call: &Call) -> Request {
        let Call { from, to, input } = call;
        Request::new("eth_call", &json!([{ "from": from, "to": to, "input": input }, "latest"]))
    }

    /// What became of a transaction that was sent; waits until it is in a block.
    pub(crate) fn receipt(&mut self, signed: &Signed) -> Result<Answer, BenchError> {
        let receipt = self.raw_receipt(signed)?;
        let log = |log: ReceiptLog| {
            let data = LogData::new_unchecked(log.topics, log.data);
            Log { address: log.address, data }
        };
        let logs = receipt.logs.into_iter().map(log).collect();
        Ok(Answer { succeeded: receipt.status == U256::ONE, output: Bytes::new(), logs })
    }

    /// Sends wei.
    pub(crate) fn pay(&mut self, from: Address, to: Address, wei: U256) -> Result<(), BenchError> {
        let to = TxKind::Call(to);
        let what = TxEip1559 { gas_limit: SET_UP_GAS, to, value: wei, ..TxEip1559::default() };
        let signed = self.sign(from, what)?;
        self.submit(&signed)?;
        self.raw_receipt(&signed).map(drop)
    }

    fn submit(&mut self, signed: &Signed) -> Result<(), BenchError> {
        let sent = self.connection.exchange(&signed.send)?.result(self.name)?;
        if sent == json!(signed.hash) {
            return Ok(());
        }
        Err(self.fault(format!("it answers {sent} to transaction {}", signed.hash)))
    }

    fn raw_receipt(&mut self, signed: &Signed) -> Result<Receipt, BenchError> {
        for _ in 0..ATTEMPTS {
            let response = self.connection.exchange(&signed.receipt)?;
            if response.is_null() {
                sleep(Duration::from_millis(1));
                continue;
            }
            let value = response.result(self.name)?;
            return serde_json::from_value(value)
                .map_err(|error| self.fault(format!("its receipt is not one: {error}")));
        }
        Err(self.fault(format!("transaction {} gets into no block", signed.hash)))
    }

    fn fault(&self, fault: String) -> BenchError {
        BenchError::Server { server: self.name.to_owned(), fault }
    }
}

impl Chain for Remote {
    fn name(&self) -> &'static str {
        self.name
    }

    fn send(&mut self, call: &Call) -> Result<Answer, BenchError> {
        let signed = self.sign(call.from, calling(call))?;
        self.submit(&signed)?;
        self.receipt(&signed)
    }

    fn view(&mut self, call: &Call) -> Result<Answer, BenchError> {
        let value = self.connection.exchange(&Self::view_request(call))?.result(self.name)?;
        returned(self.name, value)
    }
}

/// A transaction that calls, with gas for anything.
fn calling(call: &Call) -> TxEip1559 {
    let (to, input) = (TxKind::Call(call.to), call.input.clone());
    TxEip1559 { gas_limit: SET_UP_GAS, to, input, ..TxEip1559::default() }
}

/// What a view returned.
pub(crate) fn returned(server: &str, value: Value) -> Result<Answer, BenchError> {
    let output = serde_json::from_value(value).map_err(|error| BenchError::Server {
        server: server.to_owned(),
        fault: format!("a call returned no bytes: {error}"),
    })?;
    Ok(Answer { succeeded: true, output, logs: Vec::new() })
}

impl Creates for Remote {
    fn create(&mut self, from: Address, code: Bytes) -> Result<Address, BenchError> {
        let (gas_limit, to) = (SET_UP_GAS, TxKind::Create);
        let what = TxEip1559 { gas_limit, to, input: code, ..TxEip1559::default() };
        let signed = self.sign(from, what)?;
        self.submit(&signed)?;
        let receipt = self.raw_receipt(&signed)?;
        let created = receipt.contract_address.filter(|_| receipt.status == U256::ONE);
        created.ok_or_else(|| self.fault(format!("a deployment failed: {receipt:?}")))
    }
}
