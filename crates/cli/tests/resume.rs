//! `bondstone rewards run` when it is killed, and when it runs again.

#[path = "chain/mod.rs"]
mod chain;

use chain::Chain;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

const PROGRAMME: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../economies/programmes/hyper-stakers.toml");
const WEEK: u64 = 7 * 86_400;
/// 2024-01-01, a Monday.
const MONDAY: u64 = 1_704_067_200;
/// Blocks of a page of the proxy.
const PAGE: u64 = 200;

/// Stands between a run and its node, hands out small pages, and tells from where each is.
struct Proxy {
    url: String,
    asked: Receiver<u64>,
}

impl Proxy {
    /// After so many pages no more are answered.
    fn before(chain: &Chain, pages: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let (port, (tell, asked)) = (chain.port.clone(), channel());
        thread::spawn(move || {
            let mut left = pages;
            for client in listener.incoming() {
                let mut client = BufReader::new(client.expect("it connects"));
                if answer(&mut client, &port, &tell, &mut left).is_none() {
                    // The run waits until somebody kills it, which ends the connection.
                    let _ = client.read_to_end(&mut Vec::new());
                    return;
                }
            }
        });
        Self { url, asked }
    }
}

/// Passes one request on; nothing when no more pages are left.
fn answer(
    client: &mut BufReader<TcpStream>,
    port: &str,
    tell: &Sender<u64>,
    left: &mut usize,
) -> Option<()> {
    let (_, body) = message(client);
    let mut request: Value = serde_json::from_slice(&body).expect("it is JSON");
    if request["method"] == "bondstone_ledger" && request["params"][1].is_null() {
        // The test may have ended.
        let _ = tell.send(request["params"][0].as_u64().expect("a number"));
        *left = left.checked_sub(1)?;
        request["params"][1] = json!(PAGE);
    }
    let node = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let mut node = BufReader::new(node);
    let body = request.to_string();
    let length = body.len();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let sent = write!(node.get_mut(), "{head}Content-Length: {length}\r\n\r\n{body}");
    sent.expect("the node reads");
    let (_, body) = message(&mut node);
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    client.get_mut().write_all(&[head.as_bytes(), &body].concat()).expect("the run reads");
    Some(())
}

/// Head and body of a message of HTTP.
fn message(stream: &mut BufReader<TcpStream>) -> (String, Vec<u8>) {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("it is text");
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("it is as long as it says");
    (head, body)
}

/// A run of the last whole week.
fn run(chain: &Chain, url: &str, out: &Path) -> Command {
    let latest = chain.connect().ok("eth_getBlockByNumber", json!(["latest", false]));
    let until = chain::number(&latest["timestamp"]);
    let until = until - (until - MONDAY) % WEEK;
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.args(["rewards", "run", PROGRAMME, "--rpc", url, "--out"]).arg(out);
    command.args(["--from", &(until - WEEK).to_string(), "--to", &until.to_string()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn succeeds(mut run: Command) {
    let Output { status, stderr, .. } = run.output().expect("the program runs");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("it is there");
    let paths = entries.map(|entry| entry.expect("it is readable").path());
    let named = |path: std::path::PathBuf| {
        let name = path.file_name().expect("it has one").to_string_lossy().into_owned();
        (name, fs::read(&path).expect("it is readable"))
    };
    paths.map(named).collect()
}

/// Starts a run, and kills it when it has two pages and waits for the third. While it is there
/// nobody else may write the same folder.
fn killed(chain: &Chain, out: &Path) {
    let proxy = Proxy::before(chain, 2);
    let mut first = run(chain, &proxy.url, out).spawn().expect("the program runs");
    for expected in [0, PAGE, 2 * PAGE] {
        assert_eq!(proxy.asked.recv_timeout(Duration::from_secs(60)), Ok(expected));
    }
    let second = run(chain, &chain.url(), out).output().expect("the program runs");
    let complaint = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2));
    assert!(complaint.contains("error: another run is writing "), "{complaint}");
    first.kill().expect("it runs");
    first.wait().expect("it ends");
    assert!(!out.exists());
}

/// From which blocks on the rest of a run asks for pages; none of them twice.
fn asked(chain: &Chain, out: &Path) -> Vec<u64> {
    let proxy = Proxy::before(chain, usize::MAX);
    succeeds(run(chain, &proxy.url, out));
    proxy.asked.try_iter().collect()
}

#[test]
fn a_run_that_is_killed_goes_on_with_the_blocks_that_it_has() {
    let chain = Chain::start(&["--port", "0"]);
    let folder = tempfile::tempdir().expect("there is room");
    let [out, anew] = ["week", "anew"].map(|name| folder.path().join(name));
    killed(&chain, &out);
    let blocks = folder.path().join(".week.part/blocks.jsonl");
    let text = fs::read(&blocks).expect("it stays");
    assert_eq!(text.split(|byte| *byte == b'\n').count() - 1, usize::try_from(2 * PAGE).unwrap());
    // As a crash leaves it: the last block is cut off.
    fs::write(&blocks, &text[..text.len() - 9]).expect("it can be written");
    let asked = asked(&chain, &out);
    assert_eq!(asked[..2], [2 * PAGE - 1, 3 * PAGE - 1]);
    succeeds(run(&chain, &chain.url(), &anew));
    assert_eq!(files(&out), files(&anew));
    let left = fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 2, "nothing is left over");
}

#[test]
fn blocks_that_the_chain_does_not_have_are_not_used() {
    let folder = tempfile::tempdir().expect("there is room");
    let [out, anew] = ["week", "anew"].map(|name| folder.path().join(name));
    let chain = Chain::start(&["--port", "0"]);
    killed(&chain, &out);
    drop(chain);
    // Another chain, with the same economy but begun later.
    let other = Chain::start(&["--port", "0"]);
    assert_eq!(asked(&other, &out)[..2], [0, PAGE]);
    succeeds(run(&other, &other.url(), &anew));
    assert_eq!(files(&out), files(&anew));

    // A block that was changed is found, and all are asked for again.
    let third = folder.path().join("third");
    killed(&other, &third);
    let blocks = folder.path().join(".third.part/blocks.jsonl");
    let text = fs::read_to_string(&blocks).expect("it stays");
    let forged = text.replacen("\"number\":7,", "\"number\":8,", 1);
    assert_ne!(text, forged);
    fs::write(&blocks, forged).expect("it can be written");
    assert_eq!(asked(&other, &third)[0], 0);
    assert_eq!(files(&third), files(&anew));
}
