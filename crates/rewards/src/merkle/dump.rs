//! The file of a standard tree, as npm's `@openzeppelin/merkle-tree` 1.0.7 writes and reads it.
//!
//! `StandardMerkleTree.dump()`: format, leaf encoding, all nodes with the root first, and the
//! values with the place of each among the nodes. [`OperatorTree::dump`] writes it without a copy
//! of the tree; [`OperatorTree::from_dump`] reads one and believes nothing in it but the values.

use super::error::MerkleError;
use super::operator::{OperatorLeaf, OperatorTree};
use alloy_primitives::{Address, B256, U256};
use serde::ser::{SerializeStruct, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

/// The name of the format.
const FORMAT: &str = "standard-v1";
/// The types of a leaf.
const LEAF_ENCODING: [&str; 2] = ["address", "uint256"];

/// A tree that can be written as npm's dump.
#[derive(Clone, Copy, Debug)]
pub struct Dump<'a>(&'a OperatorTree);

/// A dump that was read and not yet checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForeignDump {
    format: String,
    leaf_encoding: Vec<String>,
    tree: Vec<B256>,
    values: Vec<ForeignValue>,
}

/// A value of a dump.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ForeignValue {
    value: (Address, U256),
    tree_index: usize,
}

/// What is wrong with a dump.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DumpError {
    /// Another format.
    #[error("format {found:?}, expected {FORMAT:?}")]
    Format {
        /// What the dump says.
        found: String,
    },
    /// Leaves of other types.
    #[error("leaf encoding {found:?}, expected {LEAF_ENCODING:?}")]
    LeafEncoding {
        /// What the dump says.
        found: Vec<String>,
    },
    /// The values make no tree.
    #[error(transparent)]
    Tree(#[from] MerkleError),
    /// Too many or too few nodes for the values.
    #[error("{found} nodes, but these values make {expected}")]
    Nodes {
        /// Nodes in the dump.
        found: usize,
        /// Nodes of the tree of its values.
        expected: usize,
    },
    /// A node is not what the values give.
    #[error("node {index} is {found}, but these values give {expected}")]
    Node {
        /// Which node, the root being 0.
        index: usize,
        /// The node in the dump.
        found: B256,
        /// The node of the tree of its values.
        expected: B256,
    },
    /// A value stands elsewhere in the tree than the dump says.
    #[error("value {index} is said to be node {found}, but it is node {expected}")]
    Place {
        /// Which value, counted from zero.
        index: usize,
        /// The place that the dump gives.
        found: usize,
        /// Where the value is.
        expected: usize,
    },
}

impl OperatorTree {
    /// This tree as npm's `@openzeppelin/merkle-tree` dumps it; serialize it as JSON. Addresses
    /// have their checksum, amounts are decimal strings.
    #[must_use]
    pub fn dump(&self) -> Dump<'_> {
        Dump(self)
    }

    /// Builds the tree of a dump's values and compares all that the dump says with it.
    ///
    /// # Errors
    /// The first difference. A tree that was made with `sortLeaves: false` differs.
    pub fn from_dump(dump: &ForeignDump) -> Result<Self, DumpError> {
        if dump.format != FORMAT {
            return Err(DumpError::Format { found: dump.format.clone() });
        }
        if dump.leaf_encoding != LEAF_ENCODING {
            return Err(DumpError::LeafEncoding { found: dump.leaf_encoding.clone() });
        }
        let leaf = |value: &ForeignValue| {
            let (account, total_claimable) = value.value;
            OperatorLeaf { account, total_claimable }
        };
        let tree = Self::build(dump.values.iter().map(leaf).collect())?;
        let (found, expected) = (dump.tree.len(), tree.nodes().len());
        if found != expected {
            return Err(DumpError::Nodes { found, expected });
        }
        let nodes = dump.tree.iter().copied().zip(root_first(&tree)).enumerate();
        for (index, (found, expected)) in nodes {
            if found != expected {
                return Err(DumpError::Node { index, found, expected });
            }
        }
        for (index, (value, expected)) in dump.values.iter().zip(tree_indices(&tree)).enumerate() {
            let found = value.tree_index;
            if found != expected {
                return Err(DumpError::Place { index, found, expected });
            }
        }
        Ok(tree)
    }
}

fn root_first(tree: &OperatorTree) -> impl Iterator<Item = B256> {
    tree.nodes().iter().rev().copied().map(B256::new)
}

/// The place of each value among the nodes, the root being 0.
fn tree_indices(tree: &OperatorTree) -> impl Iterator<Item = usize> {
    let last = tree.nodes().len().saturating_sub(1);
    tree.places().into_iter().map(move |place| last.saturating_sub(place))
}

impl Serialize for Dump<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_struct("StandardMerkleTree", 4)?;
        file.serialize_field("format", FORMAT)?;
        file.serialize_field("leafEncoding", &LEAF_ENCODING)?;
        file.serialize_field("tree", &Nodes(self.0))?;
        file.serialize_field("values", &Values(self.0))?;
        file.end()
    }
}

struct Nodes<'a>(&'a OperatorTree);

impl Serialize for Nodes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(root_first(self.0))
    }
}

struct Values<'a>(&'a OperatorTree);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.leaves().iter().zip(tree_indices(self.0));
        serializer.collect_seq(values.map(|(leaf, tree_index)| Value { leaf, tree_index }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'a> {
    #[serde(rename = "value", serialize_with = "texts")]
    leaf: &'a OperatorLeaf,
    tree_index: usize,
}

/// An address with its checksum and a decimal amount.
fn texts<S: Serializer>(leaf: &OperatorLeaf, serializer: S) -> Result<S::Ok, S::Error> {
    let mut pair = serializer.serialize_tuple(2)?;
    pair.serialize_element(&format_args!("{}", leaf.account))?;
    pair.serialize_element(&format_args!("{}", leaf.total_claimable))?;
    pair.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn tree() -> OperatorTree {
        let leaf = |n: u8| OperatorLeaf {
            account: Address::repeat_byte(n),
            total_claimable: U256::MAX >> n,
        };
        OperatorTree::build((1..=5).map(leaf).collect()).unwrap()
    }

    fn read(dump: Json) -> Result<OperatorTree, DumpError> {
        OperatorTree::from_dump(&serde_json::from_value(dump).unwrap())
    }

    #[test]
    fn a_dump_is_read_back_as_the_tree_it_was() {
        let tree = tree();
        let dump = serde_json::to_value(tree.dump()).unwrap();
        assert_eq!(dump["format"], "standard-v1");
        assert_eq!(dump["tree"][0], json!(tree.root()));
        assert_eq!(dump["values"][0]["value"][1], (U256::MAX >> 1u8).to_string());
        let again = read(dump.clone()).unwrap();
        assert_eq!((again.root(), again.leaves()), (tree.root(), tree.leaves()));
        assert_eq!(serde_json::to_value(again.dump()).unwrap(), dump);
    }

    #[test]
    fn every_lie_in_a_dump_is_found() {
        let dump = serde_json::to_value(tree().dump()).unwrap();
        let error = |change: &dyn Fn(&mut Json)| {
            let mut dump = dump.clone();
            change(&mut dump);
            read(dump).unwrap_err()
        };
        let other = error(&|d| d["format"] = json!("simple-v1"));
        assert_eq!(other, DumpError::Format { found: "simple-v1".to_owned() });
        let found = vec!["address".to_owned()];
        let refusal = DumpError::LeafEncoding { found: found.clone() };
        assert_eq!(error(&|d| d["leafEncoding"] = json!(found)), refusal);
        assert_eq!(error(&|d| d["values"] = json!([])), DumpError::Tree(MerkleError::Empty));
        let short = error(&|d| drop(d["values"].as_array_mut().unwrap().pop()));
        assert_eq!(short, DumpError::Nodes { found: 9, expected: 7 });
        let other = error(&|d| d["values"][2]["value"][1] = json!("7"));
        assert!(matches!(other, DumpError::Node { index: 0, .. }), "{other}");
        let other = error(&|d| d["tree"][4] = json!(B256::ZERO));
        let zero = B256::ZERO;
        assert!(matches!(other, DumpError::Node { index: 4, found, .. } if found == zero));
        let place = dump["values"][3]["treeIndex"].clone();
        let expected = usize::try_from(place.as_u64().unwrap()).unwrap();
        let moved = error(&|d| d["values"][3]["treeIndex"] = json!(expected + 1));
        assert_eq!(moved, DumpError::Place { index: 3, found: expected + 1, expected });
    }
}
