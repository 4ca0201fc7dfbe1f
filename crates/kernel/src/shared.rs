//! State that forks share until one of them writes.

use crate::snapshot::Layout;
use crate::table::{Mark, Undo};
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use std::ops::{Deref, DerefMut};
use triomphe::Arc;

/// The state of a suite, or of a family of its tables. A clone costs one reference count, however
/// many tables there are; the first write after it makes the copy. Most forks are made to read, and
/// never do, and most transactions write to two or three families.
#[derive(Clone, Debug, Default)]
pub struct Shared<S> {
    state: Arc<S>,
    /// Whether there may be writes that can still be taken back. Without this, ending a transaction
    /// would visit, and so copy, everything that it left alone.
    is_written: bool,
}

impl<S> Deref for Shared<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.state
    }
}

impl<S: Clone> DerefMut for Shared<S> {
    /// The state, to be written; a copy, if a fork has it too.
    fn deref_mut(&mut self) -> &mut S {
        self.is_written = true;
        Arc::make_mut(&mut self.state)
    }
}

impl<S: Undo + Clone> Undo for Shared<S> {
    fn undo_to(&mut self, mark: Mark) {
        if self.is_written {
            Arc::make_mut(&mut self.state).undo_to(mark);
        }
    }

    fn settle(&mut self) {
        if self.is_written {
            Arc::make_mut(&mut self.state).settle();
            self.is_written = false;
        }
    }
}

impl<S: PartialEq> PartialEq for Shared<S> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state) || self.state == other.state
    }
}

impl<S: Layout> Layout for Shared<S> {
    /// As the state: sharing is not saved.
    fn describe(layout: &mut String) {
        S::describe(layout);
    }
}

impl<S: BorshSerialize> BorshSerialize for Shared<S> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        self.state.serialize(writer)
    }
}

impl<S: BorshDeserialize> BorshDeserialize for Shared<S> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let state = Arc::new(S::deserialize_reader(reader)?);
        Ok(Self { state, is_written: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    fn written() -> Shared<Table<u64>> {
        let mut shared = Shared::<Table<u64>>::default();
        shared.set(Mark::FINAL, 1, 10);
        shared.settle();
        shared
    }

    #[test]
    fn a_fork_is_a_copy_only_once_it_writes() {
        let first = written();
        let mut second = first.clone();
        assert!(Arc::ptr_eq(&first.state, &second.state));
        second.set(Mark::FINAL, 1, 11);
        assert_eq!((*first.get(1), *second.get(1)), (10, 11));
    }

    #[test]
    fn ending_a_transaction_that_wrote_nothing_copies_nothing() {
        let first = written();
        let mut second = first.clone();
        second.undo_to(Mark::FINAL.next());
        second.settle();
        assert!(Arc::ptr_eq(&first.state, &second.state));
    }

    #[test]
    fn writes_are_taken_back_on_either_side_of_a_fork() {
        let mut first = written();
        let mark = Mark::FINAL.next();
        first.set(mark, 1, 12);
        let mut second = first.clone();
        second.undo_to(mark);
        assert_eq!((*first.get(1), *second.get(1)), (12, 10));
        first.undo_to(mark);
        assert_eq!(first, second);
    }
}
