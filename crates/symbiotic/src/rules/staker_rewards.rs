//! Default staker rewards.

use crate::Symbiotic;
use bondstone_kernel::{Host, Id, Message, Revert};
use crate::state::Kind;

/// Answers a call.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(_host: &mut dyn Host<Symbiotic>, _id: Id, _message: &Message<'_>) -> Result<Vec<u8>, Revert> { Err(Revert::empty()) }

/// Answers a call to the factory or the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_singleton(_host: &mut dyn Host<Symbiotic>, _kind: Kind, _message: &Message<'_>) -> Result<Vec<u8>, Revert> { Err(Revert::empty()) }
