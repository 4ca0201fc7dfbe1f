//! Any byte of a store's files changes, or the file ends there: nothing that was acknowledged is
//! missing in silence, and nothing panics.

use crate::chain::{CHAIN_ID, Chain};
use bondstone_store::disk::simulated::SimulatedDisk;
use bondstone_store::{BlockRecord, Maintenance, Options, Recovered, Store, StoreError, check};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DIR: &str = "/store";

fn options(disk: &SimulatedDisk) -> Options {
    Options {
        segment_bytes: 1_500,
        ahead_bytes: 400,
        disk: Arc::new(disk.clone()),
        ..Options::new(CHAIN_ID)
    }
}

/// Two segments, a rewind, a snapshot in the middle, closed or killed.
fn make(closed: bool) -> (SimulatedDisk, Vec<BlockRecord>) {
    let disk = SimulatedDisk::new();
    let (mut store, _) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
    store.set_text("economy", "[vault]\nname = \"one\"\n").unwrap();
    let mut chain = Chain::default();
    store.append(&[chain.grow(0)]).unwrap();
    store.append(&[chain.grow(1), chain.grow(2), chain.rewind(1), chain.grow(3)]).unwrap();
    let position = store.append(&[chain.grow(4)]).unwrap()[0];
    let state = |out: &mut dyn Write| out.write_all(b"state");
    store.reader().write_snapshot(chain.head(), position, b"index", state).unwrap();
    store.append(&[chain.grow(5)]).unwrap();
    if closed {
        store.close().unwrap();
    } else {
        drop(store);
    }
    (disk.copy(), chain.blocks)
}

/// All blocks that a store gives: those of its index up to the snapshot, then the others.
fn read(disk: &SimulatedDisk, known: &[BlockRecord]) -> Result<Vec<BlockRecord>, StoreError> {
    let (store, recovery) = Store::open(Path::new(DIR), &options(disk))?;
    let mut all = Vec::new();
    if let Some(snapshot) = &recovery.snapshot {
        assert_eq!(snapshot.index()?, b"index");
        let mut state = Vec::new();
        snapshot.state().read_to_end(&mut state).unwrap();
        assert_eq!(state, b"state");
        let height = snapshot.head().height as usize;
        assert_eq!(snapshot.head().hash, known[height].hash);
        // What a node would have in its index, here from an undamaged copy.
        let (whole, _) = make(false);
        let positions = positions(&whole);
        for position in &positions[..=height] {
            all.push(store.block(*position)?);
        }
    }
    for recovered in recovery.records {
        if let Recovered::Block { block, .. } = recovered? {
            all.push(block);
        }
    }
    Ok(all)
}

fn positions(disk: &SimulatedDisk) -> Vec<bondstone_store::Position> {
    let snapshots: Vec<_> =
        disk.paths().into_iter().filter(|path| path.ends_with("3.snapshot")).collect();
    snapshots.iter().for_each(|path| disk.tamper(path, Vec::new()));
    let (_, recovery) = Store::open(Path::new(DIR), &options(disk)).unwrap();
    let positions = recovery.records.filter_map(|recovered| match recovered.unwrap() {
        Recovered::Block { position, .. } => Some(position),
        _ => None,
    });
    positions.collect()
}

/// Every changed file must lead to all blocks or to an error that names a place.
fn judge(disk: &SimulatedDisk, known: &[BlockRecord], what: &str) -> bool {
    match read(disk, known) {
        Ok(blocks) => {
            assert!(blocks == known, "{what}: {} of {} blocks", blocks.len(), known.len());
            true
        }
        Err(StoreError::Damaged(_) | StoreError::MetaDamaged { .. }) => false,
        Err(StoreError::FormatVersion { .. } | StoreError::OtherChain { .. }) => false,
        Err(other) => panic!("{what}: {other}"),
    }
}

fn files(disk: &SimulatedDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = disk.paths().into_iter().filter(|path| !path.ends_with("LOCK"));
    paths.map(|path| (path.clone(), disk.contents(&path).unwrap())).collect()
}

#[test]
fn any_changed_byte_is_harmless_or_refused() {
    let (disk, known) = make(true);
    assert!(judge(&disk, &known, "untouched"));
    let (mut opened, mut refused) = (0, 0);
    for (path, bytes) in files(&disk) {
        for at in 0..bytes.len() {
            for change in [1u8, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let copy = disk.copy();
                copy.tamper(&path, changed);
                let what = format!("{} byte {at} ^ {change:#x}", path.display());
                if judge(&copy, &known, &what) {
                    opened += 1;
                } else {
                    refused += 1;
                }
            }
        }
    }
    assert!(opened > 1_000 && refused > 1_000, "{opened} opened, {refused} refused");
}

#[test]
fn a_file_that_ends_anywhere_is_harmless_or_refused() {
    for closed in [false, true] {
        let (disk, known) = make(closed);
        let (mut opened, mut refused) = (0, 0);
        for (path, bytes) in files(&disk) {
            for end in 0..bytes.len() {
                let copy = disk.copy();
                copy.tamper(&path, bytes[..end].to_vec());
                let what = format!("{} cut at {end}", path.display());
                if judge(&copy, &known, &what) {
                    opened += 1;
                } else {
                    refused += 1;
                }
            }
        }
        assert!(opened > 100 && refused > 1_000, "{opened} opened, {refused} refused");
    }
}

#[test]
fn a_missing_file_is_harmless_or_refused() {
    let (disk, known) = make(true);
    for (path, _) in files(&disk) {
        let copy = disk.copy();
        bondstone_store::disk::Disk::remove(&copy, &path).unwrap();
        let opened = judge(&copy, &known, &format!("without {}", path.display()));
        let harmless = path.ends_with("tip") || path.ends_with("3.snapshot");
        assert_eq!(opened, harmless, "{}", path.display());
    }
}

#[test]
fn damage_is_named_by_file_byte_and_frame() {
    let (disk, _) = make(true);
    let path = Path::new(DIR).join("journal/0001-0001.journal");
    let mut bytes = disk.contents(&path).unwrap();
    bytes[100] ^= 1;
    disk.tamper(&path, bytes);
    let maintenance = Maintenance { disk: Arc::new(disk.clone()), ..Maintenance::default() };
    let report = check(Path::new(DIR), false, &maintenance).unwrap();
    let damage = report.damage.unwrap();
    assert_eq!((damage.path, damage.byte, damage.sequence), (path, 44, 1));
    assert!(damage.fault.to_string().starts_with("expected payload checksum "));
}

#[test]
fn a_cut_moves_the_rest_aside_and_the_store_opens_without_it() {
    let (whole, known) = make(true);
    for (path, bytes) in files(&whole).into_iter().filter(|(path, _)| path.starts_with("/store/j"))
    {
        for at in (0..bytes.len()).step_by(7) {
            let disk = whole.copy();
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            disk.tamper(&path, changed.clone());
            let maintenance =
                Maintenance { disk: Arc::new(disk.clone()), ..Maintenance::default() };
            let report = check(Path::new(DIR), true, &maintenance).unwrap();
            let Some(aside) = report.moved_to else {
                assert!(report.damage.is_none());
                continue;
            };
            let kept = report.blocks as usize;
            assert!(kept < known.len());
            let (mut store, recovery) = Store::open(Path::new(DIR), &options(&disk)).unwrap();
            assert!(recovery.snapshot.is_none() || kept > 3);
            let mut chain = Chain { blocks: known[..kept].to_vec() };
            assert_eq!(store.height(), kept.checked_sub(1).map(|height| height as u64));
            drop(recovery);
            store.append(&[chain.grow(77)]).unwrap();
            drop(store);
            let report = check(Path::new(DIR), false, &maintenance).unwrap();
            assert_eq!(report.damage, None);
            assert_eq!(report.head, Some(chain.head()));
            // Not a byte of the damaged file is gone.
            let name = path.file_name().unwrap().to_str().unwrap();
            let moved = disk.paths().into_iter().filter(|path| path.starts_with(&aside));
            let moved: Vec<u8> = moved
                .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name))
                .flat_map(|path| disk.contents(&path).unwrap())
                .collect();
            let end = changed.iter().rposition(|byte| *byte != 0).unwrap() + 1;
            assert!(changed[..end].ends_with(&moved) || moved == changed, "{at}");
        }
    }
}
