//! What a token is worth over time.

use crate::error::RewardsError;
use crate::programme::Valuation;
use crate::sheet::Prices;
use crate::window::Window;
use alloy_primitives::{Address, U256};
use bondstone_kernel::math;

/// What whole tokens of an asset are worth, in units of 1e-24.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PriceLine<'a> {
    /// Always the same.
    Fixed(U256),
    /// From each second on, until the next.
    Steps {
        asset: Address,
        steps: &'a [(u64, U256)],
        /// Seconds for which a price is good.
        max_age: Option<u64>,
    },
}

impl<'a> PriceLine<'a> {
    /// The line of an asset; `None` when the asset does not count.
    pub(crate) fn of(
        valuation: &Valuation,
        prices: Option<&'a Prices>,
        asset: Address,
    ) -> Result<Option<Self>, RewardsError> {
        match valuation {
            Valuation::Plain => Ok(Some(Self::Fixed(one()))),
            Valuation::Fixed(weights) => Ok(weights.get(&asset).copied().map(Self::Fixed)),
            Valuation::Prices { file, max_age } => {
                let prices =
                    prices.ok_or_else(|| RewardsError::MissingTable { file: file.clone() })?;
                Ok(Some(Self::Steps { asset, steps: prices.of(asset), max_age: *max_age }))
            }
        }
    }

    /// When it changes.
    pub(crate) fn changes(&self) -> impl Iterator<Item = u64> + '_ {
        let steps = match self {
            Self::Fixed(_) => &[],
            Self::Steps { steps, .. } => *steps,
        };
        steps.iter().map(|(from, _)| *from)
    }

    /// What a stake is worth in a window in which the price does not change. Rounds down. No stake
    /// needs no price.
    pub(crate) fn value(
        &self,
        stake: u128,
        decimals: u8,
        window: Window,
    ) -> Result<U256, RewardsError> {
        if stake == 0 {
            return Ok(U256::ZERO);
        }
        let too_large = |source| RewardsError::Arithmetic { what: "the value of stake", source };
        let unit = U256::from(10).checked_pow(U256::from(decimals));
        let unit = unit.ok_or(too_large(bondstone_kernel::MathError::Overflow))?;
        math::mul_div_floor(U256::from(stake), self.price(window)?, unit).map_err(too_large)
    }

    /// The price in a window in which it does not change.
    pub(crate) fn price(&self, window: Window) -> Result<U256, RewardsError> {
        match *self {
            Self::Fixed(price) => Ok(price),
            Self::Steps { asset, steps, max_age } => {
                let after = steps.partition_point(|(from, _)| *from <= window.from);
                let found = after.checked_sub(1).and_then(|at| steps.get(at));
                let Some((from, price)) = found else {
                    return Err(RewardsError::PriceGap { asset, second: window.from, last: None });
                };
                let good_until = max_age.map_or(u64::MAX, |age| from.saturating_add(age));
                if window.until > good_until {
                    let second = good_until.max(window.from);
                    return Err(RewardsError::PriceGap { asset, second, last: Some(*from) });
                }
                Ok(*price)
            }
        }
    }
}

/// One, in units of 1e-24.
fn one() -> U256 {
    U256::from(1_000_000_000_000_000_000_000_000u128)
}
