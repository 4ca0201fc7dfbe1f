//! What a mirror fed from JSON lines costs: parsing, decoding and folding one log.
//!
//! `cargo bench -p bondstone-conform --bench log_lines`

use alloy_primitives::{Address, U256};
use bondstone_conform::log_lines::{fold_lines, to_line};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultPlan, account};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::{Duration, Instant};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn world(stakers: u64) -> (Sandbox, Address) {
    let mut sandbox = Sandbox::new(1_750_000_000).expect("an empty world");
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: false,
        epoch_duration: 604_800,
        delegator_type: 0,
        slasher: SlasherChoice::None,
    };
    let vault = sandbox.vault(&plan).expect("a sound plan").vault;
    for number in 0..stakers {
        sandbox.fund_and_deposit(vault, account(number), U256::from(1_000)).expect("funded");
        let plenty = U256::from(10u64).pow(U256::from(30));
        sandbox.mint(sandbox.token, account(number), plenty).expect("fits");
    }
    sandbox.wait(12);
    (sandbox, vault)
}

/// 250 deposits as lines of text, and how many lines that is.
fn lines(sandbox: &mut Sandbox, vault: Address, stakers: u64, seed: &mut u64) -> (String, u64) {
    let (mut text, mut count) = (String::new(), 0);
    for _ in 0..250 {
        *seed += 1;
        let from = account(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) % stakers);
        let call = Vault::depositCall { onBehalfOf: from, amount: U256::from(1_000 + *seed) };
        let receipt = sandbox.send(from, vault, &call);
        for log in receipt.logs() {
            text += &to_line(sandbox.world.block(), log);
            text.push('\n');
            count += 1;
        }
    }
    sandbox.wait(12);
    (text, count)
}

fn json(c: &mut Criterion) {
    let mut group = c.benchmark_group("mirror from JSON lines");
    group.throughput(Throughput::Elements(500)).sample_size(20);
    for stakers in [1_000, 1_000_000] {
        let (mut sandbox, vault) = world(stakers);
        let (mut mirrored, _) = world(stakers);
        let mut seed = 0;
        group.bench_function(format!("fold 500 logs, {stakers} stakers"), |b| {
            b.iter_custom(|n| {
                let mut total = Duration::ZERO;
                for _ in 0..n {
                    let (text, count) = lines(&mut sandbox, vault, stakers, &mut seed);
                    let begin = Instant::now();
                    let counts = fold_lines(&mut mirrored.world, text.as_bytes());
                    total += begin.elapsed();
                    assert_eq!(counts.expect("logs of an equal world").applied as u64, count);
                }
                total
            });
        });
    }
    group.finish();
}

criterion_group!(benches, json);
criterion_main!(benches);
