//! Delegators: limits and shares per subnetwork and operator.

use super::Kind;
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, NONE, Table, Traces, ledger_state, ledger_value};

/// `TYPE()` of `NetworkRestakeDelegator`.
pub const NETWORK_RESTAKE: u64 = 0;
/// `TYPE()` of `FullRestakeDelegator`.
pub const FULL_RESTAKE: u64 = 1;
/// `TYPE()` of `OperatorSpecificDelegator`.
pub const OPERATOR_SPECIFIC: u64 = 2;
/// `TYPE()` of `OperatorNetworkSpecificDelegator`.
pub const OPERATOR_NETWORK_SPECIFIC: u64 = 3;

ledger_value! {
    /// What a delegator keeps besides limits.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct DelegatorConfig {
        /// Where the delegator lives.
        pub address: Address,
        /// 0 network restake, 1 full restake, 2 operator specific, 3 operator and network specific.
        pub delegator_type: u64,
        /// The vault it was made for.
        pub vault: Address,
        /// The hook called on slashes; zero is none.
        pub hook: Address,
        /// The only network (type 3), else zero.
        pub network: Address,
        /// The only operator (types 2 and 3), else zero.
        pub operator: Address,
    }
}

ledger_state! {
    /// What delegators keep, by dense delegator id.
    pub struct Delegators {
        /// Delegator ids by interned address, in order of creation.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<DelegatorConfig>,
        /// (delegator, subnetwork).
        pub limit_keys: Index<(Id, B256)>,
        /// `maxNetworkLimit`, not a history.
        pub max_network_limit: Table<U256>,
        /// History of `maxNetworkLimit` (type 3 keeps one).
        pub max_network_limit_history: Traces<U256>,
        /// History of `networkLimit` (types 0, 1, 2).
        pub network_limit: Traces<U256>,
        /// History of `totalOperatorNetworkShares` (type 0).
        pub total_operator_shares: Traces<U256>,
        /// (limit key, operator as interned address).
        pub operator_keys: Index<(Id, Id)>,
        /// History of `operatorNetworkShares` (type 0) or `operatorNetworkLimit` (type 1).
        pub operator_part: Traces<U256>,
    }
}

impl Delegators {
    /// Cell of the limits of `subnetwork` at the delegator `id`.
    #[must_use]
    pub fn limit_key(&self, id: Id, subnetwork: B256) -> Id {
        self.limit_keys.find(&(id, subnetwork))
    }

    /// Cell of the part of `operator` (interned) under a limit key.
    #[must_use]
    pub fn operator_key(&self, limit_key: Id, operator: Id) -> Id {
        self.operator_keys.find(&(limit_key, operator))
    }
}

/// The id under which an implementation contract keeps what it was told by direct calls. It counts
/// down from the last id, so that it meets no clone's id. [`NONE`] for other kinds.
///
/// A registered network can call `setMaxNetworkLimit` at an implementation: it succeeds and logs.
#[must_use]
pub fn implementation_id(kind: Kind) -> Id {
    match implementation_type(kind).map(u32::try_from) {
        Some(Ok(number)) => NONE.saturating_sub(number).saturating_sub(1),
        _ => NONE,
    }
}

/// `TYPE()` of an implementation contract, `None` for other kinds.
#[must_use]
pub fn implementation_type(kind: Kind) -> Option<u64> {
    Some(match kind {
        Kind::NetworkRestakeDelegatorImplementation => NETWORK_RESTAKE,
        Kind::FullRestakeDelegatorImplementation => FULL_RESTAKE,
        Kind::OperatorSpecificDelegatorImplementation => OPERATOR_SPECIFIC,
        Kind::OperatorNetworkSpecificDelegatorImplementation => OPERATOR_NETWORK_SPECIFIC,
        _ => return None,
    })
}
