//! The ledger over JSON-RPC, and the history of stake that is folded from it.

use crate::client::Client;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Protocol, SecurityView};
use bondstone_node::rpc::ledger::{LedgerBlock, LedgerPage};
use bondstone_node::rpc::security::SecurityAnswer;
use bondstone_node::stake::{StakeError, StakeLedger};
use bondstone_rewards::History;
use bondstone_rewards::history::PoolKind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn page(client: &Client, params: Value) -> LedgerPage {
    serde_json::from_value(client.ok("bondstone_ledger", params)).expect("it is a page")
}

/// The whole ledger, in pages of 50 blocks.
fn blocks(client: &Client) -> Vec<LedgerBlock> {
    let mut blocks: Vec<LedgerBlock> = Vec::new();
    loop {
        let next = page(client, json!([blocks.len(), 50]));
        blocks.extend(next.blocks);
        if blocks.len() > usize::try_from(next.height).expect("it is small") {
            return blocks;
        }
    }
}

fn picture(client: &Client, number: u64) -> SecurityView {
    let answer = client.ok("bondstone_securityView", json!([format!("{number:#x}")]));
    serde_json::from_value::<SecurityAnswer>(answer).expect("it is a picture").view
}

/// Compares what a history says at the second of a picture; tells how much was compared: stake,
/// stake on its way out, and delegations that are not zero.
fn compare(history: &History, network: Address, view: &SecurityView) -> [usize; 3] {
    let (second, number) = (view.block.timestamp, view.block.number);
    let mut compared = [0; 3];
    for vault in view.vaults.iter().filter(|vault| vault.protocol == Protocol::Symbiotic) {
        let address = vault.vault.account().expect("it has an address");
        let known = history.vault(address).expect("the history has it");
        let sum = |kind| {
            let pools = known.pools.iter().filter(|pool| pool.kind == kind);
            Assets(pools.map(|pool| U256::from(pool.totals_at(second).1)).sum())
        };
        assert_eq!(sum(PoolKind::Active), vault.active, "{address} in block {number}");
        assert_eq!(sum(PoolKind::Exiting), vault.leaving, "{address} in block {number}");
        compared[0] += usize::from(!vault.active.is_zero());
        compared[1] += usize::from(!vault.leaving.is_zero());
        let mut given: BTreeMap<Address, U256> = BTreeMap::new();
        let party = network.into();
        let commitments = view.commitments_to(&party);
        for commitment in commitments.filter(|given| given.vault == vault.vault) {
            for operator in &commitment.operators {
                let account = operator.operator.account().expect("it has an address");
                *given.entry(account).or_default() += operator.stake.0;
            }
        }
        for (operator, steps) in &known.delegations {
            let expected = given.remove(operator).unwrap_or_default();
            let stake = U256::from(steps.at(second));
            assert_eq!(stake, expected, "{operator} in {address} in block {number}");
            compared[2] += usize::from(!stake.is_zero());
        }
        given.retain(|_, stake| !stake.is_zero());
        assert!(given.is_empty(), "{given:?} in {address} in block {number}");
    }
    compared
}

#[test]
fn the_history_of_a_ledger_is_what_every_block_showed() {
    let client = Client::with_economy();
    let blocks = blocks(&client);
    let last = blocks.last().expect("there are blocks").moment;
    let networks = picture(&client, last.number).networks;
    let mut compared = [0; 3];
    for network in networks.iter().filter(|network| network.protocol == Protocol::Symbiotic) {
        let network = network.network.account().expect("it has an address");
        let mut ledger = StakeLedger::new(network);
        blocks.iter().for_each(|block| ledger.fold(block).expect("it follows"));
        let history = ledger.history().expect("amounts are small");
        assert_eq!(history.known_until(), last.timestamp);
        assert_eq!(history.blocks().len(), blocks.len());
        // The last block of its second, in steps that meet all days of the economy.
        for pair in blocks.windows(2).step_by(blocks.len() / 12) {
            if pair[0].moment.timestamp < pair[1].moment.timestamp {
                let view = picture(&client, pair[0].moment.number);
                let more = compare(&history, network, &view);
                compared.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
        }
        let more = compare(&history, network, &picture(&client, last.number));
        compared.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    assert!(compared.iter().all(|count| *count > 10), "{compared:?}");
}

/// Two vaults of one network; there is so much of one's token that 128 bits do not hold it.
const LARGE: &str = r#"
[chain]
start = "10d"
[[token]]
symbol = "COIN"
name = "Coin"
decimals = 18
[[token]]
symbol = "DUST"
name = "Dust"
decimals = 36
[[network]]
name = "net"
index = 3
[[operator]]
name = "north"
[[account]]
name = "boss"
role = "curator"
[[stakers]]
name = "saver"
count = 2
[[vault]]
name = "fine"
collateral = "COIN"
epoch = "7d"
curator = "boss"
delegator = { type = "network-restake" }
slasher = { type = "instant" }
[[vault]]
name = "vast"
collateral = "DUST"
epoch = "7d"
curator = "boss"
delegator = { type = "network-restake" }
slasher = { type = "instant" }
[[event]]
at = "1h"
delegate = [
    { vault = "fine", network = "net", max_limit = "max", limit = 50, shares = { north = 1 } },
    { vault = "vast", network = "net", max_limit = "max", limit = 50, shares = { north = 1 } },
]
deposit = [
    { vault = "fine", by = "saver", members = "1", amount = 40 },
    { vault = "vast", by = "saver", members = "1", amount = 300 },
]
[[event]]
at = "2d"
deposit = { vault = "vast", by = "saver", members = "2", amount = 41 }
"#;

#[test]
fn a_vault_of_more_than_128_bits_is_left_out_and_no_other() {
    let dir = tempfile::tempdir().expect("there is room");
    let path = dir.path().join("large.toml");
    std::fs::write(&path, LARGE).expect("it can be written");
    let client = Client::with_economy_of(&path);
    let [fine, vast] = ["fine", "vast"].map(|name| {
        let vault = client.economy().vault(name).expect("it is in the file");
        vault.vault
    });
    let network = picture(&client, 0).networks.first().map(|network| network.network.account());
    let network = network.flatten().unwrap_or_default();
    let mut ledger = StakeLedger::new(network);
    let (mut small, mut since) = (0, None);
    for block in blocks(&client) {
        ledger.fold(&block).expect("it follows");
        let history = ledger.history().expect("others are not concerned");
        match (since, ledger.left_out().as_slice()) {
            (None, []) => small += usize::from(history.vault(vast).is_some()),
            (_, [left]) => {
                let second = *since.get_or_insert(block.moment.timestamp);
                assert_eq!((left.vault, left.second), (vast, second));
                assert!(history.vault(vast).is_none());
                let stake = history.vault(fine).and_then(|vault| vault.active());
                let coins = stake.expect("it is there").totals_at(second).1;
                assert_eq!(U256::from(coins), U256::from(40) * U256::from(10).pow(U256::from(18)));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(small > 0 && since.is_some());
}

#[test]
fn a_ledger_of_another_branch_or_with_other_contents_is_refused() {
    let client = Client::with_economy();
    let blocks = page(&client, json!([0, 3])).blocks;
    let ledger = || {
        let mut ledger = StakeLedger::new(Address::ZERO);
        ledger.fold(&blocks[0]).expect("it is the first");
        ledger
    };
    let error = ledger().fold(&blocks[2]).expect_err("one is missing");
    assert_eq!(error, StakeError::Gap { number: 2, expected: 1 });
    let mut other = blocks[1].clone();
    other.parent = B256::repeat_byte(7);
    let error = ledger().fold(&other).expect_err("it follows another block");
    assert!(matches!(error, StakeError::SetBack { number: 1, .. }), "{error}");
    let mut forged = blocks[1].clone();
    forged.moment.timestamp += 1;
    let error = ledger().fold(&forged).expect_err("the hash is another");
    assert!(matches!(error, StakeError::Hash { number: 1, .. }), "{error}");
    ledger().fold(&blocks[1]).expect("it follows");
}

#[test]
fn a_page_begins_where_it_is_asked_to() {
    let client = Client::with_economy();
    let two = page(&client, json!([5, 2]));
    assert_eq!(two.blocks.iter().map(|block| block.moment.number).collect::<Vec<_>>(), [5, 6]);
    assert!(two.blocks.iter().all(|block| block.computed_hash() == block.hash));
    let (_, message) = client.err("bondstone_ledger", json!([two.height + 1]));
    assert!(message.contains("not found"), "{message}");
    let (_, message) = client.err("bondstone_ledger", json!([]));
    assert!(message.contains("first block is missing"), "{message}");
}
