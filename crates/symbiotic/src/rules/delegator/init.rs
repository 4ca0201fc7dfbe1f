//! Initialisation of a delegator: who may set what, and for which vault it stands.

use super::{
    HOOK_SET_ROLE, NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_LIMIT_SET_ROLE,
    OPERATOR_NETWORK_SHARES_SET_ROLE,
};
use crate::abi::delegator::{
    DelegatorBaseParams, DuplicateRoleHolder, FullRestakeInitParams, MissingRoleHolders,
    NetworkRestakeInitParams, NotNetwork, NotOperator, NotVault, OperatorNetworkSpecificInitParams,
    OperatorSpecificInitParams, ZeroAddressRoleHolder,
};
use crate::abi::ledger::DelegatorCreated;
use crate::abi::registry::Initialized;
use crate::rules::{decode, roles};
use crate::state::Kind;
use crate::state::delegator::{FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_SPECIFIC};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolValue;
use bondstone_kernel::access::{self, DEFAULT_ADMIN_ROLE};
use bondstone_kernel::{Host, Message, Revert, require};

/// What the four `InitParams` come down to.
struct Params {
    base: DelegatorBaseParams,
    network: Address,
    operator: Address,
    /// Roles with their holders, in the order in which they are granted.
    holders: Vec<(B256, Vec<Address>)>,
}

/// Initialises the new clone `message.this`, called by its factory `message.sender`. `data` is the
/// ABI encoding of the vault and the parameters of the type. Source: `BaseDelegator._initialize`
/// and `__initialize` of each type.
///
/// # Errors
/// In this order: `NotVault()`; `MissingRoleHolders()` when nobody could ever grant a needed role;
/// `NotNetwork()`, `NotOperator()`; `ZeroAddressRoleHolder()`, `DuplicateRoleHolder()` per holder.
/// A revert without data when `data` is malformed.
pub fn initialize(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    delegator_type: u64,
    data: &Bytes,
) -> Result<(), Revert> {
    let (vault, data) =
        <(Address, Bytes)>::abi_decode_params_validate(data).map_err(|_| Revert::empty())?;
    require!(is_entity(host, Kind::VaultFactory, vault), NotVault {});
    let params = params(host, delegator_type, &data)?;
    let created = DelegatorCreated {
        delegatorType: delegator_type,
        vault,
        hook: params.base.hook,
        network: params.network,
        operator: params.operator,
    };
    host.emit(message.this, created.into())?;
    for (role, holders) in params.holders {
        for holder in holders {
            require!(!holder.is_zero(), ZeroAddressRoleHolder {});
            let ids = (host.accounts().find(&message.this), host.accounts().find(&holder));
            let held = roles(host.state()).has(ids.0, role, ids.1);
            require!(!held, DuplicateRoleHolder {});
            access::grant(host, roles, message, role, holder)?;
        }
    }
    let base = [
        (DEFAULT_ADMIN_ROLE, params.base.defaultAdminRoleHolder),
        (HOOK_SET_ROLE, params.base.hookSetRoleHolder),
    ];
    for (role, holder) in base {
        if !holder.is_zero() {
            access::grant(host, roles, message, role, holder)?;
        }
    }
    host.emit(message.this, Initialized { version: 1 }.into())
}

/// Decodes the parameters of a type and checks all but the holders one by one.
fn params(host: &SymbioticHost<'_>, delegator_type: u64, data: &[u8]) -> Result<Params, Revert> {
    match delegator_type {
        NETWORK_RESTAKE => {
            let p: NetworkRestakeInitParams = decode(data)?;
            let holders = vec![
                (NETWORK_LIMIT_SET_ROLE, p.networkLimitSetRoleHolders),
                (OPERATOR_NETWORK_SHARES_SET_ROLE, p.operatorNetworkSharesSetRoleHolders),
            ];
            restake(p.baseParams, holders)
        }
        FULL_RESTAKE => {
            let p: FullRestakeInitParams = decode(data)?;
            let holders = vec![
                (NETWORK_LIMIT_SET_ROLE, p.networkLimitSetRoleHolders),
                (OPERATOR_NETWORK_LIMIT_SET_ROLE, p.operatorNetworkLimitSetRoleHolders),
            ];
            restake(p.baseParams, holders)
        }
        OPERATOR_SPECIFIC => {
            let p: OperatorSpecificInitParams = decode(data)?;
            let holders = vec![(NETWORK_LIMIT_SET_ROLE, p.networkLimitSetRoleHolders)];
            let params = Params { operator: p.operator, ..restake(p.baseParams, holders)? };
            let known = is_entity(host, Kind::OperatorRegistry, params.operator);
            require!(known, NotOperator {});
            Ok(params)
        }
        _ => {
            let p: OperatorNetworkSpecificInitParams = decode(data)?;
            require!(is_entity(host, Kind::NetworkRegistry, p.network), NotNetwork {});
            require!(is_entity(host, Kind::OperatorRegistry, p.operator), NotOperator {});
            Ok(Params {
                base: p.baseParams,
                network: p.network,
                operator: p.operator,
                holders: Vec::new(),
            })
        }
    }
}

/// Without an admin every role needs a holder from the start.
fn restake(
    base: DelegatorBaseParams,
    holders: Vec<(B256, Vec<Address>)>,
) -> Result<Params, Revert> {
    let missing = holders.iter().any(|(_, accounts)| accounts.is_empty());
    require!(!base.defaultAdminRoleHolder.is_zero() || !missing, MissingRoleHolders {});
    Ok(Params { base, network: Address::ZERO, operator: Address::ZERO, holders })
}

fn is_entity(host: &SymbioticHost<'_>, kind: Kind, entity: Address) -> bool {
    host.state().registry.is_entity(kind, host.accounts().find(&entity))
}
