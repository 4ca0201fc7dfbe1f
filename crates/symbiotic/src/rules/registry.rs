//! Operator and network registry, and the registry part of every factory.

use crate::abi::registry::{AddEntity, NetworkRegistry, OperatorRegistry, Registry};
use crate::state::Kind;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert, require};

/// Answers a call to the operator or the network registry.
///
/// # Errors
/// `OperatorAlreadyRegistered()` or `NetworkAlreadyRegistered()`; `Panic(0x32)` of `entity`.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = dispatch_entities(host, kind, message) {
        return answer;
    }
    let sender = host.accounts().find(&message.sender);
    let is_known = host.state().registry.is_entity(kind, sender);
    if kind == Kind::OperatorRegistry {
        OperatorRegistry::OperatorRegistryCalls::abi_decode_validate(message.input)
            .map_err(|_| Revert::empty())?;
        require!(!is_known, OperatorRegistry::OperatorAlreadyRegistered {});
    } else {
        NetworkRegistry::NetworkRegistryCalls::abi_decode_validate(message.input)
            .map_err(|_| Revert::empty())?;
        require!(!is_known, NetworkRegistry::NetworkAlreadyRegistered {});
    }
    host.emit(message.this, AddEntity { entity: message.sender }.into())?;
    Ok(Vec::new())
}

/// Answers a call to one of the functions of `Registry`; `None` for other selectors. `kind` is the
/// registry or factory that is called.
pub fn dispatch_entities(
    host: &SymbioticHost<'_>,
    kind: Kind,
    message: &Message<'_>,
) -> Option<Result<Vec<u8>, Revert>> {
    use Registry::RegistryCalls as Call;
    let selector = <[u8; 4]>::try_from(message.input.get(..4)?).ok()?;
    if !Call::valid_selector(selector) {
        return None;
    }
    let Ok(call) = Call::abi_decode_validate(message.input) else {
        return Some(Err(Revert::empty()));
    };
    let registry = &host.state().registry;
    Some(match call {
        Call::isEntity(c) => {
            Ok(registry.is_entity(kind, host.accounts().find(&c.account)).abi_encode())
        }
        Call::totalEntities(_) => Ok(total_entities(host, kind).abi_encode()),
        Call::entity(c) => entity(host, kind, c.index).map(|entity| entity.abi_encode()),
    })
}

/// Number of entities of a registry or factory. Source: `Registry.totalEntities`.
#[must_use]
pub fn total_entities(host: &SymbioticHost<'_>, kind: Kind) -> U256 {
    host.state().registry.entities(kind).map_or(U256::ZERO, |e| U256::from(e.len()))
}

/// The entity at a position, in order of registration. Source: `Registry.entity`.
///
/// # Errors
/// `Panic(0x32)` past the end.
pub fn entity(host: &SymbioticHost<'_>, kind: Kind, index: U256) -> Result<Address, Revert> {
    u32::try_from(index)
        .ok()
        .and_then(|index| host.state().registry.entities(kind)?.key(index))
        .and_then(|account| host.accounts().key(account))
        .ok_or_else(Revert::out_of_bounds)
}
