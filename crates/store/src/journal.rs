//! The end of the journal, where frames are appended.

use crate::disk::{DiskFile, How};
use crate::error::StoreError;
use crate::frame::{Batch, FRAME_HEADER, FRAME_LIMIT, SEGMENT_HEADER, SegmentHeader};
use crate::record::Position;
use crate::segments::{Place, Segments};
use crate::tip::{Tip, Watermark};
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// How large the journal's files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Bytes after which a new segment begins.
    pub(crate) segment: u64,
    /// Bytes of zeros that are written ahead.
    pub(crate) ahead: u64,
}

/// The end of the journal.
#[derive(Debug)]
pub(crate) struct Journal {
    segments: Arc<Segments>,
    sizes: Sizes,
    file: Option<Arc<dyn DiskFile>>,
    place: Place,
    /// Up to where the segment consists of bytes that were written once. To overwrite them costs a
    /// sync that need not change the file's size, which is several times faster.
    written: u64,
    /// None while a journal is written that does not count yet.
    tip: Option<Tip>,
    zeros: Vec<u8>,
    failure: Option<String>,
}

impl Journal {
    /// Goes on at a place, which must be the end.
    pub(crate) fn open(
        segments: Arc<Segments>,
        place: Place,
        sizes: Sizes,
    ) -> Result<Self, StoreError> {
        let tip_path = segments.layout.tip();
        let tip = Tip::open(&*segments.disk, &segments.layout)
            .map_err(StoreError::io("open", &tip_path))?;
        let (file, written) = match place.segment {
            0 => (None, 0),
            segment => {
                let path = segments.path(segment);
                let opened = segments.disk.open(&path, How::Write);
                let file = opened.map_err(StoreError::io("open", &path))?;
                // A killed process may have left a whole frame that was never synced.
                file.sync().map_err(StoreError::io("sync", &path))?;
                let written = file.bytes().map_err(StoreError::io("read", &path))?;
                (Some(file), written)
            }
        };
        if place.segment != 0 {
            let dir = segments.layout.journal();
            segments.disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))?;
        }
        let (zeros, failure) = (Vec::new(), None);
        let tip = Some(tip);
        let journal = Self { segments, sizes, file, place, written, tip, zeros, failure };
        if place.sequence > 0 {
            journal.acknowledge().map_err(StoreError::io("write", &tip_path))?;
            journal.close()?;
        }
        Ok(journal)
    }

    /// A journal from its start that nobody has acknowledged anything of.
    pub(crate) fn rewrite(segments: Arc<Segments>) -> Self {
        let sizes = Sizes { segment: 64 << 20, ahead: 0 };
        let place = Place::START;
        let (zeros, failure) = (Vec::new(), None);
        Self { segments, sizes, file: None, place, written: 0, tip: None, zeros, failure }
    }

    fn acknowledge(&self) -> io::Result<()> {
        self.tip.as_ref().map_or(Ok(()), |tip| tip.write(self.watermark()))
    }

    fn watermark(&self) -> Watermark {
        let Place { segment, offset, sequence, .. } = self.place;
        Watermark { mark: self.segments.identity.mark(), sequence, segment, end: offset }
    }

    /// After the last frame.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// What failed, if nothing is appended any more.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Makes a batch durable.
    pub(crate) fn append(&mut self, batch: &mut Batch) -> Result<Vec<Position>, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(StoreError::Refusing { failure: failure.clone() });
        }
        let (bytes, limit) = (batch.bytes(), FRAME_LIMIT);
        if bytes > limit {
            return Err(StoreError::FrameTooLarge { bytes, limit });
        }
        let before = (self.place, self.written);
        self.write(batch).inspect_err(|error| {
            self.failure = Some(error.to_string());
            self.take_back(before.0);
        })
    }

    fn write(&mut self, batch: &mut Batch) -> Result<Vec<Position>, StoreError> {
        let length = batch.bytes();
        let room = self.sizes.segment.saturating_sub(self.place.offset);
        let opens =
            self.file.is_none() || (length > room && self.place.offset > size(SEGMENT_HEADER));
        if opens {
            self.begin_segment()?;
        }
        let Some(file) = self.file.clone() else { return Ok(Vec::new()) };
        let Place { segment, offset, sequence, chain } = self.place;
        let path = self.segments.path(segment);
        let sequence = sequence.saturating_add(1);
        let (bytes, chain) = batch.sealed(self.segments.identity.mark(), sequence, chain);
        file.write_at(bytes, offset).map_err(StoreError::io("write", &path))?;
        let end = offset.saturating_add(length);
        self.write_ahead(&*file, end, length).map_err(StoreError::io("write", &path))?;
        file.sync().map_err(StoreError::io("sync", &path))?;
        if opens {
            let dir = self.segments.layout.journal();
            self.segments.disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))?;
        }
        self.place = Place { segment, offset: end, sequence, chain };
        // From here on the frame is durable, so it counts; but a disk that fails now is not trusted
        // with another one.
        if let Err(error) = self.acknowledge() {
            let path = self.segments.layout.tip();
            self.failure = Some(StoreError::io("write", &path)(error).to_string());
        }
        Ok(batch.positions(segment, offset))
    }

    fn begin_segment(&mut self) -> Result<(), StoreError> {
        self.close()?;
        if let Some(full) = self.file.take() {
            let path = self.segments.path(self.place.segment);
            full.set_len(self.place.offset).map_err(StoreError::io("cut", &path))?;
        }
        let number = self.place.segment.saturating_add(1);
        let path = self.segments.path(number);
        let opened = self.segments.disk.open(&path, How::Create);
        let file = opened.map_err(StoreError::io("create", &path))?;
        let mark = self.segments.identity.mark();
        let first = self.place.sequence.saturating_add(1);
        let header = SegmentHeader { mark, number, first, chain: self.place.chain };
        file.write_at(&header.to_bytes(), 0).map_err(StoreError::io("write", &path))?;
        self.file = Some(file);
        self.place = Place { segment: number, offset: size(SEGMENT_HEADER), ..self.place };
        self.written = self.place.offset;
        Ok(())
    }

    /// Writes zeros behind a frame that went beyond what was written. A large frame does without:
    /// its sync is long in any case, and everything would be written twice.
    fn write_ahead(&mut self, file: &dyn DiskFile, end: u64, length: u64) -> io::Result<()> {
        if end <= self.written {
            return Ok(());
        }
        self.written = end;
        let room = self.sizes.segment.saturating_sub(end);
        let ahead = self.sizes.ahead.min(room);
        if length > self.sizes.ahead / 4 || ahead == 0 {
            return Ok(());
        }
        self.zeros.resize(usize::try_from(ahead).unwrap_or(0), 0);
        match file.write_at(&self.zeros, end) {
            Ok(()) => {
                self.written = end.saturating_add(ahead);
                Ok(())
            }
            // The frame itself has its place. The next one will say that the disk is full.
            Err(error) if error.kind() == ErrorKind::StorageFull => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// After a failure: makes sure, as far as the disk lets us, that a frame which was not
    /// acknowledged is not found later.
    fn take_back(&mut self, before: Place) {
        if self.place.segment != before.segment {
            let _ = self.segments.disk.remove(&self.segments.path(self.place.segment));
        } else if let Some(file) = &self.file {
            let _ = file.write_at(&[0; FRAME_HEADER], before.offset);
        }
        self.file = None;
        self.place = before;
    }

    /// Makes the watermark durable, so that even a power failure later is judged by it.
    pub(crate) fn close(&self) -> Result<(), StoreError> {
        let path = self.segments.layout.tip();
        self.tip.as_ref().map_or(Ok(()), Tip::sync).map_err(StoreError::io("sync", &path))
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
