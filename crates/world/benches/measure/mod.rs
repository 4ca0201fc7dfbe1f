//! What the benches of all suites share: sizes of worlds, scattered stakers, the clock.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_world::Transaction;
use bondstone_world::sandbox::Sandbox;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Names and sizes of the worlds that operations are measured in.
pub(crate) const WORLDS: [(&str, u64); 2] = [("1k stakers", 1_000), ("1M stakers", 1_000_000)];

/// A fixed sequence of pseudo-random numbers (SplitMix64), so that runs are alike.
pub(crate) fn scatter(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A transaction that makes a call.
pub(crate) fn call(from: Address, to: Address, call: &impl SolCall) -> Transaction {
    let input = Bytes::from(call.abi_encode());
    Transaction { from, to: Some(to), value: U256::ZERO, input }
}

/// Times transactions, a new block every `per_block` of them; they are made outside the clock.
pub(crate) fn time(
    sandbox: &mut Sandbox,
    iterations: u64,
    per_block: u64,
    mut make: impl FnMut(u64, &Sandbox) -> Transaction,
) -> Duration {
    let mut total = Duration::ZERO;
    let mut done = 0;
    while done < iterations {
        let batch: Vec<_> =
            (done..iterations.min(done + per_block)).map(|i| make(i, sandbox)).collect();
        done += batch.len() as u64;
        let start = Instant::now();
        for transaction in &batch {
            let receipt = black_box(sandbox.world.transact(transaction));
            assert!(receipt.outcome.is_ok(), "{:?}", receipt.outcome);
        }
        total += start.elapsed();
        sandbox.wait(12);
    }
    total
}
