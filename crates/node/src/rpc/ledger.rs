//! `bondstone_ledger`: everything that moved a chain, block by block, so that who asks can fold and
//! check it.

use super::{Service, heavy_method};
use crate::chain::block::Block;
use crate::chain::{Chain, unknown};
use crate::error::Error;
use alloy_primitives::B256;
use bondstone_kernel::{Block as Moment, Entry, HashChain};
use bondstone_store::TransactionRecord;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::{Deserialize, Serialize};

/// The method's name.
pub const METHOD: &str = "bondstone_ledger";

/// A page ends with the block that reaches this many bytes of logs.
const PAGE_BYTES: usize = 2 << 20;

/// The most blocks of a page.
const PAGE_BLOCKS: usize = 2_000;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    heavy_method(module, METHOD, |service, args| {
        let from = args.next("first block")?;
        page(&service.chain, from, args.optional("most blocks")?)
    })
}

/// Blocks of a chain, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerPage {
    /// Height of the chain's last block.
    pub height: u64,
    /// The blocks, from the one that was asked for; there may be more after them.
    pub blocks: Vec<LedgerBlock>,
}

/// A block of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerBlock {
    /// Height, time and chain id.
    #[serde(flatten)]
    pub moment: Moment,
    /// The hash of the block before it; zero for the first one.
    pub parent: B256,
    /// Its hash: the head of the hash chain over everything up to it.
    pub hash: B256,
    /// All entries of the ledger in order, internal ones among them.
    pub entries: Vec<Entry>,
    /// The digests of its transactions, which enter the hash.
    pub transactions: Vec<B256>,
}

impl LedgerBlock {
    /// The hash that follows from the parent and the contents.
    #[must_use]
    pub fn computed_hash(&self) -> B256 {
        let transactions = self.transactions.iter().copied();
        HashChain::resume(self.parent).extend(&self.moment, self.entries.iter(), transactions)
    }

    fn bytes(&self) -> usize {
        let bytes = |entry: &Entry| {
            let data = &entry.log.data;
            data.topics().len().saturating_mul(32).saturating_add(data.data.len())
        };
        self.entries.iter().map(bytes).fold(0, usize::saturating_add)
    }
}

impl From<&Block> for LedgerBlock {
    fn from(block: &Block) -> Self {
        let record = block.record();
        Self {
            moment: record.moment,
            parent: record.parent,
            hash: record.hash,
            entries: record.entries.clone(),
            transactions: record.transactions.iter().map(TransactionRecord::digest).collect(),
        }
    }
}

/// The blocks of a chain from `from` on, as many as fit into a page and at most `most`; one at
/// least.
///
/// # Errors
/// [`Error::UnknownBlock`] for a first block that the chain does not have; when the store cannot
/// give a block.
pub fn page(chain: &Chain, from: u64, most: Option<usize>) -> Result<LedgerPage, Error> {
    let most = most.unwrap_or(PAGE_BLOCKS).clamp(1, PAGE_BLOCKS);
    let (mut blocks, mut bytes, mut next) = (Vec::new(), 0usize, from);
    let height = chain.height();
    while next <= height && blocks.len() < most && bytes < PAGE_BYTES {
        // The chain may be set back while it is read.
        let Some(block) = chain.block(next.into())? else { break };
        let block = LedgerBlock::from(&*block);
        bytes = bytes.saturating_add(block.bytes());
        blocks.push(block);
        next = next.saturating_add(1);
    }
    if blocks.is_empty() { Err(unknown(from.into())) } else { Ok(LedgerPage { height, blocks }) }
}
