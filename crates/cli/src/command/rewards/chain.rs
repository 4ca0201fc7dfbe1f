//! The chain whose ledger is folded: a node that is asked, or a chain on disk.

use super::failure::Failure;
use super::kept::Kept;
use crate::place::Place;
use crate::{progress, rpc};
use alloy_primitives::Address;
use bondstone_node::chain::Chain;
use bondstone_node::rpc::ledger::{LedgerPage, METHOD, page};
use bondstone_node::stake::{Position, StakeLedger};
use serde_json::json;
use std::path::Path;

/// Where a ledger comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// A node at a URL.
    Node(String),
    /// A chain that no node has open.
    Kept(Box<Chain>),
}

/// Where to stop reading.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// With the first block at or after a second: by it everything before that second is fixed, so
    /// whoever computes the same window later ends at the same block.
    Second(u64),
    /// With a block of this height.
    Block(u64),
}

impl End {
    /// Whether a block is the one to stop with.
    fn is_reached(self, position: Option<Position>) -> bool {
        position.is_some_and(|position| match self {
            Self::Second(second) => position.timestamp >= second,
            Self::Block(number) => position.number >= number,
        })
    }
}

impl Source {
    /// Opens what the arguments say.
    pub(super) fn open(place: Place) -> Result<Self, Failure> {
        let Some(directory) = &place.data_dir else { return Ok(Self::Node(place.rpc)) };
        let (chain, _) = bondstone_node::open_kept(directory)
            .map_err(|source| Failure::NoChain(Box::new(source)))?;
        Ok(Self::Kept(Box::new(chain)))
    }

    fn page(&self, from: u64, most: Option<usize>) -> Result<LedgerPage, Failure> {
        match self {
            Self::Node(url) => Ok(rpc::ask(url, METHOD, json!([from, most]))?),
            Self::Kept(chain) => page(chain, from, most).map_err(Failure::Kept),
        }
    }

    /// A block's place in the chain.
    fn position(&self, number: u64) -> Result<Position, Failure> {
        let page = self.page(number, Some(1))?;
        let block = page.blocks.first().ok_or(Failure::NoBlock(number))?;
        let (moment, hash) = (block.moment, block.hash);
        let (chain_id, timestamp) = (moment.chain_id, moment.timestamp);
        Ok(Position { chain_id, number: moment.number, hash, timestamp })
    }

    /// The last block.
    pub(super) fn last(&self) -> Result<Position, Failure> {
        self.position(self.page(0, Some(1))?.height)
    }

    /// Folds the ledger from its first block on. What a node says is kept in a file, if one is
    /// named, and not asked for again while the node's chain still has it.
    pub(super) fn read(
        &self,
        network: Address,
        end: End,
        keep: Option<&Path>,
    ) -> Result<StakeLedger, Failure> {
        let mut kept = match (self, keep) {
            (Self::Node(_), Some(path)) => Some(Kept::open(path)?),
            _ => None,
        };
        let mut ledger = match &mut kept {
            Some(kept) => self.kept(kept, network, end)?,
            None => StakeLedger::new(network),
        };
        let bar = progress::bar(progress::COUNT, Some(0)).with_message("reading blocks");
        while !end.is_reached(ledger.position()) {
            let next = ledger.position().map_or(0, |position| position.number.saturating_add(1));
            let page = self.page(next, None)?;
            bar.set_length(match end {
                End::Second(_) => page.height.saturating_add(1),
                End::Block(number) => number.saturating_add(1),
            });
            if page.blocks.is_empty() {
                return Err(Failure::NoBlock(next));
            }
            for block in &page.blocks {
                ledger.fold(block)?;
                if let Some(kept) = &mut kept {
                    kept.push(block)?;
                }
                bar.set_position(block.moment.number.saturating_add(1));
                if end.is_reached(ledger.position()) {
                    break;
                }
            }
            if let Some(kept) = &mut kept {
                kept.flush()?;
            }
        }
        bar.finish_and_clear();
        Ok(ledger)
    }

    /// Folds what is kept; nothing of it when the node's chain has gone another way since.
    fn kept(&self, kept: &mut Kept, network: Address, end: End) -> Result<StakeLedger, Failure> {
        let mut ledger = StakeLedger::new(network);
        let mut is_whole = true;
        kept.each(|block| {
            is_whole = ledger.fold(&block).is_ok();
            is_whole && !end.is_reached(ledger.position())
        })?;
        match ledger.position() {
            Some(position) if is_whole && self.has(position)? => Ok(ledger),
            _ => {
                kept.clear()?;
                Ok(StakeLedger::new(network))
            }
        }
    }

    /// Looks at a block again: a chain that was set back meanwhile has another one there.
    pub(super) fn still_has(&self, read: Position) -> Result<(), Failure> {
        let now = self.position(read.number)?;
        let (number, before, after) = (read.number, read.hash, now.hash);
        if before == after { Ok(()) } else { Err(Failure::SetBack { number, before, after }) }
    }

    /// Whether the chain has the block of a position.
    pub(super) fn has(&self, position: Position) -> Result<bool, Failure> {
        let last = self.last()?;
        Ok(last.number >= position.number && self.position(position.number)? == position)
    }
}
