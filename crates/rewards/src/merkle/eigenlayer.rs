//! EigenLayer's tree of two levels: a tree of tokens for each earner, and a tree of earners.

mod claim;

pub use claim::{Claim, ClaimError, TokenClaim};

use super::error::MerkleError;
use super::keccak::{BATCH, Node, hash_each};
use super::leaf::Leaf;
use super::order;
use super::tree::{Shape, Tree, zeros};
use crate::digits;
use alloy_primitives::{Address, B256, U256};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What an earner has earned of one token, in all since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Earning {
    /// Who earned.
    pub earner: Address,
    /// In which token.
    pub token: Address,
    /// How much in all, in units of the token. Zero is a leaf like any other.
    #[serde(with = "digits")]
    pub cumulative_earnings: U256,
}

/// A leaf of an earner's tree of tokens.
///
/// Hash: `keccak256(0x01 ‖ token ‖ cumulativeEarnings)`, 53 bytes.
/// Source: EigenLayer `RewardsCoordinator.calculateTokenLeafHash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenLeaf {
    /// The token.
    pub token: Address,
    /// How much in all, in units of the token.
    pub cumulative_earnings: U256,
}

impl Leaf for TokenLeaf {
    const BYTES: usize = 53;

    fn encode(&self, preimage: &mut [u8]) {
        write_salted(preimage, 1, self.token, self.cumulative_earnings.to_be_bytes());
    }
}

/// A leaf of the tree of earners.
///
/// Hash: `keccak256(0x00 ‖ earner ‖ earnerTokenRoot)`, 53 bytes.
/// Source: EigenLayer `RewardsCoordinator.calculateEarnerLeafHash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EarnerLeaf {
    /// Who earned.
    pub earner: Address,
    /// The root of the earner's tree of tokens.
    pub earner_token_root: B256,
}

impl Leaf for EarnerLeaf {
    const BYTES: usize = 53;

    fn encode(&self, preimage: &mut [u8]) {
        write_salted(preimage, 0, self.earner, self.earner_token_root.0);
    }
}

/// Writes a salt, an address and a word, packed.
fn write_salted(preimage: &mut [u8], salt: u8, account: Address, word: [u8; 32]) {
    let Some(([to_salt], rest)) = preimage.split_first_chunk_mut() else { return };
    let Some((to_account, rest)) = rest.split_first_chunk_mut() else { return };
    let Some(to_word) = rest.first_chunk_mut() else { return };
    (*to_salt, *to_account, *to_word) = (salt, account.into_array(), word);
}

/// A distribution of the rewards coordinator: earners by address, the tokens of each by address.
/// Trees of tokens are small and made again for each claim; the tree of earners is kept.
#[derive(Clone, Debug)]
pub struct EarnerTree {
    /// By earner, then by token.
    earnings: Vec<Earning>,
    /// Where the earnings of each earner begin.
    starts: Vec<usize>,
    tree: Tree,
}

impl EarnerTree {
    /// Builds both levels on all threads of the current rayon pool. The order of the earnings does
    /// not matter.
    ///
    /// # Errors
    /// [`MerkleError::Empty`]; [`MerkleError::TooMany`] past 2^32 - 1 earnings;
    /// [`MerkleError::RepeatedToken`] when an earner has two earnings in one token.
    pub fn build(earnings: Vec<Earning>) -> Result<Self, MerkleError> {
        if earnings.is_empty() {
            return Err(MerkleError::Empty);
        }
        let count = earnings.len();
        let too_many = |_| MerkleError::TooMany { count, limit: u32::MAX };
        let numbers = 0..u32::try_from(count).map_err(too_many)?;
        let earnings = sorted(earnings, numbers);
        let repeated = earnings.par_windows(2).find_first(|pair| match pair {
            [a, b] => (a.earner, a.token) == (b.earner, b.token),
            _ => false,
        });
        if let Some([Earning { earner, token, .. }, _]) = repeated {
            return Err(MerkleError::RepeatedToken { earner: *earner, token: *token });
        }
        let groups: Vec<&[Earning]> = earnings.chunk_by(|a, b| a.earner == b.earner).collect();
        let mut end = 0usize;
        let start = |group: &&[Earning]| {
            let start = end;
            end = end.saturating_add(group.len());
            start
        };
        let starts: Vec<usize> = groups.iter().map(start).collect();
        // No earner has more tokens than there are earnings.
        let zeros = zeros(33);
        let tree = Tree::build(groups.len(), Shape::Padded, |leaves, _| {
            leaves
                .par_chunks_mut(BATCH)
                .zip(groups.par_chunks(BATCH))
                .for_each(|(leaves, groups)| hash_earners(groups, &zeros, leaves));
        });
        Ok(Self { earnings, starts, tree })
    }

    /// The root that is submitted to the rewards coordinator.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.tree.root()
    }

    /// All earnings, by earner and then by token.
    #[must_use]
    pub fn earnings(&self) -> &[Earning] {
        &self.earnings
    }

    /// How many earners there are.
    #[must_use]
    pub fn earners(&self) -> usize {
        self.starts.len()
    }

    /// What an earner has earned, by token; nothing when it is not in the tree.
    #[must_use]
    pub fn earnings_of(&self, earner: Address) -> &[Earning] {
        self.find(earner).map_or(&[], |(_, earnings)| earnings)
    }

    /// What an earner sends to claim these tokens, in this order.
    ///
    /// # Errors
    /// [`MerkleError::NoSuchEarner`], [`MerkleError::NoSuchToken`].
    pub fn claim(&self, earner: Address, tokens: &[Address]) -> Result<Claim, MerkleError> {
        let no_earner = MerkleError::NoSuchEarner { earner };
        let (place, earnings) = self.find(earner).ok_or(no_earner)?;
        let token_tree = token_tree(earnings);
        let token_claim = |token: &Address| {
            let index = earnings.binary_search_by_key(token, |earning| earning.token).ok()?;
            Some(TokenClaim {
                index: u32::try_from(index).ok()?,
                proof: token_tree.proof(index)?,
                leaf: token_leaf(earnings.get(index)?),
            })
        };
        let claims = tokens.iter().map(|token| {
            token_claim(token).ok_or(MerkleError::NoSuchToken { earner, token: *token })
        });
        Ok(Claim {
            earner_index: u32::try_from(place).map_err(|_| no_earner)?,
            earner_proof: self.tree.proof(place).ok_or(no_earner)?,
            earner_leaf: EarnerLeaf { earner, earner_token_root: token_tree.root() },
            tokens: claims.collect::<Result<_, _>>()?,
        })
    }

    /// The place of an earner among the earners, and its earnings.
    fn find(&self, earner: Address) -> Option<(usize, &[Earning])> {
        let before = |start: &usize| self.earnings.get(*start).is_some_and(|e| e.earner < earner);
        let place = self.starts.partition_point(before);
        let from = self.earnings.get(*self.starts.get(place)?..)?;
        let own = from.chunk_by(|a, b| a.earner == b.earner).next()?;
        (own.first()?.earner == earner).then_some((place, own))
    }
}

/// The earnings by earner and token. Those that an earlier step has sorted stay where they are.
fn sorted(earnings: Vec<Earning>, numbers: Range<u32>) -> Vec<Earning> {
    if earnings.is_sorted() {
        return earnings;
    }
    let head =
        |earning: &Earning| earning.earner.first_chunk().map_or(0, |h| u64::from_be_bytes(*h));
    let order = order::by_head(&earnings, numbers, head);
    order.par_iter().with_min_len(1 << 12).filter_map(|n| order::item(&earnings, *n)).collect()
}

fn token_leaf(earning: &Earning) -> TokenLeaf {
    TokenLeaf { token: earning.token, cumulative_earnings: earning.cumulative_earnings }
}

/// The tree of one earner's tokens.
fn token_tree(earnings: &[Earning]) -> Tree {
    Tree::build(earnings.len(), Shape::Padded, |leaves, _| {
        for (node, earning) in leaves.iter_mut().zip(earnings) {
            *node = token_leaf(earning).hash().0;
        }
    })
}

/// Hashes the leaves of a few earners, whose earnings are given.
fn hash_earners(groups: &[&[Earning]], zeros: &[Node], leaves: &mut [Node]) {
    let roots = token_roots(groups, zeros);
    let earners = groups.iter().zip(roots).filter_map(|(group, root)| {
        Some(EarnerLeaf { earner: group.first()?.earner, earner_token_root: B256::new(root) })
    });
    hash_each(&encoded(earners, groups.len()), leaves);
}

/// What is hashed for each of so many leaves, end to end.
fn encoded<L: Leaf>(leaves: impl Iterator<Item = L>, count: usize) -> Vec<u8> {
    let mut preimages = vec![0; count.saturating_mul(L::BYTES)];
    for (leaf, preimage) in leaves.zip(preimages.chunks_exact_mut(L::BYTES)) {
        leaf.encode(preimage);
    }
    preimages
}

/// The roots of the trees of tokens of a few earners. Most have few tokens, so the same row of all
/// these trees is hashed together.
fn token_roots(groups: &[&[Earning]], zeros: &[Node]) -> Vec<Node> {
    let mut widths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let count = widths.iter().sum();
    let mut nodes = vec![Node::default(); count];
    hash_each(&encoded(groups.iter().copied().flatten().map(token_leaf), count), &mut nodes);
    for zero in zeros {
        if widths.iter().all(|width| *width <= 1) {
            break;
        }
        nodes = row_above(&nodes, &mut widths, zero);
    }
    nodes
}

/// The next row of trees that lie side by side. A tree that is done keeps its root.
fn row_above(nodes: &[Node], widths: &mut [usize], zero: &Node) -> Vec<Node> {
    let mut pairs = Vec::with_capacity(nodes.len());
    let mut rest = nodes;
    for width in widths.iter() {
        let own = rest.split_off(..*width).unwrap_or_default();
        if *width > 1 {
            pairs.extend(own.chunks(2).filter_map(|pair| match pair {
                [left, right] => Some([*left, *right]),
                [odd] => Some([*odd, *zero]),
                _ => None,
            }));
        }
    }
    let mut hashed = vec![Node::default(); pairs.len()];
    hash_each(pairs.as_flattened().as_flattened(), &mut hashed);
    let mut above = Vec::with_capacity(nodes.len());
    let (mut rest, mut hashed) = (nodes, hashed.as_slice());
    for width in widths {
        let own = rest.split_off(..*width).unwrap_or_default();
        if *width > 1 {
            *width = width.div_ceil(2);
            above.extend_from_slice(hashed.split_off(..*width).unwrap_or_default());
        } else {
            above.extend_from_slice(own);
        }
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earnings(tokens: &[u8]) -> Vec<Earning> {
        let of = |(n, tokens): (usize, &u8)| {
            let earner = Address::left_padding_from(&n.to_be_bytes());
            (0..*tokens).map(move |token| Earning {
                earner,
                token: Address::repeat_byte(token),
                cumulative_earnings: U256::from(n * 1_000 + usize::from(token)),
            })
        };
        tokens.iter().enumerate().flat_map(of).collect()
    }

    #[test]
    fn roots_of_many_earners_at_once_are_those_of_each_alone() {
        let earnings = earnings(&[1, 2, 3, 1, 9, 5, 1, 17, 4, 8, 33, 6, 7]);
        let groups: Vec<&[Earning]> = earnings.chunk_by(|a, b| a.earner == b.earner).collect();
        let alone: Vec<Node> = groups.iter().map(|group| token_tree(group).root().0).collect();
        assert_eq!(token_roots(&groups, &zeros(33)), alone);
    }

    #[test]
    fn one_earner_with_one_token_is_two_leaves() {
        let tree = EarnerTree::build(earnings(&[1])).unwrap();
        let Earning { earner, token, cumulative_earnings } = tree.earnings()[0];
        let earner_token_root = TokenLeaf { token, cumulative_earnings }.hash();
        assert_eq!(tree.root(), EarnerLeaf { earner, earner_token_root }.hash());
        let claim = tree.claim(earner, &[token]).unwrap();
        assert!(claim.earner_proof.is_empty() && claim.tokens[0].proof.is_empty());
    }

    #[test]
    fn an_earner_is_found_by_address() {
        let tree = EarnerTree::build(earnings(&[2, 1, 3])).unwrap();
        assert_eq!((tree.earners(), tree.earnings().len()), (3, 6));
        let earner = tree.earnings()[3].earner;
        assert_eq!(tree.earnings_of(earner), &tree.earnings()[3..]);
        let nobody = Address::repeat_byte(9);
        assert_eq!(tree.earnings_of(nobody), []);
        let refusal = MerkleError::NoSuchEarner { earner: nobody };
        assert_eq!(tree.claim(nobody, &[]), Err(refusal));
        let refusal = MerkleError::NoSuchToken { earner, token: nobody };
        assert_eq!(tree.claim(earner, &[nobody]), Err(refusal));
    }

    #[test]
    fn a_token_that_an_earner_has_twice_is_named() {
        let mut twice = earnings(&[2, 1]);
        let Earning { earner, token, .. } = twice[1];
        twice.push(Earning { earner, token, cumulative_earnings: U256::from(7) });
        let refusal = MerkleError::RepeatedToken { earner, token };
        assert_eq!(EarnerTree::build(twice).err(), Some(refusal));
        assert_eq!(EarnerTree::build(Vec::new()).err(), Some(MerkleError::Empty));
    }
}
