//! Pages about the node, and who may read them from where.

use crate::rig::{Wire, address_of, call, get, node, post};
use bondstone_node::UpArgs;
use serde_json::json;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn health_tells_that_the_node_answers_and_how_far_it_is() {
    let node = node(UpArgs::default());
    let address = address_of(&node);
    let health = get(address, "/health", "");
    assert_eq!(health.status, 200);
    assert_eq!(health.header("content-type"), Some("application/json"));
    let body = health.json();
    assert_eq!((&body["status"], &body["blockHeight"]), (&json!("ok"), &json!(0)));
    assert_eq!(body["chainId"], 31_337);
    Wire::to(address).ask(&post(&call(1, "evm_mine", &json!([]))));
    assert_eq!(get(address, "/health", "").json()["blockHeight"], 1);
}

#[test]
fn metrics_count_what_clients_did() {
    let node = node(UpArgs::default());
    let address = address_of(&node);
    let from = node.accounts().address(0).expect("there are ten");
    let usdc = node.token("USDC").expect("it is there").address;
    let mut wire = Wire::to(address);
    let mut ask = |method: &str, params| wire.ask(&post(&call(1, method, &params))).json();
    ask("eth_chainId", json!([]));
    ask("eth_sendTransaction", json!([{ "from": from, "to": from, "value": "0x1" }]));
    ask("eth_sendTransaction", json!([{ "from": from, "to": usdc, "input": "0x12345678" }]));
    ask("eth_call", json!([{ "to": usdc, "input": "0x12345678" }]));
    ask("eth_call", json!([5]));
    ask("eth_invented", json!([]));
    let two = format!("[{0},{0}]", call(1, "eth_chainId", &json!([])));
    wire.ask(&post(&two));
    // Before this page is sent again and again, which counts too.
    let metrics = get(address, "/metrics", "");
    for name in ["bondstone_received_bytes_total ", "bondstone_sent_bytes_total "] {
        let line = metrics.body.lines().find_map(|line| line.strip_prefix(name));
        let bytes: u64 = line.and_then(|text| text.parse().ok()).expect("it is there");
        assert!((500..10_000).contains(&bytes), "{name}{bytes}");
    }
    // Blocks are counted by whoever watches the chain, which may be after their transactions are
    // answered.
    let all_counted = "bondstone_transactions_total{outcome=\"reverted\"} 1";
    let patience = Instant::now() + Duration::from_secs(10);
    let metrics = loop {
        let metrics = get(address, "/metrics", "");
        let counted = metrics.body.lines().any(|line| line == all_counted);
        if counted || Instant::now() > patience {
            break metrics;
        }
        sleep(Duration::from_millis(5));
    };
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "bondstone_rpc_requests_total{method=\"eth_chainId\",outcome=\"done\"} 3",
        "bondstone_rpc_requests_total{method=\"eth_call\",outcome=\"reverted\"} 1",
        "bondstone_rpc_requests_total{method=\"eth_call\",outcome=\"refused\"} 1",
        "bondstone_rpc_requests_total{method=\"unknown\",outcome=\"refused\"} 1",
        "bondstone_rpc_request_seconds_count{method=\"eth_chainId\"} 3",
        "bondstone_transactions_total{outcome=\"done\"} 1",
        all_counted,
        "bondstone_block_height 2",
        "bondstone_connections 2",
        "bondstone_websocket_subscriptions 0",
        "# TYPE bondstone_rpc_request_seconds histogram",
    ] {
        assert!(metrics.body.lines().any(|have| have == line), "no `{line}` in\n{}", metrics.body);
    }
    assert!(!metrics.body.contains("eth_invented"), "clients do not make new figures");
}

#[test]
fn json_rpc_answers_on_paths_that_nothing_else_has() {
    let node = node(UpArgs::default());
    let request = post(&call(1, "eth_chainId", &json!([])));
    for path in ["/", "/rpc", "/v3/key"] {
        let request = request.replacen("POST / ", &format!("POST {path} "), 1);
        assert_eq!(Wire::to(address_of(&node)).ask(&request).json()["result"], "0x7a69", "{path}");
    }
    let request = request.replacen("POST / ", "POST /health ", 1);
    assert_eq!(Wire::to(address_of(&node)).ask(&request).status, 405);
}

fn preflight(address: SocketAddr, origin: &str) -> crate::rig::Answer {
    Wire::to(address).ask(&format!(
        "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n"
    ))
}

#[test]
fn pages_of_this_machine_may_ask_unless_others_are_named() {
    let default = node(UpArgs::default());
    let named = ["https://app.example".parse().expect("an origin")].to_vec();
    let named = node(UpArgs { cors_origins: named, ..UpArgs::default() });
    let any = ["*".parse().expect("an origin")].to_vec();
    let any = node(UpArgs { cors_origins: any, ..UpArgs::default() });
    let (local, app, other) =
        ("http://localhost:5173", "https://app.example", "https://other.example");
    for (node, origin, allowed) in [
        (&default, local, true),
        (&default, app, false),
        (&named, app, true),
        (&named, local, false),
        (&any, local, true),
        (&any, other, true),
    ] {
        let address = address_of(node);
        let want = allowed.then_some(origin);
        let answer = preflight(address, origin);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("access-control-allow-origin"), want, "{answer:?}");
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
        let methods = answer.header("access-control-allow-methods").unwrap_or_default();
        assert!(methods.contains("POST"), "{methods}");
        let request = post(&call(1, "eth_chainId", &json!([])));
        let request = request.replacen("Host:", &format!("Origin: {origin}\r\nHost:"), 1);
        let answer = Wire::to(address).ask(&request);
        assert_eq!(answer.header("access-control-allow-origin"), want, "{answer:?}");
        let page = get(address, "/health", &format!("Origin: {origin}\r\n"));
        assert_eq!(page.header("access-control-allow-origin"), want, "{page:?}");
    }
}

#[test]
fn a_name_that_was_pointed_at_this_machine_is_refused() {
    let names = ["node.test".parse().expect("a name")].to_vec();
    let node = node(UpArgs { allowed_hosts: names, ..UpArgs::default() });
    let request = post(&call(1, "eth_chainId", &json!([])));
    for (host, status) in [
        ("127.0.0.1:8545", 200),
        ("[::1]", 200),
        ("LocalHost:1", 200),
        ("node.test", 200),
        ("evil.example", 403),
        ("localhost.evil.example:8545", 403),
    ] {
        let request = request.replacen("localhost", host, 1);
        let answer = Wire::to(address_of(&node)).ask(&request);
        assert_eq!(answer.status, status, "{host}: {answer:?}");
        if status == 403 {
            assert!(answer.body.contains(host) && answer.body.contains("--allowed-host"));
        }
    }
    let target = request.replacen("POST / ", "POST http://evil.example/ ", 1);
    assert_eq!(Wire::to(address_of(&node)).ask(&target).status, 403);
}
