//! The chain's time. The wall clock is read here and nowhere else.

use crate::error::Error;
use bondstone_store::ClockRecord;
use std::time::{SystemTime, UNIX_EPOCH};

/// The largest time that the contracts can count: `type(uint48).max`, in seconds since 1970.
pub const MAX_TIMESTAMP: u64 = (1 << 48) - 1;

/// How far blocks that are made quickly may run ahead of the clock, in seconds.
///
/// A block is at least a second after its parent, as everywhere on Ethereum, so that whoever tries
/// things out by hand finds the last block in the past. A chain under load makes more than one
/// block a second; once it is this far ahead its blocks share a timestamp, as they do on rollups.
pub const MAX_LEAD: u64 = 900;

/// Where the time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Wall,
    Fixed(u64),
}

/// A clock that runs with its source, some seconds ahead or behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    source: Source,
    offset: i64,
    next: Option<u64>,
}

impl Clock {
    /// The wall clock.
    #[must_use]
    pub fn wall() -> Self {
        Self { source: Source::Wall, offset: 0, next: None }
    }

    /// A clock that stands still, for tests.
    #[must_use]
    pub fn fixed(timestamp: u64) -> Self {
        Self { source: Source::Fixed(timestamp), offset: 0, next: None }
    }

    /// This clock, `seconds` behind.
    #[must_use]
    pub fn behind(self, seconds: u64) -> Self {
        Self { offset: self.offset.saturating_sub_unsigned(seconds), ..self }
    }

    fn source(&self) -> u64 {
        match self.source {
            Source::Fixed(timestamp) => timestamp,
            Source::Wall => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
            }
        }
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.source().saturating_add_signed(self.offset).min(MAX_TIMESTAMP)
    }

    /// The clock as it was kept.
    #[must_use]
    pub fn restored(record: ClockRecord) -> Self {
        let ClockRecord { offset_seconds, next_timestamp } = record;
        Self { source: Source::Wall, offset: offset_seconds, next: next_timestamp }
    }

    /// What is kept of the clock.
    #[must_use]
    pub fn record(&self) -> ClockRecord {
        ClockRecord { offset_seconds: self.offset, next_timestamp: self.next }
    }

    /// Takes over what was kept of a clock; where the time comes from stays.
    pub(crate) fn apply(&mut self, record: ClockRecord) {
        (self.offset, self.next) = (record.offset_seconds, record.next_timestamp);
    }

    /// The time of the block after one at `last`.
    pub(crate) fn next(&self, last: u64) -> u64 {
        let (now, after) = (self.now(), last.saturating_add(1));
        match self.next {
            Some(fixed) => fixed,
            None if after <= now.saturating_add(MAX_LEAD) => now.max(after),
            None => last,
        }
    }

    /// Sets the clock; returns by how much it moved, in seconds.
    pub(crate) fn set(&mut self, timestamp: u64) -> Result<i64, Error> {
        if timestamp > MAX_TIMESTAMP {
            return Err(Error::TimeTooLate(timestamp));
        }
        let before = self.offset;
        let offset = timestamp.checked_signed_diff(self.source());
        self.offset = offset.ok_or(Error::TimeTooLate(timestamp))?;
        Ok(self.offset.saturating_sub(before))
    }

    /// Moves the clock ahead; returns the whole distance from its source, in seconds.
    pub(crate) fn increase(&mut self, seconds: u64) -> Result<i64, Error> {
        let time = self.now().saturating_add(seconds);
        let ahead = i64::try_from(seconds).ok().and_then(|s| self.offset.checked_add(s));
        match ahead {
            Some(offset) if time <= MAX_TIMESTAMP => {
                self.offset = offset;
                Ok(offset)
            }
            _ => Err(Error::TimeTooLate(time)),
        }
    }

    /// Fixes the time of the next block.
    pub(crate) fn set_next(&mut self, timestamp: u64) -> Result<(), Error> {
        if timestamp > MAX_TIMESTAMP {
            return Err(Error::TimeTooLate(timestamp));
        }
        self.next = Some(timestamp);
        Ok(())
    }

    /// A block was mined: a time fixed for it is used up, and the clock runs on from there.
    pub(crate) fn mined(&mut self, timestamp: u64) {
        if self.next.take().is_some() {
            let ahead = timestamp.checked_signed_diff(self.source());
            self.offset = ahead.unwrap_or(self.offset);
        }
    }

    /// Forgets every shift.
    pub(crate) fn follow_wall(&mut self) {
        (self.offset, self.next) = (0, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_set_for_one_block_is_where_the_clock_goes_on() {
        let mut clock = Clock::fixed(1_000);
        assert_eq!(clock.increase(50), Ok(50));
        assert_eq!(clock.next(990), 1_050);
        clock.set_next(9_000).expect("it fits");
        assert_eq!((clock.next(1_050), clock.now()), (9_000, 1_050));
        clock.mined(9_000);
        assert_eq!((clock.next(9_000), clock.now()), (9_001, 9_000));
        assert_eq!(clock.increase(1), Ok(8_001));
        clock.follow_wall();
        assert_eq!(clock.now(), 1_000);
        assert_eq!(clock.behind(10).now(), 990);
    }

    #[test]
    fn blocks_made_quickly_run_ahead_of_the_clock_but_not_away_from_it() {
        let clock = Clock::fixed(1_000);
        assert_eq!(clock.next(999), 1_000);
        assert_eq!(clock.next(1_000), 1_001);
        assert_eq!(clock.next(999 + MAX_LEAD), 1_000 + MAX_LEAD);
        assert_eq!(clock.next(1_000 + MAX_LEAD), 1_000 + MAX_LEAD);
        assert_eq!(clock.next(50_000), 50_000);
    }

    #[test]
    fn a_clock_that_is_set_runs_on_from_there() {
        let mut clock = Clock::fixed(1_000);
        assert_eq!(clock.set(5_000), Ok(4_000));
        assert_eq!(clock.increase(1), Ok(4_001));
        assert_eq!(clock.now(), 5_001);
        assert_eq!(clock.record().offset_seconds, 4_001);
    }

    #[test]
    fn times_that_no_contract_can_count_are_refused() {
        let mut clock = Clock::fixed(1_000);
        assert_eq!(clock.increase(u64::MAX), Err(Error::TimeTooLate(u64::MAX)));
        let late = MAX_TIMESTAMP + 1;
        assert_eq!(clock.increase(late), Err(Error::TimeTooLate(late + 1_000)));
        assert_eq!(clock.set_next(late), Err(Error::TimeTooLate(late)));
        assert_eq!(clock.now(), 1_000);
    }
}
