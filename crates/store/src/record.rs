//! What is kept of a chain: blocks with their transactions, and what else moved it.

use alloy_primitives::{Address, B256, Bytes, Keccak256};
use bondstone_kernel::{Block, Entry, HashChain};

/// One thing that happened to a chain. Folding the records in order gives the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A block was appended.
    Block(BlockRecord),
    /// The chain was set back: the block at this height is the last one again. Everything that was
    /// recorded after it is taken back, clock shifts and waiting transactions too; what shall hold
    /// nevertheless is recorded once more after the rewind.
    Rewind {
        /// Height of the block that is now the last.
        height: u64,
    },
    /// The chain's clock was moved without a block.
    Clock(ClockRecord),
    /// A transaction was acknowledged that waits for its block. It waits until a later block holds
    /// a transaction with its hash, or with its sender and nonce, or until it is dropped.
    Waiting(WaitingRecord),
    /// A waiting transaction was dropped: it will be in no block.
    Dropped {
        /// Hash of the transaction.
        hash: B256,
    },
}

/// A transaction that waits for its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingRecord {
    /// Its hash.
    pub hash: B256,
    /// Who sent it.
    pub sender: Address,
    /// The transaction, signed, in its EIP-2718 encoding.
    pub envelope: Bytes,
}

/// The chain's clock relative to the wall clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockRecord {
    /// Seconds ahead of the wall clock; negative when behind.
    pub offset_seconds: i64,
    /// The timestamp that the next block will have, if one was fixed.
    pub next_timestamp: Option<u64>,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Height, time and chain id.
    pub moment: Block,
    /// Head of the hash chain before this block: the parent's hash.
    pub parent: B256,
    /// Head of the hash chain over everything up to this block: the block's hash.
    pub hash: B256,
    /// All ledger entries, internal ones among them. The first ones, which no transaction counts,
    /// are the block's own (what was deployed at genesis, a balance set from outside); then come
    /// those of each transaction in turn.
    pub entries: Vec<Entry>,
    /// The transactions in order.
    pub transactions: Vec<TransactionRecord>,
    /// The clock after the block.
    pub clock: ClockRecord,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRecord {
    /// Its hash.
    pub hash: B256,
    /// Who sent it. For an impersonated sender the signature in the envelope says nothing.
    pub sender: Address,
    /// The transaction, signed, in its EIP-2718 encoding.
    pub envelope: Bytes,
    /// Gas that the receipt shows.
    pub gas_used: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// How many of the block's entries are of this transaction, its nonce's among them.
    pub entries: u32,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Done,
    /// The called contract reverted with these bytes.
    Reverted(Bytes),
}

impl TransactionRecord {
    /// What enters the hash chain: everything of the transaction but its entries, which enter by
    /// themselves. The hash stands for the envelope.
    #[must_use]
    pub fn digest(&self) -> B256 {
        let mut hasher = Keccak256::new();
        hasher.update(self.hash);
        hasher.update(self.sender);
        hasher.update(self.gas_used.to_be_bytes());
        hasher.update(self.entries.to_be_bytes());
        match &self.outcome {
            Outcome::Done => hasher.update([1]),
            Outcome::Reverted(data) => {
                hasher.update([0]);
                hasher.update(data);
            }
        }
        hasher.finalize()
    }
}

impl BlockRecord {
    /// The hash that follows from the parent and the contents. A block whose `hash` differs from it
    /// was changed after it was made.
    #[must_use]
    pub fn computed_hash(&self) -> B256 {
        let digests = self.transactions.iter().map(TransactionRecord::digest);
        HashChain::resume(self.parent).extend(&self.moment, self.entries.iter(), digests)
    }

    /// Each transaction with its entries.
    pub fn transactions(&self) -> impl Iterator<Item = (&TransactionRecord, &[Entry])> {
        let mut rest = self.entries.get(self.own_entries().len()..).unwrap_or_default();
        self.transactions.iter().map(move |transaction| {
            let count = usize::try_from(transaction.entries).unwrap_or(usize::MAX);
            let (its, after) = rest.split_at(count.min(rest.len()));
            rest = after;
            (transaction, its)
        })
    }

    /// The entries that are of the block itself.
    #[must_use]
    pub fn own_entries(&self) -> &[Entry] {
        let counted = self.transactions.iter().map(|transaction| transaction.entries);
        let counted = counted.fold(0u32, u32::saturating_add);
        let counted = usize::try_from(counted).unwrap_or(usize::MAX);
        let own = self.entries.len().saturating_sub(counted);
        self.entries.get(..own).unwrap_or_default()
    }
}

/// Where a block is in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub u64);

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Log, LogData};

    fn entry(number: u8) -> Entry {
        let data = LogData::new_unchecked(vec![B256::repeat_byte(number)], Bytes::new());
        Entry { log: Log { address: Address::repeat_byte(number), data }, internal: false }
    }

    fn transaction(entries: u32) -> TransactionRecord {
        TransactionRecord {
            hash: B256::repeat_byte(9),
            sender: Address::repeat_byte(8),
            envelope: Bytes::from_static(b"envelope"),
            gas_used: 21_000,
            outcome: Outcome::Done,
            entries,
        }
    }

    #[test]
    fn entries_are_shared_out_in_order() {
        let block = BlockRecord {
            moment: Block { number: 1, timestamp: 2, chain_id: 3 },
            parent: B256::ZERO,
            hash: B256::ZERO,
            entries: (0..5).map(entry).collect(),
            transactions: vec![transaction(1), transaction(0), transaction(2)],
            clock: ClockRecord::default(),
        };
        assert_eq!(block.own_entries(), [entry(0), entry(1)]);
        let shares: Vec<_> = block.transactions().map(|(_, entries)| entries.to_vec()).collect();
        assert_eq!(shares, [vec![entry(2)], vec![], vec![entry(3), entry(4)]]);
    }

    #[test]
    fn the_hash_depends_on_how_a_transaction_ended() {
        let done = transaction(0);
        let reverted = |data: &'static [u8]| TransactionRecord {
            outcome: Outcome::Reverted(Bytes::from_static(data)),
            ..done.clone()
        };
        let block = |transaction: &TransactionRecord| BlockRecord {
            moment: Block { number: 1, timestamp: 2, chain_id: 3 },
            parent: B256::ZERO,
            hash: B256::ZERO,
            entries: Vec::new(),
            transactions: vec![transaction.clone()],
            clock: ClockRecord::default(),
        };
        let hashes = [&done, &reverted(b""), &reverted(b"no")].map(|t| block(t).computed_hash());
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    }
}
