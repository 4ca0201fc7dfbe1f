//! The veto slasher. Source: `VetoSlasher`.

use super::{Offence, VETO, base, seconds, uint48};
use crate::abi::ledger::SlashRequestClosed;
use crate::abi::slasher::{
    AlreadySet, ExecuteSlash, ExecuteSlashHints, InsufficientSlash, InvalidResolverSetEpochsDelay,
    InvalidVetoDuration, NoResolver, NotNetwork, NotResolver, RequestSlash, RequestSlashHints,
    SetResolver, SetResolverHints, SlashPeriodEnded, SlashRequestCompleted, SlashRequestNotExist,
    VetoPeriodEnded, VetoPeriodNotEnded, VetoSlash, VetoSlashHints, VetoSlasher, VetoSlasherCalls,
    VetoSlasherInitParams,
};
use crate::rules::{decode, hint, now, subnetwork};
use crate::state::Kind;
use crate::state::slasher::{SlashRequest, SlasherConfig};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::host::guarded;
use bondstone_kernel::{Host, Id, Message, Revert, Timestamp, require};

/// Fewest epochs after which a change of resolver may hold.
const MIN_RESOLVER_DELAY: u64 = 3;

/// Reads the parameters of a new veto slasher. Source: `VetoSlasher.__initialize`.
///
/// # Errors
/// `InvalidVetoDuration`, `InvalidResolverSetEpochsDelay`; a revert without data for malformed
/// parameters.
pub(super) fn configure(
    host: &SymbioticHost<'_>,
    config: &mut SlasherConfig,
    data: &[u8],
) -> Result<(), Revert> {
    let params = decode::<VetoSlasherInitParams>(data)?;
    let veto_duration = seconds(params.vetoDuration).0;
    let epoch_duration = base::vault_config(host, config.vault)?.epoch_duration;
    require!(veto_duration < epoch_duration, InvalidVetoDuration {});
    let delay = params.resolverSetEpochsDelay;
    require!(delay >= U256::from(MIN_RESOLVER_DELAY), InvalidResolverSetEpochsDelay {});
    config.is_burner_hook = params.isBurnerHook;
    config.veto_duration = veto_duration;
    config.resolver_set_epochs_delay = delay;
    Ok(())
}

/// Answers a call to what only the veto slasher has.
///
/// # Errors
/// The contract's revert.
pub(super) fn call(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: VetoSlasherCalls,
) -> Result<Vec<u8>, Revert> {
    let this = message.this;
    let config = host.state().slasher.config.get(id);
    Ok(match call {
        VetoSlasherCalls::requestSlash(c) => {
            guarded(host, this, |host| request_slash(host, id, message, &c))?.abi_encode()
        }
        VetoSlasherCalls::executeSlash(c) => {
            guarded(host, this, |host| execute_slash(host, id, message, &c))?.abi_encode()
        }
        VetoSlasherCalls::vetoSlash(c) => {
            guarded(host, this, |host| veto_slash(host, id, message, &c))?;
            Vec::new()
        }
        VetoSlasherCalls::setResolver(c) => {
            guarded(host, this, |host| set_resolver(host, id, message, &c))?;
            Vec::new()
        }
        VetoSlasherCalls::NETWORK_REGISTRY(_) => {
            host.state().singleton(Kind::NetworkRegistry).abi_encode()
        }
        VetoSlasherCalls::resolver(c) => {
            resolver_at(host, id, c.subnetwork, now(host)?, &c.hint)?.abi_encode()
        }
        VetoSlasherCalls::resolverAt(c) => {
            resolver_at(host, id, c.subnetwork, seconds(c.timestamp), &c.hint)?.abi_encode()
        }
        VetoSlasherCalls::resolverSetEpochsDelay(_) => {
            config.resolver_set_epochs_delay.abi_encode()
        }
        VetoSlasherCalls::slashRequests(c) => {
            let request = find_request(host, id, c.slashIndex).ok_or_else(Revert::empty)?;
            encode_request(request)
        }
        VetoSlasherCalls::slashRequestsLength(_) => config.requests.abi_encode(),
        VetoSlasherCalls::vetoDuration(_) => config.veto_duration.abi_encode(),
    })
}

/// The request with this index.
fn find_request<'a>(host: &'a SymbioticHost<'_>, id: Id, index: U256) -> Option<&'a SlashRequest> {
    let slashers = &host.state().slasher;
    let index = u64::try_from(index).ok()?;
    if index >= slashers.config.get(id).requests {
        return None;
    }
    Some(slashers.requests.get(slashers.request_keys.find(&(id, index))))
}

fn encode_request(request: &SlashRequest) -> Vec<u8> {
    let SlashRequest { subnetwork, operator, amount, capture_timestamp, veto_deadline, completed } =
        *request;
    (subnetwork, operator, amount, capture_timestamp.0, veto_deadline.0, completed)
        .abi_encode_params()
}

/// `VetoSlasher.resolverAt`.
fn resolver_at(
    host: &SymbioticHost<'_>,
    id: Id,
    subnetwork: B256,
    timestamp: Timestamp,
    hint: &[u8],
) -> Result<Address, Revert> {
    let slashers = &host.state().slasher;
    let key = slashers.resolver_keys.find(&(id, subnetwork));
    hint::lookup(slashers.resolver.get(key), timestamp.0, hint)
}

/// `VetoSlasher.requestSlash`: opens the veto window of a slash. Returns the request's index.
fn request_slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &VetoSlasher::requestSlashCall,
) -> Result<U256, Revert> {
    let (subnetwork, operator) = (call.subnetwork, call.operator);
    base::check_middleware(host, message.sender, subnetwork)?;
    let hints =
        if call.hints.is_empty() { RequestSlashHints::default() } else { decode(&call.hints)? };
    let (now, capture) = (now(host)?, seconds(call.captureTimestamp));
    let config = *host.state().slasher.config.get(id);
    let epoch_duration = base::vault_of(host, id)?.epoch_duration;
    let earliest = now.plus(config.veto_duration)?.minus(epoch_duration)?;
    base::check_capture(capture, earliest, now)?;

    let hints = &hints.slashableStakeHints;
    let (slashable, _) = base::slashable_stake(host, id, subnetwork, operator, capture, hints)?;
    let amount = call.amount.min(slashable);
    require!(!amount.is_zero(), InsufficientSlash {});

    let index = U256::from(config.requests);
    let log = RequestSlash {
        slashIndex: index,
        subnetwork,
        operator,
        slashAmount: amount,
        captureTimestamp: uint48(capture),
        vetoDeadline: uint48(now.plus(config.veto_duration)?),
    };
    host.emit(message.this, log.into())?;
    Ok(index)
}

/// `VetoSlasher.executeSlash`: carries out a request that nobody vetoed. Returns the nominal
/// amount, measured anew.
fn execute_slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &VetoSlasher::executeSlashCall,
) -> Result<U256, Revert> {
    let hints =
        if call.hints.is_empty() { ExecuteSlashHints::default() } else { decode(&call.hints)? };
    let Some(request) = find_request(host, id, call.slashIndex).copied() else {
        return Err(SlashRequestNotExist {}.into());
    };
    let SlashRequest { subnetwork, operator, capture_timestamp: capture, .. } = request;
    base::check_middleware(host, message.sender, subnetwork)?;

    let now = now(host)?;
    let at_capture = resolver_at(host, id, subnetwork, capture, &hints.captureResolverHint)?;
    if !at_capture.is_zero() {
        let hint = &hints.currentResolverHint;
        let current = resolver_at(host, id, subnetwork, now.minus(1)?, hint)?;
        let may_be_vetoed = !current.is_zero() && request.veto_deadline > now;
        require!(!may_be_vetoed, VetoPeriodNotEnded {});
    }
    let epoch_duration = base::vault_of(host, id)?.epoch_duration;
    require!(now.since(capture)? <= epoch_duration, SlashPeriodEnded {});

    let hints = &hints.slashableStakeHints;
    let (slashable, stake) = base::slashable_stake(host, id, subnetwork, operator, capture, hints)?;
    let amount = request.amount.min(slashable);
    require!(!amount.is_zero(), InsufficientSlash {});
    require!(!request.completed, SlashRequestCompleted {});

    host.emit(message.this, SlashRequestClosed { slashIndex: call.slashIndex }.into())?;
    let offence = Offence { subnetwork, operator, amount, capture };
    let data = base::delegator_data::<3, 7>(VETO, [slashable, stake, call.slashIndex]);
    base::carry_out(host, id, message, offence, data.as_flattened())?;
    let log = ExecuteSlash { slashIndex: call.slashIndex, slashedAmount: amount };
    host.emit(message.this, log.into())?;
    Ok(amount)
}

/// `VetoSlasher.vetoSlash`: the resolver at the capture stops a request.
fn veto_slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &VetoSlasher::vetoSlashCall,
) -> Result<(), Revert> {
    let hints =
        if call.hints.is_empty() { VetoSlashHints::default() } else { decode(&call.hints)? };
    let Some(request) = find_request(host, id, call.slashIndex).copied() else {
        return Err(SlashRequestNotExist {}.into());
    };
    let subnetwork = request.subnetwork;
    let hint = &hints.captureResolverHint;
    let resolver = resolver_at(host, id, subnetwork, request.capture_timestamp, hint)?;
    require!(!resolver.is_zero(), NoResolver {});
    let now = now(host)?;
    let hint = &hints.currentResolverHint;
    let current = resolver_at(host, id, subnetwork, now.minus(1)?, hint)?;
    require!(!current.is_zero(), NoResolver {});
    require!(message.sender == resolver, NotResolver {});
    require!(request.veto_deadline > now, VetoPeriodEnded {});
    require!(!request.completed, SlashRequestCompleted {});
    host.emit(message.this, VetoSlash { slashIndex: call.slashIndex, resolver }.into())
}

/// `VetoSlasher.setResolver`: the first resolver of a subnetwork holds at once, a later one from an
/// epoch's start on; both follow from the log, so the fold computes them.
fn set_resolver(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &VetoSlasher::setResolverCall,
) -> Result<(), Revert> {
    if !call.hints.is_empty() {
        // The contract decodes its hints and does not use them.
        decode::<SetResolverHints>(&call.hints)?;
    }
    let state = host.state();
    let network = host.accounts().find(&message.sender);
    require!(state.registry.is_entity(Kind::NetworkRegistry, network), NotNetwork {});
    let subnetwork = subnetwork(message.sender, call.identifier);
    let key = state.slasher.resolver_keys.find(&(id, subnetwork));
    let last = state.slasher.resolver.get(key).latest_checkpoint();
    let is_set = match last {
        Some(last) => last.key <= now(host)?.0 && last.value == call.resolver,
        None => call.resolver.is_zero(),
    };
    require!(!is_set, AlreadySet {});
    if last.is_some() {
        // The implementation contract has no vault to ask for the start of an epoch.
        base::vault_of(host, id)?;
    }
    host.emit(message.this, SetResolver { subnetwork, resolver: call.resolver }.into())
}
