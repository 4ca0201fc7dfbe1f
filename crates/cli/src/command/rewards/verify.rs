//! Computing a distribution again, and saying what differs.

use super::chain::{End, Source};
use super::failure::Failure;
use super::folder::{self, DISTRIBUTION, EXPLANATIONS, Manifest, Root, TOTALS};
use super::materials::{Materials, PROGRAMME};
use super::settle;
use alloy_primitives::keccak256;
use bondstone_rewards::explanation::explain;
use bondstone_rewards::{Distribution, Entry, History, Recipient};
use serde::Serialize;
use serde_json::value::RawValue;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

/// What is not as it was claimed. Everything before it, in the order of the folder, is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dispute {
    /// In words.
    differs: String,
    /// The first recipient that differs, if it is one's amount or explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<Recipient>,
    /// What the folder says.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<Derivation>,
    /// What the chain says.
    #[serde(skip_serializing_if = "Option::is_none")]
    recomputed: Option<Derivation>,
    /// The roots that the folder claims.
    claimed_roots: Vec<Root>,
    /// The roots that follow from the chain, where they are known.
    recomputed_roots: Vec<Root>,
}

/// A recipient's amounts, and how they come about.
#[derive(Debug, Serialize)]
struct Derivation {
    entry: Option<Entry>,
    explanation: Option<Box<RawValue>>,
}

/// Verifies a folder. The exit code is 1 when something differs.
pub(super) fn run(
    path: &Path,
    open: impl FnOnce() -> Result<Source, Failure>,
) -> Result<(String, ExitCode), Failure> {
    let manifest = Manifest::read(path)?;
    manifest.check(path, PROGRAMME)?;
    let materials = Materials::kept(path)?;
    for name in materials.texts.keys() {
        manifest.check(path, name)?;
    }
    let claimed_path = path.join(DISTRIBUTION);
    let text = fs::read_to_string(&claimed_path).map_err(Failure::read(&claimed_path))?;
    let claimed: Distribution = folder::parse(&claimed_path, &text)?;
    let source = open()?;
    let (roots, position) = (manifest.trees.clone(), manifest.position);
    if !source.has(position)? {
        let differs = format!("the chain has no block {} {}", position.number, position.hash);
        return report(&Dispute::of(differs, roots));
    }
    let ledger = source.read(materials.programme.network, End::Block(position.number))?;
    let history = ledger.history()?;
    let again = settle::distribution(&materials, &history, manifest.window)?;
    let folder = Folder { path, manifest: &manifest, materials: &materials, history: &history };
    let dispute = match folder.recipients(&claimed, &again)? {
        Some(dispute) => Some(dispute),
        None => folder.rest(&claimed, &again)?,
    };
    source.still_has(position)?;
    match dispute {
        Some(dispute) => report(&dispute),
        None => Ok((agreed(&manifest, &again), ExitCode::SUCCESS)),
    }
}

fn report(dispute: &Dispute) -> Result<(String, ExitCode), Failure> {
    Ok((folder::lines(dispute)?, ExitCode::from(1)))
}

fn agreed(manifest: &Manifest, distribution: &Distribution) -> String {
    let (count, number) = (distribution.entries.len(), manifest.position.number);
    let mut text = format!("{count} recipients, as the chain says until block {number}\n");
    for tree in &manifest.trees {
        text.push_str(&format!("root {} {}\n", tree.root, tree.file));
    }
    text
}

impl Dispute {
    fn of(differs: impl Into<String>, claimed_roots: Vec<Root>) -> Self {
        let (recipient, claimed, recomputed) = (None, None, None);
        let (differs, recomputed_roots) = (differs.into(), Vec::new());
        Self { differs, recipient, claimed, recomputed, claimed_roots, recomputed_roots }
    }
}

/// What is compared.
struct Folder<'a> {
    path: &'a Path,
    manifest: &'a Manifest,
    materials: &'a Materials,
    history: &'a History,
}

impl Folder<'_> {
    fn dispute(&self, differs: impl Into<String>) -> Dispute {
        Dispute::of(differs, self.manifest.trees.clone())
    }

    /// The first recipient whose amounts differ.
    fn recipients(
        &self,
        claimed: &Distribution,
        again: &Distribution,
    ) -> Result<Option<Dispute>, Failure> {
        if claimed.entries == again.entries {
            return Ok(None);
        }
        let pairs = claimed.entries.iter().zip(&again.entries);
        let same = pairs.take_while(|(claimed, again)| claimed == again).count();
        let at = |of: &Distribution| of.entries.get(same).map(|entry| entry.recipient);
        let first = [at(claimed), at(again)].into_iter().flatten().min();
        let Some(recipient) = first else { return Ok(None) };
        // Entries that do not ascend cannot be searched.
        let entry = claimed.entries.get(same).filter(|entry| entry.recipient == recipient);
        let line = if entry.is_some() { self.claimed_line(same)? } else { None };
        let own = Derivation { entry: entry.copied(), explanation: raw(line) };
        let entry = again.entry(recipient).copied();
        let explanation = match entry {
            Some(_) => Some(self.explanation(again, recipient)?),
            None => None,
        };
        let recomputed = Derivation { entry, explanation: raw(explanation) };
        let mut dispute = self.dispute("what a recipient is paid");
        dispute.recipient = Some(recipient);
        (dispute.claimed, dispute.recomputed) = (Some(own), Some(recomputed));
        let hashes = settle::explain_all(self.materials, self.history, again, |_, _| Ok(()))?;
        let trees = settle::trees(self.materials, again, &hashes)?;
        dispute.recomputed_roots = trees.iter().map(Root::from).collect();
        Ok(Some(dispute))
    }

    /// Everything that is not a recipient's amount.
    fn rest(
        &self,
        claimed: &Distribution,
        again: &Distribution,
    ) -> Result<Option<Dispute>, Failure> {
        if claimed.accounts != again.accounts {
            return Ok(Some(self.dispute("the accounts: where the budget went")));
        }
        if claimed != again {
            return Ok(Some(self.dispute("how the intervals were settled")));
        }
        let path = self.path.join(EXPLANATIONS);
        let file = File::open(&path).map_err(Failure::read(&path))?;
        let mut written = BufReader::new(file).lines();
        let mut first: Option<(usize, Option<String>, String)> = None;
        let hashes = settle::explain_all(self.materials, self.history, again, |number, text| {
            let line = written.next().transpose().map_err(Failure::read(&path))?;
            if first.is_none() && line.as_deref() != Some(text) {
                first = Some((number, line, text.to_owned()));
            }
            Ok(())
        })?;
        let trees = settle::trees(self.materials, again, &hashes)?;
        let roots: Vec<Root> = trees.iter().map(Root::from).collect();
        if let Some((number, line, text)) = first {
            let entry = again.entries.get(number).copied();
            let mut dispute = self.dispute("how a recipient's amount is explained");
            dispute.recipient = entry.map(|entry| entry.recipient);
            dispute.claimed = Some(Derivation { entry, explanation: raw(line) });
            dispute.recomputed = Some(Derivation { entry, explanation: raw(Some(text)) });
            dispute.recomputed_roots = roots;
            return Ok(Some(dispute));
        }
        if roots != self.manifest.trees {
            let mut dispute = self.dispute("the roots of the trees");
            dispute.recomputed_roots = roots;
            return Ok(Some(dispute));
        }
        let mut files = vec![(TOTALS.to_owned(), folder::totals(again)?)];
        files.push((DISTRIBUTION.to_owned(), folder::lines(again)?));
        files.extend(trees.into_iter().map(|tree| (tree.file, tree.text)));
        for (name, text) in files {
            let found = folder::hash_of(&self.path.join(&name))?;
            if found != keccak256(&text) || self.manifest.files.get(&name) != Some(&found) {
                let mut dispute = self.dispute(format!("the file {name}"));
                dispute.recomputed_roots = roots;
                return Ok(Some(dispute));
            }
        }
        self.manifest.check(self.path, EXPLANATIONS)?;
        Ok(None)
    }

    /// A line of the folder's explanations.
    fn claimed_line(&self, number: usize) -> Result<Option<String>, Failure> {
        let path = self.path.join(EXPLANATIONS);
        let file = File::open(&path).map_err(Failure::read(&path))?;
        BufReader::new(file).lines().nth(number).transpose().map_err(Failure::read(&path))
    }

    fn explanation(&self, of: &Distribution, whose: Recipient) -> Result<String, Failure> {
        let histories = [self.history];
        let inputs = self.materials.inputs(&histories);
        folder::json(&explain(&self.materials.programme, &inputs, of, whose)?)
    }
}

/// A line as JSON; nothing when it is none.
fn raw(line: Option<String>) -> Option<Box<RawValue>> {
    line.and_then(|line| RawValue::from_string(line).ok())
}
