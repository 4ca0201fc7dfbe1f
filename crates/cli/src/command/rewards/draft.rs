//! Where a distribution's folder is made, beside where it will be.
//!
//! `.NAME.part` holds the draft, and the blocks that a node was asked for. It is one run's at a
//! time, and gone when the run ends; one that is killed, or loses its node, leaves it, and the next
//! run goes on with the blocks. All else is computed anew, in far less time than reading takes.

use super::failure::Failure;
use alloy_primitives::{B256, Keccak256, keccak256};
use bondstone_node::distributions::{Folder, Manifest};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// The place where one folder is made.
#[derive(Debug)]
pub(super) struct Workshop {
    out: PathBuf,
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
    stays: bool,
}

impl Workshop {
    /// Goes in; nobody else may be at work on the same folder.
    pub(super) fn enter(out: &Path) -> Result<Self, Failure> {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let path = out.with_file_name(format!(".{name}.part"));
        fs::create_dir_all(&path).map_err(Failure::write(&path))?;
        let lock = path.join("lock");
        let file = File::create(&lock).map_err(Failure::write(&lock))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { out: out.to_path_buf(), path, _lock: file, stays: false }),
            Err(TryLockError::WouldBlock) => Err(Failure::Busy(out.to_path_buf())),
            Err(TryLockError::Error(source)) => Err(Failure::Write { path: lock, source }),
        }
    }

    /// Where the folder will be.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// The file of the blocks that were read.
    pub(super) fn blocks(&self) -> PathBuf {
        self.path.join("blocks.jsonl")
    }

    /// Begins the folder; what a run that was killed has left of it is of no use.
    pub(super) fn draft(&self) -> Result<Draft<'_>, Failure> {
        let path = self.path.join("draft");
        let cleared = match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir(&path),
        };
        cleared.map_err(Failure::write(&path))?;
        Ok(Draft { workshop: self, path, files: BTreeMap::new() })
    }

    /// Leaves everything as it is for the next run.
    pub(super) fn leave_open(&mut self) {
        self.stays = true;
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if !self.stays {
            // What cannot be removed is of no use and in nobody's way.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A folder on its way.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    workshop: &'a Workshop,
    path: PathBuf,
    files: BTreeMap<String, B256>,
}

/// A file that is written line by line.
#[derive(Debug)]
pub(super) struct Stream {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Keccak256,
}

impl Draft<'_> {
    /// The keccak-256 of every file so far.
    pub(super) fn files(&self) -> &BTreeMap<String, B256> {
        &self.files
    }

    /// Writes a file.
    pub(super) fn file(&mut self, name: &str, contents: impl AsRef<[u8]>) -> Result<(), Failure> {
        let path = self.path.join(name);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(contents.as_ref())?;
            file.sync_all()
        };
        write().map_err(Failure::write(&path))?;
        self.files.insert(name.to_owned(), keccak256(contents));
        Ok(())
    }

    /// Begins a file of lines.
    pub(super) fn stream(&self, name: &str) -> Result<Stream, Failure> {
        let path = self.path.join(name);
        let file = File::create_new(&path).map_err(Failure::write(&path))?;
        Ok(Stream { path, file: BufWriter::new(file), hasher: Keccak256::new() })
    }

    /// Takes a file of lines that is complete.
    pub(super) fn finished(&mut self, name: &str, stream: Stream) -> Result<(), Failure> {
        let Stream { path, file, hasher } = stream;
        let file = file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(Failure::write(&path))?;
        self.files.insert(name.to_owned(), hasher.finalize());
        Ok(())
    }

    /// Gives the folder its name.
    pub(super) fn publish(self, manifest: &Manifest) -> Result<(), Failure> {
        let out = self.workshop.out();
        if out.exists() {
            let same = Folder::open(out)?.manifest() == manifest;
            let occupied = || Failure::Occupied(out.to_path_buf());
            return if same { Ok(()) } else { Err(occupied()) };
        }
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(Failure::write(out))?;
        fs::rename(&self.path, out).map_err(Failure::write(out))
    }
}

impl Stream {
    /// Adds a line.
    pub(super) fn line(&mut self, text: &str) -> Result<(), Failure> {
        for part in [text, "\n"] {
            self.hasher.update(part);
            self.file.write_all(part.as_bytes()).map_err(Failure::write(&self.path))?;
        }
        Ok(())
    }
}
