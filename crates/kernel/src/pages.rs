//! A growable array in pages that are shared until they are written.
//!
//! Cloning costs a few reference counts, whatever the length. The first write to a page after a
//! clone copies that page and the three directory levels above it; later writes go in place. The
//! levels are narrow so that those copies stay short: for a million cells the root has 16 entries,
//! and everything but the lowest level fits a first-level cache.

use std::sync::Arc;

/// Entries of a directory level.
const FAN: usize = 32;

/// Cells start at a cache line, so that none of a power-of-two size lies on two of them.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(64))]
struct Page<T, const P: usize>([T; P]);

type Leaf<T, const P: usize> = [Arc<Page<T, P>>; FAN];
type Branch<T, const P: usize> = [Arc<Leaf<T, P>>; FAN];

/// The array, `P` cells a page. Cells that were never written read as `T::default()`.
#[derive(Clone, Debug)]
pub struct Pages<T, const P: usize = 64> {
    root: Arc<Vec<Arc<Branch<T, P>>>>,
    /// A branch of unwritten pages, all of them the same one.
    blank: Arc<Branch<T, P>>,
    unset: T,
}

impl<T: Clone + Default, const P: usize> Default for Pages<T, P> {
    fn default() -> Self {
        let page = Arc::new(Page(std::array::from_fn(|_| T::default())));
        let leaf: Arc<Leaf<T, P>> = Arc::new(std::array::from_fn(|_| page.clone()));
        let blank = Arc::new(std::array::from_fn(|_| leaf.clone()));
        Self { root: Arc::default(), blank, unset: T::default() }
    }
}

/// Where a cell lies: in the root, in its branch, in its leaf, in its page.
struct Place {
    branch: usize,
    leaf: usize,
    page: usize,
    cell: usize,
}

fn place<const P: usize>(at: u32) -> Place {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    let split = |n: usize, by: usize| {
        (n.checked_div(by).unwrap_or_default(), n.checked_rem(by).unwrap_or_default())
    };
    let (pages, cell) = split(at, P);
    let (leaves, page) = split(pages, FAN);
    let (branch, leaf) = split(leaves, FAN);
    Place { branch, leaf, page, cell }
}

impl<T: Clone + Default, const P: usize> Pages<T, P> {
    /// The cell at `at`, or the default value where nothing was written.
    #[must_use]
    pub fn get(&self, at: u32) -> &T {
        let place = place::<P>(at);
        self.root
            .get(place.branch)
            .and_then(|branch| branch.get(place.leaf))
            .and_then(|leaf| leaf.get(place.page))
            .and_then(|page| page.0.get(place.cell))
            .unwrap_or(&self.unset)
    }

    /// The cell at `at` for writing; the array grows as far as needed.
    pub fn get_mut(&mut self, at: u32) -> &mut T {
        let place = place::<P>(at);
        let root = Arc::make_mut(&mut self.root);
        while root.len() <= place.branch {
            root.push(self.blank.clone());
        }
        root.get_mut(place.branch)
            .map(Arc::make_mut)
            .and_then(|branch| branch.get_mut(place.leaf))
            .map(Arc::make_mut)
            .and_then(|leaf| leaf.get_mut(place.page))
            .map(Arc::make_mut)
            .and_then(|page| page.0.get_mut(place.cell))
            // The root was grown to hold the cell, and the levels below have fixed widths.
            .unwrap_or(&mut self.unset)
    }
}

impl<T: Clone + Default + PartialEq, const P: usize> PartialEq for Pages<T, P> {
    /// Equal when every cell reads the same; how far either has grown does not matter. Pages that
    /// both share are not looked at.
    fn eq(&self, other: &Self) -> bool {
        let branches = self.root.len().max(other.root.len());
        (0..branches).all(|at| {
            let left = self.root.get(at).unwrap_or(&self.blank);
            let right = other.root.get(at).unwrap_or(&other.blank);
            same(left, right, |a, b| same(a, b, |a, b| Arc::ptr_eq(a, b) || a == b))
        })
    }
}

/// Whether two levels hold the same, entry by entry, unless they are one.
fn same<T, const N: usize>(
    left: &Arc<[T; N]>,
    right: &Arc<[T; N]>,
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    Arc::ptr_eq(left, right) || left.iter().zip(right.iter()).all(|(a, b)| equal(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_does_not_see_later_writes() {
        let mut a: Pages<u64> = Pages::default();
        for i in 0..10_000 {
            *a.get_mut(i) = u64::from(i);
        }
        let b = a.clone();
        *a.get_mut(77) = 1;
        *a.get_mut(700_000) = 2;
        assert_eq!((*a.get(77), *b.get(77)), (1, 77));
        assert_eq!((*a.get(700_000), *b.get(700_000)), (2, 0));
        assert_ne!(a, b);
        *a.get_mut(77) = 77;
        *a.get_mut(700_000) = 0;
        assert_eq!(a, b);
        assert_eq!((0..10_000).map(|i| *a.get(i)).sum::<u64>(), 49_995_000);
    }
}
