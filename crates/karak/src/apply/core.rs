//! Folds the events of Core.

use super::{id, register};
use crate::abi::core::{QueuedSlashing, QueuedStakeUpdate};
use crate::abi::ledger::VaultCreated;
use crate::event::Event;
use crate::rules::core::{SLASHING_COOLDOWN, slashing_root, update_hash};
use crate::state::core::CORE;
use crate::state::{Contract, State};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Fold, FoldError, Id, MathError};

/// Registers a vault that Core made.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the address.
pub fn vault_created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &VaultCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let account = register(state, fold, emitter, "VaultCreated", |state, fold, account| {
        Contract::Vault(state.vault.ids.intern(fold.mark, account))
    })?;
    state.core.implementations.set(mark, account, event.implementation);
    state.core.config.update(mark, CORE, |c| c.vault_nonce = c.vault_nonce.saturating_add(1));
    Ok(())
}

/// Folds one event of Core. Returns whether Core emits such an event.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(state: &mut State, fold: &mut Fold<'_>, event: &Event) -> Result<bool, FoldError> {
    match event {
        Event::OperatorBooked(e) => {
            set_operator(state, fold, (e.operator, e.dss), e.registered);
            book(state, fold);
        }
        Event::StakeUpdateBooked(e) => {
            stake_update(state, fold, &e.update, e.requested);
            book(state, fold);
        }
        Event::SlashingBooked(e) => {
            slashing(state, fold, &e.slashing, e.requested)?;
            book(state, fold);
        }
        _ if operation(event) => {
            if !settle_booked(state, fold) {
                unbooked(state, fold, event)?;
            }
        }
        _ => return Ok(setting(state, fold, event)),
    }
    Ok(true)
}

/// Whether the event ends one of the operations that change the books before a hook.
fn operation(event: &Event) -> bool {
    matches!(
        event,
        Event::RegisteredOperatorToDSS(_)
            | Event::UnregisteredOperatorToDSS(_)
            | Event::RequestedStakeUpdate(_)
            | Event::FinishedStakeUpdate(_)
            | Event::RequestedSlashing(_)
            | Event::CancelledSlashing(_)
            | Event::FinalizedSlashing(_)
    )
}

/// The end of an operation whose beginning no internal event told: a mirror's case.
fn unbooked(state: &mut State, fold: &mut Fold<'_>, event: &Event) -> Result<(), FoldError> {
    match event {
        Event::RegisteredOperatorToDSS(e) => set_operator(state, fold, (e.operator, e.dss), true),
        Event::UnregisteredOperatorToDSS(e) => {
            set_operator(state, fold, (e.operator, e.dss), false);
        }
        Event::RequestedStakeUpdate(e) => stake_update(state, fold, &e.updatedStake, true),
        Event::FinishedStakeUpdate(e) => stake_update(state, fold, &e.updatedStake, false),
        Event::RequestedSlashing(e) => {
            // The log carries neither time nor number: the block has the one, the books the other.
            let request = &e.slashingRequest;
            let queued = QueuedSlashing {
                dss: e.dss,
                timestamp: U96::from(fold.block.timestamp),
                operator: request.operator,
                vaults: request.vaults.clone(),
                slashPercentagesWad: request.slashPercentagesWad.clone(),
                nonce: U256::from(state.core.config().nonce),
            };
            slashing(state, fold, &queued, true)?;
        }
        Event::CancelledSlashing(e) => slashing(state, fold, &e.slashingMetadata, false)?,
        Event::FinalizedSlashing(e) => slashing(state, fold, &e.slashingMetadata, false)?,
        _ => {}
    }
    Ok(())
}

fn book(state: &mut State, fold: &Fold<'_>) {
    state.core.booked.set(fold.mark, CORE, true);
}

/// Whether the books were changed when the operation began; forgets it.
fn settle_booked(state: &mut State, fold: &Fold<'_>) -> bool {
    let booked = *state.core.booked.get(CORE);
    if booked {
        state.core.booked.set(fold.mark, CORE, false);
    }
    booked
}

fn set_operator(
    state: &mut State,
    fold: &mut Fold<'_>,
    (operator, dss): (Address, Address),
    registered: bool,
) {
    let (operator, dss) = (id(fold, operator), id(fold, dss));
    if registered {
        state.core.services.insert(fold.mark, operator, dss);
    } else {
        state.core.services.remove(fold.mark, operator, dss);
    }
}

fn next_nonce(state: &mut State, fold: &Fold<'_>) {
    state.core.config.update(fold.mark, CORE, |c| c.nonce = c.nonce.saturating_add(1));
}

/// A stake update is requested or finished.
fn stake_update(
    state: &mut State,
    fold: &mut Fold<'_>,
    update: &QueuedStakeUpdate,
    requested: bool,
) {
    let mark = fold.mark;
    let request = &update.updateRequest;
    let (operator, vault) = (id(fold, update.operator), id(fold, request.vault));
    let key = state.core.update_keys.intern(mark, (operator, vault));
    if requested {
        state.core.pending_updates.set(mark, key, update_hash(update));
        next_nonce(state, fold);
        return;
    }
    state.core.pending_updates.set(mark, key, B256::ZERO);
    let dss = id(fold, request.dss);
    let pair = state.core.pair_keys.intern(mark, (operator, dss));
    if request.toStake {
        state.core.staked.insert(mark, pair, vault);
    } else {
        state.core.staked.remove(mark, pair, vault);
    }
}

/// A slashing is requested, or it leaves the queue.
fn slashing(
    state: &mut State,
    fold: &mut Fold<'_>,
    queued: &QueuedSlashing,
    requested: bool,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let root = state.core.slashing_keys.intern(mark, slashing_root(queued));
    state.core.slashings.set(mark, root, requested);
    for vault in &queued.vaults {
        let vault = id(fold, *vault);
        let count = *state.core.pending_slashings.get(vault);
        let count = if requested { count.checked_add(1) } else { count.checked_sub(1) };
        let count = count.ok_or(FoldError::Math(MathError::Overflow))?;
        state.core.pending_slashings.set(mark, vault, count);
    }
    if !requested {
        return Ok(());
    }
    next_nonce(state, fold);
    let (operator, dss) = (id(fold, queued.operator), id(fold, queued.dss));
    let pair = state.core.pair_keys.intern(mark, (operator, dss));
    let next = U256::from(queued.timestamp).saturating_add(U256::from(SLASHING_COOLDOWN));
    state.core.next_slashable.set(mark, pair, next);
    Ok(())
}

/// Everything else that Core logs.
fn setting(state: &mut State, fold: &mut Fold<'_>, event: &Event) -> bool {
    let mark = fold.mark;
    let core = &mut state.core;
    match event {
        Event::InitializeCore(e) => core.config.update(mark, CORE, |config| {
            config.vault_implementation = e.vaultImpl;
            config.veto_committee = e.vetoCommittee;
            config.hook_call_gas_limit = e.hookCallGasLimit;
            config.supports_interface_gas_limit = e.supportsInterfaceGasLimit;
            config.hook_gas_buffer = e.hookGasBuffer;
        }),
        Event::GasValuesUpdated(e) => core.config.update(mark, CORE, |config| {
            config.hook_call_gas_limit = e.hookCallGasLimit;
            config.supports_interface_gas_limit = e.supportsInterfaceGasLimit;
            config.hook_gas_buffer = e.hookGasBuffer;
        }),
        Event::UpgradedAllVaults(e) => {
            core.config.update(mark, CORE, |config| config.vault_implementation = e.implementation);
        }
        Event::UpgradedVault(e) => {
            let vault = id(fold, e.vault);
            core.implementations.set(mark, vault, e.implementation);
        }
        Event::AllowlistedVaultImpl(e) => {
            let implementation = id(fold, e.vaultImpl);
            core.known_implementations.intern(mark, implementation);
            core.allowlisted.set(mark, implementation, true);
        }
        Event::AllowlistedAssets(e) => {
            for (asset, handler) in e.assets.iter().zip(&e.slashingHandlers) {
                let asset = id(fold, *asset);
                core.known_assets.intern(mark, asset);
                core.handlers.set(mark, asset, *handler);
            }
        }
        Event::DSSRegistered(e) => {
            let dss = id(fold, e.dss);
            core.known_services.intern(mark, dss);
            core.max_slashable_wad.set(mark, dss, e.maxSlashablePercentageWad);
        }
        Event::DeployedVault(e) => deployed_vault(state, fold, (e.operator, e.vault, e.asset)),
        // `VaultCreated` has told it already.
        Event::NewVault(_)
        | Event::InterfaceNotSupported(_)
        | Event::HookCallSucceeded(_)
        | Event::HookCallFailed(_)
        | Event::SkippedSlashing(_) => {}
        _ => return false,
    }
    true
}

/// A vault belongs to an operator now. A mirror learns here what the vault holds.
fn deployed_vault(
    state: &mut State,
    fold: &mut Fold<'_>,
    (operator, vault, asset): (Address, Address, Address),
) {
    let mark = fold.mark;
    let account: Id = id(fold, vault);
    let operator_id = id(fold, operator);
    state.core.vaults.insert(mark, operator_id, account);
    let Contract::Vault(vault) = *state.contracts.get(account) else { return };
    if state.vault.config.get(vault).operator.is_zero() {
        state.vault.config.update(mark, vault, |config| {
            (config.operator, config.asset) = (operator, asset);
        });
    }
}
