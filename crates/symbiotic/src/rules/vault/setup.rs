//! How a vault comes to life and what its roles may change.

use super::{
    DEPOSIT_LIMIT_SET_ROLE, DEPOSIT_WHITELIST_SET_ROLE, DEPOSITOR_WHITELIST_ROLE,
    IS_DEPOSIT_LIMIT_SET_ROLE,
};
use crate::Symbiotic;
use crate::abi::ledger::VaultCreated;
use crate::abi::registry::Initialized;
use crate::abi::vault::Vault::{
    AlreadySet, DelegatorAlreadyInitialized, InvalidAccount, InvalidCollateral, InvalidDelegator,
    InvalidEpochDuration, InvalidSlasher, MissingRoles, NotDelegator, NotSlasher, SetDelegator,
    SetDepositLimit, SetDepositWhitelist, SetDepositorWhitelistStatus, SetIsDepositLimit,
    SetSlasher, SlasherAlreadyInitialized, VaultCalls,
};
use crate::abi::vault::{VaultInitParams, VaultTokenizedInitParams};
use crate::rules::{decode, now, owners, roles};
use crate::state::vault::VaultConfig;
use crate::state::{Contract, Kind};
use alloy_primitives::{Address, Bytes};
use bondstone_kernel::access::{self, DEFAULT_ADMIN_ROLE};
use bondstone_kernel::host::guarded;
use bondstone_kernel::{Host, Id, Message, Revert, ownable, require};

/// Version whose data carries a name and a symbol.
const TOKENIZED: u64 = 2;

/// `MigratableEntity.initialize` of a new vault at `message.this`, called by the factory.
///
/// # Errors
/// A revert without data for malformed data; `InvalidCollateral`, `InvalidEpochDuration`,
/// `MissingRoles`.
pub fn initialize(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    version: u64,
    owner: Address,
    data: &Bytes,
) -> Result<(), Revert> {
    let (params, name, symbol) = if version == TOKENIZED {
        let params: VaultTokenizedInitParams = decode(data)?;
        (params.baseParams, params.name, params.symbol)
    } else {
        (decode::<VaultInitParams>(data)?, String::new(), String::new())
    };
    check(&params)?;
    now(host)?;
    let event = VaultCreated {
        version,
        collateral: params.collateral,
        burner: params.burner,
        epochDuration: params.epochDuration,
        depositWhitelist: params.depositWhitelist,
        isDepositLimit: params.isDepositLimit,
        depositLimit: params.depositLimit,
        name,
        symbol,
    };
    host.emit(message.this, event.into())?;
    if !owner.is_zero() {
        ownable::transfer(host, owners, message.this, owner)?;
    }
    let holders = [
        (DEFAULT_ADMIN_ROLE, params.defaultAdminRoleHolder),
        (DEPOSIT_WHITELIST_SET_ROLE, params.depositWhitelistSetRoleHolder),
        (DEPOSITOR_WHITELIST_ROLE, params.depositorWhitelistRoleHolder),
        (IS_DEPOSIT_LIMIT_SET_ROLE, params.isDepositLimitSetRoleHolder),
        (DEPOSIT_LIMIT_SET_ROLE, params.depositLimitSetRoleHolder),
    ];
    for (role, holder) in holders {
        if !holder.is_zero() {
            access::grant(host, roles, message, role, holder)?;
        }
    }
    host.emit(message.this, Initialized { version }.into())
}

fn check(params: &VaultInitParams) -> Result<(), Revert> {
    require!(!params.collateral.is_zero(), InvalidCollateral {});
    require!(!params.epochDuration.is_zero(), InvalidEpochDuration {});
    if !params.defaultAdminRoleHolder.is_zero() {
        return Ok(());
    }
    if params.depositWhitelistSetRoleHolder.is_zero() {
        // Nobody can flip the switch: a closed vault needs somebody to list depositors, an open
        // one has no use for that role.
        let lister = !params.depositorWhitelistRoleHolder.is_zero();
        require!(params.depositWhitelist == lister, MissingRoles {});
    }
    if params.isDepositLimitSetRoleHolder.is_zero() {
        let limited = !params.depositLimit.is_zero() || !params.depositLimitSetRoleHolder.is_zero();
        require!(params.isDepositLimit == limited, MissingRoles {});
    }
    Ok(())
}

/// `Vault.setDelegator`: links the delegator once; anybody may call.
///
/// # Errors
/// `DelegatorAlreadyInitialized`, `NotDelegator`, `InvalidDelegator`.
pub fn set_delegator(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    delegator: Address,
) -> Result<(), Revert> {
    guarded(host, message.this, |host| {
        let initialized = config(host, message.this).is_some_and(|c| c.is_delegator_initialized);
        require!(!initialized, DelegatorAlreadyInitialized {});
        let account = host.accounts().find(&delegator);
        let known = host.state().registry.is_entity(Kind::DelegatorFactory, account);
        require!(known, NotDelegator {});
        let of = match host.state().contracts.get(account) {
            Contract::Delegator(id) => host.state().delegator.config.get(*id).vault,
            _ => Address::ZERO,
        };
        require!(of == message.this, InvalidDelegator {});
        host.emit(message.this, SetDelegator { delegator }.into())
    })
}

/// `Vault.setSlasher`: links the slasher once, or none for ever; anybody may call.
///
/// # Errors
/// `SlasherAlreadyInitialized`, `NotSlasher`, `InvalidSlasher`.
pub fn set_slasher(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slasher: Address,
) -> Result<(), Revert> {
    guarded(host, message.this, |host| {
        let initialized = config(host, message.this).is_some_and(|c| c.is_slasher_initialized);
        require!(!initialized, SlasherAlreadyInitialized {});
        if !slasher.is_zero() {
            let account = host.accounts().find(&slasher);
            let known = host.state().registry.is_entity(Kind::SlasherFactory, account);
            require!(known, NotSlasher {});
            let of = match host.state().contracts.get(account) {
                Contract::Slasher(id) => host.state().slasher.config.get(*id).vault,
                _ => Address::ZERO,
            };
            require!(of == message.this, InvalidSlasher {});
        }
        host.emit(message.this, SetSlasher { slasher }.into())
    })
}

fn config(host: &dyn Host<Symbiotic>, vault: Address) -> Option<&VaultConfig> {
    match host.state().contract(host.accounts(), vault) {
        Contract::Vault(id) => Some(host.state().vault.config.get(id)),
        _ => None,
    }
}

/// The four settings that a role may change.
pub(super) fn setting(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &VaultCalls,
) -> Result<(), Revert> {
    let only = |host: &dyn Host<Symbiotic>, role| {
        access::check_role(host, roles, message.this, role, message.sender)
    };
    let this = message.this;
    match call {
        VaultCalls::setDepositWhitelist(c) => {
            only(host, DEPOSIT_WHITELIST_SET_ROLE)?;
            let set = host.state().vault.config.get(id).deposit_whitelist;
            require!(set != c.status, AlreadySet {});
            host.emit(this, SetDepositWhitelist { status: c.status }.into())
        }
        VaultCalls::setDepositorWhitelistStatus(c) => {
            only(host, DEPOSITOR_WHITELIST_ROLE)?;
            require!(!c.account.is_zero(), InvalidAccount {});
            let vaults = &host.state().vault;
            let key = vaults.depositors.find(&(id, host.accounts().find(&c.account)));
            let set = *vaults.is_depositor_whitelisted.get(key);
            require!(set != c.status, AlreadySet {});
            let event = SetDepositorWhitelistStatus { account: c.account, status: c.status };
            host.emit(this, event.into())
        }
        VaultCalls::setIsDepositLimit(c) => {
            only(host, IS_DEPOSIT_LIMIT_SET_ROLE)?;
            let set = host.state().vault.config.get(id).is_deposit_limit;
            require!(set != c.status, AlreadySet {});
            host.emit(this, SetIsDepositLimit { status: c.status }.into())
        }
        VaultCalls::setDepositLimit(c) => {
            only(host, DEPOSIT_LIMIT_SET_ROLE)?;
            let set = host.state().vault.config.get(id).deposit_limit;
            require!(set != c.limit, AlreadySet {});
            host.emit(this, SetDepositLimit { limit: c.limit }.into())
        }
        _ => Err(Revert::empty()),
    }
}
