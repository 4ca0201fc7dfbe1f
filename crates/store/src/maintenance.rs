//! What is done to a store while no node has it open: check, compact, export.

mod check;
mod compact;
mod export;
#[cfg(feature = "parquet")]
mod parquet;

pub use check::{CheckReport, SnapshotReport, SnapshotState, check};
pub use compact::{CompactReport, compact};
pub use export::{ExportFormat, ExportRange, ExportReport, export};

use crate::disk::{Disk, Lock, RealDisk};
use crate::error::StoreError;
use crate::frame::Identity;
use crate::layout::Layout;
use crate::meta::Meta;
use crate::recovery::{ProgressCallback, Records};
use crate::segments::{Place, Segments};
use crate::snapshot;
use crate::survey::{Base, Survey, bytes_from, check_numbers, survey};
use crate::tip;
use crate::walk::{Tail, judge};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// How to work on a store.
#[derive(Clone, Debug)]
pub struct Maintenance {
    /// Whom to tell how far the work is.
    pub progress: ProgressCallback,
    /// Where the store is.
    pub disk: Arc<dyn Disk>,
}

impl Default for Maintenance {
    fn default() -> Self {
        Self { progress: ProgressCallback::default(), disk: Arc::new(RealDisk) }
    }
}

/// A store that is there, seen from its first frame on.
struct Whole {
    meta: Meta,
    segments: Arc<Segments>,
    survey: Survey,
    tail: Tail,
}

impl Whole {
    fn open(layout: &Layout, maintenance: &Maintenance) -> Result<Self, StoreError> {
        let disk = maintenance.disk.clone();
        let Some(meta) = Meta::read(&*disk, layout)? else {
            let (dir, missing) = (layout.root.clone(), layout.meta());
            return Err(StoreError::NotAStore { dir, missing });
        };
        let Meta { store_id, generation, .. } = meta;
        let identity = Identity { store_id, generation };
        let segments = Arc::new(Segments::new(disk, layout.clone(), identity));
        let survey = from_start(&segments, u64::MAX, &maintenance.progress)?;
        let (snapshots, _) = snapshot::list(&segments)?;
        let acknowledged = tip::acknowledged(&segments, &snapshots)?;
        let (numbers, _) = segments.list()?;
        let tail = match check_numbers(&segments, &numbers) {
            Err(StoreError::Damaged(damage)) => Tail::Damaged(*damage),
            Err(other) => return Err(other),
            Ok(()) => judge(&segments, &survey.end, &survey.last, acknowledged)?,
        };
        Ok(Self { meta, segments, survey, tail })
    }

    /// The records up to the last whole frame.
    fn records(&self, progress: &ProgressCallback) -> Result<Records, StoreError> {
        let Place { sequence, .. } = self.survey.end;
        let lineage = self.survey.lineage.clone();
        let bytes = bytes_from(&self.segments, &Place::START)?;
        let progress = progress.clone();
        Records::new(self.segments.clone(), &Base::START, lineage, sequence, bytes, progress)
    }
}

fn from_start(
    segments: &Arc<Segments>,
    limit: u64,
    progress: &ProgressCallback,
) -> Result<Survey, StoreError> {
    let survey = survey(segments, &Base::START, limit, progress)?;
    // Only a pass from a snapshot on can be unusable.
    survey.map_err(|_| StoreError::NotAStore {
        dir: segments.layout.root.clone(),
        missing: segments.layout.journal(),
    })
}

/// Locks a store against writers. Where no lock can be made, on a read-only medium, there are none.
fn lock_to_read(disk: &dyn Disk, dir: &Path) -> Result<Option<Lock>, StoreError> {
    let path = Layout::new(dir).lock();
    match disk.lock(&path, false) {
        Ok(Lock::Taken { pid }) => Err(StoreError::Locked { dir: dir.to_path_buf(), pid }),
        Ok(held) => Ok(Some(held)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("lock", &path)(error)),
    }
}

/// Locks a store to change it. Makes none.
fn lock_to_write(disk: &dyn Disk, layout: &Layout) -> Result<Lock, StoreError> {
    let lock = lock_to_read(disk, &layout.root)?;
    if Meta::read(disk, layout)?.is_none() {
        let (dir, missing) = (layout.root.clone(), layout.meta());
        return Err(StoreError::NotAStore { dir, missing });
    }
    drop(lock);
    crate::store::take(disk, layout, 0)
}
