//! The four delegators.

use crate::Symbiotic;
use bondstone_kernel::{Host, Id, Message, Revert};
use crate::state::Kind;

/// Answers a call.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(_host: &mut dyn Host<Symbiotic>, _id: Id, _message: &Message<'_>) -> Result<Vec<u8>, Revert> { Err(Revert::empty()) }

/// Answers a call to an implementation contract.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_implementation(_host: &mut dyn Host<Symbiotic>, _kind: Kind, _message: &Message<'_>) -> Result<Vec<u8>, Revert> { Err(Revert::empty()) }

/// Initialises a new clone, called by its factory.
///
/// # Errors
/// The contract's revert.
pub fn initialize(_host: &mut dyn Host<Symbiotic>, _message: &Message<'_>, _kind: u64, _data: &alloy_primitives::Bytes) -> Result<(), Revert> { Err(Revert::empty()) }
