//! What is appended comes back, and nothing else.

use crate::chain::{CHAIN_ID, Chain, block, blocks};
use alloy_primitives::{Address, B256, Bytes};
use bondstone_store::{
    ClockRecord, FORMAT_VERSION, Fault, Notice, Options, Record, Recovered, Store, StoreError,
    WaitingRecord,
};
use std::fs;

fn options() -> Options {
    Options::new(CHAIN_ID)
}

#[test]
fn what_was_appended_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut chain = Chain::default();
    let positions = {
        let (mut store, recovery) = Store::open(dir.path(), &options()).unwrap();
        assert!(recovery.snapshot.is_none() && recovery.notices.is_empty());
        assert_eq!(blocks(recovery).unwrap(), []);
        let mut positions = store.append(&[chain.grow(0)]).unwrap();
        assert_eq!(store.meta().genesis, Some(chain.blocks[0].hash));
        positions.extend(store.append(&[chain.grow(1), chain.grow(2)]).unwrap());
        assert_eq!(store.append(&[]).unwrap(), []);
        assert_eq!((store.height(), store.sequence()), (Some(2), 2));
        positions
    };
    let (mut store, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.notices, []);
    assert_eq!(recovery.meta.genesis, Some(chain.blocks[0].hash));
    let recovered: Vec<_> = recovery.records.map(Result::unwrap).collect();
    let expected = chain
        .blocks
        .iter()
        .zip(&positions)
        .map(|(block, position)| Recovered::Block { position: *position, block: block.clone() });
    assert_eq!(recovered, expected.collect::<Vec<_>>());
    for (block, position) in chain.blocks.iter().zip(&positions) {
        assert_eq!(&store.block(*position).unwrap(), block);
    }
    store.append(&[chain.grow(3)]).unwrap();
    store.close().unwrap();
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}

#[test]
fn segments_follow_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 2_000, ahead_bytes: 700, ..options() };
    let mut chain = Chain::default();
    for round in 0..20 {
        let (mut store, recovery) = Store::open(dir.path(), &options).unwrap();
        assert_eq!(blocks(recovery).unwrap(), chain.blocks);
        for flavour in 0..3 {
            // One that is larger than a segment has a segment for itself.
            let records: Vec<_> = (0..round).map(|_| chain.grow(flavour)).collect();
            store.append(&records).unwrap();
        }
    }
    assert!(fs::read_dir(dir.path().join("journal")).unwrap().count() > 20);
}

#[test]
fn a_rewind_takes_back_what_followed() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let clock =
        |offset_seconds| Record::Clock(ClockRecord { offset_seconds, next_timestamp: Some(7) });
    let waiting = WaitingRecord {
        hash: B256::repeat_byte(1),
        sender: Address::repeat_byte(2),
        envelope: Bytes::from_static(b"three"),
    };
    let mut chain = Chain::default();
    for flavour in 0..6 {
        store.append(&[chain.grow(flavour), clock(i64::from(flavour))]).unwrap();
    }
    store.append(&[Record::Waiting(waiting.clone()), chain.rewind(3)]).unwrap();
    store.append(&[chain.rewind(3)]).unwrap();
    store.append(&[chain.grow(10), chain.grow(11), chain.rewind(4), chain.grow(12)]).unwrap();
    store.append(&[chain.rewind(1), chain.grow(13)]).unwrap();
    store.append(&[Record::Waiting(waiting.clone()), clock(99)]).unwrap();
    store.append(&[Record::Dropped { hash: waiting.hash }]).unwrap();
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    let recovered: Vec<_> = recovery.records.map(Result::unwrap).collect();
    let at = |offset_seconds| ClockRecord { offset_seconds, next_timestamp: Some(7) };
    let (kept, rest) = recovered.split_at(4);
    let heights = kept.iter().filter_map(|recovered| match recovered {
        Recovered::Block { block, .. } => Some(block.clone()),
        _ => None,
    });
    assert_eq!(heights.collect::<Vec<_>>(), chain.blocks);
    assert_eq!(kept[1], Recovered::Clock(at(0)));
    let dropped = Recovered::Dropped { hash: waiting.hash };
    assert_eq!(rest, [Recovered::Waiting(waiting), Recovered::Clock(at(99)), dropped]);
}

#[test]
fn what_does_not_continue_the_chain_is_refused_and_leaves_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let mut chain = Chain::default();
    let stray = Record::Block(block(0, B256::repeat_byte(1), 0));
    let refused = |result: Result<Vec<_>, StoreError>| match result {
        Err(StoreError::Discontinuous(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(store.append(&[stray])), Fault::Parent { .. }));
    let early = Record::Rewind { height: 0 };
    assert!(matches!(refused(store.append(&[early])), Fault::Rewind { .. }));
    store.append(&[chain.grow(0)]).unwrap();
    let gap = Record::Block(block(2, chain.head().hash, 0));
    let fault = Fault::Height { expected: 1, found: 2 };
    assert_eq!(refused(store.append(&[gap])), fault);
    let ahead = Record::Rewind { height: 1 };
    assert!(matches!(refused(store.append(&[ahead])), Fault::Rewind { .. }));
    store.append(&[chain.grow(1)]).unwrap();
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}

#[test]
fn a_second_opener_is_told_who_holds_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), &options()).unwrap();
    match Store::open(dir.path(), &options()) {
        Err(StoreError::Locked { pid, .. }) => assert_eq!(pid, Some(std::process::id())),
        other => panic!("{other:?}"),
    }
    drop(store);
    Store::open(dir.path(), &options()).unwrap();
}

#[test]
fn another_chain_or_format_is_named() {
    let dir = tempfile::tempdir().unwrap();
    Store::open(dir.path(), &options()).unwrap();
    let error = Store::open(dir.path(), &Options::new(1)).unwrap_err();
    assert!(matches!(error, StoreError::OtherChain { found: CHAIN_ID, wanted: 1, .. }));
    let path = dir.path().join("meta.toml");
    let text = fs::read_to_string(&path).unwrap();
    let (body, _) = text.rsplit_once("\n# crc32c ").unwrap();
    let newer = body.replace("format_version = 1", "format_version = 2");
    let sum = crc32c::crc32c(newer.as_bytes());
    fs::write(&path, format!("{newer}\n# crc32c {sum:08x}\n")).unwrap();
    match Store::open(dir.path(), &options()) {
        Err(StoreError::FormatVersion { found: 2, supported: FORMAT_VERSION, .. }) => {}
        other => panic!("{other:?}"),
    }
    fs::write(&path, text.replace("31337", "31338")).unwrap();
    let error = Store::open(dir.path(), &options()).unwrap_err();
    assert!(matches!(error, StoreError::MetaDamaged { .. }), "{error}");
}

#[test]
fn texts_stay_with_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let mut with_text = options();
    with_text.texts.insert("economy".to_owned(), "[[vault]]\nname = \"\u{fc}\"\n".to_owned());
    let (mut store, _) = Store::open(dir.path(), &with_text).unwrap();
    store.set_text("note", "a\nb").unwrap();
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.meta.texts["economy"], with_text.texts["economy"]);
    assert_eq!(recovery.meta.texts["note"], "a\nb");
}

#[test]
fn a_changed_block_is_refused_even_when_all_checksums_fit() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let mut chain = Chain::default();
    store.append(&[chain.grow(0)]).unwrap();
    let Record::Block(mut changed) = chain.grow(1) else { unreachable!() };
    changed.transactions[0].gas_used += 1;
    store.append(&[Record::Block(changed)]).unwrap();
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    let mut records = recovery.records;
    assert!(records.next().is_some_and(|first| first.is_ok()));
    match records.next() {
        Some(Err(StoreError::Damaged(damage))) => {
            assert!(matches!(damage.fault, Fault::Hash { height: 1, .. }));
            assert_eq!(damage.sequence, 2);
        }
        other => panic!("{other:?}"),
    }
    assert!(records.next().is_none());
}

#[test]
fn the_tail_that_a_crash_left_is_cut_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path(), &options()).unwrap();
    let mut chain = Chain::default();
    store.append(&[chain.grow(0)]).unwrap();
    drop(store);
    let segment = dir.path().join("journal/0001-0001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes[end..end + 10].copy_from_slice(b"BFRM torn!");
    fs::write(&segment, bytes).unwrap();
    let (mut store, recovery) = Store::open(dir.path(), &options()).unwrap();
    match &recovery.notices[..] {
        [Notice::CutTornTail(torn)] => {
            assert_eq!((&torn.path, torn.byte, torn.bytes), (&segment, end as u64, 10));
        }
        other => panic!("{other:?}"),
    }
    store.append(&[chain.grow(1)]).unwrap();
    drop(store);
    let (_, recovery) = Store::open(dir.path(), &options()).unwrap();
    assert_eq!(recovery.notices, []);
    assert_eq!(blocks(recovery).unwrap(), chain.blocks);
}
