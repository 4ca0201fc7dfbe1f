//! Blocks, ledger entries and the hash chain over them.

use crate::ledger_value;
use alloy_primitives::{B256, Keccak256, Log};
use serde::{Deserialize, Serialize};

ledger_value! {
    /// The block in which calls happen. Time and chain id come in with it; nothing below reads a
    /// clock.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Block {
        /// Height.
        pub number: u64,
        /// Seconds since 1970.
        pub timestamp: u64,
        /// EIP-155 chain id.
        pub chain_id: u64,
    }
}

/// A log in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Emitter, topics and data.
    #[serde(flatten)]
    pub log: Log,
    /// Whether the log carries a fact that the real contracts keep without one. Internal entries
    /// are part of the ledger and are never shown to clients.
    pub internal: bool,
}

/// A running hash over blocks, their transactions and all their entries: equal heads mean equal
/// ledgers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HashChain {
    head: B256,
}

impl HashChain {
    /// A chain that continues from a known head.
    #[must_use]
    pub fn resume(head: B256) -> Self {
        Self { head }
    }

    /// Hash over everything so far; zero before the first block.
    #[must_use]
    pub fn head(&self) -> B256 {
        self.head
    }

    /// Adds a block: its moment, its entries, and a digest of each of its transactions, which may
    /// differ where the entries do not. Every field enters with a fixed width or behind its length,
    /// so that no two ledgers share a byte string.
    pub fn extend<'a>(
        &mut self,
        block: &Block,
        entries: impl ExactSizeIterator<Item = &'a Entry>,
        transactions: impl Iterator<Item = B256>,
    ) -> B256 {
        let mut hasher = Keccak256::new();
        hasher.update(self.head);
        for field in [block.number, block.timestamp, block.chain_id] {
            hasher.update(field.to_be_bytes());
        }
        hasher.update(length(entries.len()));
        for entry in entries {
            hasher.update([u8::from(entry.internal)]);
            hasher.update(entry.log.address);
            hasher.update(length(entry.log.topics().len()));
            for topic in entry.log.topics() {
                hasher.update(topic);
            }
            hasher.update(length(entry.log.data.data.len()));
            hasher.update(&entry.log.data.data);
        }
        for digest in transactions {
            hasher.update(digest);
        }
        self.head = hasher.finalize();
        self.head
    }
}

fn length(n: usize) -> [u8; 8] {
    u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, Bytes, LogData};

    #[test]
    fn the_head_depends_on_every_part() {
        let block = Block { number: 1, timestamp: 2, chain_id: 3 };
        let entry = |data: &'static [u8], internal| Entry {
            log: Log {
                address: Address::repeat_byte(1),
                data: LogData::new_unchecked(vec![B256::ZERO], Bytes::from_static(data)),
            },
            internal,
        };
        let head = |block: &Block, entries: &[Entry]| {
            HashChain::default().extend(block, entries.iter(), std::iter::empty())
        };
        let one = head(&block, &[entry(b"ab", false)]);
        assert_ne!(one, head(&block, &[entry(b"ab", true)]));
        assert_ne!(one, head(&block, &[entry(b"a", false), entry(b"b", false)]));
        assert_ne!(one, head(&Block { number: 2, ..block }, &[entry(b"ab", false)]));
        let failed = |digest: u8| {
            let digests = [B256::repeat_byte(digest)].into_iter();
            HashChain::default().extend(&block, [].iter(), digests)
        };
        assert_ne!(failed(1), failed(2));
        assert_ne!(failed(1), head(&block, &[]));
        let mut chain = HashChain::resume(one);
        assert_ne!(chain.extend(&block, [].iter(), std::iter::empty()), one);
    }
}
