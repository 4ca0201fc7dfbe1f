//! Decimal numbers: amounts in whole tokens, prices, rates. Exact, without floats.

use alloy_primitives::{U256, U512};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// `units / 10^decimals`, exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    /// All digits as one number.
    pub units: U256,
    /// How many of them come after the point.
    pub decimals: u8,
}

/// A text that is no decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// There is no digit.
    #[error("there is no digit in `{0}`")]
    Empty(String),
    /// A character that has no place in it; a sign is one.
    #[error("`{character}` has no place in a decimal number such as 1234.5")]
    Character {
        /// The character.
        character: char,
    },
    /// More digits than 256 bits hold, or more than 255 after the point.
    #[error("`{0}` has too many digits")]
    TooLong(String),
}

impl Decimal {
    /// A number of the smallest units of an asset as whole ones.
    #[must_use]
    pub fn new(units: U256, decimals: u8) -> Self {
        Self { units, decimals }
    }

    /// Exact product; `None` when it leaves 256 bits.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let units = self.units.checked_mul(other.units)?;
        Some(Self { units, decimals: self.decimals.checked_add(other.decimals)? })
    }

    /// Exact sum; `None` when it leaves 256 bits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let decimals = self.decimals.max(other.decimals);
        let units = self.scaled(decimals)?.checked_add(other.scaled(decimals)?)?;
        Some(Self { units, decimals })
    }

    fn scaled(self, decimals: u8) -> Option<U256> {
        let more = decimals.checked_sub(self.decimals)?;
        self.units.checked_mul(U256::from(10).checked_pow(U256::from(more))?)
    }

    /// `self * factor / divisor` to `decimals` places, rounded down; `None` for a divisor of zero
    /// and for numbers too large to tell.
    #[must_use]
    pub fn ratio_floor(self, factor: U256, divisor: Self, decimals: u8) -> Option<Self> {
        let ten = |exponent: u16| U512::from(10).checked_pow(U512::from(exponent));
        let raise = u16::from(divisor.decimals).checked_add(u16::from(decimals))?;
        let above = U512::from(self.units).checked_mul(U512::from(factor))?;
        let above = above.checked_mul(ten(raise)?)?;
        let below = U512::from(divisor.units).checked_mul(ten(u16::from(self.decimals))?)?;
        let quotient = above.checked_div(below)?;
        let units = U256::checked_from_limbs_slice(quotient.as_limbs())?;
        Some(Self { units, decimals })
    }
}

impl fmt::Display for Decimal {
    /// All its digits, without zeros at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.units.to_string();
        let places = usize::from(self.decimals);
        let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, part) = padded.split_at(padded.len().saturating_sub(places));
        let part = part.trim_end_matches('0');
        if part.is_empty() { f.write_str(whole) } else { write!(f, "{whole}.{part}") }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = [whole, part].concat();
        if let Some(character) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(DecimalError::Character { character });
        }
        if digits.is_empty() {
            return Err(DecimalError::Empty(text.to_owned()));
        }
        let units = U256::from_str_radix(&digits, 10);
        let decimals = u8::try_from(part.len());
        match (units, decimals) {
            (Ok(units), Ok(decimals)) => Ok(Self { units, decimals }),
            _ => Err(DecimalError::TooLong(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_and_written() {
        let same = ["0", "7", "0.5", "1234.056", "0.000000000000000001"];
        for text in same {
            assert_eq!(text.parse::<Decimal>().map(|d| d.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("1.50".parse::<Decimal>().unwrap().to_string(), "1.5");
        assert_eq!(".5".parse::<Decimal>().unwrap().to_string(), "0.5");
        assert_eq!("5.".parse::<Decimal>().unwrap().to_string(), "5");
    }

    #[test]
    fn what_is_no_decimal_is_named() {
        let error = |text: &str| text.parse::<Decimal>().unwrap_err();
        assert_eq!(error(""), DecimalError::Empty(String::new()));
        assert_eq!(error("."), DecimalError::Empty(".".to_owned()));
        for (text, character) in [("-1", '-'), ("1,5", ','), ("1e3", 'e'), ("1.2.3", '.')] {
            assert_eq!(error(text), DecimalError::Character { character }, "{text}");
        }
        let long = "9".repeat(80);
        assert_eq!(error(&long), DecimalError::TooLong(long));
    }

    #[test]
    fn ratios_round_down_to_the_places_asked_for() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        let ratio = |a, f: u64, b, places| {
            d(a).ratio_floor(U256::from(f), d(b), places).map(|d| d.to_string())
        };
        assert_eq!(ratio("2", 1, "3", 4).as_deref(), Some("0.6666"));
        assert_eq!(ratio("0.25", 10, "0.5", 2).as_deref(), Some("5"));
        assert_eq!(ratio("1", 1, "0", 2), None);
        assert_eq!(Decimal::new(U256::MAX, 0).ratio_floor(U256::from(2), d("1"), 0), None);
    }

    proptest! {
        #[test]
        fn a_sum_is_the_same_on_either_side(a in any::<u64>(), b in any::<u64>(),
                                            x in 0u8..18, y in 0u8..18) {
            let (a, b) = (Decimal::new(U256::from(a), x), Decimal::new(U256::from(b), y));
            prop_assert_eq!(a.plus(b), b.plus(a));
            let text = a.to_string();
            let back: Decimal = text.parse().unwrap();
            prop_assert_eq!(back.plus(b).unwrap().to_string(), a.plus(b).unwrap().to_string());
        }
    }
}
