//! The vault configurator: a vault with its delegator and slasher in one call.

use super::{factory, vault};
use crate::Symbiotic;
use crate::abi::registry::{
    ConfiguratorInitParams, Factory, MigratablesFactory, VaultConfigurator,
};
use crate::abi::vault::Vault;
use crate::state::Kind;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::{direct, returns_nothing};
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
    let ConfiguratorInitParams { version, owner, vaultParams: data, .. } = params;
    let (version, owner) = (*version, *owner);
    let call =
        || MigratablesFactory::createCall { version, owner, data: data.clone() }.abi_encode();
    let vault = direct(host, (this, vault_factory), call, Address::abi_encode, |host| {
        factory::create_vault(host, vault_factory, version, owner, data)
    })?;
    let delegator_factory = host.state().singleton(Kind::DelegatorFactory);
    let data = entity_data(vault, &params.delegatorParams);
    let type_ = params.delegatorIndex;
    let call = || Factory::createCall { type_, data: data.clone() }.abi_encode();
    let delegator = direct(host, (this, delegator_factory), call, Address::abi_encode, |host| {
        factory::create_delegator(host, delegator_factory, type_, &data)
    })?;
    let mut slasher = Address::ZERO;
    if params.withSlasher {
        let slasher_factory = host.state().singleton(Kind::SlasherFactory);
        let data = entity_data(vault, &params.slasherParams);
        let type_ = params.slasherIndex;
        let call = || Factory::createCall { type_, data: data.clone() }.abi_encode();
        slasher = direct(host, (this, slasher_factory), call, Address::abi_encode, |host| {
            factory::create_slasher(host, slasher_factory, type_, &data)
        })?;
    }
    let to_vault = Message { sender: this, this: vault, input: &[] };
    let call = || Vault::setDelegatorCall { delegator }.abi_encode();
    direct(host, (this, vault), call, returns_nothing, |host| {
        vault::set_delegator(host, &to_vault, delegator)
    })?;
    let call = || Vault::setSlasherCall { slasher }.abi_encode();
    direct(host, (this, vault), call, returns_nothing, |host| {
        vault::set_slasher(host, &to_vault, slasher)
    })?;
    Ok((vault, delegator, slasher))
}

/// `abi.encode(vault, params)`, the data of delegators and slashers.
fn entity_data(vault: Address, params: &Bytes) -> Bytes {
    (vault, params.clone()).abi_encode_params().into()
}
