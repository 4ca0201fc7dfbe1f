//! `bondstone up` as a process, and a connection to it.
#![allow(dead_code, reason = "each test file uses its part")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;

/// A running chain. It is killed when it is dropped.
pub struct Chain {
    process: Mutex<Child>,
    said: BufReader<ChildStdout>,
    pub port: String,
}

impl Chain {
    /// Starts one, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut process = bondstone(arguments).spawn().expect("the program starts");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        let port = loop {
            line.clear();
            let count = said.read_line(&mut line).expect("it speaks UTF-8");
            if count == 0 {
                let mut complaint = String::new();
                let mut stderr = process.stderr.take().expect("it is piped");
                let _ = stderr.read_to_string(&mut complaint);
                panic!("it ended before it listened: {complaint}");
            }
            if let Some(port) = line.trim().strip_prefix("Listening on http://127.0.0.1:") {
                break port.to_owned();
            }
        };
        // What it logs is of no interest, and must not fill the pipe.
        let mut stderr = process.stderr.take().expect("it is piped");
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { process: Mutex::new(process), said, port }
    }

    /// A connection to it.
    pub fn connect(&self) -> Connection {
        let stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).expect("it listens");
        stream.set_nodelay(true).expect("it is TCP");
        Connection { stream: BufReader::new(stream) }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.lock().expect("nobody panics with it").id()
    }

    /// Kills it at once (SIGKILL).
    pub fn kill(&self) {
        let mut process = self.process.lock().expect("nobody panics with it");
        process.kill().expect("it was running");
        process.wait().expect("it ends");
    }

    /// Asks it to end; returns its exit code and its last words.
    pub fn end(mut self, signal: &str) -> (Option<i32>, String) {
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

/// The program with `up` and these arguments, its output piped.
pub fn bondstone(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.arg("up").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// An HTTP connection that stays open.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Calls a method; `None` when the connection breaks.
    pub fn try_request(&mut self, method: &str, params: Value) -> Option<Value> {
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
    pub fn ok(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_request(method, params.clone());
        let mut answer = answer.unwrap_or_else(|| panic!("{method} {params}: no answer"));
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].take()
    }
}

/// A quantity as a number.
pub fn number(value: &Value) -> u64 {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let digits = digits.unwrap_or_else(|| panic!("not a quantity: {value}"));
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| panic!("not a u64: {value}"))
}
