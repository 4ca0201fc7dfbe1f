//! The four delegators: how a vault's stake is given to subnetworks and operators.
//!
//! The contracts share most of their code, so they share these rules; where they differ the type
//! decides, and a function that a type does not have is an unknown selector there.

mod init;
mod settings;
mod stake;
mod views;

pub use init::initialize;
pub use stake::{stake, stake_at};

use crate::abi::delegator::{Delegator, DelegatorCalls, InsufficientHookGas, NotSlasher, OnSlash};
use crate::rules::{hints, roles};
use crate::state::Kind;
use crate::state::delegator::{
    DelegatorConfig, FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC, OPERATOR_SPECIFIC,
    implementation_id, implementation_type,
};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256, b256};
use alloy_sol_types::{SolCall, SolInterface};
use bondstone_kernel::host::guarded;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Call, Host, Id, Message, NONE, Revert, Timestamp, access, require};

/// `HOOK_GAS_LIMIT`: gas that a hook gets.
pub const HOOK_GAS_LIMIT: u64 = 250_000;
/// `HOOK_RESERVE`: gas that must remain for what follows the hook.
pub const HOOK_RESERVE: u64 = 20_000;
/// Gas below which a slash does not start the hook: `HOOK_RESERVE + HOOK_GAS_LIMIT * 64 / 63`.
pub const HOOK_GAS_NEEDED: u64 = 273_968;

/// `keccak256("HOOK_SET_ROLE")`: may change the hook.
pub const HOOK_SET_ROLE: B256 =
    b256!("0xd1c1f6fa6bf27d54c5e54c7c1dc6e5004d3c027ea1994fe68b29c1b51b69c36c");
/// `keccak256("NETWORK_LIMIT_SET_ROLE")`: may set network limits (types 0, 1, 2).
pub const NETWORK_LIMIT_SET_ROLE: B256 =
    b256!("0x008b9b1e5fa9cf3b14f87f435649268146305ddf689f082e5961a335b07a9abf");
/// `keccak256("OPERATOR_NETWORK_SHARES_SET_ROLE")`: may set operator shares (type 0).
pub const OPERATOR_NETWORK_SHARES_SET_ROLE: B256 =
    b256!("0x1312a1cf530e56add9be4fd84db9051dcc7635952f09f735f9a29405b5584625");
/// `keccak256("OPERATOR_NETWORK_LIMIT_SET_ROLE")`: may set operator limits (type 1).
pub const OPERATOR_NETWORK_LIMIT_SET_ROLE: B256 =
    b256!("0x15e7c882d74e8821ebf34aaff46fd0e1d53b9393d91490019124113d28dc32a3");

/// The delegator that a call reached: a clone, or the implementation behind the clones.
#[derive(Clone, Copy, Debug)]
struct Target {
    id: Id,
    config: DelegatorConfig,
}

/// Answers a call to a delegator.
///
/// # Errors
/// The contract's revert; one without data for malformed calldata and functions that the
/// delegator's type does not have.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let config = *host.state().delegator.config.get(id);
    answer(host, &Target { id, config }, message)
}

/// Answers a call to an implementation contract, a delegator without vault and roles.
///
/// # Errors
/// As [`dispatch`].
pub fn dispatch_implementation(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let delegator_type = implementation_type(kind).ok_or_else(Revert::empty)?;
    let config =
        DelegatorConfig { address: message.this, delegator_type, ..DelegatorConfig::default() };
    answer(host, &Target { id: implementation_id(kind), config }, message)
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use DelegatorCalls as Calls;
    if let Some(result) = access::dispatch(host, roles, message) {
        return result;
    }
    let call = Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    if !has_function(target.config.delegator_type, &call) {
        return Err(Revert::empty());
    }
    match call {
        Calls::onSlash(c) => {
            let capture = Timestamp(c.captureTimestamp.saturating_to());
            slashed(host, target, message, (c.subnetwork, c.operator, c.amount, capture), &c.data)?;
        }
        Calls::setMaxNetworkLimit(c) => {
            settings::set_max_network_limit(host, target, message, c.identifier, c.amount)?;
        }
        Calls::setNetworkLimit(c) => {
            settings::set_network_limit(host, target, message, c.subnetwork, c.amount)?;
        }
        Calls::setOperatorNetworkShares(c) => {
            settings::set_operator_network_shares(host, target, message, &c)?;
        }
        Calls::setOperatorNetworkLimit(c) => {
            settings::set_operator_network_limit(host, target, message, &c)?;
        }
        Calls::setHook(c) => settings::set_hook(host, target, message, c.hook)?,
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        Calls::staticDelegateCall(c) => {
            return Err(hints::static_delegate_call(host, message, c.target, &c.data));
        }
        view => return views::answer(host, target, view),
    }
    Ok(Vec::new())
}

/// Whether a delegator of this type has the function at all.
fn has_function(delegator_type: u64, call: &DelegatorCalls) -> bool {
    use DelegatorCalls as Calls;
    match call {
        Calls::NETWORK_LIMIT_SET_ROLE(_)
        | Calls::networkLimit(_)
        | Calls::networkLimitAt(_)
        | Calls::setNetworkLimit(_) => delegator_type != OPERATOR_NETWORK_SPECIFIC,
        Calls::OPERATOR_NETWORK_SHARES_SET_ROLE(_)
        | Calls::operatorNetworkShares(_)
        | Calls::operatorNetworkSharesAt(_)
        | Calls::setOperatorNetworkShares(_)
        | Calls::totalOperatorNetworkShares(_)
        | Calls::totalOperatorNetworkSharesAt(_) => delegator_type == NETWORK_RESTAKE,
        Calls::OPERATOR_NETWORK_LIMIT_SET_ROLE(_)
        | Calls::operatorNetworkLimit(_)
        | Calls::operatorNetworkLimitAt(_)
        | Calls::setOperatorNetworkLimit(_) => delegator_type == FULL_RESTAKE,
        Calls::OPERATOR_REGISTRY(_) | Calls::operator(_) => {
            [OPERATOR_SPECIFIC, OPERATOR_NETWORK_SPECIFIC].contains(&delegator_type)
        }
        Calls::network(_) | Calls::maxNetworkLimitAt(_) => {
            delegator_type == OPERATOR_NETWORK_SPECIFIC
        }
        _ => true,
    }
}

/// Tells the delegator `message.this` of a slash by `message.sender`; `data` is for the hook. The
/// amount is nominal: the vault may have less left. Source: `BaseDelegator.onSlash`.
///
/// # Errors
/// `NotSlasher()`, `InsufficientHookGas()`, `ReentrancyGuardReentrantCall()`; never the hook's.
pub fn on_slash(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    subnetwork: B256,
    operator: Address,
    amount: U256,
    capture: Timestamp,
    data: &[u8],
) -> Result<(), Revert> {
    let id = find(host, message.this)?;
    let config = *host.state().delegator.config.get(id);
    let target = Target { id, config };
    slashed(host, &target, message, (subnetwork, operator, amount, capture), data)
}

fn slashed(
    host: &mut dyn Host<Symbiotic>,
    target: &Target,
    message: &Message<'_>,
    (subnetwork, operator, amount, capture): (B256, Address, U256, Timestamp),
    data: &[u8],
) -> Result<(), Revert> {
    guarded(host, message.this, |host| {
        let vault = vault_of(host, &target.config)?;
        let slasher = host.state().vault.config.get(vault).slasher;
        require!(message.sender == slasher, NotSlasher {});
        // uint48 by construction: a capture comes out of calldata or a request.
        let capture_timestamp = U48::saturating_from(capture.0);
        if !target.config.hook.is_zero() {
            require!(host.gas_left() >= HOOK_GAS_NEEDED, InsufficientHookGas {});
            let call = Delegator::onSlashCall {
                subnetwork,
                operator,
                amount,
                captureTimestamp: capture_timestamp,
                data: Bytes::copy_from_slice(data),
            };
            let input = call.abi_encode();
            let hook = target.config.hook;
            // A hook that fails loses only what it did itself.
            let _ = host.call(Call::capped(message.this, hook, &input, HOOK_GAS_LIMIT));
        }
        let captured =
            OnSlash { subnetwork, operator, amount, captureTimestamp: capture_timestamp };
        host.emit(message.this, captured.into())
    })
}

/// The delegator at `address`; calling one that is not there reverts without data.
fn find(host: &SymbioticHost<'_>, address: Address) -> Result<Id, Revert> {
    let id = host.state().delegator.ids.find(&host.accounts().find(&address));
    if id == NONE { Err(Revert::empty()) } else { Ok(id) }
}

/// The vault of a delegator; an implementation has none and its calls revert without data.
fn vault_of(host: &SymbioticHost<'_>, config: &DelegatorConfig) -> Result<Id, Revert> {
    let id = host.state().vault.ids.find(&host.accounts().find(&config.vault));
    if id == NONE { Err(Revert::empty()) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn roles_are_hashes_of_their_names() {
        assert_eq!(HOOK_SET_ROLE, keccak256("HOOK_SET_ROLE"));
        assert_eq!(NETWORK_LIMIT_SET_ROLE, keccak256("NETWORK_LIMIT_SET_ROLE"));
        let shares = keccak256("OPERATOR_NETWORK_SHARES_SET_ROLE");
        assert_eq!(OPERATOR_NETWORK_SHARES_SET_ROLE, shares);
        let limit = keccak256("OPERATOR_NETWORK_LIMIT_SET_ROLE");
        assert_eq!(OPERATOR_NETWORK_LIMIT_SET_ROLE, limit);
    }

    #[test]
    fn the_gas_a_hook_needs_is_rounded_as_the_contract_rounds() {
        assert_eq!(HOOK_GAS_NEEDED, HOOK_RESERVE + HOOK_GAS_LIMIT * 64 / 63);
    }

    #[test]
    fn implementations_keep_apart_from_clones_and_from_each_other() {
        let kinds = [
            Kind::NetworkRestakeDelegatorImplementation,
            Kind::FullRestakeDelegatorImplementation,
            Kind::OperatorSpecificDelegatorImplementation,
            Kind::OperatorNetworkSpecificDelegatorImplementation,
        ];
        let ids = kinds.map(implementation_id);
        assert_eq!(ids, [NONE - 1, NONE - 2, NONE - 3, NONE - 4]);
        assert_eq!(implementation_id(Kind::VaultFactory), NONE);
    }
}
