//! A network's chapter.

use super::amount::{date, grouped, part};
use super::payment::Pay;
use super::rules;
use crate::layout::Page;
use alloy_primitives::U256;
use bondstone_kernel::Assets;
use bondstone_kernel::security::{Asset, Change, Commitment, Fraction, Network, Party, Payment};
use bondstone_node::rpc::security::failure_in_words;
use std::collections::BTreeMap;

/// Sums over vaults: stake, unique, shared, slashable.
type Sums = [Assets; 4];

/// Stake behind a network, who pays for it, what happens when something breaks, how flexible it is.
pub(super) fn chapter(page: &mut Page, pay: Pay<'_>, network: &Network) {
    let names = pay.names;
    let name = names.party(&network.network);
    page.chapter(&format!("NETWORK {name} ({})", network.protocol));
    let given: Vec<&Commitment> = pay.view.commitments_to(&network.network).collect();
    let middleware = match &network.middleware {
        Some(own) if *own == network.network => "itself".to_owned(),
        other => names.somebody(other.as_ref()),
    };
    page.item(2, "Middleware", &middleware);
    stake(page, pay, &given);
    vaults(page, pay, &given);
    let streams: Vec<&Payment> =
        pay.view.payments.iter().filter(|p| p.network == network.network).collect();
    pay.who(page, network.protocol, network.has_rail, &streams);
    pay.how(page, network.has_rail, &streams);
    breaks(page, pay, network, &given);
    flexible(page, pay, network, &given);
}

fn stake(page: &mut Page, pay: Pay<'_>, given: &[&Commitment]) {
    page.heading("  Stake by asset and operator, over all vaults");
    let mut sums: BTreeMap<(Asset, Party), Sums> = BTreeMap::new();
    let mut totals: BTreeMap<Asset, Sums> = BTreeMap::new();
    for commitment in given {
        let Some(vault) = pay.view.vault(&commitment.vault) else { continue };
        for o in &commitment.operators {
            let row = [o.stake, o.unique, o.shared, o.slashable];
            let key = (vault.collateral, o.operator.clone());
            add(sums.entry(key).or_default(), row);
            add(totals.entry(vault.collateral).or_default(), row);
        }
    }
    if sums.is_empty() {
        page.line(4, "None.");
        return;
    }
    let header = ["asset", "operator", "stake", "unique", "shared", "slashable"];
    let mut rows = Vec::new();
    for (asset, total) in &totals {
        let mut list: Vec<_> = sums.iter().filter(|((of, _), _)| of == asset).collect();
        list.sort_by_key(|(_, row)| std::cmp::Reverse(row.first().copied()));
        for ((_, operator), row) in &list {
            rows.push(row_of(pay, asset, pay.names.party(operator), row));
        }
        if list.len() > 1 {
            rows.push(row_of(pay, asset, "all".to_owned(), total));
        }
    }
    page.table(4, &header, 2, &rows);
}

fn row_of(pay: Pay<'_>, asset: &Asset, operator: String, row: &Sums) -> Vec<String> {
    let mut cells = vec![pay.names.asset(asset), operator];
    cells.extend(row.iter().map(|amount| pay.names.number(asset, *amount)));
    cells
}

fn add(sum: &mut Sums, row: Sums) {
    for (to, from) in sum.iter_mut().zip(row) {
        *to = Assets(to.0.saturating_add(from.0));
    }
}

fn vaults(page: &mut Page, pay: Pay<'_>, given: &[&Commitment]) {
    if given.is_empty() {
        return;
    }
    page.heading("  Vaults behind it");
    let header = ["vault", "asset", "limit", "stake", "slashable"];
    let rows: Vec<Vec<String>> = given
        .iter()
        .filter_map(|commitment| {
            let asset = pay.view.vault(&commitment.vault)?.collateral;
            let vault = pay.names.network(&commitment.vault, commitment.subnetwork);
            let mut cells = vec![vault, pay.names.asset(&asset)];
            let amounts = [commitment.limit, commitment.stake, commitment.slashable];
            cells.extend(amounts.map(|amount| pay.names.number(&asset, amount)));
            Some(cells)
        })
        .collect();
    page.table(4, &header, 2, &rows);
}

fn breaks(page: &mut Page, pay: Pay<'_>, network: &Network, given: &[&Commitment]) {
    page.heading("  What happens when something breaks?");
    for commitment in given {
        let Some(vault) = pay.view.vault(&commitment.vault) else { continue };
        // What the network only believes to have cannot be slashed.
        if commitment.limit.is_zero() && commitment.operators.is_empty() {
            continue;
        }
        let mut text =
            rules::who_slashes(pay.names, vault, commitment, network.middleware.as_ref());
        if let Some(failure) = &commitment.failure {
            text.push_str(&format!("; now that fails with {}", failure_in_words(failure)));
        }
        if vault.slashing.slasher.is_some() {
            let to = rules::destination(pay.names, vault, Some(&network.network));
            text.push_str(&format!("; slashed stake goes to {to}"));
            let until = date(commitment.slashable_until);
            text.push_str(&format!("; stake of now can be slashed until {until}"));
            if commitment.request_until != commitment.slashable_until {
                let until = date(commitment.request_until);
                text.push_str(&format!(", if the slash is asked for until {until}"));
            }
        }
        let name = pay.names.network(&commitment.vault, commitment.subnetwork);
        page.line(4, &format!("{name}: {text}."));
    }
    let slashes: Vec<_> =
        pay.view.slashes.iter().filter(|slash| slash.network == network.network).collect();
    if slashes.is_empty() {
        page.line(4, "It never slashed nor asked to.");
    }
    for slash in slashes {
        page.line(4, &rules::slash(pay.names, pay.view.vault(&slash.vault), slash));
    }
}

fn flexible(page: &mut Page, pay: Pay<'_>, network: &Network, given: &[&Commitment]) {
    page.heading("  How flexible is it?");
    let mut exits: Vec<(String, Vec<String>)> = Vec::new();
    for commitment in given {
        let Some(vault) = pay.view.vault(&commitment.vault) else { continue };
        let (name, exit) = (pay.names.party(&commitment.vault), rules::exit(&vault.exit));
        match exits.iter_mut().find(|(same, _)| *same == exit) {
            Some((_, vaults)) if !vaults.contains(&name) => vaults.push(name),
            Some(_) => {}
            None => exits.push((exit, vec![name])),
        }
    }
    for (exit, vaults) in exits {
        page.line(4, &format!("Stake leaves {} in {exit}.", vaults.join(", ")));
    }
    let mut changes: Vec<Change> = network.changes.clone();
    changes.extend(given.iter().flat_map(|commitment| commitment.changes.clone()));
    for line in rules::changes(pay.names, &changes) {
        page.line(4, &format!("Can change: {line}."));
    }
    if !given.is_empty() {
        page.line(4, "What others can change stands with the vaults.");
    }
    for update in pay.view.updates.iter().filter(|update| update.network == network.network) {
        page.line(4, &rules::update(pay.names, update));
    }
}

/// Share of a network in a vault, for the vault's chapter.
pub(super) fn summary(pay: Pay<'_>, asset: &Asset, commitment: &Commitment) -> String {
    let whole = |amount| grouped(&pay.view.whole(asset, amount));
    let everything = Assets(U256::MAX);
    let mut text = match commitment.limit {
        limit if limit == everything && commitment.maximum == everything => {
            "the whole vault".to_owned()
        }
        limit if limit.is_zero() && commitment.operators.is_empty() => "nothing".to_owned(),
        limit => format!("limit {}", pay.names.amount(asset, limit)),
    };
    if commitment.maximum != commitment.limit && !commitment.limit.is_zero() {
        let accepts = pay.names.number(asset, commitment.maximum);
        text.push_str(&format!(", accepts {accepts}"));
    }
    if commitment.slashable_part != Fraction::WHOLE {
        let part = part(commitment.slashable_part);
        text.push_str(&format!("; one slash takes at most {part}"));
    }
    text.push_str(&format!(
        "; stake {}, unique {}, shared {}",
        whole(commitment.stake),
        whole(commitment.unique),
        whole(commitment.shared)
    ));
    text
}
