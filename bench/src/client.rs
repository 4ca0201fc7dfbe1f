//! A client of HTTP/1.1 that does as little as possible, so that the server is what is measured:
//! connections stay open, requests are made ready before the clock runs, and of an answer only its
//! length is looked at until the clock has stopped.

use crate::error::BenchError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that is silent for so many seconds is stuck.
const PATIENCE_SECONDS: u64 = 60;

/// A request with its head, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A call of a JSON-RPC method.
    pub(crate) fn new(method: &str, params: &Value) -> Self {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        Self([head.as_bytes(), body.as_bytes()].concat())
    }
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Response(Vec<u8>);

impl Response {
    /// What the method gave.
    pub(crate) fn result(&self, server: &str) -> Result<Value, BenchError> {
        let text = String::from_utf8_lossy(&self.0);
        let fault = |fault: String| BenchError::Server { server: server.to_owned(), fault };
        let answer: Result<Value, _> = serde_json::from_str(&text);
        let mut answer = answer.map_err(|error| fault(format!("{error} in {text}")))?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(fault(format!("it refuses: {text}"))),
        }
    }

    /// Whether the method gave `null`, seen without parsing.
    pub(crate) fn is_null(&self) -> bool {
        let null = b"\"result\":null";
        self.0.windows(null.len()).any(|part| part == null)
    }
}

/// An open connection with at most one request under way.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Result<Self, BenchError> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(PATIENCE_SECONDS)))?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request and waits for the answer.
    pub(crate) fn exchange(&mut self, request: &Request) -> Result<Response, BenchError> {
        self.stream.write_all(&request.0)?;
        loop {
            if let Some(response) = self.receive()? {
                return Ok(response);
            }
        }
    }

    /// Takes what has arrived; the answer once it is whole.
    fn receive(&mut self) -> Result<Option<Response>, BenchError> {
        let mut chunk = [0; 8192];
        let count = self.stream.read(&mut chunk)?;
        let arrived = chunk.get(..count).unwrap_or_default();
        self.received.extend_from_slice(arrived);
        if arrived.is_empty() {
            return Err(broken("it closed the connection", &self.received));
        }
        let Some(head) = head_length(&self.received) else { return Ok(None) };
        let (first, rest) = self.received.split_at(head);
        let length = body_length(first)
            .ok_or_else(|| broken("no Content-Length in the answer", &self.received))?;
        if rest.len() < length {
            return Ok(None);
        }
        if rest.len() > length {
            return Err(broken("more than the answer", &self.received));
        }
        let body = rest.to_vec();
        self.received.clear();
        Ok(Some(Response(body)))
    }
}

fn broken(fault: &str, received: &[u8]) -> BenchError {
    let text = String::from_utf8_lossy(received);
    BenchError::Server { server: "HTTP".to_owned(), fault: format!("{fault}: {text}") }
}

/// Bytes of the head, the empty line among them, once it is whole.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = b"\r\n\r\n";
    bytes.windows(end.len()).position(|part| part == end).map(|at| at + end.len())
}

fn body_length(head: &[u8]) -> Option<usize> {
    let name = b"content-length:";
    let mut lines = head.split(|byte| *byte == b'\n');
    let value = lines.find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then_some(value)
    })?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Sends one queue of requests over each connection, the next as soon as the last is answered, all
/// connections at once. Answers come back in the order of the requests.
///
/// One thread waits for all of them: a thread for each would take the processor from the server.
pub(crate) fn fan_out(
    connections: &mut [Connection],
    queues: &[Vec<Request>],
) -> Result<Vec<Vec<Response>>, BenchError> {
    let mut answers: Vec<Vec<Response>> =
        queues.iter().map(|queue| Vec::with_capacity(queue.len())).collect();
    let mut open = 0;
    for (connection, queue) in connections.iter_mut().zip(queues) {
        if let Some(request) = queue.first() {
            connection.stream.write_all(&request.0)?;
            open += 1;
        }
    }
    let patience = Timespec { tv_sec: 0, tv_nsec: 0 };
    let patience = Timespec { tv_sec: PATIENCE_SECONDS.cast_signed(), ..patience };
    while open > 0 {
        let mut waiting: Vec<PollFd<'_>> = connections
            .iter()
            .map(|connection| PollFd::new(&connection.stream, PollFlags::IN))
            .collect();
        if poll(&mut waiting, Some(&patience)).map_err(std::io::Error::from)? == 0 {
            return Err(broken("it does not answer", &[]));
        }
        let ready: Vec<bool> = waiting.iter().map(|one| !one.revents().is_empty()).collect();
        drop(waiting);
        let sides = connections.iter_mut().zip(queues.iter().zip(&mut answers)).zip(ready);
        for ((connection, (queue, answers)), _) in sides.filter(|(_, ready)| *ready) {
            let Some(response) = connection.receive()? else { continue };
            answers.push(response);
            match queue.get(answers.len()) {
                Some(request) => connection.stream.write_all(&request.0)?,
                None => open -= 1,
            }
        }
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufRead;
    use std::net::TcpListener;

    #[test]
    fn the_length_is_found_however_it_is_written() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-Length: 42\r\n\r\n";
        assert_eq!(head_length(head), Some(head.len()));
        assert_eq!(body_length(head), Some(42));
        assert_eq!(body_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), None);
        assert_eq!(head_length(b"HTTP/1.1 200 OK\r\nContent"), None);
    }

    #[test]
    fn answers_that_arrive_in_pieces_are_put_together() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
            while !lines.next().unwrap().unwrap().is_empty() {}
            for piece in ["HTTP/1.1 200 OK\r\nContent-", "Length: 14\r\n\r\n{\"resul", "t\":7}\n\n"]
            {
                stream.write_all(piece.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut connections = [Connection::open(address).unwrap()];
        let queues = [vec![Request::new("method", &Value::Array(Vec::new()))]];
        let answers = fan_out(&mut connections, &queues).unwrap();
        assert_eq!(answers[0][0].result("test").unwrap(), 7);
        server.join().unwrap();
    }

    #[test]
    fn an_error_is_no_result() {
        let refused = Response(br#"{"jsonrpc":"2.0","id":1,"error":{"code":-1}}"#.to_vec());
        assert!(refused.result("test").is_err());
        assert!(Response(br#"{"id":1,"result":null}"#.to_vec()).is_null());
        assert!(!Response(br#"{"id":1,"result":"0x"}"#.to_vec()).is_null());
    }
}
