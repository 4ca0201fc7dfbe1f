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

/// The vault that Alice and Bob staked in.
fn small_vault(client: &Client) -> Party {
    Party::from(client.economy().vault("instant").expect("it is there").vault)
}

#[test]
fn the_economy_is_pictured() {
    let client = Client::with_economy();
    let answer = picture(&client, json!([]));
    let vault = answer.view.vault(&small_vault(&client)).expect("it is there");
    // 150 were deposited, 5 slashed, 10 are leaving.
    assert_eq!((vault.active, vault.leaving), (wei(135), wei(10)));
    let rewards = client.economy().rewards("staker rewards").expect("it is there");
    let stakers = Party::from(rewards.address);
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
    let latest = picture(&client, json!(["latest"]));
    let slash = latest.view.slashes.iter().find(|slash| {
        matches!(slash.status, SlashStatus::Executed { .. }) && slash.vault == small_vault(&client)
    });
    let slash = slash.expect("one was executed").clone();
    let at = |number: u64| {
        let at = picture(&client, json!([format!("{number:#x}")]));
        assert_eq!(at.view.block.number, number);
        assert!(at.view.payments.iter().all(|payment| payment.is_complete), "block {number}");
        at
    };
    // The first block in which the slash is there; before it, it never was.
    let (mut without, mut with) = (0, latest.view.block.number);
    while with - without > 1 {
        let middle = without.midpoint(with);
        if at(middle).view.slashes.contains(&slash) { with = middle } else { without = middle }
    }
    let active =
        |number: u64| at(number).view.vault(&small_vault(&client)).expect("it is there").active;
    assert_eq!((active(without), active(with)), (wei(150), wei(145)));
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
