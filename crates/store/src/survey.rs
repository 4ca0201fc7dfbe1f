//! The first pass over a journal: is it whole, and which of its blocks are still in the chain?

use crate::encoding::{Glance, glance};
use crate::error::{Fault, StoreError};
use crate::frame::{FRAME_HEADER, split_record};
use crate::record::Position;
use crate::recovery::{Progress, ProgressCallback, Stage};
use crate::segments::{Place, Segments};
use crate::walk::{Step, Walk};
use alloy_primitives::B256;
use std::sync::Arc;

/// The last block of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: B256,
}

/// Where a pass begins: at the start, or after a block that a snapshot is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    pub(crate) place: Place,
    /// The block's record and the block.
    pub(crate) after: Option<(Position, Head)>,
}

impl Base {
    pub(crate) const START: Self = Self { place: Place::START, after: None };
}

/// Records that are still in the chain, of those from `start` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    /// Ordinal of its first record.
    start: u64,
    /// Height that its first block has.
    first: u64,
    /// Height of the last block that is still in the chain, if a later one was taken back.
    cut: Option<u64>,
}

/// Which records are still in the chain.
#[derive(Clone, Debug)]
pub(crate) struct Lineage {
    base: Option<Head>,
    stretches: Vec<Stretch>,
    records: u64,
    height: Option<u64>,
    /// Unknown after a rewind.
    hash: Option<B256>,
    /// Hash of the first block of all, when the pass began before it.
    pub(crate) genesis: Option<B256>,
    /// Blocks that were seen, those among them that were taken back too.
    pub(crate) seen: u64,
}

/// A rewind below the block that the pass began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BelowBase {
    pub(crate) height: u64,
}

impl Lineage {
    pub(crate) fn new(base: Option<Head>) -> Self {
        let first = Stretch { start: 0, first: next_height(base), cut: None };
        let height = base.map(|base| base.height);
        // The first block of all follows nothing.
        let hash = Some(base.map_or(B256::ZERO, |base| base.hash));
        let (records, genesis, seen) = (0, None, 0);
        Self { base, stretches: vec![first], records, height, hash, genesis, seen }
    }

    /// Takes the next record in.
    pub(crate) fn record(&mut self, glance: &Glance) -> Result<Result<(), BelowBase>, Fault> {
        match *glance {
            Glance::Block { number, parent, hash } => self.block(number, parent, hash)?,
            Glance::Rewind { height } => {
                if let Err(below) = self.rewind(height)? {
                    return Ok(Err(below));
                }
            }
            Glance::Other => {}
        }
        self.records = self.records.saturating_add(1);
        Ok(Ok(()))
    }

    fn block(&mut self, number: u64, parent: B256, hash: B256) -> Result<(), Fault> {
        check_next(self.height, self.hash, number, parent)?;
        if self.height.is_none() {
            self.genesis = Some(hash);
            if let Some(stretch) = self.stretches.first_mut() {
                stretch.first = number;
            }
        }
        (self.height, self.hash) = (Some(number), Some(hash));
        self.seen = self.seen.saturating_add(1);
        Ok(())
    }

    fn rewind(&mut self, height: u64) -> Result<Result<(), BelowBase>, Fault> {
        let Some(head) = self.height.filter(|head| height <= *head) else {
            let expected = self.height.map_or("no block".to_owned(), |head| format!("0 to {head}"));
            return Err(Fault::Rewind { expected, found: height });
        };
        if self.base.is_some_and(|base| height < base.height) {
            return Ok(Err(BelowBase { height }));
        }
        let lowest = self.stretches.first().map_or(0, |stretch| stretch.first);
        if self.base.is_none() && height < lowest {
            return Err(Fault::Rewind { expected: format!("{lowest} to {head}"), found: height });
        }
        while self.stretches.last().is_some_and(|stretch| stretch.first > height) {
            self.stretches.pop();
        }
        if let Some(last) = self.stretches.last_mut() {
            last.cut = Some(height);
        }
        let start = self.records.saturating_add(1);
        self.stretches.push(Stretch { start, first: height.saturating_add(1), cut: None });
        self.height = Some(height);
        self.hash = self.base.filter(|base| base.height == height).map(|base| base.hash);
        Ok(Ok(()))
    }

    /// Height of the last block.
    pub(crate) fn height(&self) -> Option<u64> {
        self.height
    }

    /// Hash of the last block, unless the chain was just set back to it.
    pub(crate) fn hash(&self) -> Option<B256> {
        self.hash
    }

    /// Says of each record in turn whether it is still in the chain.
    pub(crate) fn sieve(self) -> Sieve {
        Sieve { lineage: self, stretch: None, record: 0, stopped: true }
    }
}

/// Whether a block is the next one.
pub(crate) fn check_next(
    height: Option<u64>,
    hash: Option<B256>,
    number: u64,
    parent: B256,
) -> Result<(), Fault> {
    if let Some(height) = height {
        let expected = height.saturating_add(1);
        if number != expected {
            return Err(Fault::Height { expected, found: number });
        }
    }
    match hash {
        Some(expected) if parent != expected => {
            Err(Fault::Parent { height: number, expected, found: parent })
        }
        _ => Ok(()),
    }
}

fn next_height(base: Option<Head>) -> u64 {
    base.map_or(0, |base| base.height.saturating_add(1))
}

/// Goes through the same records once more and tells which are still in the chain.
#[derive(Debug)]
pub(crate) struct Sieve {
    lineage: Lineage,
    /// The stretch that the record is in; none before the first.
    stretch: Option<usize>,
    record: u64,
    /// Whether the rest of the stretch was taken back.
    stopped: bool,
}

impl Sieve {
    /// Whether the next record, which is this one, is still in the chain.
    pub(crate) fn keeps(&mut self, glance: &Glance) -> bool {
        let next = self.stretch.map_or(0, |stretch| stretch.saturating_add(1));
        let stretches = &self.lineage.stretches;
        if stretches.get(next).is_some_and(|stretch| stretch.start <= self.record) {
            self.stretch = Some(next);
            self.stopped = false;
        }
        self.record = self.record.saturating_add(1);
        if self.stopped {
            return false;
        }
        let cut = self.stretch.and_then(|stretch| stretches.get(stretch)?.cut);
        match *glance {
            Glance::Block { number, .. } => {
                self.stopped = cut == Some(number);
                true
            }
            Glance::Other => true,
            Glance::Rewind { .. } => false,
        }
    }
}

/// What the first pass found.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) lineage: Lineage,
    /// After the last whole frame.
    pub(crate) end: Place,
    /// How the pass ended.
    pub(crate) last: Step,
    pub(crate) frames: u64,
}

/// Why a pass could not begin after a snapshot's block.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The block is not where the snapshot says.
    NotThere,
    /// The chain was set back below it.
    Rewound(BelowBase),
}

/// Goes through the journal from there on, up to the frame of that sequence number.
pub(crate) fn survey(
    segments: &Arc<Segments>,
    base: &Base,
    limit: u64,
    progress: &ProgressCallback,
) -> Result<Result<Survey, Unusable>, StoreError> {
    let mut walk = Walk::from(segments.clone(), base.place)?;
    let mut lineage = Lineage::new(base.after.map(|(_, head)| head));
    let total_bytes = bytes_from(segments, &base.place)?;
    let (mut bytes, mut frames) = (0u64, 0u64);
    loop {
        let before = walk.place();
        let step = if before.sequence < limit { walk.step()? } else { Step::End };
        let Step::Frame { segment, offset, .. } = step else {
            if frames == 0 && base.after.is_some() {
                return Ok(Err(Unusable::NotThere));
            }
            let end = walk.place();
            return Ok(Ok(Survey { lineage, end, last: step, frames }));
        };
        let skip = base.after.filter(|_| frames == 0).map(|(position, _)| position.offset());
        match take_in(walk.payload()?, offset, skip, &mut lineage) {
            Ok(Ok(())) => {}
            Ok(Err(below)) => return Ok(Err(Unusable::Rewound(below))),
            Err(fault) => {
                // What came of the first half of the frame must not count.
                let last = Step::Bad { segment, offset, fault };
                let whole = survey(segments, base, before.sequence, progress)?;
                return Ok(whole.map(|whole| Survey { last, ..whole }));
            }
        }
        frames = frames.saturating_add(1);
        let after = walk.place();
        bytes = bytes.saturating_add(after.offset.saturating_sub(offset));
        if frames.is_multiple_of(1024) || before.segment != after.segment {
            let blocks = lineage.seen;
            progress.report(Progress { stage: Stage::Checking, bytes, total_bytes, blocks });
        }
    }
}

/// Takes in the records of a frame, but those up to the offset `skip` of its segment.
fn take_in(
    mut payload: &[u8],
    frame: u64,
    skip: Option<u64>,
    lineage: &mut Lineage,
) -> Result<Result<(), BelowBase>, Fault> {
    let start = frame.saturating_add(size(FRAME_HEADER));
    let whole = payload.len();
    while !payload.is_empty() {
        let at = start.saturating_add(size(whole.saturating_sub(payload.len())));
        let body = split_record(&mut payload)?;
        if skip.is_some_and(|skip| at <= skip) {
            continue;
        }
        let glance = glance(body).map_err(Fault::Record)?;
        if let Err(below) = lineage.record(&glance)? {
            return Ok(Err(below));
        }
    }
    Ok(Ok(()))
}

/// Bytes of the journal's files from a place on.
pub(crate) fn bytes_from(segments: &Segments, place: &Place) -> Result<u64, StoreError> {
    let (numbers, _) = segments.list()?;
    let mut total = 0u64;
    for number in numbers.into_iter().filter(|number| *number >= place.segment) {
        let path = segments.path(number);
        let file = segments.file(number)?;
        let length =
            file.map_or(Ok(0), |file| file.bytes()).map_err(StoreError::io("read", &path))?;
        let before = if number == place.segment { place.offset } else { 0 };
        total = total.saturating_add(length.saturating_sub(before));
    }
    Ok(total)
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// That no segment is missing between the first and the last.
pub(crate) fn check_numbers(segments: &Segments, numbers: &[u32]) -> Result<(), StoreError> {
    for (number, expected) in numbers.iter().zip(1u32..) {
        if *number != expected {
            let fault = Fault::SegmentMissing { segment: expected };
            return Err(segments.damage(expected, 0, 0, fault).into());
        }
    }
    Ok(())
}

/// Where a pass begins that goes on after a snapshot's block.
pub(crate) fn base_of(
    segments: &Segments,
    position: Position,
    head: Head,
) -> Result<Base, StoreError> {
    let (offset, header) = segments.frame(position)?;
    if header.mark != segments.identity.mark() {
        return Err(StoreError::NoBlock(position));
    }
    let place = Place {
        segment: position.segment(),
        offset,
        sequence: header.sequence.saturating_sub(1),
        chain: header.chain,
    };
    match segments.glance(position)? {
        Glance::Block { number, hash, .. } if number == head.height && hash == head.hash => {
            Ok(Base { place, after: Some((position, head)) })
        }
        _ => {
            let Head { height, hash } = head;
            Err(StoreError::OtherBlock { height, hash, position })
        }
    }
}
