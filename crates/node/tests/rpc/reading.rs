//! Reads: the chain's facts, blocks, code, calls, fees.

use crate::client::{Client, number};
use alloy_primitives::{Address, U256, address};
use bondstone_kernel::erc20::Erc20::{approveCall, balanceOfCall};
use bondstone_symbiotic::Kind;
use bondstone_tokens::MULTICALL3;
use bondstone_tokens::abi::Multicall3::getCurrentBlockTimestampCall;
use serde_json::{Value, json};

#[test]
fn the_chain_says_who_it_is() {
    let client = Client::new();
    assert_eq!(client.ok("eth_chainId", json!([])), "0x7a69");
    assert_eq!(client.ok("net_version", json!([])), "31337");
    assert_eq!(client.ok("eth_syncing", json!([])), false);
    assert_eq!(client.ok("eth_blockNumber", Value::Null), "0x0");
    let version = client.ok("web3_clientVersion", json!([]));
    assert!(version.as_str().expect("text").starts_with("bondstone/v"), "{version}");
    let accounts = client.ok("eth_accounts", json!([]));
    assert_eq!(accounts.as_array().map(Vec::len), Some(10));
    let first = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
    assert_eq!(accounts[0], first);
    let ether = client.ok("eth_getBalance", json!([first, "latest"]));
    assert_eq!(ether, "0x21e19e0c9bab2400000");
    assert_eq!(client.ok("eth_getTransactionCount", json!([first])), "0x0");
}

#[test]
fn contracts_are_where_mainnet_has_them() {
    let client = Client::new();
    let code = |at: Address| client.ok("eth_getCode", json!([at, "latest"]));
    let factory = address!("0xAEb6bdd95c502390db8f52c8909F703E9Af6a346");
    // 0xfe, then "bondstone:VaultFactory".
    assert_eq!(code(factory), "0xfe626f6e6473746f6e653a5661756c74466163746f7279");
    for kind in Kind::ALL.iter().copied() {
        let at = client.node.protocols().symbiotic.address(kind);
        assert_ne!(code(at), "0x", "{kind:?}");
    }
    for token in client.node.tokens().all() {
        assert_ne!(code(token.address), "0x", "{}", token.symbol);
    }
    assert_ne!(code(MULTICALL3), "0x");
    assert_eq!(code(Address::repeat_byte(5)), "0x");
    assert_eq!(code(client.address(0)), "0x");
}

#[test]
fn a_call_reads_and_keeps_nothing() {
    let client = Client::new();
    let usdc = client.token("USDC").address;
    let (owner, spender) = (client.address(0), client.address(1));
    let balance = client.call(usdc, &balanceOfCall { account: owner });
    assert_eq!(balance, U256::from(10_000_000_000_000u64));
    assert!(client.call(usdc, &approveCall { spender, value: U256::ONE }));
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x0");
    // A call to an address without code succeeds and returns nothing, as in the EVM.
    let nobody = Address::repeat_byte(5);
    let call = json!([{ "to": nobody, "data": "0x12345678" }, "latest"]);
    assert_eq!(client.ok("eth_call", call), "0x");
}

#[test]
fn the_pending_block_has_a_later_time_than_the_last() {
    let client = Client::new();
    let input = "0x0f28c97d";
    let at = |tag: &str| {
        let call = json!([{ "to": MULTICALL3, "input": input }, tag]);
        let word = client.ok("eth_call", call);
        U256::from_str_radix(&word.as_str().expect("text")[2..], 16).expect("a word")
    };
    assert!(at("pending") > at("latest"));
    let latest = client.call(MULTICALL3, &getCurrentBlockTimestampCall {});
    assert_eq!(latest, U256::from(number(&client.latest()["timestamp"])));
}

#[test]
fn blocks_are_found_by_number_and_by_hash_and_are_chained() {
    let client = Client::new();
    client.ok("evm_mine", json!([]));
    let usdc = client.token("USDC").address;
    client.transact(0, usdc, &approveCall { spender: Address::ZERO, value: U256::ONE });
    let genesis = client.ok("eth_getBlockByNumber", json!(["earliest", false]));
    let empty = client.ok("eth_getBlockByNumber", json!(["0x1", true]));
    let last = client.ok("eth_getBlockByNumber", json!(["latest", true]));
    assert_eq!(genesis["parentHash"], json!(alloy_primitives::B256::ZERO));
    assert_eq!(empty["parentHash"], genesis["hash"]);
    assert_eq!(last["parentHash"], empty["hash"]);
    assert_eq!(empty["transactions"], json!([]));
    assert_eq!(last["transactions"].as_array().map(Vec::len), Some(1));
    assert_eq!(last["transactions"][0]["blockHash"], last["hash"]);
    assert_eq!(last["baseFeePerGas"], "0x0");
    let by_hash = client.ok("eth_getBlockByHash", json!([last["hash"], true]));
    assert_eq!(by_hash, last);
    let brief = client.ok("eth_getBlockByHash", json!([last["hash"], false]));
    assert_eq!(brief["transactions"][0], last["transactions"][0]["hash"]);
    let count = client.ok("eth_getBlockTransactionCountByNumber", json!(["latest"]));
    assert_eq!(count, "0x1");
    let params = json!([last["hash"], "0x0"]);
    let first = client.ok("eth_getTransactionByBlockHashAndIndex", params);
    assert_eq!(first, last["transactions"][0]);
    let receipts = client.ok("eth_getBlockReceipts", json!(["latest"]));
    assert_eq!(receipts[0]["transactionHash"], last["transactions"][0]["hash"]);
}

#[test]
fn what_is_not_there_is_null() {
    let client = Client::new();
    let nothing = alloy_primitives::B256::repeat_byte(9);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x99", false])),
        ("eth_getBlockByHash", json!([nothing, false])),
        ("eth_getTransactionByHash", json!([nothing])),
        ("eth_getTransactionReceipt", json!([nothing])),
        ("eth_getBlockReceipts", json!(["0x99"])),
    ] {
        assert_eq!(client.ok(method, params), Value::Null, "{method}");
    }
}

#[test]
fn fees_are_suggested_and_never_charged() {
    let client = Client::new();
    assert_eq!(client.ok("eth_gasPrice", json!([])), "0x3b9aca00");
    assert_eq!(client.ok("eth_maxPriorityFeePerGas", json!([])), "0x3b9aca00");
    let history = client.ok("eth_feeHistory", json!(["0x5", "latest", [10.0, 50.0]]));
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"], json!(["0x0", "0x0"]));
    assert_eq!(history["gasUsedRatio"], json!([0.0]));
    assert_eq!(history["reward"], json!([["0x3b9aca00", "0x3b9aca00"]]));
    let (code, _) = client.err("eth_feeHistory", json!(["0x5", "latest", [50.0, 10.0]]));
    assert_eq!(code, -32602);
    // 68 bytes of calldata at 16, the base of 21,000, and 300,000 for any call of a contract.
    let usdc = client.token("USDC").address;
    let input = format!("0x095ea7b3{:0>64}{:0>64}", "1", "1");
    let call = json!([{ "from": client.address(0), "to": usdc, "input": input }]);
    assert_eq!(number(&client.ok("eth_estimateGas", call)), 21_000 + 68 * 16 + 300_000);
    let plain = json!([{ "to": client.address(1), "value": "0x1", "from": client.address(0) }]);
    assert_eq!(number(&client.ok("eth_estimateGas", plain)), 21_000);
}
