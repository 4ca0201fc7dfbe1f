//! Shortcuts for a restart: the world, the index of all blocks and the waiting transactions, as
//! they were after some block.

use super::blocks::Slot;
use super::ledger::Ledger;
use super::sieve::Sieve;
use super::tip::Tip;
use crate::error::Error;
use alloy_primitives::{Address, B256};
use bondstone_store::{Head, Position, Reader, WaitingRecord};
use bondstone_world::World;
use borsh::{BorshDeserialize, BorshSerialize};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

/// Bytes of journal after which a snapshot is worth its own: reading them back takes a second or
/// two.
const EVERY_BYTES: u64 = 128 << 20;
/// Bytes of journal that are not worth a snapshot when the chain stops.
const WORTH_BYTES: u64 = 1 << 20;

/// The node's part of a snapshot.
#[derive(Debug, Default, BorshSerialize, BorshDeserialize)]
pub(super) struct Contents {
    pub(super) blocks: Vec<Indexed>,
    pub(super) waiting: Vec<Kept>,
}

/// A block in the index.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub(super) struct Indexed {
    hash: [u8; 32],
    position: u64,
    sieve: [u8; 32],
    transactions: Vec<[u8; 32]>,
}

/// A transaction that waits.
#[derive(Debug, BorshSerialize, BorshDeserialize)]
pub(super) struct Kept {
    hash: [u8; 32],
    sender: [u8; 20],
    envelope: Vec<u8>,
}

impl From<WaitingRecord> for Kept {
    fn from(record: WaitingRecord) -> Self {
        let WaitingRecord { hash, sender, envelope } = record;
        Self { hash: hash.0, sender: sender.0.0, envelope: envelope.to_vec() }
    }
}

impl From<Kept> for WaitingRecord {
    fn from(kept: Kept) -> Self {
        let Kept { hash, sender, envelope } = kept;
        Self { hash: B256::from(hash), sender: Address::from(sender), envelope: envelope.into() }
    }
}

impl Indexed {
    fn of(slot: &Slot) -> Option<Self> {
        Some(Self {
            hash: slot.hash.0,
            position: slot.position()?.0,
            sieve: slot.sieve.to_bytes(),
            transactions: slot.transactions.iter().map(|hash| hash.0).collect(),
        })
    }

    pub(super) fn slot(self) -> Slot {
        let transactions = self.transactions.into_iter().map(B256::from).collect();
        let (sieve, position) = (Sieve::from_bytes(self.sieve), Position(self.position));
        Slot::stored(B256::from(self.hash), sieve, transactions, position)
    }
}

/// Writes snapshots beside the writer.
#[derive(Debug)]
pub(super) struct Snapshots {
    ledger: Arc<RwLock<Ledger>>,
    reader: Reader,
    bytes: u64,
    running: Option<JoinHandle<()>>,
}

impl Snapshots {
    pub(super) fn new(ledger: Arc<RwLock<Ledger>>, reader: Reader) -> Self {
        Self { ledger, reader, bytes: 0, running: None }
    }

    /// Tells that so many more bytes are in the journal, which ends at this tip.
    pub(super) fn now_and_then(&mut self, tip: &Tip, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        let idle = self.running.as_ref().is_none_or(JoinHandle::is_finished);
        if self.bytes >= EVERY_BYTES && idle {
            self.begin(tip);
        }
    }

    /// The chain stops at this tip.
    pub(super) fn last(&mut self, tip: &Tip) {
        self.wait();
        if self.bytes >= WORTH_BYTES {
            self.begin(tip);
        }
    }

    /// Waits for the one that is being written.
    pub(super) fn wait(&mut self) {
        // A panic in it was told of; the journal has everything.
        let _ = self.running.take().map(JoinHandle::join);
    }

    fn begin(&mut self, tip: &Tip) {
        self.bytes = 0;
        let (ledger, reader) = (Arc::clone(&self.ledger), self.reader.clone());
        let (world, waiting) = (tip.world().clone(), tip.waiting());
        let write = move || match write(&ledger, &reader, &world, waiting) {
            Ok(Some(bytes)) => {
                tracing::debug!("snapshot of block {}: {bytes} bytes", world.block().number);
            }
            // The chain was set back in the meantime.
            Ok(None) => {}
            Err(error) => tracing::warn!("no snapshot: {error}"),
        };
        let thread = thread::Builder::new().name("bondstone-snapshot".to_owned());
        match thread.spawn(write) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::warn!("no snapshot: {error}"),
        }
    }
}

fn write(
    ledger: &RwLock<Ledger>,
    reader: &Reader,
    world: &World,
    waiting: Vec<WaitingRecord>,
) -> Result<Option<u64>, Error> {
    let height = world.block().number;
    let slots: Vec<Slot> = {
        let ledger = ledger.read().unwrap_or_else(PoisonError::into_inner);
        let count = usize::try_from(height.saturating_add(1)).unwrap_or(usize::MAX);
        ledger.blocks().slots().get(..count).map(<[Slot]>::to_vec).unwrap_or_default()
    };
    let Some(last) = slots.last() else { return Ok(None) };
    let Some(position) = last.position() else { return Ok(None) };
    let head = Head { height, hash: last.hash };
    let contents = Contents {
        blocks: slots.iter().filter_map(Indexed::of).collect(),
        waiting: waiting.into_iter().map(Kept::from).collect(),
    };
    let index = borsh::to_vec(&contents).map_err(|error| Error::Internal(error.to_string()))?;
    let save = |out: &mut dyn io::Write| world.save(out).map_err(io::Error::other);
    Ok(Some(reader.write_snapshot(head, position, &index, save)?))
}
