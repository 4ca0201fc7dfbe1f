//! The chain's clock.

use crate::client::{Client, number};
use serde_json::{Value, json};

fn timestamp(client: &Client) -> u64 {
    number(&client.latest()["timestamp"])
}

#[test]
fn every_block_is_later_than_the_one_before() {
    let client = Client::new();
    let mut before = timestamp(&client);
    for _ in 0..5 {
        client.ok("evm_mine", json!([]));
        let now = timestamp(&client);
        assert!(now > before);
        before = now;
    }
}

#[test]
fn time_is_moved_ahead_and_stays_there() {
    let client = Client::new();
    let before = timestamp(&client);
    let week = 7 * 24 * 3600;
    assert_eq!(client.ok("evm_increaseTime", json!([week])), json!(week));
    let hex = format!("{week:#x}");
    assert_eq!(client.ok("evm_increaseTime", json!([hex])), json!(2 * week));
    assert_eq!(timestamp(&client), before, "it moves with the next block");
    client.ok("evm_mine", json!([]));
    let after = timestamp(&client);
    assert!((before + 2 * week..before + 2 * week + 60).contains(&after), "{before} {after}");
}

#[test]
fn the_next_block_can_be_given_its_time() {
    let client = Client::new();
    let start = timestamp(&client);
    client.ok("evm_setNextBlockTimestamp", json!([start + 1_000_000]));
    client.ok("evm_mine", json!([]));
    assert_eq!(timestamp(&client), start + 1_000_000);
    client.ok("evm_setNextBlockTimestamp", json!([format!("{:#x}", start + 2_000_000)]));
    client.ok("evm_mine", json!([]));
    assert_eq!(timestamp(&client), start + 2_000_000);
    client.ok("evm_mine", json!([start + 3_000_000]));
    assert_eq!(timestamp(&client), start + 3_000_000);
    client.ok("evm_mine", json!([{ "timestamp": start + 4_000_000 }]));
    assert_eq!(timestamp(&client), start + 4_000_000);
    client.ok("evm_mine", json!([{ "timestamp": Value::Null }]));
    assert!(timestamp(&client) < start + 4_000_060, "the clock runs on from there");
}

#[test]
fn times_that_cannot_be_are_refused() {
    let client = Client::new();
    let start = timestamp(&client);
    for method in ["evm_setNextBlockTimestamp", "evm_mine"] {
        let (code, message) = client.err(method, json!([start]));
        assert_eq!(code, -32000);
        let want = format!("timestamp {start} is not after the latest block, which is at {start}");
        assert_eq!(message, want);
        let (code, message) = client.err(method, json!([1u64 << 48]));
        assert_eq!(code, -32000);
        assert!(message.contains("does not fit uint48"), "{message}");
    }
    let (code, _) = client.err("evm_increaseTime", json!([u64::MAX]));
    assert_eq!(code, -32000);
    for bad in [json!([]), json!([-1]), json!(["soon"]), json!([1.5]), json!({ "a": 1 })] {
        assert_eq!(client.err("evm_increaseTime", bad.clone()).0, -32602, "{bad}");
    }
    client.ok("evm_mine", json!([]));
    assert!(timestamp(&client) < start + 60);
}
