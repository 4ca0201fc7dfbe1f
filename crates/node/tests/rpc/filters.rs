//! Filters that are polled.

use crate::client::Client;
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::Erc20::{approveCall, transferCall};
use serde_json::{Value, json};

fn changes(client: &Client, id: &Value) -> Vec<Value> {
    let changes = client.ok("eth_getFilterChanges", json!([id]));
    changes.as_array().expect("it is a list").clone()
}

#[test]
fn new_logs_are_told_once() {
    let client = Client::new();
    let token = client.token("USDC").address;
    let (to, value) = (Address::repeat_byte(7), U256::from(1));
    client.transact(0, token, &transferCall { to, value });
    let topic = alloy_primitives::keccak256("Transfer(address,address,uint256)");
    let filter = json!({ "address": token, "topics": [topic], "fromBlock": "0x0" });
    let id = client.ok("eth_newFilter", json!([filter]));
    assert_eq!(changes(&client, &id), Vec::<Value>::new(), "only what comes from now on");
    client.transact(0, token, &transferCall { to, value });
    client.transact(0, token, &approveCall { spender: to, value });
    client.transact(1, token, &transferCall { to, value });
    let told = changes(&client, &id);
    let blocks: Vec<_> = told.iter().map(|log| &log["blockNumber"]).collect();
    assert_eq!(blocks, [&json!("0x2"), &json!("0x4")]);
    assert_eq!(changes(&client, &id), Vec::<Value>::new());
    let all = client.ok("eth_getFilterLogs", json!([id]));
    assert_eq!(all.as_array().expect("it is a list").len(), 3);
    assert_eq!(client.ok("eth_uninstallFilter", json!([id])), true);
    assert_eq!(client.ok("eth_uninstallFilter", json!([id])), false);
    let (code, message) = client.err("eth_getFilterChanges", json!([id]));
    assert_eq!((code, message.as_str()), (-32000, "filter not found"));
}

#[test]
fn logs_that_a_rewind_took_back_are_told_as_removed() {
    let client = Client::new();
    let token = client.token("USDC").address;
    let (to, value) = (Address::repeat_byte(7), U256::from(1));
    let id = client.ok("eth_newFilter", json!([{ "address": token }]));
    let snapshot = client.ok("evm_snapshot", json!([]));
    client.transact(0, token, &transferCall { to, value });
    assert_eq!(changes(&client, &id).len(), 1);
    client.ok("evm_revert", json!([snapshot]));
    client.transact(1, token, &transferCall { to, value });
    let told = changes(&client, &id);
    let shown: Vec<_> = told.iter().map(|log| (&log["blockNumber"], &log["removed"])).collect();
    let one = json!("0x1");
    assert_eq!(shown, [(&one, &json!(true)), (&one, &json!(false))]);
    assert_ne!(told[0]["blockHash"], told[1]["blockHash"]);
}

#[test]
fn new_blocks_and_transactions_are_told() {
    let client = Client::new();
    let blocks = client.ok("eth_newBlockFilter", json!([]));
    let transactions = client.ok("eth_newPendingTransactionFilter", json!([]));
    let to = Address::repeat_byte(7);
    let pay = |nonce: u64| {
        let from = client.address(0);
        client.ok("eth_sendTransaction", json!([{ "from": from, "to": to, "nonce": nonce }]))
    };
    let (second, first) = (pay(1), pay(0));
    let mut told = changes(&client, &transactions);
    assert_eq!(told.len(), 2, "each once");
    told.reverse();
    assert_eq!(told, [first, second]);
    client.ok("anvil_mine", json!([3]));
    let told = changes(&client, &blocks);
    assert_eq!(told.len(), 5);
    assert_eq!(told.last(), Some(&client.latest()["hash"]));
}

#[test]
fn a_filter_that_nobody_polled_for_long_misses_nothing() {
    let client = Client::new();
    let blocks = client.ok("eth_newBlockFilter", json!([]));
    client.ok("anvil_mine", json!([6_000]));
    let told = changes(&client, &blocks);
    assert_eq!(told.len(), 6_000);
    assert_eq!(told.last(), Some(&client.latest()["hash"]));
}
