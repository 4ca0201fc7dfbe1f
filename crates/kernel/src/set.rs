//! Sets of ids whose order is visible, with undo.
//!
//! Members stand in the order in which they came, and removing one moves the last member into its
//! place. Source: OpenZeppelin 5.0.2 `EnumerableSet`.

use crate::ledger_state;
use crate::table::{Id, Index, Mark, NONE, Table};

ledger_state! {
    /// Many sets, each known by an id of the caller's.
    pub struct Sets {
        /// (set, member).
        pub member_keys: Index<(Id, Id)>,
        /// Place of a member in its set, counted from 1; zero when it is not in it.
        pub places: Table<u32>,
        /// (set, place counted from 1).
        pub slot_keys: Index<(Id, Id)>,
        /// The member at a place.
        pub slots: Table<Id>,
        /// Number of members, by set.
        pub lengths: Table<u32>,
    }
}

impl Sets {
    /// Number of members of `set`.
    #[must_use]
    pub fn len(&self, set: Id) -> u32 {
        *self.lengths.get(set)
    }

    /// Whether `set` has no member.
    #[must_use]
    pub fn is_empty(&self, set: Id) -> bool {
        self.len(set) == 0
    }

    /// Whether `member` is in `set`.
    #[must_use]
    pub fn contains(&self, set: Id, member: Id) -> bool {
        self.place(set, member) != 0
    }

    /// The members of `set` in their visible order.
    pub fn members(&self, set: Id) -> impl Iterator<Item = Id> + '_ {
        (1..=self.len(set)).map(move |place| self.at(set, place))
    }

    /// Adds `member` at the end. Returns false, and changes nothing, when it is there already or
    /// when either id is [`NONE`].
    pub fn insert(&mut self, mark: Mark, set: Id, member: Id) -> bool {
        if set == NONE || member == NONE || self.contains(set, member) {
            return false;
        }
        let place = self.len(set).saturating_add(1);
        self.lengths.set(mark, set, place);
        self.write(mark, set, place, member);
        true
    }

    /// Removes `member` and moves the last member into its place. Returns false, and changes
    /// nothing, when it is not there.
    pub fn remove(&mut self, mark: Mark, set: Id, member: Id) -> bool {
        let place = self.place(set, member);
        if place == 0 {
            return false;
        }
        let length = self.len(set);
        let last = self.at(set, length);
        self.write(mark, set, place, last);
        let key = self.member_keys.find(&(set, member));
        self.places.set(mark, key, 0);
        self.lengths.set(mark, set, length.saturating_sub(1));
        true
    }

    fn place(&self, set: Id, member: Id) -> u32 {
        *self.places.get(self.member_keys.find(&(set, member)))
    }

    fn at(&self, set: Id, place: u32) -> Id {
        *self.slots.get(self.slot_keys.find(&(set, place)))
    }

    fn write(&mut self, mark: Mark, set: Id, place: u32, member: Id) {
        let slot = self.slot_keys.intern(mark, (set, place));
        self.slots.set(mark, slot, member);
        let key = self.member_keys.intern(mark, (set, member));
        self.places.set(mark, key, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Undo;
    use proptest::prelude::*;

    fn members(sets: &Sets, set: Id) -> Vec<Id> {
        sets.members(set).collect()
    }

    #[test]
    fn removing_moves_the_last_member_into_the_gap() {
        let mut sets = Sets::default();
        for member in [5, 6, 7, 8] {
            assert!(sets.insert(Mark::FINAL, 1, member));
        }
        assert!(!sets.insert(Mark::FINAL, 1, 6));
        assert!(sets.remove(Mark::FINAL, 1, 6));
        assert!(!sets.remove(Mark::FINAL, 1, 6));
        assert_eq!(members(&sets, 1), [5, 8, 7]);
        assert!(sets.remove(Mark::FINAL, 1, 7));
        assert_eq!(members(&sets, 1), [5, 8]);
        assert!(sets.insert(Mark::FINAL, 1, 6));
        assert_eq!(members(&sets, 1), [5, 8, 6]);
        assert!(sets.is_empty(2) && !sets.contains(2, 5));
        assert!(!sets.insert(Mark::FINAL, NONE, 5) && !sets.insert(Mark::FINAL, 1, NONE));
    }

    proptest! {
        #[test]
        fn sets_do_what_a_list_with_swap_remove_does(
            steps in prop::collection::vec((0u32..3, 0u32..9, any::<bool>()), 0..90),
            kept in 0usize..90,
        ) {
            let (mut sets, mut lists) = (Sets::default(), [const { Vec::new() }; 3]);
            let mut at_mark = None;
            for (index, (set, member, add)) in steps.into_iter().enumerate() {
                let mark = if index < kept { Mark(1) } else { Mark(2) };
                if index == kept {
                    at_mark = Some((sets.clone(), lists.clone()));
                }
                let list = &mut lists[set as usize];
                let found = list.iter().position(|held| *held == member);
                match (add, found) {
                    (true, None) => list.push(member),
                    (false, Some(at)) => drop(list.swap_remove(at)),
                    _ => {}
                }
                let changed = if add {
                    sets.insert(mark, set, member)
                } else {
                    sets.remove(mark, set, member)
                };
                prop_assert_eq!(changed, add == found.is_none());
            }
            for (set, list) in (0u32..).zip(&lists) {
                prop_assert_eq!(&members(&sets, set), list);
            }
            if let Some((before, lists)) = at_mark {
                sets.undo_to(Mark(2));
                prop_assert_eq!(&sets, &before);
                for (set, list) in (0u32..).zip(&lists) {
                    prop_assert_eq!(&members(&sets, set), list);
                }
            }
        }
    }
}
