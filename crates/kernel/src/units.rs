//! Units as types, so that shares are never added to assets nor seconds to epochs.

use crate::math::{self, MathError};
use alloy_primitives::U256;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

macro_rules! amount {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(BorshDeserialize, BorshSerialize)]
        pub struct $name(pub U256);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(U256::ZERO);

            /// Checked sum.
            ///
            /// # Errors
            /// [`MathError::Overflow`] (`Panic(0x11)`) past 2^256 - 1.
            pub fn plus(self, other: Self) -> Result<Self, MathError> {
                math::add(self.0, other.0).map(Self)
            }

            /// Checked difference.
            ///
            /// # Errors
            /// [`MathError::Overflow`] (`Panic(0x11)`) below zero.
            pub fn minus(self, other: Self) -> Result<Self, MathError> {
                math::sub(self.0, other.0).map(Self)
            }

            /// Whether there is nothing of it.
            #[must_use]
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }
        }

        impl Serialize for $name {
            /// A string of decimal digits: no reader of JSON takes it for a float.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let digits = <String as serde::Deserialize>::deserialize(deserializer)?;
                // The parser takes no digits at all for zero.
                if digits.is_empty() {
                    return Err(D::Error::custom("there are no digits"));
                }
                let value = U256::from_str_radix(&digits, 10);
                value.map(Self).map_err(|error| D::Error::custom(format!("{digits}: {error}")))
            }
        }
    };
}

amount! {
    /// An amount of a token in its smallest unit.
    Assets
}

amount! {
    /// Shares of a pool of [`Assets`]: vault shares or shares of a withdrawal bucket.
    Shares
}

impl Assets {
    /// Shares that a deposit of `self` mints. Rounds down, in favour of the pool.
    /// Source: Symbiotic core 1.0.3 `ERC4626Math.previewDeposit` (virtual share and asset of one).
    ///
    /// # Errors
    /// Those of [`math::mul_div_floor`] and of adding one to either total.
    pub fn to_shares_down(self, total: Shares, held: Assets) -> Result<Shares, MathError> {
        let (shares, assets) = virtual_totals(total, held)?;
        math::mul_div_floor(self.0, shares, assets).map(Shares)
    }

    /// Shares that taking out exactly `self` burns. Rounds up, in favour of the pool.
    /// Source: Symbiotic core 1.0.3 `ERC4626Math.previewWithdraw`.
    ///
    /// # Errors
    /// Those of [`math::mul_div_ceil`] and of adding one to either total.
    pub fn to_shares_up(self, total: Shares, held: Assets) -> Result<Shares, MathError> {
        let (shares, assets) = virtual_totals(total, held)?;
        math::mul_div_ceil(self.0, shares, assets).map(Shares)
    }
}

impl Shares {
    /// Assets that `self` stands for. Rounds down, in favour of the pool.
    /// Source: Symbiotic core 1.0.3 `ERC4626Math.previewRedeem`.
    ///
    /// # Errors
    /// Those of [`math::mul_div_floor`] and of adding one to either total.
    pub fn to_assets_down(self, held: Assets, total: Shares) -> Result<Assets, MathError> {
        let (shares, assets) = virtual_totals(total, held)?;
        math::mul_div_floor(self.0, assets, shares).map(Assets)
    }
}

fn virtual_totals(total: Shares, held: Assets) -> Result<(U256, U256), MathError> {
    Ok((math::add(total.0, U256::ONE)?, math::add(held.0, U256::ONE)?))
}

/// Seconds since 1970 in a `uint48`, the key of every checkpoint.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshDeserialize,
    BorshSerialize,
    Serialize,
    Deserialize,
)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The last representable second, 2^48 - 1.
    pub const MAX: Self = Self(math::U48_MAX);

    /// `self + seconds` in `uint48` arithmetic.
    ///
    /// # Errors
    /// [`MathError::Overflow`] (`Panic(0x11)`) past 2^48 - 1.
    pub fn plus(self, seconds: u64) -> Result<Self, MathError> {
        math::add_u48(self.0, seconds).map(Self)
    }

    /// `self - seconds` in `uint48` arithmetic.
    ///
    /// # Errors
    /// [`MathError::Overflow`] (`Panic(0x11)`) below zero.
    pub fn minus(self, seconds: u64) -> Result<Self, MathError> {
        math::sub_u48(self.0, seconds).map(Self)
    }

    /// Seconds since an earlier moment.
    ///
    /// # Errors
    /// [`MathError::Overflow`] (`Panic(0x11)`) when `earlier` is later.
    pub fn since(self, earlier: Self) -> Result<u64, MathError> {
        math::sub_u48(self.0, earlier.0)
    }
}

/// Number of a vault epoch; epoch 0 starts when the vault is initialised.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshDeserialize,
    BorshSerialize,
)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch after this one.
    ///
    /// # Errors
    /// [`MathError::Overflow`] (`Panic(0x11)`), which no 48-bit clock reaches.
    pub fn next(self) -> Result<Self, MathError> {
        self.0.checked_add(1).map(Self).ok_or(MathError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example_share_rounding() {
        let n = |v: u64| U256::from(v);
        let (held, total) = (Assets(n(900)), Shares(n(1000)));
        assert_eq!(Assets(n(500)).to_shares_down(total, held), Ok(Shares(n(555))));
        let (held, total) = (Assets(n(1400)), Shares(n(1555)));
        assert_eq!(Shares(n(1000)).to_assets_down(held, total), Ok(Assets(n(900))));
        assert_eq!(Shares(n(555)).to_assets_down(held, total), Ok(Assets(n(499))));
        assert_eq!(Assets(n(500)).to_shares_up(total, held), Ok(Shares(n(556))));
        assert_eq!(Assets(n(499)).to_shares_up(total, held), Ok(Shares(n(555))));
    }

    #[test]
    fn amounts_are_digits_in_json_and_seconds_are_numbers() {
        let most = Assets(U256::MAX);
        let json = serde_json::to_string(&(most, Shares::ZERO, Timestamp(7))).unwrap();
        assert_eq!(json, format!("[\"{}\",\"0\",7]", U256::MAX));
        let back: (Assets, Shares, Timestamp) = serde_json::from_str(&json).unwrap();
        assert_eq!(back, (most, Shares::ZERO, Timestamp(7)));
        for wrong in ["\"-1\"", "\"0x10\"", "\"\"", "1", "1.5"] {
            assert!(serde_json::from_str::<Assets>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_stay_within_48_bits() {
        assert_eq!(Timestamp::MAX.plus(1), Err(MathError::Overflow));
        assert_eq!(Timestamp(5).minus(6), Err(MathError::Overflow));
        assert_eq!(Timestamp(9).since(Timestamp(4)), Ok(5));
    }
}
