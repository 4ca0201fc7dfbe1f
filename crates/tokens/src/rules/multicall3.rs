//! Multicall3. Source: mds1/multicall3 `src/Multicall3.sol`, solc 0.8.12.
//!
//! Native contracts take no ether, so `msg.value` is zero and Multicall3 holds nothing: a call with
//! a value fails without data, and `aggregate3Value` ends with its "value mismatch" unless the
//! values add up to zero. Facts that the host does not know read as zero (block hashes, coinbase,
//! difficulty, base fee); `getEthBalance` reverts without data, since zero would be a lie.

use crate::Tokens;
use crate::abi::Multicall3 as I;
use crate::rules::calldata::{self, Arguments, Array};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::{Call, Host, Message, Revert};

/// Where Multicall3 lives on every chain.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// What `getCurrentBlockGasLimit` answers: the gas limit of Ethereum blocks of early 2025. Gas is
/// not modelled; a node that shows blocks does well to show the same figure.
pub const BLOCK_GAS_LIMIT: u64 = 30_000_000;

const CALL_FAILED: &str = "Multicall3: call failed";
const VALUE_MISMATCH: &str = "Multicall3: value mismatch";

/// Answers a call to Multicall3.
pub(crate) fn dispatch(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let Some((selector, arguments)) = calldata::split(message.input) else {
        return Err(Revert::empty());
    };
    match selector {
        I::aggregateCall::SELECTOR => aggregate(host, message, arguments),
        I::tryAggregateCall::SELECTOR => {
            let must = arguments.flag(0)?;
            let results = try_all(host, message, must, arguments.array(32)?)?;
            Ok(I::tryAggregateCall::abi_encode_returns(&results))
        }
        I::tryBlockAndAggregateCall::SELECTOR => {
            let must = arguments.flag(0)?;
            block_and_all(host, message, must, arguments.array(32)?)
        }
        I::blockAndAggregateCall::SELECTOR => {
            block_and_all(host, message, true, arguments.array(0)?)
        }
        I::aggregate3Call::SELECTOR => aggregate3(host, message, arguments),
        I::aggregate3ValueCall::SELECTOR => aggregate3_value(host, message, arguments),
        _ => match I::Multicall3Calls::abi_decode_validate(message.input) {
            Ok(call) => view(host, call),
            Err(_) => Err(Revert::empty()),
        },
    }
}

/// Source: `Multicall3.aggregate`.
fn aggregate(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    arguments: Arguments<'_>,
) -> Result<Vec<u8>, Revert> {
    let results = try_all(host, message, true, arguments.array(0)?)?;
    let returned = I::aggregateReturn {
        blockNumber: U256::from(host.block().number),
        returnData: results.into_iter().map(|result| result.returnData).collect(),
    };
    Ok(I::aggregateCall::abi_encode_returns(&returned))
}

/// Source: `Multicall3.tryBlockAndAggregate`. `blockhash(block.number)` is zero on every chain.
fn block_and_all(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    must: bool,
    calls: Array<'_>,
) -> Result<Vec<u8>, Revert> {
    let returned = I::tryBlockAndAggregateReturn {
        blockNumber: U256::from(host.block().number),
        blockHash: B256::ZERO,
        returnData: try_all(host, message, must, calls)?,
    };
    Ok(I::tryBlockAndAggregateCall::abi_encode_returns(&returned))
}

/// Source: `Multicall3.tryAggregate`.
fn try_all(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    must: bool,
    calls: Array<'_>,
) -> Result<Vec<I::Result>, Revert> {
    let all = calls.arguments();
    let mut results = Vec::with_capacity(calls.len());
    for i in 0..calls.len() {
        let at = calls.element(i, 64)?;
        let target = all.address(at)?;
        let input = all.bytes(at, at.saturating_add(32))?;
        let result = attempt(host, message, target, input);
        if must && !result.success {
            return Err(Revert::reason(CALL_FAILED));
        }
        results.push(result);
    }
    Ok(results)
}

/// Source: `Multicall3.aggregate3`, whose assembly takes any non-zero word for `allowFailure`.
fn aggregate3(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    arguments: Arguments<'_>,
) -> Result<Vec<u8>, Revert> {
    let calls = arguments.array(0)?;
    let mut results = Vec::with_capacity(calls.len());
    for i in 0..calls.len() {
        let at = calls.element(i, 96)?;
        let target = arguments.address(at)?;
        let input = arguments.bytes(at, at.saturating_add(64))?;
        let result = attempt(host, message, target, input);
        let allowed = !arguments.uint(at.saturating_add(32))?.is_zero();
        if !result.success && !allowed {
            return Err(Revert::reason(CALL_FAILED));
        }
        results.push(result);
    }
    Ok(I::aggregate3Call::abi_encode_returns(&results))
}

/// Source: `Multicall3.aggregate3Value` with a `msg.value` of zero.
fn aggregate3_value(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    arguments: Arguments<'_>,
) -> Result<Vec<u8>, Revert> {
    let calls = arguments.array(0)?;
    let mut results = Vec::with_capacity(calls.len());
    let mut sum = U256::ZERO;
    for i in 0..calls.len() {
        let at = calls.element(i, 128)?;
        let value = arguments.uint(at.saturating_add(64))?;
        // Unchecked in the contract.
        sum = sum.wrapping_add(value);
        let target = arguments.address(at)?;
        let input = arguments.bytes(at, at.saturating_add(96))?;
        let result = if value.is_zero() {
            attempt(host, message, target, input)
        } else {
            I::Result { success: false, returnData: Bytes::new() }
        };
        let allowed = !arguments.uint(at.saturating_add(32))?.is_zero();
        if !result.success && !allowed {
            return Err(call_failed_with_tail());
        }
        results.push(result);
    }
    if !sum.is_zero() {
        return Err(Revert::reason(VALUE_MISMATCH));
    }
    Ok(I::aggregate3ValueCall::abi_encode_returns(&results))
}

/// The revert of `aggregate3Value`: its assembly returns 0x84 bytes of memory where the message
/// needs 0x64, and the word behind it is zero.
fn call_failed_with_tail() -> Revert {
    let mut data = Revert::reason(CALL_FAILED).into_data().to_vec();
    data.extend_from_slice(&[0; 32]);
    Revert::raw(data.into())
}

/// A low-level call: it never fails itself and does not ask for code.
fn attempt(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    target: Address,
    input: &[u8],
) -> I::Result {
    match host.call(Call::new(message.this, target, input)) {
        Ok(returned) => I::Result { success: true, returnData: returned },
        Err(revert) => I::Result { success: false, returnData: revert.into_data() },
    }
}

fn view(host: &dyn Host<Tokens>, call: I::Multicall3Calls) -> Result<Vec<u8>, Revert> {
    use I::Multicall3Calls as Calls;
    let block = host.block();
    let value = match call {
        Calls::getBlockNumber(_) => U256::from(block.number),
        Calls::getCurrentBlockTimestamp(_) => U256::from(block.timestamp),
        Calls::getChainId(_) => U256::from(block.chain_id),
        Calls::getCurrentBlockGasLimit(_) => U256::from(BLOCK_GAS_LIMIT),
        Calls::getBlockHash(_)
        | Calls::getLastBlockHash(_)
        | Calls::getCurrentBlockCoinbase(_)
        | Calls::getCurrentBlockDifficulty(_)
        | Calls::getBasefee(_) => U256::ZERO,
        Calls::getEthBalance(_)
        // Decoded by hand before.
        | Calls::aggregate(_)
        | Calls::tryAggregate(_)
        | Calls::tryBlockAndAggregate(_)
        | Calls::blockAndAggregate(_)
        | Calls::aggregate3(_)
        | Calls::aggregate3Value(_) => return Err(Revert::empty()),
    };
    Ok(value.abi_encode())
}

#[cfg(test)]
mod tests;
