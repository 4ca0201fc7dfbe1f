//! Which container holds state: pages with undo, or a persistent vector whose old roots are kept.
//!
//! `cargo bench -p bondstone-kernel --bench state`. The result is the reason for decision 2.

use bondstone_kernel::{Index, Mark, Table, Undo};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const CELLS: u32 = 1_000_000;

type Cell = [u64; 5];

fn scatter(seed: u32) -> u32 {
    seed.wrapping_mul(2_654_435_761) % CELLS
}

fn writes(c: &mut Criterion) {
    let mut group = c.benchmark_group("write one of 1M cells");
    group.throughput(Throughput::Elements(1));
    let mut table: Table<Cell> = Table::default();
    for id in 0..CELLS {
        table.set(Mark::FINAL, id, [u64::from(id); 5]);
    }
    let mut seed = 0;
    group.bench_function("pages, with undo, settled every 8 writes", |b| {
        b.iter(|| {
            seed += 1;
            table.set(Mark(1), scatter(seed), black_box([7; 5]));
            if seed.is_multiple_of(8) {
                table.settle();
            }
        });
    });
    let mut vector: imbl::Vector<Cell> = (0..CELLS).map(|id| [u64::from(id); 5]).collect();
    group.bench_function("imbl::Vector in place", |b| {
        b.iter(|| {
            seed += 1;
            vector.set(scatter(seed) as usize, black_box([7; 5]));
        });
    });
    let mut kept = vector.clone();
    group.bench_function("imbl::Vector, an old root kept every 8 writes", |b| {
        b.iter(|| {
            seed += 1;
            if seed.is_multiple_of(8) {
                kept = vector.clone();
            }
            vector.set(scatter(seed) as usize, black_box([7; 5]));
        });
    });
    let mut kept_table = table.clone();
    group.bench_function("pages, a fork kept every 8 writes", |b| {
        b.iter(|| {
            seed += 1;
            if seed.is_multiple_of(8) {
                kept_table = table.clone();
            }
            table.set(Mark::FINAL, scatter(seed), black_box([7; 5]));
        });
    });
    black_box((&kept, &kept_table));
    group.finish();
}

fn lookups(c: &mut Criterion) {
    let mut group = c.benchmark_group("find one of 1M keys");
    group.throughput(Throughput::Elements(1));
    let key = |n: u32| {
        alloy_primitives::Address::from_word(alloy_primitives::B256::from(
            alloy_primitives::U256::from(n),
        ))
    };
    let mut index = Index::default();
    let mut map = imbl::HashMap::new();
    for n in 0..CELLS {
        index.intern(Mark::FINAL, key(n));
        map.insert(key(n), n);
    }
    let mut seed = 0;
    group.bench_function("Index", |b| {
        b.iter(|| {
            seed += 1;
            black_box(index.find(&key(scatter(seed))))
        });
    });
    group.bench_function("imbl::HashMap", |b| {
        b.iter(|| {
            seed += 1;
            black_box(map.get(&key(scatter(seed))))
        });
    });
    group.finish();
}

criterion_group!(benches, writes, lookups);
criterion_main!(benches);
