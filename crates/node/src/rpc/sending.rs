//! Transactions, signed by the client or, for developer accounts, by the node.

use super::{Args, Service, calls, meta, method};
use crate::chain::{CHAIN_ID, gas_of};
use crate::error::Error;
use alloy_consensus::{TxEnvelope, TxType};
use alloy_eips::Decodable2718;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_sendRawTransaction", |service, args| {
        let bytes: Bytes = args.next("transaction")?;
        submit(service, decode(&bytes)?)
    })?;
    method(module, "eth_sendTransaction", send)
}

/// Reads a signed transaction, all of the bytes and no more.
fn decode(bytes: &Bytes) -> Result<TxEnvelope, Error> {
    let mut rest: &[u8] = bytes;
    let decoded = TxEnvelope::decode_2718(&mut rest);
    let decoded = decoded.map_err(|error| bad(&format!("it cannot be decoded: {error}")))?;
    if rest.is_empty() { Ok(decoded) } else { Err(bad("bytes are left after it")) }
}

fn bad(text: &str) -> Error {
    Error::InvalidParams(format!("transaction: {text}"))
}

fn send(service: &Service, args: &mut Args<'_>) -> Result<B256, Error> {
    let mut described: TransactionRequest = args.next("transaction")?;
    let call = calls::request(described.clone())?;
    let Some(from) = described.from else {
        return Err(bad("`from` is missing"));
    };
    let world = service.chain.pending();
    if described.nonce.is_none() {
        described.nonce = Some(world.nonce(from));
    }
    if described.gas.is_none() {
        described.gas = Some(gas_of(&world, call.to, &call.input).min(BLOCK_GAS_LIMIT));
    }
    if described.gas_price.is_none() {
        let cap = described.max_fee_per_gas.unwrap_or(meta::GAS_PRICE.into());
        let tip = described.max_priority_fee_per_gas.unwrap_or(0);
        described.max_fee_per_gas = Some(cap.max(tip));
        described.max_priority_fee_per_gas = Some(tip);
    }
    described.chain_id = Some(CHAIN_ID);
    described.normalize_input();
    let kind = described.preferred_type();
    if !matches!(kind, TxType::Legacy | TxType::Eip2930 | TxType::Eip1559) {
        return Err(Error::UnsupportedType(kind.into()));
    }
    let transaction = described.build_consensus_tx().map_err(|error| bad(&error.error))?;
    submit(service, service.accounts.sign(from, transaction)?)
}

/// Runs a transaction and says in the node's log what became of it; a receipt gives no reason.
fn submit(service: &Service, transaction: TxEnvelope) -> Result<B256, Error> {
    let hash = service.chain.submit(transaction)?;
    if let Some(block) = service.chain.block_of(hash)
        && let Some(mined) = &block.mined
    {
        let number = block.header.number;
        match &mined.revert {
            None => tracing::info!("block {number}: {hash} done, {} logs", block.logs().len()),
            Some(revert) => {
                tracing::info!("block {number}: {hash} {}", Error::Reverted(revert.clone()));
            }
        }
    }
    Ok(hash)
}
