//! Check, compact and export.

use crate::chain::{CHAIN_ID, Chain, block, blocks};
use alloy_primitives::{Address, B256, Bytes};
use bondstone_store::disk::simulated::SimulatedDisk;
use bondstone_store::{
    ClockRecord, ExportFormat, ExportRange, Maintenance, Options, Record, Recovered, SnapshotState,
    Store, StoreError, WaitingRecord, check, compact, export,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const DIR: &str = "/store";
const ALL: ExportRange = ExportRange { from: 0, to: None };

fn on(disk: &SimulatedDisk) -> (Options, Maintenance) {
    let disk = Arc::new(disk.clone());
    let options = Options {
        segment_bytes: 2_000,
        ahead_bytes: 700,
        disk: disk.clone(),
        ..Options::new(CHAIN_ID)
    };
    (options, Maintenance { disk, ..Maintenance::default() })
}

fn waiting(hash: B256) -> Record {
    let (sender, envelope) = (Address::repeat_byte(1), Bytes::from_static(b"envelope"));
    Record::Waiting(WaitingRecord { hash, sender, envelope })
}

fn clock(offset_seconds: i64) -> Record {
    Record::Clock(ClockRecord { offset_seconds, next_timestamp: None })
}

/// Twelve blocks, five of which are taken back, and the records that come with them.
fn make(dir: &Path, options: &Options) -> Chain {
    let (mut store, _) = Store::open(dir, options).unwrap();
    let mut chain = Chain::default();
    for flavour in 0..6 {
        let next = block(chain.blocks.len() as u64, B256::ZERO, flavour).transactions[0].hash;
        store.append(&[waiting(next), clock(5), clock(6)]).unwrap();
        let position = store.append(&[chain.grow(flavour)]).unwrap()[0];
        if flavour == 1 || flavour == 5 {
            let reader = store.reader();
            reader.write_snapshot(chain.head(), position, b"", |out| out.write_all(b"s")).unwrap();
        }
    }
    store.append(&[chain.rewind(2), chain.grow(9)]).unwrap();
    store.append(&[chain.grow(9), chain.rewind(3), chain.rewind(2)]).unwrap();
    let (lost, left) = (B256::repeat_byte(7), B256::repeat_byte(8));
    store.append(&[waiting(lost), waiting(left), clock(1)]).unwrap();
    store.append(&[chain.grow(10), chain.grow(11)]).unwrap();
    store.append(&[Record::Dropped { hash: lost }, clock(2), clock(3)]).unwrap();
    chain
}

#[test]
fn a_check_says_what_is_there() {
    let disk = SimulatedDisk::new();
    let (options, maintenance) = on(&disk);
    let chain = make(Path::new(DIR), &options);
    let report = check(Path::new(DIR), false, &maintenance).unwrap();
    assert!(!report.is_damaged());
    assert_eq!(report.head, Some(chain.head()));
    assert_eq!((report.blocks, report.rewound_blocks), (5, 5));
    assert_eq!((report.transactions, report.entries), (5, 10));
    let states: Vec<_> = report.snapshots.iter().map(|snapshot| &snapshot.state).collect();
    assert_eq!(states, [&SnapshotState::Rewound, &SnapshotState::Usable]);
    let path = report.snapshots[1].path.clone();
    let mut bytes = disk.contents(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    disk.tamper(&path, bytes);
    let report = check(Path::new(DIR), false, &maintenance).unwrap();
    assert!(report.is_damaged() && report.damage.is_none());
}

#[test]
fn a_store_that_is_open_or_not_there_is_left_alone() {
    let disk = SimulatedDisk::new();
    let (options, maintenance) = on(&disk);
    for result in [
        check(Path::new(DIR), false, &maintenance).map(|_| ()),
        check(Path::new(DIR), true, &maintenance).map(|_| ()),
        compact(Path::new(DIR), &maintenance).map(|_| ()),
    ] {
        assert!(matches!(result, Err(StoreError::NotAStore { .. })), "{result:?}");
    }
    assert_eq!(disk.paths().len(), 0);
    let (store, _) = Store::open(Path::new(DIR), &options).unwrap();
    for result in [
        check(Path::new(DIR), false, &maintenance).map(|_| ()),
        check(Path::new(DIR), true, &maintenance).map(|_| ()),
        compact(Path::new(DIR), &maintenance).map(|_| ()),
    ] {
        assert!(matches!(result, Err(StoreError::Locked { .. })), "{result:?}");
    }
    drop(store);
    check(Path::new(DIR), true, &maintenance).unwrap();
}

#[test]
fn compaction_keeps_the_chain_and_drops_what_no_longer_matters() {
    let disk = SimulatedDisk::new();
    let (options, maintenance) = on(&disk);
    let mut chain = make(Path::new(DIR), &options);
    let report = compact(Path::new(DIR), &maintenance).unwrap();
    assert!(report.bytes_after < report.bytes_before / 3, "{report:?}");
    assert_eq!((report.blocks, report.dropped_blocks), (5, 5));
    // Of the three blocks that stay, 2 x 3; one waiting, its drop, and the clock before block 3;
    // one of the two at the end.
    assert_eq!(report.dropped_records, 9 + 3 + 1);
    let (mut store, recovery) = Store::open(Path::new(DIR), &options).unwrap();
    assert_eq!(recovery.notices, []);
    let recovered: Vec<_> = recovery.records.map(Result::unwrap).collect();
    let found: Vec<_> = recovered
        .iter()
        .filter_map(|recovered| match recovered {
            Recovered::Block { position, block } => {
                assert_eq!(&store.block(*position).unwrap(), block);
                Some(block.clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(found, chain.blocks);
    let others: Vec<_> =
        recovered.iter().filter(|found| !matches!(found, Recovered::Block { .. })).collect();
    assert_eq!(others.len(), 2);
    assert!(
        matches!(others[0], Recovered::Waiting(waiting) if waiting.hash == B256::repeat_byte(8))
    );
    assert!(matches!(others[1], Recovered::Clock(ClockRecord { offset_seconds: 3, .. })));
    store.append(&[chain.grow(20)]).unwrap();
    drop(store);
    let report = compact(Path::new(DIR), &maintenance).unwrap();
    assert_eq!((report.blocks, report.dropped_blocks), (6, 0));
    let report = check(Path::new(DIR), false, &maintenance).unwrap();
    assert_eq!((report.head, report.damage), (Some(chain.head()), None));
}

#[test]
fn a_crash_in_a_compaction_leaves_the_old_journal_or_the_new_one() {
    let disk = SimulatedDisk::new();
    let (options, maintenance) = on(&disk);
    let chain = make(Path::new(DIR), &options);
    let before = disk.copy();
    let start = before.operations();
    compact(Path::new(DIR), &maintenance).unwrap();
    for operation in start + 1..=disk.operations() {
        let disk = before.copy();
        disk.fail_power_at(operation);
        let _ = compact(Path::new(DIR), &on(&disk).1);
        for outcome in 0..8 {
            let disk = disk.after_power_failure(operation * 8 + outcome);
            let (_, recovery) = Store::open(Path::new(DIR), &on(&disk).0).unwrap();
            let first = recovery
                .snapshot
                .as_ref()
                .map_or(0, |snapshot| snapshot.head().height as usize + 1);
            assert_eq!(blocks(recovery).unwrap(), chain.blocks[first..], "{operation}");
            // Nothing of the other one stays.
            let report = compact(Path::new(DIR), &on(&disk).1).unwrap();
            assert_eq!(report.blocks, 5);
            let journals =
                disk.paths().iter().filter(|path| path.starts_with("/store/journal")).count();
            assert_eq!(journals, 1);
        }
    }
}

/// The logs as the library of the node makes JSON of them.
fn expected_lines(chain: &Chain, range: std::ops::RangeInclusive<usize>) -> Vec<serde_json::Value> {
    let mut lines = Vec::new();
    for block in &chain.blocks[range] {
        let mut index = 0;
        for (place, (transaction, entries)) in block.transactions().enumerate() {
            for entry in entries.iter().filter(|entry| !entry.internal) {
                let log = alloy_rpc_types_eth::Log {
                    inner: entry.log.clone(),
                    block_hash: Some(block.hash),
                    block_number: Some(block.moment.number),
                    block_timestamp: Some(block.moment.timestamp),
                    transaction_hash: Some(transaction.hash),
                    transaction_index: Some(place as u64),
                    log_index: Some(index),
                    removed: false,
                };
                lines.push(serde_json::to_value(log).unwrap());
                index += 1;
            }
        }
    }
    lines
}

#[test]
fn exported_lines_have_the_shape_of_eth_get_logs() {
    let dir = tempfile::tempdir().unwrap();
    let chain = make(dir.path(), &Options::new(CHAIN_ID));
    let out = dir.path().join("logs.jsonl");
    let maintenance = Maintenance::default();
    let lines = |range| {
        let report =
            export(dir.path(), ExportFormat::JsonLines, range, &out, &maintenance).unwrap();
        let text = fs::read_to_string(&out).unwrap();
        assert_eq!((report.bytes, report.logs), (text.len() as u64, text.lines().count() as u64));
        let values = text.lines().map(|line| serde_json::from_str(line).unwrap());
        values.collect::<Vec<serde_json::Value>>()
    };
    assert_eq!(lines(ALL), expected_lines(&chain, 0..=4));
    assert_eq!(lines(ExportRange { from: 2, to: Some(3) }), expected_lines(&chain, 2..=3));
    assert_eq!(lines(ExportRange { from: 5, to: Some(9) }), [serde_json::Value::Null; 0]);
    let backwards = ExportRange { from: 3, to: Some(2) };
    let error = export(dir.path(), ExportFormat::JsonLines, backwards, &out, &maintenance);
    assert!(error.unwrap_err().to_string().ends_with("the range ends before it begins: 3 to 2"));
}

#[cfg(feature = "parquet")]
#[test]
fn exported_rows_are_the_same_logs() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    let dir = tempfile::tempdir().unwrap();
    let chain = make(dir.path(), &Options::new(CHAIN_ID));
    let out = dir.path().join("logs.parquet");
    let report =
        export(dir.path(), ExportFormat::Parquet, ALL, &out, &Maintenance::default()).unwrap();
    assert_eq!((report.blocks, report.logs), (5, 5));
    let reader = SerializedFileReader::new(fs::File::open(&out).unwrap()).unwrap();
    let hex = |bytes: &[u8]| alloy_primitives::hex::encode_prefixed(bytes);
    let mut rows = Vec::new();
    for row in reader.get_row_iter(None).unwrap() {
        let row = row.unwrap();
        let bytes = |place| hex(row.get_bytes(place).unwrap().data());
        let number = |value: u64| format!("{value:#x}");
        let topics: Vec<_> = (7..11).filter(|place| row.get_bytes(*place).is_ok()).collect();
        rows.push(serde_json::json!({
            "blockNumber": number(row.get_ulong(0).unwrap()),
            "blockTimestamp": number(row.get_ulong(1).unwrap()),
            "blockHash": bytes(2),
            "transactionHash": bytes(3),
            "transactionIndex": number(row.get_uint(4).unwrap().into()),
            "logIndex": number(row.get_uint(5).unwrap().into()),
            "address": bytes(6),
            "topics": topics.into_iter().map(bytes).collect::<Vec<_>>(),
            "data": bytes(11),
            "removed": false,
        }));
    }
    assert_eq!(rows, expected_lines(&chain, 0..=4));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_refused_where_it_is_not_built_in() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), &Options::new(CHAIN_ID));
    let out = dir.path().join("logs.parquet");
    let error = export(dir.path(), ExportFormat::Parquet, ALL, &out, &Maintenance::default());
    assert!(matches!(error, Err(StoreError::Export { .. })));
    assert!(!out.exists());
}
