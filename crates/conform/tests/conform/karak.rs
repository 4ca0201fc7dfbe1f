//! Karak traces: doctored ones fail at the step that was changed, broken ones are errors.

use crate::files;
use bondstone_conform::report::{Mismatch, TraceReport, Verdict};
use bondstone_conform::run::replay;
use bondstone_conform::source::Source;
use bondstone_conform::{Exit, Options, Set};
use serde_json::{Value, json};
use std::path::Path;

const DIRECTED: &str = "karak/dev/directed-101.jsonl.gz";
/// Lines enough for slashes, redeems and native snapshots.
const SEED: &str = "karak/dev/seed-001.jsonl.gz";

fn report(text: &str, mirror: bool) -> TraceReport {
    let source = Source::parse(Path::new("doctored"), text.as_bytes()).unwrap();
    let options = Options { mirror, ..files::options(Set::Karak, Vec::new()) };
    replay(&options, &source).unwrap()
}

/// Changes the first line that fits and cuts the trace there. The mismatch must be at that line.
fn doctor(path: &str, mirror: bool, change: impl Fn(&mut Value) -> Option<()>) -> Mismatch {
    let mut lines = files::lines(path);
    let changed = (1..lines.len()).find(|index| {
        let mut value: Value = serde_json::from_str(&lines[*index]).unwrap();
        let fits = change(&mut value).is_some();
        if fits {
            lines[*index] = value.to_string();
        }
        fits
    });
    let changed = changed.expect("a line that fits");
    lines.truncate(changed + 1);
    let report = report(&lines.join("\n"), mirror);
    let Verdict::Failed(mismatch) = report.verdict else { panic!("{:?}", report.verdict) };
    assert_eq!(mismatch.place.line, changed + 1, "{mismatch:?}");
    assert_ne!(mismatch.difference.expected, mismatch.difference.actual);
    *mismatch
}

fn what(path: &str, change: impl Fn(&mut Value) -> Option<()>) -> String {
    doctor(path, false, change).difference.what
}

/// Changes the last digit of a string.
fn bend(value: &mut Value) -> Option<()> {
    let text = value.as_str()?;
    let last = text.chars().next_back().filter(char::is_ascii_hexdigit)?;
    let other = if last == '1' { '2' } else { '1' };
    *value = json!(format!("{}{other}", &text[..text.len() - 1]));
    Some(())
}

/// The step calls this function and went as said.
fn calls(line: &Value, function: &str, ok: bool) -> Option<()> {
    let named = line.get("fn")?.as_str()?.starts_with(&format!("{function}("));
    (named && line.get("ok")? == ok).then_some(())
}

#[test]
fn a_wrong_byte_of_a_slash_is_found() {
    let data = |line: &mut Value| {
        calls(line, "finalizeSlashing", true)?;
        bend(line.pointer_mut("/logs/1/data")?)
    };
    assert!(what(DIRECTED, data).ends_with(": data"));
    let order = |line: &mut Value| {
        calls(line, "finalizeSlashing", true)?;
        line.get_mut("logs")?.as_array_mut()?.swap(0, 3);
        Some(())
    };
    assert!(what(DIRECTED, order).starts_with("log 1 of 6"));
}

#[test]
fn a_wrong_answer_and_a_wrong_error_are_found() {
    let returned = |line: &mut Value| {
        calls(line, "requestSlashing", true)?;
        bend(line.get_mut("ret")?)
    };
    assert_eq!(what(DIRECTED, returned), "return data");
    let reverted = |line: &mut Value| {
        calls(line, "finalizeSlashing", false)?;
        bend(line.pointer_mut("/err/data")?)
    };
    assert_eq!(what(DIRECTED, reverted), "revert data");
    let outcome = |line: &mut Value| {
        calls(line, "startRedeem", true)?;
        line["ok"] = json!(false);
        line["err"] = json!({ "data": "0x90b8ec18" });
        Some(())
    };
    let mismatch = doctor(SEED, false, outcome);
    assert_eq!(mismatch.difference.what, "outcome");
    assert_eq!(mismatch.difference.expected, "failure, TransferFailed() 0x90b8ec18");
}

#[test]
fn the_shortage_of_gas_is_played_back_only_where_a_hook_is_due() {
    let pretended = |line: &mut Value| {
        calls(line, "startRedeem", true)?;
        line["ok"] = json!(false);
        line["err"] = json!({ "data": "0xdd629f86" });
        Some(())
    };
    assert_eq!(what(DIRECTED, pretended), "outcome");
}

#[test]
fn every_kind_of_reading_is_compared_by_the_rules() {
    for key in [
        "core.slot7.veto_nonce",
        "V0.totalAssets",
        "V0.redeem.S0.0",
        "V0.pendingStakeUpdate",
        "V0.pendingSlashings",
        "O0.D0.nextSlashable",
        "O0.D0.staked",
        "D3.stakeUsd",
        "D3.active.O0",
        "slash0.queued",
        "T0.bal.zero",
        "N0.node.S0.eth",
    ] {
        let mismatch = doctor(DIRECTED, false, |line| {
            let value = line.get_mut("views")?.get_mut(key)?;
            *value = json!("elsewhere");
            Some(())
        });
        assert_eq!(mismatch.difference.what, format!("view {key}"));
    }
}

#[test]
fn the_mirror_compares_what_logs_tell_and_leaves_out_what_they_do_not() {
    for key in ["core.slot7.veto_nonce", "V0.totalAssets", "slash0.queued", "N0.node.S0.eth"] {
        let mismatch = doctor(DIRECTED, true, |line| {
            *line.get_mut("views")?.get_mut(key)? = json!("elsewhere");
            Some(())
        });
        assert_eq!(mismatch.difference.what, format!("view {key}"));
    }
    let mut lines = files::lines(DIRECTED);
    lines.truncate(90);
    for line in &mut lines {
        *line = line.replace("\"D3.jailed.O0\":false", "\"D3.jailed.O0\":true");
    }
    assert!(matches!(report(&lines.join("\n"), true).verdict, Verdict::Passed));
}

#[test]
fn a_missing_log_is_found_by_the_mirror() {
    // Without the request, the end of the slashing takes off what was never counted.
    let mut lines = files::lines(DIRECTED);
    let at = lines.iter().position(|line| line.contains("\"RequestedSlashing(")).unwrap();
    let mut value: Value = serde_json::from_str(&lines[at]).unwrap();
    value["logs"] = json!([]);
    value["views"] = json!({});
    lines[at] = value.to_string();
    let report = report(&lines.join("\n"), true);
    let Verdict::Failed(mismatch) = report.verdict else { panic!("{:?}", report.verdict) };
    assert!(mismatch.place.line > at + 1);
}

fn error(name: &str, text: &str) -> String {
    let path = files::write(&format!("karak/{name}"), text);
    let (exit, out) = files::printed(&files::options(Set::Karak, vec![path.clone()]));
    assert_eq!(exit, Exit::Unusable, "{out}");
    let first = out.lines().next().unwrap().to_owned();
    let start = format!("error {}", path.display());
    first.strip_prefix(&start).unwrap_or_else(|| panic!("{first}")).to_owned()
}

#[test]
fn broken_traces_are_errors_that_name_the_line() {
    let lines = files::lines(DIRECTED);
    let other = lines[0].replace("karak-v2", "karak-v1");
    assert_eq!(error("v1.jsonl", &other), ":1: family karak-v1 is not known (karak-v2)");
    let gap = [lines[0].as_str(), lines[2].as_str()].join("\n");
    let said = ":2: not a line of the schema: step 1 where step 0 belongs";
    assert_eq!(error("gap.jsonl", &gap), said);
    let short = lines[..4].join("\n");
    assert!(error("short.jsonl", &short).contains("cut off: 3 of at least 70 steps are there"));
    let at = lines.iter().position(|line| line.contains("\"V0.totalAssets\"")).unwrap();
    let strange = lines[at].replacen("V0.totalAssets", "V0.mood", 1);
    let text = [lines[..at].join("\n"), strange].join("\n");
    assert!(error("key.jsonl", &text).contains("view V0.mood: a view that is not known"));
    let env = r#"{"i":0,"t":1,"env":"rain","detail":{"address":"0x0000000000000000000000000000000000000001","wei":"1"}}"#;
    let text = [lines[0].as_str(), env].join("\n");
    assert!(error("env.jsonl", &text).contains("rain is no known change of the environment"));
}
