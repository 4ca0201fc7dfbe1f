//! Trees are read back as they were written, and nothing else is believed.

use super::*;
use alloy_primitives::{Address, U256};
use bondstone_rewards::merkle::{
    CumulativeLeaf, CumulativeTree, EarnerTree, Earning, OperatorLeaf, OperatorTree, SortedLeaf,
};
use serde_json::{Value, json};

fn account(n: u8) -> Address {
    Address::repeat_byte(n)
}

/// Three accounts; the first has two leaves where the format lets it.
fn trees() -> [Tree; 3] {
    let operator = |n: u8| OperatorLeaf { account: account(n), total_claimable: U256::from(n) };
    let cumulative = |(n, kind): (u8, u8)| CumulativeLeaf {
        rewardee: account(n),
        chain_id: 1,
        token: account(9),
        rewardee_type: U256::from(kind),
        amount: U256::MAX >> n,
        rewardee_data_hash: B256::repeat_byte(n),
    };
    let earning = |(n, token): (u8, u8)| Earning {
        earner: account(n),
        token: account(token),
        cumulative_earnings: U256::MAX >> n,
    };
    let pairs = || [(2, 0), (1, 0), (3, 1), (1, 1)].into_iter();
    [
        Tree::Operator(OperatorTree::build([2, 1, 3].map(operator).to_vec()).unwrap()),
        Tree::Cumulative(CumulativeTree::build(pairs().map(cumulative).collect()).unwrap()),
        Tree::Earner(EarnerTree::build(pairs().map(earning).collect()).unwrap()),
    ]
}

/// A folder with a tree, and its manifest.
fn folder(tree: &Tree) -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let text = tree.text().unwrap();
    fs::write(dir.path().join("tree-1.json"), &text).unwrap();
    let position = Position { chain_id: 1, number: 2, hash: B256::ZERO, timestamp: 3 };
    let root = Root { file: "tree-1.json".into(), format: tree.format(), root: tree.root() };
    let manifest = Manifest {
        form: FORM,
        program: "test".into(),
        position,
        window: Window { from: 0, until: 1 },
        left_out: Vec::new(),
        trees: vec![root],
        files: [("tree-1.json".to_owned(), keccak256(&text))].into(),
    };
    let text = serde_json::to_string(&manifest).unwrap();
    fs::write(dir.path().join(MANIFEST), text).unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    (dir, folder)
}

#[test]
fn every_format_is_read_back_with_its_proofs() {
    for tree in trees() {
        let (_dir, folder) = folder(&tree);
        let root = &folder.manifest().trees[0];
        let again = folder.tree(root).unwrap();
        assert_eq!((again.root(), again.format()), (tree.root(), tree.format()));
        assert_eq!(again.text().unwrap(), tree.text().unwrap());
        let leaves = |n| again.proven(account(n)).unwrap();
        assert_eq!(leaves(7), []);
        let count = if tree.format() == Format::SymbioticV2Cumulative { 2 } else { 1 };
        assert_eq!((leaves(1).len(), leaves(3).len()), (count, 1));
        for proven in leaves(1) {
            match proven {
                Proven::Operator { leaf, proof } => assert!(leaf.is_proven_by(&proof, root.root)),
                Proven::Cumulative { leaf, proof } => {
                    assert!(leaf.is_proven_by(&proof, root.root));
                }
                Proven::Earner(claim) => {
                    assert_eq!(claim.tokens.len(), 2);
                    claim.check(root.root).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_tree_that_is_not_what_it_says_is_refused() {
    for tree in trees() {
        let text = tree.text().unwrap();
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut value: Value = serde_json::from_str(&text).unwrap();
            change(&mut value);
            Tree::parse(tree.format(), &value.to_string()).unwrap_err()
        };
        let more = changed(&|value| value["more"] = json!(1));
        assert!(more.to_string().contains("unknown field `more`"), "{more}");
        let other = changed(&|value| {
            let format = if tree.format() == Format::EigenLayerEarners {
                Format::SymbioticV2Cumulative
            } else {
                Format::EigenLayerEarners
            };
            value["format"] = json!(format);
        });
        assert!(other.to_string().starts_with("format "), "{other}");
        let amount = changed(&|value| match tree.format() {
            Format::StandardV1 => value["values"][0]["value"][1] = json!("7"),
            Format::SymbioticV2Cumulative => value["leaves"][0]["amount"] = json!("7"),
            Format::EigenLayerEarners => value["earnings"][0]["cumulativeEarnings"] = json!("7"),
        });
        assert!(amount.to_string().contains("give"), "{amount}");
    }
}

#[test]
fn only_the_files_of_the_manifest_are_believed() {
    let [tree, ..] = trees();
    let (dir, folder) = folder(&tree);
    let mut lines = folder.lines("tree-1.json").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "{");
    lines.finish().unwrap();
    fs::write(dir.path().join(TABLE), [0xff; 9]).unwrap();
    let unlisted = folder.lines(TABLE).unwrap().finish().unwrap_err();
    assert!(matches!(unlisted, DistributionError::Unlisted { .. }), "{unlisted}");

    fs::write(dir.path().join(TOTALS), "{}").unwrap();
    let unlisted = folder.text(TOTALS).unwrap_err();
    assert!(matches!(unlisted, DistributionError::Unlisted { .. }), "{unlisted}");
    let other = Root { root: B256::ZERO, ..folder.manifest().trees[0].clone() };
    let other = folder.tree(&other).unwrap_err();
    let wrong = matches!(other, DistributionError::Tree { source: TreeError::Root { .. }, .. });
    assert!(wrong, "{other}");

    let mut text = folder.text("tree-1.json").unwrap();
    text.push('\n');
    fs::write(dir.path().join("tree-1.json"), text).unwrap();
    let changed = folder.tree(&folder.manifest().trees[0]).unwrap_err();
    assert!(matches!(changed, DistributionError::Changed { .. }), "{changed}");
    let changed = folder.lines("tree-1.json").unwrap().finish().unwrap_err();
    assert!(matches!(changed, DistributionError::Changed { .. }), "{changed}");

    let mut manifest = serde_json::to_value(folder.manifest()).unwrap();
    manifest["form"] = json!(FORM + 1);
    fs::write(dir.path().join(MANIFEST), manifest.to_string()).unwrap();
    let form = Folder::open(dir.path()).unwrap_err();
    assert!(matches!(form, DistributionError::Form { found, .. } if found == FORM + 1), "{form}");
}
