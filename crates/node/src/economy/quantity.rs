//! Amounts, percentages and times as people write them, as exact whole numbers.

use super::error::{Fault, Place, Problem};
use alloy_primitives::U256;
use bondstone_karak::rules::core::HUNDRED_PERCENT;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use toml::Spanned;

/// Millionths of a whole.
pub(super) const MILLION: u64 = 1_000_000;

/// Decimals of a percentage: its unit is a millionth.
const PERCENT_DECIMALS: u8 = 4;

/// Decimals of a percentage of Karak.
const WAD_DECIMALS: u8 = 18;

const UNITS: [(char, u64); 5] =
    [('w', 7 * 24 * 3600), ('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// A decimal number as it was written: in quotes, or a bare whole number. A float is refused,
/// because it may not be what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity(pub(super) String);

impl<'de> serde::Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or a decimal number in quotes")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Quantity, E> {
                Ok(Quantity(value.to_string()))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Quantity, E> {
                Ok(Quantity(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

impl Quantity {
    /// The number in units of `10^-decimals`, exactly.
    ///
    /// # Errors
    /// [`Problem::NotAnAmount`], [`Problem::TooManyDecimals`], [`Problem::TooLarge`].
    pub(super) fn units(&self, decimals: u8) -> Result<U256, Problem> {
        let text = self.0.replace('_', "");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dot_at_the_end = text.contains('.') && fraction.is_empty();
        if whole.is_empty() || dot_at_the_end || !digits(whole) || !digits(fraction) {
            return Err(Problem::NotAnAmount(self.0.clone()));
        }
        let Some(missing) = usize::from(decimals).checked_sub(fraction.len()) else {
            let (text, have) = (self.0.clone(), fraction.len());
            return Err(Problem::TooManyDecimals { text, have, most: decimals });
        };
        let all = format!("{whole}{fraction}{}", "0".repeat(missing));
        U256::from_str_radix(&all, 10).map_err(|_| Problem::TooLarge(self.0.clone()))
    }

    /// As [`Self::units`], and `max` is the largest number there is.
    ///
    /// # Errors
    /// As [`Self::units`].
    pub(super) fn units_or_max(&self, decimals: u8) -> Result<U256, Problem> {
        if self.0 == "max" { Ok(U256::MAX) } else { self.units(decimals) }
    }

    /// How many decimals were written.
    pub(super) fn decimals(&self) -> usize {
        self.0.replace('_', "").split_once('.').map_or(0, |(_, fraction)| fraction.len())
    }

    /// A fee such as `2.5%`, in hundredths of a percent.
    ///
    /// # Errors
    /// As [`Self::units`]; [`Problem::NotAPart`] without a percent sign.
    pub(super) fn basis_points(&self) -> Result<U256, Problem> {
        let number = self.0.strip_suffix('%');
        let number = number.ok_or_else(|| Problem::NotAPart(self.0.clone()))?;
        Self(number.to_owned()).units(2)
    }

    /// A part of a whole such as `12.5%`, in millionths; `None` when it has no percent sign.
    ///
    /// # Errors
    /// As [`Self::units`]; [`Problem::MoreThanAll`] above 100%.
    pub(super) fn millionths(&self) -> Result<Option<U256>, Problem> {
        let Some(number) = self.0.strip_suffix('%') else { return Ok(None) };
        let part = Self(number.to_owned()).units(PERCENT_DECIMALS)?;
        if part > U256::from(MILLION) {
            return Err(Problem::MoreThanAll(self.0.clone()));
        }
        Ok(Some(part))
    }

    /// A percentage such as `12.5%` in Karak's scale, where 1e18 is one per cent.
    ///
    /// # Errors
    /// As [`Self::units`]; [`Problem::NotAPart`] without a percent sign, [`Problem::MoreThanAll`]
    /// above 100%.
    pub(super) fn percentage_wad(&self) -> Result<U256, Problem> {
        let number = self.0.strip_suffix('%');
        let number = number.ok_or_else(|| Problem::NotAPart(self.0.clone()))?;
        let wad = Self(number.to_owned()).units(WAD_DECIMALS)?;
        if wad > HUNDRED_PERCENT { Err(Problem::MoreThanAll(self.0.clone())) } else { Ok(wad) }
    }
}

/// The amount under a key, in units of `10^-decimals`.
///
/// # Errors
/// As [`Quantity::units`], with the place.
pub(super) fn units(
    key: &'static str,
    amount: &Spanned<Quantity>,
    decimals: u8,
) -> Result<U256, Fault> {
    let units = amount.get_ref().units(decimals);
    units.map_err(|problem| Place::of(key, amount).wrong(problem))
}

/// The time under a key, in seconds.
///
/// # Errors
/// As [`seconds`], with the place.
pub(super) fn time(key: &'static str, text: &Spanned<String>) -> Result<u64, Fault> {
    seconds(text.get_ref()).map_err(|problem| Place::of(key, text).wrong(problem))
}

/// A time such as `2w 3d 4h 5m 6s`, in seconds. Units may be left out, and come from the largest
/// to the smallest.
///
/// # Errors
/// [`Problem::NotATime`].
pub(super) fn seconds(text: &str) -> Result<u64, Problem> {
    let wrong = || Problem::NotATime(text.to_owned());
    let mut total = 0u64;
    let mut next = 0;
    for word in text.split_whitespace() {
        let unit = word.chars().next_back().ok_or_else(wrong)?;
        let place = UNITS.iter().position(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let count: u64 = word.trim_end_matches(unit).parse().map_err(|_| wrong())?;
        if place < next {
            return Err(wrong());
        }
        next = place + 1;
        let part = count.checked_mul(UNITS[place].1).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    if next == 0 { Err(wrong()) } else { Ok(total) }
}

/// Seconds as [`seconds`] reads them.
pub(super) fn words(mut total: u64) -> String {
    let mut words = Vec::new();
    for (name, size) in UNITS {
        if total >= size {
            words.push(format!("{}{name}", total / size));
            total %= size;
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity(text.to_owned())
    }

    #[test]
    fn amounts_are_exact() {
        assert_eq!(quantity("1_000.5").units(6), Ok(U256::from(1_000_500_000u64)));
        assert_eq!(quantity("0.00000001").units(8), Ok(U256::ONE));
        assert_eq!(quantity("7").units(0), Ok(U256::from(7)));
        assert_eq!(quantity("max").units_or_max(18), Ok(U256::MAX));
    }

    #[test]
    fn what_is_no_amount_is_named() {
        for text in ["", ".5", "5.", "-1", "1e3", "one", "1.2.3", "max", "5%"] {
            assert_eq!(quantity(text).units(18), Err(Problem::NotAnAmount(text.to_owned())));
        }
        let problem = Problem::TooManyDecimals { text: "0.123".to_owned(), have: 3, most: 2 };
        assert_eq!(quantity("0.123").units(2), Err(problem));
        let large = "9".repeat(70);
        assert_eq!(quantity(&large).units(18), Err(Problem::TooLarge(large)));
    }

    #[test]
    fn parts_are_in_millionths() {
        assert_eq!(quantity("12.5%").millionths(), Ok(Some(U256::from(125_000))));
        assert_eq!(quantity("100%").millionths(), Ok(Some(U256::from(1_000_000))));
        assert_eq!(quantity("3").millionths(), Ok(None));
        assert_eq!(quantity("12.5%").basis_points(), Ok(U256::from(1_250)));
        assert_eq!(quantity("3").basis_points(), Err(Problem::NotAPart("3".to_owned())));
        let problem = Err(Problem::MoreThanAll("100.1%".to_owned()));
        assert_eq!(quantity("100.1%").millionths(), problem);
    }

    #[test]
    fn times_are_read_from_the_largest_unit_to_the_smallest() {
        assert_eq!(seconds("3d 4h"), Ok(3 * 86_400 + 4 * 3_600));
        assert_eq!(seconds("1w 1d 1h 1m 1s"), Ok(604_800 + 86_400 + 3_600 + 61));
        assert_eq!(seconds("0s"), Ok(0));
        for text in ["", "3", "d", "4h 3d", "1d 1d", "-1d", "1.5d", "99999999999999999999d"] {
            assert_eq!(seconds(text), Err(Problem::NotATime(text.to_owned())), "{text}");
        }
        assert_eq!(words(694_861), "1w 1d 1h 1m 1s");
        assert_eq!(words(0), "0s");
    }
}
