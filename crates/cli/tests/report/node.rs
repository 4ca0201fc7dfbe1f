//! A node that says what it is told to say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Answers one request over HTTP.
pub(crate) struct Fake {
    url: String,
    thread: JoinHandle<String>,
}

impl Fake {
    /// A server that gives this answer, whatever it is asked.
    pub(crate) fn answering(status: u16, body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let answer = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("somebody asks");
            serve(stream, &answer)
        });
        Self { url, thread }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The body of the request that was answered.
    pub(crate) fn asked(self) -> String {
        self.thread.join().expect("it was asked")
    }
}

fn serve(stream: TcpStream, answer: &str) -> String {
    let mut reader = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line).expect("it speaks HTTP") > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a number");
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the body is as long as it says");
    reader.into_inner().write_all(answer.as_bytes()).expect("it waits for the answer");
    String::from_utf8(body).expect("it is text")
}
