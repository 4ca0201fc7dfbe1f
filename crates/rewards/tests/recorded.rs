//! Roots and leaves that were recorded with the real contracts.
//!
//! `vectors/symbiotic-rewards` has them with all that happened around them; of its family v2merkle
//! `recorded/cumulative.jsonl` holds a few distributions by themselves, of few leaves each and
//! otherwise unchanged.

use alloy_primitives::{Address, B256, U256};
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, Leaf, OperatorLeaf, OperatorTree, SortedLeaf,
};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What this test reads of a recorded operation.
#[derive(Deserialize)]
struct Operation {
    distribution: Option<Vec<(Address, U256)>>,
    oz_tree_root: Option<B256>,
    leaves: Option<Vec<Recorded>>,
    #[serde(rename = "computedRoot")]
    computed_root: Option<B256>,
}

/// An entitlement of a distribution of Rewards V2.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    rewardee: Address,
    chain_id: u64,
    token: Address,
    rewardee_type: u64,
    amount: U256,
    rewardee_data_hash: B256,
    hash: B256,
}

impl Recorded {
    fn leaf(&self) -> CumulativeLeaf {
        CumulativeLeaf {
            rewardee: self.rewardee,
            chain_id: self.chain_id,
            token: self.token,
            rewardee_type: U256::from(self.rewardee_type),
            amount: self.amount,
            rewardee_data_hash: self.rewardee_data_hash,
        }
    }
}

/// Every operation of the files whose names begin so.
fn operations(family: &str) -> Vec<Operation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/symbiotic-rewards/dev");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let mut operations = Vec::new();
    for file in files.filter(|file| file.file_name().to_string_lossy().starts_with(family)) {
        let lines = MultiGzDecoder::new(std::fs::File::open(file.path()).unwrap());
        let lines = BufReader::new(lines).lines().map(|line| line.unwrap());
        operations.extend(lines.map(|line| serde_json::from_str::<Operation>(&line).unwrap()));
    }
    operations
}

#[test]
fn recorded_distributions_to_operators_have_their_roots() {
    let mut roots = 0;
    for operation in operations("operator_") {
        let Some(distribution) = operation.distribution else { continue };
        let leaf = |(account, total_claimable)| OperatorLeaf { account, total_claimable };
        let tree = OperatorTree::build(distribution.into_iter().map(leaf).collect()).unwrap();
        assert_eq!(Some(tree.root()), operation.oz_tree_root);
        for (n, leaf) in tree.leaves().iter().enumerate() {
            assert!(leaf.is_proven_by(&tree.proof(n).unwrap(), tree.root()));
        }
        roots += 1;
    }
    assert!(roots >= 145, "{roots}");
}

#[test]
fn recorded_cumulative_distributions_have_their_leaves_and_roots() {
    let few = include_str!("recorded/cumulative.jsonl").lines();
    let few = few.map(|line| serde_json::from_str::<Operation>(line).unwrap());
    let mut roots = 0;
    for operation in few.chain(operations("v2merkle_")) {
        let Some(recorded) = operation.leaves else { continue };
        for recorded in &recorded {
            assert_eq!(recorded.leaf().hash(), recorded.hash);
        }
        let tree = CumulativeTree::build(recorded.iter().map(Recorded::leaf).collect()).unwrap();
        assert_eq!(Some(tree.root()), operation.computed_root);
        for (n, leaf) in tree.leaves().iter().enumerate() {
            assert!(leaf.is_proven_by(&tree.proof(n).unwrap(), tree.root()));
        }
        roots += 1;
    }
    assert!(roots >= 13, "{roots}");
}
