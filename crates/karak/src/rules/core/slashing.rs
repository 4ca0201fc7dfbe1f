//! Core as a slashing court. Source: `SlasherLib`.

use super::super::solady::{VETO_COMMITTEE, check_role};
use super::hook::{self, Failure};
use super::{
    HUNDRED_PERCENT, MAX_VAULTS, VETO_WINDOW, check_registered, config, max_slashable,
    slashing_root,
};
use crate::abi::core::Core::{
    CancelledSlashing, DuplicateSlashingVaults, EmptyArray, FinalizedSlashing,
    InvalidSlashingCount, InvalidSlashingParams, LengthsDontMatch, MaxSlashPercentageWadBreached,
    MaxSlashableVaultsPerRequestBreached, MinSlashingDelayNotPassed, RequestedSlashing,
    SkippedSlashing, SlashingCooldownNotPassed, VaultNotStakedToDSS, ZeroSlashPercentageWad,
};
use crate::abi::core::{QueuedSlashing, SlashRequest};
use crate::abi::dss::Hooks::{
    cancelSlashingHookCall, finishSlashingHookCall, requestSlashingHookCall,
};
use crate::abi::ledger::SlashingBooked;
use crate::abi::vault::Vault::{assetCall, slashAssetsCall, totalAssetsCall};
use crate::rules::{ask, find};
use crate::{Karak, KarakHost};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Host, Message, Revert, math, require};
use std::collections::BTreeSet;

/// Queues a slashing of some of an operator's vaults. The caller is the service.
/// Source: `Core.requestSlashing`, `SlasherLib.requestSlashing`.
pub(super) fn request(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    request: SlashRequest,
) -> Result<QueuedSlashing, Revert> {
    let dss = message.sender;
    check_registered(host, request.operator, dss)?;
    check_request(host, dss, &request)?;
    let queued = QueuedSlashing {
        dss,
        timestamp: U96::from(host.block().timestamp),
        operator: request.operator,
        vaults: request.vaults.clone(),
        slashPercentagesWad: request.slashPercentagesWad.clone(),
        nonce: U256::from(config(host).nonce),
    };
    let booked = SlashingBooked { slashing: queued.clone(), requested: true };
    host.emit(message.this, booked.into())?;
    let percentages = request.slashPercentagesWad.iter().map(|wad| U256::from(*wad));
    let hook = requestSlashingHookCall {
        operator: request.operator,
        slashPercentagesWad: percentages.collect(),
    };
    hook::call(host, message.this, dss, &hook, Failure::Ignored)?;
    host.emit(message.this, RequestedSlashing { dss, slashingRequest: request }.into())?;
    Ok(queued)
}

/// Source: `SlasherLib.validateRequestSlashingParams`.
fn check_request(host: &KarakHost<'_>, dss: Address, request: &SlashRequest) -> Result<(), Revert> {
    let (operator, service) = (find(host, request.operator), find(host, dss));
    let core = &host.state().core;
    let now = U256::from(host.block().timestamp);
    require!(now >= core.next_slashable(operator, service), SlashingCooldownNotPassed {});
    let (vaults, percentages) = (&request.vaults, &request.slashPercentagesWad);
    require!(vaults.len() == percentages.len(), LengthsDontMatch {});
    require!(vaults.len() <= MAX_VAULTS, MaxSlashableVaultsPerRequestBreached {});
    require!(!vaults.is_empty(), EmptyArray {});
    let mut seen = BTreeSet::new();
    require!(vaults.iter().all(|vault| seen.insert(vault)), DuplicateSlashingVaults {});
    let most = max_slashable(host, dss);
    for (vault, wad) in vaults.iter().zip(percentages) {
        let is_staked = core.is_staked(operator, service, find(host, *vault));
        require!(is_staked, VaultNotStakedToDSS {});
        require!(!wad.is_zero(), ZeroSlashPercentageWad {});
        require!(U256::from(*wad) <= most, MaxSlashPercentageWadBreached {});
    }
    Ok(())
}

fn check_queued(host: &KarakHost<'_>, queued: &QueuedSlashing) -> Result<(), Revert> {
    require!(host.state().core.is_queued(slashing_root(queued)), InvalidSlashingParams {});
    Ok(())
}

/// Takes a slashing off the queue: its vaults count it no longer.
fn dequeue(
    host: &mut dyn Host<Karak>,
    core: Address,
    queued: &QueuedSlashing,
) -> Result<(), Revert> {
    let pending = &host.state().core.pending_slashings;
    let counted = |vault: &Address| *pending.get(find(host, *vault)) > 0;
    require!(queued.vaults.iter().all(counted), InvalidSlashingCount {});
    host.emit(core, SlashingBooked { slashing: queued.clone(), requested: false }.into())
}

/// Vetoes a slashing, however long it has waited. Source: `Core.cancelSlashing`.
pub(super) fn cancel(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    queued: QueuedSlashing,
) -> Result<(), Revert> {
    check_role(host, message, VETO_COMMITTEE)?;
    check_queued(host, &queued)?;
    dequeue(host, message.this, &queued)?;
    let hook = cancelSlashingHookCall { operator: queued.operator };
    hook::call(host, message.this, queued.dss, &hook, Failure::Ignored)?;
    let event = CancelledSlashing { canceller: message.sender, slashingMetadata: queued };
    host.emit(message.this, event.into())
}

/// Carries out a slashing after the veto window. One vault that cannot be slashed holds up all of
/// them. Source: `SlasherLib.finalizeSlashing`.
pub(super) fn finalize(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    queued: QueuedSlashing,
) -> Result<(), Revert> {
    let core = message.this;
    check_registered(host, queued.operator, queued.dss)?;
    check_queued(host, &queued)?;
    let ready = U256::from(queued.timestamp).saturating_add(U256::from(VETO_WINDOW));
    let now = U256::from(host.block().timestamp);
    require!(ready <= now, MinSlashingDelayNotPassed {});
    dequeue(host, core, &queued)?;
    let (operator, dss) = (find(host, queued.operator), find(host, queued.dss));
    for (vault, wad) in queued.vaults.iter().zip(&queued.slashPercentagesWad) {
        if host.state().core.is_staked(operator, dss, find(host, *vault)) {
            slash(host, core, *vault, U256::from(*wad))?;
        } else {
            host.emit(core, SkippedSlashing { vault: *vault }.into())?;
        }
    }
    let hook = finishSlashingHookCall { operator: queued.operator };
    hook::call(host, core, queued.dss, &hook, Failure::Ignored)?;
    let event = FinalizedSlashing { finisher: message.sender, slashingMetadata: queued };
    host.emit(core, event.into())
}

/// Slashes a part of what the vault holds now, rounded down, through the handler that is set now.
fn slash(
    host: &mut dyn Host<Karak>,
    core: Address,
    vault: Address,
    wad: U256,
) -> Result<(), Revert> {
    let held = ask(host, core, vault, &totalAssetsCall {})?;
    let amount = math::mul_div_floor(wad, held, HUNDRED_PERCENT)?;
    let asset = ask(host, core, vault, &assetCall {})?;
    let handler = *host.state().core.handlers.get(find(host, asset));
    let call = slashAssetsCall { totalAssetsToSlash: amount, slashingHandler: handler };
    let output = call_interface(host, Call::new(core, vault, &call.abi_encode()))?;
    slashAssetsCall::abi_decode_returns_validate(&output).map_err(|_| Revert::empty())?;
    Ok(())
}
