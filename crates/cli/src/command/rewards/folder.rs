//! Writing a distribution's folder: whole, or not at all.

use super::chain::{End, Source};
use super::draft::Workshop;
use super::failure::Failure;
use super::materials::Materials;
use super::{settle, table, tree};
use bondstone_node::distributions::{
    DISTRIBUTION, EXPLANATIONS, FORM, Folder, MANIFEST, Manifest, TABLE, TOTALS,
};
use bondstone_rewards::programme::Programme;
use bondstone_rewards::{Distribution, Window};
use serde::Serialize;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

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

/// Reads a chain, computes a distribution and writes its folder, whole or not at all. A folder
/// with the same distribution stays as it is.
pub(super) fn run(
    materials: &Materials,
    window: Window,
    source: &Source,
    workshop: &Workshop,
) -> Result<String, Failure> {
    let (network, end) = (materials.programme.network, End::Second(window.until));
    let ledger = source.read(network, end, Some(&workshop.blocks()))?;
    let position = ledger.position().ok_or(Failure::NoBlock(0))?;
    let left_out = ledger.left_out();
    let history = ledger.history()?;
    let distribution = settle::distribution(materials, &history, window);
    let distribution = distribution.map_err(|failure| failure.explained_by(&left_out))?;
    let mut draft = workshop.draft()?;
    for (name, text) in &materials.texts {
        draft.file(name, text)?;
    }
    draft.file(DISTRIBUTION, lines(&distribution)?)?;
    draft.file(TABLE, table::bytes(&distribution.entries)?)?;
    let mut explanations = draft.stream(EXPLANATIONS)?;
    let hashes =
        settle::explain_all(materials, &history, &distribution, |_, text| explanations.line(text))?;
    draft.finished(EXPLANATIONS, explanations)?;
    draft.file(TOTALS, totals(&distribution)?)?;
    let trees = tree::build(&materials.programme, &distribution, &hashes)?;
    for built in &trees {
        draft.file(&built.root.file, built.tree.text().map_err(Failure::Json)?)?;
    }
    source.still_has(position)?;
    let manifest = Manifest {
        form: FORM,
        program: concat!("bondstone ", env!("CARGO_PKG_VERSION")).to_owned(),
        position,
        window,
        left_out,
        trees: trees.into_iter().map(|built| built.root).collect(),
        files: draft.files().clone(),
    };
    draft.file(MANIFEST, lines(&manifest)?)?;
    draft.publish(&manifest)?;
    summary(workshop.out(), &materials.programme, &distribution, &manifest)
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
    for vault in &manifest.left_out {
        row("left out", format!("vault {}: amounts of more than 128 bits", vault.vault));
    }
    for tree in &manifest.trees {
        row("root", format!("{} {} {}", tree.root, tree.format, tree.file));
    }
    row("folder", out.display().to_string());
    Ok(text)
}
