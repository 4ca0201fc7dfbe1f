//! Outcomes and logs: the recorded against the replayed.

use crate::abi;
use crate::book::Book;
use crate::report::Difference;
use alloy_primitives::{Bytes, Log, hex};
use bondstone_kernel::{Event as _, Revert};
use serde_json::Value;

/// How a recorded call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded and returned these bytes.
    Returned(Bytes),
    /// It succeeded; what it returned was not recorded.
    Succeeded,
    /// It failed with these bytes.
    Reverted(Bytes),
    /// It succeeded and returned what the function never returns; nothing equals that.
    Impossible(String),
}

impl Outcome {
    /// A success that returned JSON values. `None` when nobody knows the types of the answer.
    #[must_use]
    pub fn returning(name: &str, selector: [u8; 4], values: &[Value]) -> Option<Self> {
        let bytes = abi::returned(name, selector, values)?;
        Some(match bytes {
            Ok(bytes) => Self::Returned(bytes.into()),
            Err(what) => Self::Impossible(format!("{}: {what}", Value::from(values))),
        })
    }
}

/// Compares how a call ended.
///
/// # Errors
/// The difference.
pub fn outcome(expected: &Outcome, actual: &Result<Bytes, Revert>) -> Result<(), Difference> {
    let what = match (expected, actual) {
        (Outcome::Returned(expected), Ok(actual)) if expected == actual => return Ok(()),
        (Outcome::Reverted(expected), Err(actual)) if expected == actual.data() => return Ok(()),
        (Outcome::Succeeded, Ok(_)) => return Ok(()),
        (Outcome::Returned(_) | Outcome::Impossible(_), Ok(_)) => "return data",
        (Outcome::Reverted(_), Err(_)) => "revert data",
        _ => "outcome",
    };
    let expected = match expected {
        Outcome::Returned(data) => success(data),
        Outcome::Succeeded => "success".to_owned(),
        Outcome::Reverted(data) => failure(data),
        Outcome::Impossible(answer) => format!("success, returning {answer}"),
    };
    let actual = match actual {
        Ok(data) => success(data),
        Err(revert) => failure(revert.data()),
    };
    Err(Difference { what: what.to_owned(), expected, actual })
}

fn success(data: &[u8]) -> String {
    format!("success, returning {}", hex::encode_prefixed(data))
}

fn failure(data: &[u8]) -> String {
    format!("failure, {}", abi::revert(data))
}

/// Compares logs: address, topics, data and order.
///
/// # Errors
/// The first difference.
pub fn logs<'a>(
    expected: &[Log],
    mut actual: impl Iterator<Item = &'a Log>,
    book: &Book,
) -> Result<(), Difference> {
    let none = || "no log".to_owned();
    for (index, log) in expected.iter().enumerate() {
        let found = actual.next();
        if found == Some(log) {
            continue;
        }
        let part = match found {
            None => "missing",
            Some(found) if found.address != log.address => "address",
            Some(found) if found.topics() != log.topics() => "topics",
            Some(_) => "data",
        };
        return Err(Difference {
            what: format!("log {} of {}: {part}", index.saturating_add(1), expected.len()),
            expected: in_words(log, book),
            actual: found.map_or_else(none, |log| in_words(log, book)),
        });
    }
    match actual.next() {
        None => Ok(()),
        Some(log) => Err(Difference {
            what: format!("one log more than the {} recorded", expected.len()),
            expected: none(),
            actual: in_words(log, book),
        }),
    }
}

/// A log with names for addresses and, where it is known, for the event.
fn in_words(log: &Log, book: &Book) -> String {
    let symbiotic = bondstone_symbiotic::Event::decode(&log.data).ok();
    let karak = bondstone_karak::Event::decode(&log.data).ok();
    let known = symbiotic.as_ref().map(bondstone_symbiotic::Event::name);
    let known = known.or(karak.as_ref().map(bondstone_karak::Event::name));
    let event = match (known, log.topics().first()) {
        (Some(event), _) => event.to_owned(),
        (None, Some(topic)) => format!("{topic:#x}"),
        (None, None) => "no topic".to_owned(),
    };
    let topics: Vec<_> = log.topics().iter().skip(1).map(|topic| book.word(*topic)).collect();
    let data = hex::encode_prefixed(&log.data.data);
    format!("{}: {event}({}) {data}", book.name(log.address), topics.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, LogData};

    fn log(address: u8, topic: u8, data: &'static [u8]) -> Log {
        let data = LogData::new_unchecked(vec![B256::repeat_byte(topic)], Bytes::from_static(data));
        Log { address: Address::repeat_byte(address), data }
    }

    #[test]
    fn logs_differ_in_address_topics_data_number_and_order() {
        let book = Book::default();
        let (one, two) = (log(1, 1, b"a"), log(2, 2, b"b"));
        let what = |expected: &[Log], actual: &[Log]| {
            logs(expected, actual.iter(), &book).err().map(|difference| difference.what)
        };
        let pair = [one.clone(), two.clone()];
        assert_eq!(what(&pair, &pair), None);
        assert_eq!(what(&pair, &[two.clone(), one.clone()]).unwrap(), "log 1 of 2: address");
        assert_eq!(what(&pair, &pair[..1]).unwrap(), "log 2 of 2: missing");
        assert_eq!(what(&pair[..1], &pair).unwrap(), "one log more than the 1 recorded");
        assert_eq!(what(&pair[..1], &[log(1, 2, b"a")]).unwrap(), "log 1 of 1: topics");
        assert_eq!(what(&pair[..1], &[log(1, 1, b"b")]).unwrap(), "log 1 of 1: data");
    }

    #[test]
    fn outcomes_differ_in_kind_and_bytes() {
        let returned = Outcome::Returned(Bytes::from_static(b"x"));
        let reverted = Outcome::Reverted(Bytes::from_static(b"x"));
        let ok = |data: &'static [u8]| Ok(Bytes::from_static(data));
        let err = |data: &'static [u8]| Err(Revert::raw(Bytes::from_static(data)));
        let what = |a: &Outcome, b| outcome(a, &b).err().map(|difference| difference.what);
        assert_eq!(what(&returned, ok(b"x")), None);
        assert_eq!(what(&reverted, err(b"x")), None);
        assert_eq!(what(&returned, ok(b"y")).unwrap(), "return data");
        assert_eq!(what(&reverted, err(b"y")).unwrap(), "revert data");
        assert_eq!(what(&returned, err(b"x")).unwrap(), "outcome");
        let impossible = Outcome::Impossible("[]".to_owned());
        assert_eq!(what(&impossible, ok(b"")).unwrap(), "return data");
        assert_eq!(what(&impossible, err(b"")).unwrap(), "outcome");
    }
}
