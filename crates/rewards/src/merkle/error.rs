//! What keeps a tree or a proof from being made.

use alloy_primitives::Address;
use thiserror::Error;

/// Why there is no tree, or no proof from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MerkleError {
    /// A tree needs a leaf.
    #[error("nothing to put into the tree: it needs at least one leaf")]
    Empty,
    /// Places in a tree are counted in 32 bits, as the contracts count them.
    #[error("{count} leaves, but a tree has room for {limit}")]
    TooMany {
        /// Leaves given.
        count: usize,
        /// Leaves that a tree takes.
        limit: u32,
    },
    /// The same leaf twice, in a format that would pay it once.
    #[error("leaf {second} repeats leaf {first}: it would be paid once, not twice")]
    Repeated {
        /// Where the leaf is first, counted from zero.
        first: usize,
        /// Where it is again.
        second: usize,
    },
    /// The same token twice for one earner.
    #[error("{earner} earns the token {token} in two lines; give their sum in one")]
    RepeatedToken {
        /// Who earns.
        earner: Address,
        /// Which token stands there twice.
        token: Address,
    },
    /// A leaf that the tree does not have.
    #[error("there is no leaf {index}: the tree has {count}, counted from zero")]
    NoSuchLeaf {
        /// Which leaf was asked for.
        index: usize,
        /// Leaves in the tree.
        count: usize,
    },
    /// An earner that the tree does not have.
    #[error("{earner} is not among the earners of the tree")]
    NoSuchEarner {
        /// Who was asked for.
        earner: Address,
    },
    /// A token that an earner does not have.
    #[error("{earner} earns no {token} in this tree")]
    NoSuchToken {
        /// Who earns.
        earner: Address,
        /// Which token was asked for.
        token: Address,
    },
}
