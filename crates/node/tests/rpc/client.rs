//! A client of a few lines: raw HTTP over a socket, so that anything at all can be sent.

use alloy_primitives::{Address, B256, Bytes, hex};
use alloy_sol_types::SolCall;
use bondstone_node::economy::{Economy, Token};
use bondstone_node::{EconomySource, Node, UpArgs};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU64;

/// A chain of its own for one test.
pub(crate) struct Client {
    pub(crate) node: Node,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::start(EconomySource::Bare)
    }

    pub(crate) fn with_economy() -> Self {
        Self::start(EconomySource::Restaking2025)
    }

    /// A chain with the economy of a file.
    pub(crate) fn with_economy_of(path: &std::path::Path) -> Self {
        Self::start(EconomySource::File(path.to_path_buf()))
    }

    /// A chain without an economy whose searches for logs have these limits.
    pub(crate) fn limited(max_logs: NonZeroU64, max_block_range: NonZeroU64) -> Self {
        let economy = EconomySource::Bare;
        Self::of(UpArgs { max_logs, max_block_range, economy, ..UpArgs::default() })
    }

    fn start(economy: EconomySource) -> Self {
        Self::of(UpArgs { economy, ..UpArgs::default() })
    }

    fn of(args: UpArgs) -> Self {
        let args = UpArgs { port: 0, ..args };
        Self { node: Node::start(&args).expect("the chain starts") }
    }

    pub(crate) fn token(&self, symbol: &str) -> &Token {
        self.node.token(symbol).unwrap_or_else(|| panic!("there is no {symbol}"))
    }

    pub(crate) fn economy(&self) -> &Economy {
        self.node.economy().expect("it was asked for")
    }

    pub(crate) fn address(&self, index: usize) -> Address {
        self.node.accounts().address(index).expect("there are ten accounts")
    }

    /// Posts a body with the usual headers.
    pub(crate) fn post(&self, body: &[u8]) -> Answer {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat())
    }

    /// Sends bytes as they are and reads until the server closes.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let url = self.node.url();
        let address = url.strip_prefix("http://").expect("it is HTTP");
        let mut stream = TcpStream::connect(address).expect("it listens");
        // A server that refuses early may close before everything is written.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, body: body.to_owned() }
    }

    /// Calls a method and returns the whole response.
    pub(crate) fn request(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.post(body.to_string().as_bytes()).json()
    }

    /// Calls a method that must succeed.
    pub(crate) fn ok(&self, method: &str, params: Value) -> Value {
        let mut response = self.request(method, params.clone());
        assert!(response.get("error").is_none(), "{method} {params}: {response}");
        response["result"].take()
    }

    /// Calls a method that must fail; returns code and message.
    pub(crate) fn err(&self, method: &str, params: Value) -> (i64, String) {
        let response = self.request(method, params.clone());
        let error = &response["error"];
        let code = error["code"].as_i64();
        let code = code.unwrap_or_else(|| panic!("{method} {params}: {response}"));
        (code, error["message"].as_str().unwrap_or_default().to_owned())
    }

    /// Reads from a contract, as the first developer account.
    pub(crate) fn call<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let input = hex::encode_prefixed(call.abi_encode());
        let result =
            self.ok("eth_call", json!([{ "from": self.address(0), "to": to, "input": input }]));
        let bytes: Bytes = serde_json::from_value(result).expect("it is bytes");
        C::abi_decode_returns(&bytes).expect("it is what the function returns")
    }

    /// Sends a transaction of a developer account and returns its receipt.
    pub(crate) fn transact<C: SolCall>(&self, from: usize, to: Address, call: &C) -> Value {
        let input = hex::encode_prefixed(call.abi_encode());
        let from = self.address(from);
        let hash =
            self.ok("eth_sendTransaction", json!([{ "from": from, "to": to, "input": input }]));
        self.ok("eth_getTransactionReceipt", json!([hash]))
    }

    /// How many logs with a topic a contract has emitted.
    pub(crate) fn logs(&self, address: Address, topic: B256) -> usize {
        let filter = json!([{ "fromBlock": "0x0", "address": address, "topics": [topic] }]);
        let logs = self.ok("eth_getLogs", filter);
        logs.as_array().map_or(0, Vec::len)
    }

    /// The last block.
    pub(crate) fn latest(&self) -> Value {
        self.ok("eth_getBlockByNumber", json!(["latest", false]))
    }
}

/// A quantity as a number.
pub(crate) fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("not a quantity: {value}"));
    let digits = text.strip_prefix("0x").unwrap_or_else(|| panic!("not hex: {text}"));
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("not a u64: {text}"))
}
