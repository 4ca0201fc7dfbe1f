//! The server ends: what runs is finished, nothing new begins, and nobody is kept waiting.

use crate::rig::{Rig, Socket, Wire, call, get, post};
use bondstone_node::server::limits::Limits;
use serde_json::json;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};
use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;

const MOMENT: Duration = Duration::from_millis(300);

#[test]
fn what_is_running_is_answered_and_nothing_new_begins() {
    let rig = Rig::new(Limits { patience: Duration::from_secs(15), ..Limits::default() });
    let address = rig.address;
    let slow = call(7, "slow", &json!([1_500]));
    let mut http = Wire::to(address);
    http.send(&post(&slow));
    let mut websocket = Socket::to(address);
    websocket.send(&slow);
    // Two that would keep a server waiting: one between requests, one with half a head.
    let mut idle = Wire::to(address);
    assert_eq!(idle.ask(&post(&call(1, "quick", &json!([])))).status, 200);
    let mut half = Wire::to(address);
    half.send("POST / HT");
    sleep(MOMENT);
    let began = Instant::now();
    let stopping = spawn(move || rig.server.stop());
    sleep(MOMENT);
    let refused = Wire::to(address).answer();
    assert_eq!((refused.status, &refused.json()["status"]), (503, &json!("stopping")));
    assert_eq!(idle.until_closed().0, "");
    assert_eq!(half.until_closed().0, "");
    let answer = http.answer();
    assert_eq!(answer.json()["result"], "done");
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(websocket.answer()["result"], "done");
    match websocket.0.read() {
        Ok(Message::Close(frame)) => {
            let code = frame.map(|frame| frame.code);
            assert!(matches!(code, Some(CloseCode::Normal | CloseCode::Away)), "{code:?}");
        }
        other => panic!("not a close frame: {other:?}"),
    }
    stopping.join().expect("it stops");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn health_answers_503_while_the_node_stops() {
    let rig = Rig::new(Limits { patience: Duration::from_secs(15), ..Limits::default() });
    let address = rig.address;
    assert_eq!(get(address, "/health", "").status, 200);
    let mut wire = Wire::to(address);
    wire.send(&post(&call(1, "slow", &json!([1_500]))));
    sleep(MOMENT);
    let stopping = spawn(move || rig.server.stop());
    sleep(MOMENT);
    let health = get(address, "/health", "");
    assert_eq!((health.status, &health.json()["status"]), (503, &json!("stopping")));
    assert_eq!(wire.answer().json()["result"], "done");
    stopping.join().expect("it stops");
}

#[test]
fn what_does_not_end_is_cut_after_the_patience() {
    let rig = Rig::new(Limits { patience: MOMENT, ..Limits::default() });
    let mut wire = Wire::to(rig.address);
    wire.send(&post(&call(1, "slow", &json!([3_000]))));
    sleep(MOMENT);
    let began = Instant::now();
    rig.server.stop();
    // The thread cannot be stopped; the rest gets two more seconds.
    assert!(began.elapsed() < Duration::from_millis(2_900), "{:?}", began.elapsed());
    assert_eq!(wire.until_closed().0, "");
}

#[test]
fn without_clients_it_stops_at_once() {
    let rig = Rig::new(Limits::default());
    let began = Instant::now();
    rig.server.stop();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
