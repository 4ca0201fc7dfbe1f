//! What a development chain lets anybody do, and what it refuses.

use crate::client::{Client, number};
use alloy_primitives::{Address, Bytes, Signature, U256, eip191_hash_message, hex};
use alloy_sol_types::{SolCall, SolStruct, eip712_domain, sol};
use bondstone_kernel::erc20::Erc20::{approveCall, transferCall};
use serde_json::{Value, json};

fn send(client: &Client, from: Address, to: Address, nonce: u64) -> Value {
    let described = json!([{ "from": from, "to": to, "value": "0x1", "nonce": nonce,
        "maxFeePerGas": "0x5" }]);
    client.ok("eth_sendTransaction", described)
}

fn receipt(client: &Client, hash: &Value) -> Value {
    client.ok("eth_getTransactionReceipt", json!([hash]))
}

#[test]
fn blocks_are_made_on_request_when_asked_for() {
    let client = Client::new();
    let (a, b, to) = (client.address(0), client.address(1), Address::repeat_byte(7));
    client.ok("evm_setAutomine", json!([false]));
    assert_eq!(client.ok("anvil_getAutomine", json!([])), false);
    let first = send(&client, a, to, 0);
    let third = send(&client, b, to, 0);
    let second = send(&client, a, to, 1);
    assert_eq!(receipt(&client, &first), Value::Null);
    let waiting = client.ok("eth_getTransactionByHash", json!([first]));
    assert_eq!((&waiting["blockNumber"], &waiting["nonce"]), (&Value::Null, &json!("0x0")));
    assert_eq!(client.ok("txpool_status", json!([])), json!({ "pending": "0x3", "queued": "0x0" }));
    assert_eq!(client.ok("eth_getTransactionCount", json!([a, "pending"])), "0x2");
    assert_eq!(client.ok("eth_getTransactionCount", json!([a, "latest"])), "0x0");
    assert_eq!(client.ok("eth_getBalance", json!([to, "pending"])), "0x3");
    assert_eq!(client.ok("eth_getBalance", json!([to, "latest"])), "0x0");

    client.ok("evm_mine", json!([]));
    let block = client.latest();
    assert_eq!(block["transactions"], json!([first, third, second]));
    let gas: u64 = [&first, &third, &second]
        .iter()
        .zip(0u64..)
        .map(|(hash, index)| {
            let receipt = receipt(&client, hash);
            assert_eq!(number(&receipt["transactionIndex"]), index);
            assert_eq!(number(&receipt["cumulativeGasUsed"]), (index + 1) * 21_000);
            number(&receipt["gasUsed"])
        })
        .sum();
    assert_eq!(number(&block["gasUsed"]), gas);
    assert_eq!(client.ok("eth_getBalance", json!([to, "latest"])), "0x3");
}

#[test]
fn logs_of_several_transactions_are_numbered_through_the_block() {
    let client = Client::new();
    let token = client.token("USDC").address;
    client.ok("anvil_setAutomine", json!([false]));
    let input = |value: u64| {
        let call = approveCall { spender: Address::repeat_byte(7), value: U256::from(value) };
        hex::encode_prefixed(call.abi_encode())
    };
    for (from, value) in [(0, 1), (1, 2), (2, 3)] {
        let from = client.address(from);
        client.ok(
            "eth_sendTransaction",
            json!([{ "from": from, "to": token, "input": input(value) }]),
        );
    }
    client.ok("anvil_mine", json!(["0x1"]));
    let logs = client.ok("eth_getLogs", json!([{ "address": token, "fromBlock": "latest" }]));
    let places = logs.as_array().expect("it is a list").iter();
    let places: Vec<_> = places.map(|log| (&log["transactionIndex"], &log["logIndex"])).collect();
    let want = [json!("0x0"), json!("0x1"), json!("0x2")];
    assert_eq!(places, want.iter().map(|n| (n, n)).collect::<Vec<_>>());
}

#[test]
fn transactions_wait_for_the_ones_before_them() {
    let client = Client::new();
    let (from, to) = (client.address(0), Address::repeat_byte(7));
    let second = send(&client, from, to, 1);
    assert_eq!(receipt(&client, &second), Value::Null);
    let content = client.ok("txpool_content", json!([]));
    assert!(content["queued"].to_string().contains(second.as_str().expect("it is a hash")));
    let first = send(&client, from, to, 0);
    assert_eq!(receipt(&client, &first)["blockNumber"], "0x1");
    assert_eq!(receipt(&client, &second)["blockNumber"], "0x2");
    let dropped = send(&client, from, to, 9);
    assert_eq!(client.ok("anvil_dropTransaction", json!([dropped])), true);
    assert_eq!(client.ok("anvil_dropTransaction", json!([dropped])), false);
    assert_eq!(client.ok("eth_getTransactionByHash", json!([dropped])), Value::Null);
}

#[test]
fn blocks_come_by_the_clock_when_asked_for() {
    let client = Client::new();
    client.ok("evm_setIntervalMining", json!([20]));
    assert_eq!(client.ok("anvil_getAutomine", json!([])), false);
    let hash = send(&client, client.address(0), Address::repeat_byte(7), 0);
    let begun = std::time::Instant::now();
    while receipt(&client, &hash) == Value::Null {
        assert!(begun.elapsed().as_secs() < 30, "no block came");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    client.ok("evm_setAutomine", json!([true]));
    let height = client.ok("eth_blockNumber", json!([]));
    std::thread::sleep(std::time::Duration::from_millis(60));
    assert_eq!(client.ok("eth_blockNumber", json!([])), height, "the clock was stopped");
}

#[test]
fn many_blocks_are_mined_at_once() {
    let client = Client::new();
    let start = number(&client.latest()["timestamp"]);
    client.ok("hardhat_mine", json!(["0x64", "0x3c"]));
    let block = client.latest();
    assert_eq!(block["number"], "0x64");
    assert_eq!(number(&block["timestamp"]), start + 100 * 60);
    client.ok("anvil_mine", json!(["0x2", "0x0"]));
    assert_eq!(client.latest()["number"], "0x66");
    let (code, message) = client.err("anvil_mine", json!([1_000_000]));
    assert_eq!(
        (code, message.as_str()),
        (-32005, "1000000 blocks are too many for one request; the limit is 100000")
    );
}

#[test]
fn any_account_is_impersonated_when_asked_for() {
    let client = Client::new();
    let whale = Address::repeat_byte(0x55);
    let token = client.token("USDC").address;
    let value = U256::from(70);
    client.transact(0, token, &transferCall { to: whale, value });
    let back = transferCall { to: client.address(0), value };
    let described = json!([{ "from": whale, "to": token,
        "input": hex::encode_prefixed(back.abi_encode()) }]);
    let (code, message) = client.err("eth_sendTransaction", described.clone());
    assert_eq!(code, -32000);
    assert!(message.starts_with("unknown account "), "{message}");
    client.ok("anvil_impersonateAccount", json!([whale]));
    let hash = client.ok("eth_sendTransaction", described.clone());
    let receipt = receipt(&client, &hash);
    assert_eq!((&receipt["status"], &receipt["from"]), (&json!("0x1"), &json!(whale)));
    let shown = client.ok("eth_getTransactionByHash", json!([hash]));
    assert_eq!(shown["from"], json!(whale));
    client.ok("hardhat_stopImpersonatingAccount", json!([whale]));
    client.err("eth_sendTransaction", described);
}

#[test]
fn balances_and_nonces_are_set() {
    let client = Client::new();
    let who = client.address(0);
    client.ok("anvil_setBalance", json!([who, "0x5"]));
    assert_eq!(client.ok("eth_getBalance", json!([who, "latest"])), "0x5");
    client.ok("hardhat_setBalance", json!([who, "1000000000000000000000"]));
    assert_eq!(client.ok("eth_getBalance", json!([who])), "0x3635c9adc5dea00000");
    client.ok("anvil_setNonce", json!([who, "0x9"]));
    assert_eq!(client.ok("eth_getTransactionCount", json!([who])), "0x9");
    let hash = send(&client, who, Address::repeat_byte(7), 9);
    assert_eq!(receipt(&client, &hash)["status"], "0x1");
}

#[test]
fn what_native_contracts_do_not_have_is_refused_with_a_reason() {
    let client = Client::new();
    let token = client.token("USDC").address;
    for (method, params) in [
        ("eth_getStorageAt", json!([token, "0x0", "latest"])),
        ("eth_getProof", json!([token, [], "latest"])),
        ("anvil_setCode", json!([token, "0x00"])),
        ("hardhat_setStorageAt", json!([token, "0x0", "0x1"])),
    ] {
        let (code, message) = client.err(method, params);
        assert_eq!(code, -32004, "{method}");
        assert!(message.starts_with(method) && message.contains("native"), "{message}");
    }
    let (code, message) = client.err("eth_requestAccounts", json!([]));
    assert_eq!((code, message.as_str()), (-32601, "Method not found"));
}

fn signer(signature: &Value, hash: alloy_primitives::B256) -> Address {
    let bytes: Bytes = serde_json::from_value(signature.clone()).expect("it is bytes");
    let signature = Signature::from_raw(&bytes).expect("it is a signature");
    signature.recover_address_from_prehash(&hash).expect("somebody signed it")
}

#[test]
fn developer_accounts_sign_messages() {
    let client = Client::new();
    let (who, text) = (client.address(3), hex::encode_prefixed("hello"));
    let hash = eip191_hash_message("hello");
    assert_eq!(signer(&client.ok("personal_sign", json!([text, who])), hash), who);
    assert_eq!(signer(&client.ok("eth_sign", json!([who, text])), hash), who);
    let stranger = Address::repeat_byte(9);
    let (code, message) = client.err("personal_sign", json!([text, stranger]));
    assert_eq!(code, -32000);
    assert!(message.starts_with("unknown account 0x0909"), "{message}");
}

sol! {
    struct OptIn {
        address who;
        address entity;
        uint256 nonce;
        uint48 deadline;
    }
}

#[test]
fn developer_accounts_sign_typed_data() {
    let client = Client::new();
    let (who, service) = (client.address(3), Address::repeat_byte(8));
    let message = OptIn {
        who,
        entity: Address::repeat_byte(7),
        nonce: U256::from(2),
        deadline: alloy_primitives::aliases::U48::from(99),
    };
    let domain = eip712_domain! {
        name: "OperatorVaultOptInService",
        version: "1",
        chain_id: 31_337,
        verifying_contract: service,
    };
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let data = json!({
        "types": {
            "EIP712Domain": [
                field("name", "string"), field("version", "string"),
                field("chainId", "uint256"), field("verifyingContract", "address"),
            ],
            "OptIn": [
                field("who", "address"), field("entity", "address"),
                field("nonce", "uint256"), field("deadline", "uint48"),
            ],
        },
        "primaryType": "OptIn",
        "domain": { "name": "OperatorVaultOptInService", "version": "1", "chainId": 31_337,
            "verifyingContract": service },
        "message": { "who": who, "entity": Address::repeat_byte(7), "nonce": "2", "deadline": "99" },
    });
    let hash = message.eip712_signing_hash(&domain);
    let signature = client.ok("eth_signTypedData_v4", json!([who, data]));
    assert_eq!(signer(&signature, hash), who);
    let as_text = client.ok("eth_signTypedData_v4", json!([who, data.to_string()]));
    assert_eq!(signature, as_text);
    let (code, message) = client.err("eth_signTypedData_v4", json!([who, "{}"]));
    assert_eq!(code, -32602);
    assert!(message.starts_with("invalid params: typed data: "), "{message}");
}

#[test]
fn transactions_are_signed_without_being_sent() {
    let client = Client::new();
    let who = client.address(2);
    let signed =
        client.ok("eth_signTransaction", json!([{ "from": who, "to": who, "value": "0x1" }]));
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x0");
    let hash = client.ok("eth_sendRawTransaction", json!([signed["raw"]]));
    assert_eq!(signed["tx"]["hash"], hash);
    assert_eq!(receipt(&client, &hash)["from"], json!(who));
    let raw = client.ok("eth_getRawTransactionByHash", json!([hash]));
    assert_eq!(raw, signed["raw"]);
}
