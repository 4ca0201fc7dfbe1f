//! When things happen, and what accounts must own for it beforehand.

use super::Token;
use super::error::{Fault, Place, Problem};
use super::file::{Action, DepositTable, EventTable, File, Name};
use super::quantity::{time, units};
use super::roster::Roster;
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// Multiplier that scatters the members of a group over its range of amounts.
const STRIDE: usize = 37;

/// How often an event may repeat: more would not start in any time worth waiting for.
const MAX_TIMES: u64 = 10_000;

/// One occurrence of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occurrence<'a> {
    /// Seconds after the start.
    pub(super) at: u64,
    pub(super) event: &'a EventTable,
}

/// Every event as often as it occurs, in order of time, then of the file.
///
/// # Errors
/// Times that do not parse, run backwards or lie in the future; senseless repetitions; events in
/// which nothing happens.
pub(super) fn occurrences(file: &File, age: u64) -> Result<Vec<Occurrence<'_>>, Fault> {
    let mut all = Vec::new();
    let mut before = 0;
    for event in &file.event {
        let first = time("at", &event.at)?;
        let place = Place::of("at", &event.at);
        if first < before {
            return Err(place.wrong(Problem::TimeRunsBack { at: first, before }));
        }
        before = first;
        if event.actions().is_empty() {
            return Err(place.wrong(Problem::NoAction));
        }
        let (every, times) = repetition(event)?;
        let last = (times - 1).checked_mul(every).and_then(|span| span.checked_add(first));
        let last = last.unwrap_or(u64::MAX);
        if last >= age {
            // It is the repetition that goes too far when the first time does not.
            let times = event.times.as_ref().filter(|_| first < age);
            let place = times.map_or(place, |times| Place::of("times", times));
            return Err(place.wrong(Problem::InTheFuture { at: last, start: age }));
        }
        all.extend((0..times).map(|nth| Occurrence { at: first + nth * every, event }));
    }
    all.sort_by_key(|occurrence| occurrence.at);
    Ok(all)
}

/// Seconds between repetitions, and how many times there are, at least one.
fn repetition(event: &EventTable) -> Result<(u64, u64), Fault> {
    let (every, times) = match (&event.every, &event.times) {
        (None, None) => return Ok((0, 1)),
        (Some(every), Some(times)) => (every, times),
        (Some(every), None) => return Err(Place::of("every", every).wrong(Problem::Repetition)),
        (None, Some(times)) => return Err(Place::of("times", times).wrong(Problem::Repetition)),
    };
    let seconds = time("every", every)?;
    if seconds == 0 {
        return Err(Place::of("every", every).wrong(Problem::Repetition));
    }
    match *times.get_ref() {
        0 => Err(Place::of("times", times).wrong(Problem::Repetition)),
        more if more > MAX_TIMES => {
            let why = "an event repeats at most 10,000 times";
            Err(Place::of("times", times).wrong(Problem::Misplaced(why)))
        }
        times => Ok((seconds, times)),
    }
}

/// Who deposits how much, in units of the collateral. Within a group, with k = 37·i mod n for the
/// i-th of n members, counted from 0: from + (to - from) · k² / (n - 1)², rounded down to the
/// decimals in which the range is written.
///
/// # Errors
/// Unknown names; an amount beside a range, or half a range; a range that ends before it begins.
pub(super) fn deposits(
    file: &File,
    roster: &Roster,
    place: Place,
    table: &DepositTable,
) -> Result<Vec<(usize, U256)>, Fault> {
    let decimals = collateral(file, roster, &table.vault)?.decimals;
    let members = roster.members(&table.by, table.members.as_ref())?;
    let (from, to) = match (&table.amount, &table.from, &table.to) {
        (Some(amount), None, None) => {
            let amount = units("amount", amount, decimals)?;
            return Ok(members.map(|member| (member, amount)).collect());
        }
        (None, Some(from), Some(to)) => (from, to),
        (None, None, None) => return Err(place.wrong(Problem::Missing("amount"))),
        _ => {
            let why = "a deposit has an `amount`, or a range with `from` and `to`";
            return Err(place.wrong(Problem::Misplaced(why)));
        }
    };
    let written = from.get_ref().decimals().max(to.get_ref().decimals());
    let (low, high) = (units("from", from, decimals)?, units("to", to, decimals)?);
    let Some(range) = high.checked_sub(low) else {
        let why = "the range ends before it begins";
        return Err(Place::of("to", to).wrong(Problem::Misplaced(why)));
    };
    let finer = usize::from(decimals).saturating_sub(written);
    let grain = U256::from(10).pow(U256::from(finer));
    let count = members.len();
    let steps = U256::from(count.saturating_sub(1).max(1));
    let spread = |nth: usize| {
        let k = U256::from(nth * STRIDE % count);
        let up = range.checked_mul(k * k).map(|up| up / (steps * steps))?;
        Some(low + up / grain * grain)
    };
    let amounts = members.clone().map(|member| {
        let amount = spread(member - members.start);
        let problem = || Problem::TooLarge(to.get_ref().0.clone());
        amount.map(|amount| (member, amount)).ok_or_else(|| Place::of("to", to).wrong(problem()))
    });
    amounts.collect()
}

/// The token that a vault of any protocol takes.
///
/// # Errors
/// Unknown names.
pub(super) fn collateral<'a>(
    file: &File,
    roster: &'a Roster,
    vault: &Name,
) -> Result<&'a Token, Fault> {
    let collateral = if roster.is_karak_vault(vault) {
        &file.karak_vault[roster.karak_vault("vault", vault)?].collateral
    } else {
        &file.vault[roster.vault("vault", vault)?].collateral
    };
    roster.token("collateral", collateral)
}

/// What accounts that are no developer accounts pay in over time, by token and account, in units:
/// they own it from the first block on.
///
/// # Errors
/// As [`deposits`]; unknown names.
pub(super) fn funds(
    file: &File,
    roster: &Roster,
    timeline: &[Occurrence<'_>],
) -> Result<BTreeMap<(Address, usize), U256>, Fault> {
    let mut funds: BTreeMap<(Address, usize), U256> = BTreeMap::new();
    let mut middlewares = middlewares(file, roster)?;
    for occurrence in timeline {
        for (place, action) in occurrence.event.actions() {
            let (token, paid) = match action {
                Action::Deposit(table) => {
                    let paid = deposits(file, roster, place, table)?;
                    (collateral(file, roster, &table.vault)?, paid)
                }
                Action::Distribute(table) => {
                    let token = roster.token("token", &table.token)?;
                    let amount = units("amount", &table.amount, token.decimals)?;
                    (token, vec![(middlewares[roster.network("network", &table.network)?], amount)])
                }
                Action::Middleware(table) => {
                    let network = roster.network("network", &table.network)?;
                    middlewares[network] = roster.account("middleware", &table.middleware)?;
                    continue;
                }
                _ => continue,
            };
            for (account, amount) in paid {
                if roster.people[account].index.is_none() {
                    let fund = funds.entry((token.address, account)).or_default();
                    *fund = fund.saturating_add(amount);
                }
            }
        }
    }
    Ok(funds)
}

/// The first middleware of each network, by the networks' positions, which are the first accounts.
///
/// # Errors
/// Unknown names.
pub(super) fn middlewares(file: &File, roster: &Roster) -> Result<Vec<usize>, Fault> {
    let all = file.network.iter().enumerate().map(|(own, table)| match &table.middleware {
        Some(name) => roster.account("middleware", name),
        None => Ok(own),
    });
    all.collect()
}
