//! `bondstone up` as a process, and a connection to it.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::thread::JoinHandle;

/// A running chain. It is killed when it is dropped.
pub(crate) struct Chain {
    process: Mutex<Child>,
    said: BufReader<ChildStdout>,
    complained: Option<JoinHandle<String>>,
    /// What it printed before it listened.
    pub(crate) banner: String,
    pub(crate) port: String,
}

impl Chain {
    /// Starts one, and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut process = bondstone(arguments).spawn().expect("the program starts");
        let mut stderr = process.stderr.take().expect("it is piped");
        // Read all the time, so that it never waits for somebody to read.
        let complained = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("it speaks UTF-8");
            text
        });
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let (mut banner, mut line) = (String::new(), String::new());
        let port = loop {
            line.clear();
            if said.read_line(&mut line).expect("it speaks UTF-8") == 0 {
                let complaint = complained.join().expect("it was read");
                panic!("it ended before it listened: {complaint}");
            }
            if let Some(url) = line.trim().strip_prefix("Listening on http://") {
                break url.rsplit(':').next().unwrap_or_default().to_owned();
            }
            banner.push_str(&line);
        };
        let (process, complained) = (Mutex::new(process), Some(complained));
        Self { process, said, complained, banner, port }
    }

    /// Asks it to end; returns what it wrote to standard error.
    pub(crate) fn complaints(mut self) -> String {
        let complained = self.complained.take().expect("nobody took it");
        self.end("TERM");
        complained.join().expect("it was read")
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).expect("it listens");
        stream.set_nodelay(true).expect("it is TCP");
        Connection { stream: BufReader::new(stream) }
    }

    /// The address that the banner gives for a label.
    pub(crate) fn labelled(&self, label: &str) -> String {
        let row = self.banner.lines().find_map(|line| {
            let rest = line.trim_start().strip_prefix(label)?;
            rest.starts_with(' ').then(|| rest.split_whitespace().next()).flatten()
        });
        row.unwrap_or_else(|| panic!("no {label} in {}", self.banner)).to_owned()
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.lock().expect("nobody panics with it").id()
    }

    /// Kills it at once (SIGKILL).
    pub(crate) fn kill(&self) {
        let mut process = self.process.lock().expect("nobody panics with it");
        process.kill().expect("it was running");
        process.wait().expect("it ends");
    }

    /// Asks it to end; returns its exit code and its last words.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let code = self.process.lock().expect("nobody panics with it").wait().expect("it ends");
        let mut last = String::new();
        self.said.read_to_string(&mut last).expect("it speaks UTF-8");
        (code.code(), last)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Ok(process) = self.process.get_mut() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The program with `up` and these arguments, its output piped. It keeps nothing unless it is given
/// a folder.
pub(crate) fn bondstone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.env("BONDSTONE_EPHEMERAL", "true");
    command.arg("up").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// An HTTP connection that stays open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Calls a method; `None` when the connection breaks.
    pub(crate) fn try_request(&mut self, method: &str, params: Value) -> Option<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim().to_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        serde_json::from_slice(&body).ok()
    }

    /// Calls a method that must succeed.
    pub(crate) fn ok(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_request(method, params.clone());
        let mut answer = answer.unwrap_or_else(|| panic!("{method} {params}: no answer"));
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }
}

/// A quantity as a number.
pub(crate) fn number(value: &Value) -> u64 {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.unwrap_or_else(|| panic!("not a quantity: {value}"));
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("not a u64: {value}"))
}
