//! Transactions: every supported type, receipts, value, and what is refused.

use crate::client::{Client, number};
use alloy_consensus::{
    SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEnvelope, TxLegacy, TypedTransaction,
};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20::{approveCall, balanceOfCall, transferCall};
use serde_json::{Value, json};

const CHAIN: u64 = 31_337;
const GAS: u64 = 1_000_000;

fn signer(client: &Client, index: usize) -> PrivateKeySigner {
    let key = client.node.accounts().keys().nth(index).expect("there are ten accounts").1;
    PrivateKeySigner::from_bytes(&key).expect("it is a key")
}

fn sign(client: &Client, index: usize, tx: impl Into<TypedTransaction>) -> TxEnvelope {
    let tx = tx.into();
    let signature = signer(client, index).sign_hash_sync(&tx.signature_hash()).expect("it signs");
    tx.into_envelope(signature)
}

fn raw(tx: &TxEnvelope) -> Value {
    json!([hex::encode_prefixed(tx.encoded_2718())])
}

fn pay(nonce: u64, to: Address, value: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: 5,
        max_priority_fee_per_gas: 2,
        to: TxKind::Call(to),
        value: U256::from(value),
        ..TxEip1559::default()
    }
}

#[test]
fn transactions_of_each_type_are_mined_in_blocks_of_their_own() {
    let client = Client::new();
    let to = Address::repeat_byte(7);
    let legacy = TxLegacy {
        chain_id: Some(CHAIN),
        nonce: 0,
        gas_price: 3,
        gas_limit: GAS,
        to: TxKind::Call(to),
        value: U256::from(10),
        input: Bytes::new(),
    };
    let listed = TxEip2930 {
        chain_id: CHAIN,
        nonce: 1,
        gas_price: 4,
        gas_limit: GAS,
        to: TxKind::Call(to),
        value: U256::from(20),
        ..TxEip2930::default()
    };
    let envelopes =
        [sign(&client, 0, legacy), sign(&client, 0, listed), sign(&client, 0, pay(2, to, 30))];
    let paid = ["0x3", "0x4", "0x2"];
    for ((nth, tx), price) in (0u64..).zip(&envelopes).zip(paid) {
        let hash = client.ok("eth_sendRawTransaction", raw(tx));
        assert_eq!(hash, json!(tx.tx_hash()));
        let receipt = client.ok("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(number(&receipt["blockNumber"]), nth + 1);
        assert_eq!(number(&receipt["type"]), nth);
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["effectiveGasPrice"], price);
        assert_eq!(number(&receipt["gasUsed"]), 21_000);
        assert_eq!(receipt["cumulativeGasUsed"], receipt["gasUsed"]);
        assert_eq!(receipt["transactionIndex"], "0x0");
        assert_eq!(receipt["contractAddress"], Value::Null);
        let seen = client.ok("eth_getTransactionByHash", json!([hash]));
        assert_eq!(seen["from"], json!(client.address(0)));
        assert_eq!(seen["blockHash"], receipt["blockHash"]);
        assert_eq!(number(&seen["nonce"]), nth);
    }
    assert_eq!(client.ok("eth_getBalance", json!([to])), "0x3c");
    // The sender is charged the value and no fee.
    let left = client.ok("eth_getBalance", json!([client.address(0)]));
    assert_eq!(left, "0x21e19e0c9bab23fffc4");
    assert_eq!(client.ok("eth_getTransactionCount", json!([client.address(0)])), "0x3");
}

#[test]
fn a_gas_price_of_nothing_and_a_missing_chain_id_are_accepted() {
    let client = Client::new();
    let old = TxLegacy {
        chain_id: None,
        gas_limit: GAS,
        to: TxKind::Call(Address::repeat_byte(7)),
        ..TxLegacy::default()
    };
    client.ok("eth_sendRawTransaction", raw(&sign(&client, 3, old)));
}

#[test]
fn the_node_signs_for_its_own_accounts() {
    let client = Client::new();
    let (from, to) = (client.address(4), Address::repeat_byte(7));
    for extra in [
        json!({}),
        json!({ "gasPrice": "0x1" }),
        json!({ "maxFeePerGas": "0x9", "maxPriorityFeePerGas": "0x9" }),
        json!({ "gas": "0x5208", "nonce": "0x3" }),
        json!({ "data": "0x00" }),
    ] {
        let mut tx = json!({ "from": from, "to": to, "value": "0x1" });
        let fields = tx.as_object_mut().expect("an object");
        fields.extend(extra.as_object().expect("an object").clone());
        let hash = client.ok("eth_sendTransaction", json!([tx]));
        let receipt = client.ok("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(receipt["status"], "0x1");
    }
    assert_eq!(client.ok("eth_getBalance", json!([to])), "0x5");
    let stranger = json!([{ "from": to, "to": from, "value": "0x1" }]);
    let (code, message) = client.err("eth_sendTransaction", stranger);
    assert_eq!(code, -32000);
    assert!(message.starts_with("unknown account 0x0707"), "{message}");
    let (code, message) = client.err("eth_sendTransaction", json!([{ "to": to }]));
    assert_eq!(
        (code, message.as_str()),
        (-32602, "invalid params: transaction: `from` is missing")
    );
}

#[test]
fn logs_of_a_transaction_are_in_its_receipt_and_bloom() {
    let client = Client::new();
    let usdc = client.token("USDC").address;
    let to = Address::repeat_byte(7);
    let receipt = client.transact(0, usdc, &transferCall { to, value: U256::from(5) });
    assert_eq!(receipt["status"], "0x1");
    let logs = receipt["logs"].as_array().expect("a list");
    assert_eq!(logs.len(), 1, "the internal entries of the ledger are not shown");
    assert_eq!(logs[0]["address"], json!(usdc));
    assert_eq!(logs[0]["logIndex"], "0x0");
    assert_eq!(logs[0]["transactionHash"], receipt["transactionHash"]);
    assert_eq!(logs[0]["removed"], false);
    let block = client.latest();
    assert_eq!(block["logsBloom"], receipt["logsBloom"]);
    assert_ne!(block["logsBloom"], json!(alloy_primitives::Bloom::ZERO));
    assert_eq!(client.call(usdc, &balanceOfCall { account: to }), U256::from(5));
}

#[test]
fn a_transaction_that_reverts_is_mined_with_status_zero() {
    let client = Client::new();
    let usdc = client.token("USDC").address;
    let too_much = transferCall { to: Address::repeat_byte(7), value: U256::MAX };
    let receipt = client.transact(0, usdc, &too_much);
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["logs"], json!([]));
    assert_eq!(client.ok("eth_getTransactionCount", json!([client.address(0)])), "0x1");
    let sent = json!([{
        "from": client.address(0), "to": usdc, "value": "0x1",
        "input": hex::encode_prefixed(approveCall::SELECTOR),
    }]);
    let hash = client.ok("eth_sendTransaction", sent);
    let receipt = client.ok("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], "0x0", "native contracts take no ether");
}

#[test]
fn a_nonce_is_used_once() {
    let client = Client::new();
    let to = Address::repeat_byte(7);
    let first = sign(&client, 0, pay(0, to, 1));
    client.ok("eth_sendRawTransaction", raw(&first));
    let (code, message) = client.err("eth_sendRawTransaction", raw(&first));
    assert_eq!(code, -32000);
    assert!(message.starts_with("already known: "), "{message}");
    let again = sign(&client, 0, pay(0, to, 2));
    let (code, message) = client.err("eth_sendRawTransaction", raw(&again));
    assert_eq!(code, -32000);
    assert!(message.starts_with("nonce too low: "), "{message}");
    let gap = pay(5, to, 2);
    client.ok("eth_sendRawTransaction", raw(&sign(&client, 0, gap.clone())));
    let cheap = TxEip1559 { value: U256::from(3), ..gap };
    let (code, message) = client.err("eth_sendRawTransaction", raw(&sign(&client, 0, cheap)));
    assert_eq!(code, -32000);
    assert!(message.starts_with("replacement transaction underpriced: "), "{message}");
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x1", "nothing refused is mined");
}

#[test]
fn a_sender_cannot_move_more_than_it_has() {
    let client = Client::new();
    let to = Address::repeat_byte(7);
    let tx = TxEip1559 { value: U256::MAX, ..pay(0, to, 0) };
    let (code, message) = client.err("eth_sendRawTransaction", raw(&sign(&client, 0, tx)));
    assert_eq!(code, -32000);
    assert!(message.starts_with("insufficient funds for value: "), "{message}");
}

#[test]
fn transactions_for_other_chains_are_refused() {
    let client = Client::new();
    let tx = TxEip1559 { chain_id: 1, ..pay(0, Address::repeat_byte(7), 1) };
    let (code, message) = client.err("eth_sendRawTransaction", raw(&sign(&client, 0, tx)));
    let want = "wrong chain id: this chain is 31337, the transaction is for 1";
    assert_eq!((code, message.as_str()), (-32000, want));
    let call = json!([{ "to": Address::repeat_byte(7), "chainId": "0x1" }]);
    assert_eq!(client.err("eth_call", call), (-32000, want.to_owned()));
}

#[test]
fn signatures_that_nobody_made_are_refused() {
    let client = Client::new();
    let tx = TypedTransaction::from(pay(0, Address::repeat_byte(7), 1));
    let none = alloy_primitives::Signature::new(U256::ZERO, U256::ZERO, false);
    let (code, message) =
        client.err("eth_sendRawTransaction", raw(&tx.clone().into_envelope(none)));
    assert_eq!(code, -32000);
    assert!(message.starts_with("invalid signature"), "{message}");
    // The mirror image of a good signature (high s) is malleable.
    let good = signer(&client, 0).sign_hash_sync(&tx.signature_hash()).expect("it signs");
    let order = U256::from_str_radix(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        16,
    );
    let high = order.expect("it is hex") - good.s();
    let mirrored = alloy_primitives::Signature::new(good.r(), high, !good.v());
    let (code, message) = client.err("eth_sendRawTransaction", raw(&tx.into_envelope(mirrored)));
    assert_eq!(code, -32000);
    assert!(message.starts_with("invalid signature"), "{message}");
}

#[test]
fn transactions_that_do_not_fit_are_refused() {
    let client = Client::new();
    let to = Address::repeat_byte(7);
    let refused =
        |tx: TypedTransaction| client.err("eth_sendRawTransaction", raw(&sign(&client, 0, tx)));
    let creation = TxEip1559 { to: TxKind::Create, ..pay(0, to, 0) };
    let (code, message) = refused(creation.into());
    let want = "contract creation is not supported: `to` is missing";
    assert_eq!((code, message.as_str()), (-32000, want));
    let poor = TxEip1559 { gas_limit: 20_999, ..pay(0, to, 0) };
    assert!(refused(poor.into()).1.starts_with("intrinsic gas too low: "));
    let rich = TxEip1559 { gas_limit: 30_000_001, ..pay(0, to, 0) };
    assert!(refused(rich.into()).1.starts_with("exceeds block gas limit: "));
    let tip = TxEip1559 { max_priority_fee_per_gas: 6, ..pay(0, to, 0) };
    assert!(refused(tip.into()).1.starts_with("max priority fee per gas (6) is higher"));
    let long = TxEip1559 { input: vec![1; 128 << 10].into(), ..pay(0, to, 0) };
    let long = TxEip1559 { gas_limit: 30_000_000, ..long };
    assert!(refused(long.into()).1.starts_with("oversized data: "));
    let blob = TxEip4844 { chain_id: CHAIN, gas_limit: GAS, to, ..TxEip4844::default() };
    let signature = signer(&client, 0).sign_hash_sync(&blob.signature_hash()).expect("it signs");
    let blob = TxEnvelope::from(blob.into_signed(signature));
    let (code, message) = client.err("eth_sendRawTransaction", raw(&blob));
    assert_eq!(code, -32000);
    assert!(message.starts_with("transaction type 3 is not supported"), "{message}");
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x0");
}

#[test]
fn senders_at_the_same_time_each_get_their_blocks() {
    let client = Client::new();
    let to = Address::repeat_byte(7);
    std::thread::scope(|scope| {
        for index in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for nonce in 0..10 {
                    let tx = sign(client, index, pay(nonce, to, 1));
                    client.ok("eth_sendRawTransaction", raw(&tx));
                    client.ok("eth_getBalance", json!([to]));
                }
            });
        }
    });
    assert_eq!(client.ok("eth_blockNumber", json!([])), "0x50");
    assert_eq!(client.ok("eth_getBalance", json!([to])), "0x50");
    let mut parent = client.ok("eth_getBlockByNumber", json!(["0x0", false]));
    for number in 1..=80 {
        let block = client.ok("eth_getBlockByNumber", json!([format!("{number:#x}"), false]));
        assert_eq!(block["parentHash"], parent["hash"]);
        parent = block;
    }
}
