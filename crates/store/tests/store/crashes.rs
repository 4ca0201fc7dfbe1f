//! The power fails, or the process is killed, at every moment of a schedule.

use crate::chain::{CHAIN_ID, Chain, blocks};
use bondstone_store::disk::simulated::SimulatedDisk;
use bondstone_store::{BlockRecord, Options, Position, Record, Store, StoreError};
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

const DIR: &str = "/store";

/// Small, so that a short schedule fills several segments and preallocates often.
fn options(disk: &SimulatedDisk) -> Options {
    Options {
        segment_bytes: 3_000,
        ahead_bytes: 1_400,
        disk: Arc::new(disk.clone()),
        ..Options::new(CHAIN_ID)
    }
}

/// What is done to a store, in order.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Append a frame of so many blocks.
    Blocks(u8),
    /// Go back by so many blocks, and append one.
    Rewind(u8),
    Snapshot,
    Reopen,
}

/// What of a schedule was acknowledged, and what was being appended when it stopped.
#[derive(Debug, Default)]
struct Course {
    acknowledged: Chain,
    attempted: Option<Chain>,
    positions: Vec<Position>,
}

impl Course {
    fn append(&mut self, store: &mut Store, records: Vec<Record>, after: Chain) -> bool {
        self.attempted = Some(after.clone());
        let Ok(positions) = store.append(&records) else { return false };
        self.attempted = None;
        for (record, position) in records.iter().zip(positions) {
            match record {
                Record::Block(_) => self.positions.push(position),
                Record::Rewind { height } => self.positions.truncate(*height as usize + 1),
                _ => {}
            }
        }
        self.acknowledged = after;
        true
    }
}

/// Runs a schedule until it ends or the disk fails.
fn run(disk: &SimulatedDisk, acts: &[Act]) -> Course {
    let mut course = Course::default();
    let mut open = Store::open(Path::new(DIR), &options(disk)).ok();
    for (act, flavour) in acts.iter().zip(0u8..) {
        let Some((store, _)) = &mut open else { break };
        let mut next = course.acknowledged.clone();
        let going_on = match act {
            Act::Blocks(count) => {
                let records = (0..*count).map(|_| next.grow(flavour)).collect();
                course.append(store, records, next)
            }
            Act::Rewind(back) if !next.blocks.is_empty() => {
                let height = next.head().height.saturating_sub((*back).into());
                let records = vec![next.rewind(height), next.grow(flavour)];
                course.append(store, records, next)
            }
            Act::Snapshot if !next.blocks.is_empty() => {
                let position = course.positions[next.blocks.len() - 1];
                let state = |out: &mut dyn Write| out.write_all(&[7; 900]);
                store.reader().write_snapshot(next.head(), position, b"index", state).is_ok()
            }
            Act::Reopen => {
                drop(open.take());
                open = Store::open(Path::new(DIR), &options(disk)).ok();
                open.is_some()
            }
            Act::Rewind(_) | Act::Snapshot => true,
        };
        if !going_on {
            break;
        }
    }
    course
}

/// All blocks of a store: those that come out, behind those that its snapshot stands for.
fn reopened(disk: &SimulatedDisk, known: &Course) -> Result<Vec<BlockRecord>, StoreError> {
    let (mut store, recovery) = Store::open(Path::new(DIR), &options(disk))?;
    let mut all = Vec::new();
    if let Some(snapshot) = &recovery.snapshot {
        let head = snapshot.head();
        let chains = [Some(&known.acknowledged), known.attempted.as_ref()];
        let mut chains = chains.into_iter().flatten();
        let height = head.height as usize;
        let chain =
            chains.find(|chain| chain.blocks.get(height).is_some_and(|b| b.hash == head.hash));
        let chain = chain.expect("the snapshot is of a block of the chain");
        all.extend_from_slice(&chain.blocks[..=height]);
        assert_eq!(store.block(snapshot.position())?.hash, head.hash);
    }
    all.extend(blocks(recovery)?);
    // It goes on from there.
    let mut chain = Chain { blocks: all.clone() };
    let position = store.append(&[chain.grow(99)])?[0];
    assert_eq!(&store.block(position)?, chain.blocks.last().expect("one was added"));
    drop(store);
    let (_, recovery) = Store::open(Path::new(DIR), &options(disk))?;
    assert_eq!(blocks(recovery)?.last(), chain.blocks.last());
    Ok(all)
}

/// That a store has what was acknowledged, or that and all of what was being appended.
fn check(disk: &SimulatedDisk, course: &Course, what: &str) {
    let found = match reopened(disk, course) {
        Ok(found) => found,
        Err(error) => panic!("{what}: {error}"),
    };
    let attempted = course.attempted.as_ref().map(|chain| &chain.blocks);
    let whole = found == course.acknowledged.blocks || Some(&found) == attempted;
    assert!(
        whole,
        "{what}: {} blocks were acknowledged, {:?} attempted, {} found",
        course.acknowledged.blocks.len(),
        attempted.map(Vec::len),
        found.len()
    );
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1u8..5).prop_map(Act::Blocks),
        1 => (0u8..4).prop_map(Act::Rewind),
        2 => Just(Act::Snapshot),
        1 => Just(Act::Reopen),
    ];
    prop::collection::vec(act, 1..25)
}

fn operations_of(acts: &[Act]) -> u64 {
    let disk = SimulatedDisk::new();
    let course = run(&disk, acts);
    check(&disk.after_kill(), &course, "undisturbed");
    disk.operations()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_was_acknowledged_outlives_a_power_failure_at_any_operation(
        acts in acts(),
        seed in any::<u64>(),
    ) {
        for operation in 1..=operations_of(&acts) {
            let disk = SimulatedDisk::new();
            disk.fail_power_at(operation);
            let course = run(&disk, &acts);
            for outcome in 0..5 {
                let what = format!("power failed at operation {operation}, outcome {outcome}");
                let after = disk.after_power_failure(seed.wrapping_add(outcome));
                check(&after, &course, &what);
            }
        }
    }

    #[test]
    fn what_was_acknowledged_outlives_a_kill_at_any_operation(acts in acts()) {
        for operation in 1..=operations_of(&acts) {
            let disk = SimulatedDisk::new();
            disk.fail_power_at(operation);
            let course = run(&disk, &acts);
            check(&disk.after_kill(), &course, &format!("killed at operation {operation}"));
        }
    }

    #[test]
    fn a_failed_sync_loses_nothing_that_was_acknowledged(acts in acts(), seed in any::<u64>()) {
        for operation in 1..=operations_of(&acts) {
            let disk = SimulatedDisk::new();
            disk.fail_sync_at(operation);
            let course = run(&disk, &acts);
            let what = format!("the first sync from operation {operation} on failed");
            check(&disk.after_power_failure(seed.wrapping_add(operation)), &course, &what);
            // Without a power failure there is exactly what was acknowledged.
            let exactly = Course { attempted: None, ..course };
            check(&disk.after_kill(), &exactly, &what);
        }
    }
}
