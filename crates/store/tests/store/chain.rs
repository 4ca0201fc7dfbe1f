//! Blocks to keep, made from a seed, and what a reopened store gives back of them.

use alloy_primitives::{Address, B256, Bytes, Log, LogData, keccak256};
use bondstone_kernel::{Block, Entry};
use bondstone_store::{
    BlockRecord, ClockRecord, Head, Outcome, Record, Recovered, Recovery, StoreError,
    TransactionRecord,
};

pub(crate) const CHAIN_ID: u64 = 31_337;

/// A chain that grows block by block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    pub(crate) blocks: Vec<BlockRecord>,
}

impl Chain {
    /// The next block with one transaction; `flavour` makes it differ from others of its height.
    pub(crate) fn grow(&mut self, flavour: u8) -> Record {
        let number = self.blocks.len() as u64;
        let parent = self.blocks.last().map_or(B256::ZERO, |block| block.hash);
        let block = block(number, parent, flavour);
        self.blocks.push(block.clone());
        Record::Block(block)
    }

    pub(crate) fn rewind(&mut self, height: u64) -> Record {
        self.blocks.truncate(height as usize + 1);
        Record::Rewind { height }
    }

    pub(crate) fn head(&self) -> Head {
        let block = self.blocks.last().expect("the chain has a block");
        Head { height: block.moment.number, hash: block.hash }
    }
}

pub(crate) fn block(number: u64, parent: B256, flavour: u8) -> BlockRecord {
    let seed = keccak256([&number.to_be_bytes()[..], &[flavour]].concat());
    let entry = |internal: bool| {
        let mut data = vec![0; 64];
        data[56..64].copy_from_slice(&seed[..8]);
        let topics = vec![seed, B256::left_padding_from(&seed[..20])];
        let data = LogData::new_unchecked(topics, data.into());
        Entry { log: Log { address: Address::from_slice(&seed[..20]), data }, internal }
    };
    let transaction = TransactionRecord {
        hash: seed,
        sender: Address::repeat_byte(flavour),
        envelope: Bytes::copy_from_slice(&seed[..flavour as usize % 30 + 2]),
        gas_used: 21_000 + number,
        outcome: match number % 3 {
            0 => Outcome::Reverted(Bytes::from_static(b"no")),
            _ => Outcome::Done,
        },
        entries: 2,
    };
    let moment = Block { number, timestamp: 1_700_000_000 + number, chain_id: CHAIN_ID };
    let mut block = BlockRecord {
        moment,
        parent,
        hash: B256::ZERO,
        entries: vec![entry(true), entry(false)],
        transactions: vec![transaction],
        clock: ClockRecord { offset_seconds: -(number as i64), next_timestamp: None },
    };
    block.hash = block.computed_hash();
    block
}

/// The blocks that come out.
pub(crate) fn blocks(recovery: Recovery) -> Result<Vec<BlockRecord>, StoreError> {
    let mut blocks = Vec::new();
    for recovered in recovery.records {
        if let Recovered::Block { block, .. } = recovered? {
            blocks.push(block);
        }
    }
    Ok(blocks)
}
