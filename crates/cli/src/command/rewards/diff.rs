//! What the same time would pay under another programme.

use super::chain::{End, Source};
use super::failure::Failure;
use super::folder;
use super::materials::Materials;
use super::{Span, settle};
use crate::layout::Page;
use alloy_primitives::{Address, U256};
use bondstone_kernel::security::Decimal;
use bondstone_node::distributions::Folder;
use bondstone_rewards::{Distribution, Kind, Programme, Recipient, Window};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What a recipient earns in the window under both programmes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pair {
    base: U256,
    other: U256,
}

/// A row of the JSON object; amounts in smallest units.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    chain_id: u64,
    account: Address,
    kind: Kind,
    base: String,
    other: String,
    difference: String,
}

/// The JSON object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    window: Window,
    decimals: u8,
    base: String,
    other: String,
    recipients: Vec<Row>,
}

/// Computes both and shows them side by side.
pub(super) fn run(
    base_path: &Path,
    other_path: &Path,
    span: &Span,
    json: bool,
    open: impl FnOnce() -> Result<Source, Failure>,
) -> Result<String, Failure> {
    let kept = base_path.is_dir().then(|| Folder::open(base_path)).transpose()?;
    let base = match &kept {
        Some(folder) => Materials::kept(folder)?,
        None => Materials::read(base_path, span.previous.as_deref())?,
    };
    let mut other = Materials::read(other_path, None)?;
    other.previous.clone_from(&base.previous);
    comparable(&base.programme, &other.programme)?;
    if kept.is_some() && (span.from.is_some() || span.to.is_some() || span.previous.is_some()) {
        return Err(Failure::FolderSpan(base_path.to_path_buf()));
    }
    let source = open()?;
    let last = source.last()?;
    let (window, end) = match &kept {
        Some(folder) => {
            let manifest = folder.manifest();
            source.still_has(manifest.position)?;
            (manifest.window, End::Block(manifest.position.number))
        }
        None => {
            let window = settle::window(&base, span, last)?;
            (window, End::Second(window.until))
        }
    };
    let ledger = source.read(base.programme.network, end, None)?;
    let history = ledger.history()?;
    let before = settle::distribution(&base, &history, window)?;
    let after = settle::distribution(&other, &history, window)?;
    let pairs = pairs(&before, &after);
    if json { as_json(&base, &other, window, &pairs) } else { Ok(as_text(&base, &other, &pairs)) }
}

fn comparable(base: &Programme, other: &Programme) -> Result<(), Failure> {
    let file = other.file.clone();
    if (base.network, base.chain_id) != (other.network, other.chain_id) {
        let (network, other) = (base.network, other.network);
        return Err(Failure::OtherNetwork { file, other, network });
    }
    let of = |programme: &Programme| (programme.payments(), programme.pay.decimals);
    if of(base) != of(other) {
        return Err(Failure::OtherPay { file });
    }
    Ok(())
}

fn pairs(base: &Distribution, other: &Distribution) -> BTreeMap<Recipient, Pair> {
    let mut pairs: BTreeMap<Recipient, Pair> = BTreeMap::new();
    for entry in &base.entries {
        pairs.entry(entry.recipient).or_default().base = entry.amount;
    }
    for entry in &other.entries {
        pairs.entry(entry.recipient).or_default().other = entry.amount;
    }
    pairs.retain(|_, pair| *pair != Pair::default());
    pairs
}

/// The second less the first, with its sign.
fn difference(pair: &Pair, show: impl Fn(U256) -> String) -> String {
    match pair.other.checked_sub(pair.base) {
        Some(U256::ZERO) => "0".to_owned(),
        Some(more) => format!("+{}", show(more)),
        None => format!("-{}", show(pair.base.saturating_sub(pair.other))),
    }
}

fn as_json(
    base: &Materials,
    other: &Materials,
    window: Window,
    pairs: &BTreeMap<Recipient, Pair>,
) -> Result<String, Failure> {
    let row = |(recipient, pair): (&Recipient, &Pair)| Row {
        chain_id: recipient.chain_id,
        account: recipient.account,
        kind: recipient.kind,
        base: pair.base.to_string(),
        other: pair.other.to_string(),
        difference: difference(pair, |units| units.to_string()),
    };
    folder::lines(&Answer {
        window,
        decimals: base.programme.pay.decimals,
        base: base.programme.title.clone(),
        other: other.programme.title.clone(),
        recipients: pairs.iter().map(row).collect(),
    })
}

fn as_text(base: &Materials, other: &Materials, pairs: &BTreeMap<Recipient, Pair>) -> String {
    let show = |units| whole(&base.programme, units);
    let row = |(recipient, pair): (&Recipient, &Pair)| {
        let (chain, account) = (recipient.chain_id.to_string(), recipient.account.to_string());
        let kind = format!("{:?}", recipient.kind).to_lowercase();
        let (base, other) = (show(pair.base), show(pair.other));
        vec![chain, account, kind, base, other, difference(pair, show)]
    };
    let rows: Vec<Vec<String>> = pairs.iter().map(row).collect();
    // A row for each recipient, however many digits there are: who compares wants to sort.
    let mut page = Page::of_width(usize::MAX);
    page.line(0, &format!("base   {}", base.programme.title));
    page.line(0, &format!("other  {}", other.programme.title));
    page.gap();
    let header = ["chain", "account", "as", "base", "other", "difference"];
    page.table(0, &header, 3, &rows);
    anstream::adapter::strip_str(&page.into_text()).to_string()
}

/// Smallest units as whole tokens or points.
pub(super) fn whole(programme: &Programme, units: U256) -> String {
    Decimal::new(units, programme.pay.decimals).to_string()
}
