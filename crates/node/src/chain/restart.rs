//! From memory into a store, and from a store back into memory.

use super::block::Block;
use super::blocks::Slot;
use super::clock::Clock;
use super::ledger::Ledger;
use super::pool::Pool;
use super::sieve::Sieve;
use super::snapshots::Contents;
use super::tip::Tip;
use super::writer::Writer;
use super::{Chain, Limits, fold};
use crate::error::Error;
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::Recovered;
use alloy_eips::Decodable2718;
use alloy_primitives::B256;
use bondstone_store::{
    Batch, BlockRecord, Meta, Options, Position, Recovered as FromStore, Recovery, Snapshot, Store,
    StoreError, WaitingRecord,
};
use bondstone_world::World;
use borsh::BorshDeserialize;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

impl Chain {
    /// Puts a chain that was made in memory into an empty store, whole or not at all, and keeps it
    /// there from now on.
    ///
    /// # Errors
    /// Those of the store; when the chain is not in memory only.
    pub fn keep(self, mut store: Store) -> Result<Self, Error> {
        let Self { ledger, pool, impersonation, writer, limits } = self;
        let tip = writer.into_tip();
        let tip = tip.ok_or_else(|| Error::Internal("the chain has a store".to_owned()))?;
        {
            let mut ledger = ledger.write().unwrap_or_else(PoisonError::into_inner);
            let mut batch = Batch::new();
            let blocks: Vec<Arc<Block>> = ledger.blocks().held();
            blocks.iter().for_each(|block| batch.push_block(block.record()));
            batch.push(&bondstone_store::Record::Clock(tip.clock().record()));
            let positions = store.append_batch(&mut batch)?;
            ledger.blocks_mut().place_all(&positions);
        }
        let writer = Writer::durable(tip, Arc::clone(&ledger), store)
            .map_err(|error| Error::Internal(format!("no thread for the writer: {error}")))?;
        Ok(Self { ledger, pool, impersonation, writer, limits })
    }

    /// Opens a store and takes the chain out of it, if there is one in it yet.
    ///
    /// # Errors
    /// Those of the store; when a block does not fold.
    pub fn open(dir: &Path, options: &Options) -> Result<Opened, Error> {
        loop {
            let (store, recovery) = Store::open(dir, options)?;
            for notice in &recovery.notices {
                tracing::warn!("{notice}");
            }
            if store.height().is_none() {
                return Ok(Opened::Empty(Box::new(store)));
            }
            let meta = recovery.meta.clone();
            match Self::load(store, recovery) {
                Ok(chain) => return Ok(Opened::Chain(Box::new(chain), meta)),
                Err(Failure::Snapshot(path, reason)) => {
                    // The journal has everything: this only takes longer.
                    tracing::warn!("removed the snapshot {}: {reason}", path.display());
                    std::fs::remove_file(&path).map_err(|error| {
                        Error::Internal(format!("cannot remove {}: {error}", path.display()))
                    })?;
                }
                Err(Failure::Other(error)) => return Err(error),
            }
        }
    }

    fn load(store: Store, recovery: Recovery) -> Result<Self, Failure> {
        let pool = Arc::new(Mutex::new(Pool::default()));
        let mut restored = Restored::begin(&store, recovery.snapshot.as_ref())?;
        for record in recovery.records {
            restored.take(record.map_err(Error::from)?)?;
        }
        let (tip, ledger) = restored.finish(&pool)?;
        let ledger = Arc::new(RwLock::new(ledger));
        let writer = Writer::durable(tip, Arc::clone(&ledger), store)
            .map_err(|error| Error::Internal(format!("no thread for the writer: {error}")))?;
        let (impersonation, limits) = (RwLock::default(), Limits::default());
        Ok(Self { ledger, pool, impersonation, writer, limits })
    }
}

/// What was in a store.
#[derive(Debug)]
pub enum Opened {
    /// A chain, and what the store tells of it.
    Chain(Box<Chain>, Meta),
    /// Nothing yet: a chain can be put there with [`Chain::keep`].
    Empty(Box<Store>),
}

/// Why a chain does not come back.
enum Failure {
    /// A snapshot is whole, but of no use to this version.
    Snapshot(PathBuf, String),
    Other(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

/// A chain on its way back.
struct Restored {
    world: World,
    hash: B256,
    clock: Clock,
    ledger: Ledger,
    waiting: Vec<WaitingRecord>,
}

impl Restored {
    fn begin(store: &Store, snapshot: Option<&Snapshot>) -> Result<Self, Failure> {
        let mut restored = Self {
            world: World::default(),
            hash: B256::ZERO,
            clock: Clock::wall(),
            ledger: Ledger::new(Clock::wall()),
            waiting: Vec::new(),
        };
        let Some(snapshot) = snapshot else { return Ok(restored) };
        let bad = |error: String| Failure::Snapshot(snapshot.path().to_path_buf(), error);
        let contents = Contents::try_from_slice(&snapshot.index()?);
        let contents = contents.map_err(|error| bad(error.to_string()))?;
        let world = World::load(BufReader::with_capacity(1 << 20, snapshot.state()));
        restored.world = world.map_err(|error| bad(error.to_string()))?;
        for block in contents.blocks {
            restored.ledger.blocks_mut().push_stored(block.slot());
        }
        restored.waiting = contents.waiting.into_iter().map(WaitingRecord::from).collect();
        restored.hash = snapshot.head().hash;
        restored.clock = Clock::restored(store.block(snapshot.position())?.clock);
        let height = snapshot.head().height;
        restored.ledger.history_mut().push(height, restored.world.clone());
        Ok(restored)
    }

    fn take(&mut self, record: FromStore) -> Result<(), Error> {
        match record {
            FromStore::Block { position, block } => self.fold(position, &block)?,
            FromStore::Clock(clock) => self.clock = Clock::restored(clock),
            FromStore::Waiting(waiting) => self.waiting.push(waiting),
            FromStore::Dropped { hash } => self.waiting.retain(|waiting| waiting.hash != hash),
        }
        Ok(())
    }

    fn fold(&mut self, position: Position, block: &BlockRecord) -> Result<(), Error> {
        let number = block.moment.number;
        self.world.set_block(block.moment);
        fold(&mut self.world, &block.entries, number)?;
        self.hash = block.hash;
        self.clock = Clock::restored(block.clock);
        let transactions: Arc<[B256]> = block.transactions.iter().map(|kept| kept.hash).collect();
        if !self.waiting.is_empty() {
            self.waiting.retain(|waiting| !transactions.contains(&waiting.hash));
        }
        let sieve = Sieve::of(&block.entries);
        let slot = Slot::stored(block.hash, sieve, transactions, position);
        self.ledger.blocks_mut().push_stored(slot);
        self.ledger.history_mut().push(number, self.world.clone());
        Ok(())
    }

    fn finish(self, pool: &Arc<Mutex<Pool>>) -> Result<(Tip, Ledger), Error> {
        let Self { world, hash, clock, mut ledger, waiting } = self;
        ledger.restore(world.clone(), clock);
        let mut tip = Tip::new(world, hash, clock, Arc::clone(pool));
        for waiting in waiting {
            let envelope = TxEnvelope::decode_2718_exact(&waiting.envelope);
            let envelope = envelope.map_err(|error| {
                Error::Internal(format!("transaction {} cannot be decoded: {error}", waiting.hash))
            })?;
            tip.restore_waiting(Recovered::new_unchecked(envelope, waiting.sender));
        }
        Ok((tip, ledger))
    }
}
