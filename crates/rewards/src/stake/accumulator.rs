//! The running integral of value per share, and what an account has of it.

use super::seasoned::Stretch;
use super::{PriceLine, StakeRules, scaled};
use crate::error::RewardsError;
use crate::history::{Pool, PoolKind, Position, Vault};
use crate::programme::Counted;
use crate::window::Window;
use alloy_primitives::U256;
use bondstone_kernel::{MathError, math};

/// `A(t)` of a pool in a window, in units of 2^-96 value-seconds per share.
#[derive(Clone, Debug)]
pub(crate) struct Accumulator {
    window: Window,
    /// How many moments are at or before the window's first second.
    before: usize,
    /// `A` at the moments after these and within the window.
    sums: Vec<U256>,
    /// `A` at the window's end.
    end: U256,
    value_seconds: U256,
    /// Every stretch in which nothing changes, when seconds between moments are asked for.
    knots: Vec<Knot>,
}

/// Where a stretch begins in which nothing changes.
#[derive(Clone, Copy, Debug)]
struct Knot {
    from: u64,
    sum: U256,
    value: U256,
    shares: u128,
}

/// A part of an account's weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) shares: u128,
    pub(crate) per_share: U256,
    pub(crate) weight: U256,
}

impl Accumulator {
    /// The pool's value over the window, in value-seconds.
    pub(crate) fn value_seconds(&self) -> U256 {
        self.value_seconds
    }

    /// `A` at a moment of the pool.
    fn at_moment(&self, moment: u32) -> U256 {
        let moment = usize::try_from(moment).unwrap_or(usize::MAX);
        match moment.checked_sub(self.before) {
            None => U256::ZERO,
            Some(after) => self.sums.get(after).copied().unwrap_or(self.end),
        }
    }

    /// The weight of a position: the sum of `shares * (A(end) - A(begin))`.
    pub(super) fn weigh(
        &self,
        pool: &Pool,
        position: Position<'_>,
        mut segments: Option<&mut Vec<Segment>>,
    ) -> Result<U256, MathError> {
        let is_before =
            |moment: &u32| usize::try_from(*moment).is_ok_and(|moment| moment < self.before);
        // The last checkpoint before the window is the first that counts.
        let skip = position.moments.partition_point(is_before).saturating_sub(1);
        let moments = position.moments.get(skip..).unwrap_or_default();
        let shares = position.shares.get(skip..).unwrap_or_default();
        let mut begin = moments.first().map(|moment| self.at_moment(*moment)).unwrap_or_default();
        let ends = moments.iter().skip(1).map(|moment| self.at_moment(*moment)).chain([self.end]);
        let mut weight = U256::ZERO;
        for (number, (end, shares)) in ends.zip(shares.iter().copied()).enumerate() {
            let per_share = end.wrapping_sub(begin);
            begin = end;
            if shares == 0 || per_share.is_zero() {
                continue;
            }
            let part = per_share.checked_mul(U256::from(shares)).ok_or(MathError::Overflow)?;
            weight = weight.checked_add(part).ok_or(MathError::Overflow)?;
            if let Some(segments) = &mut segments {
                let time = |at: usize| {
                    let moment = moments.get(at).and_then(|moment| usize::try_from(*moment).ok());
                    moment.and_then(|moment| pool.times().get(moment)).copied()
                };
                let from = time(number).unwrap_or_default().max(self.window.from);
                let until = time(number.saturating_add(1)).unwrap_or(u64::MAX);
                let until = until.min(self.window.until);
                segments.push(Segment { from, until, shares, per_share, weight: part });
            }
        }
        Ok(weight)
    }

    /// The weight of stretches of shares whose ends are no moments of the pool.
    pub(super) fn weigh_stretches(
        &self,
        stretches: &[Stretch],
        mut segments: Option<&mut Vec<Segment>>,
    ) -> Result<U256, MathError> {
        let mut weight = U256::ZERO;
        for Stretch { from, until, shares } in stretches.iter().copied() {
            if shares == 0 {
                continue;
            }
            let per_share = math::sub(self.at(until)?, self.at(from)?)?;
            let part = math::mul(per_share, U256::from(shares))?;
            weight = math::add(weight, part)?;
            if let Some(segments) = &mut segments
                && !part.is_zero()
            {
                segments.push(Segment { from, until, shares, per_share, weight: part });
            }
        }
        Ok(weight)
    }

    /// `A` at a second.
    fn at(&self, second: u64) -> Result<U256, MathError> {
        if second >= self.window.until {
            return Ok(self.end);
        }
        let after = self.knots.partition_point(|knot| knot.from <= second);
        let Some(knot) = after.checked_sub(1).and_then(|at| self.knots.get(at)) else {
            return Ok(U256::ZERO);
        };
        math::add(knot.sum, grown(knot.value, second.saturating_sub(knot.from), knot.shares)?)
    }
}

/// What `A` grows by: `floor(value * seconds * 2^96 / shares)`, nothing without shares.
fn grown(value: U256, seconds: u64, shares: u128) -> Result<U256, MathError> {
    if shares == 0 || value.is_zero() {
        return Ok(U256::ZERO);
    }
    let product = math::mul(value, U256::from(seconds))?;
    let scale = scaled(U256::ONE)?;
    math::mul_div_floor(product, scale, U256::from(shares))
}

/// A pool on the way through time.
struct Walk<'a> {
    number: usize,
    pool: &'a Pool,
    /// Moments that are behind.
    passed: usize,
    accumulator: Accumulator,
}

/// The accumulators of a vault's counted pools, of those with value, by their places.
pub(super) fn sweep(
    vault: &Vault,
    rules: &StakeRules,
    price: &PriceLine<'_>,
    window: Window,
) -> Result<Vec<(usize, Accumulator)>, RewardsError> {
    let edges = edges(vault, rules, price, window);
    let pools = vault.pools.iter().enumerate().filter(|(_, pool)| rules.counts_pool(pool));
    let mut walks: Vec<Walk<'_>> =
        pools.map(|(number, pool)| Walk::new(number, pool, window)).collect();
    let mut delegated = Delegated::new(vault, rules);
    let mut active_passed = 0;
    let ends = edges.iter().skip(1).copied().chain([window.until]);
    for (from, until) in edges.iter().copied().zip(ends) {
        let stretch = Window { from, until };
        let Some(active) = vault.active() else { break };
        active_passed = passed(active.times(), active_passed, from);
        let (_, held) = active.totals(active_passed.checked_sub(1));
        let counted = match rules.counted {
            Counted::Vault => held,
            Counted::Delegated => delegated.at(from).min(held),
        };
        for walk in &mut walks {
            walk.step(stretch, held, counted, (vault.decimals, price), rules)?;
        }
    }
    let found = walks.into_iter().map(|walk| (walk.number, walk.accumulator));
    Ok(found.filter(|(_, accumulator)| !accumulator.value_seconds.is_zero()).collect())
}

impl<'a> Walk<'a> {
    fn new(number: usize, pool: &'a Pool, window: Window) -> Self {
        let before = pool.moments_until(window.from);
        let accumulator = Accumulator {
            window,
            before,
            sums: Vec::new(),
            end: U256::ZERO,
            value_seconds: U256::ZERO,
            knots: Vec::new(),
        };
        Self { number, pool, passed: before, accumulator }
    }

    /// Goes on to the end of a stretch in which nothing changes.
    fn step(
        &mut self,
        stretch: Window,
        held: u128,
        counted: u128,
        (decimals, price): (u8, &PriceLine<'_>),
        rules: &StakeRules,
    ) -> Result<(), RewardsError> {
        let Self { pool, accumulator, .. } = self;
        let now = passed(pool.times(), self.passed, stretch.from);
        if now > self.passed {
            accumulator.sums.push(accumulator.end);
            self.passed = now;
        }
        let (shares, stake) = pool.totals(now.checked_sub(1));
        if shares == 0 || stake == 0 {
            return self.knot(stretch, U256::ZERO, 0, rules);
        }
        let stake = match (pool.kind, rules.counted) {
            (PoolKind::Active, _) => counted,
            (PoolKind::Exiting, Counted::Vault) => stake,
            (PoolKind::Exiting, Counted::Delegated) => in_proportion(stake, counted, held)?,
        };
        let value = price.value(stake, decimals, stretch)?;
        self.knot(stretch, value, shares, rules)
    }

    fn knot(
        &mut self,
        stretch: Window,
        value: U256,
        shares: u128,
        rules: &StakeRules,
    ) -> Result<(), RewardsError> {
        let accumulator = &mut self.accumulator;
        if rules.minimum_duration > 0 {
            let sum = accumulator.end;
            accumulator.knots.push(Knot { from: stretch.from, sum, value, shares });
        }
        let seconds = stretch.seconds();
        let grow = || -> Result<(U256, U256), MathError> {
            let sum = math::add(accumulator.end, grown(value, seconds, shares)?)?;
            let all = math::mul(value, U256::from(seconds))?;
            Ok((sum, math::add(accumulator.value_seconds, all)?))
        };
        let too_large = |source| RewardsError::Arithmetic { what: "a vault's weight", source };
        (accumulator.end, accumulator.value_seconds) = grow().map_err(too_large)?;
        Ok(())
    }
}

/// `floor(stake * counted / held)`, nothing where nothing is held.
fn in_proportion(stake: u128, counted: u128, held: u128) -> Result<u128, RewardsError> {
    if held == 0 {
        return Ok(0);
    }
    let part = math::mul_div_floor(U256::from(stake), U256::from(counted), U256::from(held))?;
    // It is at most the stake, because no more is counted than is held.
    Ok(u128::try_from(part).unwrap_or(stake))
}

/// How many of some times are at or before a second, from a number that is known to be.
fn passed(times: &[u64], mut known: usize, second: u64) -> usize {
    while times.get(known).is_some_and(|time| *time <= second) {
        known = known.saturating_add(1);
    }
    known
}

/// What counted operators are given of a vault, as time goes on.
struct Delegated<'a> {
    operators: Vec<(&'a crate::history::Steps, usize)>,
    sum: u128,
    /// Until when the sum is good.
    until: u64,
}

impl<'a> Delegated<'a> {
    fn new(vault: &'a Vault, rules: &StakeRules) -> Self {
        let counted = vault.delegations.iter().filter(|(operator, _)| rules.counts(**operator));
        Self { operators: counted.map(|(_, steps)| (steps, 0)).collect(), sum: 0, until: 0 }
    }

    /// The sum at a second that is not before the last one that was asked for. Beyond 128 bits it
    /// stays at the largest number, which is more than any pool holds.
    fn at(&mut self, second: u64) -> u128 {
        if second < self.until {
            return self.sum;
        }
        (self.sum, self.until) = (0, u64::MAX);
        for (steps, known) in &mut self.operators {
            *known = passed(steps.times(), *known, second);
            self.sum = self.sum.saturating_add(steps.at(second));
            let next = steps.times().get(*known).copied().unwrap_or(u64::MAX);
            self.until = self.until.min(next);
        }
        self.sum
    }
}

/// The seconds of a window at which anything changes, its first one included.
fn edges(vault: &Vault, rules: &StakeRules, price: &PriceLine<'_>, window: Window) -> Vec<u64> {
    let within = |time: &u64| *time > window.from && *time < window.until;
    let inside = |times: &[u64]| {
        let from = times.partition_point(|time| *time <= window.from);
        let until = times.partition_point(|time| *time < window.until);
        times.get(from..until).unwrap_or_default().to_vec()
    };
    let mut edges = vec![window.from];
    for pool in &vault.pools {
        if pool.kind == PoolKind::Active || rules.counts_pool(pool) {
            edges.extend(inside(pool.times()));
        }
    }
    if rules.counted == Counted::Delegated {
        let counted = vault.delegations.iter().filter(|(operator, _)| rules.counts(**operator));
        counted.for_each(|(_, steps)| edges.extend(inside(steps.times())));
    }
    edges.extend(price.changes().filter(within));
    edges.sort_unstable();
    edges.dedup();
    edges
}
