//! `bondstone conform` as a process: exit codes, the last line, wrong usage.

use std::process::{Command, Output};

const TRACE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/symbiotic/dev/trace_examples.jsonl.gz");

fn bondstone(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bondstone")).args(arguments).output().unwrap()
}

fn last_line(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_trace_that_passes_exits_with_0() {
    for mode in [&["--mirror"][..], &[]] {
        let output = bondstone(&[&["conform", "symbiotic", TRACE], mode].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(last_line(&output), "1 passed, 0 failed");
    }
    let output = bondstone(&["conform", "symbiotic", "--only", "examples", "--json", TRACE]);
    let summary: serde_json::Value = serde_json::from_str(&last_line(&output)).unwrap();
    assert_eq!(summary["passed"], 1);
}

#[test]
fn unusable_input_exits_with_2_and_counts_as_failed() {
    let output = bondstone(&["conform", "symbiotic-rewards", TRACE, "/nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(last_line(&output), "0 passed, 2 failed");
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in [
        &["conform"][..],
        &["conform", "symbiotic"],
        &["conform", "eigenlayer", TRACE],
        &["conform", "symbiotic", "--only", "staker", TRACE],
        &["conform", "symbiotic-rewards", "--only", "random", TRACE],
        &["conform", "symbiotic", "--fast", TRACE],
    ] {
        let output = bondstone(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says what is wrong");
    }
}
