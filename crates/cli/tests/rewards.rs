//! `bondstone rewards` as a process, over the default economy: against a node and against the
//! folder that it kept.

#[path = "chain/mod.rs"]
mod chain;

use alloy_primitives::{Address, U256, hex, keccak256};
use chain::{Chain, Connection};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DAY: u64 = 86_400;

/// A chain, a folder beside it, and what programmes need to know of it.
struct Ground {
    folder: tempfile::TempDir,
    chain: Chain,
    chain_id: u64,
    /// The second of the first block.
    begin: u64,
    /// The second of the last block.
    last: u64,
    network: String,
    /// A vault that has stake and gives some of it to the network.
    vault: String,
}

impl Ground {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let data = folder.path().join("chain");
        let chain = Chain::start(&["--port", "0", "--data-dir", text(&data)]);
        let mut connection = chain.connect();
        let first = block(&mut connection, 0);
        let height = connection.ok("bondstone_ledger", json!([0, 1]))["height"].as_u64();
        let last = block(&mut connection, height.expect("it is a number"));
        let view = connection.ok("bondstone_securityView", json!([]))["view"].take();
        let given =
            view["commitments"].as_array().expect("a list").iter().find(|given| {
                given["protocol"] == "symbiotic" && given["stake"].as_str() != Some("0")
            });
        let given = given.expect("somebody buys security");
        let of = |name: &str| given[name].as_str().expect("an address").to_owned();
        Self {
            chain_id: first["chainId"].as_u64().expect("a number"),
            begin: first["timestamp"].as_u64().expect("a number"),
            last: last["timestamp"].as_u64().expect("a number"),
            network: of("network"),
            vault: of("vault"),
            folder,
            chain,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a programme whose periods begin and end at days of the chain.
    fn programme(&self, name: &str, days: [u64; 2], rest: &str) -> PathBuf {
        let [from, until] = days.map(|day| self.begin + day * DAY);
        let (network, chain_id) = (&self.network, self.chain_id);
        let programme = format!(
            "title = \"{name}\"\n[payer]\nnetwork = \"{network}\"\nchain_id = {chain_id}\n\
             [pay]\ntoken = \"0x00000000000000000000000000000000000000b1\"\ndecimals = 18\n\
             [[period]]\nfrom = {from}\nuntil = {until}\nbudget = \"1_000\"\n{rest}"
        );
        self.file(name, &programme)
    }

    fn file(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).expect("it can be written");
        path
    }

    /// Runs a command of `bondstone rewards` against the node.
    fn asked(&self, arguments: &[&str]) -> Output {
        rewards(arguments, &["--rpc", &self.chain.url()])
    }

    /// The stakers' terms of one vault.
    fn stakers(&self) -> String {
        let vault = &self.vault;
        format!("[stakers]\nshare = \"100%\"\ncounted = \"vault\"\nvaults = [\"{vault}\"]\n")
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("it is UTF-8")
}

fn block(connection: &mut Connection, number: u64) -> Value {
    connection.ok("bondstone_ledger", json!([number, 1]))["blocks"][0].take()
}

fn rewards(arguments: &[&str], source: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.arg("rewards").args(arguments).args(source);
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("it is text")
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).expect("it is text")
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("it is there");
    let paths = entries.map(|entry| entry.expect("it is readable").path());
    paths
        .map(|path| {
            let name = path.file_name().expect("it has one").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("it is readable"))
        })
        .collect()
}

fn units(value: &Value) -> U256 {
    value.as_str().expect("digits").parse().expect("a number")
}

fn entries(folder: &Path) -> Vec<Value> {
    let distribution = read(&folder.join("distribution.json"));
    distribution["entries"].as_array().expect("a list").clone()
}

/// What a vault answers to a view that returns one word.
fn word(connection: &mut Connection, vault: &str, signature: &str, words: &[U256]) -> U256 {
    let mut input = keccak256(signature)[..4].to_vec();
    words.iter().for_each(|word| input.extend(word.to_be_bytes::<32>()));
    let call = json!([{ "to": vault, "data": hex::encode_prefixed(input) }, "latest"]);
    units(&connection.ok("eth_call", call))
}

#[test]
fn a_node_and_its_folder_give_the_same_and_every_capture_is_what_the_vault_says() {
    let ground = Ground::new();
    let terms = ground.stakers() + "measure = \"capture\"\nevery = \"5d\"\n";
    let programme = ground.programme("capture.toml", [55, 60], &terms);
    let [asked, kept] = ["asked", "kept"].map(|name| ground.path(name));
    let told = said(&ground.asked(&["run", text(&programme), "--out", text(&asked)]));
    assert!(told.contains("budget      1000\n"), "{told}");

    // By hand: floor(budget * shares / total) of what the vault says of that second.
    let second = U256::from(ground.begin + 55 * DAY);
    let budget = U256::from(1_000) * U256::from(10).pow(U256::from(18));
    let mut connection = ground.chain.connect();
    let hint = [U256::from(0x40), U256::ZERO];
    let all = "activeSharesAt(uint48,bytes)";
    let all = word(&mut connection, &ground.vault, all, &[second, hint[0], hint[1]]);
    let (mut shares, paid) = (U256::ZERO, entries(&asked));
    for entry in &paid {
        let account: Address = entry["account"].as_str().expect("text").parse().expect("one");
        let words = [account.into_word().into(), second, U256::from(0x60), U256::ZERO];
        let of = "activeSharesOfAt(address,uint48,bytes)";
        let own = word(&mut connection, &ground.vault, of, &words);
        assert_eq!(units(&entry["amount"]), budget * own / all, "{entry}");
        shares += own;
    }
    assert!(!paid.is_empty() && shares == all, "{shares} of {all}");
    let tree = read(&asked.join(format!("tree-{}.json", ground.chain_id)));
    assert_eq!(tree["format"], "standard-v1");
    assert_eq!(tree["values"].as_array().map(Vec::len), Some(paid.len()));
    let explained = fs::read_to_string(asked.join("explanations.jsonl")).expect("it is there");
    assert_eq!(explained.lines().count(), paid.len());
    let again = said(&ground.asked(&["verify", text(&asked)]));
    assert!(again.starts_with(&format!("{} recipients, as the chain says", paid.len())), "{again}");

    let data = ground.path("chain");
    let Ground { folder, chain, .. } = ground;
    assert_eq!(chain.end("TERM").0, Some(0));
    let stored = ["--data-dir", text(&data)];
    said(&rewards(&["run", text(&programme), "--out", text(&kept)], &stored));
    assert_eq!(files(&asked), files(&kept));
    said(&rewards(&["verify", text(&asked)], &stored));
    // The same again changes nothing, and nothing is left over.
    said(&rewards(&["run", text(&programme), "--out", text(&kept)], &stored));
    let left = fs::read_dir(folder.path()).expect("it is there");
    let part = left.map(|entry| entry.expect("it is readable").file_name());
    assert_eq!(part.filter(|name| name.to_string_lossy().ends_with(".part")).count(), 0);
}

#[test]
fn totals_go_on_and_two_halves_are_the_whole() {
    let ground = Ground::new();
    let terms = "cadence = \"5d\"\n[stakers]\nshare = \"60%\"\ncounted = \"vault\"\n\
                 assets = [\"ASSET\"]\nexiting = true\n[operators]\nshare = \"40%\"\nby = \"equal\"\n\
                 [payout]\ndust = \"carry\"\nrest = \"carry\"\n";
    let asset = word(&mut ground.chain.connect(), &ground.vault, "collateral()", &[]);
    let terms = terms.replace("ASSET", &Address::from_word(asset.into()).to_string());
    let programme = ground.programme("halves.toml", [50, 60], &terms);
    let path = |name: &str| ground.path(name);
    let (whole, first, second) = (path("whole"), path("first"), path("second"));
    let middle = (ground.begin + 55 * DAY).to_string();
    let run = ["run", text(&programme), "--out"];
    said(&ground.asked(&[&run[..], &[text(&whole)]].concat()));
    said(&ground.asked(&[&run[..], &[text(&first), "--to", &middle]].concat()));
    said(&ground.asked(&[&run[..], &[text(&second), "--previous", text(&first)]].concat()));
    let earned = |folder: &Path| -> Vec<Value> {
        let of = |entry: Value| json!([entry["account"], entry["kind"], entry["earned"]]);
        entries(folder).into_iter().map(of).collect()
    };
    assert_eq!(earned(&whole), earned(&second));
    assert!(earned(&whole).iter().any(|entry| entry[1] == "operator"));
    let before: BTreeMap<String, U256> = entries(&first)
        .iter()
        .map(|entry| (format!("{}{}", entry["account"], entry["kind"]), units(&entry["payable"])))
        .collect();
    for entry in entries(&second) {
        let key = format!("{}{}", entry["account"], entry["kind"]);
        assert!(units(&entry["payable"]) >= before.get(&key).copied().unwrap_or_default());
    }
    said(&ground.asked(&["verify", text(&second)]));
    let third = path("third");
    let again = ["run", text(&programme), "--previous", text(&second), "--out", text(&third)];
    let refusal = complaint(&ground.asked(&again));
    assert!(refusal.contains("the programme has no period after"), "{refusal}");
    assert!(!third.exists());
}

#[test]
fn a_service_of_karak_pays_its_stakers_and_operators_all_of_its_budget() {
    let mut ground = Ground::new();
    let mut connection = ground.chain.connect();
    let view = connection.ok("bondstone_securityView", json!([]))["view"].take();
    let given = view["commitments"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|given| given["protocol"] == "karak" && given["stake"].as_str() != Some("0"));
    // The service of most vaults, of which one was slashed and two had redeems.
    let mut vaults: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for given in given {
        let [network, vault] = ["network", "vault"].map(|name| given[name].as_str());
        vaults.entry(network.expect("text")).or_default().push(vault.expect("text"));
    }
    let (service, vaults) = vaults.into_iter().max_by_key(|(_, all)| all.len()).expect("one");
    assert!(vaults.len() > 2, "{vaults:?}");
    ground.network = service.to_owned();
    let assets: String = vaults
        .iter()
        .map(|vault| Address::from_word(word(&mut connection, vault, "asset()", &[]).into()))
        .collect::<BTreeSet<_>>()
        .iter()
        .map(|asset| format!("[[asset]]\nasset = \"{asset}\"\nweight = \"1\"\n"))
        .collect();
    let end = "0x00000000000000000000000000000000000f0001";
    let terms = format!(
        "cadence = \"5d\"\n[stakers]\nshare = \"75%\"\nexiting = true\n[operators]\n\
         share = \"25%\"\nby = \"stake\"\n{assets}\
         [payout]\ndust = \"{end}\"\nrest = \"{end}\"\n"
    );
    let programme = ground.programme("service.toml", [35, 60], &terms);
    let out = ground.path("service");
    said(&ground.asked(&["run", text(&programme), "--out", text(&out)]));
    let paid = entries(&out);
    let of = |kind: &str| paid.iter().filter(|entry| entry["kind"] == kind).collect::<Vec<_>>();
    let (stakers, operators) = (of("staker"), of("operator"));
    let sum = |entries: &[&Value]| entries.iter().map(|e| units(&e["amount"])).sum::<U256>();
    let token = U256::from(10).pow(U256::from(18));
    let within = |all: U256, budget: u64| {
        let budget = U256::from(budget) * token;
        assert!(all <= budget && budget - all < U256::from(10_000), "{all} of {budget}");
    };
    within(sum(&stakers), 750);
    within(sum(&operators), 250);
    assert_eq!(sum(&paid.iter().collect::<Vec<_>>()), U256::from(1_000) * token);
    assert!(stakers.len() > 20 && operators.len() > 1, "{paid:?}");
    // Who holds shares of those vaults now, and nobody else but those who left meanwhile.
    let holds = |connection: &mut Connection, account: &str| {
        let account: Address = account.parse().expect("it is an address");
        let words = [account.into_word().into()];
        vaults.iter().any(|vault| !word(connection, vault, "balanceOf(address)", &words).is_zero())
    };
    let accounts = stakers.iter().map(|entry| entry["account"].as_str().expect("text"));
    let left = accounts.filter(|account| !holds(&mut connection, account)).count();
    assert!((1..=4).contains(&left), "{left}");
    let again = said(&ground.asked(&["verify", text(&out)]));
    assert!(again.starts_with(&format!("{} recipients, as the chain says", paid.len())), "{again}");
    // A network that is no service is told no vault of Karak.
    ground.network = "0x00000000000000000000000000000000000d0009".to_owned();
    let terms =
        format!("[stakers]\nshare = \"100%\"\ncounted = \"vault\"\nvaults = [\"{}\"]\n", vaults[0]);
    let other = ground.programme("other.toml", [35, 60], &terms);
    let out = ground.path("other");
    let refusal = complaint(&ground.asked(&["run", text(&other), "--out", text(&out)]));
    assert!(refusal.contains("vaults: there is no vault"), "{refusal}");
}

#[test]
fn what_was_changed_is_found_with_both_derivations() {
    let ground = Ground::new();
    let programme = ground.programme("time.toml", [50, 60], &ground.stakers());
    let out = ground.path("out");
    said(&ground.asked(&["run", text(&programme), "--out", text(&out)]));
    let path = out.join("distribution.json");
    let whole = fs::read_to_string(&path).expect("it is there");
    let honest = read(&path);
    let entry = &honest["entries"][0];
    let mut forged = honest.clone();
    let more = (units(&entry["payable"]) + U256::ONE).to_string();
    forged["entries"][0]["payable"] = json!(more);
    fs::write(&path, forged.to_string()).expect("it can be written");
    let output = ground.asked(&["verify", text(&out)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let dispute: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(dispute["recipient"]["account"], entry["account"]);
    assert_eq!(dispute["claimed"]["entry"]["payable"], json!(more));
    assert_eq!(dispute["recomputed"]["entry"], *entry);
    let terms = dispute["recomputed"]["explanation"]["stake"].as_array().expect("a list");
    assert!(!terms.is_empty());
    assert_eq!(dispute["claimed"]["explanation"], dispute["recomputed"]["explanation"]);
    assert_eq!(dispute["claimedRoots"], dispute["recomputedRoots"]);
    fs::write(&path, whole).expect("it can be written");

    let tree = out.join(format!("tree-{}.json", ground.chain_id));
    let dump = fs::read_to_string(&tree).expect("it is there");
    fs::write(&tree, dump.replacen('\n', "\n\n", 1)).expect("it can be written");
    let output = ground.asked(&["verify", text(&out)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let dispute: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(dispute["differs"], format!("the file tree-{}.json", ground.chain_id));
    fs::write(&tree, dump).expect("it can be written");
    said(&ground.asked(&["verify", text(&out)]));

    fs::write(out.join("programme.toml"), "# changed").expect("it can be written");
    let output = ground.asked(&["verify", text(&out)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let refusal = String::from_utf8(output.stderr).expect("it is text");
    assert!(refusal.contains("programme.toml was changed: "), "{refusal}");
}

#[test]
fn a_chain_that_was_set_back_no_longer_has_the_block() {
    let ground = Ground::new();
    let mut connection = ground.chain.connect();
    let state = connection.ok("evm_snapshot", json!([]));
    connection.ok("evm_increaseTime", json!([10 * DAY]));
    connection.ok("evm_mine", json!([]));
    let day = (ground.last - ground.begin) / DAY;
    let programme = ground.programme("late.toml", [day - 5, day + 5], &ground.stakers());
    let out = ground.path("out");
    said(&ground.asked(&["run", text(&programme), "--out", text(&out)]));
    said(&ground.asked(&["verify", text(&out)]));
    connection.ok("evm_revert", json!([state]));
    let output = ground.asked(&["verify", text(&out)]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let dispute: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let differs = dispute["differs"].as_str().expect("it is text");
    assert!(differs.starts_with("the chain has no block "), "{differs}");
}

#[test]
fn another_programme_is_shown_side_by_side() {
    let ground = Ground::new();
    let base = ground.programme("base.toml", [50, 60], &ground.stakers());
    let vault = &ground.vault;
    let half = format!(
        "[stakers]\nshare = \"50%\"\ncounted = \"vault\"\nvaults = [\"{vault}\"]\n\
         [contributors]\nshare = \"50%\"\n[[contributors.list]]\n\
         account = \"0x00000000000000000000000000000000000b0001\"\npoints = \"1\"\n"
    );
    let other = ground.programme("other.toml", [50, 60], &half);
    let out = ground.path("out");
    said(&ground.asked(&["run", text(&base), "--out", text(&out)]));
    let from_folder = said(&ground.asked(&["diff", text(&out), text(&other), "--json"]));
    let from_file = said(&ground.asked(&["diff", text(&base), text(&other), "--json"]));
    assert_eq!(from_folder, from_file);
    let answer: Value = serde_json::from_str(&from_folder).expect("it is JSON");
    let rows = answer["recipients"].as_array().expect("a list");
    let sum = |name: &str| rows.iter().map(|row| units(&row[name])).sum::<U256>();
    assert!(rows.iter().any(|row| row["kind"] == "contributor" && row["base"] == "0"));
    for row in rows.iter().filter(|row| row["kind"] == "staker") {
        let (base, other) = (units(&row["base"]), units(&row["other"]));
        assert!(base / U256::from(2) - other <= U256::ONE, "{row}");
        assert_eq!(row["difference"], format!("-{}", base - other));
    }
    assert!(sum("base").abs_diff(sum("other")) < U256::from(100));
    let table = said(&ground.asked(&["diff", text(&out), text(&other)]));
    assert!(table.starts_with("base   base.toml\nother  other.toml\n\nchain"), "{table}");
    assert!(table.contains("contributor"), "{table}");
    let refusal = complaint(&ground.asked(&["diff", text(&out), text(&other), "--from", "5"]));
    assert!(refusal.contains("says for what time it is"), "{refusal}");
}

#[test]
fn bad_input_is_named_and_nothing_is_written() {
    let ground = Ground::new();
    let refused = |programme: &Path, more: &[&str]| {
        let out = ground.path("none");
        let run = ["run", text(programme), "--out", text(&out)];
        let refusal = complaint(&ground.asked(&[&run[..], more].concat()));
        assert!(refusal.starts_with("error: ") && !out.exists(), "{refusal}");
        refusal
    };
    let stakers = ground.stakers();
    let good = ground.programme("good.toml", [50, 60], &stakers);
    let contains = |found: String, part: &str| assert!(found.contains(part), "{found}");
    let wrong = |name: &str, terms: &str| refused(&ground.programme(name, [50, 60], terms), &[]);
    contains(wrong("a.toml", &format!("cadense = 1\n{stakers}")), "a.toml:12: cadense: unknown");
    let vault = "[stakers]\nshare = \"100%\"\ncounted = \"vault\"\n\
                 vaults = [\"0x00000000000000000000000000000000000a0001\"]\n";
    contains(wrong("b.toml", vault), "vaults: there is no vault 0x0000000000000000");
    let points = "[contributors]\nshare = \"100%\"\nfile = \"nowhere.csv\"\n";
    contains(wrong("c.toml", points), "cannot read ");
    let scores = "[operators]\nshare = \"50%\"\nby = \"performance\"\nfile = \"scores.csv\"\n";
    let scores = &(scores.to_owned() + &stakers.replace("100%", "50%"));
    ground.file("scores.csv", "operator,score\n0x00000000000000000000000000000000000d0001,NaN\n");
    contains(wrong("d.toml", scores), "scores.csv:2: ");
    ground.file("scores.csv", "operator,score\n0x00000000000000000000000000000000000d0001,1\n");
    contains(wrong("e.toml", scores), "is none of the network's operators");

    let late = ground.programme("late.toml", [60, 100], &stakers);
    contains(refused(&late, &[]), "is not over: the last block is of ");
    let until = (ground.begin + 100 * DAY).to_string();
    contains(refused(&late, &["--to", &until]), "is final until ");
    let inside = (ground.begin + 55 * DAY).to_string();
    contains(refused(&good, &["--to", &inside]), "is inside of an interval");
    contains(refused(&good, &["--previous", text(&ground.path("nowhere"))]), "cannot read ");
    let other = fs::read_to_string(&good).expect("it is there");
    let other = other.replace(&format!("chain_id = {}", ground.chain_id), "chain_id = 5");
    contains(refused(&ground.file("other.toml", &other), &[]), "the network is on chain 5, but");

    let folder = ground.path("occupied");
    fs::create_dir(&folder).expect("there is room");
    let run = ["run", text(&good), "--out", text(&folder)];
    contains(complaint(&ground.asked(&run)), "is there already, with something else in it");
    let nowhere = ground.path("nowhere");
    contains(complaint(&ground.asked(&["verify", text(&nowhere)])), "manifest.json");
    let deaf = rewards(&["run", text(&good), "--out", "x"], &["--rpc", "http://127.0.0.1:1"]);
    contains(complaint(&deaf), "no node answers at http://127.0.0.1:1");
    let data = ground.path("chain");
    let busy = rewards(&["run", text(&good), "--out", "x"], &["--data-dir", text(&data)]);
    contains(complaint(&busy), "is in use by process");
}
