//! `bondstone rewards publish` as a process, against nodes of its own: each rail is paid exactly
//! once, whatever happens between sending and the receipt.

#[path = "chain/mod.rs"]
mod chain;
#[path = "ground/mod.rs"]
mod ground;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::NetworkMiddlewareService;
use bondstone_symbiotic::abi::rewards::operator::{DefaultOperatorRewards, DistributeRewards};
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use ground::{DAY, Ground, Sender, complaint, refused, said, text};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Developer accounts: the network, its middleware, somebody else.
const NETWORK: usize = 3;
const MIDDLEWARE: usize = 4;
const STRANGER: usize = 5;
/// Three parts for the network itself, one for somebody else.
const CONTRIBUTORS: &str = r#"[contributors]
share = "100%"
[[contributors.list]]
account = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
points = "3"
[[contributors.list]]
account = "0x00000000000000000000000000000000000b0002"
points = "1"
"#;

fn whole(tokens: u64) -> U256 {
    U256::from(tokens) * U256::from(10).pow(U256::from(18))
}

/// What the operators' contract holds for the network, and its root.
fn pot(ground: &Ground, contract: Address) -> (U256, B256) {
    let (network, token) = (ground.account(NETWORK), ground.token);
    let balance = DefaultOperatorRewards::balanceCall { network, token };
    let root = DefaultOperatorRewards::rootCall { network, token };
    (ground.ask(contract, &balance), ground.ask(contract, &root))
}

/// How often the contract was paid.
fn payments(ground: &Ground, contract: Address) -> usize {
    let filter = json!([{
        "address": contract, "topics": [DistributeRewards::SIGNATURE_HASH], "fromBlock": "0x0",
    }]);
    ground.ok("eth_getLogs", filter).as_array().expect("a list").len()
}

/// Publishes through the operators' contract.
fn publish(ground: &Ground, folder: &Path, contract: Address, more: &[&str]) -> ground::Output {
    let contract = contract.to_string();
    let base = ["publish", text(folder), "--rail", "v1-operator", "--rewards", &contract];
    ground.rewards(&[&base[..], more].concat(), Sender::OfNode(ground.account(MIDDLEWARE)))
}

fn root_of(folder: &Path) -> B256 {
    let manifest: Value = serde_json::from_str(
        &fs::read_to_string(folder.join("manifest.json")).expect("it is there"),
    )
    .expect("it is JSON");
    manifest["trees"][0]["root"].as_str().expect("text").parse().expect("a hash")
}

#[test]
fn each_distribution_is_paid_once_and_the_next_one_pays_the_rest() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let contract = ground.operator_rewards();
    let programme = ground.programme("weekly.toml", [0, 14], "cadence = \"7d\"\n", CONTRIBUTORS);
    let [first, second] = ["week-1", "week-2"].map(|name| ground.path(name));
    let middle = (ground.begin + 7 * DAY).to_string();
    said(&ground.run(&programme, &["--out", text(&first), "--to", &middle]));
    let previous = ["--out", text(&second), "--previous", text(&first)];
    said(&ground.run(&programme, &previous));

    let dry = said(&publish(&ground, &first, contract, &["--dry-run"]));
    assert!(dry.contains("approve ") && dry.contains("\n  data  0x48a78da7"), "{dry}");
    assert!(dry.ends_with("nothing was sent: this is a dry run\n"), "{dry}");
    assert_eq!(pot(&ground, contract), (U256::ZERO, B256::ZERO));

    let told = said(&publish(&ground, &first, contract, &[]));
    assert!(told.ends_with("\npublished\n"), "{told}");
    assert_eq!(pot(&ground, contract), (whole(500), root_of(&first)));
    let again = said(&publish(&ground, &first, contract, &[]));
    assert!(again.ends_with("published before; nothing was sent\n"), "{again}");
    assert_eq!(payments(&ground, contract), 1);

    // Whoever claims in between takes nothing off what the next one needs.
    ground.claim(&first, contract, NETWORK);
    assert_eq!(pot(&ground, contract).0, whole(125));
    let again = said(&publish(&ground, &first, contract, &["--json"]));
    let again: Value = serde_json::from_str(&again).expect("it is JSON");
    assert_eq!((&again["state"], &again["sent"]), (&json!("published"), &json!([])));
    let told = said(&publish(&ground, &second, contract, &["--json"]));
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!(told["sent"].as_array().map(Vec::len), Some(2), "{told}");
    assert_eq!(pot(&ground, contract), (whole(625), root_of(&second)));
    let late = said(&publish(&ground, &first, contract, &[]));
    assert!(late.ends_with("published before, and replaced since; nothing was sent\n"), "{late}");
    ground.claim(&second, contract, NETWORK);
    assert_eq!(pot(&ground, contract), (whole(250), root_of(&second)));
    assert_eq!(payments(&ground, contract), 2);
    // 750 of 1000 went to the one, 250 are there for the other.
    let held = Erc20::balanceOfCall { account: contract };
    assert_eq!(ground.ask(ground.token, &held), whole(250));
}

#[test]
fn a_crash_between_any_two_steps_leaves_one_payment() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let programme = ground.programme("once.toml", [0, 10], "", CONTRIBUTORS);
    let folder = ground.path("once");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let journal = ground.path(&format!("once.sent-{}.json", ground.chain_id));
    for sender in [Sender::OfNode(ground.account(MIDDLEWARE)), Sender::Key(MIDDLEWARE)] {
        let contract = ground.operator_rewards();
        ground.ok("evm_setAutomine", json!([false]));
        let address = contract.to_string();
        let arguments = [
            "publish",
            text(&folder),
            "--rail",
            "v1-operator",
            "--rewards",
            &address,
            "--wait",
            "0",
        ];
        let publish = || ground.rewards(&arguments, sender);
        let next = ground.nonce(MIDDLEWARE, "latest");
        let waiting = |step: &str, nonce: u64| {
            let complaint = complaint(&publish());
            assert!(complaint.contains(&format!("`{step}")), "{complaint}");
            let tail = format!("(nonce {nonce} of {})", ground.account(MIDDLEWARE));
            assert!(complaint.contains(&tail), "{complaint}");
            assert_eq!(ground.nonce(MIDDLEWARE, "pending"), nonce + 1);
        };
        // Killed while the allowance waits, again and again; then it is lost, and sent anew.
        waiting("approve", next);
        waiting("approve", next);
        let kept: Value = serde_json::from_str(&fs::read_to_string(&journal).expect("it is there"))
            .expect("it is JSON");
        let entries = kept["entries"].as_array().expect("a list");
        let hash = entries.last().expect("one")["hash"].clone();
        ground.ok("anvil_dropTransaction", json!([hash]));
        waiting("approve", next);
        ground.ok("evm_mine", json!([]));
        // Killed while the payment waits; then it is lost, and sent anew.
        waiting("distribute", next + 1);
        let kept = fs::read_to_string(&journal).expect("it is there");
        let kept: Value = serde_json::from_str(&kept).expect("it is JSON");
        let hash = kept["entries"].as_array().expect("a list").last().expect("one")["hash"].clone();
        ground.ok("anvil_dropTransaction", json!([hash]));
        waiting("distribute", next + 1);
        // Without the journal what waits is still seen.
        let without = fs::read(&journal).expect("it is there");
        fs::remove_file(&journal).expect("it can be removed");
        let busy = complaint(&publish());
        assert!(busy.contains("another transaction of"), "{busy}");
        fs::write(&journal, without).expect("it can be written");
        ground.ok("evm_mine", json!([]));
        // Killed before the receipt was seen.
        let told = said(&publish());
        assert!(told.ends_with("published before; nothing was sent\n"), "{told}");
        assert_eq!(ground.nonce(MIDDLEWARE, "pending"), next + 2);
        assert_eq!(pot(&ground, contract), (whole(1_000), root_of(&folder)));
        assert_eq!(payments(&ground, contract), 1);
        ground.ok("evm_setAutomine", json!([true]));
    }
}

#[test]
fn a_transaction_that_fails_in_its_block_says_why_and_pays_nothing() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let contract = ground.operator_rewards();
    let programme = ground.programme("late.toml", [0, 10], "", CONTRIBUTORS);
    let folder = ground.path("late");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    ground.approve(MIDDLEWARE, contract, whole(1_000));
    ground.ok("evm_setAutomine", json!([false]));
    // The network has named another middleware, but a transaction before that is missing.
    let missing = ground.nonce(NETWORK, "latest");
    let call = NetworkMiddlewareService::setMiddlewareCall { middleware: ground.account(0) };
    ground.ok(
        "eth_sendTransaction",
        json!([{
            "from": ground.account(NETWORK),
            "to": ground::address(Kind::NetworkMiddlewareService),
            "input": Bytes::from(call.abi_encode()),
            "nonce": format!("{:#x}", missing + 1),
        }]),
    );
    let output = std::thread::scope(|scope| {
        let address = contract.to_string();
        let mut command = ground.command(
            &["rewards", "publish", text(&folder), "--rail", "v1-operator", "--rewards", &address],
            Sender::OfNode(ground.account(MIDDLEWARE)),
        );
        let publishing = scope.spawn(move || command.output().expect("the program runs"));
        let next = ground.nonce(MIDDLEWARE, "latest");
        while ground.nonce(MIDDLEWARE, "pending") == next && !publishing.is_finished() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // Now nothing is missing, and in the next block the payment comes second.
        let next = format!("{:#x}", missing + 1);
        ground.ok("anvil_setNonce", json!([ground.account(NETWORK), next]));
        ground.ok("evm_mine", json!([]));
        publishing.join().expect("it ends")
    });
    let failure = complaint(&output);
    assert!(failure.contains("`distribute 1000"), "{failure}");
    assert!(failure.contains(" failed in block "), "{failure}");
    assert!(failure.contains(": NotNetworkMiddleware() (transaction 0x"), "{failure}");
    assert_eq!(pot(&ground, contract), (U256::ZERO, B256::ZERO));
    ground.ok("evm_setAutomine", json!([true]));
    let refusal = complaint(&publish(&ground, &folder, contract, &[]));
    assert!(refusal.contains("its middleware is "), "{refusal}");
}

#[test]
fn what_cannot_be_published_is_refused_and_nothing_is_sent() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let contract = ground.operator_rewards();
    let address = contract.to_string();
    let programme = ground.programme("good.toml", [0, 10], "", CONTRIBUTORS);
    let folder = ground.path("good");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let base = ["publish", text(&folder), "--rail", "v1-operator", "--rewards", &address];
    let refuses = |sender, more: &[&str], what: &str| {
        let refusal = complaint(&ground.rewards(&[&base[..], more].concat(), sender));
        assert!(refusal.contains(what), "{refusal}");
    };
    let network = ground.account(NETWORK);
    let stranger = format!("may not distribute for network {network}: its middleware is ");
    refuses(Sender::OfNode(ground.account(STRANGER)), &[], &stranger);
    refuses(Sender::Key(STRANGER), &[], &stranger);
    refuses(Sender::Nobody, &[], "nobody is named who sends");
    let key = ground.file("key", "0x1234");
    refuses(Sender::Nobody, &["--key-file", text(&key)], "key does not hold a private key");
    refuses(Sender::Nobody, &["--key-file", "nowhere"], "cannot read the key file nowhere");
    let middleware = Sender::OfNode(ground.account(MIDDLEWARE));
    let other = ground.account(0).to_string();
    refuses(middleware, &["--token", &other], "the programme pays in ");
    refuses(middleware, &["--rewards", &other], "and was given 2");
    let rail = |rail: &str| {
        let arguments = ["publish", text(&folder), "--rail", rail, "--rewards", &address];
        complaint(&ground.rewards(&arguments, middleware))
    };
    let refusal = rail("v1-staker");
    assert!(refusal.contains("contributors: v1-staker cannot express it"), "{refusal}");
    let refusal = rail("v2-snapshot");
    assert!(refusal.contains("contributors: v2-snapshot cannot express it"), "{refusal}");
    let refusal = rail("v2-merkle");
    assert!(refusal.contains("fees.scheme: v2-merkle cannot express it"), "{refusal}");
    let silent = ["publish", text(&folder), "--rail", "v1-operator", "--rewards", &other];
    let refusal = complaint(&ground.rewards(&silent, middleware));
    assert!(refusal.contains("it is not a contract of that kind"), "{refusal}");
}

#[test]
fn what_others_can_claim_is_not_taken_away_and_changed_folders_are_refused() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let contract = ground.operator_rewards();
    let address = contract.to_string();
    let programme = ground.programme("good.toml", [0, 10], "", CONTRIBUTORS);
    let folder = ground.path("good");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let base = ["publish", text(&folder), "--rail", "v1-operator", "--rewards", &address];
    let (network, middleware) =
        (ground.account(NETWORK), Sender::OfNode(ground.account(MIDDLEWARE)));
    let refuses = |sender, more: &[&str], what: &str| {
        let refusal = complaint(&ground.rewards(&[&base[..], more].concat(), sender));
        assert!(refusal.contains(what), "{refusal}");
    };
    let delayed = ground.programme(
        "late.toml",
        [0, 10],
        "",
        &format!("{CONTRIBUTORS}[claim]\ndelay = \"400d\"\n"),
    );
    let late = ground.path("late");
    said(&ground.run(&delayed, &["--out", text(&late)]));
    let refusal = complaint(&publish(&ground, &late, contract, &[]));
    assert!(refusal.contains("claim.delay: it can be published from "), "{refusal}");

    // Nobody sends what would take away what others can claim.
    ground.send(
        MIDDLEWARE,
        contract,
        &DefaultOperatorRewards::distributeRewardsCall {
            network,
            token: ground.token,
            amount: U256::ZERO,
            root: B256::repeat_byte(7),
        },
    );
    refuses(middleware, &[], "which is not of the distribution before this one");
    let tree = folder.join(format!("tree-{}.json", ground.chain_id));
    let dump = fs::read_to_string(&tree).expect("it is there");
    fs::write(&tree, dump.replacen('\n', "\n\n", 1)).expect("it can be written");
    let refusal = refused(&publish(&ground, &folder, contract, &[]), 1);
    assert!(refusal.contains(".json was changed: it has hash "), "{refusal}");
    fs::write(&tree, dump).expect("it can be written");
    assert_eq!(pot(&ground, contract), (U256::ZERO, B256::repeat_byte(7)));

    ground.empty(MIDDLEWARE, STRANGER);
    refuses(middleware, &["--replace"], " has 0 of the token ");
    ground.pay(STRANGER, MIDDLEWARE, whole(1_000));
    said(&publish(&ground, &folder, contract, &["--replace"]));
    assert_eq!(pot(&ground, contract), (whole(1_000), root_of(&folder)));
}

#[test]
fn points_are_redeemed_in_a_token() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let contract = ground.operator_rewards();
    let programme = ground.points("points.toml", [0, 10], CONTRIBUTORS);
    let folder = ground.path("points");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let refusal = complaint(&publish(&ground, &folder, contract, &[]));
    assert!(refusal.contains("pays in points, \"Stars\""), "{refusal}");
    let token = ground.token.to_string();
    said(&publish(&ground, &folder, contract, &["--token", &token]));
    // 1000 points of 6 decimals are 10^9 units.
    assert_eq!(pot(&ground, contract), (U256::from(1_000_000_000), root_of(&folder)));
    let again = said(&publish(&ground, &folder, contract, &["--token", &token]));
    assert!(again.ends_with("published before; nothing was sent\n"), "{again}");
}

#[test]
fn the_second_versions_tree_is_signed_by_two_and_set_aside_once() {
    let ground = Ground::bare(NETWORK, MIDDLEWARE);
    let terms = format!("[fees]\nscheme = \"symbiotic-v2-merkle\"\n{CONTRIBUTORS}");
    let programme = ground.programme("merkle.toml", [0, 14], "cadence = \"7d\"\n", &terms);
    let [first, second] = ["first", "second"].map(|name| ground.path(name));
    let middle = (ground.begin + 7 * DAY).to_string();
    said(&ground.run(&programme, &["--out", text(&first), "--to", &middle]));
    said(&ground.run(&programme, &["--out", text(&second), "--previous", text(&first)]));
    let contract = ground.second_version();
    let (owner, rewarder) = (2, STRANGER);
    let (network, token) = (ground.account(NETWORK), ground.token);
    let balance = || ground.ask(contract, &Rewards::balanceCall { network, token });
    let total = || ground.ask(contract, &Rewards::lastTotalAmountCall { network, token });
    let publish = |folder: &Path, sender, more: &[&str]| {
        let base = ["publish", text(folder), "--rail", "v2-merkle"];
        ground.rewards(&[&base[..], more].concat(), sender)
    };
    let sender = Sender::OfNode(ground.account(MIDDLEWARE));
    let refusal = complaint(&publish(&first, sender, &[]));
    assert!(refusal.contains("has nobody who signs as "), "{refusal}");
    let protocol = ground.account(0);
    ground.send(owner, contract, &Rewards::setProtocolCall { protocol });
    let named = Rewards::setRewarderCall { rewarder: ground.account(rewarder) };
    ground.send(NETWORK, contract, &named);

    // With keys: one of them sends, and both sign.
    let wrong = ground.file("wrong", &ground.key(MIDDLEWARE).to_string());
    let key = ground.file("key", &ground.key(0).to_string());
    let refusal =
        complaint(&publish(&first, Sender::Key(rewarder), &["--second-key-file", text(&wrong)]));
    assert!(refusal.contains("the protocol ") && refusal.contains("has to sign"), "{refusal}");
    ground.ok("evm_setAutomine", json!([false]));
    let slow = ["--second-key-file", text(&key), "--wait", "0"];
    for step in ["approve", "deposit", "distribute"] {
        for _ in 0..2 {
            let waiting = complaint(&publish(&first, Sender::Key(rewarder), &slow));
            assert!(waiting.contains(&format!("`{step}")), "{waiting}");
        }
        ground.ok("evm_mine", json!([]));
    }
    ground.ok("evm_setAutomine", json!([true]));
    let told = said(&publish(&first, Sender::Key(rewarder), &slow));
    assert!(told.ends_with("published before; nothing was sent\n"), "{told}");
    assert_eq!((balance(), total()), (U256::ZERO, whole(500)));

    // With the node's accounts: it signs for both. What was deposited before counts.
    ground.approve(STRANGER, contract, whole(100));
    let amount = whole(100);
    let deposit = Rewards::depositCumulativeMerkleRewardsCall { network, token, amount };
    ground.send(STRANGER, contract, &deposit);
    let told = said(&publish(&second, sender, &[]));
    assert!(told.contains(&format!("deposit {}", whole(400))), "{told}");
    assert_eq!((balance(), total()), (U256::ZERO, whole(1_000)));
    let held = Erc20::balanceOfCall { account: contract };
    assert_eq!(ground.ask(token, &held), whole(1_000));
    let again = said(&publish(&second, sender, &[]));
    assert!(again.ends_with("published before; nothing was sent\n"), "{again}");
    let late = said(&publish(&first, sender, &[]));
    assert!(late.ends_with("published before, and replaced since; nothing was sent\n"), "{late}");
}

#[test]
fn captures_are_paid_as_the_contracts_split_them() {
    // Tanssi is its own middleware in the economy, and pays the stakers of Harbour's vault.
    let ground = Ground::economy(4);
    let contract: Address = ground.labelled("Harbour rETH rewards");
    let vault = ground.ask(contract, &DefaultStakerRewards::VAULTCall {});
    let network = ground.account(4);
    let stakers = format!(
        "[stakers]\nshare = \"100%\"\nmeasure = \"capture\"\nevery = \"2d\"\ncounted = \"vault\"\n\
         vaults = [\"{vault}\"]\n"
    );
    let terms = format!("[fees]\nscheme = \"symbiotic-v1\"\nadmin = \"10%\"\n{stakers}");
    let programme = ground.programme("capture.toml", [50, 56], "", &terms);
    let folder = ground.path("capture");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let address = contract.to_string();
    let sender = Sender::OfNode(network);
    let publish = |rail: &str, folder: &Path, more: &[&str]| {
        let base = ["publish", text(folder), "--rail", rail];
        ground.rewards(&[&base[..], more].concat(), sender)
    };
    let wrong = ground.programme("fee.toml", [50, 56], "", &terms.replace("10%", "12%"));
    let other = ground.path("fee");
    said(&ground.run(&wrong, &["--out", text(&other)]));
    let refusal = complaint(&publish("v1-staker", &other, &["--rewards", &address]));
    assert!(refusal.contains("fees.admin: the programme says 120000 ppm, but"), "{refusal}");
    let refusal = complaint(&publish("v1-staker", &folder, &[]));
    assert!(refusal.contains("none of the rewards contracts given is of vault "), "{refusal}");

    let token = ground.token;
    let claimable = |account: Address| {
        let data = Bytes::from((network, U256::MAX).abi_encode_params());
        ground.ask(contract, &DefaultStakerRewards::claimableCall { token, account, data })
    };
    let told = said(&publish("v1-staker", &folder, &["--rewards", &address]));
    assert!(told.contains("pay 3 captures in block"), "{told}");
    let again = said(&publish("v1-staker", &folder, &["--rewards", &address]));
    assert!(again.ends_with("published before; nothing was sent\n"), "{again}");
    let length = DefaultStakerRewards::rewardsLengthCall { token, network };
    assert_eq!(ground.ask(contract, &length), U256::from(3));
    ground.check_entries(&folder, claimable);

    let snapshot = ground.programme("snapshot.toml", [50, 56], "", &stakers);
    let folder = ground.path("snapshot");
    said(&ground.run(&snapshot, &["--out", text(&folder)]));
    let told = said(&publish("v2-snapshot", &folder, &[]));
    assert!(told.contains("pay 3 captures in block"), "{told}");
    let again = said(&publish("v2-snapshot", &folder, &[]));
    assert!(again.ends_with("published before; nothing was sent\n"), "{again}");
    let second = ground.second_version();
    let length = Rewards::rewardsLengthCall { vault, network, token };
    assert_eq!(ground.ask(second, &length), U256::from(3));
    let held = Erc20::balanceOfCall { account: second };
    assert_eq!(ground.ask(token, &held), ground.paid(&folder));
    let elsewhere = stakers.replace("\"vault\"", "\"delegated\"");
    let programme = ground.programme("delegated.toml", [50, 56], "", &elsewhere);
    let folder = ground.path("delegated");
    said(&ground.run(&programme, &["--out", text(&folder)]));
    let refusal = complaint(&publish("v2-snapshot", &folder, &[]));
    assert!(refusal.contains("stakers.counted: v2-snapshot cannot express it"), "{refusal}");
}
