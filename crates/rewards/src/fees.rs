//! Fees, in each scheme's own order and rounding.
//!
//! | scheme | protocol | out of each vault's part |
//! |---|---|---|
//! | `none` | nothing | nothing |
//! | `symbiotic-v1` | nothing | admin, rounded down to the unit |
//! | `symbiotic-v2-merkle` | on top of what is distributed | operators and curator |
//! | `symbiotic-v2-snapshot` | inside of the budget | operators and curator |
//! | `eigenlayer` | inside of the budget | operators, of each staker's pay |
//!
//! Fees are rounded down, `floor(amount * rate / whole)`, and stakers have the rest. A fee on top
//! leaves the largest `d` for which `d + floor(d * ppm / 1e6)` is within the budget. EigenLayer's
//! operators have their part rounded as PostgreSQL divides, which is what its sidecar computes
//! with.

use crate::text::Written;
use alloy_primitives::{Address, U256};
use bondstone_kernel::math::{self, MathError};
use std::collections::BTreeMap;

/// A whole, in millionths.
pub const MILLION: u64 = 1_000_000;
/// A whole, in ten-thousandths.
pub const TEN_THOUSAND: u64 = 10_000;

/// Whose rules for fees are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Nobody takes anything.
    None,
    /// Symbiotic's staker rewards, version 1.
    SymbioticV1,
    /// Symbiotic's cumulative Merkle rewards, version 2.
    SymbioticV2Merkle,
    /// Symbiotic's vault snapshot rewards, version 2.
    SymbioticV2Snapshot,
    /// EigenLayer's rewards coordinator.
    EigenLayer,
}

/// What is taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fees {
    /// Whose rules.
    pub scheme: Scheme,
    /// The protocol's fee, in millionths.
    pub protocol_ppm: u64,
    /// Of vaults without rates of their own.
    pub default: VaultFees,
    /// Of some vaults.
    pub vaults: BTreeMap<Address, Written<VaultFees>>,
}

/// What is taken off a vault's part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VaultFees {
    /// The admin of version 1, in millionths, whole ten-thousandths.
    pub admin_ppm: u64,
    /// Operators, in millionths; whole ten-thousandths with EigenLayer.
    pub operators_ppm: u64,
    /// The curator, in millionths.
    pub curator_ppm: u64,
    /// Who the curator is; needed when they get anything.
    pub curator: Option<Address>,
}

/// A budget after the protocol's fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// What may be distributed.
    pub distributed: U256,
    /// What the protocol takes.
    pub protocol: U256,
    /// What neither may have: a fee on top can leave one unit.
    pub dust: U256,
}

/// A vault's part after its fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultNet {
    /// What the admin of version 1 takes.
    pub admin: U256,
    /// What the curator gets.
    pub curator: U256,
    /// What the vault's operators get.
    pub operators: U256,
    /// What stakers get; with EigenLayer their operators' parts are still in it.
    pub stakers: U256,
}

impl Fees {
    /// Nobody takes anything.
    #[must_use]
    pub fn none() -> Self {
        let default = VaultFees::default();
        Self { scheme: Scheme::None, protocol_ppm: 0, default, vaults: BTreeMap::new() }
    }

    /// The rates of a vault.
    #[must_use]
    pub fn of(&self, vault: Address) -> VaultFees {
        self.vaults.get(&vault).map_or(self.default, |written| written.value)
    }

    /// Takes the protocol's fee off a budget.
    ///
    /// # Errors
    /// Those of the arithmetic.
    pub fn protocol(&self, budget: U256) -> Result<Net, MathError> {
        let (fee, whole) = (U256::from(self.protocol_ppm), U256::from(MILLION));
        match self.scheme {
            Scheme::None | Scheme::SymbioticV1 => {
                Ok(Net { distributed: budget, protocol: U256::ZERO, dust: U256::ZERO })
            }
            Scheme::SymbioticV2Snapshot => inside(budget, fee, whole),
            Scheme::EigenLayer => {
                let bips = self.protocol_ppm.checked_div(100).ok_or(MathError::DivisionByZero)?;
                inside(budget, U256::from(bips), U256::from(TEN_THOUSAND))
            }
            Scheme::SymbioticV2Merkle => on_top(budget, fee),
        }
    }

    /// What the contract takes when cumulative totals rise by an amount:
    /// `floor(amount * ppm / 1e6)` with Symbiotic's Merkle rewards of version 2, nothing elsewhere.
    /// Whoever funds a distribution needs it on top of what became payable. It is taken once for a
    /// distribution, so it can be above what its intervals had set aside, by less than a unit for
    /// each.
    ///
    /// # Errors
    /// Those of the arithmetic.
    pub fn on_top_of(&self, amount: U256) -> Result<U256, MathError> {
        if self.scheme != Scheme::SymbioticV2Merkle {
            return Ok(U256::ZERO);
        }
        math::mul_div_floor(amount, U256::from(self.protocol_ppm), U256::from(MILLION))
    }

    /// Takes a vault's fees off its part. `has_operators` says whether anybody could claim the
    /// operators' part; without, stakers have it.
    ///
    /// # Errors
    /// Those of the arithmetic.
    pub fn vault(
        &self,
        vault: Address,
        part: U256,
        has_operators: bool,
    ) -> Result<VaultNet, MathError> {
        let fees = self.of(vault);
        let cut = |ppm: u64| math::mul_div_floor(part, U256::from(ppm), U256::from(MILLION));
        let mut net = VaultNet {
            admin: U256::ZERO,
            curator: U256::ZERO,
            operators: U256::ZERO,
            stakers: part,
        };
        match self.scheme {
            Scheme::None | Scheme::EigenLayer => {}
            Scheme::SymbioticV1 => net.admin = cut(fees.admin_ppm)?,
            Scheme::SymbioticV2Merkle | Scheme::SymbioticV2Snapshot => {
                net.curator = cut(fees.curator_ppm)?;
                if has_operators {
                    net.operators = cut(fees.operators_ppm)?;
                }
            }
        }
        for fee in [net.admin, net.curator, net.operators] {
            net.stakers = math::sub(net.stakers, fee)?;
        }
        Ok(net)
    }

    /// The operator's part of one staker's pay with EigenLayer, zero elsewhere.
    ///
    /// # Errors
    /// Those of the arithmetic.
    pub fn operator_split(&self, vault: Address, pay: U256) -> Result<U256, MathError> {
        if self.scheme != Scheme::EigenLayer {
            return Ok(U256::ZERO);
        }
        let bips = self.of(vault).operators_ppm.checked_div(100).unwrap_or_default();
        postgres_bips_floor(pay, bips)
    }
}

fn inside(budget: U256, fee: U256, whole: U256) -> Result<Net, MathError> {
    let protocol = math::mul_div_floor(budget, fee, whole)?;
    let distributed = math::sub(budget, protocol)?;
    Ok(Net { distributed, protocol, dust: U256::ZERO })
}

/// The largest `d` for which `d` and the fee on it are within the budget. Source:
/// symbioticfi/rewards-v2, inverse of the total of a Merkle distribution: `floor(t * 1e6 / (1e6 +
/// fee))`, or one more if that fits.
fn on_top(budget: U256, fee: U256) -> Result<Net, MathError> {
    let whole = U256::from(MILLION);
    let mut distributed = math::mul_div_floor(budget, whole, math::add(whole, fee)?)?;
    let total = |d: U256| math::add(d, math::mul_div_floor(d, fee, whole)?);
    let next = math::add(distributed, U256::ONE)?;
    if total(next)? <= budget {
        distributed = next;
    }
    let protocol = math::mul_div_floor(distributed, fee, whole)?;
    let dust = math::sub(budget, math::add(distributed, protocol)?)?;
    Ok(Net { distributed, protocol, dust })
}

/// `floor(pay * bips / 10 000)` where the quotient is rounded first as PostgreSQL divides
/// `numeric`. From `pay * bips >= 2 * 10^20` on it keeps no decimals, so halves round up; below,
/// four or more decimals are kept and the quotient is exact.
fn postgres_bips_floor(pay: U256, bips: u64) -> Result<U256, MathError> {
    let product = math::mul(pay, U256::from(bips))?;
    let whole = U256::from(TEN_THOUSAND);
    // The divisor is 1 * 10000^1. The quotient has no decimals when the product's leading digit in
    // base 10 000 is at least five places above the divisor's, or six when that digit is 1.
    let (exponent, digit) = leading_digit(product);
    let places = exponent.saturating_sub(if digit <= 1 { 2 } else { 1 });
    if places >= 4 {
        let half = U256::from(5_000);
        return math::div_floor(math::add(product, half)?, whole);
    }
    math::div_floor(product, whole)
}

/// The leading digit in base 10 000 and its exponent.
fn leading_digit(value: U256) -> (u32, u64) {
    let base = U256::from(TEN_THOUSAND);
    let (mut rest, mut exponent) = (value, 0u32);
    while rest >= base {
        rest = rest.checked_div(base).unwrap_or_default();
        exponent = exponent.saturating_add(1);
    }
    (exponent, u64::try_from(rest).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(scheme: Scheme, protocol_ppm: u64, default: VaultFees) -> Fees {
        Fees { scheme, protocol_ppm, default, vaults: BTreeMap::new() }
    }

    fn u(value: u128) -> U256 {
        U256::from(value)
    }

    #[test]
    fn version_1_takes_the_admins_fee_rounded_down() {
        let rates = VaultFees { admin_ppm: 33_300, ..VaultFees::default() };
        let net = fees(Scheme::SymbioticV1, 0, rates).vault(Address::ZERO, u(1_000_003), true);
        let (admin, stakers) = (u(33_300), u(966_703));
        let zero = U256::ZERO;
        assert_eq!(net, Ok(VaultNet { admin, curator: zero, operators: zero, stakers }));
    }

    #[test]
    fn a_snapshot_of_version_2_takes_three_fees() {
        let rates =
            VaultFees { operators_ppm: 50_000, curator_ppm: 100_000, ..VaultFees::default() };
        let fees = fees(Scheme::SymbioticV2Snapshot, 10_000, rates);
        let net = fees.protocol(u(1_000_000)).unwrap();
        assert_eq!((net.distributed, net.protocol), (u(990_000), u(10_000)));
        let vault = fees.vault(Address::ZERO, net.distributed, true).unwrap();
        assert_eq!(
            (vault.operators, vault.curator, vault.stakers),
            (u(49_500), u(99_000), u(841_500))
        );
        let vault = fees.vault(Address::ZERO, net.distributed, false).unwrap();
        assert_eq!((vault.operators, vault.curator, vault.stakers), (u(0), u(99_000), u(891_000)));
    }

    #[test]
    fn a_merkle_fee_of_version_2_comes_on_top_of_the_most_that_fits() {
        for ppm in [0, 1, 10_000, 333_333, 999_999] {
            let fees = fees(Scheme::SymbioticV2Merkle, ppm, VaultFees::default());
            for budget in (0..400).chain([999_999, 1_000_000, 1_009_999, 1_010_000]) {
                let net = fees.protocol(u(budget)).unwrap();
                let total = |d: u128| d + d * u128::from(ppm) / 1_000_000;
                let most = (0..=budget).rev().take(500).find(|d| total(*d) <= budget);
                let most = most.unwrap_or_else(|| net.distributed.to::<u128>());
                assert_eq!(net.distributed, u(most), "{budget} at {ppm}");
                assert!(total(most) <= budget && total(most + 1) > budget);
                assert_eq!(net.distributed + net.protocol + net.dust, u(budget));
                assert_eq!(fees.on_top_of(net.distributed), Ok(net.protocol));
            }
        }
    }

    #[test]
    fn eigenlayer_rounds_large_parts_to_the_nearest_and_small_ones_down() {
        let ten_percent = |pay: u128| postgres_bips_floor(u(pay), 1_000).unwrap();
        for (pay, operator) in [
            (999_999_999_999_999_999, 100_000_000_000_000_000),
            (1_000_000_000_000_000_005, 100_000_000_000_000_001),
            (1_000_000_000_000_000_004, 100_000_000_000_000_000),
            (1_000_000_000_000_006, 100_000_000_000_000),
            (123_456_789, 12_345_678),
        ] {
            assert_eq!(ten_percent(pay), u(operator), "{pay}");
        }
    }
}
