//! How a transaction went, call by call: it is run once more in the world before it.

use super::{Chain, fold, tip};
use crate::error::Error;
use alloy_consensus::Transaction as _;
use alloy_eips::BlockId;
use alloy_primitives::B256;
use bondstone_kernel::Block as Moment;
use bondstone_store::TransactionRecord;
use bondstone_world::{CallFrame, World};

/// The calls of a transaction.
#[derive(Clone, Debug)]
pub struct Traced {
    /// As it is kept.
    pub kept: TransactionRecord,
    /// Its gas limit.
    pub gas_limit: u64,
    /// The calls.
    pub calls: CallFrame,
}

impl Chain {
    /// The calls of one transaction.
    ///
    /// # Errors
    /// [`Error::UnknownTransaction`]; those of the store.
    pub fn trace(&self, transaction: B256) -> Result<Traced, Error> {
        let found = self.block_of(transaction)?;
        let (block, position) = found.ok_or(Error::UnknownTransaction(transaction))?;
        let traced = self.trace_block(block.number(), position.saturating_add(1))?;
        traced.into_iter().last().ok_or(Error::UnknownTransaction(transaction))
    }

    /// The calls of the first `count` transactions of a block.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`]; those of the store.
    pub fn trace_block(&self, number: u64, count: usize) -> Result<Vec<Traced>, Error> {
        let block = self.block(number.into())?.ok_or_else(|| super::unknown(number.into()))?;
        let mut world = match number.checked_sub(1) {
            Some(parent) => self.world_at(parent.into())?,
            None => World::default(),
        };
        let record = block.record();
        world.set_block(record.moment);
        fold(&mut world, record.own_entries(), number)?;
        let mut traced = Vec::new();
        let sent = record.transactions.iter().zip(block.transactions()).take(count);
        for (kept, sent) in sent {
            world.bump_nonce(kept.sender).map_err(|error| Error::Internal(error.to_string()))?;
            let (_, calls) = world.transact_recorded(&tip::message(sent));
            let gas_limit = sent.gas_limit();
            traced.push(Traced { kept: kept.clone(), gas_limit, calls });
        }
        Ok(traced)
    }

    /// The calls that a call would make at a block.
    ///
    /// # Errors
    /// Those of [`Self::world_at`].
    pub fn trace_call(
        &self,
        request: &super::Request,
        at: BlockId,
    ) -> Result<(CallFrame, Moment), Error> {
        let mut world = self.world_at(at)?;
        let (_, calls) = world.transact_recorded(&request.into());
        Ok((calls, *world.block()))
    }
}
