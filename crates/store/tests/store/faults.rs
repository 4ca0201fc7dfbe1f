//! Disks that are full, failing or read-only: a clear error, and nothing is lost.

use crate::chain::{CHAIN_ID, Chain, blocks};
use bondstone_store::disk::simulated::SimulatedDisk;
use bondstone_store::{Options, Store, StoreError};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

const DIR: &str = "/store";

fn options(disk: &SimulatedDisk) -> Options {
    Options {
        segment_bytes: 4_000,
        ahead_bytes: 1_000,
        disk: Arc::new(disk.clone()),
        ..Options::new(CHAIN_ID)
    }
}

#[test]
fn a_full_disk_is_said_and_what_was_acknowledged_stays() {
    for room in (1_000..9_000).step_by(137) {
        let disk = SimulatedDisk::new();
        let (mut store, _) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
        disk.set_free_bytes(room);
        let (mut chain, mut positions) = (Chain::default(), Vec::new());
        let error = loop {
            let mut next = chain.clone();
            match store.append(&[next.grow(0)]) {
                Ok(position) => positions.extend(position),
                Err(error) => break error,
            }
            chain = next;
        };
        assert!(!chain.blocks.is_empty());
        match &error {
            StoreError::Io { action: "write", path, source } => {
                assert_eq!(source.kind(), ErrorKind::StorageFull);
                assert!(path.to_str().unwrap().ends_with(".journal"));
            }
            other => panic!("{other}"),
        }
        let refused = store.append(&[chain.clone().grow(1)]).unwrap_err();
        assert!(matches!(refused, StoreError::Refusing { .. }), "{refused}");
        assert_eq!(store.failure(), Some(&*error.to_string()));
        // Reads go on, and so would the snapshot if there were room.
        for (block, position) in chain.blocks.iter().zip(&positions) {
            assert_eq!(&store.block(*position).unwrap(), block);
        }
        drop(store);
        disk.set_free_bytes(10);
        let error = Store::open(Path::new(DIR), &options(&disk)).unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { free: 10, needed: 1_000, .. }), "{error}");
        disk.set_free_bytes(1 << 20);
        let (mut store, recovery) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
        assert_eq!(blocks(recovery).unwrap(), chain.blocks);
        store.append(&[chain.grow(2)]).unwrap();
    }
}

#[test]
fn a_snapshot_that_does_not_fit_leaves_the_journal_alone() {
    let disk = SimulatedDisk::new();
    let (mut store, _) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    let mut chain = Chain::default();
    let position = store.append(&[chain.grow(0)]).unwrap()[0];
    disk.set_free_bytes(500);
    let state = |out: &mut dyn Write| out.write_all(&[1; 2_000]);
    let error = store.reader().write_snapshot(chain.head(), position, b"", state).unwrap_err();
    assert!(error.to_string().contains("0.snapshot"), "{error}");
    store.append(&[chain.grow(1)]).unwrap();
    drop(store);
    disk.set_free_bytes(5_000);
    let (_, recovery) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    assert_eq!(recovery.notices, []);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}

#[test]
fn after_a_failed_sync_nothing_is_appended_until_the_store_is_opened_again() {
    let disk = SimulatedDisk::new();
    let (mut store, _) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    let mut chain = Chain::default();
    store.append(&[chain.grow(0)]).unwrap();
    disk.fail_sync_at(disk.operations());
    let error = store.append(&[chain.clone().grow(1)]).unwrap_err();
    assert!(matches!(error, StoreError::Io { action: "sync", .. }), "{error}");
    // The disk works again, but what it has of the failed write is not known.
    let error = store.append(&[chain.clone().grow(2)]).unwrap_err();
    assert!(matches!(error, StoreError::Refusing { .. }), "{error}");
    drop(store);
    let (mut store, recovery) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
    store.append(&[chain.grow(3)]).unwrap();
}

#[test]
fn a_read_only_directory_is_said() {
    let disk = SimulatedDisk::new();
    disk.set_read_only(true);
    let refused = |disk: &SimulatedDisk| {
        let error = Store::open(Path::new(DIR), &options(disk)).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
        assert!(error.to_string().starts_with("/store cannot be written to: "), "{error}");
    };
    refused(&disk);
    disk.set_read_only(false);
    let (mut store, _) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    let mut chain = Chain::default();
    let position = store.append(&[chain.grow(0)]).unwrap()[0];
    disk.set_read_only(true);
    let error = store.append(&[chain.clone().grow(1)]).unwrap_err();
    assert!(matches!(error, StoreError::Io { action: "write", .. }), "{error}");
    assert_eq!(store.block(position).unwrap(), chain.blocks[0]);
    drop(store);
    refused(&disk);
    disk.set_read_only(false);
    let (_, recovery) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}
