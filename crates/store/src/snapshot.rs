//! Snapshots: the state after a block, so that a restart need not fold everything before it.
//!
//! They are shortcuts. The journal has everything, so a snapshot that is damaged is not used.

use crate::disk::{Disk, DiskFile, How, Section};
use crate::error::StoreError;
use crate::frame::Fields;
use crate::layout::{parse_snapshot, partial};
use crate::meta::FORMAT_VERSION;
use crate::record::Position;
use crate::segments::Segments;
use crate::survey::Head;
use alloy_primitives::B256;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const MARK: [u8; 8] = *b"BONDSNAP";
const HEADER: usize = 104;
/// How many are kept.
const KEPT: usize = 2;
/// Bytes that are handed to the file, and to a checksum, at once.
const CHUNK: usize = 1 << 20;
/// Bytes after which a long file is synced, so that the journal need not wait for all of it.
const SYNC_EVERY: u64 = 16 << 20;

/// A snapshot that is whole.
#[derive(Debug)]
pub struct Snapshot {
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    header: Header,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Header {
    mark: u64,
    head: Head,
    position: Position,
    /// Sequence number of the frame that the block is in: which snapshot is the newest.
    sequence: u64,
    index_bytes: u64,
    state_bytes: u64,
    index_sum: u32,
    state_sum: u32,
}

impl Header {
    fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(&MARK);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&self.mark.to_le_bytes());
        out.extend_from_slice(&self.head.height.to_le_bytes());
        out.extend_from_slice(self.head.hash.as_slice());
        out.extend_from_slice(&self.position.0.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&self.index_bytes.to_le_bytes());
        out.extend_from_slice(&self.state_bytes.to_le_bytes());
        out.extend_from_slice(&self.index_sum.to_le_bytes());
        out.extend_from_slice(&self.state_sum.to_le_bytes());
        let sum = crc32c::crc32c(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, String> {
        let (body, sum) = bytes.split_last_chunk::<4>().unwrap_or((bytes, &[0; 4]));
        let mut fields = Fields { rest: body };
        if fields.array() != MARK {
            return Err("it does not begin as a snapshot".to_owned());
        }
        let (expected, found) = (crc32c::crc32c(body), u32::from_le_bytes(*sum));
        if expected != found {
            return Err(format!("expected header checksum {expected:08x}, found {found:08x}"));
        }
        let version = fields.u32();
        if version != FORMAT_VERSION {
            return Err(format!("it has format {version}, this version reads {FORMAT_VERSION}"));
        }
        Ok(Self {
            mark: fields.u64(),
            head: Head { height: fields.u64(), hash: B256::from(fields.array()) },
            position: Position(fields.u64()),
            sequence: fields.u64(),
            index_bytes: fields.u64(),
            state_bytes: fields.u64(),
            index_sum: fields.u32(),
            state_sum: fields.u32(),
        })
    }
}

impl Snapshot {
    /// The block that the state is of.
    #[must_use]
    pub fn head(&self) -> Head {
        self.header.head
    }

    /// Where that block is in the journal.
    #[must_use]
    pub fn position(&self) -> Position {
        self.header.position
    }

    /// Sequence number of the frame that the block is in.
    pub(crate) fn sequence(&self) -> u64 {
        self.header.sequence
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the index and of the state.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.header.index_bytes, self.header.state_bytes)
    }

    /// The node's index of the blocks up to this one, as it was given.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn index(&self) -> Result<Vec<u8>, StoreError> {
        let mut index = Vec::new();
        let start = size(HEADER);
        let end = start.saturating_add(self.header.index_bytes);
        Section::new(self.file.clone(), start, end)
            .read_to_end(&mut index)
            .map_err(StoreError::io("read", &self.path))?;
        Ok(index)
    }

    /// The state's bytes as they were given. Every read asks the file: put a buffer around it.
    #[must_use]
    pub fn state(&self) -> Section {
        let start = size(HEADER).saturating_add(self.header.index_bytes);
        let end = start.saturating_add(self.header.state_bytes);
        Section::new(self.file.clone(), start, end)
    }

    /// Opens a file and reads its header only.
    fn open(disk: &dyn Disk, path: PathBuf, mark: u64) -> Result<Self, String> {
        let file = disk.open(&path, How::Read).map_err(|error| error.to_string())?;
        let mut bytes = [0; HEADER];
        let read = file.read_at(&mut bytes, 0).map_err(|error| error.to_string())?;
        if read < HEADER {
            return Err(format!("it ends after {read} bytes"));
        }
        let header = Header::from_bytes(&bytes)?;
        if header.mark != mark {
            return Err("it is of another store, or from before a compaction".to_owned());
        }
        Ok(Self { path, file, header })
    }

    /// That everything in it is as it was written.
    pub(crate) fn verify(&self) -> Result<(), String> {
        let found = self.file.bytes().map_err(|error| error.to_string())?;
        let index = size(HEADER).saturating_add(self.header.index_bytes);
        let expected = index.saturating_add(self.header.state_bytes);
        if found != expected {
            return Err(format!("expected {expected} bytes, found {found}"));
        }
        let index = Section::new(self.file.clone(), size(HEADER), index);
        let sections = [
            ("index", index, self.header.index_sum),
            ("state", self.state(), self.header.state_sum),
        ];
        for (name, section, expected) in sections {
            let found = checksum(section).map_err(|error| error.to_string())?;
            if found != expected {
                let sums = format!("expected checksum {expected:08x}, found {found:08x}");
                return Err(format!("{name}: {sums}"));
            }
        }
        Ok(())
    }
}

fn checksum(mut section: Section) -> io::Result<u32> {
    let mut chunk = vec![0; CHUNK.min(usize::try_from(section.remaining()).unwrap_or(CHUNK))];
    let mut sum = 0;
    loop {
        match section.read(&mut chunk)? {
            0 => return Ok(sum),
            read => sum = crc32c::crc32c_append(sum, chunk.get(..read).unwrap_or_default()),
        }
    }
}

/// A snapshot that cannot be read, and why.
pub(crate) type Broken = (PathBuf, String);

/// The snapshots whose header can be read, the newest first, and those whose cannot.
pub(crate) fn list(segments: &Segments) -> Result<(Vec<Snapshot>, Vec<Broken>), StoreError> {
    let dir = segments.layout.snapshots();
    let names = match segments.disk.list(&dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(StoreError::io("list", &dir))?,
    };
    let (mut whole, mut broken) = (Vec::new(), Vec::new());
    for name in names.into_iter().filter(|name| parse_snapshot(name).is_some()) {
        let path = dir.join(name);
        match Snapshot::open(&*segments.disk, path.clone(), segments.identity.mark()) {
            Ok(snapshot) => whole.push(snapshot),
            Err(fault) => broken.push((path, fault)),
        }
    }
    whole.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.header.sequence));
    Ok((whole, broken))
}

/// Writes a snapshot, durably, and removes all but the newest ones.
pub(crate) fn write(
    segments: &Segments,
    head: Head,
    position: Position,
    index: &[u8],
    state: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> Result<u64, StoreError> {
    let sequence = segments.frame(position)?.1.sequence;
    let path = segments.layout.snapshot(head.height);
    let part = partial(&path);
    let written = fill(segments, &part, head, position, sequence, index, state);
    let published = written.and_then(|bytes| {
        segments.disk.rename(&part, &path)?;
        segments.disk.sync_dir(&segments.layout.snapshots())?;
        Ok(bytes)
    });
    let bytes = match published {
        Ok(bytes) => bytes,
        Err(error) => {
            // It is of no use, and on a full disk its room is.
            let _ = segments.disk.remove(&part);
            return Err(StoreError::io("write the snapshot", &path)(error));
        }
    };
    let (whole, broken) = list(segments)?;
    let old = whole.into_iter().skip(KEPT).map(|snapshot| snapshot.path);
    for path in old.chain(broken.into_iter().map(|(path, _)| path)) {
        segments.disk.remove(&path).map_err(StoreError::io("remove", &path))?;
    }
    Ok(bytes)
}

fn fill(
    segments: &Segments,
    part: &Path,
    head: Head,
    position: Position,
    sequence: u64,
    index: &[u8],
    state: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<u64> {
    let file = segments.disk.open(part, How::Create)?;
    let start = size(HEADER);
    let mut out = Output { file: &*file, buffer: Vec::new(), at: start, sum: 0, synced: start };
    out.write_all(index)?;
    out.flush()?;
    let (index_end, index_sum) = (out.at, std::mem::take(&mut out.sum));
    state(&mut out)?;
    out.flush()?;
    let header = Header {
        mark: segments.identity.mark(),
        head,
        position,
        sequence,
        index_bytes: index_end.saturating_sub(start),
        state_bytes: out.at.saturating_sub(index_end),
        index_sum,
        state_sum: out.sum,
    };
    let end = out.at;
    file.write_at(&header.to_bytes(), 0)?;
    file.sync()?;
    Ok(end)
}

/// Collects what is written into large pieces, and their checksum.
struct Output<'a> {
    file: &'a dyn DiskFile,
    buffer: Vec<u8>,
    at: u64,
    sum: u32,
    synced: u64,
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sum = crc32c::crc32c_append(self.sum, &self.buffer);
        self.file.write_at(&self.buffer, self.at)?;
        self.at = self.at.saturating_add(size(self.buffer.len()));
        self.buffer.clear();
        if self.at.saturating_sub(self.synced) >= SYNC_EVERY {
            self.file.sync()?;
            self.synced = self.at;
        }
        Ok(())
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
