//! What durability costs, beside what the disk asks for the same bytes, in the same run.
//!
//! `cargo bench -p bondstone-store --bench journal`. The raw figures overwrite a file that was
//! written before, which is the fastest that a disk can be made to promise something.

use alloy_primitives::{Address, B256, Log, LogData, U256, keccak256};
use bondstone_kernel::{Block, Entry};
use bondstone_store::{
    Batch, BlockRecord, ClockRecord, Options, Outcome, Position, Record, Recovered, Store,
    TransactionRecord,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tempfile::TempDir;

const CHAIN_ID: u64 = 31_337;
const BATCH: usize = 1_000;
/// Bytes that the raw file is written with before it is measured.
const RAW_BYTES: u64 = 64 << 20;

/// A block with one deposit into a vault: nonce, two transfers' worth of logs, shares, two
/// checkpoints.
fn deposit(number: u64, parent: B256) -> BlockRecord {
    let seed = keccak256(number.to_be_bytes());
    let user = Address::from_slice(&seed[..20]);
    let vault = Address::repeat_byte(0xa9);
    let amount = U256::from(number) * U256::from(10).pow(U256::from(18));
    let word = |value: U256| value.to_be_bytes::<32>();
    let entry = |address, name: &str, indexed: &[Address], words: &[U256], internal| {
        let mut topics = vec![keccak256(name)];
        topics.extend(indexed.iter().map(|address| address.into_word()));
        let data: Vec<u8> = words.iter().flat_map(|value| word(*value)).collect();
        let data = LogData::new_unchecked(topics, data.into());
        Entry { log: Log { address, data }, internal }
    };
    let entries = vec![
        entry(user, "Nonce(uint256)", &[], &[U256::from(number)], true),
        entry(Address::repeat_byte(7), "Transfer", &[user, vault], &[amount], false),
        entry(vault, "Transfer", &[Address::ZERO, user], &[amount], false),
        entry(vault, "Deposit", &[user, user], &[amount, amount], false),
        entry(vault, "ActiveShares", &[user], &[amount, U256::from(number)], true),
    ];
    let transaction = TransactionRecord {
        hash: seed,
        sender: user,
        // A signed EIP-1559 transaction with two arguments.
        envelope: seed.repeat(6)[..180].to_vec().into(),
        gas_used: 330_000,
        outcome: Outcome::Done,
        entries: 5,
    };
    let mut block = BlockRecord {
        moment: Block { number, timestamp: 1_700_000_000 + number, chain_id: CHAIN_ID },
        parent,
        hash: B256::ZERO,
        entries,
        transactions: vec![transaction],
        clock: ClockRecord::default(),
    };
    block.hash = block.computed_hash();
    block
}

struct Chain {
    number: u64,
    parent: B256,
}

impl Chain {
    fn next(&mut self) -> Record {
        let block = deposit(self.number, self.parent);
        (self.number, self.parent) = (self.number + 1, block.hash);
        Record::Block(block)
    }
}

fn open(dir: &Path) -> (Store, Chain) {
    let (store, _) = Store::open(dir, &Options::new(CHAIN_ID)).expect("a fresh directory");
    (store, Chain { number: 0, parent: B256::ZERO })
}

/// Overwrites, and syncs, `bytes` bytes after those of before.
fn raw(dir: &TempDir, bytes: usize) -> impl FnMut() {
    let path = dir.path().join(format!("raw-{bytes}"));
    let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let file = file.expect("a fresh directory");
    let piece = vec![0u8; 1 << 20];
    for at in (0..RAW_BYTES).step_by(piece.len()) {
        file.write_all_at(&piece, at).expect("the disk has room");
    }
    file.sync_all().expect("the disk works");
    let (piece, mut at) = (vec![0x5a; bytes], 0);
    move || {
        if at + bytes as u64 > RAW_BYTES {
            at = 0;
        }
        file.write_all_at(&piece, at).expect("it was written before");
        file.sync_data().expect("the disk works");
        at += bytes as u64;
    }
}

fn appending(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target directory");
    for (name, blocks) in [("one block", 1), ("a thousand blocks", BATCH)] {
        let mut group = c.benchmark_group(format!("make {name} durable"));
        group.throughput(Throughput::Elements(blocks as u64));
        let (mut store, mut chain) = open(&dir.path().join(format!("store-{blocks}")));
        let sample: Vec<_> = (0..blocks).map(|_| chain.next()).collect();
        let mut batch = Batch::new();
        sample.iter().for_each(|record| batch.push(record));
        let frame = batch.bytes() as usize;
        store.append_batch(&mut batch).expect("the disk works");
        let mut write = raw(&dir, frame);
        group.bench_function(format!("raw, {frame} bytes"), |b| b.iter(&mut write));
        group.bench_function("append", |b| {
            b.iter_batched(
                || (0..blocks).map(|_| chain.next()).collect::<Vec<_>>(),
                |records| store.append(&records).expect("the disk works"),
                criterion::BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

fn reading(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target directory");
    let (mut store, mut chain) = open(dir.path());
    let mut positions: Vec<Position> = Vec::new();
    for _ in 0..50 {
        let records: Vec<_> = (0..BATCH).map(|_| chain.next()).collect();
        positions.extend(store.append(&records).expect("the disk works"));
    }
    let mut group = c.benchmark_group("read");
    let mut seed = 1usize;
    group.bench_function("a block by its position", |b| {
        b.iter(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let position = positions[(seed >> 33) % positions.len()];
            black_box(store.block(position).expect("it was appended"))
        });
    });
    drop(store);
    let journal = dir.path().join("journal/0001-0001.journal");
    let bytes = journal.metadata().expect("the journal is there").len();
    group.sample_size(10).throughput(Throughput::Bytes(bytes));
    group.bench_function("open: frames and checksums of 50 thousand blocks", |b| {
        b.iter(|| Store::open(dir.path(), &Options::new(CHAIN_ID)).expect("it is whole"));
    });
    group.bench_function("open and stream: also decode and verify every hash", |b| {
        b.iter(|| {
            let opened = Store::open(dir.path(), &Options::new(CHAIN_ID));
            let (_store, recovery) = opened.expect("it is whole");
            let blocks = recovery.records.filter(|recovered| {
                matches!(recovered.as_ref().expect("it is whole"), Recovered::Block { .. })
            });
            assert_eq!(blocks.count(), 50 * BATCH);
        });
    });
    group.finish();
    let record = Record::Block(deposit(1, B256::ZERO));
    let mut batch = Batch::new();
    c.bench_function("encode a block", |b| {
        b.iter(|| {
            batch.clear();
            batch.push(black_box(&record));
        });
    });
}

criterion_group!(benches, appending, reading);
criterion_main!(benches);
