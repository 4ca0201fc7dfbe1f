//! The shelf: a folder whose subfolders are distributions, as `bondstone rewards run` writes them.
//!
//! It is looked at whenever somebody asks, and only what changed is read again: a manifest tells by
//! its length and the time of its last change. Trees are read when a claim needs one. A subfolder
//! that cannot be used is left out, and the log says why, once.

use crate::distributions::{Folder, MANIFEST, Root, TOTALS, Tree, parse};
use crate::kept::{Kept, open};
use alloy_primitives::{Address, B256, keccak256};
use bondstone_kernel::Assets;
use bondstone_rewards::Window;
use bondstone_rewards::programme::Payment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use thiserror::Error;

/// How many trees are kept in memory. One of a million leaves takes about 130 MB.
const KEPT_TREES: usize = 8;

/// Why a shelf cannot be looked at.
#[derive(Debug, Error)]
#[error("cannot read the folder of distributions {}: {source}", dir.display())]
pub struct ShelfError {
    /// The folder.
    pub dir: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// A folder of distributions, or none.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: Option<PathBuf>,
    seen: Mutex<Seen>,
    trees: Kept<(B256, B256, Option<Stamp>), Option<Tree>>,
}

/// What was there when somebody looked last.
#[derive(Debug, Default)]
struct Seen {
    folders: BTreeMap<OsString, (Stamp, Option<Arc<Item>>)>,
    contents: Arc<Contents>,
}

/// By what a file shows that it is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    changed: Option<SystemTime>,
    length: u64,
}

/// The distributions of a shelf.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// By programme, the earliest first, those of equal windows by the names of their folders.
    pub(crate) items: Vec<Arc<Item>>,
    /// The same for the same distributions, whenever they were put there.
    pub(crate) digest: B256,
}

/// A distribution.
#[derive(Debug)]
pub(crate) struct Item {
    /// The name of its folder.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: Folder,
    /// What it follows.
    pub(crate) programme: ProgrammeLabel,
    /// How many there are to pay, and how much.
    pub(crate) totals: Totals,
    digest: B256,
}

/// What is told of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProgrammeLabel {
    /// The same for all distributions of a programme: see [`programme_id`].
    pub(crate) id: String,
    /// What people call it.
    pub(crate) title: String,
    /// The network that pays.
    pub(crate) network: Address,
    /// The chain on which the network is registered.
    pub(crate) chain_id: u64,
    /// What it pays in, and where.
    pub(crate) payments: Vec<Payment>,
}

/// What `totals.json` says and the API tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Totals {
    /// How many recipients ever earned something.
    pub(crate) recipients: u64,
    /// What is payable since the programme's beginning.
    pub(crate) payable: Vec<Payable>,
}

/// What is payable on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payable {
    /// The chain.
    pub(crate) chain_id: u64,
    /// The token there; zero for points.
    pub(crate) token: Address,
    /// How much.
    pub(crate) payable: Assets,
}

/// The id of a programme: letters and digits of its title in lower case, with a hyphen for
/// everything between them, then the chain and the address of its network.
pub(crate) fn programme_id(title: &str, chain_id: u64, network: Address) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut id = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        id.push_str(&word.to_ascii_lowercase());
        id.push('-');
    }
    // Writing to a string cannot fail.
    let _ = write!(id, "{chain_id}-{network:x}");
    id
}

impl Stamp {
    /// That of a file that is there.
    fn of(file: &Path) -> Option<Self> {
        let file = fs::metadata(file).ok()?;
        Some(Self { changed: file.modified().ok(), length: file.len() })
    }
}

impl Item {
    fn read(path: &Path, name: String) -> Result<Self, crate::distributions::DistributionError> {
        let folder = Folder::open(path)?;
        let programme = folder.programme()?;
        let payments = programme.payments();
        let (title, network, chain_id) = (programme.title, programme.network, programme.chain_id);
        let id = programme_id(&title, chain_id, network);
        let totals = parse(&path.join(TOTALS), &folder.text(TOTALS)?)?;
        // The manifest has the hashes of all files, and its own text is JSON in one way only.
        let manifest = serde_json::to_vec(folder.manifest()).unwrap_or_default();
        let digest = keccak256([name.as_bytes(), b"/", &manifest].concat());
        let programme = ProgrammeLabel { id, title, network, chain_id, payments };
        Ok(Self { name, folder, programme, totals, digest })
    }

    /// For what time it pays.
    pub(crate) fn window(&self) -> Window {
        self.folder.manifest().window
    }
}

impl Contents {
    fn of<'a>(items: impl Iterator<Item = &'a Arc<Item>>) -> Self {
        let mut items: Vec<Arc<Item>> = items.cloned().collect();
        items.sort_by(|a, b| {
            let key = |item: &'_ Item| (item.window().until, item.window().from);
            let ids = a.programme.id.cmp(&b.programme.id);
            ids.then(key(a).cmp(&key(b))).then(a.name.cmp(&b.name))
        });
        let digests: Vec<u8> = items.iter().flat_map(|item| item.digest.0).collect();
        let digest = if items.is_empty() { B256::ZERO } else { keccak256(digests) };
        Self { items, digest }
    }

    /// Where a root stands: the latest distribution with a tree that has it.
    pub(crate) fn find(&self, root: B256) -> Option<(&Arc<Item>, &Root)> {
        let trees = self
            .items
            .iter()
            .rev()
            .flat_map(|item| item.folder.manifest().trees.iter().map(move |tree| (item, tree)));
        trees.into_iter().find(|(_, tree)| tree.root == root)
    }
}

impl Shelf {
    /// A shelf in a folder, or an empty one.
    ///
    /// # Errors
    /// [`ShelfError`] when the folder cannot be listed.
    pub(crate) fn open(dir: Option<PathBuf>) -> Result<Self, ShelfError> {
        let shelf = Self { dir, seen: Mutex::default(), trees: Kept::new(KEPT_TREES) };
        shelf.contents()?;
        Ok(shelf)
    }

    /// What is there now.
    ///
    /// # Errors
    /// [`ShelfError`] when the folder cannot be listed.
    pub(crate) fn contents(&self) -> Result<Arc<Contents>, ShelfError> {
        let Some(dir) = &self.dir else { return Ok(Arc::default()) };
        let fail = |source| ShelfError { dir: dir.clone(), source };
        let found = stamps(dir).map_err(fail)?;
        let mut seen = open(&self.seen);
        let same = found.len() == seen.folders.len()
            && found.iter().zip(&seen.folders).all(|((a, at), (b, (was, _)))| a == b && at == was);
        if same {
            return Ok(Arc::clone(&seen.contents));
        }
        let mut before = std::mem::take(&mut seen.folders);
        for (name, stamp) in found {
            let known = before.remove(&name).filter(|(was, _)| *was == stamp);
            let known = known.unwrap_or_else(|| (stamp, read(dir, &name)));
            seen.folders.insert(name, known);
        }
        let items = seen.folders.values().filter_map(|(_, item)| item.as_ref());
        let contents = Arc::new(Contents::of(items));
        seen.contents = Arc::clone(&contents);
        Ok(contents)
    }

    /// A tree of a distribution; `None` when its file does not hold it, of which the log tells.
    /// A file that changes is read again.
    pub(crate) fn tree(&self, item: &Item, root: &Root) -> Arc<Option<Tree>> {
        let stamp = Stamp::of(&item.folder.path().join(&root.file));
        let made = self.trees.get((item.digest, root.root, stamp), || {
            let tree = item.folder.tree(root);
            let warn = |error: &_| tracing::warn!("a tree cannot be used: {error}");
            Ok::<_, Infallible>(tree.inspect_err(warn).ok())
        });
        match made {
            Ok(tree) => tree,
            Err(never) => match never {},
        }
    }
}

fn read(dir: &Path, name: &OsString) -> Option<Arc<Item>> {
    let item = Item::read(&dir.join(name), name.to_string_lossy().into_owned());
    item.inspect_err(|error| tracing::warn!("a distribution is left out: {error}"))
        .map(Arc::new)
        .ok()
}

/// The subfolders with a manifest. Names that begin with a dot are folders on their way.
fn stamps(dir: &Path) -> io::Result<BTreeMap<OsString, Stamp>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if let Some(stamp) = Stamp::of(&entry.path().join(MANIFEST)) {
            found.insert(name, stamp);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_slug_with_chain_and_network() {
        let network = Address::repeat_byte(0xab);
        let id = programme_id("  HYPER, for Stakers! ", 31_337, network);
        assert_eq!(id, format!("hyper-for-stakers-31337-{}", "ab".repeat(20)));
        assert_eq!(programme_id("§", 1, network), format!("1-{}", "ab".repeat(20)));
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_left_out_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(Some(dir.path().to_path_buf())).unwrap();
        let broken = dir.path().join("broken");
        fs::create_dir(&broken).unwrap();
        fs::write(broken.join(MANIFEST), "{").unwrap();
        fs::write(dir.path().join("file"), "no folder").unwrap();
        let contents = shelf.contents().unwrap();
        assert!(contents.items.is_empty() && contents.digest.is_zero());
        assert_eq!(open(&shelf.seen).folders.len(), 1);
        // Nothing changed, so that nothing is made anew.
        assert!(Arc::ptr_eq(&contents, &shelf.contents().unwrap()));
        fs::remove_dir_all(dir.path()).unwrap();
        let error = shelf.contents().unwrap_err();
        assert!(error.to_string().contains("cannot read the folder of distributions"), "{error}");
    }
}
