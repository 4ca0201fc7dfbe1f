//! `debug_trace…` with the call tracer, in go-ethereum's shape.

use super::{Args, Service, calls, heavy_method};
use crate::chain::gas_of;
use crate::chain::trace::Traced;
use crate::error::Error;
use crate::reason;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, Log, U64, U256};
use bondstone_kernel::Revert;
use bondstone_world::CallFrame;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde::{Deserialize, Serialize};

/// What the client wants to see.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    tracer: Option<String>,
    #[serde(default)]
    tracer_config: Config,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    only_top_call: bool,
    with_log: bool,
}

/// A call in go-ethereum's shape. Gas is that of the whole transaction: calls within have none of
/// their own here.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    #[serde(rename = "type")]
    kind: &'static str,
    from: Address,
    to: Address,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<U256>,
    gas: U64,
    gas_used: U64,
    input: Bytes,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revert_reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Frame>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<FrameLog>,
}

#[derive(Clone, Debug, Serialize)]
struct FrameLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    position: U64,
}

/// A transaction of a block with its calls.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfBlock {
    tx_hash: B256,
    result: Frame,
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    heavy_method(module, "debug_traceTransaction", |service, args| {
        let hash: B256 = args.next("transaction hash")?;
        let config = config(args)?;
        Ok(of_transaction(&service.chain.trace(hash)?, config))
    })?;
    heavy_method(module, "debug_traceBlockByNumber", |service, args| {
        let at: BlockNumberOrTag = args.next("block")?;
        of_block(service, at.into(), args)
    })?;
    heavy_method(module, "debug_traceBlockByHash", |service, args| {
        let at: B256 = args.next("block hash")?;
        of_block(service, at.into(), args)
    })?;
    heavy_method(module, "debug_traceCall", |service, args| {
        let request = calls::request(args.next("call")?)?;
        let at = args.block()?;
        let config = config(args)?;
        let (calls, _) = service.chain.trace_call(&request, at)?;
        let gas = U64::from(gas_of(&service.chain.latest(), request.to, &request.input));
        Ok(frame(&calls, (gas, gas), config))
    })
}

/// The options; the tracer must be the one for calls, since there are no opcodes to show.
fn config(args: &mut Args<'_>) -> Result<Config, Error> {
    let options: Options = args.optional("options")?.unwrap_or_default();
    match options.tracer.as_deref() {
        Some("callTracer") => Ok(options.tracer_config),
        other => Err(Error::InvalidParams(format!(
            "tracer: {} is not supported, only `callTracer` is: native contracts have no opcodes",
            other.map_or("none".to_owned(), |name| format!("`{name}`"))
        ))),
    }
}

fn of_block(service: &Service, at: BlockId, args: &mut Args<'_>) -> Result<Vec<OfBlock>, Error> {
    let config = config(args)?;
    let block = service.chain.block(at)?.ok_or_else(|| crate::chain::unknown(at))?;
    let traced = service.chain.trace_block(block.number(), block.len())?;
    let shown = traced.iter().map(|traced| OfBlock {
        tx_hash: traced.kept.hash,
        result: of_transaction(traced, config),
    });
    Ok(shown.collect())
}

fn of_transaction(traced: &Traced, config: Config) -> Frame {
    let gas = (U64::from(traced.gas_limit), U64::from(traced.kept.gas_used));
    frame(&traced.calls, gas, config)
}

fn frame(call: &CallFrame, (gas, gas_used): (U64, U64), config: Config) -> Frame {
    let inner = if config.only_top_call { &[][..] } else { &call.calls };
    let output = match &call.outcome {
        Ok(output) => output.clone(),
        Err(revert) => revert.data().clone(),
    };
    let logs = if config.with_log { &call.logs[..] } else { &[] };
    Frame {
        kind: if call.is_static { "STATICCALL" } else { "CALL" },
        from: call.from,
        to: call.to,
        value: (!call.is_static).then_some(call.value),
        gas,
        gas_used,
        input: call.input.clone(),
        output: Some(output).filter(|bytes| !bytes.is_empty()),
        error: call.outcome.is_err().then_some("execution reverted"),
        revert_reason: call.outcome.as_ref().err().and_then(reason_of),
        calls: inner.iter().map(|inner| frame(inner, (U64::ZERO, U64::ZERO), config)).collect(),
        logs: logs.iter().map(|(position, log)| frame_log(*position, log)).collect(),
    }
}

fn reason_of(revert: &Revert) -> Option<String> {
    let suffix = reason::suffix(revert);
    suffix.strip_prefix(": ").map(str::to_owned)
}

fn frame_log(position: usize, log: &Log) -> FrameLog {
    let (topics, data) = (log.topics().to_vec(), log.data.data.clone());
    FrameLog { address: log.address, topics, data, position: U64::from(position) }
}
