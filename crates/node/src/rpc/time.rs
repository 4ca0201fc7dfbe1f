//! The chain's time, for tests: as Hardhat and Anvil name it.

use super::{Args, Service, method};
use crate::error::Error;
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use serde_json::Value;

pub(super) fn register(module: &mut RpcModule<Service>) -> Result<(), RegisterMethodError> {
    method(module, "evm_mine", |service, args| {
        service.chain.mine(timestamp_to_mine(args)?)?;
        Ok("0x0")
    })?;
    method(module, "evm_increaseTime", |service, args| {
        service.chain.increase_time(number("seconds", &args.next("seconds")?)?)
    })?;
    method(module, "evm_setNextBlockTimestamp", |service, args| {
        service.chain.set_next_timestamp(number("timestamp", &args.next("timestamp")?)?)
    })
}

/// `evm_mine` takes nothing, a timestamp, or an object with one.
fn timestamp_to_mine(args: &mut Args<'_>) -> Result<Option<u64>, Error> {
    match args.optional::<Value>("timestamp")? {
        None => Ok(None),
        Some(Value::Object(options)) => {
            let timestamp = options.get("timestamp").filter(|value| !value.is_null());
            timestamp.map(|value| number("timestamp", value)).transpose()
        }
        Some(value) => number("timestamp", &value).map(Some),
    }
}

/// A number as any client writes it: a JSON number, or text in hex (`0x…`) or decimal.
fn number(name: &str, value: &Value) -> Result<u64, Error> {
    let read = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        },
        _ => None,
    };
    read.ok_or_else(|| {
        let text = format!("{name}: {value} is not a whole number of seconds");
        Error::InvalidParams(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_as_any_client_writes_them() {
        for value in [json!(255), json!("255"), json!("0xff")] {
            assert_eq!(number("seconds", &value), Ok(255));
        }
        for value in [json!(-1), json!(1.5), json!("ff"), json!("0x"), json!([]), json!(null)] {
            assert!(matches!(number("seconds", &value), Err(Error::InvalidParams(_))), "{value}");
        }
    }
}
