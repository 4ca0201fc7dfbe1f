//! A block with its one transaction, as clients see both.

use alloy_consensus::transaction::{Recovered, Transaction as _};
use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, TxEnvelope, TxType,
    constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
    proofs::{calculate_receipt_root, calculate_transaction_root},
};
use alloy_primitives::{B256, Bloom, Bytes, U256};
use alloy_rpc_types_eth::{
    Block as RpcBlock, BlockTransactions, Header as RpcHeader, Log, Transaction, TransactionInfo,
    TransactionReceipt,
};
use bondstone_kernel::{Block as Moment, Entry, Revert};
use bondstone_tokens::BLOCK_GAS_LIMIT;

/// The base fee, in wei. Fees are not modelled.
pub const BASE_FEE: u64 = 0;

/// A transaction that ran and is not yet in a block.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) transaction: Recovered<TxEnvelope>,
    pub(crate) gas_used: u64,
    pub(crate) revert: Option<Revert>,
}

/// A transaction in its block.
#[derive(Clone, Debug)]
pub struct Mined {
    /// The transaction as clients see it.
    pub transaction: Transaction,
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// Why it failed, if it did.
    pub revert: Option<Revert>,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The header. Its hash is the head of the hash chain over blocks and ledger entries.
    pub header: RpcHeader,
    /// All ledger entries, internal ones among them.
    pub entries: Vec<Entry>,
    /// The transaction, if there is one.
    pub mined: Option<Mined>,
}

impl Block {
    pub(crate) fn new(
        moment: &Moment,
        parent: B256,
        hash: B256,
        entries: Vec<Entry>,
        draft: Option<Draft>,
    ) -> Self {
        let mined = draft.map(|draft| mined(moment, hash, &entries, draft));
        let mut header = Header {
            parent_hash: parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            number: moment.number,
            timestamp: moment.timestamp,
            gas_limit: BLOCK_GAS_LIMIT,
            base_fee_per_gas: Some(BASE_FEE),
            // No transaction, no receipt, and no trie of accounts either.
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            state_root: EMPTY_ROOT_HASH,
            extra_data: Bytes::from_static(b"bondstone"),
            ..Header::default()
        };
        if let Some(mined) = &mined {
            let transaction: &TxEnvelope = mined.transaction.inner.inner();
            header.transactions_root = calculate_transaction_root(&[transaction]);
            let receipt = mined.receipt.clone().into_primitives_receipt().inner;
            header.receipts_root = calculate_receipt_root(&[receipt]);
            header.logs_bloom = *mined.receipt.inner.logs_bloom();
            header.gas_used = mined.receipt.gas_used;
        }
        let header =
            RpcHeader { hash, inner: header, total_difficulty: Some(U256::ZERO), size: None };
        Self { header, entries, mined }
    }

    /// The block as clients see it, with whole transactions or with their hashes.
    #[must_use]
    pub fn to_rpc(&self, full: bool) -> RpcBlock {
        let transactions = self.mined.iter();
        let transactions = if full {
            BlockTransactions::Full(transactions.map(|mined| mined.transaction.clone()).collect())
        } else {
            let hashes = transactions.map(|mined| mined.receipt.transaction_hash);
            BlockTransactions::Hashes(hashes.collect())
        };
        RpcBlock::new(self.header.clone(), transactions)
    }

    /// The logs that clients see, with their places.
    #[must_use]
    pub fn logs(&self) -> &[Log] {
        self.mined.as_ref().map_or(&[], |mined| mined.receipt.inner.logs())
    }
}

fn mined(moment: &Moment, hash: B256, entries: &[Entry], draft: Draft) -> Mined {
    let Draft { transaction, gas_used, revert } = draft;
    let transaction_hash = *transaction.tx_hash();
    let visible = entries.iter().filter(|entry| !entry.internal);
    let logs: Vec<Log> = visible
        .zip(0u64..)
        .map(|(entry, index)| Log {
            inner: entry.log.clone(),
            block_hash: Some(hash),
            block_number: Some(moment.number),
            block_timestamp: Some(moment.timestamp),
            transaction_hash: Some(transaction_hash),
            transaction_index: Some(0),
            log_index: Some(index),
            removed: false,
        })
        .collect();
    let logs_bloom: Bloom = logs.iter().map(|log| &log.inner).collect();
    let status = Eip658Value::Eip658(revert.is_none());
    let body = ReceiptWithBloom {
        receipt: Receipt { status, cumulative_gas_used: gas_used, logs },
        logs_bloom,
    };
    let inner = match transaction.tx_type() {
        TxType::Eip2930 => ReceiptEnvelope::Eip2930(body),
        TxType::Eip1559 => ReceiptEnvelope::Eip1559(body),
        _ => ReceiptEnvelope::Legacy(body),
    };
    let receipt = TransactionReceipt {
        inner,
        transaction_hash,
        transaction_index: Some(0),
        block_hash: Some(hash),
        block_number: Some(moment.number),
        gas_used,
        effective_gas_price: transaction.effective_gas_price(Some(BASE_FEE)),
        blob_gas_used: None,
        blob_gas_price: None,
        from: transaction.signer(),
        to: transaction.to(),
        contract_address: None,
    };
    let place = TransactionInfo {
        hash: Some(transaction_hash),
        index: Some(0),
        block_hash: Some(hash),
        block_number: Some(moment.number),
        base_fee: Some(BASE_FEE),
        block_timestamp: Some(moment.timestamp),
    };
    Mined { transaction: Transaction::from_transaction(transaction, place), receipt, revert }
}
