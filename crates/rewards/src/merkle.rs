//! Trees of rewards, in the formats that contracts verify.
//!
//! There is one builder ([`Shape`] says how the formats differ in it) and four formats of leaves:
//!
//! | format | shape | paid by |
//! |---|---|---|
//! | [`OperatorTree`] | [`Shape::Standard`] | Symbiotic `DefaultOperatorRewards` |
//! | [`CumulativeTree`] | [`Shape::Standard`] | Symbiotic V2 `CumulativeMerkleRewards` |
//! | [`MerklTree`] | [`Shape::Layered`] | Merkl `Distributor` |
//! | [`EarnerTree`] | [`Shape::Padded`], twice | EigenLayer `RewardsCoordinator` |
//!
//! A tree keeps its nodes, 64 bytes for each leaf, and makes a proof when it is asked for one.
//! Rows are hashed many nodes at once and on all threads of the rayon pool that the caller is in.
//!
//! ```
//! use alloy_primitives::{Address, U256};
//! use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree, SortedLeaf};
//!
//! let leaf = |n: u8| OperatorLeaf {
//!     account: Address::repeat_byte(n),
//!     total_claimable: U256::from(n),
//! };
//! let tree = OperatorTree::build((1..=5).map(leaf).collect())?;
//! let proof = tree.proof(3)?;
//! assert!(leaf(4).is_proven_by(&proof, tree.root()));
//! assert!(!leaf(5).is_proven_by(&proof, tree.root()));
//! # Ok::<(), bondstone_rewards::merkle::MerkleError>(())
//! ```

mod cumulative;
pub mod dump;
pub mod eigenlayer;
mod error;
mod keccak;
mod leaf;
mod merkl;
mod operator;
mod order;
mod sorted;
mod tree;

pub use cumulative::{CumulativeLeaf, CumulativeTree};
pub use eigenlayer::{EarnerTree, Earning};
pub use error::MerkleError;
pub use leaf::{Leaf, SortedLeaf};
pub use merkl::{MerklLeaf, MerklTree};
pub use operator::{OperatorLeaf, OperatorTree};
pub use sorted::SortedTree;
pub use tree::{Shape, positional_root, sorted_root, standard_root};
