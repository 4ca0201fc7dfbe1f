//! `bondstone up` as a process: it says where it listens, refuses a port that is taken, and ends
//! when it is asked to.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

struct Chain {
    process: Child,
    said: BufReader<ChildStdout>,
    port: String,
}

impl Chain {
    fn start(arguments: &[&str]) -> Self {
        let mut process = bondstone(arguments).spawn().expect("the program starts");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            let count = said.read_line(&mut line).expect("it speaks UTF-8");
            assert_ne!(count, 0, "it ended before it listened");
            if let Some(port) = line.trim().strip_prefix("Listening on http://127.0.0.1:") {
                break port.to_owned();
            }
        };
        Self { process, said, port }
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
    command.arg("up").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn it_ends_cleanly_when_asked() {
    for signal in ["INT", "TERM"] {
        let (code, last) = Chain::start(&["--port", "0"]).end(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert_eq!(last.trim(), "Stopped at block 68.", "{signal}");
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
