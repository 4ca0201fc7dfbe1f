//! A growable array in pages that are shared until they are written.
//!
//! Cloning costs a few reference counts, whatever the length. The first write to a page after a
//! clone copies that page and the three directory levels above it; later writes go in place. The
//! levels are narrow so that those copies stay short: for a million cells the root has 16 entries,
//! and everything but the lowest level fits a first-level cache.

use crate::snapshot::Damage;
use borsh::io::{Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use triomphe::Arc;

/// Entries of a directory level.
const FAN: usize = 32;

/// Cells start at a cache line, so that none of a power-of-two size lies on two of them.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(64))]
struct Page<T, const P: usize>([T; P]);

type Leaf<T, const P: usize> = [Arc<Page<T, P>>; FAN];
type Branch<T, const P: usize> = [Arc<Leaf<T, P>>; FAN];
type Root<T, const P: usize> = Vec<Arc<Branch<T, P>>>;

/// The array, `P` cells a page. Cells that were never written read as `T::default()`.
#[derive(Clone, Debug)]
pub struct Pages<T, const P: usize = 64> {
    root: Arc<Root<T, P>>,
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

/// The page of a place for writing, owned by this array alone; the root grows as far as needed.
#[inline]
fn page_mut<'a, T: Clone, const P: usize>(
    root: &'a mut Arc<Root<T, P>>,
    blank: &Arc<Branch<T, P>>,
    place: &Place,
) -> Option<&'a mut Page<T, P>> {
    let root = Arc::make_mut(root);
    while root.len() <= place.branch {
        root.push(blank.clone());
    }
    root.get_mut(place.branch)
        .map(Arc::make_mut)
        .and_then(|branch| branch.get_mut(place.leaf))
        .map(Arc::make_mut)
        .and_then(|leaf| leaf.get_mut(place.page))
        .map(Arc::make_mut)
}

impl<T: Clone + Default, const P: usize> Pages<T, P> {
    /// An array that starts with these cells.
    pub(crate) fn from_cells(cells: Vec<T>) -> Self {
        let mut pages = Self::default();
        let mut cells = cells.into_iter();
        let mut root = Vec::new();
        while cells.len() > 0 {
            let mut branch = pages.blank.clone();
            let leaves = Arc::make_mut(&mut branch).iter_mut().map(Arc::make_mut);
            for page in leaves.flatten().take(cells.len().div_ceil(P)) {
                let next = |_| cells.next().unwrap_or_default();
                *page = Arc::new(Page(std::array::from_fn(next)));
            }
            root.push(branch);
        }
        pages.root = Arc::new(root);
        pages
    }

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
        page_mut(&mut self.root, &self.blank, &place)
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
        let blanks = (self.blank.first(), other.blank.first());
        (0..branches).all(|at| {
            let left = self.root.get(at).unwrap_or(&self.blank);
            let right = other.root.get(at).unwrap_or(&other.blank);
            same((left, Some(&self.blank)), (right, Some(&other.blank)), |a, b| {
                same((a, blanks.0), (b, blanks.1), |a, b| Arc::ptr_eq(a, b) || a == b)
            })
        })
    }
}

/// Whether two levels hold the same, entry by entry, unless they are one or each is the blank level
/// of its own array, which stands beside it.
fn same<T, const N: usize>(
    left: (&Arc<[T; N]>, Option<&Arc<[T; N]>>),
    right: (&Arc<[T; N]>, Option<&Arc<[T; N]>>),
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    let is_blank = |(level, blank): (&Arc<_>, Option<&Arc<_>>)| {
        blank.is_some_and(|blank| Arc::ptr_eq(level, blank))
    };
    let are_blank = is_blank(left) && is_blank(right);
    let (left, right) = (left.0, right.0);
    let are_one = Arc::ptr_eq(left, right);
    are_blank || are_one || left.iter().zip(right.iter()).all(|(a, b)| equal(a, b))
}

impl<T: Clone + Default + PartialEq, const P: usize> Pages<T, P> {
    /// The pages that hold anything, with their numbers, in order. Each ends with its last cell
    /// that is not blank.
    fn written(&self) -> impl Iterator<Item = (u32, &[T])> {
        // Blank levels are one and the same, so most of them are passed over without a look inside.
        let blank_leaf = self.blank.first();
        let branches = self.root.iter().zip((0u32..).step_by(FAN.saturating_mul(FAN)));
        let branches = branches.filter(|(branch, _)| !Arc::ptr_eq(branch, &self.blank));
        let leaves = branches.flat_map(|(branch, at)| branch.iter().zip((at..).step_by(FAN)));
        let leaves = leaves
            .filter(move |(leaf, _)| !blank_leaf.is_some_and(|blank| Arc::ptr_eq(leaf, blank)));
        let pages = leaves.flat_map(|(leaf, at)| leaf.iter().zip(at..));
        pages.filter_map(|(page, number)| {
            let end = page.0.iter().rposition(|cell| *cell != self.unset)?;
            Some((number, page.0.get(..=end)?))
        })
    }

    fn read_page(&mut self, last: Option<u32>, reader: &mut impl Read) -> Result<u32>
    where
        T: BorshDeserialize,
    {
        let number = u32::deserialize_reader(reader)?;
        let cells = u16::deserialize_reader(reader)?;
        if let Some(last) = last.filter(|last| number <= *last) {
            return Err(Damage::PageOrder { page: number, last }.into());
        }
        let width = u32::try_from(P).unwrap_or(u32::MAX);
        let last = u32::MAX.checked_div(width).unwrap_or_default();
        if number > last {
            return Err(Damage::PageBeyond { page: number, last }.into());
        }
        let place = place::<P>(number.saturating_mul(width));
        let page = page_mut(&mut self.root, &self.blank, &place);
        let filled = page.and_then(|page| page.0.get_mut(..usize::from(cells)));
        match filled {
            Some(filled) if !filled.is_empty() => {
                for cell in filled.iter_mut() {
                    *cell = T::deserialize_reader(reader)?;
                }
                if filled.last() == Some(&self.unset) {
                    return Err(Damage::BlankEnd { page: number }.into());
                }
                Ok(number)
            }
            _ => Err(Damage::CellCount { page: number, cells, most: P }.into()),
        }
    }
}

impl<T, const P: usize> BorshSerialize for Pages<T, P>
where
    T: BorshSerialize + Clone + Default + PartialEq,
{
    /// The number of pages that hold anything, then each with its number and its cells. Cells at
    /// the end of a page and pages that read as never written are left out, so equal arrays have
    /// equal bytes, however far either has grown.
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        let pages = u32::try_from(self.written().count()).unwrap_or(u32::MAX);
        pages.serialize(writer)?;
        for (number, cells) in self.written() {
            number.serialize(writer)?;
            u16::try_from(cells.len()).unwrap_or(u16::MAX).serialize(writer)?;
            for cell in cells {
                cell.serialize(writer)?;
            }
        }
        Ok(())
    }
}

impl<T, const P: usize> BorshDeserialize for Pages<T, P>
where
    T: BorshDeserialize + Clone + Default + PartialEq,
{
    /// Takes only what [`Self::serialize`] writes, see [`Damage`].
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let mut pages = Self::default();
        let mut last = None;
        for _ in 0..u32::deserialize_reader(reader)? {
            last = Some(pages.read_page(last, reader)?);
        }
        Ok(pages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use borsh::{from_slice, to_vec};

    fn bytes(pages: &Pages<u64>) -> Vec<u8> {
        to_vec(pages).expect("memory takes all bytes")
    }

    #[test]
    fn arrays_that_read_the_same_are_saved_the_same() {
        let mut far: Pages<u64> = Pages::default();
        let mut near: Pages<u64> = Pages::default();
        for at in [3, 70, 5_000_000, u32::MAX - 1] {
            *far.get_mut(at) = u64::from(at);
            *near.get_mut(at) = u64::from(at);
        }
        *far.get_mut(1_000_000) = 7;
        *far.get_mut(5) = 7;
        *far.get_mut(1_000_000) = 0;
        *far.get_mut(5) = 0;
        assert_eq!(bytes(&far), bytes(&near));
        // A number and a count for each of four pages; what lies behind the cells is left out.
        let cells = [4, 7, 1, 63];
        assert_eq!(bytes(&far).len(), 4 + 4 * 6 + 8 * cells.iter().sum::<usize>());
        let read: Pages<u64> = from_slice(&bytes(&far)).expect("just saved");
        assert_eq!(read, near);
        assert_eq!(bytes(&read), bytes(&near));
    }

    #[test]
    fn bytes_that_no_array_is_saved_as_are_refused() {
        let page = |number: u32, cells: u16, values: &[u64]| {
            let mut bytes = to_vec(&(number, cells)).expect("memory takes all bytes");
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            bytes
        };
        let refused = |pages: &[Vec<u8>], why: Damage| {
            let bytes = [&[pages.len() as u8, 0, 0, 0], pages.concat().as_slice()].concat();
            let error = from_slice::<Pages<u64>>(&bytes).expect_err("no array is saved like this");
            assert_eq!(error.to_string(), why.to_string());
        };
        let one = page(2, 1, &[5]);
        refused(&[one.clone(), one.clone()], Damage::PageOrder { page: 2, last: 2 });
        refused(&[one, page(1, 1, &[5])], Damage::PageOrder { page: 1, last: 2 });
        let last = u32::MAX / 64;
        refused(&[page(last + 1, 1, &[5])], Damage::PageBeyond { page: last + 1, last });
        refused(&[page(0, 0, &[])], Damage::CellCount { page: 0, cells: 0, most: 64 });
        refused(&[page(0, 65, &[5; 65])], Damage::CellCount { page: 0, cells: 65, most: 64 });
        refused(&[page(0, 2, &[5, 0])], Damage::BlankEnd { page: 0 });
    }

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
