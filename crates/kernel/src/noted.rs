//! A part of a state that notes whether it was written.

use crate::snapshot::Layout;
use crate::table::{Mark, Undo};
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use std::ops::{Deref, DerefMut};

/// A family of tables. Most transactions write to two or three families of a suite; the others have
/// nothing to take back or to forget, and this tells so without a look at each of their tables.
#[derive(Clone, Debug, Default)]
pub struct Noted<S> {
    state: S,
    /// Whether there may be writes that can still be taken back.
    is_written: bool,
}

impl<S> Deref for Noted<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S> DerefMut for Noted<S> {
    fn deref_mut(&mut self) -> &mut S {
        self.is_written = true;
        &mut self.state
    }
}

impl<S: Undo> Undo for Noted<S> {
    fn undo_to(&mut self, mark: Mark) {
        if self.is_written {
            self.state.undo_to(mark);
        }
    }

    fn settle(&mut self) {
        if self.is_written {
            self.state.settle();
            self.is_written = false;
        }
    }
}

impl<S: PartialEq> PartialEq for Noted<S> {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
    }
}

impl<S: Layout> Layout for Noted<S> {
    /// As the state: what was written lately is not saved.
    fn describe(layout: &mut String) {
        S::describe(layout);
    }
}

impl<S: BorshSerialize> BorshSerialize for Noted<S> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        self.state.serialize(writer)
    }
}

impl<S: BorshDeserialize> BorshDeserialize for Noted<S> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        Ok(Self { state: S::deserialize_reader(reader)?, is_written: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    #[test]
    fn writes_are_taken_back_until_the_transaction_is_over() {
        let mark = Mark::FINAL.next();
        let mut noted = Noted::<Table<u64>>::default();
        noted.set(mark, 1, 10);
        noted.set(mark.next(), 1, 11);
        noted.undo_to(mark.next());
        assert_eq!(*noted.get(1), 10);
        // A write after something was taken back is taken back too.
        noted.set(mark.next(), 1, 12);
        noted.undo_to(mark);
        assert_eq!(*noted.get(1), 0);
        noted.set(mark, 1, 13);
        noted.settle();
        noted.undo_to(mark);
        assert_eq!(*noted.get(1), 13);
    }

    #[test]
    fn a_family_that_was_only_read_is_left_alone() {
        let mut noted = Noted::<Table<u64>>::default();
        assert_eq!(*noted.get(1), 0);
        noted.settle();
        assert!(!noted.is_written);
    }
}
