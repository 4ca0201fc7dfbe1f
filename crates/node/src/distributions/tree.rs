//! Trees of distributions: how they are written down, and how they are read back.

use alloy_primitives::{Address, B256};
use bondstone_rewards::merkle::dump::{DumpError, ForeignDump};
use bondstone_rewards::merkle::eigenlayer::Claim;
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, EarnerTree, Earning, MerkleError, OperatorLeaf, OperatorTree,
    SortedLeaf, SortedTree,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use thiserror::Error;

/// How a tree is written down, by the rail that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Accounts and totals, as npm's `@openzeppelin/merkle-tree` dumps them: Symbiotic's operator
    /// rewards.
    #[serde(rename = "standard-v1")]
    StandardV1,
    /// Leaves of six words: Symbiotic's second version.
    #[serde(rename = "symbiotic-v2-cumulative")]
    SymbioticV2Cumulative,
    /// Earners with their tokens: EigenLayer's rewards coordinator.
    #[serde(rename = "eigenlayer-earners")]
    EigenLayerEarners,
}

impl Format {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StandardV1 => "standard-v1",
            Self::SymbioticV2Cumulative => "symbiotic-v2-cumulative",
            Self::EigenLayerEarners => "eigenlayer-earners",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A tree of a distribution.
#[derive(Clone, Debug)]
pub enum Tree {
    /// In [`Format::StandardV1`].
    Operator(OperatorTree),
    /// In [`Format::SymbioticV2Cumulative`].
    Cumulative(CumulativeTree),
    /// In [`Format::EigenLayerEarners`].
    Earner(EarnerTree),
}

/// Leaves with what proves them: what an account sends to its rail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// Of [`Tree::Operator`].
    Operator {
        /// The leaf.
        leaf: OperatorLeaf,
        /// Its siblings on the way to the root.
        proof: Vec<B256>,
    },
    /// Of [`Tree::Cumulative`].
    Cumulative {
        /// The leaf.
        leaf: CumulativeLeaf,
        /// Its siblings on the way to the root.
        proof: Vec<B256>,
    },
    /// Of [`Tree::Earner`]: all tokens of the earner.
    Earner(Claim),
}

/// Why a text is not a tree.
#[derive(Debug, Error)]
pub enum TreeError {
    /// It is not JSON of the format.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A dump is not that of its values.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The leaves make no tree.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// It says that it has another format.
    #[error("format {found}, expected {expected}")]
    Format {
        /// What was asked for.
        expected: Format,
        /// What it says.
        found: Format,
    },
    /// Its leaves give another root.
    #[error("the leaves give the root {found}, not {expected}")]
    Root {
        /// What is claimed.
        expected: B256,
        /// What the leaves give.
        found: B256,
    },
}

/// [`Format::SymbioticV2Cumulative`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CumulativeFile<'a> {
    format: Format,
    root: B256,
    leaves: Cow<'a, [CumulativeLeaf]>,
}

/// [`Format::EigenLayerEarners`] as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EarnerFile<'a> {
    format: Format,
    root: B256,
    earnings: Cow<'a, [Earning]>,
}

impl Tree {
    /// Builds the tree that a text describes, and compares all that the text says with it.
    ///
    /// # Errors
    /// [`TreeError`]: the first thing that is wrong.
    pub fn parse(format: Format, text: &str) -> Result<Self, TreeError> {
        let (says, root, tree) = match format {
            Format::StandardV1 => {
                let dump: ForeignDump = serde_json::from_str(text)?;
                return Ok(Self::Operator(OperatorTree::from_dump(&dump)?));
            }
            Format::SymbioticV2Cumulative => {
                let file: CumulativeFile<'_> = serde_json::from_str(text)?;
                let tree = CumulativeTree::build(file.leaves.into_owned())?;
                (file.format, file.root, Self::Cumulative(tree))
            }
            Format::EigenLayerEarners => {
                let file: EarnerFile<'_> = serde_json::from_str(text)?;
                let tree = EarnerTree::build(file.earnings.into_owned())?;
                (file.format, file.root, Self::Earner(tree))
            }
        };
        if says != format {
            return Err(TreeError::Format { expected: format, found: says });
        }
        let found = tree.root();
        if found == root { Ok(tree) } else { Err(TreeError::Root { expected: root, found }) }
    }

    /// The tree as [`Tree::parse`] reads it, for people, with a line break at the end.
    ///
    /// # Errors
    /// What the JSON writer says.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let (format, root) = (self.format(), self.root());
        let text = match self {
            Self::Operator(tree) => serde_json::to_string_pretty(&tree.dump()),
            Self::Cumulative(tree) => {
                let leaves = Cow::Borrowed(tree.leaves());
                serde_json::to_string_pretty(&CumulativeFile { format, root, leaves })
            }
            Self::Earner(tree) => {
                let earnings = Cow::Borrowed(tree.earnings());
                serde_json::to_string_pretty(&EarnerFile { format, root, earnings })
            }
        };
        text.map(|mut text| {
            text.push('\n');
            text
        })
    }

    /// Its format.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Self::Operator(_) => Format::StandardV1,
            Self::Cumulative(_) => Format::SymbioticV2Cumulative,
            Self::Earner(_) => Format::EigenLayerEarners,
        }
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> B256 {
        match self {
            Self::Operator(tree) => tree.root(),
            Self::Cumulative(tree) => tree.root(),
            Self::Earner(tree) => tree.root(),
        }
    }

    /// What an account can prove to its rail, with the proofs, which are made now; nothing for an
    /// account that the tree does not have. Looks at every leaf but those of earners, which are
    /// sorted.
    ///
    /// # Errors
    /// None that is known: leaves that were found have proofs.
    pub fn proven(&self, account: Address) -> Result<Vec<Proven>, MerkleError> {
        match self {
            Self::Operator(tree) => {
                let proven = |leaf, proof| Proven::Operator { leaf, proof };
                sorted(tree, |leaf| leaf.account == account, proven)
            }
            Self::Cumulative(tree) => {
                let proven = |leaf, proof| Proven::Cumulative { leaf, proof };
                sorted(tree, |leaf| leaf.rewardee == account, proven)
            }
            Self::Earner(tree) => {
                let tokens = tree.earnings_of(account).iter().map(|earning| earning.token);
                let tokens: Vec<Address> = tokens.collect();
                if tokens.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Proven::Earner(tree.claim(account, &tokens)?)])
            }
        }
    }
}

/// The leaves of a sorted tree that somebody owns, with their proofs.
fn sorted<L: SortedLeaf + Copy>(
    tree: &SortedTree<L>,
    is_own: impl Fn(&L) -> bool,
    proven: impl Fn(L, Vec<B256>) -> Proven,
) -> Result<Vec<Proven>, MerkleError> {
    let own = tree.leaves().iter().enumerate().filter(|(_, leaf)| is_own(leaf));
    own.map(|(index, leaf)| Ok(proven(*leaf, tree.proof(index)?))).collect()
}
