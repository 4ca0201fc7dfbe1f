//! A disk in memory that fails as real ones do, for tests.
//!
//! What was not synced may be lost, in sectors, in any order:
//! [`SimulatedDisk::after_power_failure`] makes one of the possible outcomes, by a seed.
//! [`SimulatedDisk::after_kill`] is what a process finds that starts after another was killed:
//! everything that was written, synced or not.

use super::{Disk, DiskFile, Guard, How, Lock};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECTOR: usize = 512;

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    files: BTreeMap<u64, Contents>,
    next_file: u64,
    names: BTreeMap<PathBuf, u64>,
    synced_names: BTreeMap<PathBuf, u64>,
    /// By directory, in order.
    unsynced_names: BTreeMap<PathBuf, Vec<Naming>>,
    directories: BTreeSet<PathBuf>,
    locked: BTreeSet<PathBuf>,
    operations: u64,
    faults: Faults,
}

#[derive(Clone, Debug, Default)]
struct Faults {
    power_fails_at: Option<u64>,
    sync_fails_at: Option<u64>,
    capacity_bytes: Option<u64>,
    read_only: bool,
}

#[derive(Clone, Debug)]
enum Naming {
    Given(PathBuf, u64),
    Removed(PathBuf),
}

#[derive(Clone, Debug, Default)]
struct Contents {
    /// What reads see.
    seen: Vec<u8>,
    /// What is on the medium for certain.
    synced: Vec<u8>,
    /// What the next sync puts there.
    unsynced: Vec<Change>,
    /// What a failed sync has given up: it may be on the medium, no later sync puts it there.
    given_up: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, contents: &mut Vec<u8>) {
        match self {
            Self::Length(length) => contents.resize(*length, 0),
            Self::Write { offset, bytes } => {
                let end = offset.saturating_add(bytes.len());
                if contents.len() < end {
                    contents.resize(end, 0);
                }
                if let Some(place) = contents.get_mut(*offset..end) {
                    place.copy_from_slice(bytes);
                }
            }
        }
    }
}

impl SimulatedDisk {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations changed or synced something so far.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Lets the power fail at the operation of that number; it may be done in part. All later ones
    /// fail.
    pub fn fail_power_at(&self, operation: u64) {
        self.state().faults.power_fails_at = Some(operation);
    }

    /// Lets the first sync from the operation of that number on fail, with what it should have made
    /// durable given up, as Linux does.
    pub fn fail_sync_at(&self, operation: u64) {
        self.state().faults.sync_fails_at = Some(operation);
    }

    /// Leaves room for so many bytes more.
    pub fn set_free_bytes(&self, bytes: u64) {
        let mut state = self.state();
        state.faults.capacity_bytes = Some(state.used_bytes().saturating_add(bytes));
    }

    /// Refuses all changes.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().faults.read_only = read_only;
    }

    /// The disk as the next process finds it after this one was killed.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let mut state = self.state().clone();
        state.locked.clear();
        state.faults = Faults::default();
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The disk as it may be after the power failed.
    #[must_use]
    pub fn after_power_failure(&self, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let before = self.state();
        let mut names = before.synced_names.clone();
        for changes in before.unsynced_names.values() {
            let kept = chance.up_to(changes.len());
            changes.iter().take(kept).for_each(|naming| naming.apply(&mut names));
        }
        let mut files = BTreeMap::new();
        for (id, contents) in &before.files {
            let synced = contents.survivor(&mut chance);
            files.insert(*id, Contents { seen: synced.clone(), synced, ..Contents::default() });
        }
        let state = State {
            files,
            next_file: before.next_file,
            synced_names: names.clone(),
            names,
            directories: before.directories.clone(),
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The paths of all files.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// A file's bytes, as reads see them.
    #[must_use]
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let id = state.names.get(path)?;
        state.files.get(id).map(|contents| contents.seen.clone())
    }

    /// Puts other bytes into a file behind everybody's back.
    pub fn tamper(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let id = state.names.get(path).copied();
        if let Some(contents) = id.and_then(|id| state.files.get_mut(&id)) {
            *contents = Contents { seen: bytes.clone(), synced: bytes, ..Contents::default() };
        }
    }

    /// A disk of its own with the same contents.
    #[must_use]
    pub fn copy(&self) -> Self {
        self.after_kill()
    }
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Given(path, id) => names.insert(path.clone(), *id),
            Self::Removed(path) => names.remove(path),
        };
    }
}

impl Contents {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    /// What of the file may be on the medium: each sector as it was at some moment since the sync.
    fn survivor(&self, chance: &mut Chance) -> Vec<u8> {
        let changes: Vec<_> = self.given_up.iter().chain(&self.unsynced).collect();
        let mut versions = vec![self.synced.clone()];
        for change in changes {
            let mut next = versions.last().cloned().unwrap_or_default();
            change.apply(&mut next);
            versions.push(next);
        }
        let last = versions.len().saturating_sub(1);
        // Often all or nothing of it, or else the mixtures would hide the simple cases.
        let fixed = match chance.up_to(3) {
            0 => Some(0),
            1 => Some(last),
            _ => None,
        };
        let pick = |chance: &mut Chance| fixed.unwrap_or_else(|| chance.up_to(last));
        let length = versions.get(pick(chance)).map_or(0, Vec::len);
        let mut survivor = vec![0; length];
        for (number, sector) in survivor.chunks_mut(SECTOR).enumerate() {
            let start = number.saturating_mul(SECTOR);
            let version = versions.get(pick(chance)).and_then(|version| version.get(start..));
            for (place, byte) in sector.iter_mut().zip(version.unwrap_or_default()) {
                *place = *byte;
            }
        }
        survivor
    }
}

impl State {
    fn used_bytes(&self) -> u64 {
        self.names.values().filter_map(|id| self.files.get(id)).map(|file| size(&file.seen)).sum()
    }

    fn powered(&self) -> io::Result<()> {
        match self.faults.power_fails_at {
            Some(at) if self.operations > at => Err(io::Error::other("the power failed")),
            _ => Ok(()),
        }
    }

    /// Counts a change. The one during which the power fails is still noted as not synced.
    fn begin(&mut self) -> io::Result<()> {
        self.powered()?;
        if self.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        self.operations = self.operations.saturating_add(1);
        Ok(())
    }

    fn name(&mut self, naming: Naming) -> io::Result<()> {
        naming.apply(&mut self.names);
        let (Naming::Given(path, _) | Naming::Removed(path)) = &naming;
        let dir = path.parent().unwrap_or(Path::new("")).to_path_buf();
        self.unsynced_names.entry(dir).or_default().push(naming);
        self.powered()
    }

    fn file(&mut self, id: u64) -> io::Result<&mut Contents> {
        self.files.get_mut(&id).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Disk for SimulatedDisk {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.directories.contains(dir) {
            return state.powered();
        }
        state.begin()?;
        let dirs: Vec<_> = dir.ancestors().map(Path::to_path_buf).collect();
        state.directories.extend(dirs);
        state.powered()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        state.powered()?;
        if !state.directories.contains(dir) {
            return Err(ErrorKind::NotFound.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn open(&self, path: &Path, how: How) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.powered()?;
        if how == How::Write && state.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        let found = state.names.get(path).copied();
        let id = match (found, how) {
            (Some(id), How::Read | How::Write) => id,
            (None, How::Read | How::Write) => return Err(ErrorKind::NotFound.into()),
            (Some(id), How::Create) => {
                state.begin()?;
                state.file(id)?.change(Change::Length(0));
                state.powered()?;
                id
            }
            (None, How::Create) => {
                state.begin()?;
                let id = state.next_file;
                state.next_file = id.saturating_add(1);
                state.files.insert(id, Contents::default());
                state.name(Naming::Given(path.to_path_buf(), id))?;
                id
            }
        };
        let writable = how != How::Read;
        Ok(Arc::new(SimulatedFile { disk: self.clone(), id, writable }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        if !state.names.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        state.name(Naming::Removed(path.to_path_buf()))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        let id = state.names.get(from).copied().ok_or(ErrorKind::NotFound)?;
        // The old name may outlive a power failure beside the new one; nobody may rely on less.
        state.name(Naming::Given(to.to_path_buf(), id))?;
        state.name(Naming::Removed(from.to_path_buf()))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.begin()?;
        state.powered()?;
        let state = &mut *state;
        for naming in state.unsynced_names.remove(dir).unwrap_or_default() {
            naming.apply(&mut state.synced_names);
        }
        Ok(())
    }

    fn lock(&self, path: &Path, exclusive: bool) -> io::Result<Lock> {
        if exclusive && !self.state().names.contains_key(path) {
            self.open(path, How::Create)?;
        }
        let mut state = self.state();
        if exclusive && state.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        if !state.names.contains_key(path) {
            return Err(ErrorKind::NotFound.into());
        }
        if !state.locked.insert(path.to_path_buf()) {
            return Ok(Lock::Taken { pid: Some(std::process::id()) });
        }
        let guard = SimulatedGuard { disk: self.clone(), path: path.to_path_buf() };
        Ok(Lock::Held(Box::new(guard)))
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        let state = self.state();
        let capacity = state.faults.capacity_bytes.unwrap_or(u64::MAX);
        Ok(capacity.saturating_sub(state.used_bytes()))
    }
}

#[derive(Debug)]
struct SimulatedGuard {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Guard for SimulatedGuard {}

impl Drop for SimulatedGuard {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.path);
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    id: u64,
    writable: bool,
}

impl SimulatedFile {
    fn begin(&self) -> io::Result<MutexGuard<'_, State>> {
        if !self.writable {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let mut state = self.disk.state();
        state.begin()?;
        Ok(state)
    }
}

impl DiskFile for SimulatedFile {
    fn bytes(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.powered()?;
        Ok(size(&state.file(self.id)?.seen))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.powered()?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let contents = state.file(self.id)?.seen.get(offset..).unwrap_or_default();
        for (place, byte) in buffer.iter_mut().zip(contents) {
            *place = *byte;
        }
        Ok(contents.len().min(buffer.len()))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.begin()?;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let before = state.file(self.id)?.seen.len();
        let grows = offset.saturating_add(bytes.len()).saturating_sub(before);
        let capacity = state.faults.capacity_bytes.unwrap_or(u64::MAX);
        let free = capacity.saturating_sub(state.used_bytes());
        let missing = grows.saturating_sub(usize::try_from(free).unwrap_or(usize::MAX));
        let fits = bytes.get(..bytes.len().saturating_sub(missing)).unwrap_or_default().to_vec();
        state.file(self.id)?.change(Change::Write { offset, bytes: fits });
        if missing > 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        state.powered()
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.begin()?;
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        state.file(self.id)?.change(Change::Length(length));
        state.powered()
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.begin()?;
        state.powered()?;
        let fails = state.faults.sync_fails_at.is_some_and(|at| state.operations >= at);
        if fails {
            state.faults.sync_fails_at = None;
        }
        let contents = state.file(self.id)?;
        let changes = std::mem::take(&mut contents.unsynced);
        if fails {
            contents.given_up.extend(changes);
            return Err(io::Error::other("the medium failed"));
        }
        changes.iter().for_each(|change| change.apply(&mut contents.synced));
        Ok(())
    }
}

fn size(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A sequence of numbers that looks random: SplitMix64.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// A number from 0 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let choices = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        usize::try_from(mixed % choices).unwrap_or(0)
    }
}
