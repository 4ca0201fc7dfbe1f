//! The picture of security over JSON-RPC.

use crate::client::Client;
use alloy_primitives::U256;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Party, SlashStatus};
use bondstone_node::rpc::security::SecurityAnswer;
use serde_json::{Value, json};

fn picture(client: &Client, params: Value) -> SecurityAnswer {
    let answer = client.ok("bondstone_securityView", params);
    serde_json::from_value(answer).expect("it is a picture")
}

fn wei(whole: u64) -> Assets {
    Assets(U256::from(whole) * U256::from(10).pow(U256::from(18)))
}

#[test]
fn the_economy_is_pictured() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for").clone();
    let answer = picture(&client, json!([]));
    let vault = answer.view.vault(&Party::from(economy.instant.vault)).expect("it is there");
    // 150 were deposited, 5 slashed, 10 are leaving.
    assert_eq!((vault.active, vault.leaving), (wei(135), wei(10)));
    let stakers = Party::from(economy.staker_rewards);
    let paid = answer.view.payments.iter().find(|payment| payment.rail == stakers);
    assert_eq!(paid.map(|payment| payment.total.amount), Some(wei(13_500)));
    assert!(answer.view.payments.iter().all(|payment| payment.is_complete));
    assert!(answer.view.slashes.iter().any(|slash| slash.status.is_pending()));
    assert_eq!(answer.warnings, answer.view.warnings());
    assert_eq!(picture(&client, json!(["pending"])), answer);
}

#[test]
fn a_past_block_is_pictured_as_it_was() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("it was asked for").clone();
    let latest = picture(&client, json!(["latest"]));
    let slash = latest.view.slashes.iter().find_map(|slash| match slash.status {
        SlashStatus::Executed { .. } => Some(slash.clone()),
        _ => None,
    });
    let slash = slash.expect("one was executed");
    let mut before = None;
    for number in 0..=latest.view.block.number {
        let at = picture(&client, json!([format!("{number:#x}")]));
        assert_eq!(at.view.block.number, number);
        assert!(at.view.payments.iter().all(|payment| payment.is_complete), "block {number}");
        if at.view.slashes.contains(&slash) {
            break;
        }
        before = Some(at);
    }
    let before = before.expect("the first block has no slash");
    let vault = before.view.vault(&Party::from(economy.instant.vault)).expect("it is there");
    assert_eq!(vault.active, wei(150));
}

#[test]
fn a_block_that_is_not_there_is_refused() {
    let client = Client::new();
    let answer = client.request("bondstone_securityView", json!(["0x3e8"]));
    assert_eq!(answer["error"]["code"], -32001);
    assert_eq!(answer["error"]["message"], "block 1000 not found");
    let answer = picture(&client, json!(["0x0"]));
    assert!(answer.view.vaults.is_empty() && answer.warnings.is_empty());
}
