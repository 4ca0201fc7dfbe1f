//! Checkpoint traces: the history of one number, as `Checkpoints.Trace208` and `Trace256` keep it.
//!
//! Keys strictly increase. A push at the last key overwrites, a push after it appends even when the
//! value is unchanged, because the number of checkpoints is visible through hints.
//! Source: Symbiotic core 1.0.3 `libraries/Checkpoints.sol`, which extends OpenZeppelin 5.0.2.

use crate::ledger_value;
use crate::snapshot::{Damage, Layout, describe_generic};
use alloy_primitives::U256;
use borsh::io::{Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use thiserror::Error;
use triomphe::Arc;

ledger_value! {
    /// One point of a history: `value` holds from `key` (seconds or a block number) on.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Checkpoint<V> {
        /// First moment at which the value holds, inclusive.
        pub key: u64,
        /// The value.
        pub value: V,
    }
}

/// A push with a key below the last one: `CheckpointUnorderedInsertion()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("checkpoint at {key} pushed behind the last one at {last}")]
pub struct Unordered {
    /// The refused key.
    pub key: u64,
    /// The key of the last checkpoint.
    pub last: u64,
}

/// A hint that points past the end of the history: `Panic(0x32)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("hint {hint} points past the {length} checkpoints of the history")]
pub struct HintOutOfRange {
    /// The hinted index.
    pub hint: u32,
    /// Number of checkpoints there are.
    pub length: usize,
}

/// What a push did, enough to take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed<V> {
    /// A checkpoint was appended.
    Appended,
    /// The value of the last checkpoint was replaced; the old value is kept here.
    Replaced(V),
}

/// Checkpoints per sealed segment. Sealed segments are shared between forks and never copied.
const SEGMENT: usize = 32;

/// Segments that are full, shared between forks.
type Sealed<V> = Arc<Vec<Arc<[Checkpoint<V>; SEGMENT]>>>;

/// History of a value of type `V`.
///
/// Old points lie in sealed segments that forks share; only the open tail is copied with its page.
#[derive(Clone, Debug, Default)]
pub struct Trace<V = U256> {
    sealed: Option<Sealed<V>>,
    tail: Vec<Checkpoint<V>>,
}

impl<V: Copy + Default + PartialEq> PartialEq for Trace<V> {
    /// Equal when the checkpoints are; how they are split between segments and tail is not content.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|at| self.at(at) == other.at(at))
    }
}

impl<V: Copy + Default> Trace<V> {
    /// Number of checkpoints.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sealed_len().saturating_add(self.tail.len())
    }

    /// Whether no value was ever pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.sealed_len() == 0
    }

    /// The last checkpoint, even when its key lies in the future.
    #[must_use]
    pub fn latest_checkpoint(&self) -> Option<Checkpoint<V>> {
        match self.tail.last() {
            Some(point) => Some(*point),
            None => self.sealed.as_ref()?.last()?.last().copied(),
        }
    }

    /// The last value, or the default (zero) when there is none.
    #[must_use]
    pub fn latest(&self) -> V {
        self.latest_checkpoint().map(|point| point.value).unwrap_or_default()
    }

    /// The checkpoint at index `at`.
    #[must_use]
    pub fn at(&self, at: usize) -> Option<Checkpoint<V>> {
        let sealed = self.sealed_len();
        if let Some(in_tail) = at.checked_sub(sealed) {
            return self.tail.get(in_tail).copied();
        }
        let segment = self.sealed.as_ref()?.get(at.checked_div(SEGMENT)?)?;
        segment.get(at.checked_rem(SEGMENT)?).copied()
    }

    /// Value of the last checkpoint with a key at or before `key`, or the default.
    #[must_use]
    pub fn upper_lookup(&self, key: u64) -> V {
        match self.upper_index(key) {
            Some(at) => self.at(at).map(|point| point.value).unwrap_or_default(),
            None => V::default(),
        }
    }

    /// Index of the last checkpoint with a key at or before `key`.
    #[must_use]
    pub fn upper_index(&self, key: u64) -> Option<usize> {
        let sealed = self.sealed_len();
        let in_tail = self.tail.partition_point(|point| point.key <= key);
        if in_tail > 0 || sealed == 0 {
            return sealed.checked_add(in_tail)?.checked_sub(1);
        }
        let segments = self.sealed.as_ref()?;
        let segment = segments
            .partition_point(|s| s.first().is_some_and(|first| first.key <= key))
            .checked_sub(1)?;
        let within = segments.get(segment)?.partition_point(|point| point.key <= key);
        segment.checked_mul(SEGMENT)?.checked_add(within)?.checked_sub(1)
    }

    /// [`Self::upper_lookup`] with a claimed index. A wrong index inside the history falls back to
    /// the search, so a hint never changes the result.
    ///
    /// # Errors
    /// [`HintOutOfRange`] (`Panic(0x32)`) when the index is not below [`Self::len`].
    pub fn upper_lookup_hinted(&self, key: u64, hint: Option<u32>) -> Result<V, HintOutOfRange> {
        if let Some(hint) = hint {
            let length = self.len();
            if usize::try_from(hint).unwrap_or(usize::MAX) >= length {
                return Err(HintOutOfRange { hint, length });
            }
        }
        Ok(self.upper_lookup(key))
    }

    /// Records that `value` holds from `key` on.
    ///
    /// # Errors
    /// [`Unordered`] when `key` lies before the last checkpoint.
    pub fn push(&mut self, key: u64, value: V) -> Result<Pushed<V>, Unordered> {
        if let Some(last) = self.latest_checkpoint() {
            if last.key > key {
                return Err(Unordered { key, last: last.key });
            }
            if last.key == key {
                self.replace_last(value);
                return Ok(Pushed::Replaced(last.value));
            }
        }
        if self.tail.len() >= SEGMENT {
            self.seal();
        }
        if self.tail.is_empty() {
            // Most histories are short: who deposits once comes back once, to leave.
            self.tail.reserve_exact(2);
        }
        self.tail.push(Checkpoint { key, value });
        Ok(Pushed::Appended)
    }

    /// Drops the last checkpoint and returns it. Source: `Checkpoints.pop(Trace208)`.
    pub fn pop(&mut self) -> Option<Checkpoint<V>> {
        if self.tail.is_empty() {
            self.unseal();
        }
        self.tail.pop()
    }

    /// Takes back the last [`Self::push`].
    pub fn undo(&mut self, pushed: Pushed<V>) {
        match pushed {
            Pushed::Appended => {
                self.pop();
            }
            Pushed::Replaced(value) => self.replace_last(value),
        }
    }

    fn sealed_len(&self) -> usize {
        self.sealed.as_ref().map_or(0, |s| s.len().saturating_mul(SEGMENT))
    }

    fn replace_last(&mut self, value: V) {
        if self.tail.is_empty() {
            self.unseal();
        }
        if let Some(last) = self.tail.last_mut() {
            last.value = value;
        }
    }

    fn seal(&mut self) {
        if let Ok(segment) = <[Checkpoint<V>; SEGMENT]>::try_from(self.tail.as_slice()) {
            let sealed = self.sealed.get_or_insert_default();
            Arc::make_mut(sealed).push(Arc::new(segment));
            self.tail.clear();
        }
    }

    fn unseal(&mut self) {
        if let Some(sealed) = &mut self.sealed
            && let Some(segment) = Arc::make_mut(sealed).pop()
        {
            self.tail.extend_from_slice(segment.as_slice());
        }
        if self.sealed.as_ref().is_some_and(|s| s.is_empty()) {
            self.sealed = None;
        }
    }
}

impl<V: Layout> Layout for Trace<V> {
    fn describe(layout: &mut String) {
        describe_generic::<Checkpoint<V>>(layout, "Trace");
    }
}

impl<V: BorshSerialize + Copy + Default> BorshSerialize for Trace<V> {
    /// The number of checkpoints, then all of them; how they lie in segments is not saved.
    fn serialize<W: Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        u32::try_from(self.len()).unwrap_or(u32::MAX).serialize(writer)?;
        let sealed = self.sealed.iter().flat_map(|segments| segments.iter());
        for point in sealed.flat_map(|segment| segment.iter()).chain(&self.tail) {
            point.serialize(writer)?;
        }
        Ok(())
    }
}

impl<V: BorshDeserialize + Copy + Default> BorshDeserialize for Trace<V> {
    /// Takes checkpoints whose keys strictly increase, see [`Damage`].
    fn deserialize_reader<R: Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let mut trace = Self::default();
        let len = u32::deserialize_reader(reader)?;
        let room = usize::try_from(len).unwrap_or(usize::MAX).min(SEGMENT);
        trace.tail.reserve_exact(if room == 1 { 2 } else { room });
        for _ in 0..len {
            let Checkpoint { key, value } = Checkpoint::deserialize_reader(reader)?;
            match trace.push(key, value) {
                Ok(Pushed::Appended) => {}
                Ok(Pushed::Replaced(_)) => return Err(Damage::CheckpointTwice { key }.into()),
                Err(unordered) => return Err(Damage::from(unordered).into()),
            }
        }
        Ok(trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pushes_overwrite_append_or_are_refused() {
        let mut t: Trace<u64> = Trace::default();
        assert_eq!((t.latest(), t.len(), t.upper_lookup(9)), (0, 0, 0));
        assert_eq!(t.push(5, 1), Ok(Pushed::Appended));
        assert_eq!(t.push(5, 2), Ok(Pushed::Replaced(1)));
        assert_eq!(t.push(7, 2), Ok(Pushed::Appended));
        assert_eq!(t.push(6, 3), Err(Unordered { key: 6, last: 7 }));
        assert_eq!((t.upper_lookup(4), t.upper_lookup(5), t.upper_lookup(6)), (0, 2, 2));
        assert_eq!(t.pop(), Some(Checkpoint { key: 7, value: 2 }));
        assert_eq!(t.len(), 1);
    }

    #[test]
    fn hints_only_fail_past_the_end() {
        let mut t: Trace<u64> = Trace::default();
        for k in 1..=3 {
            t.push(k * 10, k).expect("keys increase");
        }
        for hint in 0..3 {
            assert_eq!(t.upper_lookup_hinted(25, Some(hint)), Ok(2));
        }
        let out = HintOutOfRange { hint: 3, length: 3 };
        assert_eq!(t.upper_lookup_hinted(25, Some(3)), Err(out));
    }

    #[test]
    fn checkpoints_out_of_order_are_refused() {
        let saved = |keys: [u64; 2]| {
            borsh::to_vec(&keys.map(|key| Checkpoint { key, value: 1u64 }).to_vec())
                .expect("memory takes all bytes")
        };
        let read = |keys| borsh::from_slice::<Trace<u64>>(&saved(keys)).map_err(|e| e.to_string());
        assert_eq!(read([4, 5]).map(|trace| trace.len()), Ok(2));
        assert_eq!(read([4, 4]), Err(Damage::CheckpointTwice { key: 4 }.to_string()));
        assert_eq!(read([4, 3]), Err(Unordered { key: 3, last: 4 }.to_string()));
    }

    proptest! {
        #[test]
        fn behaves_like_a_plain_list(
            steps in prop::collection::vec((0u64..3, 0u64..9, 0u8..9), 0..300),
        ) {
            let mut trace: Trace<u64> = Trace::default();
            let mut list: Vec<(u64, u64)> = Vec::new();
            let mut now = 1;
            for (wait, value, what) in steps {
                if what == 0 {
                    prop_assert_eq!(trace.pop().map(|p| (p.key, p.value)), list.pop());
                    continue;
                }
                now += wait;
                let before = trace.clone();
                let pushed = trace.push(now, value).expect("time does not run backwards");
                if what == 1 {
                    trace.undo(pushed);
                    prop_assert_eq!(&trace, &before);
                    continue;
                }
                match list.last_mut() {
                    Some(last) if last.0 == now => last.1 = value,
                    _ => list.push((now, value)),
                }
            }
            prop_assert_eq!(trace.len(), list.len());
            let saved = borsh::to_vec(&trace).expect("memory takes all bytes");
            let read: Trace<u64> = borsh::from_slice(&saved).expect("just saved");
            prop_assert_eq!(&read, &trace);
            for key in 0..=now + 1 {
                let want = list.iter().rev().find(|p| p.0 <= key).map_or(0, |p| p.1);
                prop_assert_eq!(trace.upper_lookup(key), want);
            }
        }
    }
}
