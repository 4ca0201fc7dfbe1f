//! Who is talking: chain id, version, accounts, fees.

use super::{Args, Service, method};
use crate::chain::{CHAIN_ID, block::BASE_FEE};
use crate::error::Error;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, Bytes, U64, keccak256};
use alloy_rpc_types_eth::FeeHistory;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;

/// The price that is suggested, in wei per gas: 1 gwei. Nobody is charged.
pub(super) const GAS_PRICE: u64 = 1_000_000_000;

/// The most blocks that one `eth_feeHistory` answers for.
const MAX_HISTORY: u64 = 1024;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "web3_clientVersion", |_, _| {
        Ok(concat!("bondstone/v", env!("CARGO_PKG_VERSION")))
    })?;
    method(module, "web3_sha3", |_, args| Ok(keccak256(args.next::<Bytes>("data")?)))?;
    method(module, "net_version", |_, _| Ok(CHAIN_ID.to_string()))?;
    method(module, "net_listening", |_, _| Ok(true))?;
    method(module, "eth_chainId", |_, _| Ok(U64::from(CHAIN_ID)))?;
    method(module, "eth_syncing", |_, _| Ok(false))?;
    method(module, "eth_accounts", |service, _| {
        Ok(service.accounts.addresses().collect::<Vec<Address>>())
    })?;
    method(module, "eth_gasPrice", |_, _| Ok(U64::from(GAS_PRICE)))?;
    method(module, "eth_maxPriorityFeePerGas", |_, _| Ok(U64::from(GAS_PRICE)))?;
    method(module, "eth_feeHistory", fee_history)
}

fn fee_history(service: &Service, args: &mut Args<'_>) -> Result<FeeHistory, Error> {
    let count: U64 = args.next("block count")?;
    let newest: BlockNumberOrTag = args.next("newest block")?;
    let percentiles: Vec<f64> = args.optional("percentiles")?.unwrap_or_default();
    let rising = percentiles.windows(2).all(|pair| pair.first() <= pair.last());
    if !rising || percentiles.iter().any(|percentile| !(0.0..=100.0).contains(percentile)) {
        let text = "percentiles: they must lie between 0 and 100 and must not fall";
        return Err(Error::InvalidParams(text.to_owned()));
    }
    let newest = service.chain.block(newest.into())?;
    let newest = newest.ok_or_else(|| Error::UnknownBlock("newest".to_owned()))?.number();
    let count = count.to::<u64>().min(MAX_HISTORY).min(newest.saturating_add(1));
    let oldest = newest.saturating_add(1).saturating_sub(count);
    let mut history = FeeHistory { oldest_block: oldest, ..FeeHistory::default() };
    let mut rewards = Vec::new();
    for number in oldest..oldest.saturating_add(count) {
        let block = service.chain.block(number.into())?;
        let gas_used = block.map_or(0, |block| block.header().gas_used);
        history.base_fee_per_gas.push(BASE_FEE.into());
        history.gas_used_ratio.push(ratio(gas_used));
        rewards.push(vec![u128::from(GAS_PRICE); percentiles.len()]);
    }
    history.base_fee_per_gas.push(BASE_FEE.into());
    history.reward = (!percentiles.is_empty()).then_some(rewards);
    Ok(history)
}

fn ratio(gas_used: u64) -> f64 {
    let part = |gas: u64| f64::from(u32::try_from(gas).unwrap_or(u32::MAX));
    part(gas_used) / part(BLOCK_GAS_LIMIT)
}
