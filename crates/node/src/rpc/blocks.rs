//! Blocks, transactions and receipts.

use super::{Args, Service, method};
use crate::chain::block::Block;
use crate::error::Error;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{B256, U64};
use alloy_rpc_types_eth::{Block as RpcBlock, Index, Transaction, TransactionReceipt};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use std::sync::Arc;

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
    method(module, "eth_getBlockReceipts", |service, args| {
        let at: BlockId = args.next("block")?;
        let receipts = |block: Arc<Block>| -> Vec<TransactionReceipt> {
            block.mined.iter().map(|mined| mined.receipt.clone()).collect()
        };
        Ok(service.chain.block(at).map(receipts))
    })?;
    method(module, "eth_getBlockTransactionCountByNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        Ok(service.chain.block(at.into()).map(count))
    })?;
    method(module, "eth_getBlockTransactionCountByHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        Ok(service.chain.block(at.into()).map(count))
    })?;
    method(module, "eth_getTransactionByBlockNumberAndIndex", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        nth(service, at.into(), args)
    })?;
    method(module, "eth_getTransactionByBlockHashAndIndex", |service, args| {
        let at: B256 = args.next("block hash")?;
        nth(service, at.into(), args)
    })?;
    method(module, "eth_getTransactionByHash", |service, args| {
        let block = service.chain.block_of(args.next("transaction hash")?);
        Ok(block.and_then(|block| Some(block.mined.as_ref()?.transaction.clone())))
    })?;
    method(module, "eth_getTransactionReceipt", |service, args| {
        let block = service.chain.block_of(args.next("transaction hash")?);
        Ok(block.and_then(|block| Some(block.mined.as_ref()?.receipt.clone())))
    })
}

fn block(service: &Service, at: BlockId, args: &mut Args<'_>) -> Result<Option<RpcBlock>, Error> {
    let full = args.optional("full transactions")?.unwrap_or(false);
    Ok(service.chain.block(at).map(|block| block.to_rpc(full)))
}

fn count(block: Arc<Block>) -> U64 {
    U64::from(u8::from(block.mined.is_some()))
}

fn nth(service: &Service, at: BlockId, args: &mut Args<'_>) -> Result<Option<Transaction>, Error> {
    let index: Index = args.next("transaction index")?;
    let mined = service.chain.block(at).filter(|_| index.0 == 0);
    Ok(mined.and_then(|block| Some(block.mined.as_ref()?.transaction.clone())))
}
