//! `bondstone up` as a process: it says where it listens and what it shows, refuses what it cannot
//! do, logs as it is told, and ends when it is asked to.
#![cfg(unix)]

mod chain;

use chain::{Chain, bondstone};
use serde_json::json;

/// Sends ether from the first developer account to itself.
fn transact(chain: &Chain) {
    let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    let transaction = json!([{ "from": account, "to": account, "value": "0x1" }]);
    chain.connect().ok("eth_sendTransaction", transaction);
}

#[test]
fn it_ends_cleanly_when_asked() {
    for signal in ["INT", "TERM"] {
        let (code, last) = Chain::start(&["--port", "0"]).end(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert_eq!(last.trim(), "Stopped at block 1977.", "{signal}");
    }
    let (_, last) = Chain::start(&["--port", "0", "--bare"]).end("INT");
    assert_eq!(last.trim(), "Stopped at block 0.");
}

#[test]
fn a_port_that_is_taken_is_a_clear_error() {
    let first = Chain::start(&["--port", "0", "--bare"]);
    let second = bondstone(&["--port", &first.port]).output().expect("the program runs");
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8_lossy(&second.stderr);
    let start = format!("error: cannot listen on port {}: ", first.port);
    assert!(said.starts_with(&start), "{said}");
    assert!(said.contains("--port 0 picks a free one"), "{said}");
    first.end("TERM");
}

#[test]
fn listening_to_others_is_said_in_the_banner_and_on_standard_error() {
    let chain = Chain::start(&["--port", "0", "--bare", "--host", "0.0.0.0"]);
    let warned = "everyone who reaches this port can sign with the developer accounts";
    assert!(chain.banner.contains(&format!("Warning: listening on 0.0.0.0: {warned}")));
    let complaints = chain.complaints();
    assert!(
        complaints.contains(&format!("warning: listening on 0.0.0.0: {warned}")),
        "{complaints}"
    );
    let chain = Chain::start(&["--port", "0", "--bare"]);
    assert!(!chain.banner.contains("Warning"));
    assert_eq!(chain.complaints(), "");
}

#[test]
fn a_transaction_is_a_line_of_the_log_as_text_or_json() {
    let log = |arguments: &[&str]| {
        let chain = Chain::start(&[&["--port", "0", "--bare"], arguments].concat());
        transact(&chain);
        chain.complaints()
    };
    let text = log(&[]);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(" INFO ") && text.contains("block 1: 0x"), "{text}");
    let json = log(&["--log-format", "json"]);
    let line: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    assert_eq!(line["level"], "INFO");
    let message = line["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("block 1: 0x"), "{line}");
    assert_eq!(log(&["--log", "off"]), "");
    let chain =
        Chain::start(&["--port=0", "--bare", "--log-format=json", "--log=bondstone_node=debug"]);
    let refused = chain.connect().try_request("eth_getBalance", json!(["nobody"]));
    assert!(refused.expect("it answers").get("error").is_some());
    let json = chain.complaints();
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let spans = lines.iter().find_map(|line| line.get("span"));
    assert_eq!(spans.map(|span| &span["method"]), Some(&"eth_getBalance".into()), "{json}");
}

#[test]
fn the_options_in_effect_can_be_printed_and_fed_back() {
    let arguments = ["--port=0", "--bare", "--max-batch=7", "--cors-origin=https://a.example"];
    let print = |arguments: &[&str]| {
        let output = bondstone(arguments).arg("--print-config").output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("it speaks UTF-8")
    };
    let printed = print(&arguments);
    for line in ["port = 0", "bare = true", "max-batch = 7", "host = \"127.0.0.1\""] {
        assert!(printed.lines().any(|have| have == line), "no `{line}` in\n{printed}");
    }
    let file = std::env::temp_dir().join(format!("bondstone-up-{}.toml", std::process::id()));
    std::fs::write(&file, &printed).expect("the temporary folder can be written");
    let path = file.to_str().expect("it is UTF-8");
    assert_eq!(print(&["--config", path]), printed);
    let chain = Chain::start(&["--config", path]);
    let (code, last) = chain.end("INT");
    assert_eq!((code, last.trim()), (Some(0), "Stopped at block 0."));
    std::fs::write(&file, "port = 0\nbear = true\n").expect("it can be written again");
    let output = bondstone(&["--config", path]).output().expect("it runs");
    std::fs::remove_file(&file).expect("it was there");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with(&format!("error: {path}:2: bear: unknown field")), "{said}");
}

#[test]
fn an_economy_that_is_wrong_is_a_clear_error_with_its_line() {
    let path = std::env::temp_dir().join(format!("bondstone-economy-{}.toml", std::process::id()));
    let text = "[chain]\nstart = \"1d\"\n\n[[token]]\nsymbol = \"A\"\nname = \"A\"\n";
    std::fs::write(&path, format!("{text}decimals = 6\nfaucet = \"0.1234567\"\n")).expect("room");
    let named = path.to_str().expect("it is UTF-8");
    let wrong = bondstone(&["--port", "0", "--economy", named]).output().expect("it runs");
    std::fs::write(&path, format!("{text}decimals = 7\nfaucet = \"0.1234567\"\n")).expect("room");
    let (code, last) = Chain::start(&["--port", "0", "--economy", named]).end("INT");
    std::fs::remove_file(&path).expect("it is ours");
    let said = String::from_utf8_lossy(&wrong.stderr);
    let want = "faucet: \"0.1234567\" has 7 decimals; 6 is the most here";
    assert_eq!(said.trim(), format!("error: {named}:8: {want}"));
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!((code, last.trim()), (Some(0), "Stopped at block 0."));
    let both = bondstone(&["--bare", "--economy", named]).output().expect("it runs");
    assert_eq!(both.status.code(), Some(2));
}
