//! The root that a distribution must have: OpenZeppelin's `StandardMerkleTree` 1.0.7 over
//! `[address, uint256]` leaves, and its layout over any leaves.

use alloy_primitives::{Address, B256, U256, keccak256};

/// The root over the leaves; `None` when there are none.
///
/// Leaves are hashed twice, sorted by hash and laid out as the last nodes of an array in reverse;
/// every other node is the hash of its two children in ascending order.
#[must_use]
pub fn root(leaves: &[(Address, U256)]) -> Option<B256> {
    root_of(leaves.iter().map(|leaf| hash(*leaf)).collect())
}

/// The root over leaves that are hashed already; `None` when there are none.
#[must_use]
pub fn root_of(mut hashes: Vec<B256>) -> Option<B256> {
    hashes.sort_unstable();
    let count = hashes.len();
    let mut nodes = vec![B256::ZERO; count.checked_mul(2)?.checked_sub(1)?];
    for (node, leaf) in nodes.iter_mut().rev().zip(&hashes) {
        *node = *leaf;
    }
    for index in (0..count.saturating_sub(1)).rev() {
        let left = *nodes.get(index.checked_mul(2)?.checked_add(1)?)?;
        let right = *nodes.get(index.checked_mul(2)?.checked_add(2)?)?;
        *nodes.get_mut(index)? = pair(left, right);
    }
    nodes.first().copied()
}

fn hash((account, amount): (Address, U256)) -> B256 {
    let mut leaf = [0u8; 64];
    let words = account.into_word().0.into_iter().chain(amount.to_be_bytes::<32>());
    for (to, from) in leaf.iter_mut().zip(words) {
        *to = from;
    }
    keccak256(keccak256(leaf))
}

fn pair(a: B256, b: B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    keccak256([low.0, high.0].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_leaf_is_the_root_and_none_has_no_root() {
        let leaf = (Address::repeat_byte(1), U256::from(5));
        assert_eq!(root(&[leaf]), Some(hash(leaf)));
        assert_eq!(root(&[]), None);
    }

    #[test]
    fn the_order_of_leaves_does_not_matter() {
        let leaves: Vec<_> = (1u8..8).map(|n| (Address::repeat_byte(n), U256::from(n))).collect();
        let mut reversed = leaves.clone();
        reversed.reverse();
        assert_eq!(root(&leaves), root(&reversed));
        assert_ne!(root(&leaves), root(&leaves[1..]));
    }
}
