//! The report as text of 100 columns.

use super::amount::{date, grouped, span};
use super::names::Names;
use super::payment::Pay;
use super::{Terms, network, vault, warning};
use crate::layout::Page;
use bondstone_kernel::Timestamp;
use bondstone_node::rpc::security::SecurityAnswer;
use std::collections::BTreeSet;

/// The whole report. Styles are in it as ANSI sequences.
pub(super) fn report_of(answer: &SecurityAnswer, terms: &Terms) -> String {
    let names = Names::of(answer);
    let view = &answer.view;
    let pay = Pay { view, names: &names, terms };
    let mut page = Page::default();
    opening(&mut page, answer, &names, terms);
    warnings(&mut page, answer, &names);
    for entry in &view.networks {
        network::chapter(&mut page, pay, entry);
    }
    for entry in &view.vaults {
        vault::chapter(&mut page, pay, entry);
    }
    key(&mut page, &names);
    page.into_text()
}

fn opening(page: &mut Page, answer: &SecurityAnswer, names: &Names<'_>, terms: &Terms) {
    let (view, block) = (&answer.view, answer.view.block);
    page.title("Shared security");
    let at = date(Timestamp(block.timestamp));
    page.line(0, &format!("Block {} at {at}, chain {}.", block.number, block.chain_id));
    let many = |number: usize, what| count(u64::try_from(number).unwrap_or(u64::MAX), what);
    let operators: BTreeSet<_> =
        view.commitments.iter().flat_map(|c| &c.operators).map(|o| &o.operator).collect();
    page.line(
        0,
        &format!(
            "{}, {}, {} with stake. Amounts are exact, in whole tokens.",
            many(view.networks.len(), "network"),
            many(view.vaults.len(), "vault"),
            many(operators.len(), "operator")
        ),
    );
    let known = terms.prices.iter().filter(|(asset, _)| view.asset(asset).is_some());
    let known: Vec<String> =
        known.map(|(asset, price)| format!("{} {}", names.asset(asset), grouped(price))).collect();
    let window = span(terms.window_seconds);
    if known.is_empty() {
        page.line(0, &format!("Rates are of the last {window}, in tokens: no prices are given."));
    } else {
        let list = known.join(", ");
        page.line(
            0,
            &format!("Rates are of the last {window}, at prices of {}: {list}.", terms.origin),
        );
    }
}

/// A number of things.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn warnings(page: &mut Page, answer: &SecurityAnswer, names: &Names<'_>) {
    if answer.warnings.is_empty() {
        page.line(0, "No danger was found.");
        return;
    }
    page.chapter(&format!("Warnings ({})", answer.warnings.len()));
    for danger in &answer.warnings {
        page.warning(&warning::sentence(names, &answer.view, danger));
    }
}

fn key(page: &mut Page, names: &Names<'_>) {
    page.chapter("Key");
    let words = [
        (
            "stake",
            "the protocol's own figure for an operator; sums can exceed limits where operators share",
        ),
        ("unique", "the part left when every other network takes all it can, shared out by stake"),
        ("shared", "the rest of the stake, which others can slash too"),
        (
            "slashable",
            "what can be slashed of the stake that there was one second before the block",
        ),
        ("slashed", "what the slasher has booked so far"),
    ];
    let words = words.map(|(word, meaning)| vec![word.to_owned(), meaning.to_owned()]);
    page.table(2, &["word", "meaning"], 2, &words);
    let rows = names.asset_key().into_iter().chain(names.key());
    let rows: Vec<Vec<String>> = rows.map(|(name, what)| vec![name, what]).collect();
    if !rows.is_empty() {
        page.gap();
        page.table(2, &["name", "stands for"], 2, &rows);
    }
}
