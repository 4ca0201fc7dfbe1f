//! Cells of state: tables, traces and the interning of keys, each able to take back what a failed
//! call wrote.
//!
//! Writes carry the [`Mark`] of the call that makes them. Taking a call back undoes the writes with
//! its mark or a later one. With [`Mark::FINAL`] nothing is remembered: that is how a mirror folds
//! logs which are final already.

mod saved;

use crate::key::Key;
use crate::pages::Pages;
use crate::trace::{Checkpoint, Pushed, Trace, Unordered};
use alloy_primitives::Address;

/// A dense id: the position of a key in its [`Index`], in first-seen order.
pub type Id = u32;

/// The id of a key that was never interned. Reading a cell at it gives the default value.
pub const NONE: Id = Id::MAX;

/// Which call of the running transaction a write belongs to. Marks only grow within a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub u32);

impl Mark {
    /// The mark of writes that are never taken back.
    pub const FINAL: Self = Self(0);

    /// The mark after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn is_final(self) -> bool {
        self == Self::FINAL
    }
}

/// State that can take back the writes of a failed call.
pub trait Undo {
    /// Takes back every write with this mark or a later one.
    fn undo_to(&mut self, mark: Mark);

    /// Forgets how to take writes back: the transaction is over.
    fn settle(&mut self);
}

/// A dense array of values with undo.
#[derive(Clone, Debug)]
pub struct Table<T> {
    cells: Pages<T>,
    undo: Vec<(Mark, Id, T)>,
}

impl<T: Clone + Default> Default for Table<T> {
    fn default() -> Self {
        Self { cells: Pages::default(), undo: Vec::new() }
    }
}

impl<T: Clone + Default + PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cells == other.cells
    }
}

impl<T: Clone + Default> Table<T> {
    /// The value at `id`, the default for [`NONE`] and for cells never written.
    #[must_use]
    pub fn get(&self, id: Id) -> &T {
        self.cells.get(id)
    }

    /// Replaces the value at `id`. Writing at [`NONE`] is ignored.
    pub fn set(&mut self, mark: Mark, id: Id, value: T) {
        if id == NONE {
            return;
        }
        let old = std::mem::replace(self.cells.get_mut(id), value);
        if !mark.is_final() {
            self.undo.push((mark, id, old));
        }
    }

    /// Changes the value at `id` in place. Writing at [`NONE`] is ignored.
    pub fn update(&mut self, mark: Mark, id: Id, change: impl FnOnce(&mut T)) {
        if id == NONE {
            return;
        }
        let cell = self.cells.get_mut(id);
        if !mark.is_final() {
            self.undo.push((mark, id, cell.clone()));
        }
        change(cell);
    }
}

impl<T: Clone + Default> Undo for Table<T> {
    fn undo_to(&mut self, mark: Mark) {
        while let Some((_, id, old)) = self.undo.pop_if(|entry| entry.0 >= mark) {
            *self.cells.get_mut(id) = old;
        }
    }

    fn settle(&mut self) {
        self.undo.clear();
    }
}

#[derive(Clone, Copy, Debug)]
enum TraceUndo<V> {
    Pushed(Pushed<V>),
    Popped(Checkpoint<V>),
}

/// A dense array of [`Trace`]s with undo.
#[derive(Clone, Debug)]
pub struct Traces<V> {
    /// Traces own memory, so their pages are small.
    cells: Pages<Trace<V>, 32>,
    undo: Vec<(Mark, Id, TraceUndo<V>)>,
}

impl<V: Copy + Default> Default for Traces<V> {
    fn default() -> Self {
        Self { cells: Pages::default(), undo: Vec::new() }
    }
}

impl<V: Copy + Default + PartialEq> PartialEq for Traces<V> {
    fn eq(&self, other: &Self) -> bool {
        self.cells == other.cells
    }
}

impl<V: Copy + Default> Traces<V> {
    /// The trace at `id`, an empty one for [`NONE`].
    #[must_use]
    pub fn get(&self, id: Id) -> &Trace<V> {
        self.cells.get(id)
    }

    /// Pushes a checkpoint onto the trace at `id`. Writing at [`NONE`] is ignored.
    ///
    /// # Errors
    /// [`Unordered`] when `key` lies before the last checkpoint.
    pub fn push(&mut self, mark: Mark, id: Id, key: u64, value: V) -> Result<(), Unordered> {
        if id == NONE {
            return Ok(());
        }
        let pushed = self.cells.get_mut(id).push(key, value)?;
        if !mark.is_final() {
            self.undo.push((mark, id, TraceUndo::Pushed(pushed)));
        }
        Ok(())
    }

    /// Drops the last checkpoint of the trace at `id`, if any.
    pub fn pop(&mut self, mark: Mark, id: Id) {
        if id == NONE {
            return;
        }
        if let Some(point) = self.cells.get_mut(id).pop()
            && !mark.is_final()
        {
            self.undo.push((mark, id, TraceUndo::Popped(point)));
        }
    }
}

impl<V: Copy + Default> Undo for Traces<V> {
    fn undo_to(&mut self, mark: Mark) {
        while let Some((_, id, undo)) = self.undo.pop_if(|entry| entry.0 >= mark) {
            let trace = self.cells.get_mut(id);
            match undo {
                TraceUndo::Pushed(pushed) => trace.undo(pushed),
                // The point came off this very trace, so its key is past the new last one.
                TraceUndo::Popped(point) => drop(trace.push(point.key, point.value)),
            }
        }
    }

    fn settle(&mut self) {
        self.undo.clear();
    }
}

/// A slot of the hash table. The key lies in it, so that a find touches one place in memory.
#[derive(Clone, Copy, Debug, Default)]
struct Slot<K> {
    key: K,
    /// Id plus one; zero is a free slot.
    id: u32,
}

/// Cells a page of an index: keys are small and copied as they are, so pages may be large.
const INDEX_PAGE: usize = 256;

/// Keys interned to dense ids in first-seen order: a persistent open-addressed hash table.
#[derive(Clone, Debug)]
pub struct Index<K> {
    slots: Pages<Slot<K>, INDEX_PAGE>,
    slot_bits: u32,
    keys: Pages<K, INDEX_PAGE>,
    len: Id,
    undo: Vec<(Mark, Id)>,
}

/// Bits of a slot's number in a new index.
const FEWEST_SLOT_BITS: u32 = 4;

/// The most bits of a slot's number: ids have no more.
const MOST_SLOT_BITS: u32 = 31;

/// Whether an index with this many keys needs more slots before it takes another key.
fn is_crowded(len: Id, slot_bits: u32) -> bool {
    let slots = 1u64 << slot_bits.min(MOST_SLOT_BITS);
    u64::from(len).saturating_mul(8) >= slots.saturating_mul(5) && slot_bits < MOST_SLOT_BITS
}

/// Wraps numbers of slots around.
fn slot_mask(slot_bits: u32) -> u32 {
    (1u32 << slot_bits).wrapping_sub(1)
}

/// Where the search for a key starts.
fn first_slot<K: Key>(key: &K, mask: u32) -> u32 {
    u32::try_from(key.digest() & u64::from(u32::MAX)).unwrap_or_default() & mask
}

/// Addresses interned once for the whole world.
pub type Accounts = Index<Address>;

impl<K: Clone + Default> Default for Index<K> {
    fn default() -> Self {
        Self {
            slots: Pages::default(),
            slot_bits: FEWEST_SLOT_BITS,
            keys: Pages::default(),
            len: 0,
            undo: Vec::new(),
        }
    }
}

impl<K: Clone + Default + PartialEq> PartialEq for Index<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && (0..self.len).all(|id| self.keys.get(id) == other.keys.get(id))
    }
}

impl<K: Key> Index<K> {
    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> Id {
        self.len
    }

    /// Whether there is no key yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The key with this id.
    #[must_use]
    pub fn key(&self, id: Id) -> Option<K> {
        (id < self.len).then(|| *self.keys.get(id))
    }

    /// All keys, in first-seen order.
    pub fn keys(&self) -> impl Iterator<Item = K> + '_ {
        (0..self.len).filter_map(|id| self.key(id))
    }

    /// The id of `key`, or [`NONE`] when it was never interned.
    #[must_use]
    pub fn find(&self, key: &K) -> Id {
        let (mut at, mask) = self.probe(key);
        loop {
            let slot = self.slots.get(at);
            let Some(id) = slot.id.checked_sub(1) else { return NONE };
            if slot.key == *key {
                return id;
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// The id of `key`, interned now when it is new.
    pub fn intern(&mut self, mark: Mark, key: K) -> Id {
        let found = self.find(&key);
        if found != NONE {
            return found;
        }
        let id = self.len;
        // Ids run out long after memory does; the last one is kept for NONE.
        if id.saturating_add(1) == NONE {
            return NONE;
        }
        if is_crowded(self.len, self.slot_bits) {
            self.grow();
        }
        *self.keys.get_mut(id) = key;
        self.len = id.saturating_add(1);
        self.place(key, id);
        if !mark.is_final() {
            self.undo.push((mark, id));
        }
        id
    }

    /// Where the search for a key starts, and the mask that wraps it around.
    fn probe(&self, key: &K) -> (u32, u32) {
        let mask = slot_mask(self.slot_bits);
        (first_slot(key, mask), mask)
    }

    fn place(&mut self, key: K, id: Id) {
        let (mut at, mask) = self.probe(&key);
        while self.slots.get(at).id != 0 {
            at = at.wrapping_add(1) & mask;
        }
        *self.slots.get_mut(at) = Slot { key, id: id.saturating_add(1) };
    }

    fn grow(&mut self) {
        self.slots = Pages::default();
        self.slot_bits = self.slot_bits.saturating_add(1);
        for id in 0..self.len {
            self.place(*self.keys.get(id), id);
        }
    }

    fn forget_last(&mut self) {
        let Some(id) = self.len.checked_sub(1) else { return };
        let (mut at, mask) = self.probe(self.keys.get(id));
        while self.slots.get(at).id != id.saturating_add(1) {
            at = at.wrapping_add(1) & mask;
        }
        // The key placed last closes no probe chain of another key, so its slot can just be freed.
        *self.slots.get_mut(at) = Slot::default();
        *self.keys.get_mut(id) = K::default();
        self.len = id;
    }
}

impl<K: Key> Undo for Index<K> {
    fn undo_to(&mut self, mark: Mark) {
        while self.undo.pop_if(|entry| entry.0 >= mark).is_some() {
            self.forget_last();
        }
    }

    fn settle(&mut self) {
        self.undo.clear();
    }
}

/// Declares a struct of tables, traces and indexes, how to undo and settle all of them, and how to
/// save and load them, so that a new field cannot be forgotten.
///
/// What lies in the cells has to be saved too: a struct or enum of a suite is declared with
/// [`ledger_value`](crate::ledger_value), or derives `BorshSerialize` and `BorshDeserialize` and
/// implements [`Layout`](crate::snapshot::Layout) by hand where its bytes need checks of their own.
/// The suite's crate depends on `borsh`, because the derives name it.
#[macro_export]
macro_rules! ledger_state {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $kind:ty,)*
    }) => {
        $crate::ledger_value! {
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq)]
            pub struct $name {
                $($(#[$field_meta])* pub $field: $kind,)*
            }
        }

        impl $crate::table::Undo for $name {
            fn undo_to(&mut self, mark: $crate::table::Mark) {
                $($crate::table::Undo::undo_to(&mut self.$field, mark);)*
            }

            fn settle(&mut self) {
                $($crate::table::Undo::settle(&mut self.$field);)*
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Damage, Unsettled};
    use proptest::prelude::*;

    ledger_state! {
        /// A state with one of each.
        #[allow(unreachable_pub, reason = "the macro makes public state")]
        pub struct Sample {
            /// Interned keys.
            pub names: Index<u64>,
            /// A value per key.
            pub values: Table<u64>,
            /// A history per key.
            pub history: Traces<u64>,
        }
    }

    fn write(state: &mut Sample, mark: Mark, now: u64, key: u64, value: u64) {
        let id = state.names.intern(mark, key);
        state.values.set(mark, id, value);
        if value.is_multiple_of(7) {
            state.history.pop(mark, id);
        }
        state.history.push(mark, id, now, value).expect("time does not run backwards");
    }

    fn bytes(state: &Sample) -> Vec<u8> {
        borsh::to_vec(state).expect("memory takes all bytes")
    }

    #[test]
    fn state_of_a_running_transaction_is_not_saved() {
        let mut state = Sample::default();
        state.values.set(Mark(1), 3, 7);
        let error = borsh::to_vec(&state).expect_err("the write can still be taken back");
        assert_eq!(error.to_string(), Unsettled.to_string());
        state.settle();
        assert_eq!(borsh::from_slice::<Sample>(&bytes(&state)).expect("just saved"), state);
    }

    #[test]
    fn values_at_the_ends_of_the_ids_are_saved() {
        let mut state = Sample::default();
        for id in [0, 63, 64, NONE - 5, NONE - 1] {
            state.values.set(Mark::FINAL, id, u64::from(id) + 1);
            state.history.push(Mark::FINAL, id, 9, u64::from(id)).expect("the first one");
        }
        let bytes = bytes(&state);
        assert!(bytes.len() < 4_000, "{} bytes for ten values", bytes.len());
        assert_eq!(borsh::from_slice::<Sample>(&bytes).expect("just saved"), state);
    }

    #[test]
    fn bytes_that_no_state_is_saved_as_are_refused() {
        let index = |keys: &[u64]| {
            let bytes = borsh::to_vec(keys).expect("memory takes all bytes");
            borsh::from_slice::<Index<u64>>(&bytes).map_err(|error| error.to_string())
        };
        assert_eq!(index(&[7, 0, 9]).map(|index| index.find(&0)), Ok(1));
        assert_eq!(index(&[7, 8, 7]), Err(Damage::KeyTwice { id: 2, first: 0 }.to_string()));
        assert_eq!(index(&[0, 0]), Err(Damage::KeyTwice { id: 1, first: 0 }.to_string()));
        let error = borsh::from_slice::<Index<u64>>(&[0xff; 4]).map_err(|e| e.to_string());
        let damage = Damage::KeyCount { keys: u32::MAX, most: u32::MAX - 1 };
        assert_eq!(error, Err(damage.to_string()));

        let mut cells: Pages<u64> = Pages::default();
        *cells.get_mut(NONE) = 1;
        let bytes = borsh::to_vec(&cells).expect("memory takes all bytes");
        let error = borsh::from_slice::<Table<u64>>(&bytes).map_err(|error| error.to_string());
        assert_eq!(error, Err(Damage::CellOfNone.to_string()));
    }

    #[test]
    fn ids_follow_first_sight() {
        let mut index: Index<u64> = Index::default();
        for key in (0..5_000u64).rev() {
            index.intern(Mark::FINAL, key * 3);
        }
        assert_eq!(index.find(&(4_999 * 3)), 0);
        assert_eq!(index.find(&0), 4_999);
        assert_eq!(index.find(&1), NONE);
        assert_eq!(index.key(1), Some(4_998 * 3));
        assert_eq!(index.key(5_000), None);
    }

    #[test]
    fn writes_at_none_change_nothing() {
        let mut table: Table<u64> = Table::default();
        table.set(Mark(1), NONE, 7);
        table.update(Mark(1), NONE, |v| *v = 8);
        assert_eq!(*table.get(NONE), 0);
    }

    proptest! {
        #[test]
        fn a_call_taken_back_leaves_no_trace(
            before in prop::collection::vec((0u64..40, any::<u64>()), 0..60),
            kept in prop::collection::vec((0u64..60, any::<u64>()), 0..60),
            failed in prop::collection::vec((0u64..80, any::<u64>()), 0..90),
        ) {
            let mut state = Sample::default();
            let mut now = 1;
            for (key, value) in before {
                write(&mut state, Mark::FINAL, now, key, value);
                now += value % 2;
            }
            for (key, value) in kept {
                write(&mut state, Mark(1), now, key, value);
            }
            let fork = state.clone();
            for (at, (key, value)) in failed.into_iter().enumerate() {
                now += value % 2;
                write(&mut state, Mark(2 + (at as u32) / 9), now, key, value);
            }
            state.undo_to(Mark(2));
            prop_assert_eq!(&state, &fork);
            state.undo_to(Mark(1));
            state.settle();
        }

        #[test]
        fn saved_state_is_read_back_and_goes_on_alike(
            kept in prop::collection::vec((0u64..200, any::<u64>()), 0..200),
            failed in prop::collection::vec((0u64..400, any::<u64>()), 0..90),
            later in prop::collection::vec((0u64..400, any::<u64>()), 0..200),
        ) {
            let mut state = Sample::default();
            for (now, (key, value)) in (1..).zip(&kept) {
                write(&mut state, Mark::FINAL, now, *key, *value);
            }
            let unsaved = bytes(&state);
            for (now, (key, value)) in (1_000..).zip(failed) {
                write(&mut state, Mark(1), now, key, value);
            }
            state.undo_to(Mark(1));
            prop_assert_eq!(&bytes(&state), &unsaved, "a call taken back is not in the bytes");

            let mut read: Sample = borsh::from_slice(&unsaved).expect("just saved");
            prop_assert_eq!(&read, &state);
            for (now, (key, value)) in (2_000..).zip(later) {
                for state in [&mut read, &mut state] {
                    write(state, Mark(1), now, key, value);
                }
                prop_assert_eq!(read.names.find(&key), state.names.find(&key));
            }
            prop_assert_eq!(&read, &state);
            for state in [&mut read, &mut state] {
                state.undo_to(Mark(1));
            }
            prop_assert_eq!(bytes(&read), unsaved);
        }
    }
}
