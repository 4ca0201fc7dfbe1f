//! A vault's chapter.

use super::amount::date;
use super::payment::Pay;
use super::{network, rules};
use crate::layout::Page;
use bondstone_kernel::security::{Commitment, Destination, Payee, Payment, Vault};

/// What lies in a vault, for whom it stands, and the four questions as its stakers ask them.
pub(super) fn chapter(page: &mut Page, pay: Pay<'_>, vault: &Vault) {
    let names = pay.names;
    let name = names.party(&vault.vault);
    page.chapter(&format!("VAULT {name} ({})", vault.protocol));
    let active = names.amount(&vault.collateral, vault.active);
    let leaving = names.amount(&vault.collateral, vault.leaving);
    page.item(2, "Stake", &format!("{active}, and {leaving} on the way out that can be slashed"));
    let open = if vault.is_deposit_restricted { "chosen depositors only" } else { "open to all" };
    let cap = match vault.deposit_limit {
        Some(limit) => format!("up to {}", names.amount(&vault.collateral, limit)),
        None => "without a cap".to_owned(),
    };
    page.item(2, "Deposits", &format!("{open}, {cap}"));
    let given: Vec<&Commitment> = pay.view.commitments_of(&vault.vault).collect();
    networks(page, pay, vault, &given);
    let streams: Vec<&Payment> = pay
        .view
        .payments
        .iter()
        .filter(|p| matches!(&p.payee, Payee::Stakers { vault: paid } if *paid == vault.vault))
        .collect();
    pay.who(page, vault.protocol, vault.has_rail, &streams);
    pay.how(page, vault.has_rail, &streams);
    breaks(page, pay, vault);
    flexible(page, pay, vault);
}

fn networks(page: &mut Page, pay: Pay<'_>, vault: &Vault, given: &[&Commitment]) {
    page.heading("  For whom it stands");
    if given.is_empty() {
        page.line(4, "For no network.");
    }
    for commitment in given {
        let name = pay.names.network(&commitment.network, commitment.subnetwork);
        let summary = network::summary(pay, &vault.collateral, commitment);
        page.line(4, &format!("{name}: {summary}."));
        let header = ["operator", "given", "stake", "unique", "shared", "slashable", "slashed"];
        let rows: Vec<Vec<String>> = commitment
            .operators
            .iter()
            .map(|o| {
                let mut part = rules::part(pay.names, vault, &o.part);
                match (o.is_in_vault, o.is_in_network) {
                    (true, true) => {}
                    (false, true) => part.push_str(", not opted in to the vault"),
                    (true, false) => part.push_str(", not opted in to the network"),
                    (false, false) => part.push_str(", opted in to neither"),
                }
                if o.is_jailed {
                    part.push_str(", jailed by the network");
                }
                let amounts = [o.stake, o.unique, o.shared, o.slashable, o.slashed];
                let amounts = amounts.map(|amount| pay.names.number(&vault.collateral, amount));
                let mut cells = vec![pay.names.party(&o.operator), part];
                cells.extend(amounts);
                cells
            })
            .collect();
        if rows.is_empty() {
            page.line(6, "no operator has a part in it");
        } else {
            page.table(6, &header, 2, &rows);
        }
        if let Some(text) = rules::counted(pay.names, commitment) {
            page.line(6, &text);
        }
    }
}

fn breaks(page: &mut Page, pay: Pay<'_>, vault: &Vault) {
    page.heading("  What happens when something breaks?");
    page.line(4, &rules::mode(pay.names, vault));
    if vault.slashing.slasher.is_some() {
        let to = rules::destination(pay.names, vault, None);
        let not = if vault.slashing.is_destination_called { "" } else { "not " };
        let told = match vault.slashing.destination {
            Destination::Burned => String::new(),
            _ => format!(" The slasher does {not}call it after a slash."),
        };
        page.line(4, &format!("Slashed stake goes to {to}.{told}"));
        let all = "All stakers lose pro rata, whatever network slashes; stake on the way out too.";
        page.line(4, all);
    }
    if let Some(text) = rules::condition(vault.condition) {
        page.line(4, text);
    }
    let slashes: Vec<_> = pay.view.slashes.iter().filter(|s| s.vault == vault.vault).collect();
    if slashes.is_empty() {
        page.line(4, "It was never slashed, and no slash was asked for.");
    }
    for slash in slashes {
        page.line(4, &rules::slash(pay.names, Some(vault), slash));
    }
}

fn flexible(page: &mut Page, pay: Pay<'_>, vault: &Vault) {
    page.heading("  How flexible is it?");
    let paused = if vault.exit.is_paused { " Exits are paused." } else { "" };
    page.line(4, &format!("An exit takes {}.{paused}", rules::exit(&vault.exit)));
    page.line(4, &format!("Fixed for ever: {}.", rules::list(&vault.fixed)));
    let changes = rules::changes(pay.names, &vault.changes);
    if changes.is_empty() {
        page.line(4, "Nobody can change anything else.");
    }
    for line in changes {
        page.line(4, &format!("Can change: {line}."));
    }
    let resolvers = pay.view.commitments_of(&vault.vault).filter_map(|c| {
        let (next, from) = c.resolver.as_ref()?.next.as_ref()?;
        Some((c, next, from))
    });
    for (commitment, next, from) in resolvers {
        let network = pay.names.party(&commitment.network);
        let next = pay.names.somebody(next.as_ref());
        page.line(4, &format!("Waiting: {next} can veto for {network} from {} on.", date(*from)));
    }
    for update in pay.view.updates.iter().filter(|update| update.vault == vault.vault) {
        page.line(4, &rules::update(pay.names, update));
    }
}
