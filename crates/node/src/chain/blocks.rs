//! Where each block is: in memory, or in the store.

use super::block::Block;
use super::sieve::Sieve;
use alloy_primitives::B256;
use alloy_primitives::map::B256HashMap;
use bondstone_store::Position;
use std::sync::Arc;

/// How many of the last blocks stay in memory when a store has them all.
const HELD: usize = 4_096;

/// Where a block can be read.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Here.
    Memory(Arc<Block>),
    /// In the store, at this position.
    Store(Position),
}

/// What stays in memory of every block.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) hash: B256,
    pub(crate) sieve: Sieve,
    pub(crate) transactions: Arc<[B256]>,
    held: Option<Arc<Block>>,
    position: Option<Position>,
}

impl Slot {
    /// A block that is in the store and not in memory.
    pub(crate) fn stored(
        hash: B256,
        sieve: Sieve,
        transactions: Arc<[B256]>,
        position: Position,
    ) -> Self {
        Self { hash, sieve, transactions, held: None, position: Some(position) }
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.position
    }
}

/// All blocks by height, by hash and by transaction.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    slots: Vec<Slot>,
    by_hash: B256HashMap<u64>,
    by_transaction: B256HashMap<u64>,
}

impl Blocks {
    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.slots.len()).unwrap_or(u64::MAX)
    }

    /// Number of the last block.
    pub(crate) fn height(&self) -> u64 {
        self.len().saturating_sub(1)
    }

    /// What is known of a block without reading it.
    pub(crate) fn slot(&self, number: u64) -> Option<&Slot> {
        self.slots.get(usize::try_from(number).ok()?)
    }

    /// All slots from the first to the last.
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Where a block can be read.
    pub(crate) fn place(&self, number: u64) -> Option<Place> {
        let slot = self.slot(number)?;
        match (&slot.held, slot.position) {
            (Some(block), _) => Some(Place::Memory(Arc::clone(block))),
            (None, Some(position)) => Some(Place::Store(position)),
            (None, None) => None,
        }
    }

    /// The number of the block with this hash.
    pub(crate) fn by_hash(&self, hash: B256) -> Option<u64> {
        self.by_hash.get(&hash).copied()
    }

    /// The number of the block that holds a transaction.
    pub(crate) fn by_transaction(&self, hash: B256) -> Option<u64> {
        self.by_transaction.get(&hash).copied()
    }

    /// Adds the next block, which a store may have at `position`.
    pub(crate) fn push(&mut self, block: Arc<Block>, position: Option<Position>) {
        let record = block.record();
        let transactions = record.transactions.iter().map(|kept| kept.hash).collect();
        let (hash, sieve) = (record.hash, Sieve::of(&record.entries));
        self.add(Slot { hash, sieve, transactions, held: Some(block), position });
        let old = self.slots.len().checked_sub(HELD.saturating_add(1));
        if let Some(slot) = old.and_then(|old| self.slots.get_mut(old))
            && slot.position.is_some()
        {
            slot.held = None;
        }
    }

    /// Adds the next block, which is in the store.
    pub(crate) fn push_stored(&mut self, slot: Slot) {
        self.add(slot);
    }

    fn add(&mut self, slot: Slot) {
        let number = self.len();
        self.by_transaction.extend(slot.transactions.iter().map(|hash| (*hash, number)));
        self.by_hash.insert(slot.hash, number);
        self.slots.push(slot);
    }

    /// All blocks that are in memory, in order.
    pub(crate) fn held(&self) -> Vec<Arc<Block>> {
        self.slots.iter().filter_map(|slot| slot.held.clone()).collect()
    }

    /// Says where the blocks are in a store that got all of them.
    pub(crate) fn place_all(&mut self, positions: &[Position]) {
        for (slot, position) in self.slots.iter_mut().zip(positions) {
            slot.position = Some(*position);
        }
        let old = self.slots.len().saturating_sub(HELD);
        self.slots.iter_mut().take(old).for_each(|slot| slot.held = None);
    }

    /// The blocks after `height` that are in memory.
    pub(crate) fn held_after(&self, height: u64) -> Vec<Arc<Block>> {
        let first = usize::try_from(height.saturating_add(1)).unwrap_or(usize::MAX);
        let slots = self.slots.get(first..).unwrap_or_default();
        slots.iter().filter_map(|slot| slot.held.clone()).collect()
    }

    /// Drops every block after `height`; the dropped ones' transactions are unknown again.
    pub(crate) fn rewind(&mut self, height: u64) {
        let kept = usize::try_from(height.saturating_add(1)).unwrap_or(usize::MAX);
        for slot in self.slots.drain(kept.min(self.slots.len())..) {
            self.by_hash.remove(&slot.hash);
            for transaction in slot.transactions.iter() {
                self.by_transaction.remove(transaction);
            }
        }
    }
}
