//! A growable array in pages that are shared until they are written.
//!
//! Cloning costs one reference count, whatever the length. The first write to a page after a clone
//! copies that page and the two directory levels above it; later writes go in place. Three levels
//! keep those copies short: a million cells have a root of 256 entries.

use std::sync::Arc;

const PAGE_BITS: u32 = 5;
const NODE_BITS: u32 = 7;
const PAGE: usize = 1 << PAGE_BITS;
const NODE: usize = 1 << NODE_BITS;

type Page<T> = [T; PAGE];
type Node<T> = Vec<Arc<Page<T>>>;

/// The array. Cells that were never written read as `T::default()`.
#[derive(Clone, Debug)]
pub struct Pages<T> {
    root: Arc<Vec<Arc<Node<T>>>>,
    unset: T,
}

impl<T: Clone + Default> Default for Pages<T> {
    fn default() -> Self {
        Self { root: Arc::default(), unset: T::default() }
    }
}

impl<T: Clone + Default> Pages<T> {
    /// The cell at `at`, or the default value where nothing was written.
    #[must_use]
    pub fn get(&self, at: u32) -> &T {
        let (root, node, cell) = split(at);
        self.root
            .get(root)
            .and_then(|n| n.get(node))
            .and_then(|p| p.get(cell))
            .unwrap_or(&self.unset)
    }

    /// The cell at `at` for writing; the array grows as far as needed.
    pub fn get_mut(&mut self, at: u32) -> &mut T {
        let (root, node, cell) = split(at);
        let nodes = Arc::make_mut(&mut self.root);
        while nodes.len() <= root {
            nodes.push(Arc::new(Vec::new()));
        }
        let Some(pages) = nodes.get_mut(root).map(Arc::make_mut) else { return &mut self.unset };
        while pages.len() <= node {
            pages.push(Arc::new(std::array::from_fn(|_| T::default())));
        }
        match pages.get_mut(node).map(Arc::make_mut).and_then(|page| page.get_mut(cell)) {
            Some(found) => found,
            // Both levels were grown to hold the cell just above.
            None => &mut self.unset,
        }
    }

    /// Number of cells for which pages exist.
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.root.iter().map(|n| n.len().saturating_mul(PAGE)).sum()
    }

    /// Every cell for which a page exists, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.root.iter().flat_map(|n| n.iter()).flat_map(|p| p.iter())
    }
}

fn split(at: u32) -> (usize, usize, usize) {
    let index = |v: u32| usize::try_from(v).unwrap_or(usize::MAX);
    (
        index(at >> (PAGE_BITS.saturating_add(NODE_BITS))),
        index(at >> PAGE_BITS) & NODE.saturating_sub(1),
        index(at) & PAGE.saturating_sub(1),
    )
}

impl<T: Clone + Default + PartialEq> PartialEq for Pages<T> {
    /// Equal when every cell reads the same; how far either has grown does not matter.
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.root, &other.root) {
            return true;
        }
        let (mut left, mut right) = (self.iter(), other.iter());
        loop {
            match (left.next(), right.next()) {
                (None, None) => return true,
                (a, b) => {
                    if a.unwrap_or(&self.unset) != b.unwrap_or(&other.unset) {
                        return false;
                    }
                }
            }
        }
    }
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
        *a.get_mut(70_000) = 2;
        assert_eq!((*a.get(77), *b.get(77)), (1, 77));
        assert_eq!((*a.get(70_000), *b.get(70_000)), (2, 0));
        assert_ne!(a, b);
        *a.get_mut(77) = 77;
        *a.get_mut(70_000) = 0;
        assert_eq!(a, b);
    }
}
