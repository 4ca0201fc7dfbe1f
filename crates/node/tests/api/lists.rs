//! Networks and vaults, pages, tags, and what a client can get wrong.

use crate::client::{Client, items};
use bondstone_kernel::security::Payee;
use bondstone_node::rpc::security::SecurityAnswer;
use serde_json::{Value, json};

#[test]
fn networks_and_vaults_are_those_of_the_picture() {
    let client = Client::with_economy();
    let picture = client.rpc("bondstone_securityView", &json!(["latest"]));
    let view = serde_json::from_value::<SecurityAnswer>(picture).expect("it is a picture").view;

    let vaults = client.get("/v1/vaults");
    assert_eq!(vaults["block"]["number"], view.block.number);
    assert_eq!((items(&vaults).len(), vaults["next"].clone()), (view.vaults.len(), Value::Null));
    for (item, vault) in items(&vaults).iter().zip(&view.vaults) {
        assert_eq!(item["vault"], vault.vault.to_string());
        assert_eq!(item["active"], vault.active.0.to_string());
        assert_eq!(item["leaving"], vault.leaving.0.to_string());
        assert_eq!(item["collateral"]["asset"], vault.collateral.to_string());
        let detail = &client.get(&format!("/v1/vaults/{}", vault.vault))["item"];
        assert_eq!(detail["vault"], item["vault"]);
        let given = detail["commitments"].as_array().expect("it is a list");
        assert_eq!(given.len(), view.commitments_of(&vault.vault).count());
    }
    let networks = client.get("/v1/networks");
    assert_eq!(items(&networks).len(), view.networks.len());
    for (item, network) in items(&networks).iter().zip(&view.networks) {
        let detail = &client.get(&format!("/v1/networks/{}", network.network))["item"];
        assert_eq!(detail["stake"], item["stake"]);
        let given: Vec<_> = view.commitments_to(&network.network).collect();
        let told = detail["commitments"].as_array().expect("it is a list");
        assert_eq!(told.len(), given.len());
        for (told, given) in told.iter().zip(given) {
            assert_eq!(told["stake"], given.stake.0.to_string());
        }
        let paid = view.payments.iter().filter(|paid| paid.network == network.network);
        let told = detail["payments"].as_array().expect("it is a list");
        assert_eq!(told.len(), paid.count());
    }
}

#[test]
fn rates_are_those_of_the_report_over_each_window() {
    let client = Client::with_economy();
    let picture = client.rpc("bondstone_securityView", &json!(["latest"]));
    let SecurityAnswer { view, labels, .. } =
        serde_json::from_value(picture).expect("it is a picture");
    let prices = labels.prices().expect("they are numbers");
    let (mut rated, mut in_percent) = (0, 0);
    for (query, seconds) in [
        ("", 2_592_000),
        ("?window=7d", 604_800),
        ("?window=30d", 2_592_000),
        ("?window=90d", 7_776_000),
    ] {
        let networks = client.get(&format!("/v1/networks{query}"));
        for (item, network) in items(&networks).iter().zip(&view.networks) {
            let streams = view.payments.iter().filter(|paid| paid.network == network.network);
            let rates = item["rates"].as_array().expect("it is a list");
            assert_eq!(rates.len(), streams.clone().count());
            for (told, stream) in rates.iter().zip(streams) {
                let rate = view.yield_of(stream, seconds, &prices);
                assert_eq!(told["windowSeconds"], seconds);
                let of_tokens = rate.tokens_per_token.map(|number| number.to_string());
                assert_eq!(told["tokensPerToken"], json!(of_tokens));
                let percent = rate.percent.as_ref().ok().map(ToString::to_string);
                assert_eq!(told["percent"], json!(percent));
                assert_eq!(told["missing"].is_null(), percent.is_some());
                let paid = stream.paid_in(seconds).expect("the window is known").amount;
                assert_eq!(told["paid"], paid.0.to_string());
                rated += usize::from(of_tokens.is_some());
                in_percent += usize::from(percent.is_some());
            }
        }
        let vaults = client.get(&format!("/v1/vaults{query}"));
        let of_vaults = items(&vaults).iter().flat_map(|vault| vault["rates"].as_array());
        let streams = view.payments.iter().filter(|paid| {
            matches!(paid.payee, Payee::Stakers { .. } | Payee::VaultOperators { .. })
        });
        assert_eq!(of_vaults.flatten().count(), streams.count());
    }
    assert!(rated > 20 && in_percent > 20, "{rated} {in_percent}");
}

#[test]
fn pages_add_up_to_the_list_at_one_block_although_the_chain_goes_on() {
    let client = Client::with_economy();
    let whole = client.get("/v1/vaults");
    let (mut found, mut path) = (Vec::new(), "/v1/vaults?limit=4".to_owned());
    loop {
        let page = client.get(&path);
        assert_eq!(page["block"], whole["block"]);
        assert!(items(&page).len() <= 4);
        found.extend(items(&page).clone());
        client.rpc("evm_mine", &json!([]));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/vaults?limit=4&cursor={next}");
    }
    assert_eq!(&found, items(&whole));
    let at = whole["block"]["number"].as_u64().expect("it is a number");
    assert_eq!(client.get(&format!("/v1/vaults?at={at}")), whole);
    let hash = whole["block"]["hash"].as_str().expect("it is a text");
    assert_eq!(client.get(&format!("/v1/vaults?at={hash}")), whole);
    assert!(items(&client.get("/v1/vaults?at=earliest")).is_empty());
}

#[test]
fn a_tag_holds_until_the_next_block() {
    let client = Client::new();
    let ask = |tag: &str| {
        let headers =
            if tag.is_empty() { String::new() } else { format!("If-None-Match: {tag}\r\n") };
        client.ask("GET", "/v1/networks", &headers)
    };
    let first = ask("");
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let same = ask(&tag);
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", tag.as_str()));
    assert_eq!(ask("\"another\"").body, first.body);
    client.rpc("evm_mine", &json!([]));
    let later = ask(&tag);
    assert_eq!(later.status, 200);
    assert_ne!(later.header("etag"), tag);
}

#[test]
fn what_is_wrong_is_named() {
    let client = Client::new();
    let cases = [
        ("/v1/vaults?limit=0", 400, "limit", "`0` is not a number from 1 to 1000"),
        ("/v1/vaults?limit=1001", 400, "limit", "`1001` is not a number from 1 to 1000"),
        ("/v1/vaults?cursor=x", 400, "cursor", "`x` is not the `next` of a page"),
        ("/v1/vaults?at=x", 400, "at", "`x` is not a number, a hash or a tag of a block"),
        ("/v1/vaults?at=1000", 404, "at", "block 1000 not found"),
        ("/v1/vaults?window=8d", 400, "window", "`8d` is not 7d, 30d or 90d"),
        ("/v1/programmes?window=7d", 400, "window", "there is no parameter `window`"),
        ("/v1/vaults?at=1&at=2", 400, "at", "`at` is given more than once"),
        ("/v1/networks?page=1", 400, "page", "there is no parameter `page`, there is limit"),
        ("/v1/vaults/0x12", 400, "address", "`0x12` is not an address"),
        (
            "/v1/accounts/1234567890123456789012345678901234567890/claims",
            400,
            "address",
            "`1234567890123456789012345678901234567890` is not an address",
        ),
        (
            "/v1/vaults/0x0000000000000000000000000000000000000001",
            404,
            "address",
            "there is no vault 0x0000000000000000000000000000000000000001",
        ),
    ];
    for (path, status, parameter, detail) in cases {
        let problem = client.problem(path);
        assert_eq!(
            (&problem["status"], &problem["parameter"]),
            (&json!(status), &json!(parameter))
        );
        let told = problem["detail"].as_str().unwrap_or_default();
        assert!(told.starts_with(detail), "{path}: {told}");
    }
    let cursor = format!("{}.0", "ab".repeat(32));
    let gone = client.problem(&format!("/v1/vaults?cursor={cursor}"));
    assert_eq!((&gone["status"], &gone["parameter"]), (&json!(404), &json!("cursor")));
    let both = client.problem(&format!("/v1/vaults?cursor={cursor}&at=1"));
    assert_eq!((&both["status"], &both["parameter"]), (&json!(400), &json!("at")));
    assert_eq!(client.problem("/v1/nothing")["status"], 404);
    let posted = client.ask("POST", "/v1/vaults", "Content-Length: 0\r\n");
    assert_eq!(posted.status, 405);
    assert_eq!(posted.json()["type"], "urn:bondstone:problem:method-not-allowed");
}
