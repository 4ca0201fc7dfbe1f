//! Rewriting a journal without what no longer matters.

use super::check::set_watermark;
use super::{Maintenance, Whole, from_start, lock_to_write};
use crate::error::{Fault, StoreError};
use crate::frame::{Batch, Identity};
use crate::journal::Journal;
use crate::layout::{Layout, parse_snapshot};
use crate::meta::Meta;
use crate::record::{ClockRecord, Record};
use crate::recovery::{ProgressCallback, Recovered};
use crate::segments::{Place, Segments};
use crate::store::remove_leftovers;
use crate::survey::{Head, bytes_from};
use crate::walk::Tail;
use alloy_primitives::B256;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Bytes of records after which a frame is written.
const FRAME_BYTES: u64 = 1 << 20;

/// What compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactReport {
    /// Bytes of the journal's files before.
    pub bytes_before: u64,
    /// Bytes of the journal's files after.
    pub bytes_after: u64,
    /// Blocks in the chain. All of them stay.
    pub blocks: u64,
    /// Blocks that rewinds had taken back, which are gone now.
    pub dropped_blocks: u64,
    /// Clock shifts before a block, and waiting transactions that got one or were dropped, which
    /// are gone now.
    pub dropped_records: u64,
}

/// Rewrites the journal without blocks that were taken back, without clock shifts and waiting
/// transactions that no longer matter, and without what was written ahead. The chain stays as it
/// is. A crash at any moment leaves either the old or the new journal. Positions of blocks change,
/// so the snapshots, whose indexes may hold some, are removed: the next opening folds every block.
///
/// # Errors
/// As for opening a store; a damaged journal is left as it is.
pub fn compact(dir: &Path, maintenance: &Maintenance) -> Result<CompactReport, StoreError> {
    let layout = Layout::new(dir);
    let disk = &*maintenance.disk;
    let _lock = lock_to_write(disk, &layout)?;
    let whole = Whole::open(&layout, maintenance)?;
    if let Tail::Damaged(damage) = whole.tail {
        return Err(damage.into());
    }
    remove_leftovers(&whole.segments, &mut Vec::new())?;
    let generation = whole.meta.generation.saturating_add(1);
    let identity = Identity { generation, ..whole.segments.identity };
    let new = Segments::new(maintenance.disk.clone(), layout.clone(), identity);
    let new = Arc::new(new);
    let written = rewrite(&whole, &new, maintenance);
    let (mut report, end) = match written {
        Ok(written) => written,
        Err(error) => {
            // They are of no use, and on a full disk their room is.
            let _ = remove_segments(&new);
            return Err(error);
        }
    };
    report.bytes_before = bytes_from(&whole.segments, &Place::START)?;
    report.bytes_after = bytes_from(&new, &Place::START)?;
    Meta { generation, ..whole.meta.clone() }.write(disk, &layout)?;
    set_watermark(&new, &end)?;
    remove_segments(&whole.segments)?;
    let snapshots = layout.snapshots();
    let names = disk.list(&snapshots).map_err(StoreError::io("list", &snapshots))?;
    for name in names.iter().filter(|name| parse_snapshot(name).is_some()) {
        let path = snapshots.join(name);
        disk.remove(&path).map_err(StoreError::io("remove", &path))?;
    }
    for dir in [layout.journal(), snapshots] {
        disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))?;
    }
    Ok(report)
}

fn remove_segments(segments: &Segments) -> Result<(), StoreError> {
    let (numbers, _) = segments.list()?;
    for number in numbers {
        let path = segments.path(number);
        segments.disk.remove(&path).map_err(StoreError::io("remove", &path))?;
    }
    Ok(())
}

/// Waiting transactions that a later block holds, or that were dropped.
fn settled(whole: &Whole) -> Result<HashSet<B256>, StoreError> {
    let (mut waiting, mut settled) = (HashSet::new(), HashSet::new());
    for recovered in whole.records(&ProgressCallback::default())? {
        match recovered? {
            Recovered::Waiting(transaction) => {
                waiting.insert(transaction.hash);
            }
            Recovered::Dropped { hash } => {
                settled.insert(hash);
            }
            Recovered::Block { block, .. } => {
                let hashes = block.transactions.iter().map(|transaction| transaction.hash);
                settled.extend(hashes.filter(|hash| waiting.contains(hash)));
            }
            Recovered::Clock(_) => {}
        }
    }
    Ok(settled)
}

fn rewrite(
    whole: &Whole,
    new: &Arc<Segments>,
    maintenance: &Maintenance,
) -> Result<(CompactReport, Place), StoreError> {
    let settled = settled(whole)?;
    let mut out = Output { journal: Journal::rewrite(new.clone()), batch: Batch::new() };
    let mut report = CompactReport {
        bytes_before: 0,
        bytes_after: 0,
        blocks: 0,
        dropped_blocks: 0,
        dropped_records: 0,
    };
    let mut clock: Option<ClockRecord> = None;
    let mut head = None;
    for recovered in whole.records(&maintenance.progress)? {
        match recovered? {
            Recovered::Block { block, .. } => {
                // The block says where the clock is after it.
                report.dropped_records += u64::from(clock.take().is_some());
                report.blocks = report.blocks.saturating_add(1);
                head = Some(Head { height: block.moment.number, hash: block.hash });
                out.batch.push_block(&block);
            }
            Recovered::Clock(shift) => {
                report.dropped_records += u64::from(clock.replace(shift).is_some());
            }
            Recovered::Waiting(transaction) if !settled.contains(&transaction.hash) => {
                out.batch.push(&Record::Waiting(transaction));
            }
            Recovered::Waiting(_) | Recovered::Dropped { .. } => report.dropped_records += 1,
        }
        out.write(FRAME_BYTES)?;
    }
    if let Some(clock) = clock {
        out.batch.push(&Record::Clock(clock));
    }
    out.write(0)?;
    report.dropped_blocks = whole.survey.lineage.seen.saturating_sub(report.blocks);
    verify(new, head, report.blocks)?;
    Ok((report, out.journal.place()))
}

struct Output {
    journal: Journal,
    batch: Batch,
}

impl Output {
    /// Writes the frame when its records have that many bytes.
    fn write(&mut self, bytes: u64) -> Result<(), StoreError> {
        if !self.batch.is_empty() && self.batch.bytes() >= bytes {
            self.journal.append(&mut self.batch)?;
            self.batch.clear();
        }
        Ok(())
    }
}

/// That the new journal has the same chain, before it takes the old one's place.
fn verify(new: &Arc<Segments>, head: Option<Head>, blocks: u64) -> Result<(), StoreError> {
    let survey = from_start(new, u64::MAX, &ProgressCallback::default())?;
    let lineage = &survey.lineage;
    let found = lineage.height().zip(lineage.hash());
    let same = found == head.map(|head| (head.height, head.hash)) && lineage.seen == blocks;
    if same {
        return Ok(());
    }
    let expected = head.map_or(0, |head| head.height);
    let fault = Fault::Height { expected, found: lineage.height().unwrap_or(0) };
    Err(new.damage(survey.end.segment, survey.end.offset, survey.end.sequence, fault).into())
}
