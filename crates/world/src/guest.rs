//! Contracts that are not native: the seam for test contracts and, later, user code.

use crate::world::World;
use bondstone_kernel::{Message, Revert};
use std::fmt::Debug;

/// Code at an address that no suite owns.
///
/// A guest keeps its state in the world's storage ([`World::store`]), so that it is rolled back,
/// forked and folded like everything else; it must not keep any of its own.
pub trait Guest: Debug + Send + Sync {
    /// Answers a call.
    ///
    /// # Errors
    /// The guest's revert.
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert>;
}
