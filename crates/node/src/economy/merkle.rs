//! The Merkle tree of operator rewards: the layout of OpenZeppelin's StandardMerkleTree over
//! `(address, uint256)`.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// A tree over what each account may claim in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: Vec<B256>,
    leaves: usize,
}

impl Tree {
    /// The tree of these entitlements, in units of the token.
    #[must_use]
    pub(super) fn new(entitlements: &[(Address, U256)]) -> Self {
        let mut leaves: Vec<B256> =
            entitlements.iter().map(|(account, amount)| leaf(*account, *amount)).collect();
        leaves.sort_unstable();
        // Read from its end, the tree is the sorted leaves and then the parent of every next pair.
        let count = leaves.len();
        let mut nodes = leaves;
        let mut at = 0;
        while let (Some(a), Some(b)) = (nodes.get(at), nodes.get(at + 1)) {
            nodes.push(pair_hash(*a, *b));
            at += 2;
        }
        nodes.reverse();
        Self { nodes, leaves: count }
    }

    /// The root; zero for an empty tree.
    #[must_use]
    pub(super) fn root(&self) -> B256 {
        self.nodes.first().copied().unwrap_or_default()
    }

    /// The proof that `account` may claim `amount` in all; `None` when the tree does not say so.
    #[must_use]
    pub(super) fn proof(&self, account: Address, amount: U256) -> Option<Vec<B256>> {
        let wanted = leaf(account, amount);
        let first = self.nodes.len().checked_sub(self.leaves)?;
        let mut at = self.nodes.iter().skip(first).position(|node| *node == wanted)? + first;
        let mut proof = Vec::new();
        while at > 0 {
            let sibling = if at % 2 == 1 { at + 1 } else { at - 1 };
            proof.push(*self.nodes.get(sibling)?);
            at = (at - 1) / 2;
        }
        Some(proof)
    }
}

fn leaf(account: Address, amount: U256) -> B256 {
    keccak256(keccak256((account, amount).abi_encode()))
}

fn pair_hash(a: B256, b: B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    keccak256([low.0, high.0].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(account: Address, amount: U256, proof: &[B256]) -> B256 {
        proof.iter().fold(leaf(account, amount), |node, sibling| pair_hash(node, *sibling))
    }

    #[test]
    fn every_proof_folds_to_the_root() {
        for count in 1u8..12 {
            let entitlements: Vec<(Address, U256)> =
                (0..count).map(|n| (Address::repeat_byte(n), U256::from(n) + U256::ONE)).collect();
            let tree = Tree::new(&entitlements);
            for (account, amount) in &entitlements {
                let proof = tree.proof(*account, *amount).expect("it is in the tree");
                assert_eq!(folded(*account, *amount, &proof), tree.root(), "{count}");
            }
            assert_eq!(tree.proof(Address::repeat_byte(99), U256::ONE), None);
        }
    }

    #[test]
    fn three_leaves_have_the_shape_of_the_standard_tree() {
        let entitlements: Vec<(Address, U256)> =
            (0u8..3).map(|n| (Address::repeat_byte(n), U256::from(n))).collect();
        let mut leaves: Vec<B256> = entitlements.iter().map(|(a, v)| leaf(*a, *v)).collect();
        leaves.sort_unstable();
        // Five nodes: leaves 0, 1, 2 sit at 4, 3, 2; node 1 is over 3 and 4, the root over 1 and 2.
        let inner = pair_hash(leaves[1], leaves[0]);
        assert_eq!(Tree::new(&entitlements).root(), pair_hash(inner, leaves[2]));
        assert_eq!(Tree::new(&[]).root(), B256::ZERO);
    }
}
