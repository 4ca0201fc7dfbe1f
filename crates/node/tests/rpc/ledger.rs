//! The ledger over JSON-RPC, and the history of stake that is folded from it.

use crate::client::Client;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_karak::Kind;
use bondstone_karak::abi::core::Core::fetchVaultsStakedInDSSCall;
use bondstone_karak::abi::solady::SoladyErc20::balanceOfCall;
use bondstone_karak::abi::vault::Vault::{
    FinishedRedeem, Slashed, StartedRedeem, convertToAssetsCall, totalAssetsCall,
};
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Protocol, SecurityView};
use bondstone_node::rpc::ledger::{LedgerBlock, LedgerPage};
use bondstone_node::rpc::security::SecurityAnswer;
use bondstone_node::stake::{StakeError, StakeLedger};
use bondstone_rewards::History;
use bondstone_rewards::history::{PoolKind, Vault};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
fn compare(
    history: &History,
    (protocol, network): (Protocol, Address),
    view: &SecurityView,
) -> [usize; 3] {
    let (second, number) = (view.block.timestamp, view.block.number);
    let mut compared = [0; 3];
    for vault in view.vaults.iter().filter(|vault| vault.protocol == protocol) {
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

fn history(blocks: &[LedgerBlock], network: Address) -> History {
    let mut ledger = StakeLedger::new(network);
    blocks.iter().for_each(|block| ledger.fold(block).expect("it follows"));
    assert!(ledger.left_out().is_empty());
    ledger.history().expect("amounts are small")
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
        let history = history(&blocks, network);
        let network = (Protocol::Symbiotic, network);
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

/// What a contract answered in a block.
fn ask<C: SolCall>(client: &Client, number: u64, to: Address, call: &C) -> C::Return {
    let input = hex::encode_prefixed(call.abi_encode());
    let call = json!([{ "to": to, "input": input }, format!("{number:#x}")]);
    let answer: Bytes = serde_json::from_value(client.ok("eth_call", call)).expect("it is bytes");
    C::abi_decode_returns(&answer).expect("it is what the function returns")
}

/// Compares what accounts have in Karak's vaults with what the vaults said in a block; tells how
/// many accounts had something.
fn compare_accounts(client: &Client, history: &History, block: &LedgerBlock) -> usize {
    let (number, second) = (block.moment.number, block.moment.timestamp);
    let mut compared = 0;
    let is_there = |vault: &&Vault| vault.pools[0].moments_until(second) > 0;
    for vault in history.vaults().iter().filter(is_there) {
        let mut sum = U256::ZERO;
        for pool in &vault.pools {
            let moment = pool.moments_until(second).checked_sub(1);
            let (total, stake) = pool.totals(moment);
            let mut all = 0;
            for at in 0..pool.positions().len() {
                let position = pool.positions().get(at).expect("it is one of them");
                let shares = position.shares_at(moment);
                let account = history.accounts()[position.account as usize];
                if pool.kind == PoolKind::Active {
                    let balance = balanceOfCall { owner: account };
                    let balance = ask(client, number, vault.address, &balance);
                    assert_eq!(U256::from(shares), balance, "{account} in block {number}");
                }
                if shares > 0 {
                    let worth = convertToAssetsCall { shares: U256::from(shares) };
                    let worth = ask(client, number, vault.address, &worth);
                    let part = U256::from(shares) * U256::from(stake) / U256::from(total);
                    let lost = worth.checked_sub(part);
                    assert!(lost.is_some_and(|lost| lost <= U256::ONE), "{part} of {worth}");
                    (sum, compared) = (sum + part, compared + 1);
                }
                all += shares;
            }
            assert_eq!(all, total, "{} in block {number}", vault.address);
        }
        let held = ask(client, number, vault.address, &totalAssetsCall {});
        assert!(sum <= held && held - sum < U256::from(100), "{sum} of {held}");
    }
    compared
}

#[test]
fn the_history_of_a_service_is_what_karak_showed_in_every_block() {
    let client = Client::with_economy();
    let blocks = blocks(&client);
    let last = blocks.last().expect("there are blocks").moment;
    let networks = picture(&client, last.number).networks.into_iter();
    let services = networks.filter(|network| network.protocol == Protocol::Karak);
    let services = services.map(|service| service.network.account().expect("it has an address"));
    let services: Vec<(Address, History)> =
        services.map(|service| (service, history(&blocks, service))).collect();
    let vaults = &client.economy().karak_vaults;
    let (mut compared, mut accounts) = ([0; 3], 0);
    let ends = blocks.windows(2).step_by(blocks.len() / 24);
    let ends = ends.filter(|pair| pair[0].moment.timestamp < pair[1].moment.timestamp);
    for block in ends.map(|pair| &pair[0]).chain(blocks.last()) {
        let view = picture(&client, block.moment.number);
        for (service, history) in &services {
            assert_eq!(history.vaults().len(), vaults.len());
            let more = compare(history, (Protocol::Karak, *service), &view);
            compared.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        // Accounts are the same whoever asks.
        accounts += compare_accounts(&client, &services[0].1, block);
    }
    assert!(services.len() == 4 && accounts > 100, "{accounts}");
    assert!(compared.iter().all(|count| *count > 10), "{compared:?}");
    // And Core's own list of what operators stake to services.
    let core = client.node.protocols().karak.address(Kind::Core);
    let mut staked = 0;
    for (service, history) in &services {
        for operator in history.operators() {
            let listed = fetchVaultsStakedInDSSCall { operator: *operator, dss: *service };
            let listed: BTreeSet<Address> =
                ask(&client, last.number, core, &listed).into_iter().collect();
            let given = history.vaults().iter().filter(|vault| {
                let steps = vault.delegations.get(operator);
                steps.is_some_and(|steps| steps.at(last.timestamp) > 0)
            });
            assert_eq!(given.map(|vault| vault.address).collect::<BTreeSet<_>>(), listed);
            staked += listed.len();
        }
    }
    assert!(staked > 4, "{staked}");
}

#[test]
fn a_slash_and_a_redeem_of_karak_are_seen_from_their_second_on() {
    let client = Client::with_economy();
    let blocks = blocks(&client);
    let birch = client.economy().karak_vault("Birch WETH").expect("it is in the file").vault;
    let view = picture(&client, blocks.len() as u64 - 1);
    let service = view.commitments.iter().find(|given| given.vault == birch.into());
    let service = service.and_then(|given| given.network.account()).expect("it is staked");
    let history = history(&blocks, service);
    let vault = history.vault(birch).expect("it is told");
    let [active, exiting] = vault.pools.as_slice() else { panic!("{:?}", vault.pools) };
    let [operator] = vault.delegations.keys().collect::<Vec<_>>()[..] else { panic!("{vault:?}") };
    let entries = blocks
        .iter()
        .flat_map(|block| block.entries.iter().map(|entry| (block.moment.timestamp, &entry.log)));
    let (mut slashed, mut waiting, mut finished) = (0, BTreeMap::new(), 0);
    for (second, log) in entries.filter(|(_, log)| log.address == birch) {
        if let Ok(slash) = Slashed::decode_log(log) {
            let [before, after] = [second - 1, second].map(|at| active.totals_at(at));
            assert_eq!(before.0, after.0);
            // The virtual share has its part of what is taken.
            let taken = U256::from(before.1 - after.1);
            assert!(slash.amount - taken <= U256::ONE, "{taken} of {}", slash.amount);
            assert_eq!(vault.delegations[operator].at(second), after.1);
            slashed += 1;
        } else if let Ok(started) = StartedRedeem::decode_log(log) {
            let account = history.account_id(started.staker).expect("it is told");
            let position = exiting.positions().of(account).expect("it has one");
            let at = |second| position.shares_at(exiting.moments_until(second).checked_sub(1));
            let before = waiting.insert(started.withdrawKey, started.shares);
            assert_eq!(before, None);
            assert_eq!(U256::from(at(second)), U256::from(at(second - 1)) + started.shares);
        } else if let Ok(redeem) = FinishedRedeem::decode_log(log) {
            assert_eq!(waiting.remove(&redeem.withdrawRoot), Some(redeem.shares));
            finished += 1;
            let account = history.account_id(redeem.staker).expect("it is told");
            let position = exiting.positions().of(account).expect("it has one");
            let moment = exiting.moments_until(second).checked_sub(1);
            assert_eq!(position.shares_at(moment), 0);
        }
    }
    assert_eq!((slashed, finished, waiting.len()), (1, 3, 0));
    assert_eq!(exiting.totals_at(history.known_until()), (0, 0));
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
