//! Numbers as any client writes them.

use crate::error::Error;
use alloy_primitives::U256;
use serde_json::Value;

/// A number that fits 64 bits: a JSON number, or text in hex (`0x…`) or decimal.
pub(super) fn read(name: &str, value: &Value) -> Result<u64, Error> {
    wide(value).and_then(|number| u64::try_from(number).ok()).ok_or_else(|| {
        Error::InvalidParams(format!("{name}: {value} is not a whole number below 2^64"))
    })
}

/// A number of up to 256 bits.
pub(super) fn read_wide(name: &str, value: &Value) -> Result<U256, Error> {
    wide(value).ok_or_else(|| {
        Error::InvalidParams(format!("{name}: {value} is not a whole number below 2^256"))
    })
}

fn wide(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => match text.strip_prefix("0x") {
            Some("") => None,
            Some(digits) => U256::from_str_radix(digits, 16).ok(),
            None if text.is_empty() => None,
            None => U256::from_str_radix(text, 10).ok(),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_as_any_client_writes_them() {
        for value in [json!(255), json!("255"), json!("0xff")] {
            assert_eq!(read("seconds", &value), Ok(255));
            assert_eq!(read_wide("balance", &value), Ok(U256::from(255)));
        }
        let bad =
            [json!(-1), json!(1.5), json!("ff"), json!("0x"), json!(""), json!([]), json!(null)];
        for value in bad {
            assert!(matches!(read("seconds", &value), Err(Error::InvalidParams(_))), "{value}");
            assert!(matches!(read_wide("wei", &value), Err(Error::InvalidParams(_))), "{value}");
        }
        let large = json!("0x10000000000000000");
        assert!(read("seconds", &large).is_err());
        assert_eq!(read_wide("wei", &large), Ok(U256::from(1u128 << 64)));
    }
}
