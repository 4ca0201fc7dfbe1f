//! The watermark: how far the journal was acknowledged.
//!
//! It is written after each frame and not synced, so it survives a killed process and may lag
//! behind after a power failure. It never runs ahead.

use crate::disk::{Disk, DiskFile, How};
use crate::error::StoreError;
use crate::frame::Fields;
use crate::layout::Layout;
use crate::segments::Segments;
use crate::snapshot::Snapshot;
use std::io::{self, ErrorKind};
use std::sync::Arc;

const MARK: [u8; 4] = *b"BTIP";
const BYTES: usize = 36;

/// What was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermark {
    /// Whose journal; see [`crate::frame::Identity::mark`].
    pub(crate) mark: u64,
    /// Sequence number of the last acknowledged frame.
    pub(crate) sequence: u64,
    /// The segment that it is in.
    pub(crate) segment: u32,
    /// Where it ends there, in bytes.
    pub(crate) end: u64,
}

impl Watermark {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(&MARK);
        bytes.extend_from_slice(&self.mark.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.segment.to_le_bytes());
        bytes.extend_from_slice(&self.end.to_le_bytes());
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; BYTES]) -> Option<Self> {
        let (body, sum) = bytes.split_last_chunk::<4>()?;
        let mut fields = Fields { rest: body };
        let marked = fields.array() == MARK && crc32c::crc32c(body) == u32::from_le_bytes(*sum);
        let (mark, sequence) = (fields.u64(), fields.u64());
        let (segment, end) = (fields.u32(), fields.u64());
        marked.then_some(Self { mark, sequence, segment, end })
    }
}

/// Reads the watermark; nothing when there is none or it is not whole, or of another journal.
fn read(disk: &dyn Disk, layout: &Layout, mark: u64) -> Result<Option<Watermark>, StoreError> {
    let path = layout.tip();
    let file = match disk.open(&path, How::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", &path)(error)),
    };
    let mut bytes = [0; BYTES];
    file.read_at(&mut bytes, 0).map_err(StoreError::io("read", &path))?;
    Ok(Watermark::from_bytes(&bytes).filter(|watermark| watermark.mark == mark))
}

/// Sequence number of the last frame that is known to have been acknowledged. A snapshot is of an
/// acknowledged block, and it was synced, so it knows more than a watermark that lags or is lost.
pub(crate) fn acknowledged(segments: &Segments, snapshots: &[Snapshot]) -> Result<u64, StoreError> {
    let mark = segments.identity.mark();
    let watermark = read(&*segments.disk, &segments.layout, mark)?;
    let snapshot = snapshots.iter().map(Snapshot::sequence).max();
    Ok(watermark.map_or(0, |watermark| watermark.sequence).max(snapshot.unwrap_or(0)))
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Tip {
    file: Arc<dyn DiskFile>,
}

impl Tip {
    /// Opens the file, or makes it.
    pub(crate) fn open(disk: &dyn Disk, layout: &Layout) -> io::Result<Self> {
        let path = layout.tip();
        let file = match disk.open(&path, How::Write) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let file = disk.open(&path, How::Create)?;
                file.write_at(&[0; BYTES], 0)?;
                file.sync()?;
                disk.sync_dir(&layout.root)?;
                file
            }
            other => other?,
        };
        Ok(Self { file })
    }

    pub(crate) fn write(&self, watermark: Watermark) -> io::Result<()> {
        self.file.write_at(&watermark.to_bytes(), 0)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }
}
