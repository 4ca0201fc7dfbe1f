//! Calls and answers of the recorded functions: from signatures and JSON values to bytes.
//!
//! What a function takes is in its signature, which a trace gives or a view key implies. What it
//! returns is in no trace; `functions.txt` lists it for every function of the suites.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, I256, U256, hex, keccak256};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A function's signature and, where it is known, the types that it returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Name without types.
    pub name: String,
    /// First four bytes of the hash of the signature.
    pub selector: [u8; 4],
    /// Types of the arguments.
    pub inputs: Vec<DynSolType>,
    /// Types of the returned values.
    pub outputs: Vec<DynSolType>,
}

/// All known functions.
struct Known {
    by_selector: BTreeMap<[u8; 4], Vec<Function>>,
    by_name: BTreeMap<String, Vec<Function>>,
    errors: BTreeMap<[u8; 4], (String, Vec<DynSolType>)>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known =
        Known { by_selector: BTreeMap::new(), by_name: BTreeMap::new(), errors: BTreeMap::new() };
    for function in entries(include_str!("functions.txt")).filter_map(Function::with_outputs) {
        known.by_name.entry(function.name.clone()).or_default().push(function.clone());
        known.by_selector.entry(function.selector).or_default().push(function);
    }
    for error in entries(include_str!("errors.txt")).filter_map(Function::parse) {
        known.errors.insert(error.selector, (error.name, error.inputs));
    }
    known
});

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Function {
    /// Reads `name(types)`. Nothing is returned as far as this knows.
    #[must_use]
    pub fn parse(signature: &str) -> Option<Self> {
        let (name, types) = signature.split_at(signature.find('(')?);
        let DynSolType::Tuple(inputs) = DynSolType::parse(types).ok()? else { return None };
        let [a, b, c, d, ..] = keccak256(signature).0;
        let selector = [a, b, c, d];
        Some(Self { name: name.to_owned(), selector, inputs, outputs: Vec::new() })
    }

    /// Reads `name(types)(types)`.
    fn with_outputs(entry: &str) -> Option<Self> {
        let mut depth = 0u32;
        let end = entry.char_indices().find_map(|(at, c)| {
            match c {
                '(' => depth = depth.saturating_add(1),
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            (c == ')' && depth == 0).then_some(at)
        })?;
        let (signature, outputs) = entry.split_at(end.checked_add(1)?);
        let DynSolType::Tuple(outputs) = DynSolType::parse(outputs).ok()? else { return None };
        Some(Self { outputs, ..Self::parse(signature)? })
    }

    /// Calldata for JSON arguments.
    ///
    /// # Errors
    /// What does not fit the signature.
    pub fn calldata(&self, args: &[Value]) -> Result<Vec<u8>, String> {
        let mut data = self.selector.to_vec();
        data.extend(encode(&self.inputs, args)?);
        Ok(data)
    }
}

/// Functions with this name, for view keys.
#[must_use]
pub fn named(name: &str) -> &'static [Function] {
    KNOWN.by_name.get(name).map_or(&[], Vec::as_slice)
}

/// The bytes that a function returns when it returns `values`. `None` when the function is not
/// known and it returns something.
///
/// Hint helpers are not in the table: their names tell the types.
///
/// # Errors
/// What does not fit the types of the answer.
#[must_use]
pub fn returned(
    name: &str,
    selector: [u8; 4],
    values: &[Value],
) -> Option<Result<Vec<u8>, String>> {
    let known = KNOWN.by_selector.get(&selector);
    if let Some(function) = known.and_then(|f| f.iter().find(|f| f.outputs.len() == values.len())) {
        return Some(encode(&function.outputs, values));
    }
    if let Some(function) = known.and_then(|functions| functions.first()) {
        return Some(encode(&function.outputs, values));
    }
    if name.ends_with("HintInternal") {
        return Some(encode(&[DynSolType::Bool, DynSolType::Uint(32)], values));
    }
    if name.ends_with("Hint") || name.ends_with("Hints") {
        return Some(encode(&[DynSolType::Bytes], values));
    }
    values.is_empty().then(|| Ok(Vec::new()))
}

/// Revert data in words: the error's name and arguments where it is known.
#[must_use]
pub fn revert(data: &[u8]) -> String {
    let hex = hex::encode_prefixed(data);
    let Some((selector, arguments)) = data.split_first_chunk::<4>() else {
        return if data.is_empty() { "empty revert data".to_owned() } else { hex };
    };
    let Some((name, types)) = KNOWN.errors.get(selector) else { return hex };
    match DynSolType::Tuple(types.clone()).abi_decode_params(arguments) {
        Ok(DynSolValue::Tuple(values)) => {
            let values: Vec<_> = values.iter().map(value).collect();
            format!("{name}({}) {hex}", values.join(", "))
        }
        _ => format!("{name} {hex}"),
    }
}

fn value(value: &DynSolValue) -> String {
    match value {
        DynSolValue::Uint(value, _) => value.to_string(),
        DynSolValue::Int(value, _) => value.to_string(),
        DynSolValue::Address(value) => format!("{value:#x}"),
        DynSolValue::Bool(value) => value.to_string(),
        DynSolValue::FixedBytes(word, size) => {
            hex::encode_prefixed(word.get(..*size).unwrap_or(&[]))
        }
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn encode(types: &[DynSolType], values: &[Value]) -> Result<Vec<u8>, String> {
    Ok(DynSolValue::Tuple(list(types, values)?).abi_encode_params())
}

fn list(types: &[DynSolType], values: &[Value]) -> Result<Vec<DynSolValue>, String> {
    if types.len() != values.len() {
        return Err(format!("{} values where {} belong", values.len(), types.len()));
    }
    types.iter().zip(values).map(|(kind, value)| typed(kind, value)).collect()
}

/// A JSON value as a value of an ABI type.
///
/// # Errors
/// What does not fit the type.
pub fn typed(kind: &DynSolType, value: &Value) -> Result<DynSolValue, String> {
    let wrong = || format!("{value} is not of type {kind}");
    Ok(match (kind, value) {
        (DynSolType::Bool, Value::Bool(value)) => DynSolValue::Bool(*value),
        (DynSolType::Uint(bits), _) => {
            let number = uint(value).filter(|n| n.bit_len() <= *bits).ok_or_else(wrong)?;
            DynSolValue::Uint(number, *bits)
        }
        (DynSolType::Int(bits), _) => {
            let number: I256 = plain(value).and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
            DynSolValue::Int(number, *bits)
        }
        (DynSolType::Address, Value::String(text)) => {
            DynSolValue::Address(text.parse::<Address>().map_err(|_| wrong())?)
        }
        (DynSolType::FixedBytes(size), Value::String(text)) => {
            let bytes = hex::decode(text).map_err(|_| wrong())?;
            if bytes.len() != *size {
                return Err(wrong());
            }
            let mut word = [0u8; 32];
            for (to, from) in word.iter_mut().zip(bytes) {
                *to = from;
            }
            DynSolValue::FixedBytes(word.into(), *size)
        }
        (DynSolType::Bytes, Value::String(text)) => {
            DynSolValue::Bytes(hex::decode(text).map_err(|_| wrong())?)
        }
        (DynSolType::String, Value::String(text)) => DynSolValue::String(text.clone()),
        (DynSolType::Array(kind), Value::Array(values)) => {
            let values: Result<_, _> = values.iter().map(|value| typed(kind, value)).collect();
            DynSolValue::Array(values?)
        }
        (DynSolType::FixedArray(kind, size), Value::Array(values)) if values.len() == *size => {
            let values: Result<_, _> = values.iter().map(|value| typed(kind, value)).collect();
            DynSolValue::FixedArray(values?)
        }
        (DynSolType::Tuple(kinds), Value::Array(values)) => {
            DynSolValue::Tuple(list(kinds, values)?)
        }
        _ => return Err(wrong()),
    })
}

/// A number that JSON carries as a decimal or hexadecimal string or as a number.
#[must_use]
pub fn uint(value: &Value) -> Option<U256> {
    plain(value)?.parse().ok()
}

/// For serde: a `u64` in any form that [`uint`] takes.
///
/// # Errors
/// The deserializer's, and one for values that are no such number.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = uint(&value).and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| D::Error::custom(format!("{value} is no 64-bit number")))
}

/// For serde: an amount in any form that [`uint`] takes.
///
/// # Errors
/// The deserializer's, and one for values that are no such number.
pub fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    let value = Value::deserialize(deserializer)?;
    uint(&value).ok_or_else(|| D::Error::custom(format!("{value} is no 256-bit number")))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_line_of_the_tables_is_read() {
        let functions: Vec<_> = entries(include_str!("functions.txt")).collect();
        for entry in &functions {
            assert!(Function::with_outputs(entry).is_some(), "{entry}");
        }
        for entry in entries(include_str!("errors.txt")) {
            assert!(Function::parse(entry).is_some(), "{entry}");
        }
        assert_eq!(KNOWN.by_selector.values().map(Vec::len).sum::<usize>(), functions.len());
    }

    #[test]
    fn selectors_are_those_of_the_contracts() {
        let selector = |signature| hex::encode(Function::parse(signature).unwrap().selector);
        assert_eq!(selector("deposit(address,uint256)"), "47e7ef24");
        let create = "create((uint64,address,bytes,uint64,bytes,bool,uint64,bytes))";
        assert_eq!(selector(create), "c48927e4");
    }

    #[test]
    fn calldata_and_answers_are_plain_abi() {
        let deposit = Function::parse("deposit(address,uint256)").unwrap();
        let account = format!("{:#x}", Address::repeat_byte(1));
        let data = deposit.calldata(&[json!(account), json!("258")]).unwrap();
        assert_eq!(data.len(), 68);
        assert_eq!(&data[66..], [1, 2]);
        assert!(deposit.calldata(&[json!(account)]).is_err());
        assert!(deposit.calldata(&[json!(account), json!("x")]).is_err());
        let answer = |name, selector, values: &[Value]| {
            returned(name, selector, values).map(|bytes| bytes.map(|bytes| bytes.len()))
        };
        let selector = deposit.selector;
        assert_eq!(answer("deposit", selector, &[json!("1"), json!(2)]), Some(Ok(64)));
        assert_eq!(answer("deposit", selector, &[json!("1")]), Some(Ok(32)));
        assert_eq!(answer("other", [0; 4], &[]), Some(Ok(0)));
        assert_eq!(answer("other", [0; 4], &[json!("1")]), None);
        assert_eq!(answer("stakeHints", [0; 4], &[json!("0x")]), Some(Ok(64)));
    }

    #[test]
    fn numbers_that_leave_their_type_are_refused() {
        let deposit = DynSolType::Uint(48);
        assert!(typed(&deposit, &json!("281474976710655")).is_ok());
        assert!(typed(&deposit, &json!("281474976710656")).is_err());
        assert!(typed(&deposit, &json!("-1")).is_err());
        assert!(typed(&DynSolType::Bool, &json!("1")).is_err());
    }

    #[test]
    fn reverts_are_named() {
        assert_eq!(revert(&[]), "empty revert data");
        assert_eq!(revert(&hex!("80724751")), "InsufficientHookGas() 0x80724751");
        let mut panic = hex!("4e487b71").to_vec();
        panic.extend([0u8; 31]);
        panic.push(0x11);
        assert!(revert(&panic).starts_with("Panic(17) 0x4e487b71"));
        assert_eq!(revert(&hex!("01020304")), "0x01020304");
    }
}
