//! Symbiotic's rewards, second version: cumulative Merkle rewards.

use super::leaf::{Leaf, SortedLeaf, address_word, number_word, write_words};
use super::sorted::SortedTree;
use super::tree::Shape;
use crate::digits;
use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

/// What a rewardee may claim of one token on one chain, in all since the beginning.
///
/// Hash: `keccak256` of the six fields as words of 32 bytes, in this order.
/// Source: Symbiotic rewards-v2 `CumulativeMerkleRewards`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CumulativeLeaf {
    /// Who may claim.
    pub rewardee: Address,
    /// On which chain. Contracts since revision e2e6cb5 put their own here.
    pub chain_id: u64,
    /// The token.
    pub token: Address,
    /// In which role the rewardee is paid; each role has totals of its own.
    #[serde(with = "digits")]
    pub rewardee_type: U256,
    /// How much in all, in units of the token.
    #[serde(with = "digits")]
    pub amount: U256,
    /// Hash of what explains the amount.
    pub rewardee_data_hash: B256,
}

impl Leaf for CumulativeLeaf {
    const BYTES: usize = 192;

    fn encode(&self, preimage: &mut [u8]) {
        let words = [
            address_word(self.rewardee),
            number_word(U256::from(self.chain_id)),
            address_word(self.token),
            number_word(self.rewardee_type),
            number_word(self.amount),
            self.rewardee_data_hash.0,
        ];
        write_words(preimage, words);
    }
}

impl SortedLeaf for CumulativeLeaf {
    /// The contract takes any shape; this is the one that recorded distributions have.
    const SHAPE: Shape = Shape::Standard;
    const MAY_REPEAT: bool = false;
}

/// The tree of one network, over all chains and tokens.
pub type CumulativeTree = SortedTree<CumulativeLeaf>;
