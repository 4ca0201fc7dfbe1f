//! The few things that a store asks of a disk, so that tests can give it a bad one.

mod real;
pub mod simulated;

pub use real::RealDisk;

use std::fmt::Debug;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

/// A file system. Nothing is durable before the matching sync returned.
pub trait Disk: Debug + Send + Sync {
    /// Makes a directory and those above it. Existing ones are fine.
    ///
    /// # Errors
    /// What the system says; the same for all other methods.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// The names in a directory, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Opens a file.
    fn open(&self, path: &Path, how: How) -> io::Result<Arc<dyn DiskFile>>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Puts a file in the place of another, or in a free one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Locks a file against other openers, in this process too.
    fn lock(&self, path: &Path, exclusive: bool) -> io::Result<Lock>;
    /// Bytes that are free.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;
}

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// To read it.
    Read,
    /// To read and write it; it must be there.
    Write,
    /// To read and write it; an empty one takes the place of what may be there.
    Create,
}

/// The answer to [`Disk::lock`].
#[derive(Debug)]
pub enum Lock {
    /// It is ours until the guard is dropped.
    Held(Box<dyn Guard>),
    /// Somebody else has it.
    Taken {
        /// Their process, where the file says so.
        pid: Option<u32>,
    },
}

/// Keeps a lock until it is dropped.
pub trait Guard: Debug + Send + Sync {}

/// An open file. Reads and writes name their place, so that many threads may share it.
pub trait DiskFile: Debug + Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    /// What the system says; the same for all other methods.
    fn bytes(&self) -> io::Result<u64>;
    /// Fills as much of the buffer as the file has from there on.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all bytes there.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Cuts the file, or extends it with zeros.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
    /// Makes contents and length durable.
    fn sync(&self) -> io::Result<()>;
}

/// Reads a small file.
pub(crate) fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path, How::Read)?;
    let mut bytes = Vec::new();
    let length = file.bytes()?;
    Section::new(file, 0, length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a small file so that either the old or the new one is there after a crash.
pub(crate) fn replace_file(
    disk: &dyn Disk,
    path: &Path,
    partial: &Path,
    bytes: &[u8],
) -> io::Result<()> {
    let file = disk.open(partial, How::Create)?;
    file.write_at(bytes, 0)?;
    file.sync()?;
    disk.rename(partial, path)?;
    path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))
}

/// A part of a file, as a reader.
#[derive(Debug)]
pub struct Section {
    file: Arc<dyn DiskFile>,
    offset: u64,
    end: u64,
}

impl Section {
    /// The bytes from `offset` to `end`.
    pub(crate) fn new(file: Arc<dyn DiskFile>, offset: u64, end: u64) -> Self {
        Self { file, offset, end }
    }

    /// Bytes that are left to read.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.offset)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.remaining()).unwrap_or(usize::MAX).min(buffer.len());
        let read = match buffer.get_mut(..most) {
            Some(part) if !part.is_empty() => self.file.read_at(part, self.offset)?,
            _ => 0,
        };
        self.offset = self.offset.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}
