//! The past: state at every block, and states to come back to.

use crate::client::{Client, number};
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::Erc20::{balanceOfCall, transferCall};
use serde_json::{Value, json};

fn balance_at(client: &Client, who: Address, at: &Value) -> U256 {
    let result = client.ok("eth_getBalance", json!([who, at]));
    serde_json::from_value(result).expect("it is a quantity")
}

#[test]
fn state_is_read_at_every_block() {
    let client = Client::new();
    let who = Address::repeat_byte(7);
    // Far more blocks than are kept one by one.
    for wei in 1..=300u64 {
        client.ok("anvil_setBalance", json!([who, format!("{wei:#x}")]));
    }
    for height in [0u64, 1, 2, 63, 64, 65, 128, 199, 235, 236, 237, 299, 300, 150, 150, 149] {
        let at = json!(format!("{height:#x}"));
        assert_eq!(balance_at(&client, who, &at), U256::from(height), "block {height}");
        let block = client.ok("eth_getBlockByNumber", json!([at, false]));
        let by_hash = json!({ "blockHash": block["hash"] });
        assert_eq!(balance_at(&client, who, &by_hash), U256::from(height), "block {height}");
    }
    for tag in ["latest", "safe", "finalized", "pending"] {
        assert_eq!(balance_at(&client, who, &json!(tag)), U256::from(300), "{tag}");
    }
    assert_eq!(balance_at(&client, who, &json!("earliest")), U256::ZERO);
    let (code, message) = client.err("eth_getBalance", json!([who, "0x999"]));
    assert_eq!((code, message.as_str()), (-32001, "block 2457 not found"));
}

#[test]
fn calls_run_in_the_past_with_its_time() {
    let client = Client::with_economy();
    let vault = client.economy().vault("instant").expect("it is there").vault;
    let input = alloy_primitives::hex::encode_prefixed(
        alloy_primitives::keccak256("activeStake()").get(..4).expect("it has 32 bytes"),
    );
    let at = |block: u64| {
        client.request("eth_call", json!([{ "to": vault, "input": input }, format!("{block:#x}")]))
    };
    assert_eq!(at(0)["result"], "0x", "the vault does not exist yet");
    let height = client.node.chain().height();
    let stakes: Vec<U256> = (1..=height)
        .filter_map(|block| {
            let word: String = serde_json::from_value(at(block)["result"].clone()).ok()?;
            word.strip_prefix("0x").and_then(|digits| U256::from_str_radix(digits, 16).ok())
        })
        .collect();
    let rises = stakes.windows(2).filter(|pair| pair[1] > pair[0]).count();
    let falls = stakes.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!(rises >= 2 && falls >= 2, "deposits raise it, a slash and an exit lower it");
}

#[test]
fn a_snapshot_is_come_back_to() {
    let client = Client::new();
    let (from, to) = (client.address(0), Address::repeat_byte(7));
    let token = client.token("USDC").address;
    let owned = |client: &Client| client.call(token, &balanceOfCall { account: to });
    let pay = |value: u64| transferCall { to, value: U256::from(value) };
    client.transact(0, token, &pay(5));
    let time = number(&client.latest()["timestamp"]);
    let id = client.ok("evm_snapshot", json!([]));
    let later = client.ok("evm_snapshot", json!([]));
    client.ok("evm_increaseTime", json!([1_000_000]));
    let receipt = client.transact(0, token, &pay(7));
    assert_eq!(owned(&client), U256::from(12));
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x2");

    assert_eq!(client.ok("evm_revert", json!([id])), true);
    assert_eq!(owned(&client), U256::from(5));
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x1");
    assert_eq!(client.ok("eth_getTransactionCount", json!([from, "latest"])), "0x1");
    let hash = &receipt["transactionHash"];
    assert_eq!(client.ok("eth_getTransactionReceipt", json!([hash])), Value::Null);
    assert_eq!(client.ok("eth_getBlockByHash", json!([receipt["blockHash"], false])), Value::Null);
    assert_eq!(client.ok("evm_revert", json!([id])), false, "it is used up");
    assert_eq!(client.ok("evm_revert", json!([later])), false, "it was made after it");
    assert_eq!(client.ok("anvil_revert", json!(["0x99"])), false);

    let other = client.transact(0, token, &pay(8));
    assert_eq!(owned(&client), U256::from(13));
    assert_ne!(other["blockHash"], receipt["blockHash"]);
    let after = number(&client.latest()["timestamp"]);
    assert!(after < time + 1_000, "the clock went back too");
}

#[test]
fn two_blocks_that_differ_only_in_a_failed_call_have_different_hashes() {
    let client = Client::new();
    let token = client.token("USDC").address;
    let time = number(&client.latest()["timestamp"]) + 100;
    let fail = |value: U256| {
        client.ok("evm_setNextBlockTimestamp", json!([time]));
        client.transact(0, token, &transferCall { to: Address::repeat_byte(7), value })
    };
    let id = client.ok("evm_snapshot", json!([]));
    let first = fail(U256::MAX);
    assert_eq!(first["status"], "0x0");
    client.ok("evm_revert", json!([id]));
    let second = fail(U256::MAX - U256::from(1));
    assert_eq!(second["status"], "0x0");
    assert_ne!(first["blockHash"], second["blockHash"]);
}
