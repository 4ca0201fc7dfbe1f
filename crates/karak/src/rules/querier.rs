//! The querier. Source: Karak V2 `Querier`.

use super::{ask, find};
use crate::Karak;
use crate::abi::core::Core::fetchVaultsStakedInDSSCall;
use crate::abi::handler::Querier::{QuerierCalls, fetchVaultsQueuedForExitCall};
use alloy_primitives::Address;
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert};

/// Answers a call to the querier: the vaults that an operator stakes to a service and for which
/// any stake update waits, also one that has nothing to do with leaving that service.
///
/// # Errors
/// A revert without data for malformed calldata and unknown selectors.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    let call = QuerierCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let QuerierCalls::fetchVaultsQueuedForExit(fetchVaultsQueuedForExitCall { operator, dss }) =
        call;
    let core = host.state().core.config().address;
    let staked = ask(host, message.this, core, &fetchVaultsStakedInDSSCall { operator, dss })?;
    let (operator, books) = (find(host, operator), &host.state().core);
    let waits = |vault: &Address| !books.pending_update(operator, find(host, *vault)).is_zero();
    Ok(staked.into_iter().filter(waits).collect::<Vec<_>>().abi_encode())
}
