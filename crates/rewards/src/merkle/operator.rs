//! Symbiotic's operator rewards, first version: OpenZeppelin's standard tree.

use super::leaf::{Leaf, SortedLeaf, address_word, number_word, write_words};
use super::sorted::SortedTree;
use super::tree::Shape;
use alloy_primitives::{Address, U256};

/// What an account may claim of one token of one network, in all since the beginning.
///
/// Hash: `keccak256(keccak256(abi.encode(account, totalClaimable)))`.
/// Source: Symbiotic rewards 2.0.0 `DefaultOperatorRewards.claimRewards`; OpenZeppelin
/// `StandardMerkleTree` of `["address", "uint256"]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorLeaf {
    /// Who may claim.
    pub account: Address,
    /// How much in all, in units of the token.
    pub total_claimable: U256,
}

impl Leaf for OperatorLeaf {
    const BYTES: usize = 64;
    const HASHED_TWICE: bool = true;

    fn encode(&self, preimage: &mut [u8]) {
        let words = [address_word(self.account), number_word(self.total_claimable)];
        write_words(preimage, words);
    }
}

impl SortedLeaf for OperatorLeaf {
    const SHAPE: Shape = Shape::Standard;
    /// As in npm's `@openzeppelin/merkle-tree`, so that every tree made there can be made here.
    const MAY_REPEAT: bool = true;
}

/// The tree of one token of one network. It has the root of npm's `@openzeppelin/merkle-tree`, and
/// [`super::dump`] writes and reads its file.
pub type OperatorTree = SortedTree<OperatorLeaf>;
