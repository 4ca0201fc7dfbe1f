//! Clients that are slow, by fate or on purpose, cost nobody else anything.

use crate::rig::{LONG, Rig, Socket, Wire, call, post};
use bondstone_node::server::limits::Limits;
use serde_json::json;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tungstenite::Message;

const SHORT: Duration = Duration::from_millis(400);

#[test]
fn a_head_that_drips_is_cut() {
    let rig = Rig::new(Limits { head_timeout: SHORT, ..Limits::default() });
    let mut silent = Wire::to(rig.address);
    let mut drips = Wire::to(rig.address);
    let began = Instant::now();
    // Each byte comes in time; all of them together do not.
    for byte in "POST / HTTP/1.1\r\nHost: localhost\r\n".chars() {
        if std::io::Write::write_all(&mut drips.0, &[byte as u8]).is_err() {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    assert_eq!(drips.until_closed().0, "");
    assert!(began.elapsed() < LONG);
    assert_eq!(silent.until_closed().0, "");
    rig.wait_for_metric("bondstone_connections_dropped_total{reason=\"request_not_sent\"} 2");
    rig.wait_for_metric("bondstone_connections 0");
}

#[test]
fn an_idle_connection_may_wait_longer_than_a_head_may_take() {
    let idle_timeout = SHORT * 5;
    let rig = Rig::new(Limits { head_timeout: SHORT, idle_timeout, ..Limits::default() });
    let mut wire = Wire::to(rig.address);
    for _ in 0..2 {
        assert_eq!(wire.ask(&post(&call(1, "quick", &json!([])))).status, 200);
        sleep(SHORT * 2);
    }
    // A head that begins after a pause has the time of any head.
    wire.send("POST / HTT");
    let (said, took) = wire.until_closed();
    assert_eq!(said, "");
    assert!(took < SHORT * 4, "{took:?}");
    let mut wire = Wire::to(rig.address);
    assert_eq!(wire.ask(&post(&call(1, "quick", &json!([])))).status, 200);
    let (_, took) = wire.until_closed();
    assert!(took >= idle_timeout / 2, "{took:?}");
}

#[test]
fn a_body_that_drips_is_cut() {
    let rig = Rig::new(Limits { request_timeout: SHORT, ..Limits::default() });
    let mut wire = Wire::to(rig.address);
    let request = post(&"x".repeat(1_000));
    let (start, rest) = request.split_at(request.len() - 990);
    wire.send(start);
    for byte in rest.bytes().take(20) {
        if std::io::Write::write_all(&mut wire.0, &[byte]).is_err() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    let answer = wire.answer();
    assert_eq!(answer.status, 408, "{answer:?}");
    wire.until_closed();
    rig.wait_for_metric("bondstone_connections 0");
}

/// More than the system keeps for a client that does not read.
const FLOOD: u64 = 64;
const MEGABYTE: u64 = 1 << 20;

#[test]
fn a_websocket_that_does_not_read_is_dropped_and_the_node_goes_on() {
    let rig = Rig::new(Limits { write_timeout: SHORT, ..Limits::default() });
    let mut deaf = Socket::to(rig.address);
    deaf.0.get_ref().set_write_timeout(Some(LONG)).expect("the time limit can be set");
    for id in 0..FLOOD {
        // It may be dropped before everything is asked.
        if deaf.0.send(Message::text(call(id, "big", &json!([MEGABYTE])))).is_err() {
            break;
        }
    }
    let mut other = Socket::to(rig.address);
    assert_eq!(other.ask(&call(1, "quick", &json!([])))["result"], "done");
    rig.wait_for_metric("bondstone_connections_dropped_total{reason=\"response_not_taken\"} 1");
    rig.wait_for_metric("bondstone_connections 1");
    assert_eq!(other.ask(&call(2, "quick", &json!([])))["result"], "done");
}

#[test]
fn an_http_client_that_does_not_read_is_dropped() {
    let rig = Rig::new(Limits { write_timeout: SHORT, ..Limits::default() });
    let mut deaf = Wire::to(rig.address);
    deaf.send(&post(&call(1, "big", &json!([48 * MEGABYTE]))));
    rig.wait_for_metric("bondstone_connections_dropped_total{reason=\"response_not_taken\"} 1");
    rig.wait_for_metric("bondstone_connections 0");
}

#[test]
fn a_websocket_that_reads_late_gets_every_answer() {
    let rig = Rig::new(Limits { max_running_calls: 4, ..Limits::default() });
    let mut late = Socket::to(rig.address);
    let mut asking = late.0.get_ref().try_clone().expect("the socket can be shared");
    let sender = std::thread::spawn(move || {
        let role = tungstenite::protocol::Role::Client;
        let mut half = tungstenite::WebSocket::from_raw_socket(&mut asking, role, None);
        for id in 0..FLOOD {
            half.send(Message::text(call(id, "big", &json!([MEGABYTE])))).expect("it is taken");
        }
    });
    sleep(SHORT);
    let mut ids: Vec<u64> = Vec::new();
    for _ in 0..FLOOD {
        let answer = late.answer();
        assert_eq!(answer["result"].as_str().map(str::len), Some(1 << 20));
        ids.push(answer["id"].as_u64().expect("an id"));
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..FLOOD).collect::<Vec<_>>());
    sender.join().expect("everything was asked");
    assert_eq!(late.ask(&call(99, "quick", &json!([])))["id"], 99);
}
