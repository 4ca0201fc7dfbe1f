//! The burner router and its factory.

use alloy_sol_types::sol;

sol! {
    /// Events of the burner router.
    #[derive(Debug, PartialEq)]
    interface RouterEvents {
        event TriggerTransfer(address indexed receiver, uint256 amount);
        event SetGlobalReceiver(address receiver);
        event AcceptGlobalReceiver();
        event SetNetworkReceiver(address indexed network, address receiver);
        event AcceptNetworkReceiver(address indexed network);
        event SetOperatorNetworkReceiver(
            address indexed network, address indexed operator, address receiver
        );
        event AcceptOperatorNetworkReceiver(address indexed network, address indexed operator);
        event SetDelay(uint48 delay);
        event AcceptDelay();
    }
}

pub use RouterEvents::{
    AcceptDelay, AcceptGlobalReceiver, AcceptNetworkReceiver, AcceptOperatorNetworkReceiver,
    SetDelay, SetGlobalReceiver, SetNetworkReceiver, SetOperatorNetworkReceiver, TriggerTransfer,
};
