//! How a vault comes to life. Source: `Vault.initialize`.

use crate::Karak;
use crate::abi::ledger::VaultConfigured;
use crate::abi::vault::Vault::initializeCall;
use crate::rules::initializer;
use crate::rules::solady::initialize_owner;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::host::word;
use bondstone_kernel::{Call, Host, Message, Revert};

/// Decimals of shares when the token does not say.
const DEFAULT_DECIMALS: u8 = 18;

/// Initialises a standard vault.
pub(super) fn initialize_standard(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: initializeCall,
) -> Result<(), Revert> {
    let this = message.this;
    initializer(host, this, |host| {
        let decimals = asset_decimals(host, this, call.depositToken).unwrap_or(DEFAULT_DECIMALS);
        initialize(host, this, call, decimals, Address::ZERO)
    })
}

/// Sets the owner and stores the configuration.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn initialize(
    host: &mut dyn Host<Karak>,
    this: Address,
    call: initializeCall,
    decimals: u8,
    node_implementation: Address,
) -> Result<(), Revert> {
    initialize_owner(host, this, call.owner)?;
    let configured = VaultConfigured {
        asset: call.depositToken,
        decimals,
        operator: call.operator,
        name: call.name,
        symbol: call.symbol,
        extraData: call.extraData,
        nodeImplementation: node_implementation,
    };
    host.emit(this, configured.into())
}

/// What the token answers, when it is a whole word and a `uint8`.
/// Source: `ERC4626._tryGetAssetDecimals`.
fn asset_decimals(host: &mut dyn Host<Karak>, this: Address, token: Address) -> Option<u8> {
    let input = Erc20::decimalsCall {}.abi_encode();
    let output = host.call(Call::view(this, token, &input)).ok()?;
    let decimals: U256 = word(&output, 0).ok()?;
    u8::try_from(decimals).ok()
}
