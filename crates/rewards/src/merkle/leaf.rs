//! What a format says about its leaves, and how leaves become hashes.

use super::keccak::{BATCH, Node, hash_each};
use super::tree::{Shape, sorted_root};
use alloy_primitives::{Address, B256, U256, keccak256};
use rayon::prelude::*;

/// The content of a leaf.
pub trait Leaf: Sync {
    /// Bytes that are hashed.
    const BYTES: usize;
    /// Whether the hash is hashed again, so that no inner node can be taken for a leaf.
    const HASHED_TWICE: bool = false;

    /// Writes what is hashed over [`Leaf::BYTES`] bytes.
    fn encode(&self, preimage: &mut [u8]);

    /// The hash of this leaf.
    #[must_use]
    fn hash(&self) -> B256 {
        let mut preimage = vec![0; Self::BYTES];
        self.encode(&mut preimage);
        let once = keccak256(preimage);
        if Self::HASHED_TWICE { keccak256(once) } else { once }
    }
}

/// A leaf whose proofs are hashed in pairs in ascending order, so that its place does not matter.
pub trait SortedLeaf: Leaf {
    /// How the tree is put together.
    const SHAPE: Shape;
    /// Whether the same leaf may stand in a tree more than once.
    const MAY_REPEAT: bool;

    /// Whether the contract accepts this leaf with a proof, under a root. A root of zero proves
    /// nothing.
    #[must_use]
    fn is_proven_by(&self, proof: &[B256], root: B256) -> bool {
        !root.is_zero() && sorted_root(self.hash(), proof) == root
    }
}

/// Hashes leaves in their order, on all threads.
pub(super) fn hash_leaves<L: Leaf>(leaves: &[L], hashes: &mut [Node]) {
    hashes.par_chunks_mut(BATCH).zip(leaves.par_chunks(BATCH)).for_each_init(
        || (vec![0; BATCH.saturating_mul(L::BYTES)], [Node::default(); BATCH]),
        |(preimages, once), (hashes, leaves)| {
            for (leaf, preimage) in leaves.iter().zip(preimages.chunks_exact_mut(L::BYTES)) {
                leaf.encode(preimage);
            }
            let bytes = leaves.len().saturating_mul(L::BYTES);
            let (Some(preimages), Some(once)) =
                (preimages.get(..bytes), once.get_mut(..leaves.len()))
            else {
                return;
            };
            if L::HASHED_TWICE {
                hash_each(preimages, once);
                hash_each(once.as_flattened(), hashes);
            } else {
                hash_each(preimages, hashes);
            }
        },
    );
}

/// Writes words of the ABI one after the other.
pub(super) fn write_words<const COUNT: usize>(preimage: &mut [u8], words: [[u8; 32]; COUNT]) {
    for (to, word) in preimage.as_chunks_mut().0.iter_mut().zip(words) {
        *to = word;
    }
}

/// An address as a word of the ABI.
pub(super) fn address_word(address: Address) -> [u8; 32] {
    address.into_word().0
}

/// A number as a word of the ABI.
pub(super) fn number_word(number: U256) -> [u8; 32] {
    number.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number in three bytes.
    struct Short(u32);

    impl Leaf for Short {
        const BYTES: usize = 3;

        fn encode(&self, preimage: &mut [u8]) {
            preimage.copy_from_slice(&self.0.to_be_bytes()[1..]);
        }
    }

    struct Twice(Short);

    impl Leaf for Twice {
        const BYTES: usize = 3;
        const HASHED_TWICE: bool = true;

        fn encode(&self, preimage: &mut [u8]) {
            self.0.encode(preimage);
        }
    }

    fn hashes<L: Leaf>(leaves: &[L]) -> Vec<Node> {
        let mut hashes = vec![Node::default(); leaves.len()];
        hash_leaves(leaves, &mut hashes);
        hashes
    }

    #[test]
    fn all_leaves_are_hashed_as_each_is_alone() {
        for count in [1u32, 2, 63, 64, 65, 300] {
            let leaves: Vec<Twice> = (0..count).map(|n| Twice(Short(n * 7))).collect();
            let expected: Vec<Node> = leaves.iter().map(|leaf| leaf.hash().0).collect();
            assert_eq!(hashes(&leaves), expected);
            let leaves: Vec<Short> = leaves.into_iter().map(|leaf| leaf.0).collect();
            let expected: Vec<Node> = leaves.iter().map(|leaf| leaf.hash().0).collect();
            assert_eq!(hashes(&leaves), expected);
        }
        assert_eq!(Short(0x0102_0304).hash(), keccak256([2, 3, 4]));
        assert_eq!(Twice(Short(0)).hash(), keccak256(keccak256([0, 0, 0])));
    }
}
