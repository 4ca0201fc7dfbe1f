//! Hints into the histories of delegators. Source: `BaseDelegatorHints` and the types' own helpers.

use super::{
    Helper, ask, ask_address, contract_at, decode, found, hint, is_call, linked, nest, vault,
};
use crate::abi::hints::{
    BaseDelegatorHints, DelegatorHints, DelegatorHintsStorage, FullRestakeDelegatorHints, Hinted,
    NetworkLimitHints, NetworkRestakeDelegatorHints, OperatorNetworkSpecificDelegatorHints,
    OperatorNetworkSpecificHintsStorage, OperatorSpecificHintsStorage,
};
use crate::rules::network_of;
use crate::state::{Contract, Kind};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Host, Id, Message, Revert, Trace};

/// The helpers of the four delegator types, by type.
const TYPED: [Kind; 4] = [
    Kind::NetworkRestakeDelegatorHints,
    Kind::FullRestakeDelegatorHints,
    Kind::OperatorSpecificDelegatorHints,
    Kind::OperatorNetworkSpecificDelegatorHints,
];

/// Whose stake is looked up where and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    /// The delegator.
    pub(super) delegator: Address,
    /// The subnetwork.
    pub(super) subnetwork: B256,
    /// The operator.
    pub(super) operator: Address,
    /// The moment.
    pub(super) timestamp: U48,
}

/// Answers a call to `BaseDelegatorHints`.
///
/// # Errors
/// The contract's revert.
pub(super) fn base(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use BaseDelegatorHints::BaseDelegatorHintsCalls as Calls;
    if !is_call::<Calls>(message) {
        return helper.own_storage::<DelegatorHintsStorage::DelegatorHintsStorageCalls>(message);
    }
    let address = |kind| host.state().singleton(kind).abi_encode();
    Ok(match decode::<Calls>(message)? {
        Calls::OPT_IN_SERVICE_HINTS(_) => address(Kind::OptInServiceHints),
        Calls::NETWORK_RESTAKE_DELEGATOR_HINTS(_) => address(Kind::NetworkRestakeDelegatorHints),
        Calls::FULL_RESTAKE_DELEGATOR_HINTS(_) => address(Kind::FullRestakeDelegatorHints),
        Calls::OPERATOR_SPECIFIC_DELEGATOR_HINTS(_) => {
            address(Kind::OperatorSpecificDelegatorHints)
        }
        Calls::OPERATOR_NETWORK_SPECIFIC_DELEGATOR_HINTS(_) => {
            address(Kind::OperatorNetworkSpecificDelegatorHints)
        }
        Calls::stakeHints(c) => {
            let query = Query {
                delegator: c.delegator,
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            stake_hints(host, message.this, query)?.abi_encode()
        }
        Calls::stakeBaseHints(c) => {
            let query = Query {
                delegator: c.delegator,
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            stake_base_hints(host, message.this, query)?.abi_encode()
        }
    })
}

/// `BaseDelegatorHints.stakeHints`, run by the helper `this`; nothing for an unknown type.
///
/// # Errors
/// Those of [`ask`] and of the type's helper.
pub(super) fn stake_hints(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    query: Query,
) -> Result<Bytes, Revert> {
    let delegator_type = ask(host, this, query.delegator, &Hinted::TYPECall {})?;
    let kinds = TYPED.into_iter().zip(0u64..);
    for (kind, number) in kinds {
        if delegator_type == U256::from(number) {
            let helper = linked(host, kind)?;
            return typed_stake_hints(host, kind, helper, query);
        }
    }
    // The type is a uint64 to the caller's decoder.
    if delegator_type.bit_len() > 64 { Err(Revert::empty()) } else { Ok(Bytes::new()) }
}

/// `BaseDelegatorHints.stakeBaseHints`, run by the helper `this`.
fn stake_base_hints(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    query: Query,
) -> Result<Bytes, Revert> {
    let Query { delegator, operator, timestamp, .. } = query;
    let helper = linked(host, Kind::OptInServiceHints)?;
    let service = Hinted::OPERATOR_VAULT_OPT_IN_SERVICECall {};
    let service = ask_address(host, this, delegator, &service)?;
    let vault = ask_address(host, this, delegator, &Hinted::vaultCall {})?;
    let to_vault = vault::opt_in_hint(host, helper, service, operator, vault, timestamp)?;
    let service = Hinted::OPERATOR_NETWORK_OPT_IN_SERVICECall {};
    let service = ask_address(host, this, delegator, &service)?;
    let network = network_of(query.subnetwork);
    let to_network = vault::opt_in_hint(host, helper, service, operator, network, timestamp)?;
    Ok(nest([to_vault, to_network]))
}

/// Answers a call to the helper of one delegator type.
///
/// # Errors
/// The contract's revert.
pub(super) fn typed(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if is_call::<DelegatorHints::DelegatorHintsCalls>(message) {
        return shared(host, helper, message);
    }
    if is_call::<DelegatorHintsStorage::DelegatorHintsStorageCalls>(message) {
        return helper.own_storage::<DelegatorHintsStorage::DelegatorHintsStorageCalls>(message);
    }
    let has_limit = helper.kind != Kind::OperatorNetworkSpecificDelegatorHints;
    if has_limit && is_call::<NetworkLimitHints::NetworkLimitHintsCalls>(message) {
        return network_limit(host, helper, message);
    }
    match helper.kind {
        Kind::NetworkRestakeDelegatorHints => network_restake(host, helper, message),
        Kind::FullRestakeDelegatorHints => full_restake(host, helper, message),
        Kind::OperatorSpecificDelegatorHints => {
            type Storage = OperatorSpecificHintsStorage::OperatorSpecificHintsStorageCalls;
            helper.own_storage::<Storage>(message)
        }
        _ => operator_network_specific(host, helper, message),
    }
}

fn shared(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use DelegatorHints::DelegatorHintsCalls as Calls;
    Ok(match decode::<Calls>(message)? {
        Calls::BASE_DELEGATOR_HINTS(_) => {
            host.state().singleton(Kind::BaseDelegatorHints).abi_encode()
        }
        Calls::VAULT_HINTS(_) => host.state().singleton(Kind::VaultHints).abi_encode(),
        Calls::stakeHints(c) => {
            let query = Query {
                delegator: c.delegator,
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            typed_stake_hints(host, helper.kind, message.this, query)?.abi_encode()
        }
    })
}

/// `stakeHints` of the helper of one type, run by the helper `this`.
fn typed_stake_hints(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    this: Address,
    query: Query,
) -> Result<Bytes, Revert> {
    let Query { delegator, subnetwork, operator, timestamp } = query;
    let base = linked(host, Kind::BaseDelegatorHints)?;
    let base = stake_base_hints(host, base, query)?;
    let helper = linked(host, Kind::VaultHints)?;
    let vault = ask_address(host, this, delegator, &Hinted::vaultCall {})?;
    let stake = vault::active_stake_hint(host, helper, vault, timestamp)?;
    if kind == Kind::OperatorNetworkSpecificDelegatorHints {
        type Helper = OperatorNetworkSpecificDelegatorHints::maxNetworkLimitHintInternalCall;
        let limit = hint(host, this, delegator, &Helper { subnetwork, timestamp })?;
        return Ok(nest([base, stake, limit]));
    }
    let limit = NetworkLimitHints::networkLimitHintInternalCall { subnetwork, timestamp };
    let limit = hint(host, this, delegator, &limit)?;
    Ok(match kind {
        Kind::NetworkRestakeDelegatorHints => {
            type Operator = NetworkRestakeDelegatorHints::operatorNetworkSharesHintInternalCall;
            type Total = NetworkRestakeDelegatorHints::totalOperatorNetworkSharesHintInternalCall;
            let shares = Operator { subnetwork, operator, timestamp };
            let shares = hint(host, this, delegator, &shares)?;
            let total = hint(host, this, delegator, &Total { subnetwork, timestamp })?;
            nest([base, stake, limit, total, shares])
        }
        Kind::FullRestakeDelegatorHints => {
            type Operator = FullRestakeDelegatorHints::operatorNetworkLimitHintInternalCall;
            let own = Operator { subnetwork, operator, timestamp };
            let own = hint(host, this, delegator, &own)?;
            nest([base, stake, limit, own])
        }
        _ => nest([base, stake, limit]),
    })
}

fn network_limit(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use NetworkLimitHints::NetworkLimitHintsCalls as Calls;
    Ok(match decode::<Calls>(message)? {
        Calls::networkLimitHintInternal(c) => {
            helper.check_internal(message)?;
            found(limit_history(host, message.this, c.subnetwork), c.timestamp)
        }
        Calls::networkLimitHint(c) => {
            let (subnetwork, timestamp) = (c.subnetwork, c.timestamp);
            let internal =
                NetworkLimitHints::networkLimitHintInternalCall { subnetwork, timestamp };
            hint(host, message.this, c.delegator, &internal)?.abi_encode()
        }
    })
}

fn network_restake(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use NetworkRestakeDelegatorHints as Abi;
    use NetworkRestakeDelegatorHints::NetworkRestakeDelegatorHintsCalls as Calls;
    Ok(match decode::<Calls>(message)? {
        Calls::operatorNetworkSharesHintInternal(c) => {
            helper.check_internal(message)?;
            found(operator_history(host, message.this, 0, c.subnetwork, c.operator), c.timestamp)
        }
        Calls::totalOperatorNetworkSharesHintInternal(c) => {
            helper.check_internal(message)?;
            let delegators = &host.state().delegator;
            let history = delegator_of_type(host, message.this, 0).map(|id| {
                let key = delegators.limit_keys.find(&(id, c.subnetwork));
                delegators.total_operator_shares.get(key)
            });
            found(history, c.timestamp)
        }
        Calls::operatorNetworkSharesHint(c) => {
            let internal = Abi::operatorNetworkSharesHintInternalCall {
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            hint(host, message.this, c.delegator, &internal)?.abi_encode()
        }
        Calls::totalOperatorNetworkSharesHint(c) => {
            let internal = Abi::totalOperatorNetworkSharesHintInternalCall {
                subnetwork: c.subnetwork,
                timestamp: c.timestamp,
            };
            hint(host, message.this, c.delegator, &internal)?.abi_encode()
        }
    })
}

fn full_restake(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use FullRestakeDelegatorHints::FullRestakeDelegatorHintsCalls as Calls;
    Ok(match decode::<Calls>(message)? {
        Calls::operatorNetworkLimitHintInternal(c) => {
            helper.check_internal(message)?;
            found(operator_history(host, message.this, 1, c.subnetwork, c.operator), c.timestamp)
        }
        Calls::operatorNetworkLimitHint(c) => {
            let internal = FullRestakeDelegatorHints::operatorNetworkLimitHintInternalCall {
                subnetwork: c.subnetwork,
                operator: c.operator,
                timestamp: c.timestamp,
            };
            hint(host, message.this, c.delegator, &internal)?.abi_encode()
        }
    })
}

fn operator_network_specific(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use OperatorNetworkSpecificDelegatorHints as Abi;
    use OperatorNetworkSpecificDelegatorHints::OperatorNetworkSpecificDelegatorHintsCalls as Calls;
    if !is_call::<Calls>(message) {
        use OperatorNetworkSpecificHintsStorage as Storage;
        type Getters = Storage::OperatorNetworkSpecificHintsStorageCalls;
        return helper.own_storage::<Getters>(message);
    }
    Ok(match decode::<Calls>(message)? {
        Calls::maxNetworkLimitHintInternal(c) => {
            helper.check_internal(message)?;
            found(limit_history(host, message.this, c.subnetwork), c.timestamp)
        }
        Calls::maxNetworkLimitHint(c) => {
            let (subnetwork, timestamp) = (c.subnetwork, c.timestamp);
            let internal = Abi::maxNetworkLimitHintInternalCall { subnetwork, timestamp };
            hint(host, message.this, c.delegator, &internal)?.abi_encode()
        }
    })
}

/// The first history of the delegator at an address, which lies in the same storage slot for every
/// type: the network limit, or the maximum limit of type 3.
fn limit_history<'a>(
    host: &'a SymbioticHost<'_>,
    delegator: Address,
    subnetwork: B256,
) -> Option<&'a Trace<U256>> {
    let Contract::Delegator(id) = contract_at(host, delegator) else { return None };
    let delegators = &host.state().delegator;
    let key = delegators.limit_keys.find(&(id, subnetwork));
    Some(match delegators.config.get(id).delegator_type {
        3 => delegators.max_network_limit_history.get(key),
        _ => delegators.network_limit.get(key),
    })
}

/// The history of an operator's part at a delegator of the given type.
fn operator_history<'a>(
    host: &'a SymbioticHost<'_>,
    delegator: Address,
    delegator_type: u64,
    subnetwork: B256,
    operator: Address,
) -> Option<&'a Trace<U256>> {
    let id = delegator_of_type(host, delegator, delegator_type)?;
    let delegators = &host.state().delegator;
    let limit = delegators.limit_keys.find(&(id, subnetwork));
    let operator = host.accounts().find(&operator);
    Some(delegators.operator_part.get(delegators.operator_keys.find(&(limit, operator))))
}

fn delegator_of_type(host: &SymbioticHost<'_>, address: Address, number: u64) -> Option<Id> {
    let Contract::Delegator(id) = contract_at(host, address) else { return None };
    (host.state().delegator.config.get(id).delegator_type == number).then_some(id)
}
