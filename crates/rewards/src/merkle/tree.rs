//! The one builder of trees: rows of nodes in one array, each row hashed from the row below.

use super::keccak::{BATCH, Node, hash_each};
use alloy_primitives::{B256, keccak256};
use rayon::prelude::*;

/// Batches of pairs that are worth handing to another thread.
const BATCHES_PER_TASK: usize = 8;

/// How a tree is put together out of hashed leaves.
///
/// Pairs of neighbours become the row above, until one node is left. The shapes differ in the last
/// node of a row of odd length, and in the order in which a pair is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// OpenZeppelin's `StandardMerkleTree`: the odd node is first in the row above. Pairs are
    /// hashed in ascending order.
    Standard,
    /// The odd node is last in the row above. Pairs are hashed in ascending order.
    Layered,
    /// The odd node is paired with what a subtree of zero leaves hashes to, as if zero words
    /// filled the leaves up to a power of two. Pairs are hashed as they stand.
    Padded,
}

/// Where a row lies in the array. In a standard tree it may begin with the last node of the row
/// below.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    end: usize,
}

impl Row {
    fn width(self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// All nodes of a tree: the leaves, then each row above.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    rows: Vec<Row>,
    /// What a subtree of zeros hashes to, for each row; nothing unless padded.
    zeros: Vec<Node>,
    shape: Shape,
}

impl Tree {
    /// A tree whose leaves, at least one, are written by `fill`. It is lent as many more nodes to
    /// work with, which are those of the rows above and not needed before.
    pub(super) fn build(
        leaves: usize,
        shape: Shape,
        fill: impl FnOnce(&mut [Node], &mut [Node]),
    ) -> Self {
        let rows = rows(leaves, shape);
        let all = rows.last().map_or(0, |row| row.end);
        let zeros = if shape == Shape::Padded { zeros(rows.len()) } else { Vec::new() };
        let mut nodes = vec![Node::default(); all.max(leaves.saturating_mul(2))];
        if let Some((own, rest)) = nodes.split_at_mut_checked(leaves)
            && let Some(lent) = rest.get_mut(..leaves)
        {
            fill(own, lent);
        }
        nodes.truncate(all);
        let mut zero = zeros.iter();
        for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
            let (done, open) = nodes.split_at_mut(row.end);
            let (Some(below), Some(above)) =
                (done.get(row.start..), open.get_mut(..next.end.saturating_sub(row.end)))
            else {
                break;
            };
            hash_row(below, above, shape, zero.next());
        }
        Self { nodes, rows, zeros, shape }
    }

    /// The only node of the last row.
    pub(super) fn root(&self) -> B256 {
        self.nodes.last().copied().map_or(B256::ZERO, B256::new)
    }

    /// The hashes of the leaves.
    pub(super) fn leaves(&self) -> &[Node] {
        self.rows.first().and_then(|row| self.nodes.get(..row.end)).unwrap_or_default()
    }

    /// All nodes, the leaves first and the root last.
    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The siblings on the way from a leaf to the root; `None` when there is no such leaf.
    pub(super) fn proof(&self, leaf: usize) -> Option<Vec<B256>> {
        if leaf >= self.leaves().len() {
            return None;
        }
        let mut proof = Vec::with_capacity(self.rows.len());
        let mut place = leaf;
        let mut zeros = self.zeros.iter();
        for row in self.rows.iter().filter(|row| row.width() > 1) {
            let zero = zeros.next();
            let sibling = place ^ 1;
            let odd = row.width() % 2;
            if sibling < row.width() {
                let node = self.nodes.get(row.start.checked_add(sibling)?)?;
                proof.push(B256::new(*node));
                let before = if self.shape == Shape::Standard { odd } else { 0 };
                place = (place / 2).saturating_add(before);
            } else {
                proof.extend(zero.copied().map(B256::new));
                place = if self.shape == Shape::Standard { 0 } else { place / 2 };
            }
        }
        Some(proof)
    }
}

/// Where the rows lie, from the leaves to the root.
fn rows(leaves: usize, shape: Shape) -> Vec<Row> {
    let mut row = Row { start: 0, end: leaves };
    let mut rows = vec![row];
    while row.width() > 1 {
        let (pairs, odd) = (row.width() / 2, row.width() % 2);
        let start = match shape {
            Shape::Standard => row.end.saturating_sub(odd),
            Shape::Layered | Shape::Padded => row.end,
        };
        row = Row { start, end: start.saturating_add(pairs).saturating_add(odd) };
        rows.push(row);
    }
    rows
}

/// What subtrees of zero words hash to, from a leaf upwards.
pub(super) fn zeros(rows: usize) -> Vec<Node> {
    let pair = |node: &Node| Some(keccak256([*node, *node].as_flattened()).0);
    std::iter::successors(Some(Node::default()), pair).take(rows).collect()
}

/// Hashes a row into the new nodes of the row above it.
fn hash_row(below: &[Node], above: &mut [Node], shape: Shape, zero: Option<&Node>) {
    let (pairs, odd) = below.as_chunks::<2>();
    let Some((parents, rest)) = above.split_at_mut_checked(pairs.len()) else { return };
    parents
        .par_chunks_mut(BATCH)
        .zip(pairs.par_chunks(BATCH))
        .with_min_len(BATCHES_PER_TASK)
        .for_each(|(parents, pairs)| match shape {
            Shape::Padded => hash_each(pairs.as_flattened().as_flattened(), parents),
            Shape::Standard | Shape::Layered => hash_ordered(pairs, parents),
        });
    if let (Some(parent), [odd]) = (rest.first_mut(), odd) {
        *parent = match zero {
            Some(zero) => keccak256([*odd, *zero].as_flattened()).0,
            None => *odd,
        };
    }
}

/// Hashes pairs, at most a batch of them, the smaller node of each first.
fn hash_ordered(pairs: &[[Node; 2]], parents: &mut [Node]) {
    let mut ordered = [[Node::default(); 2]; BATCH];
    for (to, [left, right]) in ordered.iter_mut().zip(pairs) {
        // Which is smaller is a coin toss, and one that the processor should not bet on: both
        // places are chosen without a jump unless the first eight bytes are equal.
        let (left_head, right_head) = (head(left), head(right));
        let swap = left_head > right_head || (left_head == right_head && left > right);
        let (small, large) = if swap { (right, left) } else { (left, right) };
        *to = [*small, *large];
    }
    if let Some(ordered) = ordered.get(..pairs.len()) {
        hash_each(ordered.as_flattened().as_flattened(), parents);
    }
}

/// The first eight bytes of a node as a number.
pub(super) fn head(node: &Node) -> u64 {
    node.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

/// The root of OpenZeppelin's standard tree over leaves that are hashed already, in any order;
/// `None` when there are none.
#[must_use]
pub fn standard_root(mut hashes: Vec<B256>) -> Option<B256> {
    hashes.sort_unstable();
    let write = |own: &mut [Node], _: &mut [Node]| {
        for (node, hash) in own.iter_mut().zip(&hashes) {
            *node = hash.0;
        }
    };
    (!hashes.is_empty()).then(|| Tree::build(hashes.len(), Shape::Standard, write).root())
}

/// The root to which a proof leads from the hash of a leaf, pairs hashed in ascending order.
/// Source: OpenZeppelin 5.0.2 `MerkleProof.processProof`; Merkl `Distributor`.
#[must_use]
pub fn sorted_root(leaf: B256, proof: &[B256]) -> B256 {
    proof.iter().fold(leaf, |node, sibling| {
        let pair = if node <= *sibling { [node.0, sibling.0] } else { [sibling.0, node.0] };
        keccak256(pair.as_flattened())
    })
}

/// The root to which a proof leads from the hash of the leaf at an index: bit k of the index, from
/// the lowest, says whether the node is the right one of its pair in row k. `None` when the index
/// has more bits than the proof has rows.
/// Source: EigenLayer `Merkle.processInclusionProofKeccak`.
#[must_use]
pub fn positional_root(leaf: B256, index: u32, proof: &[B256]) -> Option<B256> {
    let mut index = index;
    let root = proof.iter().fold(leaf, |node, sibling| {
        let is_left = index.is_multiple_of(2);
        index /= 2;
        let pair = if is_left { [node.0, sibling.0] } else { [sibling.0, node.0] };
        keccak256(pair.as_flattened())
    });
    (index == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: usize) -> Vec<Node> {
        (0..count).map(|n| keccak256(n.to_be_bytes()).0).collect()
    }

    fn built(leaves: &[Node], shape: Shape) -> Tree {
        Tree::build(leaves.len(), shape, |to, _| to.copy_from_slice(leaves))
    }

    fn pair(left: Node, right: Node, shape: Shape) -> Node {
        let ordered =
            if shape == Shape::Padded || left <= right { [left, right] } else { [right, left] };
        keccak256(ordered.concat()).0
    }

    /// OpenZeppelin's own layout: the root first, the children of `i` at `2i + 1` and `2i + 2`.
    fn standard(leaves: &[Node]) -> Vec<Node> {
        let count = leaves.len();
        let mut nodes = vec![Node::default(); 2 * count - 1];
        for (n, leaf) in leaves.iter().enumerate() {
            nodes[2 * count - 2 - n] = *leaf;
        }
        for n in (0..count - 1).rev() {
            nodes[n] = pair(nodes[2 * n + 1], nodes[2 * n + 2], Shape::Standard);
        }
        nodes
    }

    fn layered(leaves: &[Node]) -> Node {
        let mut row = leaves.to_vec();
        while row.len() > 1 {
            let up = |nodes: &[Node]| match nodes {
                [left, right] => pair(*left, *right, Shape::Layered),
                _ => nodes[0],
            };
            row = row.chunks(2).map(up).collect();
        }
        row[0]
    }

    fn padded(leaves: &[Node]) -> Node {
        let mut row = leaves.to_vec();
        row.resize(leaves.len().next_power_of_two(), Node::default());
        while row.len() > 1 {
            row = row.chunks(2).map(|both| pair(both[0], both[1], Shape::Padded)).collect();
        }
        row[0]
    }

    #[test]
    fn every_shape_is_what_its_definition_says() {
        for count in (1..70).chain([127, 128, 129, 255, 1_000, 1_025, 4_099]) {
            let leaves = leaves(count);
            let mut nodes = built(&leaves, Shape::Standard).nodes().to_vec();
            nodes.reverse();
            assert_eq!(nodes, standard(&leaves), "{count}");
            assert_eq!(built(&leaves, Shape::Layered).root().0, layered(&leaves), "{count}");
            assert_eq!(built(&leaves, Shape::Padded).root().0, padded(&leaves), "{count}");
        }
    }

    #[test]
    fn every_proof_leads_to_the_root_and_only_from_its_leaf() {
        for count in (1..40).chain([65, 130]) {
            let leaves = leaves(count);
            for shape in [Shape::Standard, Shape::Layered, Shape::Padded] {
                let tree = built(&leaves, shape);
                for (n, leaf) in leaves.iter().enumerate() {
                    let proof = tree.proof(n).unwrap();
                    let index = u32::try_from(n).unwrap();
                    let root = |leaf: Node, index| match shape {
                        Shape::Padded => positional_root(leaf.into(), index, &proof),
                        _ => Some(sorted_root(leaf.into(), &proof)),
                    };
                    assert_eq!(root(*leaf, index), Some(tree.root()), "{shape:?} {count} {n}");
                    assert_ne!(root([7; 32], index), Some(tree.root()));
                    if shape == Shape::Padded {
                        let rows = u32::try_from(proof.len()).unwrap();
                        assert_eq!(1usize << rows, count.next_power_of_two());
                        assert_eq!(root(*leaf, index + (1 << rows)), None);
                        assert!(count == 1 || root(*leaf, index ^ 1) != Some(tree.root()));
                    }
                }
                assert_eq!(tree.proof(count), None);
            }
        }
    }

    #[test]
    fn zeros_are_subtrees_of_zero_words() {
        let zeros = zeros(4);
        assert_eq!(zeros.len(), 4);
        for (row, zero) in zeros.iter().enumerate() {
            assert_eq!(*zero, padded(&vec![Node::default(); 1 << row]));
        }
    }

    #[test]
    fn a_pair_of_equal_nodes_is_hashed_once() {
        let twice = [leaves(1)[0]; 2];
        let root = pair(twice[0], twice[1], Shape::Standard);
        assert_eq!(built(&twice, Shape::Standard).root().0, root);
        assert_eq!(sorted_root(twice[0].into(), &[twice[1].into()]).0, root);
    }
}
