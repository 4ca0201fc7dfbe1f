//! The instant and the veto slasher.

use alloy_sol_types::sol;

sol! {
    /// Events of the slashers.
    #[derive(Debug, PartialEq)]
    interface SlasherEvents {
        event Slash(
            bytes32 indexed subnetwork, address indexed operator, uint256 slashedAmount,
            uint48 captureTimestamp
        );
        event RequestSlash(
            uint256 indexed slashIndex, bytes32 indexed subnetwork, address indexed operator,
            uint256 slashAmount, uint48 captureTimestamp, uint48 vetoDeadline
        );
        event ExecuteSlash(uint256 indexed slashIndex, uint256 slashedAmount);
        event VetoSlash(uint256 indexed slashIndex, address indexed resolver);
        event SetResolver(bytes32 indexed subnetwork, address resolver);
    }
}

pub use SlasherEvents::{ExecuteSlash, RequestSlash, SetResolver, Slash, VetoSlash};
