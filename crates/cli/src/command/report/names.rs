//! What parties and assets are called in a report.

use super::amount::grouped;
use crate::layout::TIE;
use alloy_primitives::{Address, U256};
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Asset, Decimal, Party, SecurityView};
use bondstone_node::rpc::security::SecurityAnswer;
use std::collections::{BTreeMap, BTreeSet};

/// Letters of a name or symbol that are shown. Anybody can deploy a token with any name.
const LONGEST: usize = 32;

/// Names for everything in a picture.
#[derive(Debug)]
pub(super) struct Names<'a> {
    view: &'a SecurityView,
    /// Labels, made unique.
    labels: BTreeMap<Address, String>,
    /// Symbols, made unique.
    symbols: BTreeMap<Asset, String>,
}

impl<'a> Names<'a> {
    /// Names out of the labels and symbols of an answer. A name that two share is followed by the
    /// ends of the address.
    pub(super) fn of(answer: &'a SecurityAnswer) -> Self {
        let labels = answer.labels.names.iter();
        let labels = labels.map(|(address, name)| (*address, name.as_str()));
        let labels = unique(labels.collect(), |address| short(*address));
        let assets = answer.view.assets.iter();
        let symbols: Vec<(Asset, &str)> =
            assets.map(|label| (label.asset, label.symbol.as_str())).collect();
        let symbols = unique(symbols, |asset| match asset {
            Asset::Token(address) => short(*address),
            other => other.to_string(),
        });
        Self { view: &answer.view, labels, symbols }
    }

    /// A party: its label, or its whole address.
    pub(super) fn party(&self, party: &Party) -> String {
        let label = party.account().and_then(|address| self.labels.get(&address));
        match label {
            Some(label) => label.clone(),
            None => clean(&party.to_string(), usize::MAX),
        }
    }

    /// The same for an account.
    pub(super) fn account(&self, account: Address) -> String {
        self.party(&Party::from(account))
    }

    /// Several parties.
    pub(super) fn parties(&self, parties: &[Party]) -> String {
        let names: Vec<String> = parties.iter().map(|party| self.party(party)).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }

    /// Nobody, or somebody.
    pub(super) fn somebody(&self, party: Option<&Party>) -> String {
        party.map_or_else(|| "nobody".to_owned(), |party| self.party(party))
    }

    /// A network, with the number of the subnetwork unless it is the first.
    pub(super) fn network(&self, network: &Party, subnetwork: Assets) -> String {
        let name = self.party(network);
        if subnetwork.is_zero() { name } else { format!("{name} / {}", subnetwork.0) }
    }

    /// An asset: its symbol, or its address.
    pub(super) fn asset(&self, asset: &Asset) -> String {
        self.symbols.get(asset).cloned().unwrap_or_else(|| asset.to_string())
    }

    /// An amount in whole units, without the symbol.
    pub(super) fn number(&self, asset: &Asset, amount: Assets) -> String {
        if amount.0 == U256::MAX {
            return "no limit".to_owned();
        }
        grouped(&self.view.whole(asset, amount))
    }

    /// An amount in whole units.
    pub(super) fn amount(&self, asset: &Asset, amount: Assets) -> String {
        if amount.0 == U256::MAX {
            return "no limit".to_owned();
        }
        format!("{}{TIE}{}", self.number(asset, amount), self.asset(asset))
    }

    /// A number of whole units.
    pub(super) fn whole(&self, asset: &Asset, amount: &Decimal) -> String {
        format!("{}{TIE}{}", grouped(amount), self.asset(asset))
    }

    /// Labels that stand for addresses of the picture, and the addresses.
    pub(super) fn key(&self) -> Vec<(String, String)> {
        let mut seen = BTreeSet::new();
        addresses(self.view, &mut seen);
        let known = self.labels.iter().filter(|(address, _)| seen.contains(*address));
        let mut key: Vec<_> = known.map(|(at, name)| (name.clone(), at.to_string())).collect();
        key.sort();
        key
    }

    /// Symbols, and what they stand for.
    pub(super) fn asset_key(&self) -> Vec<(String, String)> {
        let assets = self.view.assets.iter();
        let rows = assets.map(|label| {
            let decimals = label.decimals;
            (self.asset(&label.asset), format!("{}, {decimals} decimals", label.asset))
        });
        let mut key: Vec<_> = rows.collect();
        key.sort();
        key
    }
}

/// Both ends of an address.
fn short(address: Address) -> String {
    let text = address.to_string();
    let (start, end) = (text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default());
    format!("{start}..{end}")
}

/// No more than so many letters, none of which moves the cursor.
fn clean(text: &str, most: usize) -> String {
    let safe = |c: char| if c.is_control() { '?' } else { c };
    text.chars().take(most).map(safe).collect()
}

fn unique<K: Ord + Copy>(
    names: Vec<(K, &str)>,
    suffix: impl Fn(&K) -> String,
) -> BTreeMap<K, String> {
    let names: Vec<(K, String)> =
        names.into_iter().map(|(key, name)| (key, clean(name.trim(), LONGEST))).collect();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (_, name) in &names {
        let seen = count.entry(name.clone()).or_default();
        *seen = seen.saturating_add(1);
    }
    let named = names.into_iter().filter(|(_, name)| !name.is_empty());
    named
        .map(|(key, name)| {
            let is_shared = count.get(&name).is_some_and(|count| *count > 1);
            let name = if is_shared { format!("{name} ({})", suffix(&key)) } else { name };
            (key, name)
        })
        .collect()
}

/// Every account of a picture: its JSON holds each as a text of its own.
fn addresses(view: &SecurityView, seen: &mut BTreeSet<Address>) {
    let mut waiting = vec![serde_json::to_value(view).unwrap_or_default()];
    while let Some(value) = waiting.pop() {
        match value {
            serde_json::Value::String(text) if text.len() == 42 => {
                seen.extend(text.parse::<Address>())
            }
            serde_json::Value::Array(list) => waiting.extend(list),
            serde_json::Value::Object(map) => waiting.extend(map.into_iter().map(|(_, v)| v)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_two_share_are_told_apart() {
        let (a, b, c) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3));
        let names = unique(vec![(a, "Ann"), (b, "Ann "), (c, "Bob")], |at| short(*at));
        assert_eq!(names[&a], "Ann (0x0101..0101)");
        assert_eq!(names[&b], "Ann (0x0202..0202)");
        assert_eq!(names[&c], "Bob");
    }

    #[test]
    fn a_name_cannot_write_over_the_terminal() {
        let evil = format!("\u{1b}[2J{}", "x".repeat(90));
        let names =
            unique(vec![(Address::ZERO, evil.as_str()), (Address::repeat_byte(1), "")], |_| {
                String::new()
            });
        assert_eq!(names.len(), 1);
        assert!(names[&Address::ZERO].starts_with("?[2Jxxx"));
        assert_eq!(names[&Address::ZERO].len(), LONGEST);
    }
}
