//! Shares and assets. Source: Solady 0.0.201 `ERC4626` with a decimals offset of zero: one virtual
//! share and one virtual asset.
//!
//! Where the contract adds the virtual one in a numerator the sum is checked; in a denominator it
//! wraps to zero, and dividing by that is `FullMulDivFailed()`.

use alloy_primitives::U256;
use bondstone_kernel::MathError;
use bondstone_kernel::math::{add, full_mul_div_ceil, full_mul_div_floor};

/// What a vault holds and how many shares stand for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Units of the asset.
    pub assets: U256,
    /// Shares.
    pub supply: U256,
}

impl Totals {
    /// Shares for `assets`, rounded down: `convertToShares`, `previewDeposit`.
    ///
    /// # Errors
    /// `Panic(0x11)` at the largest supply, `FullMulDivFailed()`.
    pub fn to_shares_down(self, assets: U256) -> Result<U256, MathError> {
        full_mul_div_floor(
            assets,
            add(self.supply, U256::ONE)?,
            self.assets.wrapping_add(U256::ONE),
        )
    }

    /// Shares for `assets`, rounded up: `previewWithdraw`.
    ///
    /// # Errors
    /// As [`Self::to_shares_down`].
    pub fn to_shares_up(self, assets: U256) -> Result<U256, MathError> {
        full_mul_div_ceil(assets, add(self.supply, U256::ONE)?, self.assets.wrapping_add(U256::ONE))
    }

    /// Assets for `shares`, rounded down: `convertToAssets`, `previewRedeem`.
    ///
    /// # Errors
    /// `Panic(0x11)` when the assets are the largest number, `FullMulDivFailed()`.
    pub fn to_assets_down(self, shares: U256) -> Result<U256, MathError> {
        full_mul_div_floor(
            shares,
            add(self.assets, U256::ONE)?,
            self.supply.wrapping_add(U256::ONE),
        )
    }

    /// Assets for `shares`, rounded up: `previewMint`.
    ///
    /// # Errors
    /// As [`Self::to_assets_down`].
    pub fn to_assets_up(self, shares: U256) -> Result<U256, MathError> {
        full_mul_div_ceil(shares, add(self.assets, U256::ONE)?, self.supply.wrapping_add(U256::ONE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u128) -> U256 {
        U256::from(number)
    }

    #[test]
    fn worked_example_slash_across_a_redeem() {
        let slashed = Totals { assets: n(1_050_000_000), supply: n(1_500_000_000) };
        assert_eq!(slashed.to_assets_down(n(1_000_000_000)), Ok(n(700_000_000)));
        assert_eq!(slashed.to_shares_down(n(100_000_000)), Ok(n(142_857_142)));
        assert_eq!(slashed.to_assets_up(n(7)), Ok(n(5)));
        assert_eq!(slashed.to_assets_down(n(7)), Ok(n(4)));
        assert_eq!(slashed.to_shares_up(n(100_000_000)), Ok(n(142_857_143)));
    }

    #[test]
    fn worked_example_inflation_takes_a_third() {
        let ether = n(1_000_000_000_000_000_000);
        let donated = Totals { assets: ether + n(1), supply: n(1) };
        assert_eq!(donated.to_shares_down(ether), Ok(n(1)));
        let after = Totals { assets: n(2) * ether + n(1), supply: n(2) };
        assert_eq!(after.to_assets_down(n(1)), Ok(n(666_666_666_666_666_667)));
    }

    #[test]
    fn the_virtual_one_is_checked_above_the_line_and_wraps_below_it() {
        let full = Totals { assets: U256::MAX, supply: n(1) };
        assert_eq!(full.to_assets_down(n(1)), Err(MathError::Overflow));
        assert_eq!(full.to_shares_down(n(1)), Err(MathError::FullMulDivFailed));
        let crowded = Totals { assets: n(1), supply: U256::MAX };
        assert_eq!(crowded.to_shares_up(n(1)), Err(MathError::Overflow));
        assert_eq!(crowded.to_assets_up(n(1)), Err(MathError::FullMulDivFailed));
    }
}
