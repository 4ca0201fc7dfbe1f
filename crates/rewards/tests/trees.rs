//! What holds for every tree: its proofs verify, others do not, and neither the order of its
//! leaves nor the number of threads changes it.

use alloy_primitives::{Address, B256, U256};
use bondstone_rewards::merkle::eigenlayer::Claim;
use bondstone_rewards::merkle::{
    CumulativeLeaf, EarnerTree, Earning, Leaf, MerklLeaf, MerkleError, OperatorLeaf, OperatorTree,
    SortedLeaf, SortedTree, sorted_root, standard_root,
};
use proptest::prelude::*;
use std::fmt::Debug;

/// Leaves of a format that differ in one number.
trait Numbered: SortedLeaf + Clone + Debug + PartialEq {
    fn numbered(number: u64) -> Self;
}

impl Numbered for OperatorLeaf {
    fn numbered(number: u64) -> Self {
        let total_claimable = U256::from(number);
        Self { account: Address::left_padding_from(&number.to_be_bytes()), total_claimable }
    }
}

impl Numbered for CumulativeLeaf {
    fn numbered(number: u64) -> Self {
        Self {
            rewardee: Address::left_padding_from(&(number / 2).to_be_bytes()),
            chain_id: number % 2,
            token: Address::repeat_byte(7),
            rewardee_type: U256::ONE,
            amount: U256::from(number),
            rewardee_data_hash: B256::ZERO,
        }
    }
}

impl Numbered for MerklLeaf {
    fn numbered(number: u64) -> Self {
        Self {
            user: Address::left_padding_from(&(number / 2).to_be_bytes()),
            token: Address::left_padding_from(&[u8::from(number.is_multiple_of(2))]),
            cumulative_amount: U256::from(number),
        }
    }
}

#[test]
fn three_leaves_have_the_shape_of_the_standard_tree() {
    let leaves: Vec<_> = (0..3).map(OperatorLeaf::numbered).collect();
    let mut hashes: Vec<B256> = leaves.iter().map(Leaf::hash).collect();
    hashes.sort_unstable();
    // Five nodes: leaves 0, 1, 2 sit at 4, 3, 2; node 1 is over 3 and 4, the root over 1 and 2.
    let root = sorted_root(hashes[1], &[hashes[0], hashes[2]]);
    assert_eq!(OperatorTree::build(leaves).unwrap().root(), root);
    assert_eq!(standard_root(hashes), Some(root));
}

#[test]
fn hashed_leaves_have_the_root_of_their_tree_in_any_order() {
    assert_eq!(standard_root(Vec::new()), None);
    for count in 1..12 {
        let leaves: Vec<_> = (0..count).map(OperatorLeaf::numbered).collect();
        let mut hashes: Vec<B256> = leaves.iter().map(Leaf::hash).collect();
        let root = OperatorTree::build(leaves).unwrap().root();
        assert_eq!(standard_root(hashes.clone()), Some(root));
        hashes.reverse();
        assert_eq!(standard_root(hashes.clone()), Some(root));
        let last = hashes.pop();
        assert_ne!(standard_root(hashes), Some(root));
        assert!(count > 1 || last == Some(root));
    }
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn sorted_tree<L: Numbered + Send>(numbers: &[u64], turn: usize) -> Result<(), TestCaseError> {
    let leaves: Vec<L> = numbers.iter().map(|number| L::numbered(*number)).collect();
    let tree = SortedTree::build(leaves.clone()).unwrap();
    let stranger = L::numbered(u64::MAX);
    for (n, leaf) in leaves.iter().enumerate() {
        let proof = tree.proof(n).unwrap();
        prop_assert!(leaf.is_proven_by(&proof, tree.root()));
        prop_assert!(!leaf.is_proven_by(&proof, B256::ZERO));
        prop_assert!(!stranger.is_proven_by(&proof, tree.root()));
        let other = &leaves[(n + 1) % leaves.len()];
        prop_assert_eq!(other.is_proven_by(&proof, tree.root()), other == leaf);
        for row in 0..proof.len() {
            let mut proof = proof.clone();
            proof[row].0[turn % 32] ^= 1;
            prop_assert!(!leaf.is_proven_by(&proof, tree.root()));
        }
    }
    let count = leaves.len();
    let refusal = MerkleError::NoSuchLeaf { index: count, count };
    prop_assert_eq!(tree.proof(count), Err(refusal));

    let mut turned = leaves.clone();
    turned.rotate_left(turn % count);
    turned.reverse();
    prop_assert_eq!(SortedTree::build(turned).unwrap().root(), tree.root());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_sorted_tree_proves_its_leaves_and_no_other(
        numbers in prop::collection::btree_set(0u64..1_000_000, 1..160),
        turn in any::<usize>(),
    ) {
        let numbers: Vec<u64> = numbers.into_iter().collect();
        sorted_tree::<OperatorLeaf>(&numbers, turn)?;
        sorted_tree::<CumulativeLeaf>(&numbers, turn)?;
        sorted_tree::<MerklLeaf>(&numbers, turn)?;
    }

    #[test]
    fn a_tree_of_earners_proves_its_earnings_and_no_other(
        counts in prop::collection::vec(1u8..12, 1..40),
        turn in any::<usize>(),
    ) {
        let earnings = earnings(&counts);
        let tree = EarnerTree::build(earnings.clone()).unwrap();
        for of_one in earnings.chunk_by(|a, b| a.earner == b.earner) {
            let tokens: Vec<Address> = of_one.iter().map(|earning| earning.token).collect();
            let claim = tree.claim(of_one[0].earner, &tokens).unwrap();
            prop_assert_eq!(claim.check(tree.root()), Ok(()));
            for spoil in SPOILED {
                let mut claim = claim.clone();
                if spoil(&mut claim, turn) {
                    prop_assert!(claim.check(tree.root()).is_err(), "{claim:?}");
                }
            }
        }
        let mut turned = earnings.clone();
        turned.rotate_left(turn % earnings.len());
        prop_assert_eq!(EarnerTree::build(turned).unwrap().root(), tree.root());
    }
}

fn earnings(tokens: &[u8]) -> Vec<Earning> {
    let of = |(earner, tokens): (usize, &u8)| {
        (1..=*tokens).map(move |token| Earning {
            earner: Address::left_padding_from(&earner.to_be_bytes()),
            token: Address::repeat_byte(token),
            cumulative_earnings: U256::from(earner + usize::from(token)),
        })
    };
    tokens.iter().enumerate().flat_map(of).collect()
}

/// Ways to spoil a claim, each false where there is nothing to spoil.
type Spoil = fn(&mut Claim, usize) -> bool;
const SPOILED: [Spoil; 6] = [
    |claim, _| {
        claim.earner_index ^= 1;
        true
    },
    |claim, turn| match claim.earner_proof.len() {
        0 => false,
        rows => {
            claim.earner_proof[turn % rows].0[turn % 32] ^= 1;
            true
        }
    },
    |claim, turn| {
        claim.earner_leaf.earner_token_root.0[turn % 32] ^= 1;
        true
    },
    |claim, turn| {
        let place = turn % claim.tokens.len();
        claim.tokens[place].index ^= 1;
        true
    },
    |claim, turn| {
        let place = turn % claim.tokens.len();
        claim.tokens[place].leaf.cumulative_earnings += U256::ONE;
        true
    },
    |claim, turn| {
        let place = turn % claim.tokens.len();
        claim.tokens[place].proof.pop().is_some()
    },
];

#[test]
fn any_number_of_threads_gives_the_same_tree() {
    // Enough leaves for several tasks in the lower rows, and no power of two.
    let numbers: Vec<u64> = (0..20_011).collect();
    let leaves: Vec<OperatorLeaf> = numbers.iter().map(|n| OperatorLeaf::numbered(*n)).collect();
    let merkl: Vec<MerklLeaf> = numbers.iter().map(|n| MerklLeaf::numbered(*n)).collect();
    let mut earned = earnings(&(0..9_001u32).map(|n| (n % 5 + 1) as u8).collect::<Vec<_>>());
    earned.reverse();
    let all = |threads| {
        on_threads(threads, || {
            let operator = SortedTree::build(leaves.clone()).unwrap();
            let proof = operator.proof(12_345).unwrap();
            let merkl = SortedTree::build(merkl.clone()).unwrap();
            let earners = EarnerTree::build(earned.clone()).unwrap();
            let claim = earners.claim(earned[77].earner, &[earned[77].token]).unwrap();
            (operator.root(), proof, merkl.root(), earners.root(), claim)
        })
    };
    let one = all(1);
    for threads in 2..=8 {
        assert_eq!(all(threads), one, "{threads} threads");
    }
}

#[test]
fn a_leaf_that_is_there_twice_is_refused_where_it_would_be_paid_once() {
    let mut numbers: Vec<u64> = (0..5_000).collect();
    numbers.push(17);
    let refusal = Some(MerkleError::Repeated { first: 17, second: 5_000 });
    let merkl = numbers.iter().map(|n| MerklLeaf::numbered(*n)).collect();
    assert_eq!(SortedTree::build(merkl).err(), refusal);
    let cumulative = numbers.iter().map(|n| CumulativeLeaf::numbered(*n)).collect();
    assert_eq!(SortedTree::build(cumulative).err(), refusal);
    let operator: Vec<_> = numbers.iter().map(|n| OperatorLeaf::numbered(*n)).collect();
    let tree = SortedTree::build(operator).unwrap();
    for n in [17, 5_000] {
        assert!(tree.leaves()[n].is_proven_by(&tree.proof(n).unwrap(), tree.root()));
    }
}

#[test]
fn nothing_makes_no_tree() {
    assert_eq!(SortedTree::<OperatorLeaf>::build(Vec::new()).err(), Some(MerkleError::Empty));
    assert_eq!(SortedTree::<MerklLeaf>::build(Vec::new()).err(), Some(MerkleError::Empty));
    assert_eq!(EarnerTree::build(Vec::new()).err(), Some(MerkleError::Empty));
}
