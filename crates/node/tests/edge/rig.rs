//! Servers to try things on, and clients of a few lines that may do anything wrong.

use bondstone_node::server::limits::Limits;
use bondstone_node::server::{Application, Listen, Running};
use bondstone_node::{EconomySource, Node, UpArgs, metrics::Metrics};
use jsonrpsee::RpcModule;
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

/// Longer than anything here takes, shorter than anyone's patience.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// A node without an economy, with the real methods.
pub(crate) fn node(args: UpArgs) -> Node {
    Node::start(&UpArgs { port: 0, economy: EconomySource::Bare, ..args }).expect("the node starts")
}

pub(crate) fn address_of(node: &Node) -> SocketAddr {
    let url = node.url();
    url.strip_prefix("http://").and_then(|rest| rest.parse().ok()).expect("it is an address")
}

/// A server with methods made for these tests, over a node's chain.
pub(crate) struct Rig {
    pub(crate) server: Running,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) address: SocketAddr,
    _node: Node,
}

impl Rig {
    pub(crate) fn new(limits: Limits) -> Self {
        let node = node(UpArgs::default());
        let metrics = Arc::new(Metrics::default());
        let listen = Listen {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            origins: Vec::new(),
            names: Vec::new(),
            limits,
        };
        let application = Application {
            methods: methods(Arc::clone(&metrics)).into(),
            api: axum::Router::new(),
            chain: Arc::clone(node.chain()),
            metrics: Arc::clone(&metrics),
        };
        let server = Running::start(&listen, application).expect("it listens");
        let address = server.address();
        Self { server, metrics, address, _node: node }
    }

    /// Waits until a line stands in the metrics.
    pub(crate) fn wait_for_metric(&self, line: &str) {
        let began = Instant::now();
        while !self.metrics.render().lines().any(|have| have == line) {
            assert!(began.elapsed() < LONG, "no `{line}` in\n{}", self.metrics.render());
            sleep(Duration::from_millis(10));
        }
    }
}

fn methods(metrics: Arc<Metrics>) -> RpcModule<Arc<Metrics>> {
    let mut module = RpcModule::new(metrics);
    let fits = "no two methods have the same name";
    module.register_method("quick", |_, _, _| "done").expect(fits);
    // Milliseconds.
    module
        .register_blocking_method("slow", |params, _, _| {
            sleep(Duration::from_millis(params.one()?));
            Ok::<_, ErrorObjectOwned>("done")
        })
        .expect(fits);
    // Bytes.
    module
        .register_method("big", |params, _, _| Ok::<_, ErrorObjectOwned>("x".repeat(params.one()?)))
        .expect(fits);
    module
        .register_subscription("watch", "seen", "unwatch", |_, pending, metrics, _| async move {
            let Ok(sink) = pending.accept().await else { return };
            let _open = metrics.open_subscription();
            sink.closed().await;
        })
        .expect(fits);
    module
}

/// The text of a request.
pub(crate) fn call(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// The bytes of an HTTP request with a body.
pub(crate) fn post(body: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// One connection.
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("the time limit can be set");
        Self(stream)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("it is taken");
    }

    /// Reads one response.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            let count = self.0.read(&mut byte).expect("it answers");
            assert_eq!(count, 1, "closed after {:?}", String::from_utf8_lossy(&head));
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("it is text");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let mut answer = Answer { status, head, body: String::new() };
        let length =
            answer.header("content-length").map_or(0, |text| text.parse().expect("a number"));
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("the whole body comes");
        answer.body = String::from_utf8(body).expect("it is text");
        answer
    }

    /// Sends and reads.
    pub(crate) fn ask(&mut self, text: &str) -> Answer {
        self.send(text);
        self.answer()
    }

    /// Waits for the server to close; returns what it said before and how long that took.
    pub(crate) fn until_closed(&mut self) -> (String, Duration) {
        let began = Instant::now();
        let mut said = Vec::new();
        // A reset is a way to close.
        if let Err(error) = self.0.read_to_end(&mut said) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it is not closed");
        }
        (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
    }
}

/// Asks once, on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str, headers: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    Wire::to(address).ask(&request)
}

/// A WebSocket.
pub(crate) struct Socket(pub(crate) WebSocket<TcpStream>);

impl Socket {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let Wire(stream) = Wire::to(address);
        let url = format!("ws://{address}/");
        let (socket, response) = tungstenite::client(url, stream).expect("it is upgraded");
        assert_eq!(response.status(), 101);
        Self(socket)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("it is taken");
    }

    /// Reads the next message that is text.
    pub(crate) fn answer(&mut self) -> Value {
        loop {
            match self.0.read().expect("it answers") {
                Message::Text(text) => return serde_json::from_str(&text).expect("it is JSON"),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("not an answer: {other:?}"),
            }
        }
    }

    pub(crate) fn ask(&mut self, text: &str) -> Value {
        self.send(text);
        self.answer()
    }
}
