//! What delegators answer without changing anything.

use super::stake::Position;
use super::{
    HOOK_GAS_LIMIT, HOOK_RESERVE, HOOK_SET_ROLE, NETWORK_LIMIT_SET_ROLE,
    OPERATOR_NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_SHARES_SET_ROLE, Target,
};
use crate::SymbioticHost;
use crate::abi::delegator::DelegatorCalls as Calls;
use crate::rules::hint;
use crate::state::Kind;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Revert, Trace};

/// Answers a view.
///
/// # Errors
/// Failures of hints and of share arithmetic; a revert without data for anything but a view.
pub(super) fn answer(
    host: &SymbioticHost<'_>,
    target: &Target,
    call: Calls,
) -> Result<Vec<u8>, Revert> {
    if let Some(word) = constant(host, target, &call) {
        return Ok(word);
    }
    let delegators = &host.state().delegator;
    let limit = |subnetwork: B256| delegators.limit_key(target.id, subnetwork);
    let part = |subnetwork: B256, operator: Address| {
        let key = delegators.operator_key(limit(subnetwork), host.accounts().find(&operator));
        delegators.operator_part.get(key)
    };
    let value = match call {
        Calls::stake(c) => {
            Position::new(host, (target.id, &target.config), c.subnetwork, c.operator).stake()?
        }
        Calls::stakeAt(c) => {
            let target = (target.id, &target.config);
            let position = Position::new(host, target, c.subnetwork, c.operator);
            position.stake_at(c.timestamp.saturating_to(), &c.hints)?
        }
        Calls::maxNetworkLimit(c) => *delegators.max_network_limit.get(limit(c.subnetwork)),
        Calls::maxNetworkLimitAt(c) => {
            let history = delegators.max_network_limit_history.get(limit(c.subnetwork));
            at(history, c.timestamp, &c.hint)?
        }
        Calls::networkLimit(c) => delegators.network_limit.get(limit(c.subnetwork)).latest(),
        Calls::networkLimitAt(c) => {
            at(delegators.network_limit.get(limit(c.subnetwork)), c.timestamp, &c.hint)?
        }
        Calls::totalOperatorNetworkShares(c) => {
            delegators.total_operator_shares.get(limit(c.subnetwork)).latest()
        }
        Calls::totalOperatorNetworkSharesAt(c) => {
            at(delegators.total_operator_shares.get(limit(c.subnetwork)), c.timestamp, &c.hint)?
        }
        Calls::operatorNetworkShares(c) => part(c.subnetwork, c.operator).latest(),
        Calls::operatorNetworkSharesAt(c) => {
            at(part(c.subnetwork, c.operator), c.timestamp, &c.hint)?
        }
        Calls::operatorNetworkLimit(c) => part(c.subnetwork, c.operator).latest(),
        Calls::operatorNetworkLimitAt(c) => {
            at(part(c.subnetwork, c.operator), c.timestamp, &c.hint)?
        }
        _ => return Err(Revert::empty()),
    };
    Ok(value.abi_encode())
}

fn at(history: &Trace<U256>, timestamp: U48, hint: &[u8]) -> Result<U256, Revert> {
    hint::lookup(history, timestamp.saturating_to(), hint)
}

/// Views without arguments.
fn constant(host: &SymbioticHost<'_>, target: &Target, call: &Calls) -> Option<Vec<u8>> {
    let address = match call {
        Calls::FACTORY(_) => singleton(host, Kind::DelegatorFactory),
        Calls::NETWORK_REGISTRY(_) => singleton(host, Kind::NetworkRegistry),
        Calls::OPERATOR_NETWORK_OPT_IN_SERVICE(_) => {
            singleton(host, Kind::OperatorNetworkOptInService)
        }
        Calls::OPERATOR_REGISTRY(_) => singleton(host, Kind::OperatorRegistry),
        Calls::OPERATOR_VAULT_OPT_IN_SERVICE(_) => singleton(host, Kind::OperatorVaultOptInService),
        Calls::VAULT_FACTORY(_) => singleton(host, Kind::VaultFactory),
        Calls::hook(_) => target.config.hook,
        Calls::network(_) => target.config.network,
        Calls::operator(_) => target.config.operator,
        Calls::vault(_) => target.config.vault,
        other => return number(target, other),
    };
    Some(address.abi_encode())
}

fn number(target: &Target, call: &Calls) -> Option<Vec<u8>> {
    Some(match call {
        Calls::HOOK_GAS_LIMIT(_) => U256::from(HOOK_GAS_LIMIT).abi_encode(),
        Calls::HOOK_RESERVE(_) => U256::from(HOOK_RESERVE).abi_encode(),
        Calls::HOOK_SET_ROLE(_) => HOOK_SET_ROLE.abi_encode(),
        Calls::NETWORK_LIMIT_SET_ROLE(_) => NETWORK_LIMIT_SET_ROLE.abi_encode(),
        Calls::OPERATOR_NETWORK_LIMIT_SET_ROLE(_) => OPERATOR_NETWORK_LIMIT_SET_ROLE.abi_encode(),
        Calls::OPERATOR_NETWORK_SHARES_SET_ROLE(_) => OPERATOR_NETWORK_SHARES_SET_ROLE.abi_encode(),
        Calls::TYPE(_) => target.config.delegator_type.abi_encode(),
        Calls::VERSION(_) => 1u64.abi_encode(),
        _ => return None,
    })
}

fn singleton(host: &SymbioticHost<'_>, kind: Kind) -> Address {
    host.state().singleton(kind)
}
