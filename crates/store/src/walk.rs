//! Going through a journal frame by frame, and judging where that ends.

use crate::disk::{DiskFile, How};
use crate::error::{Damage, Fault, StoreError};
use crate::frame::{FRAME_HEADER, FRAME_MARK, FrameHeader, SEGMENT_HEADER, SegmentHeader};
use crate::segments::{Place, Segments};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Bytes that are read at once.
const WINDOW: usize = 1 << 20;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A frame, which is whole. Its payload is in the walk.
    Frame {
        /// Segment that it is in.
        segment: u32,
        /// Where it begins.
        offset: u64,
        /// Its number.
        sequence: u64,
    },
    /// The journal ends here as it should.
    End,
    /// What is here is no frame that follows.
    Bad {
        /// The segment.
        segment: u32,
        /// Where, in bytes from its start.
        offset: u64,
        /// What is wrong.
        fault: Fault,
    },
}

/// A walk through a journal.
#[derive(Debug)]
pub(crate) struct Walk {
    segments: Arc<Segments>,
    place: Place,
    file: Option<Arc<dyn DiskFile>>,
    window: Vec<u8>,
    window_start: u64,
    payload: (u64, usize),
}

impl Walk {
    /// From a place on, which must be before a frame or at the start.
    pub(crate) fn from(segments: Arc<Segments>, place: Place) -> Result<Self, StoreError> {
        let file = match place.segment {
            0 => None,
            segment => segments.file(segment)?,
        };
        let (window, window_start) = (Vec::new(), 0);
        Ok(Self { segments, place, file, window, window_start, payload: (0, 0) })
    }

    /// After the last frame that was whole.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// The payload of the last frame.
    pub(crate) fn payload(&mut self) -> Result<&[u8], StoreError> {
        let (offset, length) = self.payload;
        self.view(offset, length)
    }

    /// The bytes from `offset` on, fewer than `length` at the end of the file.
    fn view(&mut self, offset: u64, length: usize) -> Result<&[u8], StoreError> {
        let inside = offset.checked_sub(self.window_start).and_then(|at| usize::try_from(at).ok());
        let covered = inside
            .is_some_and(|at| at.checked_add(length).is_some_and(|end| end <= self.window.len()));
        if !covered {
            let path = self.segments.path(self.place.segment);
            self.refill(offset, length).map_err(StoreError::io("read", &path))?;
        }
        let at = offset.saturating_sub(self.window_start);
        let rest = self.window.get(usize::try_from(at).unwrap_or(usize::MAX)..).unwrap_or_default();
        Ok(rest.get(..length).unwrap_or(rest))
    }

    fn refill(&mut self, offset: u64, length: usize) -> io::Result<()> {
        self.window.clear();
        self.window_start = offset;
        let Some(file) = &self.file else { return Ok(()) };
        let available = file.bytes()?.saturating_sub(offset);
        let available = usize::try_from(available).unwrap_or(usize::MAX);
        self.window.resize(length.max(WINDOW).min(available), 0);
        let read = file.read_at(&mut self.window, offset)?;
        self.window.truncate(read);
        Ok(())
    }

    /// Goes on by a frame. After [`Step::End`] or [`Step::Bad`] the walk stays where it is.
    pub(crate) fn step(&mut self) -> Result<Step, StoreError> {
        loop {
            let (segment, offset) = (self.place.segment, self.place.offset);
            let bad = |fault| Ok(Step::Bad { segment, offset, fault });
            let head = self.view(offset, FRAME_HEADER)?;
            if head.iter().all(|byte| *byte == 0) {
                if let Some(byte) = self.next_byte(offset)? {
                    let fault = Fault::Garbage;
                    return Ok(Step::Bad { segment, offset: byte, fault });
                }
                match self.cross()? {
                    Some(step) => return Ok(step),
                    None => continue,
                }
            }
            let Some(head) = head.first_chunk::<FRAME_HEADER>() else {
                return bad(truncated(FRAME_HEADER, head.len()));
            };
            let (header, chain) = match FrameHeader::read(head) {
                Ok(read) => read,
                Err(fault) => return bad(fault),
            };
            if let Some(fault) = self.misfit(&header) {
                return bad(fault);
            }
            let start = offset.saturating_add(size(FRAME_HEADER));
            let length = usize::try_from(header.length).unwrap_or(usize::MAX);
            let payload = self.view(start, length)?;
            if payload.len() < length {
                return bad(truncated(length, payload.len()));
            }
            let found = crc32c::crc32c(payload);
            if found != header.payload {
                return bad(Fault::PayloadChecksum { expected: header.payload, found });
            }
            self.payload = (start, length);
            let sequence = header.sequence;
            let end = start.saturating_add(header.length.into());
            self.place = Place { segment, offset: end, sequence, chain };
            return Ok(Step::Frame { segment, offset, sequence });
        }
    }

    fn misfit(&self, header: &FrameHeader) -> Option<Fault> {
        let (mark, expected) =
            (self.segments.identity.mark(), self.place.sequence.saturating_add(1));
        if header.mark != mark {
            return Some(Fault::OtherStore { expected: mark, found: header.mark });
        }
        if header.sequence != expected {
            return Some(Fault::Sequence { expected, found: header.sequence });
        }
        let (expected, found) = (self.place.chain, header.chain);
        (expected != found).then_some(Fault::Chain { expected, found })
    }

    /// Where the next byte is that is not zero.
    fn next_byte(&mut self, mut offset: u64) -> Result<Option<u64>, StoreError> {
        loop {
            let view = self.view(offset, WINDOW)?;
            if let Some(at) = view.iter().position(|byte| *byte != 0) {
                return Ok(Some(offset.saturating_add(size(at))));
            }
            if view.len() < WINDOW {
                return Ok(None);
            }
            offset = offset.saturating_add(size(view.len()));
        }
    }

    /// Goes to the next segment, unless the journal ends or the segment does not follow.
    fn cross(&mut self) -> Result<Option<Step>, StoreError> {
        let number = self.place.segment.saturating_add(1);
        let Some(file) = self.segments.file(number)? else { return Ok(Some(Step::End)) };
        if let Some(fault) = self.segments.follows(&*file, number, &self.place) {
            return Ok(Some(Step::Bad { segment: number, offset: 0, fault }));
        }
        self.file = Some(file);
        self.window.clear();
        self.place = Place { segment: number, offset: size(SEGMENT_HEADER), ..self.place };
        Ok(None)
    }
}

/// What is after the last whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing, or zeros.
    Clean,
    /// Parts of a frame that was never acknowledged.
    Torn(TornTail),
    /// Something that was acknowledged.
    Damaged(Damage),
}

/// Parts of a frame that was being written when the process or the machine stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The file.
    pub path: PathBuf,
    /// Where the whole frames end, in bytes.
    pub byte: u64,
    /// Bytes from there to the last one that was written.
    pub bytes: u64,
    /// What is wrong with them.
    pub fault: Fault,
}

/// Judges the end of a walk: what is after the last whole frame, and must it be kept? Everything up
/// to the frame `acknowledged` must be there.
pub(crate) fn judge(
    segments: &Segments,
    end: &Place,
    step: &Step,
    acknowledged: u64,
) -> Result<Tail, StoreError> {
    let next = end.sequence.saturating_add(1);
    let lost = acknowledged > end.sequence;
    let (segment, offset, fault) = match step {
        Step::Bad { segment, offset, fault } => (*segment, *offset, fault.clone()),
        Step::Frame { .. } | Step::End if !lost => return Ok(Tail::Clean),
        Step::Frame { .. } | Step::End => {
            let fault = Fault::EndsEarly { acknowledged, found: end.sequence };
            let damage = segments.damage(end.segment.max(1), end.offset, next, fault);
            return Ok(Tail::Damaged(damage));
        }
    };
    if lost || valid_frame_follows(segments, end, segment, offset)? {
        return Ok(Tail::Damaged(segments.damage(segment, offset, next, fault)));
    }
    let byte = if segment == end.segment { end.offset } else { 0 };
    let last = last_byte(segments, segment)?;
    let bytes = last.map_or(0, |last| last.saturating_add(1).saturating_sub(byte));
    Ok(Tail::Torn(TornTail { path: segments.path(segment), byte, bytes, fault }))
}

/// Whether any frame of this journal that comes later in order is whole. Outsiders cannot forge
/// one inside of a record: they do not know the store's id.
fn valid_frame_follows(
    segments: &Segments,
    end: &Place,
    segment: u32,
    offset: u64,
) -> Result<bool, StoreError> {
    let (numbers, _) = segments.list()?;
    for number in numbers.into_iter().filter(|number| *number >= segment) {
        let from = if number == segment { offset } else { 0 };
        let bytes = rest_of(segments, number, from)?;
        let header = SegmentHeader::read(&bytes).filter(|_| number > segment);
        let ours = |mark| mark == segments.identity.mark();
        if header.is_some_and(|header| ours(header.mark)) {
            return Ok(true);
        }
        let starts = bytes.windows(FRAME_MARK.len()).enumerate();
        let mut marks = starts.filter(|(_, window)| **window == FRAME_MARK);
        let whole = |at: usize| -> Option<bool> {
            let rest = bytes.get(at..)?;
            let (header, _) = FrameHeader::read(rest.first_chunk()?).ok()?;
            let length = usize::try_from(header.length).ok()?;
            let payload = rest.get(FRAME_HEADER..)?.get(..length)?;
            let later = ours(header.mark) && header.sequence > end.sequence;
            Some(later && crc32c::crc32c(payload) == header.payload)
        };
        if marks.any(|(at, _)| whole(at) == Some(true)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn rest_of(segments: &Segments, segment: u32, offset: u64) -> Result<Vec<u8>, StoreError> {
    let path = segments.path(segment);
    let file = segments.disk.open(&path, How::Read).map_err(StoreError::io("open", &path))?;
    let length = file.bytes().map_err(StoreError::io("read", &path))?.saturating_sub(offset);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let read = file.read_at(&mut bytes, offset).map_err(StoreError::io("read", &path))?;
    bytes.truncate(read);
    Ok(bytes)
}

fn last_byte(segments: &Segments, segment: u32) -> Result<Option<u64>, StoreError> {
    let bytes = rest_of(segments, segment, 0)?;
    Ok(bytes.iter().rposition(|byte| *byte != 0).map(size))
}

fn truncated(expected: usize, found: usize) -> Fault {
    Fault::Truncated { expected: size(expected), found: size(found) }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
