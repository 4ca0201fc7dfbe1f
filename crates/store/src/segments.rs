//! The files of a journal, opened when they are first needed.

use crate::disk::{Disk, DiskFile, How};
use crate::encoding::{self, DecodeError, Glance};
use crate::error::{Damage, Fault, StoreError};
use crate::frame::{
    FRAME_HEADER, FrameHeader, Identity, SEGMENT_HEADER, SegmentHeader, record_header,
};
use crate::layout::{Layout, parse_segment};
use crate::record::{BlockRecord, Position, Record};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes that are read for a record before its length is known; most blocks fit.
const RECORD_GUESS: usize = 2048;

/// A place between two frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The segment; 0 before the first one.
    pub(crate) segment: u32,
    /// Where the next frame begins.
    pub(crate) offset: u64,
    /// Sequence number of the frame before; 0 before the first one.
    pub(crate) sequence: u64,
    /// Checksum of the frame before.
    pub(crate) chain: u32,
}

impl Place {
    /// Before everything.
    pub(crate) const START: Self = Self { segment: 0, offset: 0, sequence: 0, chain: 0 };
}

/// The files of a journal.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) layout: Layout,
    pub(crate) identity: Identity,
    files: RwLock<BTreeMap<u32, Arc<dyn DiskFile>>>,
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>, layout: Layout, identity: Identity) -> Self {
        Self { disk, layout, identity, files: RwLock::default() }
    }

    pub(crate) fn path(&self, segment: u32) -> PathBuf {
        self.layout.segment(self.identity.generation, segment)
    }

    /// The numbers of the segments that are there, and the names of those of other generations.
    pub(crate) fn list(&self) -> Result<(Vec<u32>, Vec<PathBuf>), StoreError> {
        let dir = self.layout.journal();
        let names = self.disk.list(&dir).map_err(StoreError::io("list", &dir))?;
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for name in names {
            match parse_segment(&name) {
                Some((generation, segment)) if generation == self.identity.generation => {
                    ours.push(segment);
                }
                Some(_) => others.push(dir.join(name)),
                None => {}
            }
        }
        ours.sort_unstable();
        Ok((ours, others))
    }

    /// A segment's file; nothing when there is none.
    pub(crate) fn file(&self, segment: u32) -> Result<Option<Arc<dyn DiskFile>>, StoreError> {
        if let Some(file) = self.files.read().unwrap_or_else(PoisonError::into_inner).get(&segment)
        {
            return Ok(Some(file.clone()));
        }
        let path = self.path(segment);
        match self.disk.open(&path, How::Read) {
            Ok(file) => {
                let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
                files.insert(segment, file.clone());
                Ok(Some(file))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("open", &path)(error)),
        }
    }

    /// Forgets open files, because they are removed or made anew.
    pub(crate) fn forget(&self) {
        self.files.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(crate) fn damage(&self, segment: u32, byte: u64, sequence: u64, fault: Fault) -> Damage {
        Damage { path: self.path(segment), byte, sequence, fault }
    }

    /// Whether the segment's header is the one that follows that place.
    pub(crate) fn follows(&self, file: &dyn DiskFile, number: u32, place: &Place) -> Option<Fault> {
        let mut bytes = [0; SEGMENT_HEADER];
        let read = file.read_at(&mut bytes, 0).unwrap_or(0);
        if read < SEGMENT_HEADER {
            let expected = u64::try_from(SEGMENT_HEADER).unwrap_or(u64::MAX);
            return Some(Fault::Truncated { expected, found: u64::try_from(read).unwrap_or(0) });
        }
        let header = SegmentHeader::read(&bytes).filter(|header| header.number == number);
        let Some(header) = header else {
            return Some(Fault::SegmentHeader { segment: number });
        };
        let next = place.sequence.saturating_add(1);
        if header.mark != self.identity.mark() {
            let (expected, found) = (self.identity.mark(), header.mark);
            return Some(Fault::OtherStore { expected, found });
        }
        if header.first != next {
            return Some(Fault::Sequence { expected: next, found: header.first });
        }
        let (expected, found) = (place.chain, header.chain);
        (expected != found).then_some(Fault::Chain { expected, found })
    }

    /// The frame that a record is in: where it begins, and its header.
    pub(crate) fn frame(&self, position: Position) -> Result<(u64, FrameHeader), StoreError> {
        let (distance, _) = self.record(position)?;
        let offset = position.offset().checked_sub(distance);
        let offset = offset.ok_or(StoreError::NoBlock(position))?;
        let segment = position.segment();
        let file = self.file(segment)?.ok_or(StoreError::NoBlock(position))?;
        let mut bytes = [0; FRAME_HEADER];
        file.read_at(&mut bytes, offset).map_err(StoreError::io("read", &self.path(segment)))?;
        let (header, _) =
            FrameHeader::read(&bytes).map_err(|fault| self.damage(segment, offset, 0, fault))?;
        Ok((offset, header))
    }

    /// How far a record is from its frame's start, and its bytes after their checksum was seen to
    /// fit.
    fn record(&self, position: Position) -> Result<(u64, Vec<u8>), StoreError> {
        let (segment, offset) = (position.segment(), position.offset());
        let file = self.file(segment)?.ok_or(StoreError::NoBlock(position))?;
        let damage = |fault| self.damage(segment, offset, 0, fault);
        let mut bytes = vec![0; RECORD_GUESS];
        let path = self.path(segment);
        let read = file.read_at(&mut bytes, offset).map_err(StoreError::io("read", &path))?;
        bytes.truncate(read);
        let mut rest = bytes.as_slice();
        let header = record_header(&mut rest).map_err(damage)?;
        let start = bytes.len().saturating_sub(rest.len());
        let available = file.bytes().map_err(StoreError::io("read", &path))?.saturating_sub(offset);
        let whole = start.saturating_add(header.length);
        if size(whole) > available {
            let fault = Fault::Truncated { expected: size(whole), found: available };
            return Err(damage(fault).into());
        }
        let had = bytes.len();
        bytes.resize(whole, 0);
        if let Some(more) = bytes.get_mut(had..).filter(|more| !more.is_empty()) {
            let at = offset.saturating_add(size(had));
            file.read_at(more, at).map_err(StoreError::io("read", &path))?;
        }
        bytes.drain(..start.min(whole));
        header.check(&bytes).map_err(damage)?;
        Ok((header.distance, bytes))
    }

    /// The block that is at a position.
    pub(crate) fn block(&self, position: Position) -> Result<BlockRecord, StoreError> {
        let (_, body) = self.record(position)?;
        match encoding::decode(&body) {
            Ok(Record::Block(block)) => Ok(block),
            Ok(_) => Err(StoreError::NoBlock(position)),
            Err(error) => Err(self.unreadable(position, error)),
        }
    }

    /// What kind of record is at a position.
    pub(crate) fn glance(&self, position: Position) -> Result<Glance, StoreError> {
        let (_, body) = self.record(position)?;
        encoding::glance(&body).map_err(|error| self.unreadable(position, error))
    }

    fn unreadable(&self, position: Position, error: DecodeError) -> StoreError {
        let fault = Fault::Record(error);
        self.damage(position.segment(), position.offset(), 0, fault).into()
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
