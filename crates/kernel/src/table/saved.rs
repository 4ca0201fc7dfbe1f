//! Tables, traces and indexes as bytes, and back.
//!
//! What is saved is what reads see: cells and keys. How to take writes back is not saved, so state
//! can only be saved between transactions.

use super::{Id, Index, NONE, Slot, Table, Traces, is_crowded};
use crate::key::Key;
use crate::pages::Pages;
use crate::snapshot::{Damage, Layout, Unsettled, describe_generic};
use crate::trace::Trace;
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};

fn settled<T>(undo: &[T]) -> Result<()> {
    if undo.is_empty() { Ok(()) } else { Err(Unsettled.into()) }
}

/// The cells, unless there is a value where keys that were never interned are looked up.
fn known<T, const P: usize>(cells: Pages<T, P>) -> Result<Pages<T, P>>
where
    T: Clone + Default + PartialEq,
{
    if *cells.get(NONE) == T::default() { Ok(cells) } else { Err(Damage::CellOfNone.into()) }
}

impl<T: Layout> Layout for Table<T> {
    fn describe(layout: &mut String) {
        describe_generic::<T>(layout, "Table");
    }
}

impl<T> BorshSerialize for Table<T>
where
    T: BorshSerialize + Clone + Default + PartialEq,
{
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        settled(&self.undo)?;
        self.cells.serialize(writer)
    }
}

impl<T> BorshDeserialize for Table<T>
where
    T: BorshDeserialize + Clone + Default + PartialEq,
{
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let cells = known(Pages::deserialize_reader(reader)?)?;
        Ok(Self { cells, undo: Vec::new() })
    }
}

impl<V: Layout> Layout for Traces<V> {
    fn describe(layout: &mut String) {
        describe_generic::<Trace<V>>(layout, "Traces");
    }
}

impl<V> BorshSerialize for Traces<V>
where
    V: BorshSerialize + Copy + Default + PartialEq,
{
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        settled(&self.undo)?;
        self.cells.serialize(writer)
    }
}

impl<V> BorshDeserialize for Traces<V>
where
    V: BorshDeserialize + Copy + Default + PartialEq,
{
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let cells = known(Pages::deserialize_reader(reader)?)?;
        Ok(Self { cells, undo: Vec::new() })
    }
}

impl<K: Layout> Layout for Index<K> {
    fn describe(layout: &mut String) {
        describe_generic::<K>(layout, "Index");
    }
}

impl<K: BorshSerialize + Key> BorshSerialize for Index<K> {
    /// The number of keys, then the keys in the order of their ids. Slots follow from them.
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        settled(&self.undo)?;
        self.len.serialize(writer)?;
        for id in 0..self.len {
            self.keys.get(id).serialize(writer)?;
        }
        Ok(())
    }
}

impl<K: BorshDeserialize + Key> BorshDeserialize for Index<K> {
    /// Takes keys that all differ, see [`Damage`].
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let len = Id::deserialize_reader(reader)?;
        if len == NONE {
            return Err(Damage::KeyCount { keys: len, most: NONE.saturating_sub(1) }.into());
        }
        let mut index = Self::default();
        // The number of slots follows from keys that were read, not from the number that is
        // claimed: slots lie scattered, and each may cost a page.
        for id in 0..len {
            *index.keys.get_mut(id) = K::deserialize_reader(reader)?;
        }
        index.len = len;
        index.place_all()?;
        Ok(index)
    }
}

impl<K: Key> Index<K> {
    /// Gives every key its slot, as interning one after the other would, but without growing.
    fn place_all(&mut self) -> Result<()> {
        let Some(before_last) = self.len.checked_sub(1) else { return Ok(()) };
        while is_crowded(before_last, self.slot_bits) {
            self.slot_bits = self.slot_bits.saturating_add(1);
        }
        for id in 0..self.len {
            let key = *self.keys.get(id);
            let (mut at, mask) = self.probe(&key);
            while let Some(first) = self.slots.get(at).id.checked_sub(1) {
                if self.slots.get(at).key == key {
                    return Err(Damage::KeyTwice { id, first }.into());
                }
                at = at.wrapping_add(1) & mask;
            }
            *self.slots.get_mut(at) = Slot { key, id: id.saturating_add(1) };
        }
        Ok(())
    }
}
