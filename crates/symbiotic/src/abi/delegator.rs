//! The four delegators.

use alloy_sol_types::sol;

sol! {
    /// Events of the delegators.
    #[derive(Debug, PartialEq)]
    interface DelegatorEvents {
        event OnSlash(
            bytes32 indexed subnetwork, address indexed operator, uint256 amount,
            uint48 captureTimestamp
        );
        event SetHook(address indexed hook);
        event SetMaxNetworkLimit(bytes32 indexed subnetwork, uint256 amount);
        event SetNetworkLimit(bytes32 indexed subnetwork, uint256 amount);
        event SetOperatorNetworkLimit(
            bytes32 indexed subnetwork, address indexed operator, uint256 amount
        );
        event SetOperatorNetworkShares(
            bytes32 indexed subnetwork, address indexed operator, uint256 shares
        );
    }
}

pub use DelegatorEvents::{
    OnSlash, SetHook, SetMaxNetworkLimit, SetNetworkLimit, SetOperatorNetworkLimit,
    SetOperatorNetworkShares,
};
