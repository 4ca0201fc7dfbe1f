//! Reads: balances, nonces, code, calls, estimates.

use super::{Args, Service, method};
use crate::chain::{CHAIN_ID, Request};
use crate::error::Error;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, Bytes, TxKind, U64, U128, U256};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use bondstone_symbiotic::Contract;
use bondstone_tokens::MULTICALL3;
use bondstone_world::World;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::Deserialize;
use serde_json::Value;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_getBalance", |service, args| {
        let address: Address = args.next("address")?;
        Ok(service.chain.world_at(args.block()?)?.balance(address))
    })?;
    method(module, "eth_getTransactionCount", |service, args| {
        let address: Address = args.next("address")?;
        Ok(U64::from(service.chain.world_at(args.block()?)?.nonce(address)))
    })?;
    method(module, "eth_getCode", |service, args| {
        let address: Address = args.next("address")?;
        Ok(code(&service.chain.world_at(args.block()?)?, address))
    })?;
    method(module, "eth_call", |service, args| {
        let call = request(args.next("call")?)?;
        let at = args.block()?;
        refuse_overrides(args)?;
        service.chain.call(&call, at)
    })?;
    method(module, "eth_estimateGas", |service, args| {
        let call = request(args.next("call")?)?;
        // The transaction will run in the next block, so that is where it is tried.
        let at = args.optional("block")?.unwrap_or(BlockId::from(BlockNumberOrTag::Pending));
        refuse_overrides(args)?;
        service.chain.estimate(&call, at).map(U256::from)
    })
}

/// A call as clients describe it. alloy's [`TransactionRequest`] says it too, and much that only
/// transactions have; to read one takes longer than most calls.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Described {
    from: Option<Address>,
    to: Option<TxKind>,
    value: Option<U256>,
    input: Option<Bytes>,
    data: Option<Bytes>,
    chain_id: Option<U64>,
    /// What calls do not need is read nevertheless, so that nonsense is refused.
    #[serde(rename = "gas")]
    _gas: Option<U64>,
    #[serde(rename = "gasPrice")]
    _gas_price: Option<U128>,
    #[serde(rename = "maxFeePerGas")]
    _max_fee_per_gas: Option<U128>,
    #[serde(rename = "maxPriorityFeePerGas")]
    _max_priority_fee_per_gas: Option<U128>,
    #[serde(rename = "nonce")]
    _nonce: Option<U64>,
}

impl From<&TransactionRequest> for Described {
    fn from(described: &TransactionRequest) -> Self {
        let TransactionInput { input, data } = described.input.clone();
        Self {
            from: described.from,
            to: described.to,
            value: described.value,
            input,
            data,
            chain_id: described.chain_id.map(U64::from),
            ..Self::default()
        }
    }
}

/// The call that a client describes.
pub(super) fn request(described: Described) -> Result<Request, Error> {
    if let Some(got) = described.chain_id.map(|id| id.to::<u64>())
        && got != CHAIN_ID
    {
        return Err(Error::WrongChain { want: CHAIN_ID, got });
    }
    let to = described.to.and_then(|to| to.to().copied()).ok_or(Error::Creation)?;
    let Described { input, data, .. } = described;
    let input = TransactionInput { input, data }.try_into_unique_input();
    let input = input.map_err(|error| Error::InvalidParams(error.to_string()))?;
    Ok(Request {
        from: described.from.unwrap_or_default(),
        to: Some(to),
        value: described.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
    })
}

fn refuse_overrides(args: &mut Args<'_>) -> Result<(), Error> {
    match args.optional::<Value>("overrides")? {
        None => Ok(()),
        Some(Value::Object(map)) if map.is_empty() => Ok(()),
        Some(_) => Err(Error::InvalidParams("overrides: not supported".to_owned())),
    }
}

/// What stands for the code of a native contract: the INVALID opcode, so that it cannot be mistaken
/// for something to run, then `bondstone:` and what lives there, in ASCII.
fn code(world: &World, address: Address) -> Bytes {
    if !world.has_code(address) {
        return Bytes::new();
    }
    let name = match world.symbiotic().contract(world.accounts(), address) {
        Contract::None => elsewhere(world, address),
        Contract::Singleton(kind) => format!("{kind:?}"),
        Contract::Vault(_) => "Vault".to_owned(),
        Contract::Delegator(_) => "Delegator".to_owned(),
        Contract::Slasher(_) => "Slasher".to_owned(),
        Contract::Hook(_) => "Hook".to_owned(),
        Contract::Router(_) => "BurnerRouter".to_owned(),
        Contract::Collateral(_) => "DefaultCollateral".to_owned(),
        Contract::StakerRewards(_) => "DefaultStakerRewards".to_owned(),
        Contract::OperatorRewards(_) => "DefaultOperatorRewards".to_owned(),
    };
    let mut code = vec![0xfe];
    code.extend_from_slice(b"bondstone:");
    code.extend_from_slice(name.as_bytes());
    code.into()
}

/// What lives at an address that does not belong to Symbiotic.
fn elsewhere(world: &World, address: Address) -> String {
    use bondstone_karak::Contract;
    let contract = world.karak().contract(world.accounts(), address);
    let name = match contract {
        Contract::None if address == MULTICALL3 => "Multicall3",
        Contract::None => "Token",
        Contract::Vault(_) => "KarakVault",
        Contract::Node(_) => "KarakNativeNode",
        other => return format!("Karak{other:?}"),
    };
    name.to_owned()
}
