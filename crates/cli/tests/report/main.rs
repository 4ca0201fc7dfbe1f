//! `bondstone report` as a process: its text and JSON against golden files, and what it says when
//! something is wrong. The picture it reports on is the golden one of the world's tests.
//!
//! `BONDSTONE_UPDATE_GOLDEN=1` rewrites the files; the difference is then for the eye.

#[path = "../chain/mod.rs"]
mod chain;
mod node;

use bondstone_kernel::security::SecurityView;
use chain::Chain;
use node::Fake;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WST: &str = "0x7171717171717171717171717171717171717171";
const HYP: &str = "0x7373737373737373737373737373737373737373";

/// A golden picture.
fn picture(name: &str) -> SecurityView {
    let path = format!("{}/../world/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the golden picture is there");
    serde_json::from_str(&text).expect("it is a picture")
}

/// A picture with what a node adds.
fn told(view: &SecurityView, labels: &Value) -> Value {
    json!({ "view": view, "warnings": view.warnings(), "labels": labels })
}

/// The golden picture of Symbiotic, with what a node adds.
fn answer(labels: &Value) -> Value {
    told(&picture("security.json"), labels)
}

/// The golden picture of Karak, with names.
fn karak() -> Value {
    let pair = |byte: u8| format!("0x{}", format!("{byte:02x}").repeat(20));
    let names = [
        (0xd1, "Alpha"),
        (0xd2, "Beta"),
        (0xd3, "Gamma"),
        (0x01, "P2P"),
        (0x02, "Chorus One"),
        (0x03, "Everstake"),
        (0x0a, "Karak"),
        (0x0b, "Committee"),
    ];
    let mut names: serde_json::Map<String, Value> =
        names.iter().map(|(byte, name)| (pair(*byte), json!(name))).collect();
    let view = picture("karak.json");
    let vaults = ["Sound", "Strict", "Free", "Stolen", "Stuck", "Dangling", "Wiped", "Dead"];
    let vaults = vaults.iter().chain(&["Leaving", "Native"]);
    for (vault, name) in view.vaults.iter().zip(vaults) {
        names.insert(vault.vault.to_string().to_lowercase(), json!(name));
    }
    told(&view, &json!({ "names": names, "prices": {} }))
}

/// Both protocols in one picture.
fn both() -> Value {
    let (mut view, karak) = (picture("security.json"), picture("karak.json"));
    view.assets.extend(karak.assets);
    view.networks.extend(karak.networks);
    view.vaults.extend(karak.vaults);
    view.commitments.extend(karak.commitments);
    view.updates.extend(karak.updates);
    view.slashes.extend(karak.slashes);
    told(&view, &json!({ "names": {}, "prices": {} }))
}

fn bare() -> Value {
    answer(&json!({ "names": {}, "prices": {} }))
}

fn labelled() -> Value {
    let pair = |byte: u8| format!("0x{}", format!("{byte:02x}").repeat(20));
    let names = [
        (0xa1, "Hyperlane"),
        (0xa2, "Tanssi"),
        (0xa3, "Ditto"),
        (0xa4, "Cycle"),
        (0xb1, "Hyperlane middleware"),
        (0xb2, "Tanssi middleware"),
        (0xb3, "Ditto middleware"),
        (0x01, "P2P"),
        (0x02, "Chorus One"),
        (0x03, "Everstake"),
        (0x5e, "Resolver"),
        (0xcc, "Curator"),
        (0xde, "Burner"),
        (0x99, "Nobody in the picture"),
    ];
    let mut names: serde_json::Map<String, Value> =
        names.iter().map(|(byte, name)| (pair(*byte), json!(name))).collect();
    let view = &bare()["view"];
    let vaults = view["vaults"].as_array().expect("it has vaults");
    for (vault, name) in vaults.iter().zip(["Vault One", "Vault Two", "Vault Three"]) {
        names.insert(vault["vault"].as_str().expect("an address").to_lowercase(), json!(name));
    }
    answer(&json!({ "names": names, "prices": { WST: "4000", HYP: "0.5" } }))
}

fn result(answer: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "result": answer }).to_string()
}

fn report(url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.args(["report", "--rpc", url]).args(arguments);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    // Paths in reports are as given, so those in golden files are relative to this folder.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.output().expect("the program runs")
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("it is text")
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).expect("it is text")
}

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BONDSTONE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("the golden file can be written");
    }
    let want = std::fs::read_to_string(&path).expect("the golden file is there");
    let place = want.lines().zip(text.lines()).position(|(want, text)| want != text);
    assert!(want == text, "{name} differs from line {place:?} on:\n{text}");
}

fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the folder for tests is there");
    path
}

#[test]
fn the_text_with_names_and_prices_is_the_golden_one() {
    let node = Fake::answering(200, &result(&labelled()));
    file("prices.txt", "# from nowhere\nUSD 1\nTAN 0.1\nHYP 0.25\n");
    golden("report.txt", &said(&report(node.url(), &["--prices", "prices.txt"])));
}

#[test]
fn the_text_without_names_and_prices_is_the_golden_one() {
    let node = Fake::answering(200, &result(&bare()));
    golden("report-bare.txt", &said(&report(node.url(), &[])));
}

#[test]
fn the_text_of_karak_is_the_golden_one() {
    let node = Fake::answering(200, &result(&karak()));
    golden("report-karak.txt", &said(&report(node.url(), &[])));
}

#[test]
fn protocols_stand_beside_each_other() {
    let node = Fake::answering(200, &result(&both()));
    let text = said(&report(node.url(), &[]));
    assert!(text.contains("\n7 networks, 15 vaults, "), "{text}");
    for protocol in ["Symbiotic", "Karak"] {
        for what in ["NETWORK", "VAULT"] {
            let chapter = |line: &&str| line.starts_with(what) && line.contains(protocol);
            let lines: Vec<&str> = text.lines().skip_while(|line| !chapter(line)).collect();
            let questions = [
                "  Who pays?",
                "  How is it distributed?",
                "  What happens when something breaks?",
                "  How flexible is it?",
            ];
            let asked: Vec<&str> =
                lines.iter().filter(|line| questions.contains(line)).take(4).copied().collect();
            assert_eq!(asked, questions, "{what} of {protocol}");
        }
    }
}

#[test]
fn the_json_tells_of_karak_too() {
    let node = Fake::answering(200, &result(&karak()));
    let whole: Value =
        serde_json::from_str(&said(&report(node.url(), &["--json"]))).expect("it is JSON");
    assert_eq!((&whole["view"], &whole["warnings"]), (&karak()["view"], &karak()["warnings"]));
    let kinds: std::collections::BTreeSet<&str> = whole["warnings"]
        .as_array()
        .expect("it is a list")
        .iter()
        .filter_map(|warning| warning["kind"].as_str())
        .collect();
    let traps = [
        "deadVault",
        "freeShares",
        "nodesReplaceable",
        "slashBlocked",
        "slashDangling",
        "slashFails",
        "stakeMiscounted",
        "updateStuck",
        "wipedOut",
    ];
    assert!(traps.iter().all(|trap| kinds.contains(trap)), "{kinds:?}");
}

#[test]
fn the_json_is_the_golden_one() {
    let node = Fake::answering(200, &result(&labelled()));
    let text = said(&report(node.url(), &["--json", "--window", "90"]));
    let whole: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(whole["view"], labelled()["view"]);
    let pretty = serde_json::to_string_pretty(&json!({
        "labels": whole["labels"], "prices": whole["prices"], "rates": whole["rates"],
        "warnings": whole["warnings"],
    }));
    golden("report.json", &(pretty.expect("it is JSON") + "\n"));
}

#[test]
fn no_line_is_wider_than_a_terminal_of_100_columns() {
    for answer in [bare(), labelled(), karak(), both()] {
        let node = Fake::answering(200, &result(&answer));
        let text = said(&report(node.url(), &[]));
        let wide = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None);
    }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let run = |variables: &[(&str, &str)]| {
        let node = Fake::answering(200, &result(&bare()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
        command.args(["report", "--rpc", node.url()]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.envs(variables.iter().copied());
        said(&command.output().expect("the program runs")).contains('\u{1b}')
    };
    assert!(!run(&[]), "a file");
    assert!(run(&[("CLICOLOR_FORCE", "1")]), "colour is forced");
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "no colour is wanted");
}

#[test]
fn the_block_asked_for_reaches_the_node() {
    let asked = |at: &str| {
        let node = Fake::answering(200, &result(&bare()));
        said(&report(node.url(), &["--at", at, "--json"]));
        let request: Value = serde_json::from_str(&node.asked()).expect("it is JSON");
        assert_eq!(request["method"], "bondstone_securityView");
        request["params"].clone()
    };
    assert_eq!(asked("17"), json!(["0x11"]));
    assert_eq!(asked("finalized"), json!(["finalized"]));
    let hash = format!("0x{}", "ab".repeat(32));
    assert_eq!(asked(&hash), json!([hash]));
}

#[test]
fn what_a_node_can_do_wrong_is_named_with_a_hint() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", free.local_addr().expect("it is bound"));
    drop(free);
    let text = complaint(&report(&url, &[]));
    assert!(text.starts_with(&format!("error: no node answers at {url}: ")), "{text}");
    assert!(text.contains("; is it up? `bondstone up` starts one"), "{text}");

    let error = |code: i64, message: &str| {
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": code, "message": message } })
            .to_string()
    };
    let cases = [
        (404, "<html>not here</html>".to_owned(), "does not speak JSON-RPC: status 404, "),
        (200, "{}".to_owned(), "the response has neither a result nor an error"),
        (200, error(-32601, "nope"), "has no method bondstone_securityView; only Bondstone's"),
        (200, error(-32001, "block 9 not found"), "have the block: block 9 not found; without"),
        (200, error(-32603, "broken"), "refuses: broken (code -32603)"),
        (200, result(&json!({ "view": 7 })), "cannot be read: "),
    ];
    for (status, body, want) in cases {
        let node = Fake::answering(status, &body);
        let text = complaint(&report(node.url(), &[]));
        assert!(text.starts_with("error: ") && text.contains(want), "{want}: {text}");
        assert!(text.contains(node.url()), "{text}");
    }
    let text = complaint(&report("https://example.com", &[]));
    assert!(text.contains("`https://example.com` is not a URL that starts with http://"), "{text}");
}

#[test]
fn a_wrong_price_is_named_with_its_line() {
    let run = |path: &Path| {
        let node = Fake::answering(200, &result(&bare()));
        complaint(&report(node.url(), &["--prices", &path.display().to_string()]))
    };
    let path = file("wrong.txt", "WST 4000\n\nHYP abc\n");
    let text = run(&path);
    let want = format!("error: {}:3: the price is wrong: `a` has no place in", path.display());
    assert!(text.starts_with(&want), "{text}");
    assert!(text.contains("; a line is a token and its price, such as"), "{text}");
    let path = file("unknown.txt", "DOGE 1\n");
    let want = ":1: the chain has no asset `DOGE`; it has WST, USD, HYP, TAN";
    assert!(run(&path).contains(want));
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing.txt");
    assert!(run(&missing).starts_with(&format!("error: cannot read {}: ", missing.display())));
    let broken = answer(&json!({ "names": {}, "prices": { WST: "much" } }));
    let node = Fake::answering(200, &result(&broken));
    let text = complaint(&report(node.url(), &[]));
    assert!(
        text.starts_with(&format!("error: the chain's price of {WST} is wrong: `m`")),
        "{text}"
    );
}

#[test]
fn wrong_arguments_are_refused() {
    for arguments in [["--at", "newest"], ["--window", "8"], ["--data-dir", "/"]] {
        let text = complaint(&report("http://127.0.0.1:1", &arguments));
        assert!(text.starts_with("error: "), "{text}");
    }
}

#[test]
fn a_running_chain_is_reported_on() {
    let chain = Chain::start(&["--port", "0"]);
    let text = said(&report(&chain.url(), &["--at", "latest"]));
    for part in [
        "12 networks, 19 vaults, 12 operators with stake.",
        "135 wstETH",
        "13,500 HYPER after a fee of 1,500",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let first = said(&report(&chain.url(), &["--at", "0"]));
    assert!(first.contains("0 networks, 0 vaults, 0 operators"), "{first}");
    let text = complaint(&report(&chain.url(), &["--at", "100000"]));
    assert!(text.contains("does not have the block: block 100000 not found"), "{text}");
}

#[test]
fn a_kept_chain_is_reported_on_as_its_node_did() {
    let folder = tempfile::tempdir().expect("there is room");
    let data = folder.path().to_str().expect("it is UTF-8");
    let chain = Chain::start(&["--port", "0", "--data-dir", data]);
    let running = said(&report(&chain.url(), &[]));
    let kept = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
        command.args(["report", "--data-dir", data]).args(arguments).env("NO_COLOR", "1");
        command.output().expect("the program runs")
    };
    let text = complaint(&kept(&[]));
    assert!(text.contains(&format!("is in use by process {}", chain.id())), "{text}");
    chain.end("TERM");
    assert_eq!(said(&kept(&[])), running);
    let text = complaint(&kept(&["--at", "100000"]));
    assert!(text.contains("block 100000 not found"), "{text}");
    let first = said(&kept(&["--at", "0"]));
    assert!(first.contains("0 networks, 0 vaults, 0 operators"), "{first}");
}
