//! Delegators: limits and shares per subnetwork and operator.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, Table, Traces, ledger_state};

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
