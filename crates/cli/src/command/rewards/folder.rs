//! A distribution's folder: what was computed, what from, and a manifest of both.
//!
//! | file | what is in it |
//! |---|---|
//! | `manifest.json` | window, block, roots, and the keccak-256 of every other file |
//! | `distribution.json` | recipients with their amounts, intervals, accounts |
//! | `explanations.jsonl` | for each recipient every term of the sum, a line each |
//! | `totals.json` | the accounts, and what is payable in all |
//! | `tree-CHAIN.json` | the tree in the rail's format |
//! | `programme.toml`, `prices.csv`, `performance.csv`, `points.csv`, `previous.json` | inputs |

use super::chain::Source;
use super::failure::Failure;
use super::materials::Materials;
use super::settle;
use super::tree::Built;
use alloy_primitives::{B256, Keccak256, keccak256};
use bondstone_node::stake::{Position, StakeLedger};
use bondstone_rewards::programme::Programme;
use bondstone_rewards::{Distribution, Window};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// The form of a folder that this version writes and reads.
pub(super) const FORM: u32 = 1;
/// The names of what is computed.
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const DISTRIBUTION: &str = "distribution.json";
pub(super) const EXPLANATIONS: &str = "explanations.jsonl";
pub(super) const TOTALS: &str = "totals.json";

/// What a folder says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    /// The form of the folder.
    pub(super) form: u32,
    /// What wrote it.
    pub(super) program: String,
    /// The last block that was read.
    pub(super) position: Position,
    /// For what time.
    pub(super) window: Window,
    /// The trees.
    pub(super) trees: Vec<Root>,
    /// The keccak-256 of every file.
    pub(super) files: BTreeMap<String, B256>,
}

/// A tree of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Root {
    /// Its file.
    pub(super) file: String,
    /// Its format.
    pub(super) format: String,
    /// Its root.
    pub(super) root: B256,
}

impl From<&Built> for Root {
    fn from(built: &Built) -> Self {
        Self { file: built.file.clone(), format: built.format.to_owned(), root: built.root }
    }
}

impl Manifest {
    /// Reads the manifest of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(Failure::read(&path))?;
        let manifest: Self = parse(&path, &text)?;
        match manifest.form {
            FORM => Ok(manifest),
            found => Err(Failure::Form { path, found }),
        }
    }

    /// Compares a file of the folder with what the manifest says of it.
    pub(super) fn check(&self, folder: &Path, name: &str) -> Result<(), Failure> {
        let path = folder.join(name);
        let found = hash_of(&path)?;
        let expected = self.files.get(name).copied().unwrap_or_default();
        if found == expected { Ok(()) } else { Err(Failure::Changed { path, expected, found }) }
    }
}

/// A JSON object without line breaks.
pub(super) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::unreadable(Path::new("JSON")))
}

/// A JSON object for people, with a line break at the end.
pub(super) fn lines(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    let mut text = text.map_err(Failure::unreadable(Path::new("JSON")))?;
    text.push('\n');
    Ok(text)
}

/// Reads JSON. `path` is for what is said about it.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(Failure::unreadable(path))
}

/// The text of a folder's distribution, which must be the one of its manifest.
pub(super) fn distribution_text(folder: &Path) -> Result<String, Failure> {
    Manifest::read(folder)?.check(folder, DISTRIBUTION)?;
    let path = folder.join(DISTRIBUTION);
    fs::read_to_string(&path).map_err(Failure::read(&path))
}

/// A folder that is there is one that this program wrote; otherwise nothing is computed.
pub(super) fn refuse_foreign(out: &Path) -> Result<(), Failure> {
    if out.exists() && Manifest::read(out).is_err() {
        return Err(Failure::Occupied(out.to_path_buf()));
    }
    Ok(())
}

/// What `totals.json` says.
pub(super) fn totals(distribution: &Distribution) -> Result<String, Failure> {
    let payable: Vec<_> = distribution
        .totals()?
        .into_iter()
        .map(|(payment, total)| {
            json!({
                "chainId": payment.chain_id,
                "token": payment.token,
                "payable": total.to_string(),
            })
        })
        .collect();
    lines(&json!({
        "window": distribution.window,
        "recipients": distribution.entries.len(),
        "accounts": distribution.accounts,
        "payable": payable,
    }))
}

/// Computes a distribution and writes its folder, whole or not at all. A folder with the same
/// distribution stays as it is.
pub(super) fn write(
    out: &Path,
    materials: &Materials,
    ledger: &StakeLedger,
    window: Window,
    source: &Source,
) -> Result<String, Failure> {
    let position = ledger.position().ok_or(Failure::NoBlock(0))?;
    let history = ledger.history()?;
    let distribution = settle::distribution(materials, &history, window)?;
    let mut draft = Draft::begin(out)?;
    for (name, text) in &materials.texts {
        draft.file(name, text)?;
    }
    draft.file(DISTRIBUTION, &lines(&distribution)?)?;
    let mut explanations = draft.stream(EXPLANATIONS)?;
    let hashes =
        settle::explain_all(materials, &history, &distribution, |_, text| explanations.line(text))?;
    let hash = explanations.finish()?;
    draft.files.insert(EXPLANATIONS.to_owned(), hash);
    draft.file(TOTALS, &totals(&distribution)?)?;
    let trees = settle::trees(materials, &distribution, &hashes)?;
    for tree in &trees {
        draft.file(&tree.file, &tree.text)?;
    }
    source.still_has(position)?;
    let manifest = Manifest {
        form: FORM,
        program: concat!("bondstone ", env!("CARGO_PKG_VERSION")).to_owned(),
        position,
        window,
        trees: trees.iter().map(Root::from).collect(),
        files: draft.files.clone(),
    };
    draft.file(MANIFEST, &lines(&manifest)?)?;
    draft.publish(out, &manifest)?;
    summary(out, &materials.programme, &distribution, &manifest)
}

fn summary(
    out: &Path,
    programme: &Programme,
    distribution: &Distribution,
    manifest: &Manifest,
) -> Result<String, Failure> {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<12}{value}");
    };
    let figures = distribution.accounts.figures();
    let amount = |units| super::diff::whole(programme, units);
    row("programme", programme.title.clone());
    row("window", format!("{} to {}", manifest.window.from, manifest.window.until));
    row("block", format!("{} {}", manifest.position.number, manifest.position.hash));
    row("recipients", distribution.entries.len().to_string());
    row("budget", amount(figures.budget));
    row("paid", amount(figures.paid));
    row("fees", amount(figures.protocol_fees.saturating_add(figures.admin_fees)));
    row("unspent", amount(figures.unspent));
    row("carried", amount(figures.carried_out.saturating_add(figures.held_out)));
    row("dust", amount(figures.dust));
    for (payment, total) in distribution.totals()? {
        row(
            "payable",
            format!("{} since the beginning, on chain {}", amount(total), payment.chain_id),
        );
    }
    for tree in &manifest.trees {
        row("root", format!("{} {} {}", tree.root, tree.format, tree.file));
    }
    row("folder", out.display().to_string());
    Ok(text)
}

/// The keccak-256 of a file.
pub(super) fn hash_of(path: &Path) -> Result<B256, Failure> {
    let bytes = fs::read(path).map_err(Failure::read(path))?;
    Ok(keccak256(bytes))
}

/// A folder on its way: it is removed again unless it is published.
struct Draft {
    path: PathBuf,
    files: BTreeMap<String, B256>,
    is_published: bool,
}

/// A file that is written line by line.
struct Stream {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: Keccak256,
}

impl Draft {
    fn begin(out: &Path) -> Result<Self, Failure> {
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let path = out.with_file_name(format!(".{name}.{}.part", std::process::id()));
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(Failure::write(parent))?;
        }
        fs::create_dir(&path).map_err(Failure::write(&path))?;
        Ok(Self { path, files: BTreeMap::new(), is_published: false })
    }

    fn file(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let write = || {
            let mut file = File::create_new(&path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(Failure::write(&path))?;
        self.files.insert(name.to_owned(), keccak256(text));
        Ok(())
    }

    fn stream(&self, name: &str) -> Result<Stream, Failure> {
        let path = self.path.join(name);
        let file = File::create_new(&path).map_err(Failure::write(&path))?;
        Ok(Stream { path, file: BufWriter::new(file), hasher: Keccak256::new() })
    }

    /// Gives the folder its name.
    fn publish(mut self, out: &Path, manifest: &Manifest) -> Result<(), Failure> {
        if out.exists() {
            let same = Manifest::read(out)? == *manifest;
            let occupied = || Failure::Occupied(out.to_path_buf());
            return if same { Ok(()) } else { Err(occupied()) };
        }
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(Failure::write(out))?;
        fs::rename(&self.path, out).map_err(Failure::write(out))?;
        self.is_published = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // What cannot be removed is of no use and in nobody's way.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl Stream {
    fn line(&mut self, text: &str) -> Result<(), Failure> {
        for part in [text, "\n"] {
            self.hasher.update(part);
            self.file.write_all(part.as_bytes()).map_err(Failure::write(&self.path))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<B256, Failure> {
        let Self { path, file, hasher } = self;
        let file = file.into_inner().map_err(|error| error.into_error());
        file.and_then(|file| file.sync_all()).map_err(Failure::write(&path))?;
        Ok(hasher.finalize())
    }
}
