//! What a restart costs: saving and loading a world with a million positions.
//!
//! `cargo bench -p bondstone-world --bench snapshot`. From and to memory, so that no disk is in the
//! figures.

use alloy_primitives::U256;
use bondstone_world::World;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultPlan, account};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const POSITIONS: u64 = 1_000_000;

/// A vault with a million depositors: each an address, a token balance, an allowance and a history
/// of shares.
fn world() -> World {
    let mut sandbox = Sandbox::new(1_750_000_000).expect("an empty world takes the deployment");
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: false,
        epoch_duration: 604_800,
        delegator_type: 0,
        slasher: SlasherChoice::Instant,
    };
    let parts = sandbox.vault(&plan).expect("the plan is sound");
    for number in 0..POSITIONS {
        let amount = U256::from(1_000 + number);
        sandbox.fund_and_deposit(parts.vault, account(number), amount).expect("funded");
    }
    sandbox.world
}

fn snapshot(criterion: &mut Criterion) {
    let world = world();
    let mut bytes = Vec::new();
    world.save(&mut bytes).expect("memory takes all bytes");
    assert!(World::load(bytes.as_slice()).expect("just saved") == world);

    let mut group = criterion.benchmark_group("snapshot/1M positions");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("save", |b| {
        let mut into = Vec::with_capacity(bytes.len());
        b.iter(|| {
            into.clear();
            black_box(&world).save(&mut into).expect("memory takes all bytes");
        });
    });
    group.bench_function("load", |b| {
        b.iter_with_large_drop(|| World::load(black_box(bytes.as_slice())).expect("just saved"));
    });
    group.finish();
}

criterion_group!(benches, snapshot);
criterion_main!(benches);
