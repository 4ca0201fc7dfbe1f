//! What Core answers. Source: `Core`.

use super::super::{addresses, find};
use super::admin::is_implementation_allowlisted;
use super::{HUNDRED_PERCENT, max_slashable};
use crate::abi::core::Core::CoreCalls;
use crate::state::Contract;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, B256, U256, b256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Host, Id, Message, Revert, math};

/// First slot of Core's storage.
const CORE_SLOT: B256 = b256!("0x13c729cff436dc8ac22d145f2c778f6a709d225083f39538cc5e2674f2f10700");
/// Slot of the pause map.
pub(in crate::rules) const PAUSER_SLOT: B256 =
    b256!("0x271441cddf42198c20456f920f5dac04f245854c82f280f2e59e7095958d0b00");

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
            operator_of(host, c.vault)?;
            (*core.pending_slashings.get(id(c.vault)) > 0).abi_encode()
        }
        Call::getLeverage(c) => leverage(host, c.vault)?.abi_encode(),
        Call::extSloads(c) => {
            let words = c.slots.iter().map(|slot| word(host, message.this, *slot));
            words.collect::<Vec<B256>>().abi_encode()
        }
        _ => return Err(Revert::empty()),
    })
}

/// The operator of a vault. Core asks the vault; what is no vault has no answer.
fn operator_of(host: &KarakHost<'_>, vault: Address) -> Result<Id, Revert> {
    match host.state().contract(host.accounts(), vault) {
        Contract::Vault(id) => Ok(find(host, host.state().vault.config.get(id).operator)),
        _ => Err(Revert::empty()),
    }
}

/// 100 % for each service of the operator to which the vault is staked.
fn leverage(host: &KarakHost<'_>, vault: Address) -> Result<U256, Revert> {
    let operator = operator_of(host, vault)?;
    let (core, vault) = (&host.state().core, find(host, vault));
    let staked = |service: &Id| core.is_staked(operator, *service, vault);
    let count = core.services.members(operator).filter(staked).count();
    Ok(math::mul(U256::from(count), HUNDRED_PERCENT)?)
}

/// The word of Core's storage at `slot`, for the slots that hold single values; zero for others.
fn word(host: &KarakHost<'_>, this: Address, slot: B256) -> B256 {
    if slot == PAUSER_SLOT {
        return B256::from(*host.state().authority.paused.get(find(host, this)));
    }
    let offset = U256::from_be_bytes(slot.0).wrapping_sub(U256::from_be_bytes(CORE_SLOT.0));
    let config = host.state().core.config();
    let packed = |address: Address, number: u64| {
        U256::from_be_slice(address.as_slice()) | U256::from(number).wrapping_shl(160)
    };
    let word = match u64::try_from(offset) {
        Ok(6) => packed(config.vault_implementation, config.vault_nonce),
        Ok(7) => packed(config.veto_committee, config.nonce),
        Ok(8) => {
            U256::from(config.hook_call_gas_limit)
                | U256::from(config.supports_interface_gas_limit).wrapping_shl(32)
                | U256::from(config.hook_gas_buffer).wrapping_shl(64)
        }
        _ => U256::ZERO,
    };
    B256::from(word)
}
