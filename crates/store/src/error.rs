//! What can be wrong with a store, with the place and what was expected there.

use crate::encoding::DecodeError;
use crate::record::Position;
use alloy_primitives::B256;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: `write`, `sync`.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the store open.
    #[error("{} is in use by {}", dir.display(), holder(*pid))]
    Locked {
        /// The store.
        dir: PathBuf,
        /// The process that holds it, where it said so.
        pid: Option<u32>,
    },
    /// Nothing can be written there.
    #[error("{} cannot be written to: {source}", dir.display())]
    ReadOnly {
        /// The store.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room for another block.
    #[error("the disk of {} is full: {free} bytes are free, {needed} are needed", dir.display())]
    DiskFull {
        /// The store.
        dir: PathBuf,
        /// Bytes that are free.
        free: u64,
        /// Bytes that a store wants before it starts.
        needed: u64,
    },
    /// The directory holds no store, and none was to be made.
    #[error("{} holds no store: {} is missing", dir.display(), missing.display())]
    NotAStore {
        /// The directory.
        dir: PathBuf,
        /// The file that a store has.
        missing: PathBuf,
    },
    /// The store was written by a version with another format.
    #[error(
        "{} has store format {found}, this version reads and writes format {supported}",
        path.display()
    )]
    FormatVersion {
        /// The file that says so.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Ours.
        supported: u32,
    },
    /// The store holds another chain than the one asked for.
    #[error("{} holds a chain with id {found}, not {wanted}", dir.display())]
    OtherChain {
        /// The store.
        dir: PathBuf,
        /// Its chain id.
        found: u64,
        /// The one asked for.
        wanted: u64,
    },
    /// `meta.toml` is not what was written.
    #[error("{} is damaged: {fault}", path.display())]
    MetaDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Something that was acknowledged is no longer as it was written.
    #[error("{0}{hint}", hint = CUT_HINT)]
    Damaged(Box<Damage>),
    /// A write failed before, so what is on the disk is not known; open the store again.
    #[error("nothing is appended any more since this failed: {failure}; open the store again")]
    Refusing {
        /// What failed.
        failure: String,
    },
    /// The records would not fit into one frame.
    #[error("a frame of {bytes} bytes is more than the limit of {limit}")]
    FrameTooLarge {
        /// Bytes of the records.
        bytes: u64,
        /// Most bytes of a frame.
        limit: u64,
    },
    /// The record does not continue the chain that is in the store. Nothing was written.
    #[error("the record does not continue the chain: {0}")]
    Discontinuous(Fault),
    /// No block is at this position.
    #[error("no block at {0}")]
    NoBlock(Position),
    /// The block is not, or no longer, part of the chain.
    #[error("block {height} ({hash}) is not at {position}")]
    OtherBlock {
        /// Height that was asked for.
        height: u64,
        /// Hash that was asked for.
        hash: B256,
        /// Where it should have been.
        position: Position,
    },
    /// The export has a format that this build cannot write, or its library failed.
    #[error("cannot export to {}: {fault}", path.display())]
    Export {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
}

const CUT_HINT: &str = "; `bondstone store check` shows what is whole, and with `--cut-tail` moves \
                        the rest aside so that the store opens without it";

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl StoreError {
    /// For `map_err`: the same failure with what was tried on which file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

impl From<Damage> for StoreError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(Box::new(damage))
    }
}

/// Something in the journal that is not as it was written, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} is damaged at byte {byte}, frame {sequence}: {fault}", path.display())]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Offset in the file, in bytes.
    pub byte: u64,
    /// Sequence number of the frame that is, or should be, there.
    pub sequence: u64,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong at a place of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// No frame begins here.
    #[error("expected the mark of a frame, found {found:02x?}")]
    NoFrame {
        /// The bytes in its place.
        found: [u8; 4],
    },
    /// The header's checksum does not fit it.
    #[error("expected header checksum {expected:08x}, found {found:08x}")]
    HeaderChecksum {
        /// Computed over the header.
        expected: u32,
        /// Stored in it.
        found: u32,
    },
    /// The payload's checksum does not fit it.
    #[error("expected payload checksum {expected:08x}, found {found:08x}")]
    PayloadChecksum {
        /// Stored in the header.
        expected: u32,
        /// Computed over the payload.
        found: u32,
    },
    /// The header belongs to another store, or to the journal before it was compacted.
    #[error("expected a part of store {expected:016x}, found one of {found:016x}")]
    OtherStore {
        /// Ours.
        expected: u64,
        /// The one in the header.
        found: u64,
    },
    /// A frame is missing before this one, or it is here twice.
    #[error("expected frame {expected}, found frame {found}")]
    Sequence {
        /// The next one.
        expected: u64,
        /// The one that is here.
        found: u64,
    },
    /// The frame does not follow the one before it.
    #[error("expected a frame that follows {expected:08x}, found one that follows {found:08x}")]
    Chain {
        /// Checksum of the frame before.
        expected: u32,
        /// The one that this frame names.
        found: u32,
    },
    /// The file ends too early.
    #[error("expected {expected} more bytes, found {found}")]
    Truncated {
        /// Bytes that belong here.
        expected: u64,
        /// Bytes that are here.
        found: u64,
    },
    /// The header of a segment is not one.
    #[error("expected the header of segment {segment}")]
    SegmentHeader {
        /// The segment's number.
        segment: u32,
    },
    /// A file of the journal is not there.
    #[error("expected segment {segment}, found no such file")]
    SegmentMissing {
        /// The segment's number.
        segment: u32,
    },
    /// Frames that were acknowledged are not in the journal.
    #[error("frames up to {acknowledged} were acknowledged, the journal ends with frame {found}")]
    EndsEarly {
        /// The last one that was acknowledged.
        acknowledged: u64,
        /// The last one that is there.
        found: u64,
    },
    /// Bytes that are no frame follow the end.
    #[error("expected zeros after the last frame")]
    Garbage,
    /// A record cannot be read though its checksum fits.
    #[error("unreadable record: {0}")]
    Record(DecodeError),
    /// The block is not the next one.
    #[error("expected block {expected}, found block {found}")]
    Height {
        /// The next height.
        expected: u64,
        /// The height that is here.
        found: u64,
    },
    /// The chain is set back to a block that it does not have.
    #[error("set back to block {found}, the chain has {expected}")]
    Rewind {
        /// What the chain has.
        expected: String,
        /// Where it is set back to.
        found: u64,
    },
    /// The block does not follow the one before it.
    #[error("block {height}: expected parent {expected}, found {found}")]
    Parent {
        /// The block's height.
        height: u64,
        /// Hash of the block before.
        expected: B256,
        /// Parent that the block names.
        found: B256,
    },
    /// The block's contents have another hash.
    #[error("block {height}: expected hash {expected}, found {found}")]
    Hash {
        /// The block's height.
        height: u64,
        /// Hash over its contents.
        expected: B256,
        /// Hash that it has.
        found: B256,
    },
    /// The first block is not the one that `meta.toml` names.
    #[error("expected first block {expected}, found {found}")]
    Genesis {
        /// In `meta.toml`.
        expected: B256,
        /// In the journal.
        found: B256,
    },
}
