//! A client of a few lines.

use crate::shelf::Shelf;
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::SolCall;
use bondstone_node::{EconomySource, Node, UpArgs};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A chain of its own for one test.
pub(crate) struct Client {
    pub(crate) node: Node,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(have, _)| have.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::start(EconomySource::Bare)
    }

    pub(crate) fn with_economy() -> Self {
        Self::start(EconomySource::Restaking2025)
    }

    /// With an economy, and a shelf.
    pub(crate) fn with_distributions(shelf: &Shelf) -> Self {
        Self::up(UpArgs { distributions: Some(shelf.path()), ..UpArgs::default() })
    }

    fn start(economy: EconomySource) -> Self {
        Self::up(UpArgs { economy, ..UpArgs::default() })
    }

    fn up(args: UpArgs) -> Self {
        Self { node: Node::start(&UpArgs { port: 0, ..args }).expect("the chain starts") }
    }

    pub(crate) fn address(&self, index: usize) -> Address {
        self.node.accounts().address(index).expect("there are ten accounts")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let url = self.node.url();
        let stream = TcpStream::connect(url.strip_prefix("http://").expect("it is HTTP"));
        let stream = stream.expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("it can be set");
        stream
    }

    fn speak(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it is answered and closed");
        let text = String::from_utf8(answer).expect("it is text");
        let (head, body) = text.split_once("\r\n\r\n").expect("it has a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.expect("it has a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Asks with further headers, each with its line end.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.speak(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"
        ))
    }

    /// Gets what must be there.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        answer.json()
    }

    /// Gets what must fail; checks that it is a problem document that says its status.
    pub(crate) fn problem(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, "");
        let kind = answer.header("content-type");
        assert_eq!(kind, "application/problem+json", "{path}: {answer:?}");
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status, "{path}");
        problem
    }

    /// Calls a JSON-RPC method that must succeed.
    pub(crate) fn rpc(&self, method: &str, params: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let mut response = self
            .speak(&format!(
                "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .json();
        assert!(response.get("error").is_none(), "{method} {params}: {response}");
        response["result"].take()
    }

    /// Makes somebody call a contract, which must succeed.
    pub(crate) fn send<C: SolCall>(&self, from: Address, to: Address, call: &C) {
        self.rpc("anvil_impersonateAccount", &json!([from]));
        let input = hex::encode_prefixed(call.abi_encode());
        self.rpc("eth_sendTransaction", &json!([{ "from": from, "to": to, "input": input }]));
    }

    /// Who may pay for a network.
    pub(crate) fn middleware(&self, network: Address) -> Address {
        address(&self.get(&format!("/v1/networks/{network}"))["item"]["middleware"])
    }

    /// Reads from a contract.
    pub(crate) fn call<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        let input = hex::encode_prefixed(call.abi_encode());
        let result = self.rpc("eth_call", &json!([{ "to": to, "input": input }, "latest"]));
        let bytes: Bytes = serde_json::from_value(result).expect("it is bytes");
        C::abi_decode_returns(&bytes).expect("it is what the function returns")
    }
}

/// Decimal digits as a number.
pub(crate) fn amount(value: &Value) -> U256 {
    let text = value.as_str().unwrap_or_else(|| panic!("not a text: {value}"));
    U256::from_str_radix(text, 10).unwrap_or_else(|_| panic!("not digits: {text}"))
}

/// An address in JSON.
pub(crate) fn address(value: &Value) -> Address {
    serde_json::from_value(value.clone()).unwrap_or_else(|_| panic!("not an address: {value}"))
}

/// The items of an answer.
pub(crate) fn items(answer: &Value) -> &Vec<Value> {
    answer["items"].as_array().unwrap_or_else(|| panic!("no items: {answer}"))
}
