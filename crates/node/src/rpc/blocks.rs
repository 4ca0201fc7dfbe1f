//! Blocks, transactions and receipts.

use super::{Args, Service, method};
use crate::chain::Chain;
use crate::error::Error;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, Bytes, U64};
use alloy_rpc_types_eth::{Block as RpcBlock, Index, Transaction, TransactionReceipt};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_blockNumber", |service, _| Ok(U64::from(service.chain.height())))?;
    method(module, "eth_getBlockByNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        block(service, at.into(), args)
    })?;
    method(module, "eth_getBlockByHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        block(service, at.into(), args)
    })?;
    method(module, "eth_getHeaderByNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        Ok(service.chain.block(at.into())?.map(|block| block.header().clone()))
    })?;
    method(module, "eth_getHeaderByHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        Ok(service.chain.block(at.into())?.map(|block| block.header().clone()))
    })?;
    method(module, "eth_getBlockReceipts", |service, args| {
        let at: BlockId = args.next("block")?;
        Ok(service.chain.block(at)?.map(|block| block.receipts()))
    })?;
    method(module, "eth_getBlockTransactionCountByNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        count(service, at.into())
    })?;
    method(module, "eth_getBlockTransactionCountByHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        count(service, at.into())
    })?;
    method(module, "eth_getUncleCountByBlockNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        Ok(service.chain.block(at.into())?.map(|_| U64::ZERO))
    })?;
    method(module, "eth_getUncleCountByBlockHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        Ok(service.chain.block(at.into())?.map(|_| U64::ZERO))
    })?;
    transactions(module)
}

fn transactions(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_getTransactionByBlockNumberAndIndex", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        nth(service, at.into(), args)
    })?;
    method(module, "eth_getTransactionByBlockHashAndIndex", |service, args| {
        let at: B256 = args.next("block hash")?;
        nth(service, at.into(), args)
    })?;
    method(module, "eth_getTransactionByHash", |service, args| {
        transaction(&service.chain, args.next("transaction hash")?)
    })?;
    method(module, "eth_getRawTransactionByHash", |service, args| {
        raw(service, args.next("transaction hash")?)
    })?;
    method(module, "eth_getTransactionReceipt", |service, args| {
        receipt(service, args.next("transaction hash")?)
    })
}

fn block(service: &Service, at: BlockId, args: &mut Args<'_>) -> Result<Option<RpcBlock>, Error> {
    let full = args.optional("full transactions")?.unwrap_or(false);
    Ok(service.chain.block(at)?.map(|block| block.to_rpc(full)))
}

fn count(service: &Service, at: BlockId) -> Result<Option<U64>, Error> {
    Ok(service.chain.block(at)?.map(|block| U64::from(block.len())))
}

fn nth(service: &Service, at: BlockId, args: &mut Args<'_>) -> Result<Option<Transaction>, Error> {
    let index: Index = args.next("transaction index")?;
    Ok(service.chain.block(at)?.and_then(|block| block.transaction(index.0)))
}

/// A transaction in its block, or one that waits for its block.
pub(super) fn transaction(chain: &Chain, hash: B256) -> Result<Option<Transaction>, Error> {
    if let Some((block, position)) = chain.block_of(hash)? {
        return Ok(block.transaction(position));
    }
    let pool = chain.pool();
    Ok(pool.find(hash).map(super::pool::waiting))
}

fn raw(service: &Service, hash: B256) -> Result<Option<Bytes>, Error> {
    let found = service.chain.block_of(hash)?;
    Ok(found.and_then(|(block, position)| {
        block.record().transactions.get(position).map(|kept| kept.envelope.clone())
    }))
}

fn receipt(service: &Service, hash: B256) -> Result<Option<TransactionReceipt>, Error> {
    let found = service.chain.block_of(hash)?;
    Ok(found.and_then(|(block, position)| block.receipt(position)))
}
