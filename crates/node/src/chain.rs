//! The chain: blocks with one transaction each, their receipts and logs, and the world after them.
//!
//! There is one writer at a time. Readers take a fork of the world, which costs a few reference
//! counts, and run on it without holding anybody up.

pub mod block;
pub mod clock;
mod logs;

use crate::error::Error;
use alloy_consensus::transaction::{Recovered, SignerRecoverable, Transaction as _};
use alloy_consensus::{TxEnvelope, TxType, Typed2718};
use alloy_eips::{BlockId, BlockNumberOrTag, Encodable2718, RpcBlockHash};
use alloy_primitives::{Address, B256, Bytes, U256};
use block::{Block, Draft};
use bondstone_kernel::{Block as Moment, Entry, FoldError, HashChain, Revert};
use bondstone_tokens::BLOCK_GAS_LIMIT;
use bondstone_world::{Transaction, World};
use clock::Clock;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

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

/// The chain.
#[derive(Debug)]
pub struct Chain {
    ledger: RwLock<Ledger>,
}

#[derive(Debug)]
struct Ledger {
    world: World,
    blocks: Vec<Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    by_transaction: HashMap<B256, u64>,
    hashes: HashChain,
    clock: Clock,
}

impl Chain {
    /// A chain whose first block is at the clock's time and holds what `genesis` deploys.
    ///
    /// # Errors
    /// The error of `genesis`, as [`Error::Internal`].
    pub fn new(
        clock: Clock,
        genesis: impl FnOnce(&mut World) -> Result<Vec<Entry>, FoldError>,
    ) -> Result<Self, Error> {
        let moment = Moment { number: 0, timestamp: clock.now(), chain_id: CHAIN_ID };
        let mut world = World::new(moment);
        let entries = genesis(&mut world).map_err(|error| Error::Internal(error.to_string()))?;
        let mut ledger = Ledger {
            world,
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            by_transaction: HashMap::new(),
            hashes: HashChain::default(),
            clock,
        };
        ledger.append(&moment, entries, None);
        Ok(Self { ledger: RwLock::new(ledger) })
    }

    // A writer that panicked has not touched the ledger: it works on a fork and swaps it in last.
    fn read(&self) -> RwLockReadGuard<'_, Ledger> {
        self.ledger.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ledger> {
        self.ledger.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fork of the world after the last block.
    #[must_use]
    pub fn latest(&self) -> World {
        self.read().world.clone()
    }

    /// A fork of the world as the next transaction will find it.
    #[must_use]
    pub fn pending(&self) -> World {
        let ledger = self.read();
        let mut world = ledger.world.clone();
        world.set_block(ledger.next_moment());
        world
    }

    /// A fork of the world at a block.
    ///
    /// # Errors
    /// [`Error::PastState`] for any block but the last, [`Error::UnknownBlock`] for one that is not
    /// in the chain.
    pub fn world_at(&self, at: BlockId) -> Result<World, Error> {
        if at.is_pending() {
            return Ok(self.pending());
        }
        let ledger = self.read();
        let latest = ledger.height();
        let asked = ledger.resolve(at).ok_or_else(|| unknown(at))?;
        if asked != latest {
            return Err(Error::PastState { asked, latest });
        }
        Ok(ledger.world.clone())
    }

    /// Number of the last block.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.read().height()
    }

    /// A block of the chain; the last one stands for the pending one.
    #[must_use]
    pub fn block(&self, at: BlockId) -> Option<Arc<Block>> {
        let ledger = self.read();
        let number = ledger.resolve(at)?;
        ledger.block(number).cloned()
    }

    /// The block that holds a transaction.
    #[must_use]
    pub fn block_of(&self, transaction: B256) -> Option<Arc<Block>> {
        let ledger = self.read();
        let number = *ledger.by_transaction.get(&transaction)?;
        ledger.block(number).cloned()
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

    /// Runs a signed transaction in a block of its own and returns its hash. A transaction whose
    /// call reverts is in the chain too, with status 0.
    ///
    /// # Errors
    /// Anything wrong with the transaction itself; the chain is then as it was.
    pub fn submit(&self, transaction: TxEnvelope) -> Result<B256, Error> {
        let transaction = check(transaction)?;
        let hash = *transaction.tx_hash();
        let mut ledger = self.write();
        ledger.admit(&transaction)?;
        ledger.mine(transaction)?;
        Ok(hash)
    }

    /// Mines an empty block, at `timestamp` when it is given.
    ///
    /// # Errors
    /// [`Error::TimeRunsBack`] and [`Error::TimeTooLate`].
    pub fn mine(&self, timestamp: Option<u64>) -> Result<(), Error> {
        let mut ledger = self.write();
        if let Some(timestamp) = timestamp {
            ledger.set_next_timestamp(timestamp)?;
        }
        let moment = ledger.next_moment();
        ledger.world.set_block(moment);
        ledger.append(&moment, Vec::new(), None);
        Ok(())
    }

    /// Moves the chain's clock ahead by `seconds` and returns by how much it is ahead in all.
    ///
    /// # Errors
    /// [`Error::TimeTooLate`].
    pub fn increase_time(&self, seconds: u64) -> Result<i64, Error> {
        self.write().clock.increase(seconds)
    }

    /// Gives the next block a timestamp, from which the clock then runs on.
    ///
    /// # Errors
    /// [`Error::TimeRunsBack`] and [`Error::TimeTooLate`].
    pub fn set_next_timestamp(&self, timestamp: u64) -> Result<(), Error> {
        self.write().set_next_timestamp(timestamp)
    }

    /// Sets the chain's clock back to the wall clock.
    pub fn follow_wall_clock(&self) {
        self.write().clock.follow_wall();
    }
}

impl Ledger {
    fn height(&self) -> u64 {
        u64::try_from(self.blocks.len()).unwrap_or(u64::MAX).saturating_sub(1)
    }

    fn block(&self, number: u64) -> Option<&Arc<Block>> {
        self.blocks.get(usize::try_from(number).ok()?)
    }

    fn resolve(&self, at: BlockId) -> Option<u64> {
        match at {
            BlockId::Hash(RpcBlockHash { block_hash, .. }) => {
                self.by_hash.get(&block_hash).copied()
            }
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
            BlockId::Number(BlockNumberOrTag::Number(number)) => {
                (number <= self.height()).then_some(number)
            }
            // Nothing here is ever reorganised, so every block is final at once.
            BlockId::Number(
                BlockNumberOrTag::Latest
                | BlockNumberOrTag::Pending
                | BlockNumberOrTag::Safe
                | BlockNumberOrTag::Finalized,
            ) => Some(self.height()),
        }
    }

    fn latest_timestamp(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.header.timestamp)
    }

    fn next_moment(&self) -> Moment {
        let after = self.latest_timestamp().saturating_add(1);
        Moment {
            number: self.height().saturating_add(1),
            timestamp: self.clock.next().max(after),
            chain_id: CHAIN_ID,
        }
    }

    fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), Error> {
        let latest = self.latest_timestamp();
        if timestamp <= latest {
            return Err(Error::TimeRunsBack { asked: timestamp, latest });
        }
        self.clock.set_next(timestamp)
    }

    /// What only the state can say against a transaction.
    fn admit(&self, transaction: &Recovered<TxEnvelope>) -> Result<(), Error> {
        let hash = *transaction.tx_hash();
        if self.by_transaction.contains_key(&hash) {
            return Err(Error::AlreadyKnown(hash));
        }
        let sender = transaction.signer();
        let (next, got) = (self.world.nonce(sender), transaction.nonce());
        if got < next {
            return Err(Error::NonceTooLow { sender, next, got });
        }
        if got > next {
            return Err(Error::NonceTooHigh { sender, next, got });
        }
        let (have, want) = (self.world.balance(sender), transaction.value());
        if have < want {
            return Err(Error::InsufficientFunds { sender, have, want });
        }
        Ok(())
    }

    fn mine(&mut self, transaction: Recovered<TxEnvelope>) -> Result<(), Error> {
        let moment = self.next_moment();
        let mut world = self.world.clone();
        world.set_block(moment);
        let sender = transaction.signer();
        let bumped =
            world.bump_nonce(sender).map_err(|error| Error::Internal(error.to_string()))?;
        let receipt = world.transact(&Transaction {
            from: sender,
            to: transaction.to(),
            value: transaction.value(),
            input: transaction.input().clone(),
        });
        let gas = gas_of(&world, transaction.to(), transaction.input());
        let gas_used = gas.min(transaction.gas_limit());
        let mut entries = vec![bumped];
        entries.extend(receipt.entries);
        let revert = receipt.outcome.err();
        self.world = world;
        self.append(&moment, entries, Some(Draft { transaction, gas_used, revert }));
        Ok(())
    }

    fn append(&mut self, moment: &Moment, entries: Vec<Entry>, draft: Option<Draft>) {
        let parent = self.hashes.head();
        let hash = self.hashes.extend(moment, entries.iter(), std::iter::empty());
        let block = Block::new(moment, parent, hash, entries, draft);
        if let Some(mined) = &block.mined {
            self.by_transaction.insert(mined.receipt.transaction_hash, moment.number);
        }
        self.by_hash.insert(hash, moment.number);
        self.blocks.push(Arc::new(block));
        self.clock.mined(moment.timestamp);
    }
}

/// What is wrong with a transaction whatever the state.
fn check(transaction: TxEnvelope) -> Result<Recovered<TxEnvelope>, Error> {
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
    let signer = transaction.recover_signer().map_err(|_| Error::BadSignature)?;
    Ok(Recovered::new_unchecked(transaction, signer))
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
    let transaction = Transaction {
        from: request.from,
        to: request.to,
        value: request.value,
        input: request.input.clone(),
    };
    world.transact(&transaction).outcome
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
