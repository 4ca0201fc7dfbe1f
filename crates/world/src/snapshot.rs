//! A world as bytes: how a chain starts again without folding everything it ever logged.
//!
//! A snapshot is the number of its format, a digest of the layout of all state, and the state.
//! Equal worlds give equal bytes. Guests are code and are not in it, nor is what a replayer plays
//! back.

use crate::host::Playback;
use crate::world::{Frame, World};
use alloy_primitives::{B256, keccak256};
use bondstone_kernel::snapshot::Unsettled;
use bondstone_kernel::{Accounts, Block, Shared};
use borsh::io::{Error, ErrorKind, Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use std::io::{BufRead, BufReader, BufWriter};
use std::sync::Arc;
use thiserror::Error as ThisError;

/// The format of snapshots that this build writes and reads. It counts changes of how state becomes
/// bytes; changes of what the state is show in [`layout_digest`].
pub const FORMAT: u32 = 1;

/// Bytes that go to the caller's writer, or come from its reader, at once.
const BUFFER: usize = 1 << 16;

/// Why a world was not saved or loaded.
#[derive(Debug, ThisError)]
pub enum SnapshotError {
    /// The bytes are of another format, or no snapshot at all.
    #[error("the snapshot says that it has format {found}; this build reads format {FORMAT}")]
    Format {
        /// The number at its start.
        found: u32,
    },
    /// The state had other fields when the snapshot was written.
    #[error(
        "the snapshot was written by a build whose state is laid out differently \
         (layout {found}, this build has {expected}); fold the journal instead"
    )]
    Layout {
        /// Digest in the snapshot.
        found: B256,
        /// Digest of this build.
        expected: B256,
    },
    /// The bytes end too early.
    #[error("the snapshot ends after {position} bytes, in the middle of the state")]
    Truncated {
        /// Length of what there is.
        position: u64,
    },
    /// No world is saved as these bytes.
    #[error("the snapshot is damaged before byte {position}: {reason}")]
    Damaged {
        /// How far it was read.
        position: u64,
        /// What was wrong.
        reason: String,
    },
    /// The state ends before the bytes do.
    #[error("the state ends at byte {position} of the snapshot, but more bytes follow")]
    Trailing {
        /// Length of the state.
        position: u64,
    },
    /// A transaction is running in the world.
    #[error(transparent)]
    Unsettled(#[from] Unsettled),
    /// The writer failed.
    #[error("the snapshot cannot be written: {0}")]
    Write(#[source] Error),
    /// The reader failed.
    #[error("the snapshot cannot be read after byte {position}: {source}")]
    Read {
        /// How far it was read.
        position: u64,
        /// What the reader said.
        source: Error,
    },
}

/// One list of what a snapshot holds, for its layout, for writing and for reading. A new field of
/// the world does not compile until it is here.
macro_rules! parts {
    (saved { $($field:ident: $kind:ty,)* } left_out { $($rest:ident: $value:expr,)* }) => {
        /// Names and types of everything in a snapshot, all the way down.
        #[must_use]
        pub fn layout() -> String {
            let mut layout = String::new();
            $(bondstone_kernel::snapshot::describe_field::<$kind>(
                &mut layout,
                stringify!($field),
            );)*
            layout
        }

        impl World {
            fn write_parts(&self, writer: &mut impl Write) -> borsh::io::Result<()> {
                let Self { $($field,)* $($rest: _,)* } = self;
                $($field.serialize(writer)?;)*
                Ok(())
            }

            fn read_parts(reader: &mut impl Read) -> borsh::io::Result<Self> {
                $(let $field = <$kind>::deserialize_reader(reader)?;)*
                Ok(Self { $($field,)* $($rest: $value,)* })
            }
        }
    };
}

parts! {
    saved {
        block: Block,
        accounts: Accounts,
        base: Shared<crate::base::State>,
        tokens: Shared<bondstone_tokens::State>,
        symbiotic: Shared<bondstone_symbiotic::State>,
        karak: Shared<bondstone_karak::State>,
    }
    left_out {
        guests: Arc::default(),
        frame: Frame::default(),
        playback: Playback::default(),
        recorder: None,
    }
}

/// Keccak-256 of [`layout`]. A snapshot is only read by builds with the digest that it starts with.
#[must_use]
pub fn layout_digest() -> B256 {
    keccak256(layout())
}

impl World {
    /// Writes the world, in pieces of 64 KiB, without a copy of the state in memory.
    ///
    /// Whether the bytes arrive whole is the caller's business: they carry no checksum.
    ///
    /// # Errors
    /// [`SnapshotError::Write`] with the writer's error; [`SnapshotError::Unsettled`] in the middle
    /// of a transaction. What was written until then is of no use.
    pub fn save(&self, mut writer: impl Write) -> Result<(), SnapshotError> {
        // One reader and one writer type below here, so that the state's code is compiled once.
        let writer: &mut dyn Write = &mut writer;
        self.save_all(&mut BufWriter::with_capacity(BUFFER, writer)).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<Unsettled>()) {
                Some(unsettled) => SnapshotError::Unsettled(*unsettled),
                None => SnapshotError::Write(error),
            }
        })
    }

    fn save_all(&self, writer: &mut BufWriter<&mut dyn Write>) -> borsh::io::Result<()> {
        FORMAT.serialize(writer)?;
        layout_digest().serialize(writer)?;
        self.write_parts(writer)?;
        writer.flush()
    }

    /// Reads a world that [`Self::save`] wrote, up to the end of the reader. It has no guests:
    /// they are code, register them again.
    ///
    /// The bytes are not trusted: damage is an error, and memory grows only with what was read.
    /// That is no checksum, for a flipped bit may well be another balance.
    ///
    /// # Errors
    /// [`SnapshotError`], which says what is wrong and where.
    pub fn load(mut reader: impl Read) -> Result<Self, SnapshotError> {
        let counted = Counted { reader: &mut reader, position: 0, ended: false };
        let mut reader = BufReader::with_capacity(BUFFER, counted);
        let loaded = Self::load_all(&mut reader);
        let (unread, counted) = (reader.buffer().len(), reader.get_ref());
        let position = counted.position.saturating_sub(u64::try_from(unread).unwrap_or(u64::MAX));
        match loaded {
            Ok(world) => world.ok_or(SnapshotError::Trailing { position }),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Read(_)) if counted.ended => Err(SnapshotError::Truncated { position }),
            Err(Failure::Read(error)) if error.kind() == ErrorKind::InvalidData => {
                Err(SnapshotError::Damaged { position, reason: error.to_string() })
            }
            Err(Failure::Read(source)) => Err(SnapshotError::Read { position, source }),
        }
    }

    /// `None` when more bytes follow the state.
    fn load_all(reader: &mut impl BufRead) -> Result<Option<Self>, Failure> {
        let found = u32::deserialize_reader(reader)?;
        if found != FORMAT {
            return Err(Failure::Refused(SnapshotError::Format { found }));
        }
        let (found, expected) = (B256::deserialize_reader(reader)?, layout_digest());
        if found != expected {
            return Err(Failure::Refused(SnapshotError::Layout { found, expected }));
        }
        let world = Self::read_parts(reader)?;
        let at_end = reader.fill_buf()?.is_empty();
        Ok(at_end.then_some(world))
    }
}

/// Why a load stopped.
enum Failure {
    /// The header says no.
    Refused(SnapshotError),
    /// The reader or the state says no.
    Read(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Read(error)
    }
}

/// A reader that knows how far it got.
struct Counted<'a> {
    reader: &'a mut dyn Read,
    position: u64,
    ended: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> borsh::io::Result<usize> {
        let read = loop {
            match self.reader.read(into) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.ended |= read == 0 && !into.is_empty();
        self.position = self.position.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}
