//! The vault configurator: a vault with its delegator and slasher in one call.

use super::{factory, vault};
use crate::Symbiotic;
use crate::abi::registry::{ConfiguratorInitParams, VaultConfigurator};
use crate::state::Kind;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert};

/// Answers a call to the vault configurator.
///
/// # Errors
/// The revert of the first step that fails.
pub fn dispatch(host: &mut dyn Host<Symbiotic>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    use VaultConfigurator::VaultConfiguratorCalls as Call;
    match Call::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Call::VAULT_FACTORY(_) => Ok(host.state().singleton(Kind::VaultFactory).abi_encode()),
        Call::DELEGATOR_FACTORY(_) => {
            Ok(host.state().singleton(Kind::DelegatorFactory).abi_encode())
        }
        Call::SLASHER_FACTORY(_) => Ok(host.state().singleton(Kind::SlasherFactory).abi_encode()),
        Call::create(c) => Ok(create(host, message.this, &c.params)?.abi_encode_params()),
    }
}

/// Creates vault, delegator and, when asked for, slasher, and ties them together.
/// Source: `VaultConfigurator.create`.
fn create(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    params: &ConfiguratorInitParams,
) -> Result<(Address, Address, Address), Revert> {
    let vault_factory = host.state().singleton(Kind::VaultFactory);
    let vault = factory::create_vault(
        host,
        vault_factory,
        params.version,
        params.owner,
        &params.vaultParams,
    )?;
    let delegator_factory = host.state().singleton(Kind::DelegatorFactory);
    let data = entity_data(vault, &params.delegatorParams);
    let delegator =
        factory::create_delegator(host, delegator_factory, params.delegatorIndex, &data)?;
    let mut slasher = Address::ZERO;
    if params.withSlasher {
        let slasher_factory = host.state().singleton(Kind::SlasherFactory);
        let data = entity_data(vault, &params.slasherParams);
        slasher = factory::create_slasher(host, slasher_factory, params.slasherIndex, &data)?;
    }
    let to_vault = Message { sender: this, this: vault, input: &[] };
    vault::set_delegator(host, &to_vault, delegator)?;
    vault::set_slasher(host, &to_vault, slasher)?;
    Ok((vault, delegator, slasher))
}

/// `abi.encode(vault, params)`, the data of delegators and slashers.
fn entity_data(vault: Address, params: &Bytes) -> Bytes {
    (vault, params.clone()).abi_encode_params().into()
}
