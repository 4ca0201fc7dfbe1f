//! `bondstone store` as a process: exit codes, what it prints, the files that it writes.

use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use bondstone_kernel::{Block, Entry};
use bondstone_store::{
    BlockRecord, ClockRecord, Options, Outcome, Record, Store, TransactionRecord,
};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Six blocks, the last of which is taken back.
fn make(dir: &Path) -> Store {
    let (mut store, _) = Store::open(dir, &Options::new(31_337)).unwrap();
    let mut parent = B256::ZERO;
    for number in 0..6 {
        let topic = B256::with_last_byte(number as u8);
        let data = LogData::new_unchecked(vec![topic], Bytes::from_static(b"data"));
        let log = Log { address: Address::repeat_byte(1), data };
        let transaction = TransactionRecord {
            hash: B256::repeat_byte(number as u8),
            sender: Address::repeat_byte(2),
            envelope: Bytes::from_static(b"envelope"),
            gas_used: 21_000,
            outcome: Outcome::Done,
            entries: 1,
        };
        let mut block = BlockRecord {
            moment: Block { number, timestamp: 10 + number, chain_id: 31_337 },
            parent,
            hash: B256::ZERO,
            entries: vec![Entry { log, internal: false }],
            transactions: vec![transaction],
            clock: ClockRecord::default(),
        };
        block.hash = block.computed_hash();
        parent = block.hash;
        store.append(&[Record::Block(block)]).unwrap();
    }
    store.append(&[Record::Rewind { height: 4 }]).unwrap();
    store
}

fn bondstone(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bondstone"));
    command.arg("store").args(arguments).arg("--data-dir").arg(dir).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_whole_store_exits_with_0_and_compacts() {
    let dir = tempfile::tempdir().unwrap();
    drop(make(dir.path()));
    let output = bondstone(dir.path(), &["check", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = json(&output);
    assert_eq!((&report["blocks"], &report["rewoundBlocks"]), (&5.into(), &1.into()));
    assert_eq!((&report["damaged"], &report["lastBlock"]["number"]), (&false.into(), &4.into()));
    let output = bondstone(dir.path(), &["compact", "--json"]);
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(report["bytesAfter"].as_u64().unwrap() < 2_000, "{report}");
    let output = bondstone(dir.path(), &["check"]);
    let text = text(&output.stdout);
    assert!(text.contains("blocks        5, and 0 taken back\n"), "{text}");
    assert!(text.ends_with("verdict       whole\n"), "{text}");
    assert_eq!(text.lines().filter(|line| line.len() > 100).count(), 0, "{text}");
}

#[test]
fn a_store_that_cannot_be_used_exits_with_2_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let output = bondstone(&dir.path().join("none"), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("holds no store"), "{output:?}");
    let store = make(dir.path());
    let output = bondstone(dir.path(), &["compact"]);
    assert_eq!(output.status.code(), Some(2));
    let holder = format!("is in use by process {}", std::process::id());
    assert!(text(&output.stderr).contains(&holder), "{output:?}");
    drop(store);
    let output = bondstone(dir.path(), &["export", "--out", "/nowhere/logs"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere/logs"), "{output:?}");
}

#[test]
fn damage_exits_with_1_and_is_moved_aside_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    drop(make(dir.path()));
    let segment = dir.path().join("journal/0001-0001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[900] ^= 1;
    fs::write(&segment, bytes).unwrap();
    for arguments in [&["compact"][..], &["export", "--out", "/nowhere/logs"]] {
        let output = bondstone(dir.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains("--cut-tail"), "{output:?}");
    }
    let output = bondstone(dir.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).ends_with("verdict       damaged\n"), "{output:?}");
    let output = bondstone(dir.path(), &["check", "--cut-tail", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(json(&output)["movedTo"].as_str().unwrap().ends_with("cut/1"), "{output:?}");
    let output = bondstone(dir.path(), &["check", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let kept = json(&output)["blocks"].as_u64().unwrap();
    assert!(kept > 0 && kept < 5, "{kept}");
}

#[test]
fn logs_are_exported_in_both_formats() {
    let dir = tempfile::tempdir().unwrap();
    drop(make(dir.path()));
    let out = dir.path().join("logs");
    let out = out.to_str().unwrap();
    let output =
        bondstone(dir.path(), &["export", "--out", out, "--from-block", "1", "--to-block", "3"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).starts_with("3 logs of 3 blocks, "), "{output:?}");
    let lines = fs::read_to_string(out).unwrap();
    let numbers = lines.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap()["blockNumber"].as_str().unwrap().to_owned()
    });
    assert_eq!(numbers.collect::<Vec<_>>(), ["0x1", "0x2", "0x3"]);
    let output = bondstone(dir.path(), &["export", "--format", "parquet", "--out", out]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).starts_with("5 logs of 5 blocks, "), "{output:?}");
    assert!(fs::read(out).unwrap().starts_with(b"PAR1"));
}
