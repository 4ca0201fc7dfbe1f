//! The querier. Source: Karak V2 `Querier`.

use super::{addresses, find};
use crate::Karak;
use crate::abi::handler::Querier::{QuerierCalls, fetchVaultsQueuedForExitCall};
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
    let (operator, dss) = (find(host, operator), find(host, dss));
    let core = &host.state().core;
    let waits = |vault: &u32| !core.pending_update(operator, *vault).is_zero();
    Ok(addresses(host, core.staked_vaults(operator, dss).filter(waits)).abi_encode())
}
