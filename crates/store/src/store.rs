//! The store: opening, appending, reading back.

use crate::disk::{Disk, How, Lock, RealDisk};
use crate::encoding::Glance;
use crate::error::{Fault, StoreError};
use crate::frame::{Batch, Identity};
use crate::journal::{Journal, Sizes};
use crate::layout::{Layout, is_partial};
use crate::meta::{FORMAT_VERSION, Meta};
use crate::record::{BlockRecord, Position, Record};
use crate::recovery::{Notice, ProgressCallback, Records, Recovery};
use crate::segments::Segments;
use crate::snapshot;
use crate::survey::{
    Base, Head, Lineage, Survey, Unusable, base_of, bytes_from, check_next, check_numbers, survey,
};
use crate::tip;
use crate::walk::{Tail, TornTail, judge};
use alloy_primitives::B256;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// EIP-155 chain id that the store must have, and gets when it is made.
    pub chain_id: u64,
    /// Texts to keep with the chain when the store is made. An existing store keeps its own.
    pub texts: BTreeMap<String, String>,
    /// Bytes after which a new file of the journal begins; 64 MiB.
    pub segment_bytes: u64,
    /// Bytes that are written ahead of the journal's end; 1 MiB.
    pub ahead_bytes: u64,
    /// Whom to tell how far opening is.
    pub progress: ProgressCallback,
    /// Where the store is.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The usual ones.
    #[must_use]
    pub fn new(chain_id: u64) -> Self {
        Self {
            chain_id,
            texts: BTreeMap::new(),
            segment_bytes: 64 << 20,
            ahead_bytes: 1 << 20,
            progress: ProgressCallback::default(),
            disk: Arc::new(RealDisk),
        }
    }
}

/// An open store. There is one per directory; whoever has it is the only writer.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    journal: Journal,
    meta: Meta,
    height: Option<u64>,
    /// Unknown after a rewind.
    hash: Option<B256>,
    scratch: Batch,
    _lock: Lock,
}

/// Reads blocks and writes snapshots beside the writer. Clones share what they need.
#[derive(Clone, Debug)]
pub struct Reader {
    segments: Arc<Segments>,
    /// One snapshot is written at a time.
    snapshots: Arc<Mutex<()>>,
}

impl Store {
    /// Opens the store in a directory, or makes one there.
    ///
    /// The journal is checked from the latest usable snapshot on, or from its start. A frame at its
    /// end that was never acknowledged and is not whole is cut off and reported. The blocks
    /// themselves are read, and their hashes verified, as [`Recovery::records`] is consumed.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::ReadOnly`], [`StoreError::DiskFull`],
    /// [`StoreError::FormatVersion`], [`StoreError::OtherChain`], [`StoreError::MetaDamaged`], and
    /// [`StoreError::Damaged`] when something that was acknowledged is not as it was written.
    /// Nothing is changed then.
    pub fn open(dir: &Path, options: &Options) -> Result<(Self, Recovery), StoreError> {
        let disk = &options.disk;
        let layout = Layout::new(dir);
        let lock = take(&**disk, &layout, options.ahead_bytes)?;
        let mut meta = match Meta::read(&**disk, &layout)? {
            Some(meta) => meta,
            None => create(&**disk, &layout, options)?,
        };
        if meta.chain_id != options.chain_id {
            let (found, wanted) = (meta.chain_id, options.chain_id);
            return Err(StoreError::OtherChain { dir: dir.to_path_buf(), found, wanted });
        }
        let Meta { store_id, generation, .. } = meta;
        let identity = Identity { store_id, generation };
        let segments = Arc::new(Segments::new(disk.clone(), layout.clone(), identity));
        let mut notices = Vec::new();
        let found = find(&segments, &options.progress, &mut notices)?;
        let Found { survey, base, snapshot, acknowledged } = found;
        check_genesis(&segments, &meta, &survey.lineage)?;
        match judge(&segments, &survey.end, &survey.last, acknowledged)? {
            Tail::Clean => {}
            Tail::Damaged(damage) => return Err(damage.into()),
            Tail::Torn(torn) => {
                cut(&segments, survey.end.segment, &torn)?;
                notices.push(Notice::CutTornTail(torn));
            }
        }
        remove_leftovers(&segments, &mut notices)?;
        let sizes = Sizes { segment: options.segment_bytes, ahead: options.ahead_bytes };
        let journal = Journal::open(segments.clone(), survey.end, sizes)?;
        if let (None, Some(genesis)) = (meta.genesis, survey.lineage.genesis) {
            meta.genesis = Some(genesis);
            meta.write(&**disk, &layout)?;
        }
        let (height, hash) = (survey.lineage.height(), survey.lineage.hash());
        let (last, bytes) = (survey.end.sequence, bytes_from(&segments, &base.place)?);
        let progress = options.progress.clone();
        let records = Records::new(segments.clone(), &base, survey.lineage, last, bytes, progress)?;
        let recovery = Recovery { meta: meta.clone(), snapshot, records, notices };
        let reader = Reader { segments, snapshots: Arc::default() };
        let scratch = Batch::new();
        Ok((Self { reader, journal, meta, height, hash, scratch, _lock: lock }, recovery))
    }

    /// Makes records durable, all or none, with one sync, and says where each is.
    ///
    /// # Errors
    /// [`StoreError::Discontinuous`] and [`StoreError::FrameTooLarge`], with nothing written and
    /// the store as before. [`StoreError::Io`] when the disk fails: the records do not count, but
    /// after a crash they may be found whole, and from then on every call is
    /// [`StoreError::Refusing`] until the store is opened again. Reads go on working.
    pub fn append(&mut self, records: &[Record]) -> Result<Vec<Position>, StoreError> {
        let mut batch = std::mem::take(&mut self.scratch);
        batch.clear();
        records.iter().for_each(|record| batch.push(record));
        let appended = self.append_batch(&mut batch);
        self.scratch = batch;
        appended
    }

    /// As [`Self::append`], for records that were encoded elsewhere. The batch stays as it is.
    ///
    /// # Errors
    /// Those of [`Self::append`].
    pub fn append_batch(&mut self, batch: &mut Batch) -> Result<Vec<Position>, StoreError> {
        let (height, hash) = self.continued(batch).map_err(StoreError::Discontinuous)?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let positions = self.journal.append(batch)?;
        let first = self.height.is_none();
        (self.height, self.hash) = (height, hash);
        if first {
            self.note_genesis(batch);
        }
        Ok(positions)
    }

    /// Notes the first block in `meta.toml`. The journal has it already, so a failure here is none
    /// of the append; the next opening notes it then.
    fn note_genesis(&mut self, batch: &Batch) {
        let first = batch.glances().iter().find_map(|glance| match glance {
            Glance::Block { hash, .. } => Some(*hash),
            _ => None,
        });
        let meta = Meta { genesis: first, ..self.meta.clone() };
        let segments = &self.reader.segments;
        if first.is_some() && meta.write(&*segments.disk, &segments.layout).is_ok() {
            self.meta = meta;
        }
    }

    /// The chain's head after a batch, if the batch continues the chain.
    fn continued(&self, batch: &Batch) -> Result<(Option<u64>, Option<B256>), Fault> {
        let (mut height, mut hash) = (self.height, self.hash);
        for glance in batch.glances() {
            match *glance {
                Glance::Block { number, parent, hash: own } => {
                    check_next(height, hash, number, parent)?;
                    (height, hash) = (Some(number), Some(own));
                }
                Glance::Rewind { height: to } => {
                    if height.is_none_or(|height| to > height) {
                        let expected =
                            height.map_or("no block".to_owned(), |h| format!("0 to {h}"));
                        return Err(Fault::Rewind { expected, found: to });
                    }
                    (height, hash) = (Some(to), None);
                }
                Glance::Other => {}
            }
        }
        Ok((height, hash))
    }

    /// A handle to read blocks and write snapshots with, on any thread.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The block at a position.
    ///
    /// # Errors
    /// Those of [`Reader::block`].
    pub fn block(&self, position: Position) -> Result<BlockRecord, StoreError> {
        self.reader.block(position)
    }

    /// What the store is of.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Height of the last block.
    #[must_use]
    pub fn height(&self) -> Option<u64> {
        self.height
    }

    /// Sequence number of the last frame that is durable; each append makes one.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.journal.place().sequence
    }

    /// What failed, when nothing is appended any more.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.journal.failure()
    }

    /// Keeps a text with the chain, in the place of an older one of that name.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the texts are then as before.
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), StoreError> {
        let mut meta = self.meta.clone();
        meta.texts.insert(name.to_owned(), text.to_owned());
        meta.write(&*self.reader.segments.disk, &self.reader.segments.layout)?;
        self.meta = meta;
        Ok(())
    }

    /// Closes the store so that even a power failure right after is judged rightly. To drop it
    /// loses nothing either.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn close(self) -> Result<(), StoreError> {
        self.journal.close()
    }
}

impl Reader {
    /// The block at a position.
    ///
    /// # Errors
    /// [`StoreError::NoBlock`] when there is none, [`StoreError::Damaged`] when it is not as it was
    /// written, [`StoreError::Io`].
    pub fn block(&self, position: Position) -> Result<BlockRecord, StoreError> {
        self.segments.block(position)
    }

    /// Keeps the state after a block, with the node's index of the blocks up to it, and removes all
    /// but the two newest snapshots. `state` writes the state's bytes. Returns the file's bytes.
    ///
    /// The block must have been appended; `position` is where. Small writes are collected.
    ///
    /// # Errors
    /// [`StoreError::NoBlock`] and [`StoreError::OtherBlock`] when the block is not there,
    /// [`StoreError::Io`]. The journal is not touched by a failure.
    pub fn write_snapshot(
        &self,
        head: Head,
        position: Position,
        index: &[u8],
        mut state: impl FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<u64, StoreError> {
        let _one = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        base_of(&self.segments, position, head)?;
        snapshot::write(&self.segments, head, position, index, &mut state)
    }
}

/// Locks the directory for writing, and makes what is in every store.
pub(crate) fn take(disk: &dyn Disk, layout: &Layout, needed: u64) -> Result<Lock, StoreError> {
    let dir = layout.root.clone();
    let failed = |path: PathBuf| {
        let dir = dir.clone();
        move |source: io::Error| match source.kind() {
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                StoreError::ReadOnly { dir, source }
            }
            _ => StoreError::Io { action: "create", path, source },
        }
    };
    disk.create_dir_all(&dir).map_err(failed(dir.clone()))?;
    let lock = disk.lock(&layout.lock(), true).map_err(failed(layout.lock()))?;
    if let Lock::Taken { pid } = lock {
        return Err(StoreError::Locked { dir, pid });
    }
    if let Ok(free) = disk.free_bytes(&dir)
        && free < needed
    {
        return Err(StoreError::DiskFull { dir, free, needed });
    }
    // A directory may be closed to us though the lock's file is not.
    let probe = dir.join("probe.partial");
    disk.open(&probe, How::Create).map_err(failed(probe.clone()))?;
    disk.remove(&probe).map_err(failed(probe))?;
    for dir in [layout.journal(), layout.snapshots()] {
        disk.create_dir_all(&dir).map_err(failed(dir.clone()))?;
    }
    Ok(lock)
}

fn create(disk: &dyn Disk, layout: &Layout, options: &Options) -> Result<Meta, StoreError> {
    let dir = layout.journal();
    if !disk.list(&dir).map_err(StoreError::io("list", &dir))?.is_empty() {
        let fault = "it is missing, but there is a journal".to_owned();
        return Err(StoreError::MetaDamaged { path: layout.meta(), fault });
    }
    let meta = Meta {
        format_version: FORMAT_VERSION,
        chain_id: options.chain_id,
        genesis: None,
        // Seeded by the system; TOML knows no more than 63 bits.
        store_id: RandomState::new().hash_one(std::process::id()) >> 1,
        generation: 1,
        texts: options.texts.clone(),
    };
    disk.sync_dir(&layout.root).map_err(StoreError::io("sync", &layout.root))?;
    meta.write(disk, layout)?;
    Ok(meta)
}

pub(crate) struct Found {
    pub(crate) survey: Survey,
    pub(crate) base: Base,
    pub(crate) snapshot: Option<snapshot::Snapshot>,
    /// Sequence number of the last frame that must be there.
    pub(crate) acknowledged: u64,
}

/// Finds the latest snapshot that is usable, and goes through the journal from there on.
pub(crate) fn find(
    segments: &Arc<Segments>,
    progress: &ProgressCallback,
    notices: &mut Vec<Notice>,
) -> Result<Found, StoreError> {
    let (numbers, _) = segments.list()?;
    check_numbers(segments, &numbers)?;
    let (snapshots, broken) = snapshot::list(segments)?;
    let acknowledged = tip::acknowledged(segments, &snapshots)?;
    notices.extend(broken.into_iter().map(|(path, fault)| Notice::BrokenSnapshot { path, fault }));
    for snapshot in snapshots {
        let path = snapshot.path().to_path_buf();
        let mut unused = |fault: String| {
            notices.push(Notice::BrokenSnapshot { path: path.clone(), fault });
        };
        if let Err(fault) = snapshot.verify() {
            unused(fault);
            continue;
        }
        let base = match base_of(segments, snapshot.position(), snapshot.head()) {
            Ok(base) => base,
            Err(error) => {
                unused(error.to_string());
                continue;
            }
        };
        match survey(segments, &base, u64::MAX, progress)? {
            Ok(survey) => {
                return Ok(Found { survey, base, snapshot: Some(snapshot), acknowledged });
            }
            Err(Unusable::NotThere) => unused("its block is not in the journal".to_owned()),
            Err(Unusable::Rewound(below)) => {
                notices.push(Notice::RewoundSnapshot { path, height: below.height });
            }
        }
    }
    let base = Base::START;
    let survey =
        survey(segments, &base, u64::MAX, progress)?.map_err(|_| StoreError::NotAStore {
            dir: segments.layout.root.clone(),
            missing: segments.layout.journal(),
        })?;
    Ok(Found { survey, base, snapshot: None, acknowledged })
}

fn check_genesis(segments: &Segments, meta: &Meta, lineage: &Lineage) -> Result<(), StoreError> {
    match (meta.genesis, lineage.genesis) {
        (Some(expected), Some(found)) if expected != found => {
            Err(segments.damage(1, 0, 1, Fault::Genesis { expected, found }).into())
        }
        _ => Ok(()),
    }
}

/// Takes a torn tail off the journal whose last whole frame ends in segment `last`.
fn cut(segments: &Segments, last: u32, torn: &TornTail) -> Result<(), StoreError> {
    let (numbers, _) = segments.list()?;
    for number in numbers.into_iter().rev().filter(|number| *number > last) {
        let path = segments.path(number);
        segments.disk.remove(&path).map_err(StoreError::io("remove", &path))?;
    }
    if last != 0 && torn.path == segments.path(last) {
        let file = segments.disk.open(&torn.path, How::Write);
        file.and_then(|file| file.set_len(torn.byte).and_then(|()| file.sync()))
            .map_err(StoreError::io("cut", &torn.path))?;
    }
    let dir = segments.layout.journal();
    segments.disk.sync_dir(&dir).map_err(StoreError::io("sync", &dir))?;
    segments.forget();
    Ok(())
}

/// Removes what a crash left in the middle of a snapshot or a compaction.
pub(crate) fn remove_leftovers(
    segments: &Segments,
    notices: &mut Vec<Notice>,
) -> Result<(), StoreError> {
    let (_, others) = segments.list()?;
    let layout = &segments.layout;
    let mut leftovers = others;
    for dir in [layout.root.clone(), layout.snapshots(), layout.journal()] {
        let names = segments.disk.list(&dir).map_err(StoreError::io("list", &dir))?;
        let partials = names.into_iter().filter(|name| is_partial(name));
        leftovers.extend(partials.map(|name| dir.join(name)));
    }
    for path in leftovers {
        segments.disk.remove(&path).map_err(StoreError::io("remove", &path))?;
        notices.push(Notice::RemovedLeftover { path });
    }
    Ok(())
}
