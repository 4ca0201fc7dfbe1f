//! `bondstone up` as a process: it says where it listens and what it shows, refuses what it cannot
//! do, logs as it is told, and ends when it is asked to.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

struct Chain {
    process: Child,
    said: BufReader<ChildStdout>,
    banner: String,
    port: String,
}

impl Chain {
    fn start(arguments: &[&str]) -> Self {
        let mut process = bondstone(arguments).spawn().expect("the program starts");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let (mut banner, mut line) = (String::new(), String::new());
        let port = loop {
            line.clear();
            let count = said.read_line(&mut line).expect("it speaks UTF-8");
            assert_ne!(count, 0, "it ended before it listened");
            if let Some(url) = line.trim().strip_prefix("Listening on http://") {
                break url.rsplit(':').next().unwrap_or_default().to_owned();
            }
            banner.push_str(&line);
        };
        Self { process, said, banner, port }
    }

    /// Sends ether from the first developer account to itself.
    fn transact(&self) {
        let account = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        let transaction = serde_json::json!({ "from": account, "to": account, "value": "0x1" });
        let body = serde_json::json!({
            "jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [transaction],
        });
        let (port, body) = (&self.port, body.to_string());
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.contains("\"result\""), "{answer}");
    }

    /// Asks it to end; returns what it wrote to standard error.
    fn complaints(mut self) -> String {
        let mut stderr = self.process.stderr.take().expect("it is piped");
        self.end("TERM");
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("it speaks UTF-8");
        text
    }

    /// Asks it to end; returns its exit code and its last words.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let code = self.process.wait().expect("it ends").code();
        let mut last = String::new();
        self.said.read_to_string(&mut last).expect("it speaks UTF-8");
        (code, last)
    }
}

fn bondstone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| name.starts_with("BONDSTONE_"));
        if ours || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.arg("up").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn it_ends_cleanly_when_asked() {
    for signal in ["INT", "TERM"] {
        let (code, last) = Chain::start(&["--port", "0"]).end(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert_eq!(last.trim(), "Stopped at block 1807.", "{signal}");
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
        chain.transact();
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
    let json = log(&["--log-format=json", "--log=bondstone_node=debug"]);
    let lines: Vec<serde_json::Value> =
        json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let spans = lines.iter().find_map(|line| line.get("span"));
    assert_eq!(spans.map(|span| &span["method"]), Some(&"eth_sendTransaction".into()), "{json}");
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
