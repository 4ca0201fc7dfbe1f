//! Frames: what one sync makes durable. And the headers of segments, the files that they are in.

use crate::encoding::{self, DecodeError, Glance, Input};
use crate::error::Fault;
use crate::meta::FORMAT_VERSION;
use crate::record::{BlockRecord, Position, Record};
use std::fmt;

/// Bytes of a segment's header.
pub(crate) const SEGMENT_HEADER: usize = 44;
/// Bytes of a frame's header.
pub(crate) const FRAME_HEADER: usize = 36;
/// Most bytes of a frame's payload.
pub const FRAME_LIMIT: u64 = 1 << 30;

const SEGMENT_MARK: [u8; 8] = *b"BONDJRNL";
pub(crate) const FRAME_MARK: [u8; 4] = *b"BFRM";

impl Position {
    /// A record that begins at that offset of a segment. No segment has more than 4 GiB.
    pub(crate) fn new(segment: u32, offset: u64) -> Self {
        Self(u64::from(segment) << 32 | offset & u64::from(u32::MAX))
    }

    pub(crate) fn segment(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(u32::MAX)
    }

    /// Where the record begins, in bytes from the start of the segment.
    pub(crate) fn offset(self) -> u64 {
        self.0 & u64::from(u32::MAX)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}, byte {}", self.segment(), self.offset())
    }
}

/// Whose journal it is: its store and how often it was compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) store_id: u64,
    pub(crate) generation: u32,
}

impl Identity {
    /// A number that no other journal has.
    pub(crate) fn mark(self) -> u64 {
        self.store_id ^ u64::from(self.generation).rotate_left(32)
    }
}

/// The first bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) mark: u64,
    pub(crate) number: u32,
    /// Sequence number of its first frame.
    pub(crate) first: u64,
    /// Checksum of the frame before that one.
    pub(crate) chain: u32,
}

impl SegmentHeader {
    pub(crate) fn to_bytes(self) -> [u8; SEGMENT_HEADER] {
        let mut out = Vec::with_capacity(SEGMENT_HEADER);
        out.extend_from_slice(&SEGMENT_MARK);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&self.mark.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.chain.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        seal(&out)
    }

    /// Reads a header. Whether its fields are the expected ones is for the caller to judge.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<SEGMENT_HEADER>()?;
        let mut fields = Fields { rest: opened(bytes).ok()? };
        let marked = fields.array::<8>() == SEGMENT_MARK && fields.u32() == FORMAT_VERSION;
        let (mark, number) = (fields.u64(), fields.u32());
        let header = Self { mark, number, first: fields.u64(), chain: fields.u32() };
        marked.then_some(header)
    }
}

/// The first bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) mark: u64,
    pub(crate) sequence: u64,
    /// Bytes of the payload.
    pub(crate) length: u32,
    /// Checksum of the payload.
    pub(crate) payload: u32,
    /// Checksum of the frame before this one.
    pub(crate) chain: u32,
}

impl FrameHeader {
    pub(crate) fn to_bytes(self) -> [u8; FRAME_HEADER] {
        let mut out = Vec::with_capacity(FRAME_HEADER);
        out.extend_from_slice(&FRAME_MARK);
        out.extend_from_slice(&self.mark.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.payload.to_le_bytes());
        out.extend_from_slice(&self.chain.to_le_bytes());
        seal(&out)
    }

    /// Reads a header whose checksum fits, and that checksum, which stands for the whole frame.
    pub(crate) fn read(bytes: &[u8; FRAME_HEADER]) -> Result<(Self, u32), Fault> {
        let mut fields = Fields { rest: bytes };
        let found = fields.array();
        if found != FRAME_MARK {
            return Err(Fault::NoFrame { found });
        }
        opened(bytes).map_err(|(expected, found)| Fault::HeaderChecksum { expected, found })?;
        let (mark, sequence) = (fields.u64(), fields.u64());
        let (length, payload, chain) = (fields.u32(), fields.u32(), fields.u32());
        Ok((Self { mark, sequence, length, payload, chain }, fields.u32()))
    }
}

/// The bytes with their own checksum behind them.
fn seal<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut sealed = [0; N];
    let sum = crc32c::crc32c(bytes).to_le_bytes();
    for (place, byte) in sealed.iter_mut().zip(bytes.iter().chain(&sum)) {
        *place = *byte;
    }
    sealed
}

/// The bytes without their checksum if it fits, else the fitting and the found one.
fn opened<const N: usize>(bytes: &[u8; N]) -> Result<&[u8], (u32, u32)> {
    let (body, sum) = bytes.split_last_chunk::<4>().unwrap_or((bytes, &[0; 4]));
    let (expected, found) = (crc32c::crc32c(body), u32::from_le_bytes(*sum));
    if expected == found { Ok(body) } else { Err((expected, found)) }
}

/// Fixed fields, of which there are enough.
pub(crate) struct Fields<'a> {
    pub(crate) rest: &'a [u8],
}

impl Fields<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let Some((taken, rest)) = self.rest.split_first_chunk::<N>() else { return [0; N] };
        self.rest = rest;
        *taken
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}

/// Records on their way into one frame. It can be filled on another thread than the one that
/// appends it.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Room for the header, then the payload.
    bytes: Vec<u8>,
    /// Where each record begins in `bytes`.
    starts: Vec<usize>,
    /// What the store checks before it appends.
    glances: Vec<Glance>,
    body: Vec<u8>,
}

impl Default for Batch {
    fn default() -> Self {
        let bytes = vec![0; FRAME_HEADER];
        Self { bytes, starts: Vec::new(), glances: Vec::new(), body: Vec::new() }
    }
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record.
    pub fn push(&mut self, record: &Record) {
        let glance = match record {
            Record::Block(block) => return self.push_block(block),
            Record::Rewind { height } => Glance::Rewind { height: *height },
            Record::Clock(_) | Record::Waiting(_) | Record::Dropped { .. } => Glance::Other,
        };
        self.body.clear();
        encoding::encode(record, &mut self.body);
        self.close(glance);
    }

    /// Adds a block.
    pub fn push_block(&mut self, block: &BlockRecord) {
        let (number, parent, hash) = (block.moment.number, block.parent, block.hash);
        self.body.clear();
        encoding::encode_block(block, &mut self.body);
        self.close(Glance::Block { number, parent, hash });
    }

    /// Puts the body behind how far it is from the frame's start, its length and its checksum, so
    /// that it can be read by itself and leads to its frame.
    fn close(&mut self, glance: Glance) {
        let start = self.bytes.len();
        self.glances.push(glance);
        self.starts.push(start);
        for size in [start, self.body.len()] {
            encoding::unsigned(u64::try_from(size).unwrap_or(u64::MAX), &mut self.bytes);
        }
        self.bytes.extend_from_slice(&crc32c::crc32c(&self.body).to_le_bytes());
        self.bytes.extend_from_slice(&self.body);
    }

    /// How many records are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Bytes that its frame takes in the journal.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// Takes everything out; the memory stays.
    pub fn clear(&mut self) {
        self.bytes.truncate(FRAME_HEADER);
        self.starts.clear();
        self.glances.clear();
    }

    pub(crate) fn glances(&self) -> &[Glance] {
        &self.glances
    }

    /// The frame's bytes and the checksum that the next one follows.
    pub(crate) fn sealed(&mut self, mark: u64, sequence: u64, chain: u32) -> (&[u8], u32) {
        let payload = self.bytes.get(FRAME_HEADER..).unwrap_or_default();
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let payload = crc32c::crc32c(payload);
        let header = FrameHeader { mark, sequence, length, payload, chain }.to_bytes();
        for (place, byte) in self.bytes.iter_mut().zip(header) {
            *place = byte;
        }
        let sum = header.last_chunk().map_or(0, |sum| u32::from_le_bytes(*sum));
        (&self.bytes, sum)
    }

    /// Where each record is when the frame begins there.
    pub(crate) fn positions(&self, segment: u32, frame: u64) -> Vec<Position> {
        let place = |start: &usize| frame.saturating_add(u64::try_from(*start).unwrap_or(u64::MAX));
        self.starts.iter().map(|start| Position::new(segment, place(start))).collect()
    }
}

/// What is before a record's body.
pub(crate) struct RecordHeader {
    /// Bytes from the start of the frame to the record.
    pub(crate) distance: u64,
    /// Bytes of the body.
    pub(crate) length: usize,
    checksum: u32,
}

/// Takes the header of a record off the bytes.
pub(crate) fn record_header(bytes: &mut &[u8]) -> Result<RecordHeader, Fault> {
    let mut input = Input { rest: bytes };
    let header = (|| {
        let distance = input.unsigned("a record's distance")?;
        let length = input.unsigned("a record's length")?;
        let length = usize::try_from(length)
            .map_err(|_| DecodeError::Value { field: "a record's length", found: length })?;
        let checksum = input.take(4, "a record's checksum")?;
        let checksum = checksum.first_chunk().map_or(0, |sum| u32::from_le_bytes(*sum));
        Ok(RecordHeader { distance, length, checksum })
    })();
    *bytes = input.rest;
    header.map_err(Fault::Record)
}

impl RecordHeader {
    /// That the body is what was written.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), Fault> {
        let (expected, found) = (self.checksum, crc32c::crc32c(body));
        let fault = Fault::PayloadChecksum { expected, found };
        if expected == found { Ok(()) } else { Err(fault) }
    }
}

/// Takes the next record off a payload.
pub(crate) fn split_record<'a>(payload: &mut &'a [u8]) -> Result<&'a [u8], Fault> {
    let header = record_header(payload)?;
    let ends = Fault::Record(DecodeError::Ends { field: "a record" });
    let (body, rest) = payload.split_at_checked(header.length).ok_or(ends)?;
    header.check(body)?;
    *payload = rest;
    Ok(body)
}
