//! How a transaction went, call by call.

use crate::client::Client;
use alloy_primitives::{Address, U256, hex, keccak256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20::transferCall;
use serde_json::{Value, json};

const CALLS: &str = "callTracer";

fn selector(signature: &str) -> String {
    hex::encode_prefixed(keccak256(signature).get(..4).expect("it has 32 bytes"))
}

/// To whom a frame's calls go, and which functions they are.
fn shape(frame: &Value) -> Vec<(Value, String)> {
    let calls = frame["calls"].as_array().cloned().unwrap_or_default();
    let one = |call: &Value| {
        let input = call["input"].as_str().expect("it is bytes");
        (call["to"].clone(), input.get(..10).unwrap_or(input).to_owned())
    };
    calls.iter().map(one).collect()
}

#[test]
fn a_slash_shows_delegator_vault_and_token() {
    let client = Client::with_economy();
    let vault = client.economy().vault("instant").expect("it is there").clone();
    let token = client.token("wstETH").address;
    let topic = keccak256("Slash(bytes32,address,uint256,uint48)");
    let filter = json!({ "address": vault.slasher, "topics": [topic], "fromBlock": "0x0" });
    let logs = client.ok("eth_getLogs", json!([filter]));
    let hash = &logs[0]["transactionHash"];
    let options = json!({ "tracer": CALLS, "tracerConfig": { "withLog": true } });
    let frame = client.ok("debug_traceTransaction", json!([hash, options]));
    let receipt = client.ok("eth_getTransactionReceipt", json!([hash]));
    assert_eq!((&frame["type"], &frame["to"]), (&json!("CALL"), &json!(vault.slasher)));
    assert_eq!((&frame["from"], &frame["gasUsed"]), (&receipt["from"], &receipt["gasUsed"]));
    let to = |address: Address, signature: &str| (json!(address), selector(signature));
    let want = [
        to(vault.delegator, "onSlash(bytes32,address,uint256,uint48,bytes)"),
        to(vault.vault, "onSlash(uint256,uint48)"),
    ];
    assert_eq!(shape(&frame), want);
    let inner = &frame["calls"][1];
    assert_eq!(shape(inner), [to(token, "transfer(address,uint256)")]);
    assert_eq!(
        U256::from_str_radix(&inner["output"].as_str().expect("bytes")[2..], 16).ok(),
        Some(U256::from(5) * U256::from(10).pow(U256::from(18)))
    );
    let count = |frame: &Value| frame["logs"].as_array().map_or(0, Vec::len);
    let all = count(&frame) + count(&frame["calls"][0]) + count(inner) + count(&inner["calls"][0]);
    assert_eq!(all, receipt["logs"].as_array().expect("it is a list").len());
    let top = json!({ "tracer": CALLS, "tracerConfig": { "onlyTopCall": true } });
    let frame = client.ok("debug_traceTransaction", json!([hash, top]));
    assert_eq!(frame.get("calls"), None);
    let at = json!([receipt["blockNumber"], { "tracer": CALLS }]);
    let block = client.ok("debug_traceBlockByNumber", at);
    assert_eq!(block[0]["txHash"], *hash);
    assert_eq!(shape(&block[0]["result"]), want);
}

#[test]
fn a_failure_is_told_with_its_reason() {
    let client = Client::new();
    let token = client.token("USDC").address;
    let call = transferCall { to: Address::repeat_byte(7), value: U256::MAX };
    let receipt = client.transact(0, token, &call);
    let hash = &receipt["transactionHash"];
    let frame = client.ok("debug_traceTransaction", json!([hash, { "tracer": CALLS }]));
    assert_eq!(frame["error"], "execution reverted");
    let reason = frame["revertReason"].as_str().expect("there is one");
    assert!(reason.starts_with("ERC20InsufficientBalance("), "{reason}");
    let call = json!({ "from": client.address(0), "to": token,
        "input": hex::encode_prefixed(call.abi_encode()) });
    let again = client.ok("debug_traceCall", json!([call, "latest", { "tracer": CALLS }]));
    assert_eq!(again["output"], frame["output"]);
}

#[test]
fn other_tracers_and_unknown_transactions_are_refused() {
    let client = Client::new();
    let hash = keccak256("nothing");
    for options in [json!({}), json!({ "tracer": "prestateTracer" })] {
        let (code, message) = client.err("debug_traceTransaction", json!([hash, options]));
        assert_eq!(code, -32602);
        assert!(message.contains("only `callTracer` is"), "{message}");
    }
    let asked = json!([hash, { "tracer": CALLS }]);
    let (code, message) = client.err("debug_traceTransaction", asked);
    assert_eq!((code, message), (-32001, format!("transaction {hash} not found")));
}
