//! What Karak costs: operations on small and large worlds.
//!
//! `cargo bench -p bondstone-world --bench karak`. Every operation goes the whole way from calldata
//! through the rules, the fold and the encoding of its logs.

mod measure;

use alloy_primitives::{Address, U256};
use bondstone_karak::abi::core::Core::finalizeSlashingCall;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::VETO_WINDOW;
use bondstone_world::Transaction;
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{Style, account};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use measure::{WORLDS, call, scatter, time};
use std::hint::black_box;
use std::time::{Duration, Instant};

const START: u64 = 1_750_000_000;
const SERVICE: Address = Address::repeat_byte(0xd1);
const OPERATOR: Address = Address::repeat_byte(0x33);
const TOKEN: Address = Address::repeat_byte(0x75);

/// A vault with `stakers` depositors, staked to a service that can slash it.
fn world(stakers: u64) -> (KarakSandbox, Address) {
    let mut karak = KarakSandbox::new(START).expect("an empty world takes the deployment");
    // The zero address takes what is slashed.
    karak.add_asset(TOKEN, Style::ZeroHolds, 18).expect("the address is free");
    karak.service(SERVICE, 100_000_000_000_000_000_000).expect("the address is free");
    let vault = karak.vault(OPERATOR, TOKEN).expect("the asset is listed");
    let (stake, rest) =
        (U256::from(10u64).pow(U256::from(20)), U256::from(10u64).pow(U256::from(30)));
    for number in 0..stakers {
        karak.fund_and_stake(vault, account(number), stake).expect("funded");
        karak.mint(TOKEN, account(number), rest).expect("it fits");
    }
    karak.stake(OPERATOR, vault, SERVICE).expect("the vault is the operator's");
    (karak, vault)
}

fn operations(c: &mut Criterion) {
    for (name, stakers) in WORLDS {
        let (mut karak, vault) = world(stakers);
        let mut group: BenchmarkGroup<'_, WallTime> = c.benchmark_group(format!("Karak, {name}"));
        group.throughput(Throughput::Elements(1)).sample_size(20);
        let mut seed = 0;
        group.bench_function("deposit", |b| {
            b.iter_custom(|n| {
                time(&mut karak, n, 500, |_, _| {
                    seed += 1;
                    let to = account(scatter(seed) % stakers);
                    let assets = U256::from(1_000 + seed);
                    call(to, vault, &Vault::deposit_0Call { assets, to })
                })
            });
        });
        group.bench_function("startRedeem", |b| {
            b.iter_custom(|n| {
                time(&mut karak, n, 500, |_, _| {
                    seed += 1;
                    let beneficiary = account(scatter(seed) % stakers);
                    let shares = U256::from(500);
                    call(beneficiary, vault, &Vault::startRedeemCall { shares, beneficiary })
                })
            });
        });
        group.bench_function("finalizeSlashing", |b| {
            b.iter_custom(|n| {
                let finalize = |karak: &mut KarakSandbox| finalize_one(karak, vault);
                (0..n).map(|_| finalize(&mut karak)).sum()
            });
        });
        group.finish();
    }
}

/// Times one finalisation. A service may ask again only after two days, so each request is made,
/// and waits, outside the clock.
fn finalize_one(karak: &mut KarakSandbox, vault: Address) -> Duration {
    let smallest = [(vault, 1)];
    let queued = karak.request_slash(SERVICE, OPERATOR, &smallest).expect("the vault is staked");
    karak.wait(VETO_WINDOW);
    let core = karak.core();
    let finalize: Transaction =
        call(OPERATOR, core, &finalizeSlashingCall { queuedSlashing: queued });
    let start = Instant::now();
    let receipt = black_box(karak.world.transact(&finalize));
    let elapsed = start.elapsed();
    assert!(receipt.outcome.is_ok(), "{:?}", receipt.outcome);
    elapsed
}

criterion_group!(benches, operations);
criterion_main!(benches);
