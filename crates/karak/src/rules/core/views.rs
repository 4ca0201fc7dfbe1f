//! What Core answers. Source: `Core`.

use super::super::{addresses, find};
use super::admin::is_implementation_allowlisted;
use super::{HUNDRED_PERCENT, max_slashable, slots};
use crate::Karak;
use crate::abi::core::Core::CoreCalls;
use crate::abi::vault::ConfiguredVault::vaultConfigCall;
use crate::rules::ask;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Host, Id, Message, Revert, math};

/// Answers a view.
pub(super) fn answer(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: CoreCalls,
) -> Result<Vec<u8>, Revert> {
    use CoreCalls as Call;
    let id = |address: Address| find(host, address);
    let core = &host.state().core;
    Ok(match call {
        Call::VERSION(_) => "2.0.0".to_owned().abi_encode(),
        // The beacon's answer to the vault that asks.
        Call::implementation_0(_) => host.state().implementation(id(message.sender)).abi_encode(),
        Call::implementation_1(c) => host.state().implementation(id(c.vault)).abi_encode(),
        Call::isVaultImplAllowListed(c) => {
            is_implementation_allowlisted(host, c.vaultImpl).abi_encode()
        }
        Call::isAssetAllowlisted(c) => (!core.handlers.get(id(c.asset)).is_zero()).abi_encode(),
        Call::isDSSRegistered(c) => (!max_slashable(host, c.dss).is_zero()).abi_encode(),
        Call::isOperatorRegisteredToDSS(c) => {
            core.services.contains(id(c.operator), id(c.dss)).abi_encode()
        }
        Call::getDssMaxSlashablePercentageWad(c) => max_slashable(host, c.dss).abi_encode(),
        Call::getOperatorVaults(c) => {
            addresses(host, core.vaults.members(id(c.operator))).abi_encode()
        }
        Call::fetchVaultsStakedInDSS(c) => {
            addresses(host, core.staked_vaults(id(c.operator), id(c.dss))).abi_encode()
        }
        Call::isVaultQueuedForSlashing(c) => {
            let vault = id(c.vault);
            operator_of(host, message.this, c.vault)?;
            (*host.state().core.pending_slashings.get(vault) > 0).abi_encode()
        }
        Call::getLeverage(c) => leverage(host, message.this, c.vault)?.abi_encode(),
        Call::extSloads(c) => slots::words(host, message.this, &c.slots).abi_encode(),
        _ => return Err(Revert::empty()),
    })
}

/// The operator of a vault, which Core asks for it.
fn operator_of(
    host: &mut dyn Host<Karak>,
    core: Address,
    vault: Address,
) -> Result<Address, Revert> {
    Ok(ask(host, core, vault, &vaultConfigCall {})?.operator)
}

/// 100 % for each service of the operator to which the vault is staked.
fn leverage(host: &mut dyn Host<Karak>, core: Address, vault: Address) -> Result<U256, Revert> {
    let operator = operator_of(host, core, vault)?;
    let (operator, vault) = (find(host, operator), find(host, vault));
    let core = &host.state().core;
    let staked = |service: &Id| core.is_staked(operator, *service, vault);
    let count = core.services.members(operator).filter(staked).count();
    Ok(math::mul(U256::from(count), HUNDRED_PERCENT)?)
}
