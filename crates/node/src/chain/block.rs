//! A block as it is kept, and as clients see it.

use crate::error::Error;
use alloy_consensus::transaction::{Recovered, Transaction as _};
use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, TxEnvelope, TxType,
    constants::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH},
    proofs::{calculate_receipt_root, calculate_transaction_root},
};
use alloy_eips::Decodable2718;
use alloy_primitives::{B256, Bloom, Bytes, U256};
use alloy_rpc_types_eth::{
    Block as RpcBlock, BlockTransactions, Header as RpcHeader, Log, Transaction, TransactionInfo,
    TransactionReceipt,
};
use bondstone_kernel::{Entry, Revert};
use bondstone_store::{BlockRecord, Outcome, TransactionRecord};
use bondstone_tokens::BLOCK_GAS_LIMIT;
use std::sync::OnceLock;

/// The base fee, in wei. Fees are not modelled.
pub const BASE_FEE: u64 = 0;

/// A block of the chain. What clients see of it follows from the record and is made when it is
/// asked for: most blocks are never looked at.
#[derive(Debug)]
pub struct Block {
    record: BlockRecord,
    /// Whether its transactions waited in the pool, and were told of then.
    waited: bool,
    transactions: Vec<Recovered<TxEnvelope>>,
    header: OnceLock<RpcHeader>,
}

impl Block {
    /// A block that was just made, with the transactions that its record holds encoded.
    pub(crate) fn made(
        record: BlockRecord,
        transactions: Vec<Recovered<TxEnvelope>>,
        waited: bool,
    ) -> Self {
        Self { record, waited, transactions, header: OnceLock::new() }
    }

    /// A block that was kept.
    ///
    /// # Errors
    /// [`Error::Internal`] when a transaction in it cannot be decoded.
    pub fn read(record: BlockRecord) -> Result<Self, Error> {
        let decode = |kept: &TransactionRecord| {
            let envelope = TxEnvelope::decode_2718_exact(&kept.envelope);
            let envelope = envelope.map_err(|error| {
                Error::Internal(format!("transaction {} cannot be decoded: {error}", kept.hash))
            })?;
            Ok(Recovered::new_unchecked(envelope, kept.sender))
        };
        let transactions = record.transactions.iter().map(decode).collect::<Result<_, Error>>()?;
        Ok(Self::made(record, transactions, true))
    }

    /// The block as it is kept.
    #[must_use]
    pub fn record(&self) -> &BlockRecord {
        &self.record
    }

    /// Height.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.record.moment.number
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.record.moment.timestamp
    }

    /// The head of the hash chain over blocks, transactions and ledger entries.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.record.hash
    }

    /// Number of transactions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether there is no transaction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }

    /// The transactions as they were sent, with their senders.
    #[must_use]
    pub fn transactions(&self) -> &[Recovered<TxEnvelope>] {
        &self.transactions
    }

    /// Hashes of the transactions that nobody was told of before they were in this block.
    pub fn unannounced(&self) -> impl Iterator<Item = B256> {
        let count = if self.waited { 0 } else { self.len() };
        self.record.transactions.iter().take(count).map(|kept| kept.hash)
    }

    /// Which transaction has this hash.
    #[must_use]
    pub fn position(&self, transaction: B256) -> Option<usize> {
        self.record.transactions.iter().position(|kept| kept.hash == transaction)
    }

    /// The header.
    pub fn header(&self) -> &RpcHeader {
        self.header.get_or_init(|| self.make_header())
    }

    /// The block as clients see it, with whole transactions or with their hashes.
    #[must_use]
    pub fn to_rpc(&self, full: bool) -> RpcBlock {
        let transactions = if full {
            let whole = (0..self.len()).filter_map(|index| self.transaction(index));
            BlockTransactions::Full(whole.collect())
        } else {
            let hashes = self.record.transactions.iter().map(|kept| kept.hash);
            BlockTransactions::Hashes(hashes.collect())
        };
        RpcBlock::new(self.header().clone(), transactions)
    }

    /// A transaction as clients see it.
    #[must_use]
    pub fn transaction(&self, index: usize) -> Option<Transaction> {
        let place = TransactionInfo {
            hash: Some(self.record.transactions.get(index)?.hash),
            index: u64::try_from(index).ok(),
            block_hash: Some(self.hash()),
            block_number: Some(self.number()),
            base_fee: Some(BASE_FEE),
            block_timestamp: Some(self.timestamp()),
        };
        Some(Transaction::from_transaction(self.transactions.get(index)?.clone(), place))
    }

    /// Why a transaction failed, if it did.
    #[must_use]
    pub fn revert(&self, index: usize) -> Option<Revert> {
        match &self.record.transactions.get(index)?.outcome {
            Outcome::Done => None,
            Outcome::Reverted(data) => Some(Revert::raw(data.clone())),
        }
    }

    /// The receipts in order.
    #[must_use]
    pub fn receipts(&self) -> Vec<TransactionReceipt> {
        let mut place = Place::default();
        let parts = self.record.transactions().zip(&self.transactions);
        parts
            .map(|((kept, entries), sent)| self.make_receipt(&mut place, kept, entries, sent))
            .collect()
    }

    /// The receipt of one transaction.
    #[must_use]
    pub fn receipt(&self, index: usize) -> Option<TransactionReceipt> {
        self.receipts().into_iter().nth(index)
    }

    /// The logs that clients see, with their places.
    #[must_use]
    pub fn logs(&self) -> Vec<Log> {
        let (mut logs, mut place) = (Vec::new(), Place::default());
        for (kept, entries) in self.record.transactions() {
            logs.extend(self.make_logs(&mut place, kept.hash, entries));
        }
        logs
    }

    fn make_logs(&self, place: &mut Place, transaction: B256, entries: &[Entry]) -> Vec<Log> {
        let visible = entries.iter().filter(|entry| !entry.internal);
        let logs = visible.map(|entry| {
            let log_index = place.log;
            place.log = place.log.saturating_add(1);
            Log {
                inner: entry.log.clone(),
                block_hash: Some(self.hash()),
                block_number: Some(self.number()),
                block_timestamp: Some(self.timestamp()),
                transaction_hash: Some(transaction),
                transaction_index: Some(place.transaction),
                log_index: Some(log_index),
                removed: false,
            }
        });
        let logs = logs.collect();
        place.transaction = place.transaction.saturating_add(1);
        logs
    }

    fn make_receipt(
        &self,
        place: &mut Place,
        kept: &TransactionRecord,
        entries: &[Entry],
        sent: &Recovered<TxEnvelope>,
    ) -> TransactionReceipt {
        let transaction_index = Some(place.transaction);
        let logs = self.make_logs(place, kept.hash, entries);
        let logs_bloom: Bloom = logs.iter().map(|log| &log.inner).collect();
        place.gas = place.gas.saturating_add(kept.gas_used);
        let status = Eip658Value::Eip658(kept.outcome == Outcome::Done);
        let receipt = Receipt { status, cumulative_gas_used: place.gas, logs };
        let body = ReceiptWithBloom { receipt, logs_bloom };
        let inner = match sent.tx_type() {
            TxType::Eip2930 => ReceiptEnvelope::Eip2930(body),
            TxType::Eip1559 => ReceiptEnvelope::Eip1559(body),
            _ => ReceiptEnvelope::Legacy(body),
        };
        TransactionReceipt {
            inner,
            transaction_hash: kept.hash,
            transaction_index,
            block_hash: Some(self.hash()),
            block_number: Some(self.number()),
            gas_used: kept.gas_used,
            effective_gas_price: sent.effective_gas_price(Some(BASE_FEE)),
            blob_gas_used: None,
            blob_gas_price: None,
            from: kept.sender,
            to: sent.to(),
            contract_address: None,
        }
    }

    fn make_header(&self) -> RpcHeader {
        let mut inner = Header {
            parent_hash: self.record.parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            number: self.number(),
            timestamp: self.timestamp(),
            gas_limit: BLOCK_GAS_LIMIT,
            base_fee_per_gas: Some(BASE_FEE),
            transactions_root: EMPTY_ROOT_HASH,
            receipts_root: EMPTY_ROOT_HASH,
            // There is no trie of accounts.
            state_root: EMPTY_ROOT_HASH,
            extra_data: Bytes::from_static(b"bondstone"),
            ..Header::default()
        };
        if !self.is_empty() {
            let sent: Vec<&TxEnvelope> = self.transactions.iter().map(Recovered::inner).collect();
            inner.transactions_root = calculate_transaction_root(&sent);
            let receipts = self.receipts();
            for receipt in &receipts {
                inner.logs_bloom.accrue_bloom(receipt.inner.logs_bloom());
                inner.gas_used = inner.gas_used.saturating_add(receipt.gas_used);
            }
            let receipts =
                receipts.into_iter().map(|receipt| receipt.into_primitives_receipt().inner);
            inner.receipts_root = calculate_receipt_root(&receipts.collect::<Vec<_>>());
        }
        RpcHeader { hash: self.hash(), inner, total_difficulty: Some(U256::ZERO), size: None }
    }
}

/// How far into a block a transaction lies.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    transaction: u64,
    log: u64,
    gas: u64,
}
