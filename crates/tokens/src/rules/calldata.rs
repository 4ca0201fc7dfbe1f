//! Calldata read word by word, with the strictness of the decoder that solc writes: too short is
//! refused, trailing data is not, and an address has twelve zero bytes in front.

use alloy_primitives::{Address, U256};
use bondstone_kernel::Revert;

/// Selector and arguments of a call. `None` when there is no whole selector.
pub(crate) fn split(input: &[u8]) -> Option<([u8; 4], Arguments<'_>)> {
    input.split_first_chunk::<4>().map(|(selector, rest)| (*selector, Arguments(rest)))
}

/// The arguments of a call: everything behind the selector.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    /// The word at byte position `at`.
    pub(crate) fn word(&self, at: usize) -> Result<&'a [u8; 32], Revert> {
        self.0.get(at..).and_then(<[u8]>::first_chunk::<32>).ok_or_else(Revert::empty)
    }

    /// The `uint256` at byte position `at`.
    pub(crate) fn uint(&self, at: usize) -> Result<U256, Revert> {
        self.word(at).map(|word| U256::from_be_bytes(*word))
    }

    /// The `address` at byte position `at`.
    pub(crate) fn address(&self, at: usize) -> Result<Address, Revert> {
        match self.word(at)?.split_first_chunk::<12>() {
            Some(([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], tail)) => Ok(Address::from_slice(tail)),
            _ => Err(Revert::empty()),
        }
    }

    /// The `bool` at byte position `at`.
    pub(crate) fn flag(&self, at: usize) -> Result<bool, Revert> {
        match self.uint(at)? {
            U256::ZERO => Ok(false),
            U256::ONE => Ok(true),
            _ => Err(Revert::empty()),
        }
    }

    /// An offset or a length at byte position `at`. One that does not fit cannot lie in calldata.
    fn size(&self, at: usize) -> Result<usize, Revert> {
        usize::try_from(self.uint(at)?).map_err(|_| Revert::empty())
    }

    /// Where the tail behind the offset at `at` starts, counted from `base`; `head` bytes of it
    /// must lie in the calldata. Offsets that point backwards, which solc lets pass inside arrays,
    /// are refused.
    fn tail(&self, base: usize, at: usize, head: usize) -> Result<usize, Revert> {
        let start = base.checked_add(self.size(at)?).ok_or_else(Revert::empty)?;
        let end = start.checked_add(head).ok_or_else(Revert::empty)?;
        if end > self.0.len() { Err(Revert::empty()) } else { Ok(start) }
    }

    /// The dynamic array of dynamic elements whose offset is at byte position `at`.
    pub(crate) fn array(&self, at: usize) -> Result<Array<'a>, Revert> {
        let start = self.tail(0, at, 32)?;
        let len = self.size(start)?;
        let first = start.checked_add(32).ok_or_else(Revert::empty)?;
        let heads = len.checked_mul(32).ok_or_else(Revert::empty)?;
        let end = first.checked_add(heads).ok_or_else(Revert::empty)?;
        if end > self.0.len() { Err(Revert::empty()) } else { Ok(Array { all: *self, first, len }) }
    }

    /// The `bytes` whose offset from `base` is at byte position `at`.
    pub(crate) fn bytes(&self, base: usize, at: usize) -> Result<&'a [u8], Revert> {
        let start = self.tail(base, at, 32)?;
        let len = self.size(start)?;
        let first = start.checked_add(32).ok_or_else(Revert::empty)?;
        let end = first.checked_add(len).ok_or_else(Revert::empty)?;
        self.0.get(first..end).ok_or_else(Revert::empty)
    }
}

/// A calldata array of dynamic structs. Elements are read when they are used, so that a malformed
/// one fails only when its turn comes.
#[derive(Clone, Copy)]
pub(crate) struct Array<'a> {
    all: Arguments<'a>,
    first: usize,
    len: usize,
}

impl<'a> Array<'a> {
    /// Number of elements; at most the words in the calldata.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Where element `at` starts; its `head` bytes lie in the calldata.
    pub(crate) fn element(&self, at: usize, head: usize) -> Result<usize, Revert> {
        let slot = at.checked_mul(32).and_then(|skip| self.first.checked_add(skip));
        self.all.tail(self.first, slot.ok_or_else(Revert::empty)?, head)
    }

    /// The arguments that the array is part of.
    pub(crate) fn arguments(&self) -> Arguments<'a> {
        self.all
    }
}
