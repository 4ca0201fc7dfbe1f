//! From materials and a ledger to a distribution and its explanations.

use super::Span;
use super::failure::Failure;
use super::materials::Materials;
use crate::progress;
use alloy_primitives::{B256, keccak256};
use bondstone_node::stake::Position;
use bondstone_rewards::explanation::Explainer;
use bondstone_rewards::{Distribution, History, RewardsError, Window, distribute};

/// The time to pay for: what the arguments say, or all intervals that are over and not yet paid.
pub(super) fn window(
    materials: &Materials,
    span: &Span,
    last: Position,
) -> Result<Window, Failure> {
    let programme = &materials.programme;
    let (wanted, found) = (programme.chain_id, last.chain_id);
    if wanted != found {
        return Err(Failure::OtherChain { file: programme.file.clone(), wanted, found });
    }
    let paid = materials.previous.as_ref().map_or(0, |previous| previous.window.until);
    let second = span.from.unwrap_or(paid);
    let ended = || Failure::Ended { file: programme.file.clone(), second };
    let from = match span.from {
        Some(from) => from,
        None => programme.next_interval(second).ok_or_else(ended)?.from,
    };
    if let Some(until) = span.to {
        let (chain_id, known_until) = (last.chain_id, last.timestamp);
        if until > known_until {
            return Err(RewardsError::NotFinal { until, chain_id, known_until }.into());
        }
        return Ok(Window { from, until });
    }
    let (mut next, mut until) = (from, None);
    while let Some(interval) = programme.next_interval(next) {
        if interval.until > last.timestamp {
            break;
        }
        until = Some(interval.until);
        next = interval.until;
    }
    match (until, programme.next_interval(from)) {
        (Some(until), _) => Ok(Window { from, until }),
        (None, Some(Window { from, until })) => {
            Err(Failure::NotOver { from, until, last: last.timestamp })
        }
        (None, None) => Err(ended()),
    }
}

/// What the materials pay for a window.
pub(super) fn distribution(
    materials: &Materials,
    history: &History,
    window: Window,
) -> Result<Distribution, Failure> {
    let histories = [history];
    let inputs = materials.inputs(&histories);
    Ok(distribute(&materials.programme, &inputs, window, materials.previous.as_ref())?)
}

/// Explains every recipient in the order of the distribution, a JSON object each without a line
/// break, and says its hashes.
pub(super) fn explain_all(
    materials: &Materials,
    history: &History,
    distribution: &Distribution,
    mut each: impl FnMut(usize, &str) -> Result<(), Failure>,
) -> Result<Vec<B256>, Failure> {
    let histories = [history];
    let inputs = materials.inputs(&histories);
    let explainer = Explainer::new(&materials.programme, &inputs, distribution)?;
    let count = distribution.entries.len();
    let length = u64::try_from(count).unwrap_or(u64::MAX);
    let bar = progress::bar(progress::COUNT, Some(length)).with_message("explaining");
    let mut hashes = Vec::with_capacity(count);
    for (number, entry) in distribution.entries.iter().enumerate() {
        let explanation = explainer.explain(entry.recipient)?;
        let text = super::folder::json(&explanation)?;
        each(number, &text)?;
        hashes.push(keccak256(text));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(hashes)
}
