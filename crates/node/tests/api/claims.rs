//! Positions and claims of accounts of the default economy, beside what the contracts answer.

use crate::client::{Client, address, amount, items};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::abi::rewards::operator::DefaultOperatorRewards;
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::abi::vault::Vault;
use serde_json::{Value, json};

fn claims(client: &Client, account: Address) -> Value {
    client.get(&format!("/v1/accounts/{account}/claims"))
}

fn kinds(answer: &Value) -> Vec<&str> {
    items(answer).iter().filter_map(|claim| claim["kind"].as_str()).collect()
}

#[test]
fn positions_are_what_the_vaults_say() {
    let client = Client::with_economy();
    let mut compared = 0;
    for index in 0..10 {
        let account = client.address(index);
        let answer = client.get(&format!("/v1/accounts/{account}/positions"));
        for position in items(&answer).iter().filter(|item| item["protocol"] == "symbiotic") {
            let vault = address(&position["vault"]);
            let stake = client.call(vault, &Vault::activeBalanceOfCall { account });
            let shares = client.call(vault, &Vault::activeSharesOfCall { account });
            assert_eq!(amount(&position["stake"]), stake);
            assert_eq!(amount(&position["shares"]), shares);
            if !client.call(vault, &Vault::slasherCall {}).is_zero() {
                let slashable = client.call(vault, &Vault::slashableBalanceOfCall { account });
                assert_eq!(amount(&position["slashable"]), slashable);
            }
            compared += 1;
        }
    }
    assert!(compared >= 3, "{compared}");
    // Bob is on his way out of the small vault with 10.
    let bob = client.get(&format!("/v1/accounts/{}/positions", client.address(1)));
    let vault = client.node.economy().and_then(|economy| economy.vault("instant"));
    let vault = vault.expect("it is there").vault;
    let own = items(&bob).iter().find(|item| address(&item["vault"]) == vault);
    let withdrawals = own.expect("he is there")["withdrawals"].clone();
    let [leaving] = withdrawals.as_array().expect("it is a list").as_slice() else {
        panic!("not one: {withdrawals}")
    };
    let epoch = client.call(vault, &Vault::currentEpochCall {}) + U256::ONE;
    let call = Vault::withdrawalsOfCall { epoch, account: client.address(1) };
    assert_eq!(amount(&leaving["amount"]), client.call(vault, &call));
    assert_eq!(leaving["isClaimable"], false);
    assert_eq!(leaving["isSlashable"], true);
}

#[test]
fn rewards_of_stakers_are_what_the_contracts_say_and_their_calls_collect_them() {
    let client = Client::with_economy();
    let (mut compared, mut entries) = (0, 0);
    for index in 0..3 {
        let account = client.address(index);
        let answer = claims(&client, account);
        for claim in items(&answer).iter().filter(|claim| claim["kind"] == "stakerRewards") {
            let token = address(&claim["token"]["asset"]);
            let (contract, network) = (address(&claim["contract"]), address(&claim["network"]));
            let data = (network, U256::MAX).abi_encode_params().into();
            let call = DefaultStakerRewards::claimableCall { token, account, data };
            assert_eq!(amount(&claim["amount"]), client.call(contract, &call));
            let length = DefaultStakerRewards::rewardsLengthCall { token, network };
            let first = DefaultStakerRewards::lastUnclaimedRewardCall { account, token, network };
            let open = client.call(contract, &length) - client.call(contract, &first);
            assert_eq!(U256::from(claim["openEntries"].as_u64().expect("a number")), open);
            assert_eq!(claim["failure"], Value::Null);

            let balance = || client.call(token, &Erc20::balanceOfCall { account });
            let before = balance();
            let (to, input) = (&claim["call"]["to"], &claim["call"]["input"]);
            let sent = json!([{ "from": account, "to": to, "input": input }]);
            client.rpc("eth_sendTransaction", &sent);
            assert_eq!(balance() - before, amount(&claim["amount"]));
            compared += 1;
            entries += claim["openEntries"].as_u64().expect("a number");
        }
        let left = claims(&client, account);
        assert!(!kinds(&left).contains(&"stakerRewards"), "{left}");
    }
    // Alice has claimed nothing of two distributions, Bob one of them.
    assert!(compared >= 2 && entries >= 3, "{compared} {entries}");
}

#[test]
fn a_withdrawal_can_be_claimed_once_its_epoch_is_over() {
    let client = Client::with_economy();
    let bob = client.address(1);
    let vault = client.node.economy().and_then(|economy| economy.vault("instant"));
    let vault = vault.expect("it is there").vault;
    let due = |answer: &Value| {
        let mut all = items(answer).iter().filter(|claim| claim["kind"] == "withdrawal");
        all.find(|claim| address(&claim["contract"]) == vault).cloned()
    };
    assert_eq!(due(&claims(&client, bob)), None);
    let seconds: u64 = client.call(vault, &Vault::epochDurationCall {}).to();
    client.rpc("evm_increaseTime", &json!([2 * seconds]));
    client.rpc("evm_mine", &json!([]));
    let claim = due(&claims(&client, bob)).expect("it is due");
    assert_eq!(claim["failure"], Value::Null);
    let token = address(&claim["token"]["asset"]);
    let balance = || client.call(token, &Erc20::balanceOfCall { account: bob });
    let before = balance();
    let (to, input) = (&claim["call"]["to"], &claim["call"]["input"]);
    client.rpc("eth_sendTransaction", &json!([{ "from": bob, "to": to, "input": input }]));
    assert_eq!(balance() - before, amount(&claim["amount"]));
    assert_eq!(due(&claims(&client, bob)), None);
}

#[test]
fn a_withdrawal_from_karak_pays_whom_it_was_started_for_once_its_nine_days_are_over() {
    let client = Client::with_economy();
    let economy = client.node.economy().expect("there is one");
    let mut everybody: Vec<Address> = economy.accounts.iter().map(|one| one.address).collect();
    everybody.extend(economy.groups.iter().flat_map(|group| group.members.iter().copied()));
    let is_leaving = |account: &Address| {
        let positions = client.get(&format!("/v1/accounts/{account}/positions"));
        let of_karak = |item: &&Value| item["protocol"] == "karak";
        let mut open = items(&positions).iter().filter(of_karak).filter_map(|item| {
            item["withdrawals"].as_array().and_then(|left| left.first().cloned())
        });
        open.any(|left| address(&left["recipient"]) == *account && left["isClaimable"] == false)
    };
    let account = everybody.into_iter().find(is_leaving).expect("somebody is on the way out");
    let due = |answer: &Value| {
        let of_karak = |claim: &&Value| claim["protocol"] == "karak";
        items(answer).iter().find(of_karak).cloned()
    };
    assert_eq!(due(&claims(&client, account)), None);
    client.rpc("evm_increaseTime", &json!([10 * 86_400]));
    client.rpc("evm_mine", &json!([]));
    let claim = due(&claims(&client, account)).expect("it is due");
    assert_eq!((&claim["kind"], &claim["failure"]), (&json!("withdrawal"), &Value::Null));
    assert_eq!((&claim["recipientSettable"], &claim["until"]), (&json!(false), &Value::Null));
    let token = address(&claim["token"]["asset"]);
    let balance = || client.call(token, &Erc20::balanceOfCall { account });
    let before = balance();
    let (to, input) = (&claim["call"]["to"], &claim["call"]["input"]);
    client.rpc("anvil_impersonateAccount", &json!([account]));
    client.rpc("eth_sendTransaction", &json!([{ "from": account, "to": to, "input": input }]));
    assert_eq!(balance() - before, amount(&claim["amount"]));
    assert_eq!(due(&claims(&client, account)), None);
}

#[test]
fn roots_stand_beside_what_the_account_claimed_under_them() {
    let client = Client::with_economy();
    let mut compared = 0;
    for index in 6..9 {
        let account = client.address(index);
        let answer = claims(&client, account);
        let roots = answer["roots"].as_array().expect("it is a list").clone();
        for root in roots.iter().filter(|root| root["rail"] == "operatorRewards") {
            let token = address(&root["token"]["asset"]);
            let (contract, network) = (address(&root["contract"]), address(&root["network"]));
            let call = DefaultOperatorRewards::rootCall { network, token };
            assert_eq!(root["root"], client.call(contract, &call).to_string());
            let call = DefaultOperatorRewards::claimedCall { network, token, account };
            let sums = root["claimed"].as_array().expect("it is a list").iter();
            let told = sums.fold(U256::ZERO, |sum, claimed| sum + amount(&claimed["amount"]));
            assert_eq!(told, client.call(contract, &call));
            compared += 1;
        }
    }
    assert!(compared > 0);
}

#[test]
fn an_account_that_nobody_heard_of_has_nothing() {
    let client = Client::with_economy();
    let stranger = Address::repeat_byte(0x77);
    assert!(items(&claims(&client, stranger)).is_empty());
    assert!(items(&client.get(&format!("/v1/accounts/{stranger}/positions"))).is_empty());
}
