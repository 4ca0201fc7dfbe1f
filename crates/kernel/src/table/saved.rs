//! Tables, traces and indexes as bytes, and back.
//!
//! What is saved is what reads see: cells and keys. How to take writes back is not saved, so state
//! can only be saved between transactions.

use super::{
    FEWEST_SLOT_BITS, Id, Index, NONE, Slot, Table, Traces, first_slot, is_crowded, slot_mask,
};
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
        if len == 0 {
            return Ok(Self::default());
        }
        // Grows as keys come in. The number of slots follows from these, not from what is claimed.
        let mut keys = Vec::new();
        for _ in 0..len {
            keys.push(K::deserialize_reader(reader)?);
        }
        let mut slot_bits = FEWEST_SLOT_BITS;
        while is_crowded(len.saturating_sub(1), slot_bits) {
            slot_bits = slot_bits.saturating_add(1);
        }
        let slots = Pages::from_cells(slots(&keys, slot_bits)?);
        Ok(Self { slots, slot_bits, keys: Pages::from_cells(keys), len, undo: Vec::new() })
    }
}

/// The slots of keys, as interning one key after the other leaves them.
///
/// They are filled in one piece before they are cut into pages: keys scatter, and the way to a cell
/// of pages that may be shared is several times that to a cell of a plain array.
fn slots<K: Key>(keys: &[K], slot_bits: u32) -> Result<Vec<Slot<K>>> {
    let mask = slot_mask(slot_bits);
    let mut slots = vec![Slot::default(); index(mask).saturating_add(1)];
    for (key, id) in keys.iter().zip(0u32..) {
        let mut at = first_slot(key, mask);
        while let Some(slot) = slots.get_mut(index(at)) {
            let Some(first) = slot.id.checked_sub(1) else {
                *slot = Slot { key: *key, id: id.saturating_add(1) };
                break;
            };
            if slot.key == *key {
                return Err(Damage::KeyTwice { id, first }.into());
            }
            at = at.wrapping_add(1) & mask;
        }
    }
    Ok(slots)
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
