//! Vault, delegator and slasher factory.

use super::{delegator, owners, registry, slasher, vault};
use crate::abi::registry::{
    AddEntity, AdminChanged, Blacklist, Entity, Factory, Initialized, MigratableEntity,
    MigratablesFactory, Migrate, Registry, Upgraded, Whitelist,
};
use crate::state::{Contract, Kind};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::{
    call_checked, call_interface, direct, guarded, returns_nothing, word,
};
use bondstone_kernel::revert::library::FailedInnerCall;
use bondstone_kernel::{Call, Creation, Host, Id, Message, NONE, Revert, ownable, require};

/// Answers a call to one of the three factories.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = registry::dispatch_entities(host, kind, message) {
        return answer;
    }
    if let Some(answer) = ownable::dispatch(host, owners, message) {
        return answer;
    }
    match kind {
        Kind::VaultFactory => vault_factory(host, message),
        _ => typed_factory(host, kind, message),
    }
}

fn vault_factory(host: &mut dyn Host<Symbiotic>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    use MigratablesFactory::MigratablesFactoryCalls as Calls;
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::lastVersion(_) => return Ok(last_version(host).abi_encode()),
        Calls::implementation(c) => return Ok(vault_implementation(host, c.version)?.abi_encode()),
        Calls::blacklisted(c) => {
            let registry = &host.state().registry;
            return Ok(registry.is_blacklisted(Kind::VaultFactory, c.version).abi_encode());
        }
        Calls::create(c) => {
            let vault = create_vault(host, message.this, c.version, c.owner, &c.data)?;
            return Ok(vault.abi_encode());
        }
        Calls::whitelist(c) => whitelist_vault(host, message, c.implementation)?,
        Calls::blacklist(c) => blacklist_version(host, message, c.version)?,
        Calls::migrate(c) => migrate(host, message, c.entity, c.newVersion, &c.data)?,
    }
    Ok(Vec::new())
}

fn typed_factory(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use Factory::FactoryCalls as Calls;
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::totalTypes(_) => return Ok(total_types(host, kind).abi_encode()),
        Calls::implementation(c) => return Ok(implementation(host, kind, c.type_)?.abi_encode()),
        Calls::blacklisted(c) => {
            return Ok(host.state().registry.is_blacklisted(kind, c.type_).abi_encode());
        }
        Calls::create(c) => {
            let entity = create_clone(host, kind, message.this, c.type_, &c.data)?;
            return Ok(entity.abi_encode());
        }
        Calls::whitelist(c) => whitelist_type(host, kind, message, c.implementation)?,
        Calls::blacklist(c) => blacklist_type(host, kind, message, c.type_)?,
    }
    Ok(Vec::new())
}

/// Number of whitelisted implementations. Source: `MigratablesFactory.lastVersion`,
/// `Factory.totalTypes`.
fn implementations(host: &SymbioticHost<'_>, kind: Kind) -> u64 {
    host.state().registry.implementations(kind).map_or(0, |list| u64::from(list.len()))
}

fn last_version(host: &SymbioticHost<'_>) -> u64 {
    implementations(host, Kind::VaultFactory)
}

fn total_types(host: &SymbioticHost<'_>, kind: Kind) -> u64 {
    implementations(host, kind)
}

/// `MigratablesFactory.checkVersion`: versions count from one.
fn check_version(host: &SymbioticHost<'_>, version: u64) -> Result<(), Revert> {
    let is_known = version != 0 && version <= last_version(host);
    require!(is_known, MigratablesFactory::InvalidVersion {});
    Ok(())
}

/// Source: `MigratablesFactory.implementation`.
fn vault_implementation(host: &SymbioticHost<'_>, version: u64) -> Result<Address, Revert> {
    check_version(host, version)?;
    implementation(host, Kind::VaultFactory, version.saturating_sub(1))
}

/// The whitelisted implementation at a position. Source: `Factory.implementation`.
fn implementation(host: &SymbioticHost<'_>, kind: Kind, at: u64) -> Result<Address, Revert> {
    Id::try_from(at)
        .ok()
        .and_then(|at| host.state().registry.implementations(kind)?.key(at))
        .and_then(|account| host.accounts().key(account))
        .ok_or_else(Revert::out_of_bounds)
}

/// Whether the factory has whitelisted the implementation.
fn is_whitelisted(host: &SymbioticHost<'_>, kind: Kind, implementation: Address) -> bool {
    let account = host.accounts().find(&implementation);
    let list = host.state().registry.implementations(kind);
    list.is_some_and(|list| list.find(&account) != NONE)
}

/// Whether the implementation is one of ours, whose code runs natively behind any address.
fn is_native(host: &SymbioticHost<'_>, implementation: Address) -> bool {
    matches!(host.state().contract(host.accounts(), implementation), Contract::Singleton(_))
}

/// Foreign code cannot run behind the address of a new entity, only at its own.
fn check_native(host: &SymbioticHost<'_>, implementation: Address) -> Result<(), Revert> {
    let refusal = "bondstone: an entity of a foreign implementation cannot be created";
    if is_native(host, implementation) { Ok(()) } else { Err(Revert::reason(refusal)) }
}

/// Source: `MigratablesFactory.whitelist`.
fn whitelist_vault(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    implementation: Address,
) -> Result<(), Revert> {
    use MigratablesFactory::{AlreadyWhitelisted, InvalidImplementation};
    ownable::check_owner(host, owners, message)?;
    let factory = ask_factory(host, message.this, implementation)?;
    require!(factory == message.this, InvalidImplementation {});
    let is_known = is_whitelisted(host, Kind::VaultFactory, implementation);
    require!(!is_known, AlreadyWhitelisted {});
    host.emit(message.this, Whitelist { implementation }.into())
}

/// Source: `Factory.whitelist`.
fn whitelist_type(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
    implementation: Address,
) -> Result<(), Revert> {
    use Factory::{AlreadyWhitelisted, InvalidImplementation};
    ownable::check_owner(host, owners, message)?;
    let factory = ask_factory(host, message.this, implementation)?;
    require!(factory == message.this, InvalidImplementation {});
    let type_ = ask_type(host, message.this, implementation)?;
    require!(type_ == total_types(host, kind), InvalidImplementation {});
    require!(!is_whitelisted(host, kind, implementation), AlreadyWhitelisted {});
    host.emit(message.this, Whitelist { implementation }.into())
}

/// `implementation.FACTORY()`.
fn ask_factory(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    implementation: Address,
) -> Result<Address, Revert> {
    let call = Call::view(this, implementation, &Entity::FACTORYCall::SELECTOR);
    let answer = word(&call_interface(host, call)?, 0)?;
    require_width(answer, 160)?;
    Ok(Address::from_word(B256::from(answer)))
}

/// `implementation.TYPE()`.
fn ask_type(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    implementation: Address,
) -> Result<u64, Revert> {
    let call = Call::view(this, implementation, &Entity::TYPECall::SELECTOR);
    let answer = word(&call_interface(host, call)?, 0)?;
    u64::try_from(answer).map_err(|_| Revert::empty())
}

/// The caller's ABI decoder refuses returned words with bits beyond their type.
fn require_width(answer: U256, bits: usize) -> Result<(), Revert> {
    if answer.bit_len() > bits { Err(Revert::empty()) } else { Ok(()) }
}

/// Source: `MigratablesFactory.blacklist`.
fn blacklist_version(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    version: u64,
) -> Result<(), Revert> {
    ownable::check_owner(host, owners, message)?;
    check_version(host, version)?;
    let is_listed = host.state().registry.is_blacklisted(Kind::VaultFactory, version);
    require!(!is_listed, MigratablesFactory::AlreadyBlacklisted {});
    host.emit(message.this, Blacklist { version }.into())
}

/// Source: `Factory.blacklist`.
fn blacklist_type(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
    type_: u64,
) -> Result<(), Revert> {
    ownable::check_owner(host, owners, message)?;
    require!(type_ < total_types(host, kind), Factory::InvalidType {});
    let is_listed = host.state().registry.is_blacklisted(kind, type_);
    require!(!is_listed, Factory::AlreadyBlacklisted {});
    host.emit(message.this, Blacklist { version: type_ }.into())
}

/// Creates a vault behind a proxy and returns its address. `factory` is the vault factory.
/// Source: `MigratablesFactory.create`, `MigratableEntityProxy`.
///
/// # Errors
/// `InvalidVersion()`; the vault's own errors, `FailedInnerCall()` for one without data.
pub fn create_vault(
    host: &mut dyn Host<Symbiotic>,
    factory: Address,
    version: u64,
    owner: Address,
    data: &Bytes,
) -> Result<Address, Revert> {
    let implementation = vault_implementation(host, version)?;
    check_native(host, implementation)?;
    let total = registry::total_entities(host, Kind::VaultFactory);
    let salt = keccak256((total, version, owner, data.clone()).abi_encode_params());
    let call =
        MigratableEntity::initializeCall { initialVersion: version, owner, data: data.clone() };
    let input: Bytes = call.abi_encode().into();
    let arguments = (implementation, input.clone()).abi_encode_params().into();
    let vault =
        host.create(Creation::Proxy { deployer: factory, salt, implementation, arguments })?;
    host.emit(vault, Upgraded { implementation }.into())?;
    let message = Message { sender: factory, this: vault, input: &input };
    direct(
        host,
        (factory, vault),
        || input.to_vec(),
        returns_nothing,
        |host| {
            vault::initialize(host, &message, version, owner, data).map_err(delegate_call_failure)
        },
    )?;
    let admin = AdminChanged { previousAdmin: Address::ZERO, newAdmin: factory };
    host.emit(vault, admin.into())?;
    host.emit(factory, AddEntity { entity: vault }.into())?;
    Ok(vault)
}

/// What OpenZeppelin 5.0.2 `Address.functionDelegateCall` makes of a revert.
fn delegate_call_failure(revert: Revert) -> Revert {
    if revert.data().is_empty() { FailedInnerCall {}.into() } else { revert }
}

/// Creates a delegator as a minimal clone and returns its address. `factory` is the delegator
/// factory. Source: `Factory.create`.
///
/// # Errors
/// `Panic(0x32)` for an unknown type; the delegator's own errors.
pub fn create_delegator(
    host: &mut dyn Host<Symbiotic>,
    factory: Address,
    type_: u64,
    data: &Bytes,
) -> Result<Address, Revert> {
    create_clone(host, Kind::DelegatorFactory, factory, type_, data)
}

/// Creates a slasher as a minimal clone and returns its address. `factory` is the slasher
/// factory. Source: `Factory.create`.
///
/// # Errors
/// `Panic(0x32)` for an unknown type; the slasher's own errors.
pub fn create_slasher(
    host: &mut dyn Host<Symbiotic>,
    factory: Address,
    type_: u64,
    data: &Bytes,
) -> Result<Address, Revert> {
    create_clone(host, Kind::SlasherFactory, factory, type_, data)
}

fn create_clone(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    factory: Address,
    type_: u64,
    data: &Bytes,
) -> Result<Address, Revert> {
    let implementation = implementation(host, kind, type_)?;
    check_native(host, implementation)?;
    let total = registry::total_entities(host, kind);
    let salt = keccak256((total, type_, data.clone()).abi_encode_params());
    let entity = host.create(Creation::Clone { deployer: factory, salt, implementation })?;
    host.emit(factory, AddEntity { entity }.into())?;
    let message = Message { sender: factory, this: entity, input: data };
    let call = || Entity::initializeCall { data: data.clone() }.abi_encode();
    direct(host, (factory, entity), call, returns_nothing, |host| match kind {
        Kind::DelegatorFactory => delegator::initialize(host, &message, type_, data),
        _ => slasher::initialize(host, &message, type_, data),
    })?;
    Ok(entity)
}

/// Moves a vault to a newer implementation. Source: `MigratablesFactory.migrate`,
/// `MigratableEntityProxy.upgradeToAndCall`, `MigratableEntity.migrate`.
fn migrate(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    entity: Address,
    new_version: u64,
    data: &Bytes,
) -> Result<(), Revert> {
    use MigratablesFactory::{NotOwner, OldVersion};
    let state = host.state();
    let account = host.accounts().find(&entity);
    let is_entity = state.registry.is_entity(Kind::VaultFactory, account);
    require!(is_entity, Registry::EntityNotExist {});
    require!(message.sender == state.owners.of(account), NotOwner {});
    let version = state.vault.config.get(state.vault.ids.find(&account)).version;
    require!(new_version > version, OldVersion {});
    let implementation = vault_implementation(host, new_version)?;
    if is_native(host, implementation) {
        // The migration step of every shipped implementation is a revert without data.
        return guarded(host, entity, |_| Err(FailedInnerCall {}.into()));
    }
    host.emit(entity, Upgraded { implementation }.into())?;
    let call = MigratableEntity::migrateCall { newVersion: new_version, data: data.clone() };
    call_checked(host, Call::new(message.this, implementation, &call.abi_encode()))?;
    host.emit(entity, Initialized { version: new_version }.into())?;
    host.emit(message.this, Migrate { entity, newVersion: new_version }.into())
}
