//! Hints into the histories of slashers. Source: `BaseSlasherHints`, `SlasherHints`,
//! `VetoSlasherHints`.

use super::delegator::{Query, stake_hints};
use super::{Helper, ask_address, contract_at, decode, found, hint, is_call, linked, nest};
use crate::Symbiotic;
use crate::abi::hints::{
    BaseSlasherHints, Hinted, SlasherHints, SlasherHintsStorage, VetoSlasherHints,
    VetoSlasherHintsStorage,
};
use crate::rules::now;
use crate::state::{Contract, Kind};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Host, Message, Revert};

/// Answers a call to `BaseSlasherHints`.
///
/// # Errors
/// The contract's revert.
pub(super) fn base(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use BaseSlasherHints::BaseSlasherHintsCalls as Calls;
    if !is_call::<Calls>(message) {
        return helper.own_storage::<SlasherHintsStorage::SlasherHintsStorageCalls>(message);
    }
    let state = host.state();
    Ok(match decode::<Calls>(message)? {
        Calls::BASE_DELEGATOR_HINTS(_) => state.singleton(Kind::BaseDelegatorHints).abi_encode(),
        Calls::SLASHER_HINTS(_) => state.singleton(Kind::SlasherHints).abi_encode(),
        Calls::VETO_SLASHER_HINTS(_) => state.singleton(Kind::VetoSlasherHints).abi_encode(),
        Calls::cumulativeSlashHintInternal(c) => {
            helper.check_internal(message)?;
            let operator = host.accounts().find(&c.operator);
            let history = match contract_at(host, message.this) {
                Contract::Slasher(id) => {
                    let key = state.slasher.slash_keys.find(&(id, c.subnetwork, operator));
                    Some(state.slasher.cumulative_slash.get(key))
                }
                _ => None,
            };
            found(history, c.timestamp)
        }
        Calls::cumulativeSlashHint(c) => {
            let internal = BaseSlasherHints::cumulativeSlashHintInternalCall {
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            hint(host, message.this, c.slasher, &internal)?.abi_encode()
        }
        Calls::slashableStakeHints(c) => {
            let capture = (c.subnetwork, c.operator, c.captureTimestamp);
            slashable_stake_hints(host, message.this, c.slasher, capture)?.abi_encode()
        }
    })
}

/// `BaseSlasherHints.slashableStakeHints`, run by the helper `this`.
fn slashable_stake_hints(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    slasher: Address,
    (subnetwork, operator, timestamp): (B256, Address, U48),
) -> Result<Bytes, Revert> {
    let vault = ask_address(host, this, slasher, &Hinted::vaultCall {})?;
    let delegator = ask_address(host, this, vault, &Hinted::delegatorCall {})?;
    let helper = linked(host, Kind::BaseDelegatorHints)?;
    let query = Query { delegator, subnetwork, operator, timestamp };
    let stake = stake_hints(host, helper, query)?;
    let internal =
        BaseSlasherHints::cumulativeSlashHintInternalCall { subnetwork, operator, timestamp };
    let slashed = hint(host, this, slasher, &internal)?;
    Ok(nest([stake, slashed]))
}

/// What the helpers of both types ask of `BaseSlasherHints`.
fn from_base(
    host: &mut dyn Host<Symbiotic>,
    slasher: Address,
    capture: (B256, Address, U48),
) -> Result<Bytes, Revert> {
    let base = linked(host, Kind::BaseSlasherHints)?;
    slashable_stake_hints(host, base, slasher, capture)
}

/// Answers a call to `SlasherHints`.
///
/// # Errors
/// The contract's revert.
pub(super) fn instant(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use SlasherHints::SlasherHintsCalls as Calls;
    if !is_call::<Calls>(message) {
        return helper.own_storage::<SlasherHintsStorage::SlasherHintsStorageCalls>(message);
    }
    Ok(match decode::<Calls>(message)? {
        Calls::BASE_SLASHER_HINTS(_) => host.state().singleton(Kind::BaseSlasherHints).abi_encode(),
        Calls::slashHints(c) => {
            let capture = (c.subnetwork, c.operator, c.captureTimestamp);
            nest([from_base(host, c.slasher, capture)?]).abi_encode()
        }
    })
}

/// Answers a call to `VetoSlasherHints`.
///
/// # Errors
/// The contract's revert.
pub(super) fn veto(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use VetoSlasherHints::VetoSlasherHintsCalls as Calls;
    if is_call::<SlasherHintsStorage::SlasherHintsStorageCalls>(message) {
        return helper.own_storage::<SlasherHintsStorage::SlasherHintsStorageCalls>(message);
    }
    if !is_call::<Calls>(message) {
        type Storage = VetoSlasherHintsStorage::VetoSlasherHintsStorageCalls;
        return helper.own_storage::<Storage>(message);
    }
    let this = message.this;
    Ok(match decode::<Calls>(message)? {
        Calls::BASE_SLASHER_HINTS(_) => host.state().singleton(Kind::BaseSlasherHints).abi_encode(),
        Calls::resolverHintInternal(c) => {
            helper.check_internal(message)?;
            let slashers = &host.state().slasher;
            let history = match contract_at(host, this) {
                Contract::Slasher(id) => {
                    let key = slashers.resolver_keys.find(&(id, c.subnetwork));
                    Some(slashers.resolver.get(key))
                }
                _ => None,
            };
            found(history, c.timestamp)
        }
        Calls::resolverHint(c) => {
            resolver_hint(host, this, c.slasher, c.subnetwork, c.timestamp)?.abi_encode()
        }
        Calls::requestSlashHints(c) => {
            let capture = (c.subnetwork, c.operator, c.captureTimestamp);
            nest([from_base(host, c.slasher, capture)?]).abi_encode()
        }
        Calls::executeSlashHints(c) => {
            let (subnetwork, operator, capture) = request(host, this, c.slasher, c.slashIndex)?;
            let [at_capture, current] = resolver_hints(host, this, c.slasher, subnetwork, capture)?;
            let stake = from_base(host, c.slasher, (subnetwork, operator, capture))?;
            nest([at_capture, current, stake]).abi_encode()
        }
        Calls::vetoSlashHints(c) => {
            let (subnetwork, _, capture) = request(host, this, c.slasher, c.slashIndex)?;
            nest(resolver_hints(host, this, c.slasher, subnetwork, capture)?).abi_encode()
        }
        Calls::setResolverHints(c) => {
            let resolver = resolver_hint(host, this, c.slasher, c.subnetwork, c.timestamp)?;
            nest([resolver]).abi_encode()
        }
    })
}

fn resolver_hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    slasher: Address,
    subnetwork: B256,
    timestamp: U48,
) -> Result<Bytes, Revert> {
    hint(host, this, slasher, &VetoSlasherHints::resolverHintInternalCall { subnetwork, timestamp })
}

/// Hints to the resolver at the capture and to the one a second ago.
fn resolver_hints(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    slasher: Address,
    subnetwork: B256,
    capture: U48,
) -> Result<[Bytes; 2], Revert> {
    let at_capture = resolver_hint(host, this, slasher, subnetwork, capture)?;
    let before = U48::saturating_from(now(host)?.minus(1)?.0);
    Ok([at_capture, resolver_hint(host, this, slasher, subnetwork, before)?])
}

/// Subnetwork, operator and capture of a slash request.
fn request(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    slasher: Address,
    index: U256,
) -> Result<(B256, Address, U48), Revert> {
    let input = Hinted::slashRequestsCall { slashIndex: index }.abi_encode();
    let output = call_interface(host, Call::view(this, slasher, &input))?;
    let answer = Hinted::slashRequestsCall::abi_decode_returns_validate(&output)
        .map_err(|_| Revert::empty())?;
    Ok((answer.subnetwork, answer.operator, answer.captureTimestamp))
}
