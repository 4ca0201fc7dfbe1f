//! `eth_getLogs`: which logs of which blocks a filter lets through.

use super::ledger::Ledger;
use super::{Chain, unknown};
use crate::error::Error;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use std::ops::RangeInclusive;

/// How much one search may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most logs in an answer.
    pub max_logs: usize,
    /// Most blocks in a range.
    pub max_block_range: u64,
}

impl Default for Limits {
    /// An answer of this many logs stays below the largest response.
    fn default() -> Self {
        Self { max_logs: 50_000, max_block_range: 10_000_000 }
    }
}

impl Chain {
    /// The logs that match a filter, in order. Internal ledger entries are not among them.
    ///
    /// # Errors
    /// [`Error::UnknownBlock`] for a block hash that is not in the chain,
    /// [`Error::InvalidParams`] for a range that ends before it begins, [`Error::TooManyLogs`] and
    /// [`Error::RangeTooWide`] beyond the [`Limits`].
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, Error> {
        let numbers = {
            let ledger = self.read();
            let range = ledger.range(&filter.block_option)?;
            let (from, to) = (*range.start(), (*range.end()).min(ledger.height()));
            let asked = to.saturating_sub(from);
            if asked >= self.limits.max_block_range {
                let limit = self.limits.max_block_range;
                return Err(Error::RangeTooWide { asked: asked.saturating_add(1), limit });
            }
            let first = usize::try_from(from).unwrap_or(usize::MAX);
            let last = usize::try_from(to).unwrap_or(usize::MAX);
            let slots = ledger.blocks().slots().get(first..=last).unwrap_or_default();
            let maybe = slots.iter().zip(from..).filter(|(slot, _)| slot.sieve.may_match(filter));
            maybe.map(|(_, number)| number).collect::<Vec<_>>()
        };
        let mut logs = Vec::new();
        for number in numbers {
            // A block that is gone was dropped by a rewind in this very moment.
            let Some(block) = self.number(number)? else { break };
            logs.extend(block.logs().into_iter().filter(|log| filter.matches(&log.inner)));
            if logs.len() > self.limits.max_logs {
                let limit = self.limits.max_logs;
                return Err(Error::TooManyLogs { limit, reached: number });
            }
        }
        Ok(logs)
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
