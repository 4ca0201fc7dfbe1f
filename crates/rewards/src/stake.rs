//! Stake over time, as weights.
//!
//! **Value.** At each second a pool of a vault has a value in units of 1e-24: `floor(counted *
//! price / 10^decimals)`, where `counted` of the active pool is its stake, or what is delegated to
//! the counted operators if that is less; and of a pool on its way out as much in proportion,
//! rounded down.
//!
//! **Integral.** Over a window from `a` to `b` a pool has an accumulator `A(t)`, in units of 2^-96:
//! the sum, over the stretches of time before `t` in which nothing changes, of
//! `floor(value * seconds * 2^96 / total shares)`. An account's weight is the sum over its
//! checkpoints of `shares * (A(end) - A(begin))`: its own history is all that is walked. The pool's
//! weight is the sum of `value * seconds * 2^96` without any rounding, so the weights of its
//! accounts add up to no more than that.
//!
//! **How exact.** Each stretch loses less than one unit of `A`. An account's weight is below the
//! exact integral by less than `shares * stretches * 2^-96` value-seconds, with the most shares it
//! ever held.
//!
//! **Captures.** At a capture an account's weight is its shares and the pool's weight all shares,
//! so that a part is `floor(shares * amount / total shares)`, as the contracts compute it.
//!
//! **Minimum duration.** With a minimum of `d` seconds an account's shares at `t` are the fewest
//! that it held at any second from `t - d` to `t`. Then, and when accounts are excluded, a pool's
//! weight is the sum of its accounts' weights. Stake that leaves begins anew in the pool of what is
//! on its way out.

mod accumulator;
mod price;
mod seasoned;

pub(crate) use accumulator::{Accumulator, Segment};
pub(crate) use price::PriceLine;

use crate::error::RewardsError;
use crate::history::{History, Pool, PoolKind, Position, Vault};
use crate::programme::Counted;
use crate::window::Window;
use alloy_primitives::{Address, U256};
use bondstone_kernel::MathError;
use bondstone_kernel::math;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Digits after the point of an accumulator, in base 2.
pub(crate) const SCALE_BITS: usize = 96;

/// Which stake counts and how.
#[derive(Clone, Debug)]
pub(crate) struct StakeRules {
    pub(crate) counted: Counted,
    pub(crate) exiting: bool,
    /// All without.
    pub(crate) operators: Option<BTreeSet<Address>>,
    pub(crate) minimum_duration: u64,
}

/// When stake is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// All the time.
    Time(Window),
    /// Once.
    Capture(u64),
}

/// What a pool weighs.
#[derive(Clone, Debug)]
pub(crate) struct PoolStake {
    /// Its place in the vault.
    pub(crate) pool: usize,
    pub(crate) kind: PoolKind,
    /// Against other pools on the same occasion.
    pub(crate) value: U256,
    /// Against its own accounts.
    pub(crate) total: U256,
    /// Of each position.
    pub(crate) weights: Vec<U256>,
}

impl Occasion {
    /// The seconds that are looked at.
    pub(crate) fn window(self) -> Window {
        match self {
            Self::Time(window) => window,
            Self::Capture(second) => Window { from: second, until: second.saturating_add(1) },
        }
    }
}

impl StakeRules {
    /// Whether an operator counts.
    pub(crate) fn counts(&self, operator: Address) -> bool {
        self.operators.as_ref().is_none_or(|operators| operators.contains(&operator))
    }

    /// Whether a pool counts.
    pub(crate) fn counts_pool(&self, pool: &Pool) -> bool {
        pool.kind == PoolKind::Active || self.exiting
    }
}

/// A position's weight, and how it comes about when `segments` are asked for.
pub(crate) fn weigh(
    rules: &StakeRules,
    occasion: Occasion,
    pool: &Pool,
    accumulator: &Accumulator,
    position: Position<'_>,
    mut segments: Option<&mut Vec<Segment>>,
) -> Result<U256, RewardsError> {
    let weight = match (occasion, rules.minimum_duration) {
        (Occasion::Capture(second), 0) => {
            let shares = position.shares_at(pool.moments_until(second).checked_sub(1));
            Ok(captured(second, shares, &mut segments))
        }
        (Occasion::Time(_), 0) => accumulator.weigh(pool, position, segments),
        (occasion, seconds) => {
            let stretches = seasoned::stretches(pool, position, seconds, occasion.window());
            match occasion {
                Occasion::Capture(second) => {
                    let shares = stretches.last().map_or(0, |stretch| stretch.shares);
                    Ok(captured(second, shares, &mut segments))
                }
                Occasion::Time(_) => accumulator.weigh_stretches(&stretches, segments),
            }
        }
    };
    weight.map_err(|source| RewardsError::Arithmetic { what: "an account's weight", source })
}

fn captured(second: u64, shares: u128, segments: &mut Option<&mut Vec<Segment>>) -> U256 {
    let weight = U256::from(shares);
    if let Some(segments) = segments {
        let until = second.saturating_add(1);
        segments.push(Segment { from: second, until, shares, per_share: U256::ONE, weight });
    }
    weight
}

/// What each counted pool of a vault weighs on an occasion; nothing for pools without value.
pub(crate) fn vault_stake(
    history: &History,
    vault: &Vault,
    rules: &StakeRules,
    excluded: &BTreeSet<Address>,
    price: &PriceLine<'_>,
    occasion: Occasion,
) -> Result<Vec<PoolStake>, RewardsError> {
    let too_large = |source| RewardsError::Arithmetic { what: "a vault's weight", source };
    let excluded: BTreeSet<u32> =
        excluded.iter().filter_map(|account| history.account_id(*account)).collect();
    let filters = rules.minimum_duration > 0 || !excluded.is_empty();
    let mut stakes = Vec::new();
    for (number, accumulator) in accumulator::sweep(vault, rules, price, occasion.window())? {
        let Some(pool) = vault.pools.get(number) else { continue };
        let positions = pool.positions();
        let weight = |at: usize| {
            let Some(position) = positions.get(at) else { return Ok(U256::ZERO) };
            if excluded.contains(&position.account) {
                return Ok(U256::ZERO);
            }
            weigh(rules, occasion, pool, &accumulator, position, None)
        };
        let weights: Vec<U256> =
            (0..positions.len()).into_par_iter().map(weight).collect::<Result<_, _>>()?;
        let value = accumulator.value_seconds();
        let (value, total) = match occasion {
            Occasion::Time(_) if filters => {
                let total = crate::split::sum(&weights)?;
                (total, total)
            }
            Occasion::Time(_) => {
                let total = scaled(value).map_err(too_large)?;
                (total, total)
            }
            Occasion::Capture(second) => {
                let (all, _) = pool.totals_at(second);
                let all = U256::from(all);
                if filters {
                    let total = crate::split::sum(&weights)?;
                    (math::mul_div_floor(value, total, all)?, total)
                } else {
                    (value, all)
                }
            }
        };
        stakes.push(PoolStake { pool: number, kind: pool.kind, value, total, weights });
    }
    Ok(stakes)
}

/// The accumulators of a vault's pools on an occasion, for explanations.
pub(crate) fn accumulators(
    vault: &Vault,
    rules: &StakeRules,
    price: &PriceLine<'_>,
    occasion: Occasion,
) -> Result<BTreeMap<usize, Accumulator>, RewardsError> {
    Ok(accumulator::sweep(vault, rules, price, occasion.window())?.into_iter().collect())
}

/// `value * 2^96`.
pub(crate) fn scaled(value: U256) -> Result<U256, MathError> {
    value.checked_shl(SCALE_BITS).ok_or(MathError::Overflow)
}

/// Value-seconds of what is delegated to each counted operator in a window; nothing for those
/// without any. An operator's value is `floor(stake * price / 10^decimals)`.
pub(crate) fn operator_values(
    vault: &Vault,
    rules: &StakeRules,
    price: &PriceLine<'_>,
    window: Window,
) -> Result<BTreeMap<Address, U256>, RewardsError> {
    let mut values = BTreeMap::new();
    for (operator, steps) in &vault.delegations {
        if !rules.counts(*operator) {
            continue;
        }
        let mut edges: Vec<u64> = vec![window.from];
        let within = |time: &u64| *time > window.from && *time < window.until;
        edges.extend(steps.times().iter().copied().filter(within));
        edges.extend(price.changes().filter(within));
        edges.sort_unstable();
        edges.dedup();
        let ends = edges.iter().skip(1).copied().chain([window.until]);
        let mut sum = U256::ZERO;
        for (from, until) in edges.iter().copied().zip(ends) {
            let value = price.value(steps.at(from), vault.decimals, Window { from, until })?;
            let seconds = U256::from(until.saturating_sub(from));
            sum = math::add(sum, math::mul(value, seconds)?)?;
        }
        if !sum.is_zero() {
            values.insert(*operator, sum);
        }
    }
    Ok(values)
}
