//! Texts that people write, and where in them something is wrong.

use alloy_primitives::{Address, U256};
use bondstone_kernel::security::{Decimal, DecimalError};
use std::fmt;
use thiserror::Error;

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct TextError {
    /// The text's name, as the caller gave it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The key or column; empty where there is none.
    pub key: String,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, key, problem } = self;
        if key.is_empty() {
            write!(f, "{file}:{line}: {problem}")
        } else {
            write!(f, "{file}:{line}: {key}: {problem}")
        }
    }
}

/// What can be wrong with a value that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// No TOML, an unknown key, a missing key, a wrong type: in the reader's words.
    #[error("{0}")]
    Malformed(String),
    /// No decimal number.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// More digits after the point than there may be.
    #[error("`{text}` has more than {most} decimals")]
    TooManyDecimals {
        /// What was written.
        text: String,
        /// How many there may be.
        most: u8,
    },
    /// A number too large.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// No address.
    #[error("`{0}` is no address; write 0x and 40 hexadecimal digits")]
    Address(String),
    /// No duration.
    #[error("`{0}` is no duration; write it like 7d, 12h, 30m, 45s or 1d12h")]
    Duration(String),
    /// No moment.
    #[error("`{0}` is no moment; write it like 2025-09-01T00:00:00Z, or in seconds since 1970")]
    Moment(String),
    /// No percentage.
    #[error("`{0}` is no percentage; write it like \"12.5%\"")]
    Percentage(String),
    /// Percentages do not add up.
    #[error("the shares are {found} together, not 100%")]
    Shares {
        /// What they add up to.
        found: String,
    },
    /// Fees of more than there is.
    #[error("fees of {found} leave less than nothing of the budget; {most} is the most")]
    Fees {
        /// What they add up to.
        found: String,
        /// What they may add up to.
        most: String,
    },
    /// A period that ends before it begins, or at once.
    #[error("the period ends at {until}, not after its beginning at {from}")]
    EmptyPeriod {
        /// Seconds since 1970.
        from: u64,
        /// Seconds since 1970.
        until: u64,
    },
    /// A period that begins before an earlier one in the file ends.
    #[error("the period begins at {from}, before the one of line {line} ends at {until}")]
    Overlap {
        /// Where this one begins, in seconds since 1970.
        from: u64,
        /// Where the other is written.
        line: usize,
        /// Where the other ends, in seconds since 1970.
        until: u64,
    },
    /// Something is written twice.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// A key is needed.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// Keys that exclude each other.
    #[error("it cannot be there together with `{0}`")]
    Excluded(&'static str),
    /// Not one of the words that may stand here.
    #[error("`{found}` is none of {expected}")]
    Word {
        /// What was written.
        found: String,
        /// What may be.
        expected: &'static str,
    },
    /// It must not be zero.
    #[error("it must be more than zero")]
    Zero,
    /// A rate needs all of the budget.
    #[error("a rate pays stakers alone; their share must be 100%")]
    RateWithOthers,
    /// A column is missing from a table's first line.
    #[error("the first line must be `{expected}`, not `{found}`")]
    Header {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A row of another length.
    #[error("there are {found} values, not {expected}")]
    Row {
        /// As many as the first line says.
        expected: usize,
        /// As many as are there.
        found: usize,
    },
    /// Rows out of order.
    #[error("the row is not later than the one before it for the same asset")]
    Order,
}

/// A value and the line on which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written<T> {
    /// The value.
    pub value: T,
    /// The line, counted from 1.
    pub line: usize,
}

/// An address in hexadecimal, with or without its checksum.
///
/// # Errors
/// [`Problem::Address`].
pub fn address(text: &str) -> Result<Address, Problem> {
    let wrong = || Problem::Address(text.to_owned());
    let digits = text.strip_prefix("0x").ok_or_else(wrong)?;
    let mut bytes = [0; 20];
    alloy_primitives::hex::decode_to_slice(digits, &mut bytes).map_err(|_| wrong())?;
    Ok(Address::from(bytes))
}

/// A decimal number as an integer of `decimals` places, exactly.
///
/// # Errors
/// [`Problem::Decimal`], [`Problem::TooManyDecimals`], [`Problem::TooLarge`].
pub fn fixed(text: &str, decimals: u8) -> Result<U256, Problem> {
    let number: Decimal = text.replace('_', "").parse()?;
    if number.decimals > decimals {
        return Err(Problem::TooManyDecimals { text: text.to_owned(), most: decimals });
    }
    let more = decimals.saturating_sub(number.decimals);
    let scaled = U256::from(10)
        .checked_pow(U256::from(more))
        .and_then(|scale| number.units.checked_mul(scale));
    scaled.ok_or_else(|| Problem::TooLarge(text.to_owned()))
}

/// Millionths, written as a percentage: `"12.5%"` is 125 000.
///
/// # Errors
/// [`Problem::Percentage`], and those of [`fixed`].
pub fn ppm(text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::Percentage(text.to_owned());
    let number = text.trim_end().strip_suffix('%').ok_or_else(wrong)?.trim();
    let ppm = fixed(number, 4)?;
    u64::try_from(ppm).map_err(|_| Problem::TooLarge(text.to_owned()))
}

/// Millionths as a percentage.
#[must_use]
pub fn percentage(ppm: u64) -> String {
    format!("{}%", Decimal::new(U256::from(ppm), 4))
}

/// Seconds, written like `7d`, `12h`, `30m`, `45s` or `1d12h`.
///
/// # Errors
/// [`Problem::Duration`].
pub fn duration(text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::Duration(text.to_owned());
    let (mut seconds, mut rest) = (0u64, text);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = after.chars().next().ok_or_else(wrong)?;
        let each = match unit {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        let part = number.checked_mul(each).ok_or_else(wrong)?;
        seconds = seconds.checked_add(part).ok_or_else(wrong)?;
        rest = after.get(unit.len_utf8()..).unwrap_or_default();
    }
    if text.is_empty() { Err(wrong()) } else { Ok(seconds) }
}

/// Seconds since 1970 of a date and time in UTC, such as `2025-09-01T00:00:00Z`, or of a date.
///
/// # Errors
/// [`Problem::Moment`], also for an offset other than `Z` and for parts of a second.
pub fn moment(text: &str) -> Result<u64, Problem> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(seconds);
    }
    let wrong = || Problem::Moment(text.to_owned());
    let date: toml::value::Datetime = text.parse().map_err(|_| wrong())?;
    civil(&date).ok_or_else(wrong)
}

/// Seconds since 1970; `None` before that, without a date, and outside of UTC.
pub(crate) fn civil(moment: &toml::value::Datetime) -> Option<u64> {
    let date = moment.date?;
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    // The year begins in March, so that the day of a leap year is its last.
    let year = year.checked_sub(i64::from(month <= 2))?;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_of_year = month.checked_add(9)?.rem_euclid(12);
    let day_of_year =
        month_of_year.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(day)?;
    let leap_days = year_of_era.div_euclid(4).checked_sub(year_of_era.div_euclid(100))?;
    let days = era
        .checked_mul(146_097)?
        .checked_add(year_of_era.checked_mul(365)?)?
        .checked_add(leap_days)?
        .checked_add(day_of_year)?
        .checked_sub(719_469)?;
    let seconds = match (moment.time, moment.offset) {
        (None, None) => 0,
        (Some(time), Some(toml::value::Offset::Z)) if time.nanosecond.unwrap_or_default() == 0 => {
            let second = time.second.unwrap_or_default();
            let minutes =
                i64::from(time.hour).checked_mul(60)?.checked_add(i64::from(time.minute))?;
            minutes.checked_mul(60)?.checked_add(i64::from(second))?
        }
        _ => return None,
    };
    u64::try_from(days.checked_mul(86_400)?.checked_add(seconds)?).ok()
}

/// The line of a byte of a text, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_since_1970_in_utc() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2000-03-01", 951_868_800),
            ("2025-09-01T00:00:00Z", 1_756_684_800),
            ("2100-03-01", 4_107_542_400),
            ("1756684800", 1_756_684_800),
        ] {
            assert_eq!(moment(text), Ok(seconds), "{text}");
        }
        for text in ["", "soon", "2025-09-01T00:00:00+02:00", "2025-09-01T00:00:00", "1969-12-31"] {
            assert_eq!(moment(text), Err(Problem::Moment(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn durations_are_seconds() {
        for (text, seconds) in [("7d", 604_800), ("12h", 43_200), ("1d12h30m5s", 131_405)] {
            assert_eq!(duration(text), Ok(seconds), "{text}");
        }
        for text in ["", "d", "7", "7w", "-1d", "1.5d", "99999999999999999999d"] {
            assert_eq!(duration(text), Err(Problem::Duration(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn percentages_are_millionths() {
        for (text, expected) in [("100%", 1_000_000), ("12.5%", 125_000), ("0.0001 %", 1)] {
            assert_eq!(ppm(text), Ok(expected), "{text}");
        }
        assert_eq!(percentage(125_000), "12.5%");
        assert_eq!(ppm("12.5"), Err(Problem::Percentage("12.5".to_owned())));
        let finer = Problem::TooManyDecimals { text: "0.00001".to_owned(), most: 4 };
        assert_eq!(ppm("0.00001%"), Err(finer));
        assert!(matches!(ppm("NaN%"), Err(Problem::Decimal(_))));
        assert!(matches!(ppm("-1%"), Err(Problem::Decimal(_))));
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(fixed("1_000.25", 6), Ok(U256::from(1_000_250_000)));
        assert!(matches!(fixed("0.1234567", 6), Err(Problem::TooManyDecimals { .. })));
        assert!(matches!(fixed("1e18", 18), Err(Problem::Decimal(_))));
        let long = "9".repeat(78);
        assert!(matches!(fixed(&long, 18), Err(Problem::TooLarge(_) | Problem::Decimal(_))));
    }

    #[test]
    fn addresses_have_twenty_bytes() {
        let text = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0";
        assert_eq!(address(text).map(|found| found.to_checksum(None)), Ok(text.to_owned()));
        for text in ["", "0x", "7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0", "0x12"] {
            assert_eq!(address(text), Err(Problem::Address(text.to_owned())));
        }
    }
}
