//! The chain's end, where the one writer works: what a new block is made from, and what it made
//! that nobody sees yet.

use super::block::Block;
use super::clock::Clock;
use super::pool::Pool;
use super::{CHAIN_ID, gas_of};
use crate::error::Error;
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::{Recovered, Transaction as _};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Block as Moment, Entry, FoldError};
use bondstone_store::{BlockRecord, ClockRecord, Outcome, TransactionRecord, WaitingRecord};
use bondstone_tokens::BLOCK_GAS_LIMIT;
use bondstone_world::{Transaction, World};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most blocks that one request can mine.
pub(crate) const MAX_MINED: u64 = 100_000;

/// Most states that `evm_snapshot` remembers; the oldest is forgotten for a new one.
const MAX_SAVED: usize = 1_024;

/// Something that the writer did to the chain and that is not published yet.
#[derive(Debug)]
pub(crate) enum Change {
    /// A block, and the world after it.
    Block(Arc<Block>, Box<World>),
    /// The chain ends at this height again, with this world.
    Rewind(u64, Box<World>),
    /// The clock was moved.
    Clock(ClockRecord),
    /// A transaction was taken that waits for its block.
    Waiting(Box<Recovered<TxEnvelope>>),
    /// A waiting transaction was dropped unmined.
    Dropped(B256),
}

/// A state that `evm_revert` can go back to.
#[derive(Debug)]
struct Saved {
    id: u64,
    world: World,
    hash: B256,
    clock: Clock,
    pool: Pool,
}

/// The end of the chain as the writer knows it.
#[derive(Debug)]
pub(crate) struct Tip {
    world: World,
    hash: B256,
    clock: Clock,
    automatic: bool,
    pool: Arc<Mutex<Pool>>,
    saved: Vec<Saved>,
    saved_count: u64,
    changes: Vec<Change>,
    /// Transactions in the blocks of `changes`.
    made: HashSet<B256>,
}

impl Tip {
    /// A chain that ends with this world and this hash; the world knows its block.
    pub(crate) fn new(world: World, hash: B256, clock: Clock, pool: Arc<Mutex<Pool>>) -> Self {
        Self {
            world,
            hash,
            clock,
            automatic: true,
            pool,
            saved: Vec::new(),
            saved_count: 0,
            changes: Vec::new(),
            made: HashSet::new(),
        }
    }

    /// Takes what was done since the last time.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        self.made.clear();
        std::mem::take(&mut self.changes)
    }

    /// The world after the last block.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// The chain's clock.
    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moment of the next block, if it were made now.
    pub(crate) fn next_moment(&self) -> Moment {
        next_moment(self.world.block(), &self.clock)
    }

    /// Takes a transaction. It is in a block at once, unless blocks are made on request or the
    /// sender's nonces before it are missing.
    pub(crate) fn submit(&mut self, transaction: Recovered<TxEnvelope>) -> Result<B256, Error> {
        let hash = *transaction.tx_hash();
        self.admit(&transaction)?;
        let sender = transaction.signer();
        if self.automatic && transaction.nonce() == self.world.nonce(sender) {
            self.make_block(vec![transaction], false)?;
            self.mine_ready_of(sender)?;
        } else {
            self.pool().insert(transaction.clone())?;
            self.changes.push(Change::Waiting(Box::new(transaction)));
        }
        Ok(hash)
    }

    /// What only the state can say against a transaction.
    fn admit(&self, transaction: &Recovered<TxEnvelope>) -> Result<(), Error> {
        let hash = *transaction.tx_hash();
        if self.made.contains(&hash) || self.pool().find(hash).is_some() {
            return Err(Error::AlreadyKnown(hash));
        }
        let sender = transaction.signer();
        let (next, got) = (self.world.nonce(sender), transaction.nonce());
        if got < next {
            return Err(Error::NonceTooLow { sender, next, got });
        }
        let (have, want) = (self.world.balance(sender), transaction.value());
        if have < want {
            return Err(Error::InsufficientFunds { sender, have, want });
        }
        Ok(())
    }

    /// The sender's transactions that waited for the one just mined, each in a block of its own.
    fn mine_ready_of(&mut self, sender: Address) -> Result<(), Error> {
        loop {
            let next = self.world.nonce(sender);
            let Some(transaction) = self.pool().take(sender, next) else {
                self.pool().drop_stale(sender, next);
                return Ok(());
            };
            self.make_block(vec![transaction], true)?;
        }
    }

    /// Mines `count` blocks, each `interval` seconds after the one before if that is given and not
    /// zero; the first is at `timestamp` if that is given. Waiting transactions go into the first
    /// blocks that have room for them.
    pub(crate) fn mine(
        &mut self,
        count: u64,
        interval: Option<u64>,
        timestamp: Option<u64>,
    ) -> Result<(), Error> {
        if count > MAX_MINED {
            return Err(Error::TooManyBlocks { asked: count, limit: MAX_MINED });
        }
        let interval = interval.filter(|interval| *interval > 0);
        for nth in 0..count {
            let last = self.world.block().timestamp;
            let spaced = interval.map(|interval| last.saturating_add(interval));
            if let Some(timestamp) = timestamp.filter(|_| nth == 0).or(spaced) {
                self.set_next_timestamp(timestamp)?;
            }
            let ready = self.take_ready();
            self.make_block(ready, true)?;
        }
        Ok(())
    }

    /// The waiting transactions that fit into a block, in order.
    fn take_ready(&self) -> Vec<Recovered<TxEnvelope>> {
        let mut pool = self.pool();
        let mut room = BLOCK_GAS_LIMIT;
        let mut taken = Vec::new();
        for (sender, nonce) in pool.ready(|sender| self.world.nonce(sender)) {
            let gas = pool.get(sender, nonce).map_or(0, |transaction| {
                gas_of(&self.world, transaction.to(), transaction.input())
            });
            let Some(left) = room.checked_sub(gas) else { break };
            room = left;
            taken.extend(pool.take(sender, nonce));
        }
        taken
    }

    /// Makes a block of these transactions, in this order; `waited` says where they come from.
    fn make_block(
        &mut self,
        transactions: Vec<Recovered<TxEnvelope>>,
        waited: bool,
    ) -> Result<(), Error> {
        self.append(self.next_moment(), |_| Ok(Vec::new()), transactions, waited)
    }

    /// Makes a block out of facts that no transaction made, such as a balance that is set.
    fn make_own_block(
        &mut self,
        write: impl FnOnce(&mut World) -> Result<Vec<Entry>, FoldError>,
    ) -> Result<(), Error> {
        self.append(self.next_moment(), write, Vec::new(), true)
    }

    /// Makes the first block.
    pub(crate) fn genesis(
        clock: Clock,
        pool: Arc<Mutex<Pool>>,
        write: impl FnOnce(&mut World) -> Result<Vec<Entry>, FoldError>,
    ) -> Result<Self, Error> {
        let moment = Moment { number: 0, timestamp: clock.now(), chain_id: CHAIN_ID };
        let mut tip = Self::new(World::new(moment), B256::ZERO, clock, pool);
        tip.append(moment, write, Vec::new(), true)?;
        Ok(tip)
    }

    fn append(
        &mut self,
        moment: Moment,
        write: impl FnOnce(&mut World) -> Result<Vec<Entry>, FoldError>,
        transactions: Vec<Recovered<TxEnvelope>>,
        waited: bool,
    ) -> Result<(), Error> {
        let mut world = self.world.clone();
        world.set_block(moment);
        let mut entries = write(&mut world).map_err(internal)?;
        let (mut kept, mut mined) = (Vec::new(), Vec::new());
        for transaction in transactions {
            match execute(&mut world, &transaction)? {
                Some((record, its)) => {
                    entries.extend(its);
                    kept.push(record);
                    mined.push(transaction);
                }
                None => self.put_back(&world, transaction),
            }
        }
        let mut clock = self.clock;
        clock.mined(moment.timestamp);
        let mut record = BlockRecord {
            moment,
            parent: self.hash,
            hash: B256::ZERO,
            entries,
            transactions: kept,
            clock: clock.record(),
        };
        record.hash = record.computed_hash();
        self.made.extend(record.transactions.iter().map(|kept| kept.hash));
        (self.hash, self.clock) = (record.hash, clock);
        self.world = world.clone();
        let block = Arc::new(Block::made(record, mined, waited));
        self.changes.push(Change::Block(block, Box::new(world)));
        Ok(())
    }

    /// A transaction that could not run: it waits on when one before it is missing, and is dropped
    /// when its sender cannot pay for what it moves.
    fn put_back(&mut self, world: &World, transaction: Recovered<TxEnvelope>) {
        let hash = *transaction.tx_hash();
        let waits = transaction.nonce() > world.nonce(transaction.signer());
        if !waits || self.pool().insert(transaction).is_err() {
            tracing::info!("{hash} dropped: its sender cannot pay for it");
            self.changes.push(Change::Dropped(hash));
        }
    }

    /// Sets the wei of an account, in a block of its own.
    pub(crate) fn set_balance(&mut self, address: Address, balance: U256) -> Result<(), Error> {
        self.make_own_block(|world| Ok(vec![world.set_balance(address, balance)?]))
    }

    /// Sets the nonce of an account, in a block of its own.
    pub(crate) fn set_nonce(&mut self, address: Address, nonce: u64) -> Result<(), Error> {
        self.make_own_block(|world| Ok(vec![world.set_nonce(address, nonce)?]))?;
        self.pool().drop_stale(address, nonce);
        Ok(())
    }

    /// Moves the clock ahead; returns by how much it is ahead in all, in seconds.
    pub(crate) fn increase_time(&mut self, seconds: u64) -> Result<i64, Error> {
        let ahead = self.clock.increase(seconds)?;
        self.changes.push(Change::Clock(self.clock.record()));
        Ok(ahead)
    }

    /// Sets the clock, which runs on from there; returns by how much it moved, in seconds.
    pub(crate) fn set_time(&mut self, timestamp: u64) -> Result<i64, Error> {
        self.refuse_past(timestamp)?;
        let moved = self.clock.set(timestamp)?;
        self.changes.push(Change::Clock(self.clock.record()));
        Ok(moved)
    }

    /// Gives the next block a timestamp.
    pub(crate) fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), Error> {
        self.refuse_past(timestamp)?;
        self.clock.set_next(timestamp)?;
        self.changes.push(Change::Clock(self.clock.record()));
        Ok(())
    }

    fn refuse_past(&self, timestamp: u64) -> Result<(), Error> {
        let latest = self.world.block().timestamp;
        if timestamp <= latest {
            return Err(Error::TimeRunsBack { asked: timestamp, latest });
        }
        Ok(())
    }

    /// Lets the clock show the wall clock's time again.
    pub(crate) fn follow_wall_clock(&mut self) {
        self.clock.follow_wall();
        self.changes.push(Change::Clock(self.clock.record()));
    }

    /// Whether a transaction makes its block at once.
    pub(crate) fn is_automatic(&self) -> bool {
        self.automatic
    }

    /// Makes blocks at once, or on request and by the clock. What waited is mined when blocks are
    /// made at once again.
    pub(crate) fn set_automatic(&mut self, automatic: bool) -> Result<(), Error> {
        self.automatic = automatic;
        if automatic && !self.pool().ready(|sender| self.world.nonce(sender)).is_empty() {
            self.mine(1, None, None)?;
        }
        Ok(())
    }

    /// Drops a waiting transaction.
    pub(crate) fn drop_waiting(&mut self, hash: B256) -> bool {
        let dropped = self.pool().remove(hash).is_some();
        if dropped {
            self.changes.push(Change::Dropped(hash));
        }
        dropped
    }

    /// Puts a transaction that waited before a restart back into the pool.
    pub(crate) fn restore_waiting(&mut self, transaction: Recovered<TxEnvelope>) {
        // It was admitted once; a nonce used since then makes it stale.
        if transaction.nonce() >= self.world.nonce(transaction.signer()) {
            let _ = self.pool().insert(transaction);
        }
    }

    /// What waits, as it is kept.
    pub(crate) fn waiting(&self) -> Vec<WaitingRecord> {
        self.pool().iter().map(super::kept_waiting).collect()
    }

    /// Remembers this state; returns the number under which it can be had back.
    pub(crate) fn save(&mut self) -> u64 {
        self.saved_count = self.saved_count.saturating_add(1);
        if self.saved.len() >= MAX_SAVED {
            self.saved.remove(0);
        }
        let pool = self.pool().clone();
        let (world, hash, clock) = (self.world.clone(), self.hash, self.clock);
        self.saved.push(Saved { id: self.saved_count, world, hash, clock, pool });
        self.saved_count
    }

    /// Goes back to a remembered state; it and all that were remembered after it are forgotten.
    /// Returns whether there was one.
    pub(crate) fn restore(&mut self, id: u64) -> bool {
        let Some(at) = self.saved.iter().position(|saved| saved.id == id) else { return false };
        let Some(saved) = self.saved.drain(at..).next() else { return false };
        let before = std::mem::replace(&mut *self.pool(), saved.pool);
        (self.world, self.hash, self.clock) = (saved.world, saved.hash, saved.clock);
        let height = self.world.block().number;
        self.changes.push(Change::Rewind(height, Box::new(self.world.clone())));
        self.changes.push(Change::Clock(self.clock.record()));
        self.tell_of_pool(&before);
        true
    }

    /// What waits is not what waited before.
    fn tell_of_pool(&mut self, before: &Pool) {
        let pool = self.pool().clone();
        let gone = before.iter().filter(|old| pool.find(*old.tx_hash()).is_none());
        self.changes.extend(gone.map(|old| Change::Dropped(*old.tx_hash())));
        let waiting = pool.iter().map(|waiting| Change::Waiting(Box::new(waiting.clone())));
        self.changes.extend(waiting);
    }
}

/// The moment after `last` by the clock.
pub(crate) fn next_moment(last: &Moment, clock: &Clock) -> Moment {
    Moment {
        number: last.number.saturating_add(1),
        timestamp: clock.next(last.timestamp),
        chain_id: CHAIN_ID,
    }
}

/// Runs a transaction; `None` when the sender can no longer pay for what it moves, or the nonce no
/// longer fits: then nothing happened.
pub(crate) fn execute(
    world: &mut World,
    transaction: &Recovered<TxEnvelope>,
) -> Result<Option<(TransactionRecord, Vec<Entry>)>, Error> {
    let sender = transaction.signer();
    let unpaid = world.balance(sender) < transaction.value();
    if unpaid || world.nonce(sender) != transaction.nonce() {
        return Ok(None);
    }
    let mut entries = vec![world.bump_nonce(sender).map_err(internal)?];
    let receipt = world.transact(&message(transaction));
    entries.extend(receipt.entries);
    let gas = gas_of(world, transaction.to(), transaction.input());
    let record = TransactionRecord {
        hash: *transaction.tx_hash(),
        sender,
        envelope: transaction.encoded_2718().into(),
        gas_used: gas.min(transaction.gas_limit()),
        outcome: match receipt.outcome {
            Ok(_) => Outcome::Done,
            Err(revert) => Outcome::Reverted(revert.data().clone()),
        },
        entries: u32::try_from(entries.len())
            .map_err(|error| Error::Internal(error.to_string()))?,
    };
    Ok(Some((record, entries)))
}

/// What a transaction asks of the world.
pub(crate) fn message(transaction: &Recovered<TxEnvelope>) -> Transaction {
    Transaction {
        from: transaction.signer(),
        to: transaction.to(),
        value: transaction.value(),
        input: transaction.input().clone(),
    }
}

fn internal(error: FoldError) -> Error {
    Error::Internal(error.to_string())
}
