//! Records as bytes: one byte string per record, and one record per byte string.
//!
//! Integers are LEB128 in as few bytes as they fit, signed ones zigzag. A word of 32 bytes is its
//! length without leading zeros, then that; topics and log data are sequences of words, because
//! most of their bytes are padding. Hashes, which have none, are plain.

use crate::record::{BlockRecord, ClockRecord, Outcome, Record, TransactionRecord, WaitingRecord};
use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use bondstone_kernel::{Block, Entry};
use thiserror::Error;

const BLOCK: u8 = 1;
const REWIND: u8 = 2;
const CLOCK: u8 = 3;
const WAITING: u8 = 4;
const DROPPED: u8 = 5;

const WORD: usize = 32;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The bytes end within a field.
    #[error("the bytes end within {field}")]
    Ends {
        /// The field.
        field: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("{field} cannot be {found}")]
    Value {
        /// The field.
        field: &'static str,
        /// The value.
        found: u64,
    },
    /// An integer or a word takes more bytes than it needs, or than it may have.
    #[error("{field} is not in its shortest form")]
    NotShortest {
        /// The field.
        field: &'static str,
    },
    /// Bytes are left after the record.
    #[error("{bytes} bytes follow the record")]
    Trailing {
        /// How many.
        bytes: usize,
    },
}

/// What can be seen of a record without reading all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    Block { number: u64, parent: B256, hash: B256 },
    Rewind { height: u64 },
    Other,
}

/// Appends a record's bytes.
pub(crate) fn encode(record: &Record, out: &mut Vec<u8>) {
    match record {
        Record::Block(block) => encode_block(block, out),
        Record::Rewind { height } => {
            out.push(REWIND);
            unsigned(*height, out);
        }
        Record::Clock(shift) => {
            out.push(CLOCK);
            clock(shift, out);
        }
        Record::Waiting(WaitingRecord { hash, sender, envelope }) => {
            out.push(WAITING);
            out.extend_from_slice(hash.as_slice());
            out.extend_from_slice(sender.as_slice());
            bytes(envelope, out);
        }
        Record::Dropped { hash } => {
            out.push(DROPPED);
            out.extend_from_slice(hash.as_slice());
        }
    }
}

/// Appends the bytes of a block as a record.
pub(crate) fn encode_block(block: &BlockRecord, out: &mut Vec<u8>) {
    out.push(BLOCK);
    unsigned(block.moment.number, out);
    out.extend_from_slice(block.parent.as_slice());
    out.extend_from_slice(block.hash.as_slice());
    unsigned(block.moment.timestamp, out);
    unsigned(block.moment.chain_id, out);
    clock(&block.clock, out);
    length(block.transactions.len(), out);
    for transaction in &block.transactions {
        encode_transaction(transaction, out);
    }
    length(block.entries.len(), out);
    for entry in &block.entries {
        encode_entry(entry, out);
    }
}

fn encode_transaction(transaction: &TransactionRecord, out: &mut Vec<u8>) {
    out.extend_from_slice(transaction.hash.as_slice());
    out.extend_from_slice(transaction.sender.as_slice());
    bytes(&transaction.envelope, out);
    unsigned(transaction.gas_used, out);
    match &transaction.outcome {
        Outcome::Done => out.push(1),
        Outcome::Reverted(data) => {
            out.push(0);
            bytes(data, out);
        }
    }
    unsigned(transaction.entries.into(), out);
}

fn encode_entry(entry: &Entry, out: &mut Vec<u8>) {
    let topics = entry.log.data.topics();
    // Logs have at most four topics; a list that says otherwise is kept as it is.
    length(topics.len(), out);
    out.push(u8::from(entry.internal));
    out.extend_from_slice(entry.log.address.as_slice());
    for (place, topic) in topics.iter().enumerate() {
        match place {
            0 => out.extend_from_slice(topic.as_slice()),
            _ => word(topic.as_slice(), out),
        }
    }
    let data = &entry.log.data.data;
    length(data.len(), out);
    let words = data.chunks_exact(WORD);
    let rest = words.remainder();
    words.for_each(|chunk| word(chunk, out));
    out.extend_from_slice(rest);
}

fn clock(clock: &ClockRecord, out: &mut Vec<u8>) {
    let zigzag = (clock.offset_seconds << 1) ^ (clock.offset_seconds >> 63);
    unsigned(zigzag.cast_unsigned(), out);
    match clock.next_timestamp {
        None => out.push(0),
        Some(timestamp) => {
            out.push(1);
            unsigned(timestamp, out);
        }
    }
}

fn word(word: &[u8], out: &mut Vec<u8>) {
    let zeros = word.iter().take_while(|byte| **byte == 0).count();
    let (_, rest) = word.split_at(zeros);
    length(rest.len(), out);
    out.extend_from_slice(rest);
}

fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn length(length: usize, out: &mut Vec<u8>) {
    unsigned(u64::try_from(length).unwrap_or(u64::MAX), out);
}

/// Appends an integer.
pub(crate) fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Reads a record; all of the bytes must be of it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    let mut input = Input { rest: bytes };
    let record = match input.byte("the kind of a record")? {
        BLOCK => Record::Block(decode_block(&mut input)?),
        REWIND => Record::Rewind { height: input.unsigned("a height")? },
        CLOCK => Record::Clock(input.clock()?),
        WAITING => Record::Waiting(WaitingRecord {
            hash: input.hash("a transaction's hash")?,
            sender: Address::from(input.array("a sender")?),
            envelope: input.bytes("an envelope")?,
        }),
        DROPPED => Record::Dropped { hash: input.hash("a transaction's hash")? },
        found => return Err(unexpected("the kind of a record", found.into())),
    };
    match input.rest.len() {
        0 => Ok(record),
        bytes => Err(DecodeError::Trailing { bytes }),
    }
}

/// Reads the beginning of a record.
pub(crate) fn glance(bytes: &[u8]) -> Result<Glance, DecodeError> {
    let mut input = Input { rest: bytes };
    match input.byte("the kind of a record")? {
        BLOCK => Ok(Glance::Block {
            number: input.unsigned("a block's number")?,
            parent: input.hash("a block's parent")?,
            hash: input.hash("a block's hash")?,
        }),
        REWIND => Ok(Glance::Rewind { height: input.unsigned("a height")? }),
        CLOCK | WAITING | DROPPED => Ok(Glance::Other),
        found => Err(unexpected("the kind of a record", found.into())),
    }
}

fn decode_block(input: &mut Input<'_>) -> Result<BlockRecord, DecodeError> {
    let number = input.unsigned("a block's number")?;
    let parent = input.hash("a block's parent")?;
    let hash = input.hash("a block's hash")?;
    let timestamp = input.unsigned("a block's timestamp")?;
    let chain_id = input.unsigned("a chain id")?;
    let clock = input.clock()?;
    let count = input.count("the number of transactions")?;
    let mut transactions = Vec::with_capacity(count.min(input.rest.len()));
    for _ in 0..count {
        transactions.push(decode_transaction(input)?);
    }
    let count = input.count("the number of entries")?;
    let mut entries = Vec::with_capacity(count.min(input.rest.len()));
    for _ in 0..count {
        entries.push(decode_entry(input)?);
    }
    let moment = Block { number, timestamp, chain_id };
    Ok(BlockRecord { moment, parent, hash, entries, transactions, clock })
}

fn decode_transaction(input: &mut Input<'_>) -> Result<TransactionRecord, DecodeError> {
    let hash = input.hash("a transaction's hash")?;
    let sender = Address::from(input.array("a sender")?);
    let envelope = input.bytes("an envelope")?;
    let gas_used = input.unsigned("the gas used")?;
    let outcome = match input.byte("an outcome")? {
        1 => Outcome::Done,
        0 => Outcome::Reverted(input.bytes("revert data")?),
        found => return Err(unexpected("an outcome", found.into())),
    };
    let entries = input.unsigned("a transaction's entries")?;
    let entries =
        u32::try_from(entries).map_err(|_| unexpected("a transaction's entries", entries))?;
    Ok(TransactionRecord { hash, sender, envelope, gas_used, outcome, entries })
}

fn decode_entry(input: &mut Input<'_>) -> Result<Entry, DecodeError> {
    let count = input.count("the number of topics")?;
    let internal = input.flag("the mark of an internal entry")?;
    let address = Address::from(input.array("an emitter")?);
    let mut topics = Vec::with_capacity(count.min(input.rest.len()));
    for place in 0..count {
        topics.push(match place {
            0 => input.hash("a topic")?,
            _ => B256::from(input.word("a topic")?),
        });
    }
    let size = input.unsigned("the length of log data")?;
    let size = usize::try_from(size).map_err(|_| unexpected("the length of log data", size))?;
    // A zero word takes a byte, so what does not fit 32 times cannot be there.
    if size / WORD > input.rest.len() {
        return Err(DecodeError::Ends { field: "log data" });
    }
    let mut data = Vec::with_capacity(size);
    for _ in 0..size / WORD {
        data.extend_from_slice(&input.word("log data")?);
    }
    data.extend_from_slice(input.take(size % WORD, "log data")?);
    let data = LogData::new_unchecked(topics, data.into());
    Ok(Entry { log: Log { address, data }, internal })
}

/// What is left to read.
pub(crate) struct Input<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn take(
        &mut self,
        bytes: usize,
        field: &'static str,
    ) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or(DecodeError::Ends { field })?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (taken, rest) =
            self.rest.split_first_chunk::<N>().ok_or(DecodeError::Ends { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    fn byte(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(|[byte]| byte)
    }

    fn flag(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        match self.byte(field)? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(unexpected(field, found.into())),
        }
    }

    fn hash(&mut self, field: &'static str) -> Result<B256, DecodeError> {
        self.array(field).map(B256::from)
    }

    pub(crate) fn unsigned(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(field)?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 {
                return Err(DecodeError::NotShortest { field });
            }
            value |= low << shift;
            if byte < 0x80 {
                let shortest = byte != 0 || shift == 0;
                return if shortest { Ok(value) } else { Err(DecodeError::NotShortest { field }) };
            }
        }
        Err(DecodeError::NotShortest { field })
    }

    /// How many of something follow, each of which takes a byte or more.
    fn count(&mut self, field: &'static str) -> Result<usize, DecodeError> {
        let count = self.unsigned(field)?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.rest.len())
            .ok_or_else(|| unexpected(field, count))
    }

    fn bytes(&mut self, field: &'static str) -> Result<Bytes, DecodeError> {
        let count = self.count(field)?;
        self.take(count, field).map(Bytes::copy_from_slice)
    }

    fn word(&mut self, field: &'static str) -> Result<[u8; WORD], DecodeError> {
        let count = usize::from(self.byte(field)?);
        let taken = self.take(count, field)?;
        let mut word = [0; WORD];
        let fits = count <= WORD && taken.first() != Some(&0);
        match word.get_mut(WORD.saturating_sub(count)..) {
            Some(place) if fits => place.copy_from_slice(taken),
            _ => return Err(DecodeError::NotShortest { field }),
        }
        Ok(word)
    }

    fn clock(&mut self) -> Result<ClockRecord, DecodeError> {
        let zigzag = self.unsigned("a clock's offset")?;
        let offset_seconds = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        let next_timestamp = match self.flag("the mark of a fixed timestamp")? {
            false => None,
            true => Some(self.unsigned("a fixed timestamp")?),
        };
        Ok(ClockRecord { offset_seconds, next_timestamp })
    }
}

fn unexpected(field: &'static str, found: u64) -> DecodeError {
    DecodeError::Value { field, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn hash() -> impl Strategy<Value = B256> {
        let small = any::<u64>().prop_map(|small| B256::from(U256::from(small)));
        prop_oneof![any::<[u8; 32]>().prop_map(B256::from), small, Just(B256::ZERO)]
    }

    fn some_bytes() -> impl Strategy<Value = Bytes> {
        let words = vec(hash(), 0..4).prop_map(|words| words.concat());
        prop_oneof![vec(any::<u8>(), 0..100), words].prop_map(Bytes::from)
    }

    fn address() -> impl Strategy<Value = Address> {
        any::<[u8; 20]>().prop_map(Address::from)
    }

    fn entry() -> impl Strategy<Value = Entry> {
        (address(), vec(hash(), 0..6), some_bytes(), any::<bool>()).prop_map(
            |(address, topics, data, internal)| {
                let data = LogData::new_unchecked(topics, data);
                Entry { log: Log { address, data }, internal }
            },
        )
    }

    fn transaction() -> impl Strategy<Value = TransactionRecord> {
        let outcome = prop_oneof![Just(Outcome::Done), some_bytes().prop_map(Outcome::Reverted)];
        (hash(), address(), some_bytes(), any::<u64>(), outcome, any::<u32>()).prop_map(
            |(hash, sender, envelope, gas_used, outcome, entries)| TransactionRecord {
                hash,
                sender,
                envelope,
                gas_used,
                outcome,
                entries,
            },
        )
    }

    fn shift() -> impl Strategy<Value = ClockRecord> {
        (any::<i64>(), any::<Option<u64>>()).prop_map(|(offset_seconds, next_timestamp)| {
            ClockRecord { offset_seconds, next_timestamp }
        })
    }

    fn block() -> impl Strategy<Value = BlockRecord> {
        let moment = any::<(u64, u64, u64)>().prop_map(|(number, timestamp, chain_id)| Block {
            number,
            timestamp,
            chain_id,
        });
        (moment, hash(), hash(), vec(entry(), 0..5), vec(transaction(), 0..4), shift()).prop_map(
            |(moment, parent, hash, entries, transactions, clock)| BlockRecord {
                moment,
                parent,
                hash,
                entries,
                transactions,
                clock,
            },
        )
    }

    fn record() -> impl Strategy<Value = Record> {
        prop_oneof![
            4 => block().prop_map(Record::Block),
            1 => any::<u64>().prop_map(|height| Record::Rewind { height }),
            1 => shift().prop_map(Record::Clock),
            1 => (hash(), address(), some_bytes()).prop_map(|(hash, sender, envelope)| {
                Record::Waiting(WaitingRecord { hash, sender, envelope })
            }),
            1 => hash().prop_map(|hash| Record::Dropped { hash }),
        ]
    }

    fn encoded(record: &Record) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(record, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(record in record()) {
            let bytes = encoded(&record);
            prop_assert_eq!(decode(&bytes), Ok(record.clone()));
            let expected = match &record {
                Record::Block(BlockRecord { moment, parent, hash, .. }) => {
                    Glance::Block { number: moment.number, parent: *parent, hash: *hash }
                }
                Record::Rewind { height } => Glance::Rewind { height: *height },
                _ => Glance::Other,
            };
            prop_assert_eq!(glance(&bytes), Ok(expected));
        }

        #[test]
        fn no_part_of_a_record_is_one(record in record(), cut in any::<prop::sample::Index>()) {
            let bytes = encoded(&record);
            prop_assert!(decode(&bytes[..cut.index(bytes.len())]).is_err());
            let more = [&bytes[..], &[0]].concat();
            prop_assert_eq!(decode(&more), Err(DecodeError::Trailing { bytes: 1 }));
        }

        #[test]
        fn other_bytes_are_another_record_or_none(
            record in record(),
            at in any::<prop::sample::Index>(),
            change in 1u8..,
        ) {
            let mut bytes = encoded(&record);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            if let Ok(other) = decode(&bytes) {
                prop_assert_ne!(&other, &record);
                prop_assert_eq!(encoded(&other), bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in vec(any::<u8>(), 0..200), kind in 1u8..6) {
            let bytes = [&[kind][..], &bytes].concat();
            if let Ok(record) = decode(&bytes) {
                prop_assert_eq!(encoded(&record), bytes);
            }
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        let rewind = |bytes: &[u8]| decode(&[&[REWIND], bytes].concat());
        let height = |height| Ok(Record::Rewind { height });
        let longer = Err(DecodeError::NotShortest { field: "a height" });
        assert_eq!(rewind(&[0]), height(0));
        assert_eq!(rewind(&[0x80, 0]), longer);
        assert_eq!(rewind(&[0xff, 0x01]), height(255));
        assert_eq!(rewind(&[0xff, 0x81, 0]), longer);
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(rewind(&[&most[..], &[1]].concat()), height(u64::MAX));
        assert_eq!(rewind(&[&most[..], &[2]].concat()), longer);
        assert_eq!(rewind(&[&most[..], &[0x81, 0]].concat()), longer);
    }

    #[test]
    fn log_data_of_any_length_that_is_not_there_is_refused() {
        let mut bytes = encoded(&Record::Block(BlockRecord {
            moment: Block::default(),
            parent: B256::ZERO,
            hash: B256::ZERO,
            entries: vec![Entry {
                log: Log { address: Address::ZERO, data: LogData::default() },
                internal: false,
            }],
            transactions: Vec::new(),
            clock: ClockRecord::default(),
        }));
        assert_eq!(bytes.pop(), Some(0));
        unsigned(u64::MAX, &mut bytes);
        assert!(decode(&bytes).is_err());
    }
}
