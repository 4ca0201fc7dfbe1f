//! What the engine costs: operations, folds and forks on small and large worlds.
//!
//! `cargo bench -p bondstone-world --bench symbiotic`. Every operation goes the whole way from
//! calldata through the rules, the fold and the encoding of its logs.

mod measure;

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, Bytes, Log, U256};
use bondstone_symbiotic::abi::slasher::Slasher;
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::Transaction;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan, account};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use measure::{WORLDS, call, scatter, time};
use std::hint::black_box;
use std::time::{Duration, Instant};

const START: u64 = 1_750_000_000;
const DAY: u64 = 24 * 3600;
const MIDDLEWARE: Address = Address::repeat_byte(0x11);
const NETWORK: Address = Address::repeat_byte(0x22);
const OPERATOR: Address = Address::repeat_byte(0x33);

/// A vault with `stakers` depositors, an operator and a network that can slash it.
fn world(stakers: u64) -> (Sandbox, VaultParts) {
    let mut sandbox = Sandbox::new(START).expect("an empty world takes the deployment");
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: false,
        epoch_duration: 7 * DAY,
        delegator_type: 0,
        slasher: SlasherChoice::Instant,
    };
    let parts = sandbox.vault(&plan).expect("the plan is sound");
    sandbox.network(NETWORK, MIDDLEWARE).expect("new");
    sandbox.operator(OPERATOR).expect("new");
    sandbox.opt_in(OPERATOR, parts.vault, NETWORK).expect("registered");
    sandbox.delegate(&parts, NETWORK, OPERATOR).expect("curator");
    for number in 0..stakers {
        let amount = U256::from(10u64).pow(U256::from(20));
        sandbox.fund_and_deposit(parts.vault, account(number), amount).expect("funded");
    }
    sandbox.mint_all(stakers);
    sandbox.wait(60);
    (sandbox, parts)
}

trait MintAll {
    fn mint_all(&mut self, stakers: u64);
}

impl MintAll for Sandbox {
    /// Leaves every staker something to deposit.
    fn mint_all(&mut self, stakers: u64) {
        let amount = U256::from(10u64).pow(U256::from(30));
        for number in 0..stakers {
            self.mint(self.token, account(number), amount).expect("fits");
        }
    }
}

fn deposit(vault: Address, staker: u64, amount: u64) -> Transaction {
    let from = account(staker);
    let amount = U256::from(amount);
    call(from, vault, &Vault::depositCall { onBehalfOf: from, amount })
}

fn operations(c: &mut Criterion) {
    for (name, stakers) in WORLDS {
        let (mut sandbox, parts) = world(stakers);
        let mut group: BenchmarkGroup<'_, WallTime> = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1)).sample_size(20);
        let mut seed = 0;
        group.bench_function("deposit", |b| {
            b.iter_custom(|n| {
                time(&mut sandbox, n, 500, |_, _| {
                    seed += 1;
                    deposit(parts.vault, scatter(seed) % stakers, 1_000 + seed)
                })
            });
        });
        group.bench_function("mixed deposit, withdraw, redeem", |b| {
            b.iter_custom(|n| {
                time(&mut sandbox, n, 500, |_, _| {
                    seed += 1;
                    mixed(parts.vault, scatter(seed) % stakers, seed)
                })
            });
        });
        group.bench_function("slash", |b| {
            b.iter_custom(|n| {
                time(&mut sandbox, n, 500, |_, sandbox| {
                    let call_slash = Slasher::slashCall {
                        subnetwork: subnetwork(NETWORK, U96::ZERO),
                        operator: OPERATOR,
                        amount: U256::from(1_000),
                        captureTimestamp: U48::from(sandbox.now() - 12),
                        hints: Bytes::new(),
                    };
                    call(MIDDLEWARE, parts.slasher, &call_slash)
                })
            });
        });
        group.finish();
    }
}

fn mixed(vault: Address, staker: u64, seed: u64) -> Transaction {
    let claimer = account(staker);
    match seed % 4 {
        0 => {
            let amount = U256::from(500);
            call(claimer, vault, &Vault::withdrawCall { claimer, amount })
        }
        1 => {
            let shares = U256::from(400);
            call(claimer, vault, &Vault::redeemCall { claimer, shares })
        }
        _ => deposit(vault, staker, 1_000 + seed),
    }
}

fn forks(c: &mut Criterion) {
    let (mut sandbox, parts) = world(1_000_000);
    let mut group = c.benchmark_group("fork of 1M stakers");
    group.bench_function("fork and drop", |b| b.iter(|| black_box(sandbox.world.clone())));
    group.bench_function("fork, then the first deposit in it", |b| {
        let mut seed = 0;
        b.iter(|| {
            seed += 1;
            let mut fork = sandbox.world.clone();
            black_box(fork.transact(&deposit(parts.vault, scatter(seed) % 1_000_000, seed)))
        });
    });
    group.bench_function("failed deposit taken back", |b| {
        let poor = call(
            Address::repeat_byte(0x99),
            parts.vault,
            &Vault::depositCall { onBehalfOf: OPERATOR, amount: U256::ONE },
        );
        b.iter(|| black_box(sandbox.world.transact(&poor)));
    });
    group.finish();
}

/// A world that runs and one that only sees its logs. Both own their pages, as a mirror does.
fn mirror(c: &mut Criterion) {
    for (name, stakers) in WORLDS {
        let (mut sandbox, parts) = world(stakers);
        let (mut mirrored, _) = world(stakers);
        let mut group = c.benchmark_group(format!("mirror, {name}"));
        group.throughput(Throughput::Elements(1)).sample_size(20);
        let mut seed = 0;
        group.bench_function("fold one decoded log", |b| {
            b.iter_custom(|n| {
                let mut total = Duration::ZERO;
                let mut folded = 0;
                while folded < n {
                    let logs = block_of_logs(&mut sandbox, parts.vault, stakers, &mut seed);
                    let logs = &logs[..logs.len().min((n - folded) as usize)];
                    let begin = Instant::now();
                    for log in logs {
                        mirrored.world.fold(log).expect("a log of an equal world");
                    }
                    total += begin.elapsed();
                    folded += logs.len() as u64;
                    mirrored.world.set_block(*sandbox.world.block());
                }
                total
            });
        });
        group.finish();
    }
}

/// Logs of 500 operations, then the next block. Only the part that a mirror is asked to fold may be
/// cut off at the end of a measurement: the rest is deposits whose loss no later log notices.
fn block_of_logs(sandbox: &mut Sandbox, vault: Address, stakers: u64, seed: &mut u64) -> Vec<Log> {
    let mut logs = Vec::new();
    for _ in 0..500 {
        *seed += 1;
        let transaction = deposit(vault, scatter(*seed) % stakers, 1_000 + *seed);
        let receipt = sandbox.world.transact(&transaction);
        logs.extend(receipt.entries.into_iter().map(|entry| entry.log));
    }
    sandbox.wait(12);
    logs
}

criterion_group!(benches, operations, forks, mirror);
criterion_main!(benches);
