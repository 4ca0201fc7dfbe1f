//! Snapshots shorten a restart and are never needed.

use crate::chain::{CHAIN_ID, Chain, blocks};
use bondstone_store::{Head, Notice, Options, Position, Reader, Store, StoreError};
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

fn options() -> Options {
    Options::new(CHAIN_ID)
}

fn snapshot(reader: &Reader, head: Head, position: Position) -> Result<u64, StoreError> {
    let index = format!("index of {}", head.height);
    reader.write_snapshot(head, position, index.as_bytes(), |out: &mut dyn Write| {
        write!(out, "state of {}", head.height)
    })
}

fn append(store: &mut Store, chain: &mut Chain, flavour: u8) -> Position {
    store.append(&[chain.grow(flavour)]).unwrap()[0]
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir.join("snapshots")).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Ten blocks, two in a frame, and a snapshot after blocks 3, 6 and 8.
fn make(dir: &Path) -> Chain {
    let (mut store, _) = Store::open(dir, &options()).unwrap();
    let mut chain = Chain::default();
    for _ in 0..5 {
        let first = chain.grow(0);
        let middle = chain.head();
        let positions = store.append(&[first, chain.grow(0)]).unwrap();
        let (head, reader) = (chain.head(), store.reader());
        if head.height == 3 {
            snapshot(&reader, head, positions[1]).unwrap();
        }
        if middle.height == 6 || middle.height == 8 {
            std::thread::scope(|scope| {
                scope.spawn(|| snapshot(&reader, middle, positions[0]).unwrap());
            });
        }
    }
    chain
}

#[test]
fn a_restart_goes_on_from_the_newest_of_two() {
    let dir = tempfile::tempdir().unwrap();
    let chain = make(dir.path());
    assert_eq!(names(dir.path()), ["6.snapshot", "8.snapshot"]);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    let snapshot = recovery.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.head(), Head { height: 8, hash: chain.blocks[8].hash });
    assert_eq!(snapshot.index().unwrap(), b"index of 8");
    let mut state = String::new();
    snapshot.state().read_to_string(&mut state).unwrap();
    assert_eq!(state, "state of 8");
    assert_eq!(blocks(recovery).unwrap(), chain.blocks[9..]);
}

#[test]
fn damaged_ones_are_passed_over_with_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let chain = make(dir.path());
    let flip = |name: &str, byte: usize| {
        let path = dir.path().join("snapshots").join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[byte] ^= 1;
        fs::write(&path, bytes).unwrap();
    };
    flip("8.snapshot", 120);
    let (store, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert!(matches!(&recovery.notices[..], [Notice::BrokenSnapshot { .. }]));
    assert_eq!(recovery.snapshot.as_ref().unwrap().head().height, 6);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks[7..]);
    drop(store);
    flip("6.snapshot", 3);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.notices.len(), 2);
    assert!(recovery.snapshot.is_none());
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}

#[test]
fn a_rewind_below_one_makes_it_useless() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = make(dir.path());
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    store.append(&[chain.rewind(8)]).unwrap();
    let position = append(&mut store, &mut chain, 1);
    drop(store);
    // Back to the very block of the snapshot it is still of use.
    let (mut store, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.snapshot.as_ref().unwrap().head().height, 8);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks[9..]);
    assert_eq!(store.block(position).unwrap(), chain.blocks[9]);
    store.append(&[chain.rewind(7)]).unwrap();
    append(&mut store, &mut chain, 2);
    drop(store);
    let (mut store, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert!(matches!(&recovery.notices[..], [Notice::RewoundSnapshot { height: 7, .. }]));
    assert_eq!(recovery.snapshot.as_ref().unwrap().head().height, 6);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks[7..]);
    // The newest are those that were written last, whatever their height.
    store.append(&[chain.rewind(1)]).unwrap();
    let position = append(&mut store, &mut chain, 3);
    snapshot(&store.reader(), chain.head(), position).unwrap();
    assert_eq!(names(dir.path()), ["2.snapshot", "8.snapshot"]);
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.snapshot.as_ref().unwrap().head().height, 2);
    assert_eq!(blocks(recovery).unwrap(), []);
}

#[test]
fn a_snapshot_of_a_block_that_is_not_there_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let mut chain = Chain::default();
    let position = append(&mut store, &mut chain, 0);
    let stranger = Head { height: 1, ..chain.head() };
    let error = snapshot(&store.reader(), stranger, position).unwrap_err();
    assert!(matches!(error, StoreError::OtherBlock { .. }), "{error}");
    let nowhere = Position(position.0 + 1);
    snapshot(&store.reader(), chain.head(), nowhere).unwrap_err();
    let nowhere = Position(7 << 32);
    let error = snapshot(&store.reader(), chain.head(), nowhere).unwrap_err();
    assert!(matches!(error, StoreError::NoBlock(_)), "{error}");
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_state_that_cannot_be_written_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let mut chain = Chain::default();
    let position = append(&mut store, &mut chain, 0);
    let failing = |_: &mut dyn Write| Err(std::io::Error::other("no state"));
    let error = store.reader().write_snapshot(chain.head(), position, b"", failing).unwrap_err();
    assert!(error.to_string().ends_with("0.snapshot: no state"), "{error}");
    assert_eq!(names(dir.path()), [""; 0]);
    append(&mut store, &mut chain, 1);
}
