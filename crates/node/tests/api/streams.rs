//! Events as they happen.

use crate::client::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

/// The events of a stream, and its end.
struct Reader(BufReader<std::net::TcpStream>);

impl Reader {
    fn open(client: &Client) -> Self {
        let mut stream = client.connect();
        let request = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("it is taken");
        let mut reader = Self(BufReader::new(stream));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.0.read_line(&mut head).expect("it answers") > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        reader
    }

    /// The next line of the stream, without the sizes of its chunks; `None` at its end.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.0.read_line(&mut line).ok()?;
        (count > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event: its name and its data.
    fn event(&mut self) -> (String, Value) {
        let mut name = String::new();
        loop {
            let line = self.line().expect("the stream goes on");
            if let Some(text) = line.strip_prefix("event: ") {
                text.clone_into(&mut name);
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(data).expect("it is JSON"));
            }
        }
    }
}

#[test]
fn blocks_and_rewinds_are_told() {
    let client = Client::new();
    let mut reader = Reader::open(&client);
    let saved = client.rpc("evm_snapshot", &json!([]));
    client.rpc("evm_mine", &json!([]));
    let (name, block) = reader.event();
    let latest = client.rpc("eth_getBlockByNumber", &json!(["latest", false]));
    assert_eq!((name.as_str(), &block["hash"]), ("block", &latest["hash"]));
    assert_eq!(block["transactionCount"], 0);
    client.rpc("evm_revert", &json!([saved]));
    let (name, rewind) = reader.event();
    assert_eq!(name, "rewind");
    assert_eq!(rewind["height"], block["number"].as_u64().expect("it is a number") - 1);
}

#[test]
fn a_stream_ends_at_once_when_the_node_stops() {
    let client = Client::new();
    let mut reader = Reader::open(&client);
    let began = Instant::now();
    client.node.stop().expect("it stops");
    while reader.line().is_some() {}
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}
