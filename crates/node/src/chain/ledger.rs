//! What readers see: the last world, the blocks, the worlds of the past.

use super::block::Block;
use super::blocks::Blocks;
use super::clock::Clock;
use super::history::History;
use super::tip::{Change, next_moment};
use alloy_eips::{BlockId, BlockNumberOrTag, RpcBlockHash};
use alloy_primitives::B256;
use bondstone_kernel::Block as Moment;
use bondstone_store::Position;
use bondstone_world::World;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::broadcast;

/// How many events a slow listener may fall behind before it misses some.
const BACKLOG: usize = 4_096;

/// Something that happened to the chain.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block was appended.
    Block(Arc<Block>),
    /// The chain was set back.
    Rewind {
        /// Height of the block that is now the last.
        height: u64,
        /// Blocks that are no longer in the chain, the first one first; those that were still in
        /// memory.
        dropped: Arc<Vec<Arc<Block>>>,
    },
    /// A transaction waits for its block.
    Waiting(B256),
}

/// The published chain.
#[derive(Debug)]
pub(crate) struct Ledger {
    world: World,
    blocks: Blocks,
    history: History,
    clock: Clock,
    events: broadcast::Sender<Event>,
}

impl Ledger {
    /// A chain without blocks.
    pub(crate) fn new(clock: Clock) -> Self {
        let (events, _) = broadcast::channel(BACKLOG);
        let (blocks, history) = (Blocks::default(), History::default());
        Self { world: World::default(), blocks, history, clock, events }
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    pub(crate) fn blocks_mut(&mut self) -> &mut Blocks {
        &mut self.blocks
    }

    /// The world and the clock after the last block that was pushed.
    pub(crate) fn restore(&mut self, world: World, clock: Clock) {
        (self.world, self.clock) = (world, clock);
    }

    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    pub(crate) fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(crate) fn height(&self) -> u64 {
        self.blocks.height()
    }

    /// The moment of the next block, if it were made now.
    pub(crate) fn next_moment(&self) -> Moment {
        next_moment(self.world.block(), &self.clock)
    }

    /// The number of a block.
    pub(crate) fn resolve(&self, at: BlockId) -> Option<u64> {
        match at {
            BlockId::Hash(RpcBlockHash { block_hash, .. }) => self.blocks.by_hash(block_hash),
            BlockId::Number(BlockNumberOrTag::Earliest) => Some(0),
            BlockId::Number(BlockNumberOrTag::Number(number)) => {
                (number <= self.height()).then_some(number)
            }
            // Nothing here is ever reorganised by others, so every block is final at once.
            BlockId::Number(
                BlockNumberOrTag::Latest
                | BlockNumberOrTag::Pending
                | BlockNumberOrTag::Safe
                | BlockNumberOrTag::Finalized,
            ) => Some(self.height()),
        }
    }

    fn apply(&mut self, change: Change, position: Option<Position>) -> Option<Event> {
        match change {
            Change::Block(block, world) => {
                self.clock.apply(block.record().clock);
                self.history.push(block.number(), (*world).clone());
                self.world = *world;
                self.blocks.push(Arc::clone(&block), position);
                Some(Event::Block(block))
            }
            Change::Rewind(height, world) => {
                let dropped = Arc::new(self.blocks.held_after(height));
                self.blocks.rewind(height);
                self.history.rewind(height);
                self.world = *world;
                Some(Event::Rewind { height, dropped })
            }
            Change::Clock(record) => {
                self.clock.apply(record);
                None
            }
            Change::Waiting(transaction) => Some(Event::Waiting(*transaction.tx_hash())),
            Change::Dropped(_) => None,
        }
    }
}

/// Shows readers what the writer did; `positions` are those of the blocks in the store, in order.
pub(crate) fn publish(ledger: &RwLock<Ledger>, changes: Vec<Change>, positions: &[Position]) {
    let mut ledger = ledger.write().unwrap_or_else(PoisonError::into_inner);
    let mut positions = positions.iter().copied();
    for change in changes {
        let position = matches!(change, Change::Block(..)).then(|| positions.next()).flatten();
        if let Some(event) = ledger.apply(change, position) {
            // It is an error only when nobody listens.
            let _ = ledger.events.send(event);
        }
    }
}
