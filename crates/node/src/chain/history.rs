//! The worlds of the past: some are kept, the others are folded from the nearest one before.

use bondstone_world::World;
use std::collections::BTreeMap;

/// Worlds of the last blocks that are kept one by one.
const RECENT: u64 = 64;
/// Worlds further back that are kept at most.
const MAX_SPARSE: usize = 32;
/// Worlds asked for that are remembered.
const MAX_FOLDED: usize = 8;

/// Worlds by height. A world shares with its neighbours all that did not change between them, so
/// that keeping one costs what the blocks since the last one wrote.
#[derive(Clone, Debug)]
pub(crate) struct History {
    recent: BTreeMap<u64, World>,
    sparse: BTreeMap<u64, World>,
    spacing: u64,
    folded: Vec<(u64, World)>,
}

impl Default for History {
    fn default() -> Self {
        let (recent, sparse) = (BTreeMap::new(), BTreeMap::new());
        Self { recent, sparse, spacing: RECENT, folded: Vec::new() }
    }
}

impl History {
    /// Keeps the world after a new block.
    pub(crate) fn push(&mut self, height: u64, world: World) {
        if height.is_multiple_of(self.spacing) || self.sparse.is_empty() {
            self.sparse.insert(height, world.clone());
            self.thin();
        }
        self.recent.insert(height, world);
        while self.recent.len() > usize::try_from(RECENT).unwrap_or(usize::MAX) {
            self.recent.pop_first();
        }
    }

    /// Keeps every second of the sparse worlds when there are too many; the first one stays, since
    /// nothing before it could be folded.
    fn thin(&mut self) {
        if self.sparse.len() <= MAX_SPARSE {
            return;
        }
        self.spacing = self.spacing.saturating_mul(2);
        let first = self.sparse.first_key_value().map(|(height, _)| *height);
        let spacing = self.spacing;
        self.sparse.retain(|height, _| Some(*height) == first || height.is_multiple_of(spacing));
    }

    /// Forgets what came after a height.
    pub(crate) fn rewind(&mut self, height: u64) {
        self.recent.retain(|at, _| *at <= height);
        self.sparse.retain(|at, _| *at <= height);
        self.folded.retain(|(at, _)| *at <= height);
    }

    /// The nearest kept world at or before a height.
    pub(crate) fn nearest(&self, height: u64) -> Option<(u64, World)> {
        let recent = self.recent.range(..=height).next_back();
        let sparse = self.sparse.range(..=height).next_back();
        let folded =
            self.folded.iter().filter(|(at, _)| *at <= height).map(|(at, world)| (at, world));
        let nearest = recent.into_iter().chain(sparse).chain(folded).max_by_key(|(at, _)| **at);
        nearest.map(|(at, world)| (*at, world.clone()))
    }

    /// Remembers a world that was folded for a reader.
    pub(crate) fn remember(&mut self, height: u64, world: World) {
        if self.folded.iter().any(|(at, _)| *at == height) {
            return;
        }
        if self.folded.len() >= MAX_FOLDED {
            self.folded.remove(0);
        }
        self.folded.push((height, world));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bondstone_kernel::Block;

    fn world(number: u64) -> World {
        World::new(Block { number, timestamp: number, chain_id: 1 })
    }

    fn nearest(history: &History, height: u64) -> Option<u64> {
        history.nearest(height).map(|(at, world)| {
            assert_eq!(world.block().number, at);
            at
        })
    }

    #[test]
    fn a_bounded_number_of_worlds_covers_any_length() {
        let mut history = History::default();
        let mut last = world(7);
        for height in 7..20_000 {
            last.set_block(Block { number: height, ..*last.block() });
            history.push(height, last.clone());
        }
        assert!(history.sparse.len() <= MAX_SPARSE && history.recent.len() == 64);
        assert_eq!(nearest(&history, 19_950), Some(19_950));
        assert_eq!(nearest(&history, 6), None);
        assert_eq!(nearest(&history, 8), Some(7));
        for height in [1_500u64, 9_999, 15_000] {
            let found = nearest(&history, height).expect("there is one before");
            assert!(height - found <= 1_024, "{found} is far from {height}");
        }
        history.remember(9_999, world(9_999));
        assert_eq!(nearest(&history, 10_000), Some(9_999));
        history.rewind(9_998);
        assert!(nearest(&history, 30_000).is_some_and(|at| at < 9_999));
    }
}
