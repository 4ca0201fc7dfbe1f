//! What a development chain lets anybody do: snapshots, impersonation, balances out of thin air.

use super::{Service, method, number, writing_method, writing_method_as};
use crate::chain::CHAIN_ID;
use crate::error::Error;
use alloy_primitives::{Address, B256, U64};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::Serialize;
use serde_json::Value;

/// Why no code or storage can be written or read.
const NATIVE: &str = "the contracts here are native state machines without bytecode and storage slots; \
                      read them through their own functions, and change them by calls";

/// What `anvil_nodeInfo` tells.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    current_block_number: U64,
    current_block_timestamp: u64,
    current_block_hash: B256,
    hard_fork: &'static str,
    transaction_order: &'static str,
    environment: Environment,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    chain_id: u64,
    gas_limit: U64,
    base_fee: U64,
    gas_price: U64,
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    for name in ["evm_snapshot", "anvil_snapshot"] {
        writing_method_as(module, name, |service, _| Ok(service.chain.save()), U64::from)?;
    }
    for name in ["evm_revert", "anvil_revert"] {
        writing_method(module, name, |service, args| {
            let id = number::read("snapshot", &args.next("snapshot")?)?;
            Ok(service.chain.restore(id))
        })?;
    }
    for name in ["anvil_setBalance", "hardhat_setBalance"] {
        writing_method(module, name, |service, args| {
            let address: Address = args.next("address")?;
            let balance = number::read_wide("balance", &args.next("balance")?)?;
            Ok(service.chain.set_balance(address, balance))
        })?;
    }
    for name in ["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"] {
        writing_method(module, name, |service, args| {
            let address: Address = args.next("address")?;
            let nonce = number::read("nonce", &args.next("nonce")?)?;
            Ok(service.chain.set_nonce(address, nonce))
        })?;
    }
    method(module, "anvil_nodeInfo", |service, _| Ok(node_info(service)))?;
    impersonation(module)?;
    refused(module)
}

fn impersonation(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    for (name, on) in [
        ("anvil_impersonateAccount", true),
        ("hardhat_impersonateAccount", true),
        ("anvil_stopImpersonatingAccount", false),
        ("hardhat_stopImpersonatingAccount", false),
    ] {
        let body: super::Method<Option<()>> = if on {
            |service, args| {
                service.chain.impersonate(args.next("address")?, true);
                Ok(None)
            }
        } else {
            |service, args| {
                service.chain.impersonate(args.next("address")?, false);
                Ok(None)
            }
        };
        method(module, name, body)?;
    }
    method(module, "anvil_autoImpersonateAccount", |service, args| {
        service.chain.impersonate_all(args.next("enabled")?);
        Ok(None::<()>)
    })
}

/// Methods that clients know and that mean nothing here.
fn refused(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "eth_getStorageAt", |_, _| refuse("eth_getStorageAt"))?;
    method(module, "eth_getProof", |_, _| refuse("eth_getProof"))?;
    method(module, "anvil_setCode", |_, _| refuse("anvil_setCode"))?;
    method(module, "hardhat_setCode", |_, _| refuse("hardhat_setCode"))?;
    method(module, "anvil_setStorageAt", |_, _| refuse("anvil_setStorageAt"))?;
    method(module, "hardhat_setStorageAt", |_, _| refuse("hardhat_setStorageAt"))
}

fn refuse(what: &'static str) -> Result<Value, Error> {
    Err(Error::Unsupported { what, why: NATIVE })
}

fn node_info(service: &Service) -> NodeInfo {
    let block = *service.chain.latest().block();
    NodeInfo {
        current_block_number: U64::from(block.number),
        current_block_timestamp: block.timestamp,
        current_block_hash: service.chain.head(),
        hard_fork: "native",
        transaction_order: "fifo",
        environment: Environment {
            chain_id: CHAIN_ID,
            gas_limit: U64::from(bondstone_tokens::BLOCK_GAS_LIMIT),
            base_fee: U64::from(crate::chain::block::BASE_FEE),
            gas_price: U64::from(super::meta::GAS_PRICE),
        },
    }
}
