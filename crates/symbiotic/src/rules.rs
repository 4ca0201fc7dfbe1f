//! The rules: one file per contract, checks in the contract's order, then an event.

pub mod collateral;
pub mod configurator;
pub mod curator_registry;
pub mod delegator;
pub mod factory;
pub mod fee_registry;
pub mod hint;
pub mod hints;
pub mod hook;
pub mod multicall;
pub mod operator_rewards;
pub mod opt_in;
pub mod registry;
pub mod rewards_v2;
pub mod router;
pub mod service;
pub mod slasher;
pub mod staker_rewards;
pub mod token;
pub mod vault;

use crate::state::{Contract, Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolType, SolValue};
use bondstone_kernel::access::Roles;
use bondstone_kernel::ownable::Owners;
use bondstone_kernel::{Host, Id, Message, Revert, Timestamp, math};

/// Answers a call to the contract of the suite at `account`, the interned `message.this`.
///
/// # Errors
/// The contract's revert; a revert without data for malformed calldata and unknown selectors.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    account: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match *host.state().contracts.get(account) {
        Contract::Vault(id) => vault::dispatch(host, id, message),
        Contract::Delegator(id) => delegator::dispatch(host, id, message),
        Contract::Slasher(id) => slasher::dispatch(host, id, message),
        Contract::Singleton(kind) => singleton(host, kind, message),
        Contract::Hook(id) => hook::dispatch(host, id, message),
        Contract::Router(id) => router::dispatch(host, id, message),
        Contract::Collateral(id) => collateral::dispatch(host, id, message),
        Contract::StakerRewards(id) => staker_rewards::dispatch(host, id, message),
        Contract::OperatorRewards(id) => operator_rewards::dispatch(host, id, message),
        Contract::None => Ok(Vec::new()),
    }
}

fn singleton(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match kind {
        Kind::OperatorRegistry | Kind::NetworkRegistry => registry::dispatch(host, kind, message),
        Kind::VaultFactory | Kind::DelegatorFactory | Kind::SlasherFactory => {
            factory::dispatch(host, kind, message)
        }
        Kind::NetworkMiddlewareService
        | Kind::OperatorMetadataService
        | Kind::NetworkMetadataService => service::dispatch(host, kind, message),
        Kind::OperatorVaultOptInService | Kind::OperatorNetworkOptInService => {
            opt_in::dispatch(host, kind, message)
        }
        Kind::VaultConfigurator => configurator::dispatch(host, message),
        Kind::VaultImplementation | Kind::VaultTokenizedImplementation => {
            vault::dispatch_implementation(host, kind, message)
        }
        Kind::NetworkRestakeDelegatorImplementation
        | Kind::FullRestakeDelegatorImplementation
        | Kind::OperatorSpecificDelegatorImplementation
        | Kind::OperatorNetworkSpecificDelegatorImplementation => {
            delegator::dispatch_implementation(host, kind, message)
        }
        Kind::SlasherImplementation | Kind::VetoSlasherImplementation => {
            slasher::dispatch_implementation(host, kind, message)
        }
        Kind::BurnerRouterFactory | Kind::BurnerRouterImplementation => {
            router::dispatch_singleton(host, kind, message)
        }
        Kind::DefaultCollateralFactory | Kind::DefaultCollateralImplementation => {
            collateral::dispatch_singleton(host, kind, message)
        }
        Kind::StakerRewardsFactory | Kind::StakerRewardsImplementation => {
            staker_rewards::dispatch_singleton(host, kind, message)
        }
        Kind::OperatorRewardsFactory | Kind::OperatorRewardsImplementation => {
            operator_rewards::dispatch_singleton(host, kind, message)
        }
        Kind::CuratorRegistry => curator_registry::dispatch(host, message),
        Kind::FeeRegistry => fee_registry::dispatch(host, message),
        Kind::Rewards => rewards_v2::dispatch(host, message),
        _ => hints::dispatch(host, kind, message),
    }
}

/// Roles of the suite's contracts, for [`bondstone_kernel::access`].
#[must_use]
pub fn roles(state: &State) -> &Roles {
    &state.roles
}

/// Owners of the suite's contracts, for [`bondstone_kernel::ownable`].
#[must_use]
pub fn owners(state: &State) -> &Owners {
    &state.owners
}

/// `Time.timestamp()`: the block's time as a `uint48`.
///
/// # Errors
/// `SafeCastOverflowedUintDowncast(48, timestamp)`.
pub fn now(host: &SymbioticHost<'_>) -> Result<Timestamp, Revert> {
    Ok(Timestamp(math::to_u48(U256::from(host.block().timestamp))?))
}

/// The network of a subnetwork: its top 20 bytes. Source: `Subnetwork.network`.
#[must_use]
pub fn network_of(subnetwork: B256) -> Address {
    Address::from_slice(subnetwork.split_at(20).0)
}

/// The subnetwork of a network: its address and 96 bits of identifier.
/// Source: `Subnetwork.subnetwork`.
#[must_use]
pub fn subnetwork(network: Address, identifier: alloy_primitives::aliases::U96) -> B256 {
    let mut bytes = [0u8; 32];
    let parts = network.0.0.into_iter().chain(identifier.to_be_bytes::<12>());
    for (to, from) in bytes.iter_mut().zip(parts) {
        *to = from;
    }
    B256::from(bytes)
}

/// `abi.decode(data, (T))` for one value; a struct is one value, a list of parameters is not.
///
/// # Errors
/// A revert without data, as the compiler's decoder gives.
pub fn decode<T>(data: &[u8]) -> Result<T, Revert>
where
    T: SolValue + From<<T::SolType as SolType>::RustType>,
{
    T::abi_decode_validate(data).map_err(|_| Revert::empty())
}
