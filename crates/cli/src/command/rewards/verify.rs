//! Computing a distribution again, and saying what differs.

use super::chain::{End, Source};
use super::failure::Failure;
use super::materials::Materials;
use super::tree::{self, Built};
use super::{folder, settle, table};
use alloy_primitives::{B256, keccak256};
use bondstone_node::distributions::{
    self, DISTRIBUTION, EXPLANATIONS, Folder, Manifest, Root, TABLE, TOTALS,
};
use bondstone_rewards::explanation::explain;
use bondstone_rewards::{Distribution, Entry, History, Recipient};
use serde::Serialize;
use serde_json::value::RawValue;
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
    let kept = Folder::open(path)?;
    let manifest = kept.manifest();
    let materials = Materials::kept(&kept)?;
    let text = kept.unchecked_text(DISTRIBUTION)?;
    let claimed: Distribution = distributions::parse(&path.join(DISTRIBUTION), &text)?;
    let source = open()?;
    let (roots, position) = (manifest.trees.clone(), manifest.position);
    if !source.has(position)? {
        let differs = format!("the chain has no block {} {}", position.number, position.hash);
        return report(&Dispute::of(differs, roots));
    }
    let ledger = source.read(materials.programme.network, End::Block(position.number), None)?;
    if ledger.left_out() != manifest.left_out {
        return report(&Dispute::of("the vaults whose stake is not counted", roots));
    }
    let history = ledger.history()?;
    let again = settle::distribution(&materials, &history, manifest.window)?;
    let comparison = Comparison { folder: &kept, text, materials: &materials, history: &history };
    let dispute = match comparison.recipients(&claimed, &again)? {
        Some(dispute) => Some(dispute),
        None => comparison.rest(&claimed, &again)?,
    };
    source.still_has(position)?;
    match dispute {
        Some(dispute) => report(&dispute),
        None => Ok((agreed(manifest, &again), ExitCode::SUCCESS)),
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
struct Comparison<'a> {
    folder: &'a Folder,
    /// The folder's distribution as it stands there.
    text: String,
    materials: &'a Materials,
    history: &'a History,
}

impl Comparison<'_> {
    fn dispute(&self, differs: impl Into<String>) -> Dispute {
        Dispute::of(differs, self.folder.manifest().trees.clone())
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
        let trees = tree::build(&self.materials.programme, again, &hashes)?;
        dispute.recomputed_roots = trees.into_iter().map(|built| built.root).collect();
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
        let mut written = self.folder.lines(EXPLANATIONS)?;
        let mut first: Option<(usize, Option<String>, String)> = None;
        let hashes = settle::explain_all(self.materials, self.history, again, |number, text| {
            let line = written.next().transpose()?;
            if first.is_none() && line.as_deref() != Some(text) {
                first = Some((number, line, text.to_owned()));
            }
            Ok(())
        })?;
        let trees = tree::build(&self.materials.programme, again, &hashes)?;
        let roots: Vec<Root> = trees.iter().map(|built| built.root.clone()).collect();
        if let Some((number, line, text)) = first {
            let entry = again.entries.get(number).copied();
            let mut dispute = self.dispute("how a recipient's amount is explained");
            dispute.recipient = entry.map(|entry| entry.recipient);
            dispute.claimed = Some(Derivation { entry, explanation: raw(line) });
            dispute.recomputed = Some(Derivation { entry, explanation: raw(Some(text)) });
            dispute.recomputed_roots = roots;
            return Ok(Some(dispute));
        }
        if roots != self.folder.manifest().trees {
            let mut dispute = self.dispute("the roots of the trees");
            dispute.recomputed_roots = roots;
            return Ok(Some(dispute));
        }
        if let Some(name) = self.other_file(again, &trees)? {
            let mut dispute = self.dispute(format!("the file {name}"));
            dispute.recomputed_roots = roots;
            return Ok(Some(dispute));
        }
        written.finish()?;
        Ok(None)
    }

    /// The first file that says the same otherwise.
    fn other_file(&self, again: &Distribution, trees: &[Built]) -> Result<Option<String>, Failure> {
        let is_same = |name: &str, found: B256, expected: &[u8]| {
            found == keccak256(expected) && self.folder.check(name, found).is_ok()
        };
        let expected = folder::lines(again)?;
        if !is_same(DISTRIBUTION, keccak256(&self.text), expected.as_bytes()) {
            return Ok(Some(DISTRIBUTION.to_owned()));
        }
        let mut files = vec![(TOTALS, folder::totals(again)?.into_bytes())];
        files.push((TABLE, table::bytes(&again.entries)?));
        for built in trees {
            let text = built.tree.text().map_err(Failure::Json)?;
            files.push((&built.root.file, text.into_bytes()));
        }
        for (name, expected) in files {
            if !is_same(name, self.folder.hash_of(name)?, &expected) {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }

    /// A line of the folder's explanations.
    fn claimed_line(&self, number: usize) -> Result<Option<String>, Failure> {
        Ok(self.folder.lines(EXPLANATIONS)?.nth(number).transpose()?)
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
