//! Claims against a distribution root, and what the contract finds wrong with one.

use super::{EarnerLeaf, TokenLeaf};
use crate::merkle::leaf::Leaf;
use crate::merkle::tree::positional_root;
use alloy_primitives::B256;
use thiserror::Error;

/// What `processClaim` is given, without the index of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Place of the earner's leaf.
    pub earner_index: u32,
    /// Siblings from the earner's leaf to the root; the contract takes them end to end.
    pub earner_proof: Vec<B256>,
    /// The earner's leaf.
    pub earner_leaf: EarnerLeaf,
    /// The tokens that are claimed.
    pub tokens: Vec<TokenClaim>,
}

/// One token of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenClaim {
    /// Place of the leaf in the earner's tree of tokens.
    pub index: u32,
    /// Siblings from the leaf to the root of the earner's tokens.
    pub proof: Vec<B256>,
    /// The leaf.
    pub leaf: TokenLeaf,
}

/// Why the contract refuses a claim, in its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// The earner's index needs more rows than its proof has.
    #[error("earner leaf {index} does not exist in a tree of {rows} rows (InvalidEarnerLeafIndex)")]
    InvalidEarnerLeafIndex {
        /// The index.
        index: u32,
        /// Siblings in the proof.
        rows: usize,
    },
    /// A token's index needs more rows than its proof has.
    #[error("token leaf {index} does not exist in a tree of {rows} rows (InvalidTokenLeafIndex)")]
    InvalidTokenLeafIndex {
        /// The index.
        index: u32,
        /// Siblings in the proof.
        rows: usize,
    },
    /// The root is zero, which proves nothing.
    #[error("the root is zero (EmptyRoot)")]
    EmptyRoot,
    /// A proof leads to another root.
    #[error("the proof leads to {found}, not to {expected} (InvalidClaimProof)")]
    InvalidClaimProof {
        /// The root that was to be reached.
        expected: B256,
        /// Where the proof leads.
        found: B256,
    },
}

impl Claim {
    /// Checks the proofs under a distribution root, in the contract's order: the earner, then each
    /// token. Whether the root is active and the caller may claim is the contract's to say.
    ///
    /// # Errors
    /// The first fault that the contract would report.
    pub fn check(&self, root: B256) -> Result<(), ClaimError> {
        let (index, proof) = (self.earner_index, &self.earner_proof);
        let refusal = ClaimError::InvalidEarnerLeafIndex { index, rows: proof.len() };
        check(self.earner_leaf.hash(), index, proof, root, refusal)?;
        for TokenClaim { index, proof, leaf } in &self.tokens {
            let refusal = ClaimError::InvalidTokenLeafIndex { index: *index, rows: proof.len() };
            check(leaf.hash(), *index, proof, self.earner_leaf.earner_token_root, refusal)?;
        }
        Ok(())
    }
}

/// Source: `RewardsCoordinator._verifyEarnerClaimProof`, `_verifyTokenClaimProof`.
fn check(
    leaf: B256,
    index: u32,
    proof: &[B256],
    expected: B256,
    no_such_index: ClaimError,
) -> Result<(), ClaimError> {
    let found = positional_root(leaf, index, proof).ok_or(no_such_index)?;
    if expected.is_zero() {
        return Err(ClaimError::EmptyRoot);
    }
    if found == expected { Ok(()) } else { Err(ClaimError::InvalidClaimProof { expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{EarnerTree, Earning};
    use alloy_primitives::{Address, U256};

    fn tree() -> EarnerTree {
        let earning = |(earner, token): (u8, u8)| Earning {
            earner: Address::repeat_byte(earner),
            token: Address::repeat_byte(token),
            cumulative_earnings: U256::from(token),
        };
        let pairs = (1..=5).flat_map(|earner| (1..=3).map(move |token| (earner, token)));
        EarnerTree::build(pairs.map(earning).collect()).unwrap()
    }

    /// Repairs a bad claim one fault at a time, so that the order of the checks is pinned.
    #[test]
    fn faults_are_reported_in_the_contracts_order() {
        let tree = tree();
        let token = Address::repeat_byte(2);
        let good = tree.claim(Address::repeat_byte(3), &[token]).unwrap();
        let mut claim = good.clone();
        claim.earner_index = 8;
        claim.earner_proof[1] = B256::ZERO;
        claim.tokens[0].index = 4;
        claim.tokens[0].leaf.cumulative_earnings = U256::from(99);

        let index = ClaimError::InvalidEarnerLeafIndex { index: 8, rows: 3 };
        assert_eq!(claim.check(B256::ZERO), Err(index));
        claim.earner_index = good.earner_index;
        assert_eq!(claim.check(B256::ZERO), Err(ClaimError::EmptyRoot));
        let wrong = |error| matches!(error, Err(ClaimError::InvalidClaimProof { .. }));
        assert!(wrong(claim.check(tree.root())));
        claim.earner_proof.clone_from(&good.earner_proof);
        let index = ClaimError::InvalidTokenLeafIndex { index: 4, rows: 2 };
        assert_eq!(claim.check(tree.root()), Err(index));
        claim.tokens[0].index = good.tokens[0].index;
        assert!(wrong(claim.check(tree.root())));
        claim.tokens[0].leaf = good.tokens[0].leaf;
        assert_eq!(claim.check(tree.root()), Ok(()));
        assert_eq!(claim, good);
    }

    #[test]
    fn an_earner_without_a_token_root_has_nothing_to_prove() {
        let tree = tree();
        let mut claim = tree.claim(Address::repeat_byte(3), &[Address::repeat_byte(1)]).unwrap();
        claim.earner_leaf.earner_token_root = B256::ZERO;
        claim.earner_proof.clear();
        claim.earner_index = 0;
        assert_eq!(claim.check(claim.earner_leaf.hash()), Err(ClaimError::EmptyRoot));
    }
}
