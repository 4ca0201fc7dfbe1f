//! Rules in words.

use super::amount::{date, part as percent_of, span};
use super::names::Names;
use bondstone_kernel::security::{
    Change, Commitment, Condition, Destination, Exit, ExitRule, Part, Party, Receiver, Rule,
    SlashRecord, SlashStatus, SlashingMode, StakeUpdate, Vault,
};
use bondstone_node::rpc::security::failure_in_words;
use std::collections::BTreeMap;

/// Who may slash for a network, and how fast.
pub(super) fn who_slashes(
    names: &Names<'_>,
    vault: &Vault,
    commitment: &Commitment,
    middleware: Option<&Party>,
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
            let resolver = commitment.resolver.clone().unwrap_or_default();
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
        SlashingMode::Committee { veto_seconds, cooldown_seconds } => {
            let most = percent_of(commitment.slashable_part);
            let (veto, again) = (span(veto_seconds), span(cooldown_seconds));
            let by = names.parties(&vault.slashing.committee);
            format!(
                "{who} can ask to slash up to {most}, and again after {again}; {by} can veto, for \
                 {veto} and on until anybody carries it out"
            )
        }
    }
}

/// How a vault can be slashed, whoever does it.
pub(super) fn mode(names: &Names<'_>, vault: &Vault) -> String {
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
        SlashingMode::Committee { veto_seconds, .. } => {
            let (veto, window) = (span(veto_seconds), span(rules.window_seconds));
            return format!(
                "A network asks to slash a part of the vault, no more than it may. {} can veto it \
                 until somebody carries it out, which takes {veto} at least and has no end. What is \
                 taken is that part of what the vault holds then. Stake can be slashed until it has \
                 left, {window} after it was asked back.",
                names.parties(&rules.committee)
            );
        }
    };
    let window = span(rules.window_seconds);
    format!("{how} It can take all of a network's stake, up to {window} after the network had it.")
}

/// What is wrong with a vault's shares.
pub(super) fn condition(condition: Condition) -> Option<&'static str> {
    match condition {
        Condition::Sound => None,
        Condition::Free => Some("Its asset is no contract: deposits move nothing."),
        Condition::WipedOut => Some("It was wiped out: its shares stand for nothing."),
        Condition::Dead => Some("It is dead: there are too many shares for another deposit."),
    }
}

/// Where the network's own books differ from the protocol's.
pub(super) fn counted(names: &Names<'_>, commitment: &Commitment) -> Option<String> {
    let counted = commitment.counted.as_ref()?;
    if counted.iter().eq(commitment.operators.iter().map(|operator| &operator.operator)) {
        return None;
    }
    Some(format!("the network's own books count it for {}", names.parties(counted)))
}

/// A vault that is about to come or go.
pub(super) fn update(names: &Names<'_>, update: &StakeUpdate) -> String {
    let (vault, network) = (names.party(&update.vault), names.party(&update.network));
    let operator = names.party(&update.operator);
    let what = if update.joins { "comes to stand for" } else { "leaves" };
    let (asked, ready) = (date(update.asked_at), date(update.ready_at));
    let text = format!("Waiting: {vault} {what} {network}, asked for by {operator} on {asked}");
    if update.is_stuck {
        return format!("{text}; stuck, because {operator} has left {network}.");
    }
    format!("{text}; anybody can carry it out from {ready} on.")
}

/// Where slashed stake goes; receivers for one network only when it is given.
pub(super) fn destination(names: &Names<'_>, vault: &Vault, network: Option<&Party>) -> String {
    match &vault.slashing.destination {
        Destination::Zero => "the zero address, which most tokens refuse".to_owned(),
        Destination::Dead { address } => format!("the dead address {}", names.account(*address)),
        Destination::Account { address } => names.account(*address),
        Destination::Burned => "nobody: it is destroyed".to_owned(),
        Destination::Handler { handler } => {
            let handler = names.account(*handler);
            format!("the handler {handler}, which sends it on to the zero address")
        }
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
        Rule::RewardRoot => "Merkle root of pay",
        Rule::Operator => "operator",
        Rule::Networks => "for which networks it stands",
        Rule::Membership => "which operators it takes and jails",
        Rule::HookGas => "gas with which it is told of what happens",
        Rule::Pauses => "what is paused",
        Rule::NodeCode => "code of the nodes that hold the ether",
        Rule::ProtocolRoles => "who holds the protocol's roles",
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
    let part = slash.part.map(percent_of);
    // Where parts are asked for, the amount is that of today.
    let asked = match &part {
        Some(part) if slash.status.is_pending() => format!("{part}, now {}", amount(slash.asked)),
        Some(part) => part.clone(),
        None => amount(slash.asked),
    };
    match &slash.status {
        SlashStatus::Executed { at, nominal, taken } => {
            let taken = match taken {
                Some(taken) if taken == nominal => String::new(),
                Some(taken) => format!(", of which the vault had {} left", amount(*taken)),
                None => ", and the history does not tell what the vault gave".to_owned(),
            };
            let part = part.map(|part| format!(" ({part})")).unwrap_or_default();
            format!("{} executed: {what}, {}{part}{taken}", date(*at), amount(*nominal))
        }
        SlashStatus::Vetoed { at, resolver } => {
            let resolver = names.party(resolver);
            format!("{} vetoed by {resolver}: {what}, {asked}", date(*at))
        }
        SlashStatus::Skipped { at } => {
            format!("{} passed over, since the vault had left: {what}, {asked}", date(*at))
        }
        SlashStatus::Closed => format!("closed, the history does not tell how: {what}, {asked}"),
        SlashStatus::Vetoable { until } => {
            format!("pending, can be vetoed before {}: {what}, {asked}", date(*until))
        }
        SlashStatus::Executable { until } => {
            format!("pending, can be executed until {}: {what}, {asked}", date(*until))
        }
        SlashStatus::Due { since } => {
            let since = date(*since);
            format!(
                "pending, anybody can execute it since {since}, and it can be vetoed: {what}, {asked}"
            )
        }
        SlashStatus::Blocked { since, failure } => {
            let (since, why) = (date(*since), failure_in_words(failure));
            format!("blocked since {since}, executing it fails with {why}: {what}, {asked}")
        }
        SlashStatus::Dangling { .. } => {
            format!("dangling, {operator} has left {network}: {what}, {asked}")
        }
        SlashStatus::Expired { since } => {
            format!("never executed, expired after {}: {what}, {asked}", date(*since))
        }
    }
}
