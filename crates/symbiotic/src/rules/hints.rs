//! The hint helper contracts.

use crate::Symbiotic;
use bondstone_kernel::{Host, Id, Message, Revert};
use crate::state::Kind;

/// Answers a call.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(_host: &mut dyn Host<Symbiotic>, _kind: Kind, _message: &Message<'_>) -> Result<Vec<u8>, Revert> { Err(Revert::empty()) }

/// What `staticDelegateCall(target, data)` of any contract ends in.
/// Source: `StaticDelegateCallable.staticDelegateCall`.
pub fn static_delegate_call(
    _host: &mut dyn Host<Symbiotic>,
    _message: &Message<'_>,
    _target: alloy_primitives::Address,
    _data: &[u8],
) -> Revert {
    Revert::empty()
}
