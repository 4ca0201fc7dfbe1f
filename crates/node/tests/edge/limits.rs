//! How much a client may take.

use crate::rig::{Rig, Socket, Wire, call, get, post};
use bondstone_node::server::limits::Limits;
use serde_json::json;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

fn positive(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

#[test]
fn the_connection_over_the_limit_is_turned_away_at_once() {
    let rig = Rig::new(Limits { max_connections: positive(2), ..Limits::default() });
    let mut http = Wire::to(rig.address);
    assert_eq!(http.ask(&post(&call(1, "quick", &json!([])))).status, 200);
    let websocket = Socket::to(rig.address);
    let began = Instant::now();
    let mut third = Wire::to(rig.address);
    let refused = third.answer();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(refused.status, 503);
    assert_eq!(refused.json()["status"], "busy");
    assert!(refused.body.contains("2 are open"), "{}", refused.body);
    third.until_closed();
    rig.wait_for_metric("bondstone_connections_refused_total 1");
    // Those who are in are not disturbed, and a place that is free is given away again.
    assert_eq!(http.ask(&post(&call(2, "quick", &json!([])))).status, 200);
    drop(websocket);
    rig.wait_for_metric("bondstone_connections 1");
    assert_eq!(get(rig.address, "/health", "").status, 200);
}

#[test]
fn a_body_that_is_too_large_is_refused_announced_or_not() {
    let rig = Rig::new(Limits { max_request_bytes: positive(1_000), ..Limits::default() });
    let announced = post(&"x".repeat(1_001));
    let (head, _) = announced.split_once("\r\n\r\n").expect("there is a body");
    let refused = Wire::to(rig.address).ask(&format!("{head}\r\n\r\n"));
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (413, &json!(-32_007)));
    let head = head.replacen("Content-Length: 1001", "Transfer-Encoding: chunked", 1);
    let chunk = format!("{:x}\r\n{}\r\n", 600, "x".repeat(600));
    let refused = Wire::to(rig.address).ask(&format!("{head}\r\n\r\n{chunk}{chunk}"));
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (413, &json!(-32_007)));
    let padding = " ".repeat(1_000 - call(1, "quick", &json!([])).len());
    let fits = Wire::to(rig.address).ask(&post(&(call(1, "quick", &json!([])) + &padding)));
    assert_eq!(fits.json()["result"], "done");
}

#[test]
fn an_answer_that_is_too_large_is_an_error() {
    let limits = Limits { max_response_bytes: positive(1_000), ..Limits::default() };
    let rig = Rig::new(limits);
    let mut wire = Wire::to(rig.address);
    let refused = wire.ask(&post(&call(1, "big", &json!([2_000])))).json();
    assert_eq!(refused["error"]["code"], -32_008);
    let one = call(1, "big", &json!([400]));
    let refused = wire.ask(&post(&format!("[{one},{one},{one}]"))).json();
    assert_eq!(refused["error"]["code"], -32_011);
    assert_eq!(wire.ask(&post(&one)).json()["result"].as_str().map(str::len), Some(400));
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let rig = Rig::new(Limits::default());
    let answer = get(rig.address, "/health", &format!("X-Long: {}\r\n", "x".repeat(100_000)));
    assert_eq!(answer.status, 431);
}

#[test]
fn a_call_that_takes_too_long_is_given_up() {
    let limits = Limits { request_timeout: Duration::from_millis(300), ..Limits::default() };
    let rig = Rig::new(limits);
    let (slow, quick) = (call(1, "slow", &json!([1_500])), call(2, "quick", &json!([])));
    let error = Wire::to(rig.address).ask(&post(&slow)).json()["error"].take();
    assert_eq!(error["code"], -32_002);
    assert!(error["message"].as_str().is_some_and(|text| text.contains("0.3 seconds")), "{error}");
    assert_eq!(Socket::to(rig.address).ask(&slow)["error"]["code"], -32_002);
    // A batch has one time limit for all of its calls.
    let batch = format!("[{quick},{slow},{slow}]");
    let began = Instant::now();
    let answers = Wire::to(rig.address).ask(&post(&batch)).json();
    assert!(began.elapsed() < Duration::from_millis(1_200), "{:?}", began.elapsed());
    let codes: Vec<_> = (0..3).map(|at| answers[at]["error"]["code"].as_i64()).collect();
    assert_eq!(codes, [None, Some(-32_002), Some(-32_002)]);
}
