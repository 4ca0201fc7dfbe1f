//! The chain: blocks, their transactions and logs, and the world after each of them.
//!
//! There is one writer. It works at the [`tip`], and what it did is published when it is kept: a
//! reader never sees what a crash could take away. Readers take a fork of the world, which costs a
//! few reference counts, and run on it without holding anybody up.

pub mod block;
mod blocks;
pub mod clock;
mod history;
mod ledger;
mod logs;
pub mod pool;
mod restart;
mod sieve;
mod snapshots;
pub(crate) mod tip;
pub mod trace;
mod writer;

pub use ledger::Event;
pub use logs::Limits;
pub use restart::Opened;
pub use writer::Answer;

use crate::error::Error;
use alloy_consensus::transaction::{Recovered, SignerRecoverable, Transaction as _};
use alloy_consensus::{TxEnvelope, TxType, Typed2718};
use alloy_eips::{BlockId, BlockNumberOrTag, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, U256};
use block::Block;
use bondstone_kernel::{Entry, FoldError, Revert};
use bondstone_store::WaitingRecord;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use bondstone_world::{Transaction, World};
use clock::Clock;
use ledger::Ledger;
use pool::Pool;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tip::Tip;
use tokio::sync::broadcast;
use tokio::task::block_in_place;
use writer::Writer;

/// EIP-155 chain id, the one that local chains share.
pub const CHAIN_ID: u64 = 31_337;

/// Largest encoded transaction, in bytes; the limit of go-ethereum's pool.
pub const MAX_TRANSACTION: usize = 128 << 10;

/// Gas of any transaction, before calldata.
const BASE_GAS: u64 = 21_000;
/// Gas of a byte of calldata.
const BYTE_GAS: u64 = 16;
/// Gas of whatever a contract does: gas is not modelled, every call costs the same.
const CALL_GAS: u64 = 300_000;

/// A call to run without keeping what it does.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Who calls; the zero address when the client does not say.
    pub from: Address,
    /// The called address.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
}

/// Whose transactions the node takes without a signature.
#[derive(Clone, Debug, Default)]
struct Impersonation {
    accounts: BTreeSet<Address>,
    all: bool,
}

/// The chain.
#[derive(Debug)]
pub struct Chain {
    ledger: Arc<RwLock<Ledger>>,
    pool: Arc<Mutex<Pool>>,
    impersonation: RwLock<Impersonation>,
    writer: Writer,
    limits: Limits,
}

impl Chain {
    /// A chain in memory whose first block is at the clock's time and holds what `genesis` deploys.
    ///
    /// # Errors
    /// The error of `genesis`, as [`Error::Internal`].
    pub fn new(
        clock: Clock,
        genesis: impl FnOnce(&mut World) -> Result<Vec<Entry>, FoldError>,
    ) -> Result<Self, Error> {
        let pool = Arc::new(Mutex::new(Pool::default()));
        let mut tip = Tip::genesis(clock, Arc::clone(&pool), genesis)?;
        let ledger = Arc::new(RwLock::new(Ledger::new(clock)));
        ledger::publish(&ledger, tip.take_changes(), &[]);
        let writer = Writer::in_memory(tip, Arc::clone(&ledger));
        let impersonation = RwLock::default();
        Ok(Self { ledger, pool, impersonation, writer, limits: Limits::default() })
    }

    /// Sets how much one search may ask for.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    fn read(&self) -> RwLockReadGuard<'_, Ledger> {
        self.ledger.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The transactions that wait.
    pub fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to the chain from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.read().events()
    }

    /// A fork of the world after the last block.
    #[must_use]
    pub fn latest(&self) -> World {
        self.read().world().clone()
    }

    /// A fork of the world as the next transaction will find it: at the next block's time, after
    /// the transactions that wait for it.
    #[must_use]
    pub fn pending(&self) -> World {
        let (mut world, moment) = {
            let ledger = self.read();
            (ledger.world().clone(), ledger.next_moment())
        };
        world.set_block(moment);
        let waiting: Vec<Recovered<TxEnvelope>> = {
            let pool = self.pool();
            let ready = pool.ready(|sender| world.nonce(sender)).into_iter();
            ready.filter_map(|(sender, nonce)| pool.get(sender, nonce).cloned()).collect()
        };
        for transaction in waiting {
            // One that cannot run will not run in the block either.
            let _ = tip::execute(&mut world, &transaction);
        }
        world
    }

    /// The nonce of the account's next transaction, after those that wait for a block.
    #[must_use]
    pub fn pending_nonce(&self, account: Address) -> u64 {
        let nonce = self.read().world().nonce(account);
        self.pool().next_nonce(account, nonce)
    }

    /// A fork of the world at a block.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`] for one that is not in the chain.
    pub fn world_at(&self, at: BlockId) -> Result<World, Error> {
        if at.is_pending() {
            return Ok(self.pending());
        }
        let (number, nearest) = {
            let ledger = self.read();
            let number = ledger.resolve(at).ok_or_else(|| unknown(at))?;
            if number == ledger.height() {
                return Ok(ledger.world().clone());
            }
            (number, ledger.history().nearest(number))
        };
        block_in_place(|| self.fold_to(number, nearest))
    }

    /// The world at a height, folded from one before it, or from nothing.
    fn fold_to(&self, height: u64, from: Option<(u64, World)>) -> Result<World, Error> {
        if let Some((at, world)) = &from
            && *at == height
        {
            return Ok(world.clone());
        }
        let (first, mut world) = match from {
            Some((at, world)) => (at.saturating_add(1), world),
            None => (0, World::default()),
        };
        for number in first..=height {
            let block = self.number(number)?.ok_or_else(|| unknown(number.into()))?;
            world.set_block(block.record().moment);
            fold(&mut world, &block.record().entries, number)?;
        }
        let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
        // The chain may have been set back while the blocks were folded.
        if ledger.blocks().slot(height).is_some() {
            ledger.history_mut().remember(height, world.clone());
        }
        Ok(world)
    }

    /// Hash of the last block.
    #[must_use]
    pub fn head(&self) -> B256 {
        let ledger = self.read();
        ledger.blocks().slot(ledger.height()).map_or(B256::ZERO, |slot| slot.hash)
    }

    /// Number of the last block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.read().height()
    }

    /// A block of the chain; the last one stands for the pending one. `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot give it.
    pub fn block(&self, at: BlockId) -> Result<Option<Arc<Block>>, Error> {
        let number = self.read().resolve(at);
        number.map_or(Ok(None), |number| self.number(number))
    }

    /// The block that holds a transaction, and which one in it.
    ///
    /// # Errors
    /// When the store cannot give it.
    pub fn block_of(&self, transaction: B256) -> Result<Option<(Arc<Block>, usize)>, Error> {
        let number = self.read().blocks().by_transaction(transaction);
        let Some(number) = number else { return Ok(None) };
        let block = self.number(number)?;
        Ok(block.and_then(|block| {
            let position = block.position(transaction)?;
            Some((block, position))
        }))
    }

    fn number(&self, number: u64) -> Result<Option<Arc<Block>>, Error> {
        let place = self.read().blocks().place(number);
        place.map(|place| self.writer.block(place)).transpose()
    }

    /// What a call would return at a block.
    ///
    /// # Errors
    /// [`Error::Reverted`], [`Error::Creation`], and those of [`Self::world_at`].
    pub fn call(&self, request: &Request, at: BlockId) -> Result<Bytes, Error> {
        let mut world = self.world_at(at)?;
        run(&mut world, request).map_err(Error::Reverted)
    }

    /// Gas that a transaction will be given: [`gas_of`], after the call was seen to succeed.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn estimate(&self, request: &Request, at: BlockId) -> Result<u64, Error> {
        let mut world = self.world_at(at)?;
        run(&mut world, request).map_err(Error::Reverted)?;
        Ok(gas_of(&world, request.to, &request.input))
    }

    /// Takes a signed transaction and answers with its hash once it is kept. Unless blocks are made
    /// on request it is in a block of its own then; one whose call reverts has status 0 there.
    ///
    /// # Errors
    /// Anything wrong with the transaction itself; the chain is then as it was. What only the state
    /// can say against it is in the answer.
    pub fn submit(&self, transaction: TxEnvelope) -> Result<Answer<B256>, Error> {
        let hash = *transaction.tx_hash();
        if self.read().blocks().by_transaction(hash).is_some() {
            return Err(Error::AlreadyKnown(hash));
        }
        check(&transaction)?;
        let signer = transaction.recover_signer().map_err(|_| Error::BadSignature)?;
        Ok(self.take(Recovered::new_unchecked(transaction, signer)))
    }

    /// As [`Self::submit`] for a transaction whose sender is known without looking at the
    /// signature: the node signed it, or lets somebody send as that account.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn submit_recovered(
        &self,
        transaction: Recovered<TxEnvelope>,
    ) -> Result<Answer<B256>, Error> {
        check(&transaction)?;
        Ok(self.take(transaction))
    }

    fn take(&self, transaction: Recovered<TxEnvelope>) -> Answer<B256> {
        self.writer.write(move |tip| tip.submit(transaction))
    }

    /// Mines `count` blocks, each `interval` seconds after the one before and the first at
    /// `timestamp`, where these are given. Waiting transactions go into them.
    ///
    /// # Errors
    /// [`Error::TimeRunsBack`], [`Error::TimeTooLate`], [`Error::TooManyBlocks`].
    pub fn mine(&self, count: u64, interval: Option<u64>, timestamp: Option<u64>) -> Answer<()> {
        self.writer.write(move |tip| tip.mine(count, interval, timestamp))
    }

    /// Sets the wei of an account, in a block of its own.
    ///
    /// # Errors
    /// Those of the store.
    pub fn set_balance(&self, address: Address, balance: U256) -> Answer<()> {
        self.writer.write(move |tip| tip.set_balance(address, balance))
    }

    /// Sets the nonce of an account, in a block of its own.
    ///
    /// # Errors
    /// Those of the store.
    pub fn set_nonce(&self, address: Address, nonce: u64) -> Answer<()> {
        self.writer.write(move |tip| tip.set_nonce(address, nonce))
    }

    /// Moves the chain's clock ahead by `seconds` and returns by how much it is ahead in all.
    ///
    /// # Errors
    /// [`Error::TimeTooLate`].
    pub fn increase_time(&self, seconds: u64) -> Answer<i64> {
        self.writer.write(move |tip| tip.increase_time(seconds))
    }

    /// Sets the chain's clock, and returns by how many seconds that moved it.
    ///
    /// # Errors
    /// [`Error::TimeRunsBack`] and [`Error::TimeTooLate`].
    pub fn set_time(&self, timestamp: u64) -> Answer<i64> {
        self.writer.write(move |tip| tip.set_time(timestamp))
    }

    /// Gives the next block a timestamp, from which the clock then runs on.
    ///
    /// # Errors
    /// [`Error::TimeRunsBack`] and [`Error::TimeTooLate`].
    pub fn set_next_timestamp(&self, timestamp: u64) -> Answer<()> {
        self.writer.write(move |tip| tip.set_next_timestamp(timestamp))
    }

    /// Sets the chain's clock back to the wall clock.
    ///
    /// # Errors
    /// Those of the store.
    pub fn follow_wall_clock(&self) -> Answer<()> {
        self.writer.write(|tip| {
            tip.follow_wall_clock();
            Ok(())
        })
    }

    /// Ends the chain when all that was asked for is done, and closes its store. What is asked for
    /// later is refused. A chain that is dropped does the same, and only logs what went wrong.
    ///
    /// # Errors
    /// Those of the store.
    pub fn close(&self) -> Result<(), Error> {
        self.writer.close()
    }

    /// Whether a transaction makes its block at once.
    ///
    /// # Errors
    /// Those of the store.
    pub fn is_automatic(&self) -> Answer<bool> {
        self.writer.write(|tip| Ok(tip.is_automatic()))
    }

    /// Makes a block for each transaction at once, or only when asked to by [`Self::mine`].
    ///
    /// # Errors
    /// Those of the store.
    pub fn set_automatic(&self, automatic: bool) -> Answer<()> {
        self.writer.write(move |tip| tip.set_automatic(automatic))
    }

    /// Drops a waiting transaction; returns whether it was there.
    ///
    /// # Errors
    /// Those of the store.
    pub fn drop_waiting(&self, hash: B256) -> Answer<bool> {
        self.writer.write(move |tip| Ok(tip.drop_waiting(hash)))
    }

    /// Remembers the state, waiting transactions and clock included; costs as much for a large
    /// chain as for a small one. Remembered states do not outlive the process.
    ///
    /// # Errors
    /// Those of the store.
    pub fn save(&self) -> Answer<u64> {
        self.writer.write(|tip| Ok(tip.save()))
    }

    /// Goes back to a remembered state; it and all later ones are forgotten. Returns whether there
    /// was one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn restore(&self, id: u64) -> Answer<bool> {
        self.writer.write(move |tip| Ok(tip.restore(id)))
    }

    /// Takes transactions of an account without its signature, or no longer.
    pub fn impersonate(&self, account: Address, on: bool) {
        let mut impersonation = self.impersonation.write().unwrap_or_else(PoisonError::into_inner);
        if on {
            impersonation.accounts.insert(account);
        } else {
            impersonation.accounts.remove(&account);
        }
    }

    /// Takes transactions of every account without a signature, or no longer.
    pub fn impersonate_all(&self, on: bool) {
        self.impersonation.write().unwrap_or_else(PoisonError::into_inner).all = on;
    }

    /// Whether transactions of the account are taken without its signature.
    #[must_use]
    pub fn is_impersonated(&self, account: Address) -> bool {
        let impersonation = self.impersonation.read().unwrap_or_else(PoisonError::into_inner);
        impersonation.all || impersonation.accounts.contains(&account)
    }
}

/// What is kept of a transaction that waits.
fn kept_waiting(transaction: &Recovered<TxEnvelope>) -> WaitingRecord {
    WaitingRecord {
        hash: *transaction.tx_hash(),
        sender: transaction.signer(),
        envelope: transaction.encoded_2718().into(),
    }
}

/// Folds entries of a block into the world.
fn fold(world: &mut World, entries: &[Entry], block: u64) -> Result<(), Error> {
    for entry in entries {
        world
            .fold(&entry.log)
            .map_err(|error| Error::Internal(format!("block {block} does not fold: {error}")))?;
    }
    Ok(())
}

/// What is wrong with a transaction whatever the state and the signature.
fn check(transaction: &TxEnvelope) -> Result<(), Error> {
    if !matches!(transaction.tx_type(), TxType::Legacy | TxType::Eip2930 | TxType::Eip1559) {
        return Err(Error::UnsupportedType(transaction.ty()));
    }
    let have = transaction.encode_2718_len();
    if have > MAX_TRANSACTION {
        return Err(Error::Oversized { have, limit: MAX_TRANSACTION });
    }
    if let Some(got) = transaction.chain_id()
        && got != CHAIN_ID
    {
        return Err(Error::WrongChain { want: CHAIN_ID, got });
    }
    if transaction.to().is_none() {
        return Err(Error::Creation);
    }
    let cap = transaction.max_fee_per_gas();
    if let Some(tip) = transaction.max_priority_fee_per_gas()
        && tip > cap
    {
        return Err(Error::TipAboveCap { tip, cap });
    }
    let (have, want) = (transaction.gas_limit(), intrinsic_gas(transaction.input()));
    if have < want {
        return Err(Error::GasTooLow { have, want });
    }
    if have > BLOCK_GAS_LIMIT {
        return Err(Error::GasTooHigh { have, limit: BLOCK_GAS_LIMIT });
    }
    Ok(())
}

/// Gas of a transaction, whatever it does: a base, the calldata by its length, and one figure for
/// any call of a contract.
#[must_use]
pub fn gas_of(world: &World, to: Option<Address>, input: &[u8]) -> u64 {
    let call = if to.is_some_and(|to| world.has_code(to)) { CALL_GAS } else { 0 };
    intrinsic_gas(input).saturating_add(call)
}

fn intrinsic_gas(input: &[u8]) -> u64 {
    let bytes = u64::try_from(input.len()).unwrap_or(u64::MAX);
    BASE_GAS.saturating_add(bytes.saturating_mul(BYTE_GAS))
}

fn run(world: &mut World, request: &Request) -> Result<Bytes, Revert> {
    world.transact(&request.into()).outcome
}

impl From<&Request> for Transaction {
    fn from(request: &Request) -> Self {
        let Request { from, to, value, input } = request.clone();
        Self { from, to, value, input }
    }
}

/// The error for a block that is not in the chain.
#[must_use]
pub fn unknown(at: BlockId) -> Error {
    Error::UnknownBlock(match at {
        BlockId::Hash(hash) => hash.block_hash.to_string(),
        BlockId::Number(BlockNumberOrTag::Number(number)) => number.to_string(),
        BlockId::Number(tag) => tag.to_string(),
    })
}
