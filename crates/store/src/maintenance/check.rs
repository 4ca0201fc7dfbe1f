//! Is everything in a store as it was written?

use super::{Maintenance, Whole, from_start, lock_to_read, lock_to_write};
use crate::disk::{DiskFile, How};
use crate::error::{Damage, StoreError};
use crate::layout::Layout;
use crate::meta::Meta;
use crate::recovery::{ProgressCallback, Recovered};
use crate::segments::{Place, Segments};
use crate::snapshot;
use crate::survey::{Head, base_of, bytes_from};
use crate::tip::{Tip, Watermark};
use crate::walk::{Tail, TornTail};
use alloy_primitives::B256;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What a store holds and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// What the store is of.
    pub meta: Meta,
    /// The last block that is whole.
    pub head: Option<Head>,
    /// Blocks in the chain.
    pub blocks: u64,
    /// Blocks in the journal that rewinds took back.
    pub rewound_blocks: u64,
    /// Transactions in the chain's blocks.
    pub transactions: u64,
    /// Ledger entries in the chain's blocks, internal ones too.
    pub entries: u64,
    /// Frames of the journal.
    pub frames: u64,
    /// Bytes of the journal's files; what is written ahead counts.
    pub journal_bytes: u64,
    /// A write that was never acknowledged, which the next opening cuts off. No damage.
    pub torn: Option<TornTail>,
    /// The first thing that is not as it was written.
    pub damage: Option<Damage>,
    /// The snapshots, the newest first.
    pub snapshots: Vec<SnapshotReport>,
    /// Where the damaged rest was moved to, if that was asked for.
    pub moved_to: Option<PathBuf>,
}

impl CheckReport {
    /// Whether anything is not as it was written.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        let broken = |report: &SnapshotReport| matches!(report.state, SnapshotState::Broken(_));
        self.damage.is_some() || self.snapshots.iter().any(broken)
    }
}

/// A snapshot and whether it is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotReport {
    /// The file.
    pub path: PathBuf,
    /// The block that it is of, if that can be read.
    pub head: Option<Head>,
    /// Whether it is of use.
    pub state: SnapshotState,
}

/// Whether a snapshot is of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotState {
    /// It is whole, and its block is in the chain.
    Usable,
    /// It is whole, and its block was taken back.
    Rewound,
    /// It is not as it was written.
    Broken(String),
}

/// Reads everything in a store: each frame and its checksums, the hash chain from the first block
/// on, the snapshots. With `cut_tail`, moves what cannot be used any more from the first damage on
/// into `cut/N`, so that the store opens without it: the acknowledged blocks in it are lost to the
/// chain, their bytes are not.
///
/// # Errors
/// What keeps the store from being looked at: [`StoreError::NotAStore`], [`StoreError::Locked`],
/// [`StoreError::MetaDamaged`], [`StoreError::FormatVersion`], [`StoreError::Io`]. Damage to the
/// journal or to a snapshot is in the report.
pub fn check(
    dir: &Path,
    cut_tail: bool,
    maintenance: &Maintenance,
) -> Result<CheckReport, StoreError> {
    let layout = Layout::new(dir);
    let disk = &*maintenance.disk;
    let _lock =
        if cut_tail { Some(lock_to_write(disk, &layout)?) } else { lock_to_read(disk, dir)? };
    let whole = Whole::open(&layout, maintenance)?;
    let (torn, damage) = match whole.tail.clone() {
        Tail::Clean => (None, None),
        Tail::Torn(torn) => (Some(torn), None),
        Tail::Damaged(damage) => (None, Some(damage)),
    };
    let mut report = CheckReport {
        meta: whole.meta.clone(),
        head: None,
        blocks: 0,
        rewound_blocks: 0,
        transactions: 0,
        entries: 0,
        frames: whole.survey.frames,
        journal_bytes: bytes_from(&whole.segments, &Place::START)?,
        torn,
        damage,
        snapshots: Vec::new(),
        moved_to: None,
    };
    read_chain(&whole, maintenance, &mut report)?;
    if cut_tail && let Some(damage) = &report.damage {
        report.moved_to = Some(cut(&whole, damage)?);
    }
    Ok(report)
}

fn read_chain(
    whole: &Whole,
    maintenance: &Maintenance,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let (snapshots, broken) = snapshot::list(&whole.segments)?;
    let mut in_chain: HashMap<u64, B256> = HashMap::new();
    let heights: Vec<_> = snapshots.iter().map(|snapshot| snapshot.head().height).collect();
    for recovered in whole.records(&maintenance.progress)? {
        let block = match recovered {
            Ok(Recovered::Block { block, .. }) => block,
            Ok(_) => continue,
            Err(StoreError::Damaged(damage)) => {
                // It comes before what the first pass found, for the stream ends there.
                report.damage = Some(*damage);
                break;
            }
            Err(other) => return Err(other),
        };
        let height = block.moment.number;
        if report.blocks == 0
            && let Some(expected) = report.meta.genesis
            && expected != block.hash
        {
            let fault = crate::error::Fault::Genesis { expected, found: block.hash };
            report.damage = Some(whole.segments.damage(1, 0, 1, fault));
        }
        report.blocks = report.blocks.saturating_add(1);
        report.transactions = report.transactions.saturating_add(size(block.transactions.len()));
        report.entries = report.entries.saturating_add(size(block.entries.len()));
        report.head = Some(Head { height, hash: block.hash });
        if heights.contains(&height) {
            in_chain.insert(height, block.hash);
        }
    }
    report.rewound_blocks = whole.survey.lineage.seen.saturating_sub(report.blocks);
    for snapshot in snapshots {
        let head = snapshot.head();
        let placed = || base_of(&whole.segments, snapshot.position(), head);
        let state = match snapshot.verify() {
            Err(fault) => SnapshotState::Broken(fault),
            Ok(()) if in_chain.get(&head.height) == Some(&head.hash) => match placed() {
                Ok(_) => SnapshotState::Usable,
                Err(error) => SnapshotState::Broken(error.to_string()),
            },
            Ok(()) => SnapshotState::Rewound,
        };
        let path = snapshot.path().to_path_buf();
        report.snapshots.push(SnapshotReport { path, head: Some(head), state });
    }
    report.snapshots.extend(broken.into_iter().map(|(path, fault)| SnapshotReport {
        path,
        head: None,
        state: SnapshotState::Broken(fault),
    }));
    Ok(())
}

/// Moves everything from the damaged frame on out of the way. It can be done again after a crash.
fn cut(whole: &Whole, damage: &Damage) -> Result<PathBuf, StoreError> {
    let segments = &whole.segments;
    let (disk, layout) = (&*segments.disk, &segments.layout);
    let last = damage.sequence.saturating_sub(1);
    let end = from_start(segments, last, &ProgressCallback::default())?.end;
    let aside = free_dir(segments)?;
    let (snapshots, _) = snapshot::list(segments)?;
    let later = snapshots.into_iter().filter(|snapshot| snapshot.sequence() > end.sequence);
    let later = later.map(|snapshot| snapshot.path().to_path_buf());
    let (numbers, _) = segments.list()?;
    let numbers = numbers.into_iter().rev().filter(|number| *number > end.segment);
    let files = numbers.map(|number| segments.path(number));
    for path in later.chain(files).collect::<Vec<_>>() {
        if let Some(name) = path.file_name() {
            disk.rename(&path, &aside.join(name)).map_err(StoreError::io("move", &path))?;
        }
    }
    if end.segment != 0 {
        let path = segments.path(end.segment);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = aside.join(format!("{name}.from-{}", end.offset));
        let file = disk.open(&path, How::Write).map_err(StoreError::io("open", &path))?;
        copy_rest(segments, &*file, end.offset, &part)?;
        let emptied = file.set_len(end.offset).and_then(|()| file.sync());
        emptied.map_err(StoreError::io("cut", &path))?;
    }
    for dir in [aside.clone(), layout.cut(), layout.journal(), layout.snapshots()] {
        disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))?;
    }
    if end.sequence == 0 {
        let meta = Meta { genesis: None, ..whole.meta.clone() };
        meta.write(disk, layout)?;
    }
    set_watermark(segments, &end)?;
    segments.forget();
    Ok(aside)
}

/// Makes `cut/N` for the first free N.
fn free_dir(segments: &Segments) -> Result<PathBuf, StoreError> {
    let mut number = 1u32;
    loop {
        let dir = segments.layout.cut().join(number.to_string());
        if segments.disk.list(&dir).map_or(true, |names| names.is_empty()) {
            segments.disk.create_dir_all(&dir).map_err(StoreError::io("create", &dir))?;
            return Ok(dir);
        }
        number = number.saturating_add(1);
    }
}

fn copy_rest(
    segments: &Segments,
    file: &dyn DiskFile,
    offset: u64,
    to: &Path,
) -> Result<(), StoreError> {
    let length = file.bytes().map_err(StoreError::io("read", to))?.saturating_sub(offset);
    let mut rest = vec![0; usize::try_from(length).unwrap_or(0)];
    file.read_at(&mut rest, offset).map_err(StoreError::io("read", to))?;
    let used = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    rest.truncate(used);
    let copy = segments.disk.open(to, How::Create).map_err(StoreError::io("create", to))?;
    copy.write_at(&rest, 0).and_then(|()| copy.sync()).map_err(StoreError::io("write", to))
}

/// Says durably that the journal was acknowledged up to there.
pub(super) fn set_watermark(segments: &Segments, end: &Place) -> Result<(), StoreError> {
    let path = segments.layout.tip();
    let Place { segment, offset, sequence, .. } = *end;
    let watermark = Watermark { mark: segments.identity.mark(), sequence, segment, end: offset };
    Tip::open(&*segments.disk, &segments.layout)
        .and_then(|tip| tip.write(watermark).and_then(|()| tip.sync()))
        .map_err(StoreError::io("write", &path))
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
