//! `bondstone claims` and `bondstone claim` as processes, over the default economy.

#[path = "chain/mod.rs"]
mod chain;
#[path = "ground/mod.rs"]
mod ground;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::abi::vault::Vault::Deposit;
use ground::{Ground, SHELF, Sender, complaint, said, text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who never did anything.
const FRIEND: &str = "0x00000000000000000000000000000000000f0001";

fn listed(ground: &Ground, account: Address) -> Value {
    let account = account.to_string();
    let arguments = ["claims", &account, "--json"];
    let text = said(&ground.bondstone(&arguments, Sender::Nobody));
    serde_json::from_str(&text).expect("it is JSON")
}

fn items(list: &Value) -> &Vec<Value> {
    list["items"].as_array().expect("a list")
}

fn units(value: &Value) -> U256 {
    value.as_str().expect("digits").parse().expect("a number")
}

/// What can be collected, by token.
fn sums<'a>(items: impl IntoIterator<Item = &'a Value>) -> BTreeMap<Address, U256> {
    let mut sums = BTreeMap::new();
    for item in items {
        let asset = item["token"]["asset"].as_str().expect("text");
        *sums.entry(asset.parse().expect("an address")).or_default() += units(&item["amount"]);
    }
    sums
}

fn balances(ground: &Ground, of: Address, tokens: &BTreeMap<Address, U256>) -> Vec<U256> {
    let balance = |token: &Address| ground.ask(*token, &Erc20::balanceOfCall { account: of });
    tokens.keys().map(balance).collect()
}

/// An account that three networks pay for its stake in one vault, and its claims. The node sends
/// for it.
fn staker(ground: &Ground) -> (Address, Value) {
    let rewards = ground.labelled("Meadow wstETH rewards");
    let vault = ground.ask(rewards, &DefaultStakerRewards::VAULTCall {});
    let wanted =
        json!([{ "address": vault, "topics": [Deposit::SIGNATURE_HASH], "fromBlock": "0x0" }]);
    let deposits = ground.ok("eth_getLogs", wanted);
    let owners = deposits.as_array().expect("a list").iter().map(|log| {
        let word: B256 = log["topics"][2].as_str().expect("text").parse().expect("a word");
        Address::from_word(word)
    });
    let owners: BTreeSet<Address> = owners.collect();
    let lists = owners.into_iter().take(5).map(|owner| (owner, listed(ground, owner)));
    let works = |list: &Value| items(list).iter().filter(|item| item["failure"].is_null()).count();
    let (owner, list) = lists.max_by_key(|(_, list)| works(list)).expect("somebody staked");
    ground.ok("anvil_impersonateAccount", json!([owner]));
    (owner, list)
}

fn claim(ground: &Ground, sender: Sender, more: &[&str]) -> Value {
    let output = ground.bondstone(&[&["claim", "--all", "--json"], more].concat(), sender);
    serde_json::from_str(&said(&output)).expect("it is JSON")
}

#[test]
fn everything_is_listed_and_collected_with_one_transaction_for_a_contract() {
    let ground = Ground::economy(4);
    let (account, list) = staker(&ground);
    let open: Vec<&Value> = items(&list).iter().filter(|item| item["failure"].is_null()).collect();
    assert!(open.len() > 1, "{list:#}");
    let address = account.to_string();
    let table = said(&ground.bondstone(&["claims", &address], Sender::Nobody));
    assert!(table.starts_with("token "), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    assert!(table.lines().take(items(&list).len() + 1).all(|line| !line.is_empty()), "{table}");

    let wallet = claim(&ground, Sender::Nobody, &["--dry-run", "--account", &address]);
    let contracts: BTreeSet<&str> =
        open.iter().map(|item| item["call"]["to"].as_str().expect("text")).collect();
    assert!(contracts.len() < open.len(), "{list:#}");
    assert_eq!(wallet["toSend"].as_array().map(Vec::len), Some(contracts.len()), "{wallet:#}");
    assert_eq!(wallet["sent"], json!([]));
    assert_eq!(listed(&ground, account), list);

    let expected = sums(open.iter().copied());
    let before = balances(&ground, account, &expected);
    let claimed = claim(&ground, Sender::OfNode(account), &[]);
    assert_eq!(claimed["sent"].as_array().map(Vec::len), Some(contracts.len()), "{claimed:#}");
    assert_eq!(sums(claimed["claimed"].as_array().expect("a list")), expected);
    let after = balances(&ground, account, &expected);
    for ((before, after), amount) in before.iter().zip(&after).zip(expected.values()) {
        assert_eq!(*after - *before, *amount);
    }
    let left = listed(&ground, account);
    assert!(items(&left).iter().all(|item| !item["failure"].is_null()), "{left:#}");
    let again = claim(&ground, Sender::OfNode(account), &[]);
    assert_eq!((&again["sent"], &again["claimed"]), (&json!([]), &json!([])));
}

#[test]
fn somebody_else_is_paid_and_what_is_not_worth_its_gas_is_left() {
    let ground = Ground::economy(4);
    let (account, list) = staker(&ground);
    let open = || items(&list).iter().filter(|item| item["failure"].is_null());
    let expected = sums(open());
    let cheap = *expected.keys().next().expect("there is one");
    // Of all tokens but one a unit is worth a fortune.
    let price = |token: &Address| {
        let price = if *token == cheap { "0.000000000000000000000001" } else { "1000000000" };
        format!("{token} {price}\n")
    };
    let prices: String = expected.keys().map(price).collect();
    let file = ground.file("prices", &format!("ETH 4000\n{prices}"));
    let worth = ["--prices", text(&file), "--recipient", FRIEND];
    let claimed = claim(&ground, Sender::OfNode(account), &worth);
    let friend: Address = FRIEND.parse().expect("an address");
    for (token, amount) in &expected {
        let held = ground.ask(*token, &Erc20::balanceOfCall { account: friend });
        let due = if *token == cheap { U256::ZERO } else { *amount };
        assert_eq!(held, due, "{token}: {claimed:#}");
    }
    let left = claimed["left"].as_array().expect("a list");
    assert!(!left.is_empty());
    let reason = left[0]["reason"].as_str().expect("text");
    assert!(reason.starts_with("it brings ") && reason.contains(" and costs "), "{reason}");

    let dear = prices.replace("0.000000000000000000000001", "1000000000");
    let file = ground.file("dear", &format!("ETH 4000\n{dear}"));
    let most = "1000000000000000000000000000000";
    let worth = ["--prices", text(&file), "--min-value", most];
    let claimed = claim(&ground, Sender::OfNode(account), &worth);
    assert_eq!(claimed["claimed"], json!([]));
    let address = account.to_string();
    let own = ["claim", "--all", "--from", &address];
    let refuses = |more: &[&str], what: &str| {
        let refusal = complaint(&ground.bondstone(&[&own[..], more].concat(), Sender::Nobody));
        assert!(refusal.contains(what), "{refusal}");
    };
    let file = ground.file("without", &dear);
    refuses(&["--prices", text(&file)], "has no price of ether");
    let file = ground.file("wrong", "ETH\n");
    refuses(&["--prices", text(&file)], "wrong:1: `ETH` is not a token and its price");
    refuses(&["--prices", "nowhere"], "cannot read nowhere");
    refuses(&["--min-value", "5"], "--prices <FILE>");
    let nobody = ground.bondstone(&["claim", "--all"], Sender::Nobody);
    assert!(complaint(&nobody).contains("nobody is named who sends"));
}

#[test]
fn a_key_collects_what_its_account_has() {
    let ground = Ground::economy(4);
    // The curator may take the fees of a vault's rewards.
    let account = ground.account(2);
    let list = listed(&ground, account);
    let [fee] = items(&list).as_slice() else { panic!("{list:#}") };
    let claimed = claim(&ground, Sender::Key(2), &[]);
    assert_eq!(sums(claimed["claimed"].as_array().expect("a list")), sums([fee]));
    assert_eq!(items(&listed(&ground, account)).len(), 0);
    let stranger = claim(&ground, Sender::Key(9), &[]);
    assert_eq!((&stranger["sent"], &stranger["failed"]), (&json!([]), &json!([])));
}

#[test]
fn leaves_of_both_kinds_of_trees_are_collected_and_what_was_published_is_paid() {
    let (network, middleware) = (3, 4);
    let ground = Ground::with_shelf(network, middleware);
    let contract = ground.operator_rewards();
    let account = ground.account(5);
    let terms = format!(
        "[contributors]\nshare = \"100%\"\n[[contributors.list]]\naccount = \"{account}\"\n\
         points = \"1\"\n"
    );
    let second = format!("[fees]\nscheme = \"symbiotic-v2-merkle\"\n{terms}");
    let address = contract.to_string();
    let first = ["--rail", "v1-operator", "--rewards", &address];
    let rails = [("first", &terms, &first[..]), ("second", &second, &["--rail", "v2-merkle"][..])];
    let protocol = ground.account(0);
    ground.send(2, ground.second_version(), &Rewards::setProtocolCall { protocol });
    let rewarder = ground.account(middleware);
    ground.send(network, ground.second_version(), &Rewards::setRewarderCall { rewarder });
    for (name, terms, rail) in rails {
        let programme = ground.programme(&format!("{name}.toml"), [0, 10], "", terms);
        let folder = ground.path(SHELF).join(name);
        said(&ground.run(&programme, &["--out", text(&folder)]));
        let publish = [&["publish", text(&folder)], rail].concat();
        said(&ground.rewards(&publish, Sender::OfNode(ground.account(middleware))));
    }
    let list = listed(&ground, account);
    let kinds: BTreeSet<&str> =
        items(&list).iter().map(|item| item["kind"].as_str().expect("text")).collect();
    assert_eq!(kinds, BTreeSet::from(["merkleRewards", "operatorRewards"]), "{list:#}");
    let before = balances(&ground, account, &sums(items(&list)));
    let claimed = claim(&ground, Sender::Key(5), &[]);
    assert_eq!(claimed["sent"].as_array().map(Vec::len), Some(2), "{claimed:#}");
    let after = balances(&ground, account, &sums(items(&list)));
    let all = U256::from(2_000) * U256::from(10).pow(U256::from(18));
    assert_eq!(after[0] - before[0], all);
    assert_eq!(items(&listed(&ground, account)).len(), 0);
}
