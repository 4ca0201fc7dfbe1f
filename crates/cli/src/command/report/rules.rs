//! Rules in words.

use super::amount::{date, span};
use super::names::Names;
use bondstone_kernel::security::{
    Change, Destination, Exit, ExitRule, Fraction, Part, Party, Receiver, Resolver, Rule,
    SlashRecord, SlashStatus, SlashingMode, Vault,
};
use std::collections::BTreeMap;

/// Who may slash for a network, and how fast.
pub(super) fn who_slashes(
    names: &Names<'_>,
    vault: &Vault,
    middleware: Option<&Party>,
    resolver: Option<&Resolver>,
) -> String {
    let who = names.somebody(middleware);
    match vault.slashing.mode {
        SlashingMode::Never => {
            "nobody can slash: the vault has no slasher and gets none".to_owned()
        }
        SlashingMode::Unset => "nobody can slash: the vault has no slasher yet".to_owned(),
        SlashingMode::Instant => format!("{who} can slash at once"),
        SlashingMode::Veto { veto_seconds, .. } => {
            let veto = span(veto_seconds);
            let resolver = resolver.cloned().unwrap_or_default();
            let mut text = match (&resolver.current, resolver.was_set) {
                (Some(current), _) => {
                    let by = names.party(current);
                    format!("{who} can ask to slash; {by} can veto within {veto}")
                }
                (None, true) => {
                    format!("{who} can slash at once: the resolver was taken away, nobody can veto")
                }
                (None, false) => {
                    format!("{who} can slash at once: no resolver was ever set, nobody can veto")
                }
            };
            if let Some((next, from)) = &resolver.next {
                let next = names.somebody(next.as_ref());
                text.push_str(&format!("; from {} on the resolver is {next}", date(*from)));
            }
            text
        }
    }
}

/// How a vault can be slashed, whoever does it.
pub(super) fn mode(vault: &Vault) -> String {
    let rules = &vault.slashing;
    let how = match rules.mode {
        SlashingMode::Never => {
            return "It cannot be slashed and gets no slasher any more.".to_owned();
        }
        SlashingMode::Unset => return "It cannot be slashed: no slasher was set yet.".to_owned(),
        SlashingMode::Instant => "A network's middleware slashes at once.".to_owned(),
        SlashingMode::Veto { veto_seconds, .. } => format!(
            "A network's middleware asks for a slash, its resolver can veto it for {}, then the \
             middleware can execute it.",
            span(veto_seconds)
        ),
    };
    let part = match rules.slashable_part {
        Fraction::WHOLE => "all of a network's stake".to_owned(),
        part => format!("{} of a network's stake", super::amount::percent(part)),
    };
    let window = span(rules.window_seconds);
    format!("{how} It can take {part}, up to {window} after the network had it.")
}

/// Where slashed stake goes; receivers for one network only when it is given.
pub(super) fn destination(names: &Names<'_>, vault: &Vault, network: Option<&Party>) -> String {
    match &vault.slashing.destination {
        Destination::Zero => "the zero address, which most tokens refuse".to_owned(),
        Destination::Dead { address } => format!("the dead address {}", names.account(*address)),
        Destination::Account { address } => names.account(*address),
        Destination::Burned => "nobody: it is destroyed".to_owned(),
        Destination::Router { router, receivers, delay_seconds, .. } => {
            let router = names.account(*router);
            let fits = |r: &&Receiver| {
                network.is_none() || r.network.is_none() || r.network.as_ref() == network
            };
            let list = receivers.iter().filter(fits).map(|r| receiver(names, r));
            let list = list.collect::<Vec<_>>().join("; ");
            let delay = span(*delay_seconds);
            format!("the router {router}: {list}; a change of receiver waits {delay}")
        }
    }
}

fn receiver(names: &Names<'_>, receiver: &Receiver) -> String {
    let whom = match (&receiver.network, &receiver.operator) {
        (None, _) => "by default".to_owned(),
        (Some(network), None) => format!("for {}", names.party(network)),
        (Some(network), Some(operator)) => {
            format!("for {} and operator {}", names.party(network), names.party(operator))
        }
    };
    let mut text = format!("{whom} {}", names.somebody(receiver.receiver.as_ref()));
    if let Some((next, from)) = &receiver.pending {
        let next = names.somebody(next.as_ref());
        text.push_str(&format!(" (from {} on it can become {next})", date(*from)));
    }
    text
}

/// How long an exit takes that begins now.
pub(super) fn exit(exit: &Exit) -> String {
    let now = format!(
        "{} when asked for now (claimable from {})",
        span(exit.seconds),
        date(exit.claimable_from)
    );
    match exit.rule {
        ExitRule::Epochs { epoch_seconds, next_epoch_at, .. } => {
            let longest = span(epoch_seconds.saturating_mul(2));
            let (epoch, next) = (span(epoch_seconds), date(next_epoch_at));
            format!(
                "{now}; never less than {epoch} nor more than {longest}; the next epoch begins {next}"
            )
        }
        ExitRule::Cooldown { cooldown_seconds } => {
            format!("{now}; always {}", span(cooldown_seconds))
        }
        ExitRule::Blocks { blocks } => format!("{now}; always {blocks} blocks"),
    }
}

/// Rules that can change, those of the same hands together.
pub(super) fn changes(names: &Names<'_>, changes: &[Change]) -> Vec<String> {
    let mut grouped: BTreeMap<(String, u64), Vec<&'static str>> = BTreeMap::new();
    for change in changes {
        let key = (names.parties(&change.by), change.delay_seconds);
        let rules = grouped.entry(key).or_default();
        if !rules.contains(&rule(change.rule)) {
            rules.push(rule(change.rule));
        }
    }
    let lines = grouped.into_iter().map(|((who, delay), rules)| {
        let when = if delay == 0 {
            "at once".to_owned()
        } else {
            format!("after at least {}", span(delay))
        };
        format!("{who}, {when}: {}", rules.join(", "))
    });
    lines.collect()
}

/// Names of rules, one after the other.
pub(super) fn list(rules: &[Rule]) -> String {
    rules.iter().map(|one| rule(*one)).collect::<Vec<_>>().join(", ")
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Collateral => "collateral",
        Rule::ExitTime => "exit time",
        Rule::Burner => "burner",
        Rule::Delegator => "delegator",
        Rule::Slasher => "slasher",
        Rule::VetoTime => "veto time",
        Rule::DepositWhitelist => "whether deposits are restricted",
        Rule::Depositors => "who may deposit",
        Rule::DepositCap => "whether deposits are capped",
        Rule::DepositLimit => "deposit limit",
        Rule::VaultRoles => "who holds the vault's roles",
        Rule::VaultCode => "the vault's code, among allowed versions",
        Rule::NetworkLimit => "limits of networks",
        Rule::OperatorStake => "stake of operators",
        Rule::SlashHook => "hook called on a slash",
        Rule::DelegatorRoles => "who holds the delegator's roles",
        Rule::SlashReceivers => "receivers of slashed stake",
        Rule::NetworkMaximum => "how much it accepts",
        Rule::Resolver => "who can veto",
        Rule::Middleware => "its middleware",
        Rule::RewardFee => "fee on stakers' pay",
        Rule::RewardRoles => "who holds the rewards contract's roles",
        Rule::RewardRoot => "Merkle root of operators' pay",
    }
}

/// What an operator was given.
pub(super) fn part(names: &Names<'_>, vault: &Vault, part: &Part) -> String {
    match part {
        Part::Shares { shares, total } => format!("{} of {} shares", shares.0, total.0),
        Part::Limit { limit } => format!("at most {}", names.number(&vault.collateral, *limit)),
        Part::Whole => "all of it".to_owned(),
    }
}

/// What was slashed or asked for, as a line.
pub(super) fn slash(names: &Names<'_>, vault: Option<&Vault>, slash: &SlashRecord) -> String {
    let amount = |amount| match vault {
        Some(vault) => names.amount(&vault.collateral, amount),
        None => amount.0.to_string(),
    };
    let request = slash.request.map(|number| format!(" (request {number})")).unwrap_or_default();
    let network = names.network(&slash.network, slash.subnetwork);
    let (operator, vault) = (names.party(&slash.operator), names.party(&slash.vault));
    let what = format!("{network} against {operator} in {vault}{request}");
    let asked = amount(slash.asked);
    match &slash.status {
        SlashStatus::Executed { at, nominal, taken } => {
            let taken = match taken {
                Some(taken) if taken == nominal => String::new(),
                Some(taken) => format!(", of which the vault had {} left", amount(*taken)),
                None => ", and the history does not tell what the vault gave".to_owned(),
            };
            format!("{} executed: {what}, {}{taken}", date(*at), amount(*nominal))
        }
        SlashStatus::Vetoed { at, resolver } => {
            let resolver = names.party(resolver);
            format!("{} vetoed by {resolver}: {what}, {asked}", date(*at))
        }
        SlashStatus::Closed => format!("closed, the history does not tell how: {what}, {asked}"),
        SlashStatus::Vetoable { until } => {
            format!("pending, can be vetoed before {}: {what}, {asked}", date(*until))
        }
        SlashStatus::Executable { until } => {
            format!("pending, can be executed until {}: {what}, {asked}", date(*until))
        }
        SlashStatus::Expired { since } => {
            format!("never executed, expired after {}: {what}, {asked}", date(*since))
        }
    }
}
