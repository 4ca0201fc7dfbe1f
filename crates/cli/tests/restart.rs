//! A chain that is kept goes on where it was: after a clean end, after a kill, with what waited and
//! with the clock that it had.
#![cfg(unix)]

mod chain;

use chain::{Chain, Connection, number};
use serde_json::{Value, json};
use std::path::Path;

/// Where Karak's Core lives.
const KARAK_CORE: &str = "0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15";
/// Developer account 6, an operator of the default economy.
const OPERATOR_A: &str = "0x976EA74026E726554dB657fA54763abd0C3a0aa9";

/// An address as a word of calldata.
fn word(address: &str) -> String {
    format!("{:0>64}", address.trim_start_matches("0x").to_lowercase())
}

/// `getOperatorVaults(address)`.
fn vaults_of(operator: &str) -> String {
    format!("0x14d7e25b{}", word(operator))
}

fn start(data: &Path, arguments: &[&str]) -> Chain {
    let data = data.to_str().expect("it is UTF-8");
    Chain::start(&[&["--port", "0", "--data-dir", data], arguments].concat())
}

fn pay(connection: &mut Connection, from: &Value, nonce: u64) -> Value {
    let described = json!([{ "from": from, "to": from, "value": "0x1", "nonce": nonce }]);
    connection.ok("eth_sendTransaction", described)
}

fn latest(connection: &mut Connection) -> Value {
    connection.ok("eth_getBlockByNumber", json!(["latest", true]))
}

#[test]
fn every_block_log_and_past_state_is_there_again() {
    let folder = tempfile::tempdir().expect("there is room");
    let chain = start(folder.path(), &[]);
    let mut before = chain.connect();
    let from = before.ok("eth_accounts", json!([]))[0].clone();
    let nonce = before.ok("eth_getTransactionCount", json!([from, "latest"]));
    pay(&mut before, &from, number(&nonce));
    let questions = [
        ("eth_getBlockByNumber", json!(["latest", true])),
        ("eth_getBlockByNumber", json!(["0x7", true])),
        ("eth_getBlockReceipts", json!(["0x30"])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0", "toBlock": "latest" }])),
        ("eth_getBalance", json!([from, "0x5"])),
        ("eth_getTransactionCount", json!([from, "0x200"])),
        ("bondstone_securityView", json!(["latest"])),
        ("bondstone_securityView", json!(["0x300"])),
        ("eth_call", json!([{ "to": KARAK_CORE, "data": vaults_of(OPERATOR_A) }, "latest"])),
        ("eth_call", json!([{ "to": KARAK_CORE, "data": vaults_of(OPERATOR_A) }, "0x5"])),
    ];
    let ask = |connection: &mut Connection| {
        questions.clone().map(|(method, params)| connection.ok(method, params))
    };
    let told = ask(&mut before);
    let banner = chain.banner.clone();
    chain.kill();
    let chain = start(folder.path(), &[]);
    assert_eq!(ask(&mut chain.connect()), told);
    assert_eq!(chain.banner, banner, "labels come from the kept economy");
    let (code, _) = chain.end("TERM");
    assert_eq!(code, Some(0));
    assert_eq!(ask(&mut start(folder.path(), &[]).connect()), told);
}

#[test]
fn karak_is_there_again_and_goes_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let chain = start(folder.path(), &["--bare"]);
    let mut connection = chain.connect();
    let from = connection.ok("eth_accounts", json!([]))[0].clone();
    let service = chain.labelled("KarakFreeService1");
    let send = |connection: &mut Connection, to: &str, data: String| {
        let described = json!([{ "from": from, "to": to, "data": data, "gas": "0x7a120" }]);
        let hash = connection.ok("eth_sendTransaction", described);
        connection.ok("eth_getTransactionReceipt", json!([hash]))["status"] == "0x1"
    };
    // initialize(address,uint256) with Core and one per cent.
    let one = format!("{:064x}", 1_000_000_000_000_000_000u64);
    let data = format!("0xcd6dc687{}{one}", word(KARAK_CORE));
    assert!(send(&mut connection, &service, data));
    chain.kill();

    let chain = start(folder.path(), &["--bare"]);
    let mut connection = chain.connect();
    // registerOperatorToDSS(address,bytes) without data.
    let data = format!("0x75ccf103{}{:064x}{:064x}", word(&service), 0x40, 0);
    assert!(send(&mut connection, KARAK_CORE, data.clone()), "the service is known");
    assert!(!send(&mut connection, KARAK_CORE, data.clone()), "and the operator, by now");
    chain.kill();
    let chain = start(folder.path(), &["--bare"]);
    assert!(!send(&mut chain.connect(), KARAK_CORE, data), "nothing is forgotten");
}

#[test]
fn what_waited_waits_again_and_the_clock_goes_on() {
    let folder = tempfile::tempdir().expect("there is room");
    let chain = start(folder.path(), &["--bare", "--no-mining"]);
    let mut connection = chain.connect();
    let from = connection.ok("eth_accounts", json!([]))[0].clone();
    let (first, second) = (pay(&mut connection, &from, 0), pay(&mut connection, &from, 1));
    let dropped = pay(&mut connection, &from, 2);
    connection.ok("anvil_dropTransaction", json!([dropped]));
    connection.ok("evm_increaseTime", json!([1_000_000]));
    let time = number(&latest(&mut connection)["timestamp"]);
    chain.kill();

    let chain = start(folder.path(), &["--bare", "--no-mining"]);
    let mut connection = chain.connect();
    let status = connection.ok("txpool_status", json!([]));
    assert_eq!(status, json!({ "pending": "0x2", "queued": "0x0" }));
    connection.ok("evm_mine", json!([]));
    let block = latest(&mut connection);
    let hashes: Vec<&Value> = block["transactions"]
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|transaction| &transaction["hash"])
        .collect();
    assert_eq!(hashes, [&first, &second]);
    assert!(number(&block["timestamp"]) >= time + 1_000_000, "the clock was ahead");
}

#[test]
fn what_was_taken_back_stays_away() {
    let folder = tempfile::tempdir().expect("there is room");
    let chain = start(folder.path(), &["--bare"]);
    let mut connection = chain.connect();
    let from = connection.ok("eth_accounts", json!([]))[0].clone();
    let kept = pay(&mut connection, &from, 0);
    let id = connection.ok("evm_snapshot", json!([]));
    let gone = pay(&mut connection, &from, 1);
    assert_eq!(connection.ok("evm_revert", json!([id])), true);
    connection.ok("anvil_setBalance", json!([from, "0x77"]));
    let block = latest(&mut connection);
    chain.kill();

    let chain = start(folder.path(), &["--bare"]);
    let mut connection = chain.connect();
    assert_eq!(latest(&mut connection), block);
    let receipt = |connection: &mut Connection, hash: &Value| {
        connection.ok("eth_getTransactionReceipt", json!([hash]))
    };
    assert_eq!(receipt(&mut connection, &gone), Value::Null);
    assert_eq!(receipt(&mut connection, &kept)["status"], "0x1");
    assert_eq!(connection.ok("eth_getBalance", json!([from, "latest"])), "0x77");
    assert_eq!(connection.ok("evm_revert", json!([id])), false, "snapshots end with the process");
}

#[test]
fn another_economy_than_the_kept_one_is_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().to_str().expect("it is UTF-8");
    start(folder.path(), &["--bare"]).end("TERM");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../economies/restaking-2025.toml");
    let arguments = ["--port", "0", "--data-dir", data, "--economy", file];
    let output = chain::bondstone(&arguments).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("the chain in {data} has no economy, not that of")), "{said}");
    let first = start(folder.path(), &[]);
    let second = chain::bondstone(&["--port", "0", "--data-dir", data]).output();
    let second = second.expect("it runs");
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains(&format!("is in use by process {}", first.id())), "{said}");
    assert!(said.contains("--data-dir"), "a hint says what to do: {said}");
}
