//! Shares that were held for a minimum of seconds.

use crate::history::{Pool, Position};
use crate::window::Window;
use std::collections::VecDeque;

/// A stretch of time with the same shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) shares: u128,
}

/// The fewest shares that were held from `seconds` before each second of a window up to it, as
/// stretches in order of time. Linear in the checkpoints but for the sorting.
pub(crate) fn stretches(
    pool: &Pool,
    position: Position<'_>,
    seconds: u64,
    window: Window,
) -> Vec<Stretch> {
    let time = |moment: &u32| {
        let at = usize::try_from(*moment).ok().and_then(|at| pool.times().get(at));
        at.copied().unwrap_or(u64::MAX)
    };
    // Before its first checkpoint an account holds nothing.
    let starts = std::iter::once(0).chain(position.moments.iter().map(time));
    let shares = std::iter::once(0).chain(position.shares.iter().copied());
    let ends = position.moments.iter().map(time).chain([u64::MAX]);
    let held: Vec<Stretch> = starts
        .zip(ends)
        .zip(shares)
        .map(|((from, until), shares)| Stretch { from, until, shares })
        .filter(|stretch| stretch.until > stretch.from)
        .collect();
    let mut edges: Vec<u64> = vec![window.from];
    for stretch in &held {
        for edge in [stretch.from, stretch.from.saturating_add(seconds)] {
            if edge > window.from && edge < window.until {
                edges.push(edge);
            }
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut found: Vec<Stretch> = Vec::new();
    let mut lowest: VecDeque<Stretch> = VecDeque::new();
    let mut rest = held.into_iter().peekable();
    let ends = edges.iter().skip(1).copied().chain([window.until]);
    for (from, until) in edges.iter().copied().zip(ends) {
        while let Some(stretch) = rest.next_if(|stretch| stretch.from <= from) {
            while lowest.back().is_some_and(|before| before.shares >= stretch.shares) {
                lowest.pop_back();
            }
            lowest.push_back(stretch);
        }
        let since = from.saturating_sub(seconds);
        while lowest.front().is_some_and(|stretch| stretch.until <= since) {
            lowest.pop_front();
        }
        let shares = lowest.front().map_or(0, |stretch| stretch.shares);
        found.push(Stretch { from, until, shares });
    }
    found
}
