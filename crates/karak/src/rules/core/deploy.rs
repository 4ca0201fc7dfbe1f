//! Core as a vault factory. Source: `CoreLib.deployVaults`.

use super::admin::is_implementation_allowlisted;
use super::{MAX_VAULTS, STANDARD, config};
use crate::Karak;
use crate::abi::core::Core::{
    AssetNotAllowlisted, DeployedVault, MaxVaultCapacityReached, NewVault, VaultImplNotAllowlisted,
    deployVaultsCall,
};
use crate::abi::core::VaultConfig;
use crate::abi::ledger::VaultCreated;
use crate::abi::vault::Vault::initializeCall;
use crate::rules::find;
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolCall;
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call, Creation, Host, Message, Revert, require};

/// Deploys vaults for the caller. The operator and the decimals of each configuration count for
/// nothing.
pub(super) fn deploy(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: deployVaultsCall,
) -> Result<Vec<Address>, Revert> {
    let named = call.vaultImpl;
    let usable = named.is_zero() || is_implementation_allowlisted(host, named);
    require!(usable, VaultImplNotAllowlisted {});
    let handlers = &host.state().core.handlers;
    let listed = |c: &VaultConfig| !handlers.get(find(host, c.asset)).is_zero();
    require!(call.vaultConfigs.iter().all(listed), AssetNotAllowlisted {});
    let implementation = if named.is_zero() { STANDARD } else { named };
    let mut vaults = Vec::with_capacity(call.vaultConfigs.len());
    for wanted in call.vaultConfigs {
        vaults.push(deploy_one(host, message, implementation, wanted)?);
    }
    Ok(vaults)
}

/// The address is that of the compiled proxy, so what the contract predicts and what it gets are
/// the same here and `VaultCreationFailedAddrMismatch` cannot come.
fn deploy_one(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    implementation: Address,
    wanted: VaultConfig,
) -> Result<Address, Revert> {
    let (this, operator, asset) = (message.this, message.sender, wanted.asset);
    let salt = salt(operator, asset, config(host).vault_nonce);
    let vault = host.create(Creation::BeaconProxy { deployer: this, salt, beacon: this })?;
    host.emit(vault, VaultCreated { implementation }.into())?;
    let initialize = initializeCall {
        owner: this,
        operator,
        depositToken: asset,
        name: wanted.name,
        symbol: wanted.symbol,
        extraData: wanted.extraData,
    };
    call_interface(host, Call::new(this, vault, &initialize.abi_encode()))?;
    host.emit(this, NewVault { vault, implementation }.into())?;
    let owned = host.state().core.vaults.len(find(host, operator));
    let has_room = usize::try_from(owned).is_ok_and(|owned| owned < MAX_VAULTS);
    require!(has_room, MaxVaultCapacityReached {});
    host.emit(this, DeployedVault { operator, vault, asset }.into())?;
    Ok(vault)
}

/// Operator, asset and the 96-bit number of the vault, packed.
fn salt(operator: Address, asset: Address, nonce: u64) -> B256 {
    let mut packed = Vec::with_capacity(52);
    packed.extend_from_slice(operator.as_slice());
    packed.extend_from_slice(asset.as_slice());
    packed.extend_from_slice(&[0; 4]);
    packed.extend_from_slice(&nonce.to_be_bytes());
    keccak256(packed)
}
