//! Trees whose leaves stand in the order of their hashes.

use super::error::MerkleError;
use super::keccak::Node;
use super::leaf::{SortedLeaf, hash_leaves};
use super::order;
use super::tree::{Tree, head};
use alloy_primitives::B256;
use rayon::prelude::*;

/// A tree over leaves in the order of their hashes, so that the order in which they are given does
/// not change the root.
#[derive(Clone, Debug)]
pub struct SortedTree<L> {
    leaves: Vec<L>,
    /// The numbers of the leaves, in the order of their hashes.
    order: Vec<u32>,
    tree: Tree,
}

impl<L: SortedLeaf> SortedTree<L> {
    /// Builds the tree on all threads of the current rayon pool.
    ///
    /// # Errors
    /// [`MerkleError::Empty`]; [`MerkleError::TooMany`] past 2^32 - 1 leaves;
    /// [`MerkleError::Repeated`] when a leaf stands there twice and the format pays it once.
    pub fn build(leaves: Vec<L>) -> Result<Self, MerkleError> {
        if leaves.is_empty() {
            return Err(MerkleError::Empty);
        }
        let count = leaves.len();
        let too_many = |_| MerkleError::TooMany { count, limit: u32::MAX };
        let numbers = 0..u32::try_from(count).map_err(too_many)?;
        let mut order = Vec::new();
        let tree = Tree::build(count, L::SHAPE, |sorted, hashes| {
            hash_leaves(&leaves, hashes);
            order = order::by_head(hashes, numbers, head);
            sorted.par_iter_mut().zip(&order).with_min_len(1 << 12).for_each(|(node, number)| {
                *node = order::item(hashes, *number).unwrap_or_default();
            });
        });
        if !L::MAY_REPEAT {
            refuse_repeats(tree.leaves(), &order)?;
        }
        Ok(Self { leaves, order, tree })
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.tree.root()
    }

    /// The leaves, in the order in which they were given.
    #[must_use]
    pub fn leaves(&self) -> &[L] {
        &self.leaves
    }

    /// The proof of the leaf that was given at this index, counted from zero.
    ///
    /// # Errors
    /// [`MerkleError::NoSuchLeaf`].
    pub fn proof(&self, index: usize) -> Result<Vec<B256>, MerkleError> {
        self.place(index)
            .and_then(|place| self.tree.proof(place))
            .ok_or(MerkleError::NoSuchLeaf { index, count: self.leaves.len() })
    }

    /// Where a leaf stands among the sorted ones. Equal hashes stand side by side.
    fn place(&self, index: usize) -> Option<usize> {
        let hash = self.leaves.get(index)?.hash().0;
        let number = u32::try_from(index).ok()?;
        let first = self.tree.leaves().partition_point(|node| *node < hash);
        let offset = self.order.get(first..)?.iter().position(|other| *other == number)?;
        first.checked_add(offset)
    }

    /// All nodes, the root last.
    pub(super) fn nodes(&self) -> &[Node] {
        self.tree.nodes()
    }

    /// Where each leaf stands among the sorted ones.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.order.len()];
        for (at, number) in self.order.iter().enumerate() {
            let number = usize::try_from(*number).ok();
            if let Some(place) = number.and_then(|number| places.get_mut(number)) {
                *place = at;
            }
        }
        places
    }
}

/// Equal leaves stand side by side in the order in which they were given.
fn refuse_repeats(sorted: &[Node], order: &[u32]) -> Result<(), MerkleError> {
    let same = |pair: &[Node]| matches!(pair, [a, b] if a == b);
    let repeated = sorted.par_windows(2).with_min_len(1 << 12).position_first(same);
    let number = |at: usize| order.get(at).and_then(|number| usize::try_from(*number).ok());
    match repeated.and_then(|at| Some((number(at)?, number(at.checked_add(1)?)?))) {
        Some((first, second)) => Err(MerkleError::Repeated { first, second }),
        None => Ok(()),
    }
}
