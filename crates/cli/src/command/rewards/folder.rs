//! Writing a distribution's folder: whole, or not at all.

use super::chain::Source;
use super::failure::Failure;
use super::materials::Materials;
use super::{settle, tree};
use alloy_primitives::{B256, Keccak256, keccak256};
use bondstone_node::distributions::{
    DISTRIBUTION, EXPLANATIONS, FORM, Folder, MANIFEST, Manifest, TOTALS,
};
use bondstone_node::stake::StakeLedger;
use bondstone_rewards::programme::Programme;
use bondstone_rewards::{Distribution, Window};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// A JSON object without line breaks.
pub(super) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(Failure::Json)
}

/// A JSON object for people, with a line break at the end.
pub(super) fn lines(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    let mut text = text.map_err(Failure::Json)?;
    text.push('\n');
    Ok(text)
}

/// A folder that is there is one that this program wrote; otherwise nothing is computed.
pub(super) fn refuse_foreign(out: &Path) -> Result<(), Failure> {
    if out.exists() && Folder::open(out).is_err() {
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
    let trees = tree::build(&materials.programme, &distribution, &hashes)?;
    for built in &trees {
        draft.file(&built.root.file, &built.tree.text().map_err(Failure::Json)?)?;
    }
    source.still_has(position)?;
    let manifest = Manifest {
        form: FORM,
        program: concat!("bondstone ", env!("CARGO_PKG_VERSION")).to_owned(),
        position,
        window,
        trees: trees.into_iter().map(|built| built.root).collect(),
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
            let same = Folder::open(out)?.manifest() == manifest;
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
