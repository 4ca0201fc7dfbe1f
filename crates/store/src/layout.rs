//! Where a store's files are.

use std::path::{Path, PathBuf};

/// The paths in a store's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

const SEGMENT: &str = ".journal";
const SNAPSHOT: &str = ".snapshot";
const PARTIAL: &str = ".partial";

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(crate) fn meta(&self) -> PathBuf {
        self.root.join("meta.toml")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("LOCK")
    }

    pub(crate) fn tip(&self) -> PathBuf {
        self.root.join("tip")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// Where a cut leaves what it takes away.
    pub(crate) fn cut(&self) -> PathBuf {
        self.root.join("cut")
    }

    pub(crate) fn segment(&self, generation: u32, segment: u32) -> PathBuf {
        self.journal().join(format!("{generation:04}-{segment:04}{SEGMENT}"))
    }

    pub(crate) fn snapshot(&self, height: u64) -> PathBuf {
        self.snapshots().join(format!("{height}{SNAPSHOT}"))
    }
}

/// The path of a file before it is whole.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PARTIAL);
    PathBuf::from(name)
}

/// Whether the name is of a file that a crash left before it was whole.
pub(crate) fn is_partial(name: &str) -> bool {
    name.ends_with(PARTIAL)
}

/// Generation and number in the name of a segment.
pub(crate) fn parse_segment(name: &str) -> Option<(u32, u32)> {
    let (generation, segment) = name.strip_suffix(SEGMENT)?.split_once('-')?;
    Some((generation.parse().ok()?, segment.parse().ok()?))
}

/// Height in the name of a snapshot.
pub(crate) fn parse_snapshot(name: &str) -> Option<u64> {
    name.strip_suffix(SNAPSHOT)?.parse().ok()
}
