//! Transactions, signed by the client or, for developer accounts, by the node.

use super::{Args, Service, calls, meta, writing_method};
use crate::chain::{Answer, CHAIN_ID, gas_of};
use crate::error::Error;
use alloy_consensus::transaction::Recovered;
use alloy_consensus::{TxEnvelope, TxType, TypedTransaction};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, Signature, U256};
use alloy_rpc_types_eth::TransactionRequest;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    writing_method(module, "eth_sendRawTransaction", |service, args| {
        let bytes: Bytes = args.next("transaction")?;
        service.chain.submit(decode(&bytes)?)
    })?;
    for name in ["eth_sendTransaction", "eth_sendUnsignedTransaction"] {
        writing_method(module, name, send)?;
    }
    Ok(())
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

fn send(service: &Service, args: &mut Args<'_>) -> Result<Answer<B256>, Error> {
    let described: TransactionRequest = args.next("transaction")?;
    let Some(from) = described.from else {
        return Err(bad("`from` is missing"));
    };
    let transaction = complete(service, from, described)?;
    let signed = match service.accounts.sign(from, transaction.clone()) {
        Err(Error::UnknownAccount(_)) if service.chain.is_impersonated(from) => {
            impersonated(from, transaction)
        }
        signed => signed?,
    };
    service.chain.submit_recovered(Recovered::new_unchecked(signed, from))
}

/// The transaction that a client describes, with what it left out filled in.
pub(super) fn complete(
    service: &Service,
    from: Address,
    mut described: TransactionRequest,
) -> Result<TypedTransaction, Error> {
    let call = calls::request(calls::Described::from(&described))?;
    if described.nonce.is_none() {
        described.nonce = Some(service.chain.pending_nonce(from));
    }
    if described.gas.is_none() {
        let gas = gas_of(&service.chain.latest(), call.to, &call.input);
        described.gas = Some(gas.min(BLOCK_GAS_LIMIT));
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
    described.build_consensus_tx().map_err(|error| bad(&error.error))
}

/// A transaction of an account whose key nobody here has. Its signature is no signature; the
/// account stands in it so that the hash tells senders apart.
fn impersonated(from: Address, transaction: TypedTransaction) -> TxEnvelope {
    let sender = U256::from_be_bytes(from.into_word().0);
    transaction.into_envelope(Signature::new(sender, U256::from(1), false))
}
