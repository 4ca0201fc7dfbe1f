//! The chain's time and pace, for tests: as Hardhat and Anvil name them.

use super::{Args, Service, method, number, writing_method, writing_method_as};
use crate::chain::Chain;
use crate::error::Error;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// Makes blocks by the wall clock.
#[derive(Debug, Default)]
pub struct Pace {
    running: Mutex<Option<(Duration, AbortHandle)>>,
}

impl Pace {
    /// Makes a block every `interval` from now on; a zero interval ends it. Must be called within
    /// the server's runtime.
    pub fn set(&self, chain: &Arc<Chain>, interval: Duration) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, task)) = running.take() {
            task.abort();
        }
        if interval.is_zero() {
            return;
        }
        let chain = Arc::clone(chain);
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(interval);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            // The first tick is now; the first block comes one interval later.
            ticks.tick().await;
            loop {
                ticks.tick().await;
                if let Err(error) = chain.mine(1, None, None).get().await {
                    tracing::error!("no block by the clock: {error}");
                }
            }
        });
        *running = Some((interval, task.abort_handle()));
    }

    /// Time between two blocks, if they are made by the clock.
    #[must_use]
    pub fn interval(&self) -> Option<Duration> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|(interval, _)| *interval)
    }
}

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    for name in ["evm_increaseTime", "anvil_increaseTime"] {
        writing_method(module, name, |service, args| {
            let seconds = number::read("seconds", &args.next("seconds")?)?;
            Ok(service.chain.increase_time(seconds))
        })?;
    }
    for name in ["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"] {
        writing_method(module, name, |service, args| {
            let timestamp = number::read("timestamp", &args.next("timestamp")?)?;
            Ok(service.chain.set_next_timestamp(timestamp))
        })?;
    }
    for name in ["evm_setTime", "anvil_setTime"] {
        writing_method(module, name, |service, args| {
            let timestamp = number::read("timestamp", &args.next("timestamp")?)?;
            Ok(service.chain.set_time(timestamp))
        })?;
    }
    let mine: super::Writing<()> =
        |service, args| Ok(service.chain.mine(1, None, timestamp_to_mine(args)?));
    writing_method_as(module, "evm_mine", mine, |()| "0x0")?;
    for name in ["anvil_mine", "hardhat_mine"] {
        writing_method(module, name, |service, args| {
            let count = count(args, "blocks")?.unwrap_or(1);
            let interval = self::count(args, "interval")?;
            Ok(service.chain.mine(count, interval, None))
        })?;
    }
    pace(module)
}

fn pace(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    for name in ["evm_setAutomine", "anvil_setAutomine"] {
        let set: super::Writing<()> = |service, args| {
            let automatic: bool = args.next("automine")?;
            if automatic {
                service.pace.set(&service.chain, Duration::ZERO);
            }
            Ok(service.chain.set_automatic(automatic))
        };
        writing_method_as(module, name, set, |()| true)?;
    }
    for name in ["anvil_getAutomine", "hardhat_getAutomine"] {
        writing_method(module, name, |service, _| Ok(service.chain.is_automatic()))?;
    }
    // Anvil takes seconds, Hardhat milliseconds.
    writing_method(module, "anvil_setIntervalMining", |service, args| {
        let seconds = number::read("seconds", &args.next("seconds")?)?;
        Ok(set_interval(service, Duration::from_secs(seconds)))
    })?;
    writing_method(module, "evm_setIntervalMining", |service, args| {
        let milliseconds = number::read("milliseconds", &args.next("milliseconds")?)?;
        Ok(set_interval(service, Duration::from_millis(milliseconds)))
    })?;
    method(module, "anvil_getIntervalMining", |service, _| {
        Ok(service.pace.interval().map(|interval| interval.as_secs()))
    })
}

/// Blocks by the clock, or none by themselves when the interval is zero.
fn set_interval(service: &Service, interval: Duration) -> crate::chain::Answer<()> {
    service.pace.set(&service.chain, interval);
    service.chain.set_automatic(false)
}

fn count(args: &mut Args<'_>, name: &str) -> Result<Option<u64>, Error> {
    let value: Option<Value> = args.optional(name)?;
    value.map(|value| number::read(name, &value)).transpose()
}

/// `evm_mine` takes nothing, a timestamp, or an object with one.
fn timestamp_to_mine(args: &mut Args<'_>) -> Result<Option<u64>, Error> {
    match args.optional::<Value>("timestamp")? {
        None => Ok(None),
        Some(Value::Object(options)) => {
            let timestamp = options.get("timestamp").filter(|value| !value.is_null());
            timestamp.map(|value| number::read("timestamp", value)).transpose()
        }
        Some(value) => number::read("timestamp", &value).map(Some),
    }
}
