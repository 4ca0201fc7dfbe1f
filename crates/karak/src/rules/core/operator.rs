//! Operators: registration to services and the stake of their vaults. Source: `Operator`.

use super::hook::{self, Failure};
use super::{
    MAX_SERVICES, STAKE_UPDATE_DELAY, check_registered, config, max_slashable, update_hash,
};
use crate::Karak;
use crate::abi::core::Core::{
    AllVaultsNotUnstakedFromDSS, DSSNotRegistered, FinishedStakeUpdate,
    InvalidQueuedStakeUpdateInput, MaxDSSCapacityReached, OperatorAlreadyRegisteredToDSS,
    OperatorStakeUpdateDelayNotPassed, PendingStakeUpdateRequest, RegisteredOperatorToDSS,
    RequestedStakeUpdate, UnregisteredOperatorToDSS, VaultAlreadyStakedInDSS, VaultNotAChildVault,
    VaultNotStakedInDSS, registerOperatorToDSSCall,
};
use crate::abi::core::{QueuedStakeUpdate, StakeUpdateRequest};
use crate::abi::dss::Hooks::{
    finishUpdateStakeHookCall, registrationHookCall, requestUpdateStakeHookCall,
    unregistrationHookCall,
};
use crate::abi::ledger::{OperatorBooked, StakeUpdateBooked};
use crate::rules::find;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, U256};
use bondstone_kernel::math::U48_MAX;
use bondstone_kernel::{Host, Message, Revert, require};

/// Source: `Core.registerOperatorToDSS`.
pub(super) fn register(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &registerOperatorToDSSCall,
) -> Result<(), Revert> {
    let (operator, dss) = (message.sender, call.dss);
    require!(!max_slashable(host, dss).is_zero(), DSSNotRegistered {});
    let ids = (find(host, operator), find(host, dss));
    let services = &host.state().core.services;
    require!(!services.contains(ids.0, ids.1), OperatorAlreadyRegisteredToDSS {});
    require!(services.len(ids.0) < MAX_SERVICES, MaxDSSCapacityReached {});
    host.emit(message.this, OperatorBooked { operator, dss, registered: true }.into())?;
    let extra_data = call.registrationHookData.clone();
    let hook = registrationHookCall { operator, extraData: extra_data };
    hook::call(host, message.this, dss, &hook, Failure::Reverts)?;
    host.emit(message.this, RegisteredOperatorToDSS { operator, dss }.into())
}

/// Source: `Core.unregisterOperatorFromDSS`.
pub(super) fn unregister(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    dss: Address,
) -> Result<(), Revert> {
    let operator = message.sender;
    check_registered(host, operator, dss)?;
    let ids = (find(host, operator), find(host, dss));
    let staked = host.state().core.staked_count(ids.0, ids.1);
    require!(staked == 0, AllVaultsNotUnstakedFromDSS {});
    host.emit(message.this, OperatorBooked { operator, dss, registered: false }.into())?;
    let hook = unregistrationHookCall { operator };
    hook::call(host, message.this, dss, &hook, Failure::Ignored)?;
    host.emit(message.this, UnregisteredOperatorToDSS { operator, dss }.into())
}

/// Queues that a vault is staked to a service or taken back. One update per vault may wait, over
/// all services. Source: `Core.requestUpdateVaultStakeInDSS`.
pub(super) fn request_update(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    request: StakeUpdateRequest,
) -> Result<QueuedStakeUpdate, Revert> {
    let operator = message.sender;
    let dss = request.dss;
    check_registered(host, operator, dss)?;
    let ids = (find(host, operator), find(host, dss), find(host, request.vault));
    let core = &host.state().core;
    require!(core.pending_update(ids.0, ids.2).is_zero(), PendingStakeUpdateRequest {});
    require!(core.vaults.contains(ids.0, ids.2), VaultNotAChildVault {});
    let is_staked = core.is_staked(ids.0, ids.1, ids.2);
    let to_stake = request.toStake;
    require!(!(to_stake && is_staked), VaultAlreadyStakedInDSS {});
    require!(to_stake || is_staked, VaultNotStakedInDSS {});
    let queued = QueuedStakeUpdate {
        nonce: U48::from(config(host).nonce & U48_MAX),
        startTimestamp: U48::from(host.block().timestamp & U48_MAX),
        operator,
        updateRequest: request.clone(),
    };
    let booked = StakeUpdateBooked { update: queued.clone(), requested: true };
    host.emit(message.this, booked.into())?;
    let hook = requestUpdateStakeHookCall { operator, newStake: request };
    let failure = if to_stake { Failure::Reverts } else { Failure::Ignored };
    hook::call(host, message.this, dss, &hook, failure)?;
    host.emit(message.this, RequestedStakeUpdate { updatedStake: queued.clone() }.into())?;
    Ok(queued)
}

/// Carries out an update that has waited long enough. Anyone may call, and the hook is told who
/// called in the place of the operator. Source: `Operator.validateAndUpdateVaultStakeInDSS`.
pub(super) fn finalize_update(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    queued: QueuedStakeUpdate,
) -> Result<(), Revert> {
    let (operator, dss) = (queued.operator, queued.updateRequest.dss);
    check_registered(host, operator, dss)?;
    let ready = U256::from(queued.startTimestamp).saturating_add(U256::from(STAKE_UPDATE_DELAY));
    let now = U256::from(host.block().timestamp);
    require!(ready <= now, OperatorStakeUpdateDelayNotPassed {});
    let ids = (find(host, operator), find(host, queued.updateRequest.vault));
    let waiting = host.state().core.pending_update(ids.0, ids.1);
    require!(waiting == update_hash(&queued), InvalidQueuedStakeUpdateInput {});
    let booked = StakeUpdateBooked { update: queued.clone(), requested: false };
    host.emit(message.this, booked.into())?;
    let hook =
        finishUpdateStakeHookCall { operator: message.sender, queuedStakeUpdate: queued.clone() };
    hook::call(host, message.this, dss, &hook, Failure::Ignored)?;
    host.emit(message.this, FinishedStakeUpdate { updatedStake: queued }.into())
}
