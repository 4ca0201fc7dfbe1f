//! When pay can be claimed.

use alloy_primitives::U256;
use bondstone_kernel::math::{self, MathError};
use serde::{Deserialize, Serialize};

/// When a programme lets its pay be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// When the interval is over.
    AtOnce,
    /// So many seconds after the interval's end.
    Delayed(u64),
    /// Linearly over so many seconds after the interval's end.
    Streamed(u64),
}

/// When one distribution can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// All of it from a second on.
    At(u64),
    /// Linearly, from nothing to all.
    Linear {
        /// Last second at which nothing can be claimed.
        from: u64,
        /// First second at which everything can be.
        until: u64,
    },
}

impl Claim {
    /// When a distribution that ends at `end` can be claimed.
    #[must_use]
    pub fn release(self, end: u64) -> Release {
        match self {
            Self::AtOnce => Release::At(end),
            Self::Delayed(seconds) => Release::At(end.saturating_add(seconds)),
            Self::Streamed(seconds) => {
                Release::Linear { from: end, until: end.saturating_add(seconds) }
            }
        }
    }
}

impl Release {
    /// How much of an amount can be claimed at a second: `floor(amount * elapsed / length)` of a
    /// stream.
    ///
    /// # Errors
    /// None for lengths above zero, which is all that [`Claim::release`] makes of a text.
    pub fn released(self, amount: U256, at: u64) -> Result<U256, MathError> {
        match self {
            Self::At(from) if at >= from => Ok(amount),
            Self::Linear { until, .. } if at >= until => Ok(amount),
            Self::Linear { from, until } if at > from => {
                let elapsed = math::sub_u48(at, from)?;
                let length = math::sub_u48(until, from)?;
                math::mul_div_floor(amount, U256::from(elapsed), U256::from(length))
            }
            Self::At(_) | Self::Linear { .. } => Ok(U256::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_pays_by_the_second_and_rounds_down() {
        let release = Claim::Streamed(7).release(100);
        let at = |second| release.released(U256::from(100), second).unwrap();
        for (second, released) in [(0, 0), (100, 0), (101, 14), (106, 85), (107, 100), (900, 100)] {
            assert_eq!(at(second), U256::from(released), "{second}");
        }
    }

    #[test]
    fn a_delay_holds_everything_back() {
        let amount = U256::from(5);
        assert_eq!(Claim::Delayed(3).release(10).released(amount, 12), Ok(U256::ZERO));
        assert_eq!(Claim::Delayed(3).release(10).released(amount, 13), Ok(amount));
        assert_eq!(Claim::AtOnce.release(10).released(amount, 10), Ok(amount));
    }
}
