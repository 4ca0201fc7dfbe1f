//! What a store gives back when it is opened.

use crate::encoding::{Glance, decode, glance};
use crate::error::{Fault, StoreError};
use crate::frame::{FRAME_HEADER, split_record};
use crate::meta::Meta;
use crate::record::{BlockRecord, ClockRecord, Position, Record, WaitingRecord};
use crate::segments::Segments;
use crate::snapshot::Snapshot;
use crate::survey::{Base, Head, Lineage, Sieve};
use crate::walk::{Step, TornTail, Walk};
use alloy_primitives::B256;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where opening stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Bytes of the journal that are done.
    pub bytes: u64,
    /// Bytes of the journal in all; what was preallocated counts.
    pub total_bytes: u64,
    /// Blocks that are done.
    pub blocks: u64,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The journal's frames are checked.
    Checking,
    /// Blocks are read and their hashes verified.
    Reading,
}

/// Whom to tell how far the work is.
#[derive(Clone, Default)]
pub struct ProgressCallback(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl ProgressCallback {
    /// Calls `tell` every thousand frames or so.
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(crate) fn report(&self, progress: Progress) {
        if let Some(tell) = &self.0 {
            tell(progress);
        }
    }
}

impl fmt::Debug for ProgressCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "ProgressCallback" } else { "no ProgressCallback" })
    }
}

/// Something that opening found and dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Parts of a frame that was never acknowledged were cut off.
    CutTornTail(TornTail),
    /// A snapshot was not used because it is damaged.
    BrokenSnapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A snapshot was not used because the chain was set back below it later.
    RewoundSnapshot {
        /// The file.
        path: PathBuf,
        /// Height that the chain was set back to.
        height: u64,
    },
    /// A file that a crash had left half written, or that compaction had replaced, was removed.
    RemovedLeftover {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutTornTail(TornTail { path, byte, bytes, fault }) => write!(
                f,
                "cut {bytes} bytes of a write that was never acknowledged from {} at byte {byte}: \
                 {fault}",
                path.display()
            ),
            Self::BrokenSnapshot { path, fault } => {
                write!(f, "ignored the snapshot {}: {fault}", path.display())
            }
            Self::RewoundSnapshot { path, height } => write!(
                f,
                "ignored the snapshot {}: the chain was set back to block {height}",
                path.display()
            ),
            Self::RemovedLeftover { path } => write!(f, "removed the leftover {}", path.display()),
        }
    }
}

/// What a store holds: a snapshot of the state, and what happened since.
#[derive(Debug)]
pub struct Recovery {
    /// What the store is of.
    pub meta: Meta,
    /// The latest usable snapshot. Without one, fold `records` from the first block on.
    pub snapshot: Option<Snapshot>,
    /// What happened after the snapshot, or from the start.
    pub records: Records,
    /// What was found and dealt with; worth a line each to whoever started the node.
    pub notices: Vec<Notice>,
}

/// A record that is still in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// The next block. Its parent and its hash were verified.
    Block {
        /// Where it is, for [`crate::Store::block`].
        position: Position,
        /// The block.
        block: BlockRecord,
    },
    /// The clock was moved after the block before.
    Clock(ClockRecord),
    /// A transaction was acknowledged that waits for its block.
    Waiting(WaitingRecord),
    /// A waiting transaction was dropped.
    Dropped {
        /// Hash of the transaction.
        hash: B256,
    },
}

/// Streams the records that are still in the chain. Rewinds are applied: what they took back does
/// not come out, and neither do they. After a rewind the clock is that of the block that is the
/// last one again.
///
/// After an error nothing more comes.
#[derive(Debug)]
pub struct Records {
    segments: Arc<Segments>,
    walk: Walk,
    sieve: Sieve,
    /// Sequence number of the last frame to read.
    last: u64,
    /// Records up to this offset of the first frame are before the snapshot.
    skip: Option<u64>,
    head: Option<Head>,
    payload: Vec<u8>,
    /// How much of the payload was read.
    read: usize,
    frame: (u32, u64),
    failed: bool,
    progress: ProgressCallback,
    done: (u64, u64, u64),
}

impl Records {
    pub(crate) fn new(
        segments: Arc<Segments>,
        base: &Base,
        lineage: Lineage,
        last: u64,
        total_bytes: u64,
        progress: ProgressCallback,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            walk: Walk::from(segments.clone(), base.place)?,
            segments,
            sieve: lineage.sieve(),
            last,
            skip: base.after.map(|(position, _)| position.offset()),
            head: base.after.map(|(_, head)| head),
            payload: Vec::new(),
            read: 0,
            frame: (0, 0),
            failed: false,
            progress,
            done: (0, total_bytes, 0),
        })
    }

    /// The last block that came out, or the snapshot's.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    fn advance(&mut self) -> Result<Option<Recovered>, StoreError> {
        loop {
            if self.read >= self.payload.len() && !self.next_frame()? {
                return Ok(None);
            }
            let (segment, frame) = self.frame;
            let start = frame.saturating_add(size(FRAME_HEADER));
            let at = start.saturating_add(size(self.read));
            let mut rest = self.payload.get(self.read..).unwrap_or_default();
            let sequence = self.walk.place().sequence;
            let segments = &self.segments;
            let damage = |fault| segments.damage(segment, at, sequence, fault);
            let body = split_record(&mut rest).map_err(damage)?;
            self.read = self.payload.len().saturating_sub(rest.len());
            if self.skip.is_some_and(|skip| at <= skip) {
                continue;
            }
            let glance = glance(body).map_err(|error| damage(Fault::Record(error)))?;
            if !self.sieve.keeps(&glance) {
                continue;
            }
            match decode(body).map_err(|error| damage(Fault::Record(error)))? {
                Record::Block(block) => {
                    self.head = Some(verify(self.head, &glance, &block).map_err(damage)?);
                    let position = Position::new(segment, at);
                    self.done.2 = self.done.2.saturating_add(1);
                    return Ok(Some(Recovered::Block { position, block }));
                }
                Record::Clock(clock) => return Ok(Some(Recovered::Clock(clock))),
                Record::Waiting(waiting) => return Ok(Some(Recovered::Waiting(waiting))),
                Record::Dropped { hash } => return Ok(Some(Recovered::Dropped { hash })),
                // The sieve keeps none.
                Record::Rewind { .. } => {}
            }
        }
    }

    fn next_frame(&mut self) -> Result<bool, StoreError> {
        if self.walk.place().sequence >= self.last {
            return Ok(false);
        }
        if !self.payload.is_empty() {
            self.skip = None;
        }
        let (segment, offset) = match self.walk.step()? {
            Step::Frame { segment, offset, .. } => (segment, offset),
            Step::Bad { segment, offset, fault } => {
                let next = self.walk.place().sequence.saturating_add(1);
                return Err(self.segments.damage(segment, offset, next, fault).into());
            }
            Step::End => {
                let place = self.walk.place();
                let next = place.sequence.saturating_add(1);
                let fault = Fault::EndsEarly { acknowledged: self.last, found: place.sequence };
                return Err(self.segments.damage(place.segment, place.offset, next, fault).into());
            }
        };
        self.frame = (segment, offset);
        self.payload.clear();
        self.payload.extend_from_slice(self.walk.payload()?);
        self.read = 0;
        let (bytes, total_bytes, blocks) = self.done;
        let bytes = bytes.saturating_add(size(self.payload.len().saturating_add(FRAME_HEADER)));
        self.done.0 = bytes;
        if self.walk.place().sequence.is_multiple_of(1024) {
            let stage = Stage::Reading;
            self.progress.report(Progress { stage, bytes, total_bytes, blocks });
        }
        Ok(true)
    }
}

impl Iterator for Records {
    type Item = Result<Recovered, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.advance().transpose();
        self.failed = matches!(next, Some(Err(_)));
        next
    }
}

/// That a block follows the head and has the hash of what is in it.
fn verify(head: Option<Head>, glance: &Glance, block: &BlockRecord) -> Result<Head, Fault> {
    let Glance::Block { number, parent, hash } = *glance else {
        return Err(Fault::Garbage);
    };
    let before = head.map_or(B256::ZERO, |head| head.hash);
    crate::survey::check_next(head.map(|head| head.height), Some(before), number, parent)?;
    let expected = block.computed_hash();
    if hash != expected {
        return Err(Fault::Hash { height: number, expected, found: hash });
    }
    Ok(Head { height: number, hash })
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
