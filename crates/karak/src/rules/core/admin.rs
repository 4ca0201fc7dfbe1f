//! What owner and manager may set. Source: `Core`, `CoreLib`.

use super::super::solady::{MANAGER, VETO_COMMITTEE, grant_roles, initialize_owner};
use super::STANDARD;
use crate::Karak;
use crate::abi::core::Core::{
    AllowlistedAssets, AllowlistedVaultImpl, CoreCalls, GasValuesUpdated, InitializeCore,
    LengthsDontMatch, ReservedAddress, UpgradedAllVaults, UpgradedVault, VaultImplNotAllowlisted,
    VaultNotAChildVault, allowlistAssetsCall, initializeCall,
};
use crate::abi::solady::Pauser;
use crate::abi::solady::Shared::ZeroAddress;
use crate::rules::{find, initializer};
use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Host, Message, Revert, require};

/// Source: `Core.initialize`, `CoreLib.init`.
pub(super) fn initialize(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: &initializeCall,
) -> Result<(), Revert> {
    let (this, owner) = (message.this, message.sender);
    initializer(host, this, |host| {
        initialize_owner(host, this, owner)?;
        grant_roles(host, this, call.manager, MANAGER)?;
        grant_roles(host, this, call.vetoCommittee, VETO_COMMITTEE)?;
        let is_complete = !call.vaultImpl.is_zero() && !call.vetoCommittee.is_zero();
        require!(is_complete, ZeroAddress {});
        let event = InitializeCore {
            owner,
            vaultImpl: call.vaultImpl,
            manager: call.manager,
            vetoCommittee: call.vetoCommittee,
            hookCallGasLimit: call.hookCallGasLimit,
            supportsInterfaceGasLimit: call.supportsInterfaceGasLimit,
            hookGasBuffer: call.hookGasBuffer,
        };
        host.emit(this, event.into())
    })
}

/// What the manager may do, after the check of the role.
pub(super) fn manage(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: CoreCalls,
) -> Result<(), Revert> {
    match call {
        CoreCalls::allowlistAssets(c) => allowlist_assets(host, message, c),
        CoreCalls::setGasValues(c) => {
            let event = GasValuesUpdated {
                hookCallGasLimit: c.hookCallGasLimit,
                supportsInterfaceGasLimit: c.supportsInterfaceGasLimit,
                hookGasBuffer: c.hookGasBuffer,
            };
            host.emit(message.this, event.into())
        }
        CoreCalls::pauseVault(c) => tell(host, message, c.vault, &Pauser::pauseCall { map: c.map }),
        CoreCalls::unpauseVault(c) => {
            tell(host, message, c.vault, &Pauser::unpauseCall { map: c.map })
        }
        _ => Err(Revert::empty()),
    }
}

fn tell(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    vault: Address,
    call: &impl SolCall,
) -> Result<(), Revert> {
    call_interface(host, Call::new(message.this, vault, &call.abi_encode())).map(drop)
}

/// Puts assets on the list, each with its slashing handler. There is no way off it.
/// Source: `CoreLib.allowlistAssets`.
fn allowlist_assets(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: allowlistAssetsCall,
) -> Result<(), Revert> {
    let allowlistAssetsCall { assets, slashingHandlers } = call;
    require!(assets.len() == slashingHandlers.len(), LengthsDontMatch {});
    let zero = assets.iter().chain(&slashingHandlers).any(|address| address.is_zero());
    require!(!zero, ZeroAddress {});
    host.emit(message.this, AllowlistedAssets { assets, slashingHandlers }.into())
}

/// What the owner may do, after the check of the owner.
pub(super) fn own(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: CoreCalls,
) -> Result<(), Revert> {
    let this = message.this;
    match call {
        CoreCalls::allowlistVaultImpl(c) => {
            check_unreserved(c.vaultImpl)?;
            host.emit(this, AllowlistedVaultImpl { vaultImpl: c.vaultImpl }.into())
        }
        CoreCalls::changeStandardImplementation(c) => {
            check_unreserved(c.newVaultImpl)?;
            host.emit(this, UpgradedAllVaults { implementation: c.newVaultImpl }.into())
        }
        CoreCalls::changeImplementationForVault(c) => {
            let implementation = c.newVaultImpl;
            let usable =
                implementation == STANDARD || is_implementation_allowlisted(host, implementation);
            require!(usable, VaultImplNotAllowlisted {});
            let own = *host.state().core.implementations.get(find(host, c.vault));
            require!(!own.is_zero(), VaultNotAChildVault {});
            host.emit(this, UpgradedVault { implementation, vault: c.vault }.into())
        }
        _ => Err(Revert::empty()),
    }
}

fn check_unreserved(implementation: Address) -> Result<(), Revert> {
    require!(!implementation.is_zero(), ZeroAddress {});
    require!(implementation != STANDARD, ReservedAddress {});
    Ok(())
}

/// On the list, or the standard one. Source: `CoreLib.isVaultImplAllowlisted`.
pub(super) fn is_implementation_allowlisted(
    host: &dyn Host<Karak>,
    implementation: Address,
) -> bool {
    let core = &host.state().core;
    *core.allowlisted.get(find(host, implementation))
        || implementation == core.config().vault_implementation
}
