//! Which blocks may hold the logs that a filter asks for.

use alloy_rpc_types_eth::Filter;
use bondstone_kernel::Entry;

/// A small Bloom filter over emitters and topics of a block's visible logs. It stays in memory for
/// every block, so that a search need not read blocks that cannot match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sieve([u64; 4]);

impl Sieve {
    /// The sieve of a block with these entries.
    #[must_use]
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut sieve = Self::default();
        for entry in entries.iter().filter(|entry| !entry.internal) {
            sieve.insert(entry.log.address.as_slice());
            for topic in entry.log.topics() {
                sieve.insert(topic.as_slice());
            }
        }
        sieve
    }

    /// Whether the block may hold a log that the filter lets through.
    #[must_use]
    pub(crate) fn may_match(&self, filter: &Filter) -> bool {
        let address = filter.address.is_empty()
            || filter.address.iter().any(|address| self.may_hold(address.as_slice()));
        let topic = |position: usize| {
            filter.topics.get(position).is_none_or(|wanted| {
                wanted.is_empty() || wanted.iter().any(|topic| self.may_hold(topic.as_slice()))
            })
        };
        address && (0..filter.topics.len()).all(topic)
    }

    /// As 32 bytes, for a snapshot.
    #[must_use]
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Back from 32 bytes.
    #[must_use]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        let mut words = [0; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = chunk.try_into().map_or(0, u64::from_le_bytes);
        }
        Self(words)
    }

    fn insert(&mut self, key: &[u8]) {
        for (word, bit) in places(key) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= 1 << bit;
            }
        }
    }

    fn may_hold(&self, key: &[u8]) -> bool {
        places(key).iter().all(|(word, bit)| self.0.get(*word).is_some_and(|w| w & (1 << bit) != 0))
    }
}

/// The three bits of a key: word and bit in it. The low bytes differ even in numbers and padded
/// addresses, and the multiplication spreads them.
fn places(key: &[u8]) -> [(usize, u32); 3] {
    let low = key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let mixed = low.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    [56u32, 48, 40].map(|shift| {
        let byte = (mixed >> shift).to_le_bytes()[0];
        (usize::from(byte >> 6), u32::from(byte & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256, Bytes, Log, LogData};

    fn entry(address: u8, topic: u8, internal: bool) -> Entry {
        let data = LogData::new_unchecked(vec![B256::repeat_byte(topic)], Bytes::new());
        Entry { log: Log { address: Address::repeat_byte(address), data }, internal }
    }

    #[test]
    fn what_is_in_a_block_always_passes_and_most_else_does_not() {
        let sieve = Sieve::of(&[entry(1, 2, false), entry(3, 4, false), entry(5, 6, true)]);
        let at = |address: u8| Filter::new().address(Address::repeat_byte(address));
        let about = |topic: u8| Filter::new().event_signature(B256::repeat_byte(topic));
        assert!(sieve.may_match(&Filter::new()));
        assert!(sieve.may_match(&at(1)) && sieve.may_match(&at(3)));
        assert!(sieve.may_match(&about(2)) && sieve.may_match(&about(4)));
        assert!(sieve.may_match(&at(1).event_signature(B256::repeat_byte(4))));
        assert!(!sieve.may_match(&at(5)) && !sieve.may_match(&about(6)));
        let passing = (10..=255u8).filter(|byte| sieve.may_match(&at(*byte))).count();
        assert!(passing < 5, "{passing} of 246 strangers pass");
        assert_eq!(Sieve::from_bytes(sieve.to_bytes()), sieve);
    }
}
