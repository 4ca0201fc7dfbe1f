//! Everything a client can get wrong. Each has its own error, and the node goes on answering.

use crate::client::Client;
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolError};
use bondstone_kernel::erc20::Erc20::{ERC20InsufficientBalance, transferCall};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::NetworkMiddlewareService::{NotNetwork, setMiddlewareCall};
use bondstone_tokens::MULTICALL3;
use bondstone_tokens::abi::Multicall3::{Call3, aggregate3Call};
use serde_json::{Value, json};

/// The node still answers.
fn alive(client: &Client) {
    assert_eq!(client.ok("eth_chainId", json!([])), "0x7a69");
}

fn call(client: &Client, to: Address, input: impl AsRef<[u8]>) -> Value {
    let input = hex::encode_prefixed(input);
    client.request("eth_call", json!([{ "from": client.address(9), "to": to, "input": input }]))
}

#[test]
fn reverts_have_code_three_and_their_data() {
    let client = Client::new();
    let service = client.node.protocols().symbiotic.address(Kind::NetworkMiddlewareService);
    let input = setMiddlewareCall { middleware: Address::repeat_byte(1) }.abi_encode();
    let error = &call(&client, service, &input)["error"];
    assert_eq!(error["code"], 3);
    assert_eq!(error["message"], "execution reverted: NotNetwork()");
    assert_eq!(error["data"], hex::encode_prefixed(NotNetwork {}.abi_encode()));
    let usdc = client.token("USDC").address;
    let input = transferCall { to: Address::repeat_byte(1), value: U256::MAX }.abi_encode();
    let described =
        json!([{ "from": client.address(9), "to": usdc, "data": hex::encode_prefixed(&input) }]);
    for method in ["eth_call", "eth_estimateGas"] {
        let error = client.request(method, described.clone())["error"].take();
        assert_eq!(error["code"], 3, "{method}");
        let data: Bytes = serde_json::from_value(error["data"].clone()).expect("bytes");
        let decoded = ERC20InsufficientBalance::abi_decode(&data).expect("the token's own error");
        assert_eq!((decoded.sender, decoded.needed), (client.address(9), U256::MAX));
    }
}

#[test]
fn malformed_calldata_and_unknown_selectors_revert_without_data() {
    let client = Client::new();
    let contracts = Kind::ALL.iter().map(|kind| client.node.protocols().symbiotic.address(*kind));
    let mut contracts: Vec<Address> = contracts.collect();
    contracts.extend(client.node.tokens().all().map(|token| token.address));
    contracts.push(MULTICALL3);
    let cut = &setMiddlewareCall { middleware: Address::repeat_byte(1) }.abi_encode()[..20];
    for to in contracts {
        for input in [&[][..], &[0x12], &[0xde, 0xad, 0xbe, 0xef], cut] {
            let response = call(&client, to, input);
            let error = &response["error"];
            assert_eq!(error["code"], 3, "{to} {input:?} {response}");
            assert_eq!(error["message"], "execution reverted");
            assert_eq!(error["data"], "0x");
        }
    }
    alive(&client);
}

#[test]
fn arrays_that_claim_to_be_longer_than_they_are_revert() {
    let client = Client::new();
    let mut input = aggregate3Call { calls: Vec::new() }.abi_encode();
    let length = input.len() - 32;
    for claimed in [U256::from(1), U256::from(u32::MAX), U256::from(u64::MAX), U256::MAX] {
        input[length..].copy_from_slice(&claimed.to_be_bytes::<32>());
        let error = &call(&client, MULTICALL3, &input)["error"];
        assert_eq!(error["code"], 3, "{claimed}");
    }
    // One element that very many offsets point at: more calls than a transaction may make.
    let nobody = Address::repeat_byte(0x55);
    let one = Call3 { target: nobody, allowFailure: false, callData: Bytes::new() };
    let short = aggregate3Call { calls: vec![one] }.abi_encode();
    let (head, element) = (&short[..4 + 32], &short[4 + 3 * 32..]);
    let count = 60_000usize;
    let word = |number: usize| U256::from(number).to_be_bytes::<32>();
    let mut input = [head, &word(count)].concat();
    input.extend(std::iter::repeat_n(word(count * 32), count).flatten());
    input.extend_from_slice(element);
    assert_eq!(call(&client, MULTICALL3, &input)["error"]["code"], 3);
    alive(&client);
}

#[test]
fn calls_that_call_themselves_end() {
    let client = Client::new();
    let mut input = Vec::new();
    for _ in 0..1_000 {
        let call =
            Call3 { target: MULTICALL3, allowFailure: false, callData: input.clone().into() };
        input = aggregate3Call { calls: vec![call] }.abi_encode();
    }
    let error = &call(&client, MULTICALL3, &input)["error"];
    assert_eq!(error["code"], 3);
    alive(&client);
}

#[test]
fn reads_of_nowhere_are_empty_and_creation_is_refused() {
    let client = Client::new();
    let response = call(&client, Address::repeat_byte(0x55), [1, 2, 3, 4]);
    assert_eq!(response["result"], "0x");
    let (code, message) = client.err("eth_call", json!([{ "input": "0x6000" }]));
    let want = "contract creation is not supported: `to` is missing";
    assert_eq!((code, message.as_str()), (-32000, want));
    let (code, _) = client.err("eth_sendTransaction", json!([{ "from": client.address(0) }]));
    assert_eq!(code, -32000);
    alive(&client);
}

#[test]
fn unknown_methods_are_named_as_such() {
    let client = Client::new();
    for method in ["eth_mine", "debug_traceTransactions", "", "evm_snapshots"] {
        assert_eq!(client.err(method, json!([])), (-32601, "Method not found".to_owned()));
    }
}

#[test]
fn parameters_that_do_not_fit_are_named_in_the_error() {
    let client = Client::new();
    let cases = [
        ("eth_getBalance", json!([]), "address"),
        ("eth_getBalance", json!(["0x12"]), "address"),
        ("eth_getBalance", json!([client.address(0), "yesterday"]), "block"),
        ("eth_getBalance", json!({ "address": client.address(0) }), "address"),
        ("eth_getTransactionReceipt", json!(["0x1234"]), "transaction hash"),
        ("eth_getBlockByNumber", json!([[]]), "block"),
        ("eth_getBlockByNumber", json!(["latest", "yes"]), "full transactions"),
        ("eth_call", json!([{ "to": 5 }]), "call"),
        ("eth_call", json!([{ "to": MULTICALL3, "input": "0xzz" }]), "call"),
        ("eth_call", json!([{ "to": MULTICALL3, "input": "0x1" }]), "call"),
        ("eth_sendRawTransaction", json!(["0x"]), "transaction"),
        ("eth_sendRawTransaction", json!(["0xc0"]), "transaction"),
        ("eth_sendRawTransaction", json!(["0x02f8"]), "transaction"),
        ("eth_sendRawTransaction", json!([5]), "transaction"),
        ("eth_feeHistory", json!(["0x1"]), "newest block"),
    ];
    for (method, params, name) in cases {
        let (code, message) = client.err(method, params.clone());
        assert_eq!(code, -32602, "{method} {params}");
        let start = format!("invalid params: {name}");
        assert!(message.starts_with(&start), "{method} {params}: {message}");
    }
    let call = json!({ "to": MULTICALL3, "input": "0x01", "data": "0x02" });
    assert_eq!(client.err("eth_call", json!([call])).0, -32602);
    let overrides = json!([{ "to": MULTICALL3 }, "latest", { MULTICALL3.to_string(): {} }]);
    let (code, message) = client.err("eth_call", overrides);
    assert_eq!((code, message.as_str()), (-32602, "invalid params: overrides: not supported"));
    alive(&client);
}

#[test]
fn nonsense_in_a_call_is_refused_even_where_a_call_needs_nothing_of_the_kind() {
    let client = Client::new();
    let usdc = client.token("USDC").address;
    let numbers = ["gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "chainId"];
    for (key, value) in numbers.map(|key| (key, "much")).into_iter().chain([("data", "0x1")]) {
        let error = client.request("eth_call", json!([{ "to": usdc, key: value }]))["error"].take();
        assert_eq!(error["code"], -32602, "{key}: {error}");
    }
    let both = json!([{ "to": usdc, "input": "0x12345678", "data": "0x87654321" }]);
    assert_eq!(client.request("eth_call", both)["error"]["code"], -32602);
    let other = json!([{ "to": usdc, "chainId": "0x1" }]);
    let error = client.request("eth_call", other)["error"]["message"].take();
    assert!(error.as_str().is_some_and(|text| text.contains("chain")), "{error}");
    // What others add is passed over.
    let input = hex::encode_prefixed([0x31, 0x3c, 0xe5, 0x67]);
    let more = json!([{ "to": usdc, "data": input, "accessList": [], "type": "0x2", "x": 1 }]);
    assert!(client.request("eth_call", more)["result"].is_string());
}

#[test]
fn bad_json_is_a_parse_error() {
    let client = Client::new();
    let bodies: [&[u8]; 7] = [
        b"",
        b"{",
        b"hello",
        b"{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"eth_chainId\"",
        b"{\"id\" \"method\"}",
        b"\xff\xfe\x00",
        b"[",
    ];
    for body in bodies {
        let answer = client.post(body);
        let text = String::from_utf8_lossy(body);
        assert_eq!(answer.json()["error"]["code"], -32700, "{text}: {answer:?}");
    }
    // JSON that is no request, and JSON that is deeper than a parser should follow.
    for body in ["{\"id\": 1}", "{\"jsonrpc\": \"1.0\", \"id\": 1, \"method\": \"eth_chainId\"}"] {
        let answer = client.post(body.as_bytes());
        assert_eq!(answer.json()["error"]["code"], -32600, "{body}: {answer:?}");
    }
    let deep = "[".repeat(200_000);
    let body = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_call\",\"params\":{deep}");
    let answer = client.post(body.as_bytes());
    assert!(answer.json()["error"]["code"].is_i64(), "{answer:?}");
    alive(&client);
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let client = Client::new();
    let body = vec![b' '; (10 << 20) + 1];
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    // The length alone is enough to refuse, before the body is sent.
    let announced = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let answer = client.send(announced.as_bytes());
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], -32007);
    alive(&client);
}

#[test]
fn batches_are_answered_in_order_and_have_a_limit() {
    let client = Client::new();
    let one = |id: u64, method: &str| -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] })
    };
    let batch = json!([one(1, "eth_chainId"), one(2, "nothing"), one(3, "eth_blockNumber"), 5]);
    let answers = client.post(batch.to_string().as_bytes()).json();
    let by_id = |id: Value| -> Value {
        let list = answers.as_array().expect("a list");
        list.iter().find(|answer| answer["id"] == id).expect("it is answered").clone()
    };
    assert_eq!(by_id(json!(1))["result"], "0x7a69");
    assert_eq!(by_id(json!(2))["error"]["code"], -32601);
    assert_eq!(by_id(json!(3))["result"], "0x0");
    assert_eq!(by_id(Value::Null)["error"]["code"], -32600);
    let long: Vec<Value> = (0..1_001).map(|id| one(id, "eth_chainId")).collect();
    let answer = client.post(json!(long).to_string().as_bytes()).json();
    assert_eq!(answer["error"]["code"], -32010);
    alive(&client);
}

#[test]
fn what_is_not_a_json_post_is_refused_in_http() {
    let client = Client::new();
    let close = "Host: localhost\r\nConnection: close\r\n";
    let get = client.send(format!("GET / HTTP/1.1\r\n{close}\r\n").as_bytes());
    assert_eq!(get.status, 405);
    let text = format!(
        "POST / HTTP/1.1\r\n{close}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    assert_eq!(client.send(text.as_bytes()).status, 415);
    assert_eq!(client.send(b"nonsense\r\n\r\n").status, 400);
    alive(&client);
}
