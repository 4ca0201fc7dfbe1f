//! The transactions that wait, as go-ethereum's `txpool` methods show them.

use super::{Service, method, writing_method};
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::{Recovered, Transaction as _};
use alloy_primitives::{Address, B256, U64};
use alloy_rpc_types_eth::{Transaction, TransactionInfo};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::Serialize;
use std::collections::BTreeMap;

/// Transactions by sender and nonce.
type Queues = BTreeMap<Address, BTreeMap<u64, Transaction>>;

/// What waits: for a block alone, and for transactions before it.
#[derive(Clone, Debug, Default, Serialize)]
struct Content {
    pending: Queues,
    queued: Queues,
}

#[derive(Clone, Debug, Serialize)]
struct Status {
    pending: U64,
    queued: U64,
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "txpool_content", |service, _| Ok(content(service)))?;
    method(module, "txpool_status", |service, _| {
        let Content { pending, queued } = content(service);
        let count = |queues: Queues| U64::from(queues.values().map(BTreeMap::len).sum::<usize>());
        Ok(Status { pending: count(pending), queued: count(queued) })
    })?;
    for name in ["anvil_dropTransaction", "hardhat_dropTransaction"] {
        writing_method(module, name, |service, args| {
            let hash: B256 = args.next("transaction hash")?;
            Ok(service.chain.drop_waiting(hash))
        })?;
    }
    Ok(())
}

fn content(service: &Service) -> Content {
    let world = service.chain.latest();
    let pool = service.chain.pool();
    let mut content = Content::default();
    for transaction in pool.iter() {
        let (sender, nonce) = (transaction.signer(), transaction.nonce());
        let next = pool.next_nonce(sender, world.nonce(sender));
        let queues = if nonce < next { &mut content.pending } else { &mut content.queued };
        queues.entry(sender).or_default().insert(nonce, waiting(transaction));
    }
    content
}

/// A waiting transaction as clients see it: without a block.
pub(super) fn waiting(transaction: &Recovered<TxEnvelope>) -> Transaction {
    let info = TransactionInfo { hash: Some(*transaction.tx_hash()), ..TransactionInfo::default() };
    Transaction::from_transaction(transaction.clone(), info)
}
