//! A Merkle tree of operator rewards, beside what its hashes alone take and beside npm's library.
//!
//! All get the same leaves, and npm's root has to be ours. A leaf takes two blocks of Keccak and
//! every pair of nodes one.

use crate::error::BenchError;
use crate::table::{Direction, Figure, Goal, Report, Row};
use alloy_primitives::{Address, B256, U256, keccak256};
use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree};
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use rayon::prelude::*;
use serde::Deserialize;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How many times as long as its hashes alone a tree may take.
const FLOOR_GOAL: f64 = 1.5;
/// How many times as fast as npm's library it has to be.
const NPM_GOAL: f64 = 50.0;
const SECTION: &str = "a Merkle tree of operator rewards";
/// Blocks that are hashed from one buffer, which stays in the cache.
const BLOCKS: usize = 64;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Leaves of the tree.
    pub(crate) leaves: usize,
    /// Rounds, of which the fastest counts.
    pub(crate) rounds: usize,
}

/// What the script says of npm's library.
#[derive(Debug, Deserialize)]
struct Npm {
    seconds: f64,
    root: B256,
    bytes: u64,
}

/// Measures, with the npm packages in `modules` and the script beside them.
pub(crate) fn measure(modules: &Path, size: Size) -> Result<Report, BenchError> {
    let leaves: Vec<OperatorLeaf> = (0..size.leaves).map(leaf).collect();
    let blocks = size.leaves * 3 - 1;
    let mut times = [Duration::MAX; 3];
    let mut root = B256::ZERO;
    let mut proof = Duration::MAX;
    for _ in 0..size.rounds {
        let [floor, singly, ours] = &mut times;
        *floor = (*floor).min(timed(|| hash_many_at_once(blocks)));
        *singly = (*singly).min(timed(|| hash_one_by_one(blocks)));
        let given = leaves.clone();
        let start = Instant::now();
        let tree = OperatorTree::build(given)?;
        *ours = (*ours).min(start.elapsed());
        root = tree.root();
        let asked = size.leaves.min(1_000);
        let start = Instant::now();
        for number in 0..asked {
            black_box(tree.proof(number * (size.leaves / asked))?);
        }
        proof = proof.min(start.elapsed() / u32::try_from(asked).unwrap_or(1));
    }
    let npm = npm(modules, size.leaves)?;
    if npm.root != root {
        return Err(BenchError::Different {
            operation: format!("the root of {} leaves", size.leaves),
            number: 0,
            left_name: "bondstone",
            left: root.to_string(),
            right_name: "npm",
            right: npm.root.to_string(),
        });
    }
    let [floor, singly, ours] = times;
    let row = |rival_name, rival, direction, goal| Row {
        section: SECTION,
        operation: format!("tree of {} leaves", size.leaves),
        rival_name,
        bondstone: Figure::time(ours),
        rival: Figure::time(rival),
        direction,
        goal,
    };
    let npm_time = Duration::from_secs_f64(npm.seconds);
    let rows = vec![
        row("Keccak alone, many at once", floor, Direction::Longer, Some(Goal::AtMost(FLOOR_GOAL))),
        row("Keccak alone, one by one", singly, Direction::Longer, Some(Goal::AtMost(FLOOR_GOAL))),
        row(
            "@openzeppelin/merkle-tree",
            npm_time,
            Direction::Faster,
            Some(Goal::AtLeast(NPM_GOAL)),
        ),
    ];
    let note = format!(
        "Keccak alone is {blocks} blocks from the cache on {} threads, with what the tree hashes \
         with and with keccak-asm. A proof from the tree takes {:.2} µs. npm's library took {:.1} GB \
         at its peak.",
        rayon::current_num_threads(),
        proof.as_secs_f64() * 1e6,
        npm.bytes as f64 / 1e9,
    );
    Ok(Report { rows, notes: vec![note] })
}

/// The leaf that `merkle.mjs` makes under the same number.
fn leaf(number: usize) -> OperatorLeaf {
    let number = U256::from(number);
    let account = number * U256::from(0x9e37_79b9_7f4a_7c15_u64) + U256::ONE;
    OperatorLeaf { account: Address::from_word(account.into()), total_claimable: number }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// The work of so many blocks, spread over all threads.
fn on_all_threads(blocks: usize, work: impl Fn(&[u8], &mut [[u8; 32]]) + Sync) {
    let threads = rayon::current_num_threads();
    (0..threads).into_par_iter().with_max_len(1).for_each(|_| {
        let messages = [7u8; 64 * BLOCKS];
        let mut digests = [[0u8; 32]; BLOCKS];
        for _ in 0..blocks.div_ceil(threads * BLOCKS) {
            work(black_box(&messages), &mut digests);
            black_box(&digests);
        }
    });
}

fn hash_many_at_once(blocks: usize) {
    on_all_threads(blocks, |messages, digests| Keccak256Hash.hash_many(messages, digests));
}

fn hash_one_by_one(blocks: usize) {
    on_all_threads(blocks, |messages, digests| {
        for (message, digest) in messages.chunks_exact(64).zip(digests) {
            *digest = keccak256(message).0;
        }
    });
}

fn npm(modules: &Path, leaves: usize) -> Result<Npm, BenchError> {
    if !modules.join("@openzeppelin/merkle-tree").is_dir() {
        return Err(BenchError::Missing {
            what: format!("@openzeppelin/merkle-tree in {}", modules.display()),
            hint: "run `npm ci` in tests/e2e",
        });
    }
    let script = modules.join("../merkle.mjs");
    let mut command = Command::new("node");
    // A million leaves do not fit the heap that node takes by itself on a small machine.
    command.arg("--max-old-space-size=6144").arg(&script).arg("time").arg(leaves.to_string());
    let output = command.output().map_err(BenchError::file("run node on", &script))?;
    let fault = |fault: String| BenchError::Server { server: script.display().to_string(), fault };
    if !output.status.success() {
        return Err(fault(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| fault(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_have_addresses_of_their_own() {
        let accounts: std::collections::BTreeSet<_> =
            (0..1_000).map(|number| leaf(number).account).collect();
        assert_eq!(accounts.len(), 1_000);
        assert_eq!(leaf(0).account, Address::left_padding_from(&[1]));
    }
}
