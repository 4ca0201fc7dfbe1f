//! Windows of time, and the intervals of a programme in them.

use crate::error::RewardsError;
use crate::programme::{Period, Programme};
use alloy_primitives::U256;
use bondstone_kernel::math;
use serde::{Deserialize, Serialize};

/// The seconds from the first on, up to but without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// The first second.
    pub from: u64,
    /// The first second after it.
    pub until: u64,
}

/// A stretch of a period that is settled in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) window: Window,
    /// Which of the programme's periods it belongs to.
    pub(crate) period: usize,
    /// Its part of the period's budget, by its seconds.
    pub(crate) budget: U256,
    /// Whether the period ends with it.
    pub(crate) is_last: bool,
}

impl Window {
    /// How many seconds it has.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.until.saturating_sub(self.from)
    }
}

impl Period {
    /// The interval that a second is in.
    fn interval(&self, second: u64) -> Option<Window> {
        let gone = second.checked_sub(self.from)?;
        let from = second.checked_sub(gone.checked_rem(self.cadence)?)?;
        let until = from.checked_add(self.cadence)?.min(self.until);
        (second < self.until).then_some(Window { from, until })
    }

    /// What the budget grants from the period's beginning to a second. Rounds down.
    fn granted(&self, second: u64) -> Result<U256, RewardsError> {
        let length = U256::from(self.until.saturating_sub(self.from));
        let gone = U256::from(second.saturating_sub(self.from));
        Ok(math::mul_div_floor(self.budget, gone, length)?)
    }
}

impl Programme {
    /// The interval that begins at or after a second, for whoever asks what comes next.
    #[must_use]
    pub fn next_interval(&self, second: u64) -> Option<Window> {
        let period = self.periods.iter().find(|period| period.until > second)?;
        let inside = period.interval(second.max(period.from))?;
        if inside.from >= second {
            return Some(inside);
        }
        period.interval(inside.until).or_else(|| self.next_interval(period.until))
    }
}

/// The intervals of a window, in order of time.
pub(crate) fn intervals(
    programme: &Programme,
    window: Window,
) -> Result<Vec<Interval>, RewardsError> {
    let Window { from, until } = window;
    if from >= until {
        return Err(RewardsError::EmptyWindow { from, until });
    }
    let mut intervals = Vec::new();
    for (number, period) in programme.periods.iter().enumerate() {
        let mut second = from.max(period.from);
        while second < until.min(period.until) {
            let Some(found) = period.interval(second) else { break };
            let edge = if found.from < second { Some(second) } else { None };
            let edge = edge.or((found.until > until).then_some(until));
            if let Some(second) = edge {
                let Window { from, until } = found;
                return Err(RewardsError::InsideInterval { second, from, until });
            }
            let budget = math::sub(period.granted(found.until)?, period.granted(found.from)?)?;
            let is_last = found.until == period.until;
            intervals.push(Interval { window: found, period: number, budget, is_last });
            second = found.until;
        }
    }
    if intervals.is_empty() {
        return Err(RewardsError::NoPeriod { from, until });
    }
    Ok(intervals)
}
