//! Files that cannot be judged: cut off, malformed, of unknown families or formats. Each is an
//! error that names file and line, and never a skip.

use crate::files;
use bondstone_conform::{Exit, Options, Set};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::PathBuf;

const CORE: &str = "symbiotic/dev/trace_examples.jsonl.gz";
const OPERATOR: &str = "symbiotic-rewards/dev/operator_000.jsonl.gz";
const MERKLE: &str = "symbiotic-rewards/dev/v2merkle_000.jsonl.gz";
const SNAPSHOT: &str = "symbiotic-rewards/dev/v2snapshot_000.jsonl.gz";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The error line of one unusable file; nothing else may have gone wrong.
fn error(set: Set, path: PathBuf) -> String {
    let (exit, out) = files::printed(&files::options(set, vec![path]));
    assert_eq!(exit, Exit::Unusable, "{out}");
    assert_eq!(out.lines().last(), Some("0 passed, 1 failed"), "{out}");
    let first = out.lines().next().unwrap();
    first.strip_prefix("error ").unwrap_or_else(|| panic!("{out}")).to_owned()
}

/// As [`error`], for a file of these lines; the path is taken off.
fn error_of(set: Set, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = files::write(&format!("broken/{name}"), text);
    let error = error(set, path.clone());
    error.strip_prefix(&path.display().to_string()).unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn a_file_cut_in_the_middle_of_a_line_is_an_error() {
    for (set, path, name) in
        [(Set::Symbiotic, CORE, "core.jsonl"), (Set::SymbioticRewards, OPERATOR, "operator.jsonl")]
    {
        let text = files::lines(path)[..6].join("\n");
        let error = error_of(set, name, &text[..text.len() - 20]);
        assert_eq!(error, ":6: cut off: the line stops in the middle");
    }
}

#[test]
fn a_gzip_stream_cut_in_the_middle_is_an_error() {
    let bytes = gzip(&files::lines(CORE).join("\n"));
    let error = error_of(Set::Symbiotic, "cut.jsonl.gz", &bytes[..bytes.len() / 2]);
    assert!(error.ends_with(": cut off: the gzip stream stops in the middle"), "{error}");
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    damaged[middle + 1] ^= 0xff;
    error_of(Set::Symbiotic, "damaged.jsonl.gz", damaged);
}

#[test]
fn a_trace_with_steps_missing_is_an_error() {
    let lines = files::lines(CORE);
    let short = lines[..lines.len() - 1].join("\n");
    let error = error_of(Set::Symbiotic, "short.jsonl", short);
    assert_eq!(error, ":44: cut off: 43 of 44 steps are there");
    let mut gap = lines.clone();
    gap.remove(3);
    let error = error_of(Set::Symbiotic, "gap.jsonl", gap.join("\n"));
    assert_eq!(error, ":4: not a line of the schema: step 3 where step 2 of 44 belongs");
    let mut long = lines.clone();
    long.push(lines[lines.len() - 1].replace("\"i\":43", "\"i\":44"));
    let error = error_of(Set::Symbiotic, "long.jsonl", long.join("\n"));
    assert_eq!(error, ":46: not a line of the schema: step 44 where step 44 of 44 belongs");
}

#[test]
fn a_rewards_trace_without_its_last_line_is_an_error() {
    let mut lines = files::lines(OPERATOR);
    let last = lines.pop().unwrap();
    let count = lines.len();
    let error = error_of(Set::SymbioticRewards, "open.jsonl", lines.join("\n"));
    assert_eq!(error, format!(":{count}: cut off: the final line is missing"));
    let twice = [lines.join("\n"), last.clone(), last].join("\n");
    let error = error_of(Set::SymbioticRewards, "twice.jsonl", twice);
    assert!(error.ends_with("a line after the final one"), "{error}");
}

#[test]
fn a_line_that_is_not_of_the_schema_is_an_error() {
    let lines = files::lines(CORE);
    let cases = [
        ("none.jsonl", "{}".to_owned()),
        ("text.jsonl", "step 1".to_owned()),
        ("list.jsonl", "[]".to_owned()),
        ("field.jsonl", lines[1].replace("\"args\"", "\"arguments\"")),
        ("fn.jsonl", lines[1].replace("\"fn\":\"", "\"fn\":\"(")),
        ("name.jsonl", lines[1].replace("\"to\":\"", "\"to\":\"no")),
    ];
    for (name, line) in cases {
        let text = [lines[0].clone(), line].join("\n");
        let error = error_of(Set::Symbiotic, name, text);
        assert!(error.starts_with(":2: not a line of the schema: "), "{name}: {error}");
    }
    let bytes = [lines[0].as_bytes(), b"\n\xff\xfe\n"].concat();
    let error = error_of(Set::Symbiotic, "bytes.jsonl", bytes);
    assert_eq!(error, ":2: not a line of the schema: not UTF-8");
}

#[test]
fn a_view_key_that_is_not_understood_is_an_error() {
    let lines = files::lines(CORE);
    let at = lines.iter().position(|line| line.contains("\"vault0.activeStake()\"")).unwrap();
    let strange = lines[at].replacen("vault0.activeStake()", "vault0.mood()", 1);
    let text = [lines[..at].join("\n"), strange].join("\n");
    let error = error_of(Set::Symbiotic, "key.jsonl", text);
    assert!(error.contains("unknown view vault0.mood"), "{error}");
}

#[test]
fn a_function_whose_answer_is_not_known_is_an_error() {
    let lines = files::lines(CORE);
    let step = r#"{"i":0,"t":1750000000,"from":"alice","to":"vaultFactory","fn":"mood()",
        "args":[],"ok":true,"ret":["1"],"logs":[],"views":{}}"#;
    let text = [lines[0].clone(), step.replace('\n', "")].join("\n");
    assert_eq!(error_of(Set::Symbiotic, "mood.jsonl", text), ":2: function mood() is not known");
}

#[test]
fn unknown_families_and_formats_are_errors() {
    let lines = files::lines(CORE);
    let family = lines[0].replace("\"kind\":\"examples\"", "\"kind\":\"chaotic\"");
    let error = error_of(Set::Symbiotic, "family.jsonl", family);
    assert_eq!(error, ":1: family chaotic is not known (random, directed, examples)");
    let format = lines[0].replace("\"format\":1", "\"format\":2");
    let error = error_of(Set::Symbiotic, "format.jsonl", format);
    assert_eq!(error, ":1: trace format 2 is not known");
    let set = r#"{"meta":{"set":"symbiotic-points","seed":0,"chainId":1,"addresses":{}}}"#;
    let error = error_of(Set::SymbioticRewards, "set.jsonl", set);
    assert_eq!(
        error,
        ":1: family symbiotic-points is not known (staker, operator, v2merkle, v2snapshot)"
    );
    let error = error_of(Set::SymbioticRewards, "core-as-rewards.jsonl", lines.join("\n"));
    assert!(error.starts_with(":1: not a line of the schema: no header"), "{error}");
    let rewards = files::lines(OPERATOR).join("\n");
    let error = error_of(Set::Symbiotic, "rewards-as-core.jsonl", rewards);
    assert!(error.starts_with(":1: not a line of the schema: no header"), "{error}");
}

#[test]
fn a_file_of_another_family_than_the_one_asked_for_is_not_read_on() {
    let v2 = r#"{"meta":{"set":"symbiotic-rewards-v2-vault-snapshot","seed":0,"chainId":1}}"#;
    let path = files::write("broken/v2/v2snapshot_0.jsonl", v2);
    let said = ":1: not a line of the schema: missing field `addresses`";
    assert!(error(Set::SymbioticRewards, path.clone()).contains(said));

    let operator = files::write("broken/v2/operator.jsonl", files::lines(OPERATOR).join("\n"));
    let folder = operator.parent().unwrap().to_owned();
    let all = files::options(Set::SymbioticRewards, vec![folder]);
    let (exit, out) = files::printed(&all);
    assert_eq!((exit, out.lines().last()), (Exit::Unusable, Some("1 passed, 1 failed")));
    let only = |family: &str| Options { only: Some(family.to_owned()), ..all.clone() };
    let (exit, out) = files::printed(&only("operator"));
    assert_eq!((exit, out.lines().last()), (Exit::Passed, Some("1 passed, 0 failed")));
    let (exit, out) = files::printed(&only("v2snapshot"));
    assert_eq!((exit, out.lines().last()), (Exit::Unusable, Some("0 passed, 1 failed")));
    let (exit, out) = files::printed(&only("staker"));
    assert_eq!((exit, out.lines().last()), (Exit::Unusable, Some("0 passed, 0 failed")));
}

#[test]
fn a_v2_trace_that_lacks_what_its_family_needs_is_an_error() {
    let merkle = files::lines(MERKLE);
    let at = merkle.iter().position(|line| line.contains("\"computedRoot\"")).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&merkle[at]).unwrap();
    value.as_object_mut().unwrap().remove("leaves");
    let text = [merkle[..at].join("\n"), value.to_string()].join("\n");
    let error = error_of(Set::SymbioticRewards, "leaves.jsonl", text);
    assert!(error.ends_with("not a line of the schema: computedRoot without leaves"), "{error}");

    let snapshot = files::lines(SNAPSHOT);
    let header = snapshot[0].replace("\"epochDuration\"", "\"epochLength\"");
    let error = error_of(Set::SymbioticRewards, "epoch.jsonl", header);
    assert_eq!(error, ":1: not a line of the schema: no epochDuration");
    let at = snapshot.iter().position(|line| line.contains("\"env\"")).unwrap();
    let strange = snapshot[at].replace("\"curatorFeeAt\"", "\"curatorPartAt\"");
    let text = [snapshot[..at].join("\n"), strange].join("\n");
    let error = error_of(Set::SymbioticRewards, "env.jsonl", text);
    assert!(error.ends_with("schema: env without delegator and fees"), "{error}");
    let last = snapshot.len() - 1;
    let strange = snapshot[last].replace("\"curatorFees\"", "\"curatorPay\"");
    let text = [snapshot[..last].join("\n"), strange].join("\n");
    let error = error_of(Set::SymbioticRewards, "closing.jsonl", text);
    assert!(error.ends_with("schema: final.curatorPay is not known"), "{error}");
}

#[test]
fn missing_files_and_empty_folders_are_errors() {
    let nowhere = PathBuf::from("/nowhere/trace.jsonl");
    assert!(error(Set::Symbiotic, nowhere).starts_with("/nowhere/trace.jsonl: "));
    let note = files::write("broken/empty/README.md", "no trace");
    let folder = note.parent().unwrap().to_owned();
    assert!(error(Set::Symbiotic, folder).ends_with("no .jsonl or .jsonl.gz file in this folder"));
    let error = error_of(Set::Symbiotic, "nothing.jsonl", "");
    assert_eq!(error, ":1: cut off: an empty file");
}

#[test]
fn plain_and_compressed_files_are_the_same() {
    let text = files::lines(CORE).join("\n");
    let plain = files::write("broken/same.jsonl", &text);
    let packed = files::write("broken/same.jsonl.gz", gzip(&text));
    let (exit, out) = files::printed(&files::options(Set::Symbiotic, vec![plain, packed]));
    assert_eq!((exit, out.lines().last()), (Exit::Passed, Some("2 passed, 0 failed")), "{out}");
}
