//! `eth_getLogs`.

use crate::client::{Client, number};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::erc20::Erc20::{Approval, Transfer, approveCall, transferCall};
use serde_json::{Value, json};

struct Tokens {
    client: Client,
    usdc: Address,
    hyper: Address,
}

/// Block 1: USDC transfer 0 → 1. Block 2: HYPER transfer 0 → 2. Block 3: USDC approval 0 → 1.
fn three_blocks() -> Tokens {
    let client = Client::new();
    let (usdc, hyper) = (client.token("USDC").address, client.token("HYPER").address);
    let (one, two) = (client.address(1), client.address(2));
    client.transact(0, usdc, &transferCall { to: one, value: U256::from(1) });
    client.transact(0, hyper, &transferCall { to: two, value: U256::from(2) });
    client.transact(0, usdc, &approveCall { spender: one, value: U256::from(3) });
    Tokens { client, usdc, hyper }
}

fn blocks(client: &Client, filter: Value) -> Vec<u64> {
    let logs = client.ok("eth_getLogs", json!([filter]));
    let logs = logs.as_array().expect("a list").clone();
    logs.iter().map(|log| number(&log["blockNumber"])).collect()
}

#[test]
fn logs_are_chosen_by_address_and_topics() {
    let Tokens { client, usdc, hyper } = three_blocks();
    let find = |mut filter: Value| {
        filter["fromBlock"] = json!("earliest");
        blocks(&client, filter)
    };
    let (transfer, approval) = (Transfer::SIGNATURE_HASH, Approval::SIGNATURE_HASH);
    let to = |index: usize| client.address(index).into_word();
    assert_eq!(find(json!({})), [1, 2, 3]);
    assert_eq!(find(json!({ "address": usdc })), [1, 3]);
    assert_eq!(find(json!({ "address": [usdc, hyper] })), [1, 2, 3]);
    assert_eq!(find(json!({ "address": Address::repeat_byte(1) })), Vec::<u64>::new());
    assert_eq!(find(json!({ "topics": [transfer] })), [1, 2]);
    assert_eq!(find(json!({ "topics": [[transfer, approval]] })), [1, 2, 3]);
    assert_eq!(find(json!({ "topics": [null, to(0)] })), [1, 2, 3]);
    assert_eq!(find(json!({ "topics": [null, null, to(1)] })), [1, 3]);
    assert_eq!(find(json!({ "topics": [transfer, null, [to(1), to(2)]] })), [1, 2]);
    assert_eq!(find(json!({ "topics": [to(0)] })), Vec::<u64>::new());
}

#[test]
fn logs_are_chosen_by_block() {
    let Tokens { client, .. } = three_blocks();
    let find = |filter: Value| blocks(&client, filter);
    assert_eq!(find(json!({})), [3], "from and to are the last block unless said otherwise");
    assert_eq!(find(json!({ "fromBlock": "0x2" })), [2, 3]);
    assert_eq!(find(json!({ "fromBlock": "0x1", "toBlock": "0x2" })), [1, 2]);
    assert_eq!(find(json!({ "fromBlock": "0x0", "toBlock": "0xffff" })), [1, 2, 3]);
    assert_eq!(find(json!({ "fromBlock": "0x4" })), Vec::<u64>::new(), "as clients poll");
    let second = client.ok("eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!(find(json!({ "blockHash": second["hash"] })), [2]);
}

#[test]
fn filters_that_make_no_sense_are_refused() {
    let client = Client::new();
    let refused = |filter: Value| client.err("eth_getLogs", json!([filter]));
    assert_eq!(refused(json!({ "fromBlock": "0x5", "toBlock": "0x2" })).0, -32602);
    let nothing = alloy_primitives::B256::repeat_byte(9);
    assert_eq!(refused(json!({ "blockHash": nothing })).0, -32001);
    let both = json!({ "blockHash": nothing, "fromBlock": "0x0" });
    assert_eq!(refused(both).0, -32602);
    assert_eq!(refused(json!({ "address": "0x12" })).0, -32602);
    assert_eq!(refused(json!({ "topics": ["0x12"] })).0, -32602);
    assert_eq!(refused(json!("everything")).0, -32602);
}

#[test]
fn a_search_has_limits() {
    let number = |n| std::num::NonZeroU64::new(n).expect("it is not zero");
    let client = Client::limited(number(2), number(4));
    let token = client.token("USDC").address;
    for _ in 0..3 {
        let call = approveCall { spender: Address::repeat_byte(7), value: U256::from(1) };
        client.transact(0, token, &call);
    }
    let search = |from: &str, to: &str| json!([{ "fromBlock": from, "toBlock": to }]);
    let (code, message) = client.err("eth_getLogs", search("0x0", "0x3"));
    let want = "query returned more than 2 logs, by block 3; ask for fewer blocks";
    assert_eq!((code, message.as_str()), (-32005, want));
    let two = client.ok("eth_getLogs", search("0x0", "0x2"));
    assert_eq!(two.as_array().map(Vec::len), Some(2));
    client.ok("anvil_mine", json!([3]));
    let (code, message) = client.err("eth_getLogs", search("0x0", "latest"));
    assert_eq!((code, message.as_str()), (-32005, "the range has 7 blocks, the limit is 4"));
}
