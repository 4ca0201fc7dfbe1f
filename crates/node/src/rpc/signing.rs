//! Signatures of the developer accounts: messages, typed data, transactions.

use super::{Args, Service, method, sending};
use crate::error::Error;
use alloy_consensus::transaction::Recovered;
use alloy_dyn_abi::TypedData;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Bytes, eip191_hash_message};
use alloy_rpc_types_eth::{Transaction, TransactionInfo, TransactionRequest};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::Serialize;
use serde_json::Value;

/// What `eth_signTransaction` answers.
#[derive(Clone, Debug, Serialize)]
struct Signed {
    raw: Bytes,
    tx: Transaction,
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    // The order of the two parameters differs between the methods.
    method(module, "eth_sign", |service, args| {
        let account: Address = args.next("address")?;
        message(service, account, &args.next("message")?)
    })?;
    method(module, "personal_sign", |service, args| {
        let text: Bytes = args.next("message")?;
        message(service, args.next("address")?, &text)
    })?;
    for name in ["eth_signTypedData_v4", "eth_signTypedData"] {
        method(module, name, typed_data)?;
    }
    method(module, "eth_signTransaction", |service, args| {
        let described: TransactionRequest = args.next("transaction")?;
        let from = described
            .from
            .ok_or_else(|| Error::InvalidParams("transaction: `from` is missing".to_owned()))?;
        let transaction = sending::complete(service, from, described)?;
        let signed = service.accounts.sign(from, transaction)?;
        let info = TransactionInfo { hash: Some(*signed.tx_hash()), ..TransactionInfo::default() };
        let raw = signed.encoded_2718().into();
        let tx = Transaction::from_transaction(Recovered::new_unchecked(signed, from), info);
        Ok(Signed { raw, tx })
    })
}

/// A signature over a message with the prefix of EIP-191, so that it is never one of a transaction.
fn message(service: &Service, account: Address, text: &Bytes) -> Result<Bytes, Error> {
    service.accounts.sign_hash(account, eip191_hash_message(text))
}

/// A signature over typed data as EIP-712 says. The data comes as an object or as its JSON text.
fn typed_data(service: &Service, args: &mut Args<'_>) -> Result<Bytes, Error> {
    let account: Address = args.next("address")?;
    let data: Value = args.next("typed data")?;
    let bad = |text: String| Error::InvalidParams(format!("typed data: {text}"));
    let data: TypedData = match data {
        Value::String(text) => serde_json::from_str(&text),
        other => serde_json::from_value(other),
    }
    .map_err(|error| bad(error.to_string()))?;
    let hash = data.eip712_signing_hash().map_err(|error| bad(error.to_string()))?;
    service.accounts.sign_hash(account, hash)
}
