//! JSON-RPC over WebSocket.

use crate::rig::{Rig, Socket, Wire, address_of, call, node};
use bondstone_node::UpArgs;
use bondstone_node::server::limits::Limits;
use serde_json::{Value, json};
use std::num::NonZeroU32;

#[test]
fn calls_and_batches_are_answered() {
    let node = node(UpArgs::default());
    let mut socket = Socket::to(address_of(&node));
    let answer = socket.ask(&call(1, "eth_chainId", &json!([])));
    assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 1, "result": "0x7a69" }));
    let none = json!([]);
    let batch = [call(2, "eth_blockNumber", &none), call(3, "nothing", &none), "5".to_owned()];
    let answers = socket.ask(&format!("[{}]", batch.join(",")));
    let by_id = |id: Value| answers.as_array()?.iter().find(|answer| answer["id"] == id);
    assert_eq!(by_id(json!(2)).expect("answered")["result"], "0x0");
    assert_eq!(by_id(json!(3)).expect("answered")["error"]["code"], -32_601);
    assert_eq!(by_id(Value::Null).expect("answered")["error"]["code"], -32_600);
    assert_eq!(socket.ask("{")["error"]["code"], -32_700);
    let many = vec![call(1, "eth_chainId", &none); 1_001].join(",");
    assert_eq!(socket.ask(&format!("[{many}]"))["error"]["code"], -32_010);
    assert_eq!(socket.ask(&call(4, "eth_chainId", &none))["id"], 4);
}

#[test]
fn a_message_that_is_too_large_is_refused_and_the_connection_stays() {
    let limits = Limits {
        max_request_bytes: NonZeroU32::new(1_000).expect("not zero"),
        ..Limits::default()
    };
    let rig = Rig::new(limits);
    let mut socket = Socket::to(rig.address);
    let answer = socket.ask(&call(1, "quick", &json!(["x".repeat(2_000)])));
    assert_eq!(answer["error"]["code"], -32_007);
    assert_eq!(socket.ask(&call(2, "quick", &json!([])))["result"], "done");
}

#[test]
fn open_subscriptions_are_counted() {
    let rig = Rig::new(Limits::default());
    let mut socket = Socket::to(rig.address);
    let first = socket.ask(&call(1, "watch", &json!([])))["result"].take();
    socket.ask(&call(2, "watch", &json!([])));
    rig.wait_for_metric("bondstone_websocket_subscriptions 2");
    assert_eq!(socket.ask(&call(3, "unwatch", &json!([first])))["result"], true);
    rig.wait_for_metric("bondstone_websocket_subscriptions 1");
    drop(socket);
    rig.wait_for_metric("bondstone_websocket_subscriptions 0");
    rig.wait_for_metric("bondstone_connections 0");
}

#[test]
fn a_page_of_somebody_else_cannot_open_one() {
    let node = node(UpArgs::default());
    let upgrade = |headers: &str| {
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\n{headers}\r\n"
        );
        Wire::to(address_of(&node)).ask(&request)
    };
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert_eq!(upgrade(key).status, 101);
    assert_eq!(upgrade(&format!("{key}Origin: http://localhost:3000\r\n")).status, 101);
    let answer = upgrade(&format!("{key}Origin: https://evil.example\r\n"));
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("evil.example") && answer.body.contains("--cors-origin"));
    assert_eq!(upgrade("").status, 400, "without a key");
}
