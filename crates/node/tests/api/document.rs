//! The OpenAPI document: that it is what it was, and that answers are as it says.

use crate::client::{Client, items};
use serde_json::Value;
use std::path::Path;

#[test]
fn the_document_is_the_one_that_was_agreed_on() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/openapi.json");
    let made = bondstone_node::api::document().expect("it is written");
    if std::env::var_os("BONDSTONE_WRITE_GOLDEN").is_some() {
        std::fs::write(&golden, &made).expect("it is written");
    }
    let agreed = std::fs::read_to_string(&golden).expect("it is there");
    assert!(
        made == agreed,
        "The HTTP API changed. If it should have, write tests/api/openapi.json anew by running \
         this test with BONDSTONE_WRITE_GOLDEN=1, and read the difference: a field or path that is \
         gone breaks clients and belongs in the changelog."
    );
}

/// What is wrong with a value by a schema, with the place.
fn faults(document: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = document.pointer(name.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{name} is not in the document"));
        return faults(document, target, value, place, found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        faults(document, part, value, place, found);
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let fits = |way: &&Value| {
            let mut faulty = Vec::new();
            faults(document, way, value, place, &mut faulty);
            faulty.is_empty()
        };
        if ways.iter().filter(fits).count() != 1 {
            found.push(format!("{place}: {value} fits not just one of {ways:?}"));
        }
    }
    let named = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !named.is_empty() && !named.contains(&kind) {
        found.push(format!("{place}: {value} is not of type {named:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{place}: {value} is not one of {allowed:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(format!("{place}: there is no {name}"));
        }
    }
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(field) = value.get(name) {
            faults(document, of, field, &format!("{place}.{name}"), found);
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        faults(document, &schema["items"], item, &format!("{place}[{index}]"), found);
    }
}

/// Checks an answer against its schema in the document.
pub(crate) fn check(document: &Value, path: &str, status: &str, kind: &str, answer: &Value) {
    let response = &document["paths"][path]["get"]["responses"][status];
    let schema = &response["content"][kind]["schema"];
    assert!(schema.is_object(), "{path} has no schema for {status} {kind}");
    let mut found = Vec::new();
    faults(document, schema, answer, path, &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn answers_are_as_the_document_says() {
    let client = Client::with_economy();
    let document = client.get("/v1/openapi.json");
    let json = "application/json";
    for (list, single, key) in [
        ("/v1/networks", "/v1/networks/{address}", "network"),
        ("/v1/vaults", "/v1/vaults/{address}", "vault"),
    ] {
        let answer = client.get(list);
        check(&document, list, "200", json, &answer);
        assert!(!items(&answer).is_empty());
        for item in items(&answer) {
            let address = item[key].as_str().expect("it is an address");
            let answer = client.get(&format!("{list}/{address}"));
            check(&document, single, "200", json, &answer);
        }
    }
    for account in (0..10).map(|index| client.address(index)) {
        for part in ["positions", "claims"] {
            let answer = client.get(&format!("/v1/accounts/{account}/{part}"));
            let path = format!("/v1/accounts/{{address}}/{part}");
            check(&document, &path, "200", json, &answer);
        }
    }
    let problem = client.problem("/v1/vaults?limit=none");
    check(&document, "/v1/vaults", "400", "application/problem+json", &problem);
}

#[test]
fn every_path_of_the_document_is_served() {
    let client = Client::new();
    let document = client.get("/v1/openapi.json");
    let paths = document["paths"].as_object().expect("it has paths");
    assert_eq!(paths.len(), 9);
    for path in paths.keys().filter(|path| *path != "/v1/events") {
        let real = path.replace("{address}", "0x0000000000000000000000000000000000000001");
        let real = real.replace("{id}", "none");
        let answer = client.ask("HEAD", &real, "");
        let names_one = path.ends_with("{address}") || path.contains("{id}");
        let known = answer.status == 200 || names_one;
        assert!(known, "{path}: {answer:?}");
    }
}
