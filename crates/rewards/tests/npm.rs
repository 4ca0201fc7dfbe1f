//! The trees beside those that others make: npm's `@openzeppelin/merkle-tree`, and the formats
//! that have no library built with viem (`tests/e2e/merkle.mjs`).
#![expect(clippy::print_stdout, reason = "the test runner captures it and shows it on failure")]

use alloy_primitives::{Address, B256, U256};
use bondstone_rewards::merkle::dump::ForeignDump;
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, EarnerTree, Earning, MerklLeaf, MerklTree, OperatorLeaf,
    OperatorTree, SortedLeaf,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Deserialize)]
struct Trees {
    operator: Operator,
    cumulative: Cumulative,
    merkl: Merkl,
    eigenlayer: Eigenlayer,
}

#[derive(Deserialize)]
struct Operator {
    dump: Value,
    proofs: Vec<Vec<B256>>,
}

#[derive(Deserialize)]
struct Cumulative {
    leaves: Vec<RecordedCumulative>,
    root: B256,
    proofs: Vec<Vec<B256>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedCumulative {
    rewardee: Address,
    chain_id: u64,
    token: Address,
    rewardee_type: U256,
    amount: U256,
    rewardee_data_hash: B256,
}

#[derive(Deserialize)]
struct Merkl {
    leaves: Vec<RecordedMerkl>,
    root: B256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedMerkl {
    user: Address,
    token: Address,
    cumulative_amount: U256,
}

#[derive(Deserialize)]
struct Eigenlayer {
    root: B256,
    claims: Vec<RecordedClaim>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedClaim {
    earner: Address,
    earner_token_root: B256,
    earner_proof: Vec<B256>,
    tokens: Vec<RecordedToken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordedToken {
    token: Address,
    cumulative_earnings: U256,
    proof: Vec<B256>,
}

/// The script, when `make test` has installed what it needs. Without that the test says so and
/// returns, or fails when `BONDSTONE_REQUIRE_CAST` is 1, as in continuous integration.
fn script() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e");
    if folder.join("node_modules/@openzeppelin/merkle-tree").exists() {
        return Some(folder.join("merkle.mjs"));
    }
    let required = std::env::var("BONDSTONE_REQUIRE_CAST").is_ok_and(|value| value == "1");
    assert!(!required, "npm's merkle-tree is not installed; run `make test`");
    println!("skipped: npm's merkle-tree is not installed; run `make test`");
    None
}

fn node(script: &Path, command: &str, argument: &str) -> Vec<u8> {
    let output = Command::new("node").arg(script).args([command, argument]).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command} {argument}: {complaints}");
    output.stdout
}

fn operator_tree(dump: &Value) -> OperatorTree {
    let leaf = |value: &Value| OperatorLeaf {
        account: value["value"][0].as_str().unwrap().parse().unwrap(),
        total_claimable: value["value"][1].as_str().unwrap().parse().unwrap(),
    };
    let values = dump["values"].as_array().unwrap();
    OperatorTree::build(values.iter().map(leaf).collect()).unwrap()
}

#[test]
fn trees_are_those_of_other_libraries() {
    let Some(script) = script() else { return };
    for count in [1, 2, 3, 5, 8, 13, 100, 257] {
        let made: Trees =
            serde_json::from_slice(&node(&script, "make", &count.to_string())).unwrap();
        operator(&made.operator);
        cumulative(&made.cumulative);
        merkl(&made.merkl);
        eigenlayer(&made.eigenlayer);
    }
}

#[test]
fn npm_loads_our_dump_and_verifies_our_proofs() {
    let Some(script) = script() else { return };
    let leaf = |n: u64| OperatorLeaf {
        account: Address::left_padding_from(&(n % 90).to_be_bytes()),
        total_claimable: U256::MAX / U256::from(n % 90 + 1),
    };
    // A hundred leaves, ten of them for the second time.
    let tree = OperatorTree::build((0..100).map(leaf).collect()).unwrap();
    let proofs: Vec<_> = (0..100).map(|n| tree.proof(n).unwrap()).collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("operator-dump.json");
    let mut file_content = json!({ "dump": tree.dump(), "proofs": proofs });
    std::fs::write(&file, file_content.to_string()).unwrap();
    node(&script, "check", file.to_str().unwrap());

    file_content["proofs"][3] = file_content["proofs"][4].clone();
    std::fs::write(&file, file_content.to_string()).unwrap();
    let output = Command::new("node").arg(&script).arg("check").arg(&file).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(complaints.contains("the proof of value 3 does not verify"), "{complaints}");
}

fn operator(made: &Operator) {
    let tree = operator_tree(&made.dump);
    assert_eq!(serde_json::to_value(tree.dump()).unwrap(), made.dump);
    let foreign: ForeignDump = serde_json::from_value(made.dump.clone()).unwrap();
    assert_eq!(OperatorTree::from_dump(&foreign).unwrap().root(), tree.root());
    for (n, proof) in made.proofs.iter().enumerate() {
        assert_eq!(tree.proof(n).unwrap(), *proof);
        assert!(tree.leaves()[n].is_proven_by(proof, tree.root()));
    }
    assert_eq!(made.proofs.len(), tree.leaves().len());
}

fn cumulative(made: &Cumulative) {
    let leaf = |leaf: &RecordedCumulative| CumulativeLeaf {
        rewardee: leaf.rewardee,
        chain_id: leaf.chain_id,
        token: leaf.token,
        rewardee_type: leaf.rewardee_type,
        amount: leaf.amount,
        rewardee_data_hash: leaf.rewardee_data_hash,
    };
    let tree = CumulativeTree::build(made.leaves.iter().map(leaf).collect()).unwrap();
    assert_eq!(tree.root(), made.root);
    for (n, proof) in made.proofs.iter().enumerate() {
        assert_eq!(tree.proof(n).unwrap(), *proof);
        assert!(tree.leaves()[n].is_proven_by(proof, tree.root()));
    }
    assert_eq!(made.proofs.len(), tree.leaves().len());
}

fn merkl(made: &Merkl) {
    let leaf = |leaf: &RecordedMerkl| MerklLeaf {
        user: leaf.user,
        token: leaf.token,
        cumulative_amount: leaf.cumulative_amount,
    };
    let tree = MerklTree::build(made.leaves.iter().map(leaf).collect()).unwrap();
    assert_eq!(tree.root(), made.root);
    for (n, leaf) in tree.leaves().iter().enumerate() {
        assert!(leaf.is_proven_by(&tree.proof(n).unwrap(), made.root));
    }
}

fn eigenlayer(made: &Eigenlayer) {
    let earnings = made.claims.iter().flat_map(|claim| {
        claim.tokens.iter().map(|token| Earning {
            earner: claim.earner,
            token: token.token,
            cumulative_earnings: token.cumulative_earnings,
        })
    });
    let tree = EarnerTree::build(earnings.rev().collect()).unwrap();
    assert_eq!(tree.root(), made.root);
    for (place, theirs) in made.claims.iter().enumerate() {
        let tokens: Vec<Address> = theirs.tokens.iter().map(|token| token.token).collect();
        let ours = tree.claim(theirs.earner, &tokens).unwrap();
        assert_eq!(usize::try_from(ours.earner_index).unwrap(), place);
        assert_eq!(ours.earner_proof, theirs.earner_proof);
        assert_eq!(ours.earner_leaf.earner_token_root, theirs.earner_token_root);
        for (n, (ours, theirs)) in ours.tokens.iter().zip(&theirs.tokens).enumerate() {
            assert_eq!(usize::try_from(ours.index).unwrap(), n);
            assert_eq!(ours.proof, theirs.proof);
        }
        ours.check(made.root).unwrap();
    }
}
