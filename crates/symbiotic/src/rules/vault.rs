//! The vault and the tokenized vault.
//! Source: Symbiotic core 1.0.3 `Vault`, `VaultStorage`, `VaultTokenized`, `MigratableEntity`.

mod pool;
mod setup;
mod shares;
mod views;

pub use pool::on_slash;
pub use setup::{initialize, set_delegator, set_slasher};

use crate::Symbiotic;
use crate::abi::vault::Vault::{self, VaultCalls};
use crate::rules::{hints, owners, roles};
use crate::state::Kind;
use alloy_primitives::{B256, b256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::erc20::Erc20Calls;
use bondstone_kernel::host::guarded;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Host, Id, Message, NONE, Revert, access, ownable, require};

/// `keccak256("DEPOSIT_WHITELIST_SET_ROLE")`.
pub const DEPOSIT_WHITELIST_SET_ROLE: B256 =
    b256!("0xbae4ee3de6c709ff9a002e774c5b78cb381560b219213c88ae0f1e207c03c023");
/// `keccak256("DEPOSITOR_WHITELIST_ROLE")`.
pub const DEPOSITOR_WHITELIST_ROLE: B256 =
    b256!("0x9c56d972d63cbb4195b3c1484691dfc220fa96a4c47e7b6613bd82a022029e06");
/// `keccak256("IS_DEPOSIT_LIMIT_SET_ROLE")`.
pub const IS_DEPOSIT_LIMIT_SET_ROLE: B256 =
    b256!("0xc6aaadd7371d5e8f9ed6849dd66a66573a3ba37167d03f4352c9ba5693678fac");
/// `keccak256("DEPOSIT_LIMIT_SET_ROLE")`.
pub const DEPOSIT_LIMIT_SET_ROLE: B256 =
    b256!("0x4a634bc14d77baf979756509ef4298c6f6318af357828612545267ee2eb79233");

/// Answers a call to the vault `id`.
///
/// # Errors
/// The vault's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let selector = message.input.first_chunk::<4>().copied().ok_or_else(Revert::empty)?;
    if VaultCalls::valid_selector(selector) {
        let call = VaultCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
        return answer(host, id, message, call);
    }
    if let Some(result) = access::dispatch(host, roles, message) {
        return result;
    }
    if let Some(result) = ownable::dispatch(host, owners, message) {
        return result;
    }
    let is_token = host.state().vault.config.get(id).names.is_some();
    if !is_token {
        return Err(Revert::empty());
    }
    let call = Erc20Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    shares::answer(host, id, message, call)
}

/// Answers a call to a vault implementation: a vault that can never be initialised.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_implementation(
    host: &mut dyn Host<Symbiotic>,
    _kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match VaultCalls::abi_decode_validate(message.input) {
        Ok(VaultCalls::version(_)) => Ok(u64::MAX.abi_encode()),
        // The proxy answers it, and there is none here.
        Ok(VaultCalls::upgradeToAndCall(_)) => Err(Revert::empty()),
        _ => dispatch(host, NONE, message),
    }
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    let this = message.this;
    match call {
        Call::deposit(c) => {
            let result =
                guarded(host, this, |h| pool::deposit(h, id, message, c.onBehalfOf, c.amount))?;
            shares::minted(host, id, message, c.onBehalfOf, result.1)?;
            Ok(result.abi_encode())
        }
        Call::withdraw(c) => {
            guarded(host, this, |h| pool::withdraw(h, id, message, c.claimer, c.amount))
                .map(|result| result.abi_encode())
        }
        Call::redeem(c) => {
            guarded(host, this, |h| pool::redeem(h, id, message, c.claimer, c.shares))
                .map(|result| result.abi_encode())
        }
        Call::claim(c) => {
            guarded(host, this, |h| pool::claim(h, id, message, c.recipient, c.epoch))
                .map(|amount| amount.abi_encode())
        }
        Call::claimBatch(c) => {
            guarded(host, this, |h| pool::claim_batch(h, id, message, c.recipient, c.epochs))
                .map(|amount| amount.abi_encode())
        }
        Call::onSlash(c) => {
            let capture = bondstone_kernel::Timestamp(c.captureTimestamp.to());
            on_slash(host, message, c.amount, capture).map(|amount| amount.abi_encode())
        }
        Call::initialize(_) => Err(Vault::AlreadyInitialized {}.into()),
        Call::migrate(c) => guarded(host, this, |h| {
            let factory = h.state().singleton(Kind::VaultFactory);
            require!(message.sender == factory, Vault::NotFactory {});
            let version = h.state().vault.config.get(id).version;
            require!(version < c.newVersion, InvalidInitialization {});
            // No implementation of version 1 migrates.
            Err(Revert::empty())
        }),
        Call::upgradeToAndCall(_) => Err(Vault::ProxyDeniedAdminAccess {}.into()),
        Call::staticDelegateCall(c) => {
            Err(hints::static_delegate_call(host, message, c.target, &c.data))
        }
        Call::setDelegator(c) => set_delegator(host, message, c.delegator).map(|()| Vec::new()),
        Call::setSlasher(c) => set_slasher(host, message, c.slasher).map(|()| Vec::new()),
        Call::setDepositWhitelist(_)
        | Call::setDepositorWhitelistStatus(_)
        | Call::setIsDepositLimit(_)
        | Call::setDepositLimit(_) => {
            guarded(host, this, |h| setup::setting(h, id, message, &call)).map(|()| Vec::new())
        }
        view => views::answer(host, id, view),
    }
}
