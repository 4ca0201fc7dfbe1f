//! Leaves of the node's distributions as claims, and the programmes that they belong to.

use crate::client::{Client, address, amount, items};
use crate::document::check;
use crate::shelf::{Paying, Shelf, whole};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::erc20::Erc20;
use bondstone_node::distributions::Tree;
use bondstone_node::protocols::OWNER;
use bondstone_rewards::merkle::{CumulativeLeaf, CumulativeTree, OperatorLeaf, OperatorTree};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards::operator::DefaultOperatorRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::abi::rewards_v2::contract::{CumulativeDistribution, TokenAmount};
use bondstone_symbiotic::rules::rewards_v2::merkle::distribution_digest;
use serde_json::{Value, json};

const STRANGER: Address = Address::repeat_byte(0x77);

fn claims(client: &Client, account: Address) -> Value {
    let answer = client.get(&format!("/v1/accounts/{account}/claims"));
    let document = client.get("/v1/openapi.json");
    check(&document, "/v1/accounts/{address}/claims", "200", "application/json", &answer);
    answer
}

/// The only claim of a kind, if there is one.
fn only(answer: &Value, kind: &str) -> Option<Value> {
    let mut found = items(answer).iter().filter(|claim| claim["kind"] == kind);
    let claim = found.next().cloned();
    assert_eq!(found.next(), None, "{answer}");
    claim
}

fn has_root(answer: &Value, root: B256) -> bool {
    let roots = answer["roots"].as_array().expect("it is a list");
    roots.iter().any(|other| other["root"] == root.to_string())
}

/// Sends a claim's call; what the account got of the token.
fn collect(client: &Client, account: Address, claim: &Value) -> U256 {
    let token = address(&claim["token"]["asset"]);
    let balance = || client.call(token, &Erc20::balanceOfCall { account });
    let before = balance();
    let (to, input) = (&claim["call"]["to"], &claim["call"]["input"]);
    client.rpc("anvil_impersonateAccount", &json!([account]));
    client.rpc("eth_sendTransaction", &json!([{ "from": account, "to": to, "input": input }]));
    balance() - before
}

fn etag(client: &Client, account: Address) -> String {
    let answer = client.ask("GET", &format!("/v1/accounts/{account}/claims"), "");
    answer.header("etag").to_owned()
}

#[test]
fn leaves_of_operator_rewards_are_claims_once_their_root_is_in_force() {
    let shelf = Shelf::new();
    let client = Client::with_distributions(&shelf);
    let economy = client.node.economy().expect("there is one");
    let contract = economy.rewards("operator rewards").expect("it is there").address;
    let token = client.node.token("TANSSI").expect("it is there").address;
    let (network, [a, b]) = (client.address(4), [6, 7].map(|index| client.address(index)));
    let claimed_of = |account| DefaultOperatorRewards::claimedCall { network, token, account };
    let [claimed_a, claimed_b] = [a, b].map(|account| client.call(contract, &claimed_of(account)));
    assert!(!claimed_a.is_zero() && claimed_b.is_zero());
    let leaf = |(account, total_claimable)| OperatorLeaf { account, total_claimable };
    let leaves = [(a, claimed_a), (b, whole(2_000)), (STRANGER, U256::from(5))].map(leaf);
    let tree = Tree::Operator(OperatorTree::build(leaves.to_vec()).expect("it is a tree"));

    let (before, tag) = (claims(&client, b), etag(&client, b));
    shelf.put("week 0", Paying { title: "TANSSI, for operators", network, token }, 0, &tree);
    assert_eq!(claims(&client, b), before);
    assert_ne!(etag(&client, b), tag, "the answer can depend on the distributions");
    let id = format!("tanssi-for-operators-31337-{network:x}");
    let list = format!("/v1/programmes/{id}/distributions");
    let told = |client: &Client| items(&client.get(&list))[0]["trees"][0].clone();
    assert_eq!(
        (&told(&client)["isInForce"], &told(&client)["contracts"]),
        (&json!(false), &json!([]))
    );

    let pay = DefaultOperatorRewards::distributeRewardsCall {
        network,
        token,
        amount: U256::ZERO,
        root: tree.root(),
    };
    client.send(client.middleware(network), contract, &pay);
    assert_eq!(told(&client)["contracts"], json!([contract]));
    assert_eq!(told(&client)["isInForce"], true);
    for (account, expected) in [(b, whole(2_000)), (STRANGER, U256::from(5))] {
        let answer = claims(&client, account);
        assert!(!has_root(&answer, tree.root()), "{answer}");
        let claim = only(&answer, "operatorRewards").expect("it is there");
        assert_eq!((amount(&claim["amount"]), &claim["failure"]), (expected, &Value::Null));
        assert_eq!((&claim["programme"], &claim["since"]), (&json!(id), &json!(1_757_289_600)));
        assert_eq!((&claim["until"], &claim["recipientSettable"]), (&Value::Null, &json!(true)));
        assert!(claim["gas"].as_u64() > Some(300_000));
        assert_eq!(collect(&client, account, &claim), expected);
        assert_eq!(only(&claims(&client, account), "operatorRewards"), None);
    }
    let answer = claims(&client, a);
    assert_eq!((only(&answer, "operatorRewards"), has_root(&answer, tree.root())), (None, false));
}

#[test]
fn leaves_of_the_merkle_rail_are_claims_by_the_latest_root_that_was_accepted() {
    let shelf = Shelf::new();
    let client = Client::with_distributions(&shelf);
    let [payee, network, protocol, rewarder] = [0, 5, 8, 9].map(|index| client.address(index));
    let token = client.node.token("HYPER").expect("it is there").address;
    let contract = client.node.protocols().symbiotic.address(Kind::Rewards);
    client.send(client.address(OWNER), contract, &Rewards::setProtocolCall { protocol });
    client.send(network, contract, &Rewards::setRewarderCall { rewarder });
    let approve = Erc20::approveCall { spender: contract, value: U256::MAX };
    client.send(network, token, &approve);
    let amount_in = whole(100);
    let deposit = Rewards::depositCumulativeMerkleRewardsCall { network, token, amount: amount_in };
    client.send(network, contract, &deposit);
    let paying = Paying { title: "HYPER", network, token };
    for (week, total) in [(0, 10), (1, 25)] {
        let leaf = |(rewardee, chain_id, total)| CumulativeLeaf {
            rewardee,
            chain_id,
            token,
            rewardee_type: U256::from(1),
            amount: whole(total),
            rewardee_data_hash: B256::repeat_byte(3),
        };
        // What is paid on another chain is nothing here.
        let leaves = [(payee, 31_337, total), (payee, 1, 90), (STRANGER, 31_337, 1)].map(leaf);
        let tree = CumulativeTree::build(leaves.to_vec()).expect("it is a tree");
        let tree = Tree::Cumulative(tree);
        shelf.put(&format!("week {week}"), paying, week, &tree);
        let distribution = CumulativeDistribution {
            timestamp: U48::from(1_756_684_800 + week),
            merkleRoot: tree.root(),
        };
        let total_amount = whole(total + 1);
        let totals = vec![TokenAmount { chainId: 31_337, token, amount: total_amount }];
        let digest = distribution_digest(network, &distribution, &totals);
        let sign = |by| client.node.accounts().sign_hash(by, digest).expect("it has a key");
        let distribute = Rewards::distributeCumulativeMerkleRewardsCall {
            network,
            cumulativeDistribution: distribution,
            totalAmounts: totals,
            protocolSignature: sign(protocol),
            rewarderSignature: sign(rewarder),
        };
        client.send(payee, contract, &distribute);
        let answer = claims(&client, payee);
        assert!(!has_root(&answer, tree.root()), "{answer}");
        let claim = only(&answer, "merkleRewards").expect("it is there");
        assert_eq!((amount(&claim["amount"]), &claim["failure"]), (whole(total), &Value::Null));
        assert_eq!(claim["since"], 1_756_684_800 + (week + 1) * 604_800);
    }
    let claim = only(&claims(&client, payee), "merkleRewards").expect("it is there");
    assert_eq!(collect(&client, payee, &claim), whole(25));
    assert_eq!(only(&claims(&client, payee), "merkleRewards"), None);
}

#[test]
fn the_root_of_a_tree_whose_file_was_changed_stands_beside_the_claims() {
    let shelf = Shelf::new();
    let client = Client::with_distributions(&shelf);
    let economy = client.node.economy().expect("there is one");
    let contract = economy.rewards("operator rewards").expect("it is there").address;
    let token = client.node.token("TANSSI").expect("it is there").address;
    let network = client.address(4);
    let leaf = OperatorLeaf { account: STRANGER, total_claimable: U256::from(5) };
    let tree = Tree::Operator(OperatorTree::build(vec![leaf]).expect("it is a tree"));
    let (amount, root) = (U256::ZERO, tree.root());
    let pay = DefaultOperatorRewards::distributeRewardsCall { network, token, amount, root };
    client.send(client.middleware(network), contract, &pay);
    shelf.put("week 0", Paying { title: "TANSSI", network, token }, 0, &tree);
    shelf.spoil("week 0", "tree-31337.json");
    let answer = claims(&client, STRANGER);
    assert!(items(&answer).is_empty() && has_root(&answer, root), "{answer}");
}

#[test]
fn programmes_are_listed_with_their_distributions_and_those_that_are_broken_are_left_out() {
    let shelf = Shelf::new();
    let client = Client::with_distributions(&shelf);
    assert!(items(&client.get("/v1/programmes")).is_empty());
    let token = client.node.token("HYPER").expect("it is there").address;
    let tree = |total: u64| {
        let leaf = OperatorLeaf { account: STRANGER, total_claimable: U256::from(total) };
        Tree::Operator(OperatorTree::build(vec![leaf]).expect("it is a tree"))
    };
    let paying = |title| Paying { title, network: client.address(3), token };
    for week in 0..3 {
        shelf.put(&format!("b{week}"), paying("Second"), 2 - week, &tree(week));
    }
    shelf.put("a", paying("First!"), 0, &tree(9));
    shelf.put("broken", paying("Third"), 0, &tree(9));
    shelf.spoil("broken", "totals.json");
    let document = client.get("/v1/openapi.json");
    let answer = client.get("/v1/programmes");
    check(&document, "/v1/programmes", "200", "application/json", &answer);
    let titles: Vec<_> = items(&answer).iter().map(|item| item["title"].clone()).collect();
    assert_eq!(titles, [json!("First!"), json!("Second")]);
    let second = &items(&answer)[1];
    assert_eq!((&second["distributionCount"], &second["from"]), (&json!(3), &json!(1_756_684_800)));
    assert_eq!(second["networkName"], "Hyperlane");

    let id = second["id"].as_str().expect("it is a text");
    let list = format!("/v1/programmes/{id}/distributions");
    let first = client.get(&format!("{list}?limit=2"));
    check(&document, "/v1/programmes/{id}/distributions", "200", "application/json", &first);
    let next = first["next"].as_str().expect("there is more");
    let rest = client.get(&format!("{list}?limit=2&cursor={next}"));
    let names = items(&first).iter().chain(items(&rest)).map(|item| item["name"].clone());
    // By the time that they pay for.
    assert_eq!(Vec::from_iter(names), [json!("b2"), json!("b1"), json!("b0")]);
    let problem = client.problem("/v1/programmes/none/distributions");
    assert_eq!((&problem["status"], &problem["parameter"]), (&json!(404), &json!("id")));
}
