//! Keys of an index and how they are spread over its slots.
//!
//! A call looks up two dozen keys, nearly all addresses or pairs of small ids, so the digest is
//! made for these: a multiplication or three, folded. It is fixed, not seeded: which slot a key
//! falls into is never seen, only how fast it is found.

use alloy_primitives::{Address, B256};

/// A key that an index can hold: small, copied as it is.
pub trait Key: Copy + Default + Eq {
    /// A number that spreads keys evenly in its low bits.
    fn digest(&self) -> u64;
}

/// Odd constants without structure: the fractions of the square roots of 2 and 3.
const LEFT: u64 = 0x6a09_e667_f3bc_c909;
const RIGHT: u64 = 0xbb67_ae85_84ca_a73b;

/// The halves of the 128-bit product of two words, folded into one.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ LEFT).wrapping_mul(u128::from(b ^ RIGHT));
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    half(product) ^ half(product >> 64)
}

/// [`fold`] and once more with a constant: small and regular numbers need it.
fn fold_well(a: u64, b: u64) -> u64 {
    fold(fold(a, b), LEFT.rotate_left(32))
}

fn pair(a: u32, b: u32) -> u64 {
    (u64::from(a) << 32) | u64::from(b)
}

/// The eight bytes from `at` on, or what there is of them.
fn eight(bytes: &[u8], at: usize) -> u64 {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn word(bytes: &B256) -> u64 {
    let high = fold(eight(bytes.as_slice(), 0), eight(bytes.as_slice(), 8));
    fold(high, eight(bytes.as_slice(), 16)) ^ fold(eight(bytes.as_slice(), 24), high)
}

impl Key for Address {
    fn digest(&self) -> u64 {
        let bytes = self.as_slice();
        // The last two overlap, which costs nothing and keeps the reads whole.
        fold_well(fold(eight(bytes, 0), eight(bytes, 8)), eight(bytes, 12))
    }
}

impl Key for B256 {
    fn digest(&self) -> u64 {
        word(self)
    }
}

impl Key for u32 {
    fn digest(&self) -> u64 {
        fold_well(u64::from(*self), 0)
    }
}

impl Key for u64 {
    fn digest(&self) -> u64 {
        fold_well(*self, 0)
    }
}

impl Key for (u32, u32) {
    fn digest(&self) -> u64 {
        fold_well(pair(self.0, self.1), 0)
    }
}

impl Key for (u32, u64) {
    fn digest(&self) -> u64 {
        fold_well(u64::from(self.0), self.1)
    }
}

impl Key for (u32, u32, u32) {
    fn digest(&self) -> u64 {
        fold_well(pair(self.0, self.1), u64::from(self.2))
    }
}

impl Key for (u32, B256) {
    fn digest(&self) -> u64 {
        fold_well(u64::from(self.0), word(&self.1))
    }
}

impl Key for (u32, B256, u32) {
    fn digest(&self) -> u64 {
        fold_well(pair(self.0, self.2), word(&self.1))
    }
}

impl Key for (u32, u32, B256, u32) {
    fn digest(&self) -> u64 {
        fold(fold(pair(self.0, self.1), u64::from(self.3)), word(&self.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use std::collections::BTreeSet;

    /// Counting keys fill low bits about as random numbers would.
    fn spread<K: Key>(keys: impl Iterator<Item = K>) {
        let slots: BTreeSet<u64> = keys.map(|key| key.digest() & 0xffff).collect();
        // 2^15 random throws at 2^16 slots hit about 25 800 of them.
        assert!(slots.len() > 24_000, "only {} slots", slots.len());
    }

    #[test]
    fn counting_keys_spread() {
        let numbers = 0..1u32 << 15;
        spread(numbers.clone());
        spread(numbers.clone().map(u64::from));
        spread(numbers.clone().map(|n| (7, n)));
        spread(numbers.clone().map(|n| (n, 7u32)));
        spread(numbers.clone().map(|n| (7, u64::from(n))));
        spread(numbers.clone().map(|n| (3, n, 9)));
        spread(numbers.clone().map(|n| B256::from(U256::from(n))));
        spread(numbers.clone().map(|n| B256::from(U256::from(n) << 96)));
        spread(numbers.clone().map(|n| Address::from_word(B256::from(U256::from(n)))));
        spread(numbers.clone().map(|n| Address::from_word(B256::from(U256::from(n) << 128))));
        spread(numbers.clone().map(|n| (n, B256::repeat_byte(5))));
        spread(numbers.clone().map(|n| (5, B256::repeat_byte(5), n)));
        spread(numbers.map(|n| (5, 6, B256::repeat_byte(5), n)));
    }
}
