//! `eth_getLogs`: which logs of which blocks a filter lets through.

use super::{Chain, Ledger, unknown};
use crate::error::Error;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use std::ops::RangeInclusive;

impl Chain {
    /// The logs that match a filter, in order. Internal ledger entries are not among them.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`] for a block hash that is not in the chain,
    /// [`Error::InvalidParams`] for a range that ends before it begins.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, Error> {
        let blocks = {
            let ledger = self.read();
            let range = ledger.range(&filter.block_option)?;
            let blocks = ledger.blocks.iter().zip(0u64..).skip_while(|b| b.1 < *range.start());
            let blocks = blocks.take_while(|b| b.1 <= *range.end());
            blocks.map(|(block, _)| block.clone()).collect::<Vec<_>>()
        };
        let maybe = blocks.iter().filter(|block| filter.matches_bloom(block.header.logs_bloom));
        let logs = maybe.flat_map(|block| block.logs());
        Ok(logs.filter(|log| filter.matches(&log.inner)).cloned().collect())
    }
}

impl Ledger {
    fn range(&self, option: &FilterBlockOption) -> Result<RangeInclusive<u64>, Error> {
        let (from, to) = match option {
            FilterBlockOption::AtBlockHash(hash) => {
                let at = BlockId::from(*hash);
                let number = self.resolve(at).ok_or_else(|| unknown(at))?;
                return Ok(number..=number);
            }
            FilterBlockOption::Range { from_block, to_block } => {
                (from_block.unwrap_or_default(), to_block.unwrap_or_default())
            }
        };
        let number = |tag: BlockNumberOrTag| {
            tag.as_number().or_else(|| self.resolve(tag.into())).unwrap_or(u64::MAX)
        };
        let explicit = from.is_number() && to.is_number();
        let (from, to) = (number(from), number(to));
        // Clients that poll ask from the block after the last one on; that is no mistake.
        if explicit && from > to {
            let text = format!("the range ends before it begins: from block {from} to {to}");
            return Err(Error::InvalidParams(text));
        }
        Ok(from..=to)
    }
}
