//! Merkl's distributor.

use super::leaf::{Leaf, SortedLeaf, address_word, number_word, write_words};
use super::sorted::SortedTree;
use super::tree::Shape;
use alloy_primitives::{Address, U256};

/// What a user may claim of one token, in all since the beginning, over all campaigns.
///
/// Hash: `keccak256(abi.encode(user, token, cumulativeAmount))`; nodes are
/// `keccak256(abi.encode(smaller, larger))`.
/// Source: Merkl `Distributor.claim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MerklLeaf {
    /// Who may claim.
    pub user: Address,
    /// The token.
    pub token: Address,
    /// How much in all, in units of the token.
    pub cumulative_amount: U256,
}

impl Leaf for MerklLeaf {
    const BYTES: usize = 96;

    fn encode(&self, preimage: &mut [u8]) {
        let words = [
            address_word(self.user),
            address_word(self.token),
            number_word(self.cumulative_amount),
        ];
        write_words(preimage, words);
    }
}

impl SortedLeaf for MerklLeaf {
    /// The contract takes any shape; this is how Merkl's published checker puts leaves together.
    const SHAPE: Shape = Shape::Layered;
    const MAY_REPEAT: bool = false;
}

/// The tree of one chain, over all campaigns, users and tokens.
pub type MerklTree = SortedTree<MerklLeaf>;
