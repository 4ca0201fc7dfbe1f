//! The fold: how an event changes the state. Nothing else does.

pub mod authority;
pub mod core;
pub mod native;
pub mod service;
pub mod vault;

use crate::event::Event;
use crate::state::vault::{Code, VaultConfig};
use crate::state::{Contract, Kind, Name, PriceSource, State};
use alloy_primitives::{Address, keccak256};
use bondstone_kernel::{Fold, FoldError, Id};

/// Folds `event` of `emitter` into `state`.
///
/// # Errors
/// [`FoldError`] when the event does not fit the state or its emitter.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    match event {
        Event::KarakDeployed(e) => return deployed(state, fold, emitter, e.kind),
        Event::VaultCreated(e) => return core::vault_created(state, fold, emitter, e),
        Event::NodeCreated(e) => return native::node_created(state, fold, emitter, e),
        _ => {}
    }
    let account = fold.accounts.find(&emitter);
    let contract = *state.contracts.get(account);
    if contract == Contract::None {
        return Err(wrong_emitter(emitter, event));
    }
    if authority::apply(state, fold, account, emitter, event) {
        return Ok(());
    }
    let known = match contract {
        Contract::Core => core::apply(state, fold, event)?,
        Contract::Vault(id) => vault::apply(state, fold, id, emitter, event)?,
        Contract::Node(id) => native::apply_node(state, id, fold, event),
        Contract::BaseDss => service::apply(state, fold, account, event),
        _ => shared(state, fold, account, event),
    };
    if known { Ok(()) } else { Err(wrong_emitter(emitter, event)) }
}

/// The error for an event that its emitter does not emit.
#[must_use]
pub fn wrong_emitter(emitter: Address, event: &Event) -> FoldError {
    FoldError::WrongEmitter { emitter, event: event.name() }
}

/// Interns an address.
fn id(fold: &mut Fold<'_>, address: Address) -> Id {
    fold.accounts.intern(fold.mark, address)
}

/// A contract comes to live at `emitter`, where nothing lived.
fn register(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &'static str,
    contract: impl FnOnce(&mut State, &Fold<'_>, Id) -> Contract,
) -> Result<Id, FoldError> {
    let account = id(fold, emitter);
    if *state.contracts.get(account) != Contract::None {
        return Err(FoldError::WrongEmitter { emitter, event });
    }
    let contract = contract(state, fold, account);
    state.contracts.set(fold.mark, account, contract);
    Ok(account)
}

/// Registers a contract of the deployment. Implementations cannot be initialised.
fn deployed(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    kind: u8,
) -> Result<(), FoldError> {
    let event = "KarakDeployed";
    let kind = Kind::from_number(kind).ok_or(FoldError::Missing { what: "a kind of contract" })?;
    let implementation = |code| {
        move |state: &mut State, fold: &Fold<'_>, account| {
            let id = state.vault.ids.intern(fold.mark, account);
            state.vault.config.set(fold.mark, id, VaultConfig { code, ..VaultConfig::default() });
            state.authority.version.set(fold.mark, account, u64::MAX);
            Contract::Vault(id)
        }
    };
    let plain = |contract: Contract| move |_: &mut State, _: &Fold<'_>, _: Id| contract;
    match kind {
        Kind::VaultImplementation => {
            register(state, fold, emitter, event, implementation(Code::Standard))
        }
        Kind::NativeVaultImplementation => {
            register(state, fold, emitter, event, implementation(Code::Native))
        }
        Kind::NativeNodeImplementation => {
            register(state, fold, emitter, event, |state, fold, account| {
                state.authority.version.set(fold.mark, account, u64::MAX);
                Contract::Node(state.native.node_ids.intern(fold.mark, account))
            })
        }
        Kind::Core => register(state, fold, emitter, event, |state, fold, _| {
            state.core.config.update(fold.mark, crate::state::core::CORE, |c| c.address = emitter);
            Contract::Core
        }),
        Kind::SlashingHandler => {
            register(state, fold, emitter, event, plain(Contract::SlashingHandler))
        }
        Kind::Querier => register(state, fold, emitter, event, plain(Contract::Querier)),
        Kind::RestakingRegistry => {
            register(state, fold, emitter, event, plain(Contract::RestakingRegistry))
        }
        Kind::StakeViewer => register(state, fold, emitter, event, plain(Contract::StakeViewer)),
        Kind::BaseDss => register(state, fold, emitter, event, plain(Contract::BaseDss)),
        Kind::BeaconRoots => register(state, fold, emitter, event, plain(Contract::BeaconRoots)),
    }
    .map(drop)
}

/// Folds an event of a contract that keeps little. Returns whether it emits such an event.
fn shared(state: &mut State, fold: &mut Fold<'_>, account: Id, event: &Event) -> bool {
    let mark = fold.mark;
    match (*state.contracts.get(account), event) {
        (Contract::SlashingHandler, Event::SlashableTokenAdded(e)) => {
            let token = id(fold, e.token);
            let key = state.slashable_keys.intern(mark, (account, token));
            state.slashable.set(mark, key, true);
        }
        (Contract::StakeViewer, Event::OracleSet(e)) => {
            let token = id(fold, e.token);
            let key = state.oracle_keys.intern(mark, (account, token));
            let source = PriceSource {
                oracle_type: e.oracleType,
                max_staleness: e.maxStaleness,
                parameters: e.oracle.to_vec(),
            };
            state.oracles.set(mark, key, source);
        }
        (Contract::RestakingRegistry, Event::KnsUpdated(e)) => {
            let key = state.name_keys.intern(mark, (account, keccak256(&e.kns)));
            state.names.set(mark, key, Name { entity: e.entity, owner: e.owner });
        }
        (Contract::BeaconRoots, Event::BeaconRootSet(e)) => {
            let key = state.beacon_keys.intern(mark, e.timestamp);
            state.beacon_roots.set(mark, key, e.root);
        }
        _ => return false,
    }
    true
}
