//! Splitting an amount.

use crate::error::RewardsError;
use alloy_primitives::U256;
use bondstone_kernel::math;

/// `amount` in parts of a whole, without dust: each part is the difference of two rounded-down
/// running totals, so that the parts add up to the amount. `wholes` are the parts' weights.
pub(crate) fn exactly(amount: U256, weights: &[U256]) -> Result<Vec<U256>, RewardsError> {
    let mut whole = U256::ZERO;
    for weight in weights {
        whole = math::add(whole, *weight)?;
    }
    if whole.is_zero() {
        return Ok(vec![U256::ZERO; weights.len()]);
    }
    let (mut before, mut sum) = (U256::ZERO, U256::ZERO);
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        sum = math::add(sum, *weight)?;
        let after = math::mul_div_floor(amount, sum, whole)?;
        parts.push(math::sub(after, before)?);
        before = after;
    }
    Ok(parts)
}

/// `floor(amount * weight / whole)` for each weight, and what is left. All is left when the whole
/// is zero.
pub(crate) fn floored(
    amount: U256,
    weights: &[U256],
    whole: U256,
) -> Result<(Vec<U256>, U256), RewardsError> {
    let mut rest = amount;
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        let part =
            if whole.is_zero() { U256::ZERO } else { math::mul_div_floor(amount, *weight, whole)? };
        rest = math::sub(rest, part)?;
        parts.push(part);
    }
    Ok((parts, rest))
}

/// The sum of weights.
pub(crate) fn sum(weights: &[U256]) -> Result<U256, RewardsError> {
    let mut total = U256::ZERO;
    for weight in weights {
        total = math::add(total, *weight)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn u(values: &[u64]) -> Vec<U256> {
        values.iter().copied().map(U256::from).collect()
    }

    #[test]
    fn parts_of_a_whole_add_up() {
        assert_eq!(exactly(U256::from(100), &u(&[1, 1, 1])).unwrap(), u(&[33, 33, 34]));
        assert_eq!(exactly(U256::from(1), &u(&[500_000, 500_000])).unwrap(), u(&[0, 1]));
        assert_eq!(exactly(U256::from(9), &u(&[0, 0])).unwrap(), u(&[0, 0]));
    }

    #[test]
    fn each_part_is_rounded_down_and_the_rest_is_told() {
        let (parts, rest) = floored(U256::from(966_703), &u(&[3, 4]), U256::from(7)).unwrap();
        assert_eq!((parts, rest), (u(&[414_301, 552_401]), U256::ONE));
        let (parts, rest) = floored(U256::from(20), &u(&[1]), U256::from(3)).unwrap();
        assert_eq!((parts, rest), (u(&[6]), U256::from(14)));
    }

    proptest! {
        #[test]
        fn exact_parts_are_within_one_of_their_share(
            amount in any::<u64>(), weights in prop::collection::vec(any::<u32>(), 1..9),
        ) {
            let weights: Vec<U256> = weights.into_iter().map(U256::from).collect();
            let whole = sum(&weights).unwrap();
            prop_assume!(!whole.is_zero());
            let amount = U256::from(amount);
            let parts = exactly(amount, &weights).unwrap();
            prop_assert_eq!(sum(&parts).unwrap(), amount);
            for (part, weight) in parts.iter().zip(&weights) {
                let share = math::mul_div_floor(amount, *weight, whole).unwrap();
                prop_assert!(*part >= share && *part <= share + U256::ONE);
            }
        }
    }
}
