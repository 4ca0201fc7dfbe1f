//! The burner router and its factory.

use alloy_sol_types::sol;

sol! {
    /// `IBurnerRouter.NetworkReceiver`.
    #[derive(Debug, PartialEq)]
    struct NetworkReceiver {
        address network;
        address receiver;
    }

    /// `IBurnerRouter.OperatorNetworkReceiver`.
    #[derive(Debug, PartialEq)]
    struct OperatorNetworkReceiver {
        address network;
        address operator;
        address receiver;
    }

    /// `IBurnerRouter.InitParams`.
    #[derive(Debug, PartialEq)]
    struct RouterInitParams {
        address owner;
        address collateral;
        uint48 delay;
        address globalReceiver;
        NetworkReceiver[] networkReceivers;
        OperatorNetworkReceiver[] operatorNetworkReceivers;
    }

    /// `BurnerRouter`, without what it inherits from `Ownable`.
    #[derive(Debug, PartialEq)]
    interface BurnerRouter {
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

        error AlreadySet();
        error DuplicateNetworkReceiver();
        error DuplicateOperatorNetworkReceiver();
        error InsufficientBalance();
        error InvalidCollateral();
        error InvalidReceiver();
        error NotReady();

        function initialize(RouterInitParams calldata params) external;
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp
        ) external;
        function triggerTransfer(address receiver) external returns (uint256 amount);
        function setGlobalReceiver(address receiver) external;
        function acceptGlobalReceiver() external;
        function setNetworkReceiver(address network, address receiver) external;
        function acceptNetworkReceiver(address network) external;
        function setOperatorNetworkReceiver(address network, address operator, address receiver)
            external;
        function acceptOperatorNetworkReceiver(address network, address operator) external;
        function setDelay(uint48 newDelay) external;
        function acceptDelay() external;

        function balanceOf(address receiver) external view returns (uint256);
        function collateral() external view returns (address);
        function delay() external view returns (uint48);
        function globalReceiver() external view returns (address);
        function lastBalance() external view returns (uint256);
        function networkReceiver(address network) external view returns (address);
        function operatorNetworkReceiver(address network, address operator)
            external view returns (address);
        function pendingDelay() external view returns (uint48 value, uint48 timestamp);
        function pendingGlobalReceiver()
            external view returns (address value, uint48 timestamp);
        function pendingNetworkReceiver(address network)
            external view returns (address value, uint48 timestamp);
        function pendingOperatorNetworkReceiver(address network, address operator)
            external view returns (address value, uint48 timestamp);
    }

    /// `BurnerRouterFactory`, without what it inherits from `Registry`.
    #[derive(Debug, PartialEq)]
    interface BurnerRouterFactory {
        function create(RouterInitParams calldata params) external returns (address);
    }
}

pub use BurnerRouter::{
    AcceptDelay, AcceptGlobalReceiver, AcceptNetworkReceiver, AcceptOperatorNetworkReceiver,
    BurnerRouterCalls, SetDelay, SetGlobalReceiver, SetNetworkReceiver, SetOperatorNetworkReceiver,
    TriggerTransfer,
};
pub use BurnerRouterFactory::BurnerRouterFactoryCalls;

#[cfg(test)]
mod tests {
    use super::BurnerRouter as R;
    use alloy_primitives::hex;
    use alloy_sol_types::{SolCall, SolError, SolEvent};

    #[test]
    fn errors_have_the_selectors_of_the_specification() {
        let table = [
            ("AlreadySet()", R::AlreadySet::SELECTOR, "a741a045"),
            ("DuplicateNetworkReceiver()", R::DuplicateNetworkReceiver::SELECTOR, "4651a658"),
            (
                "DuplicateOperatorNetworkReceiver()",
                R::DuplicateOperatorNetworkReceiver::SELECTOR,
                "6f0612a5",
            ),
            ("InsufficientBalance()", R::InsufficientBalance::SELECTOR, "f4d678b8"),
            ("InvalidCollateral()", R::InvalidCollateral::SELECTOR, "d1ef4cea"),
            ("InvalidReceiver()", R::InvalidReceiver::SELECTOR, "1e4ec46b"),
            ("NotReady()", R::NotReady::SELECTOR, "9488aaa6"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn functions_have_the_selectors_of_the_specification() {
        let table = [
            ("initialize", R::initializeCall::SELECTOR, "42f929df"),
            ("onSlash", R::onSlashCall::SELECTOR, "065c1e03"),
            ("triggerTransfer", R::triggerTransferCall::SELECTOR, "a51b90be"),
            ("setGlobalReceiver", R::setGlobalReceiverCall::SELECTOR, "a472e384"),
            ("acceptGlobalReceiver", R::acceptGlobalReceiverCall::SELECTOR, "74df73dd"),
            ("setNetworkReceiver", R::setNetworkReceiverCall::SELECTOR, "acea136b"),
            ("acceptNetworkReceiver", R::acceptNetworkReceiverCall::SELECTOR, "0bcf996f"),
            ("setOperator", R::setOperatorNetworkReceiverCall::SELECTOR, "462dac19"),
            ("acceptOperator", R::acceptOperatorNetworkReceiverCall::SELECTOR, "898dc787"),
            ("setDelay", R::setDelayCall::SELECTOR, "40868ce6"),
            ("acceptDelay", R::acceptDelayCall::SELECTOR, "f6f371ee"),
            ("balanceOf", R::balanceOfCall::SELECTOR, "70a08231"),
            ("collateral", R::collateralCall::SELECTOR, "d8dfeb45"),
            ("delay", R::delayCall::SELECTOR, "6a42b8f8"),
            ("globalReceiver", R::globalReceiverCall::SELECTOR, "467aea20"),
            ("lastBalance", R::lastBalanceCall::SELECTOR, "8f1c56bd"),
            ("networkReceiver", R::networkReceiverCall::SELECTOR, "ae89186b"),
            ("operatorReceiver", R::operatorNetworkReceiverCall::SELECTOR, "d439351f"),
            ("pendingDelay", R::pendingDelayCall::SELECTOR, "4ca8f0ed"),
            ("pendingGlobal", R::pendingGlobalReceiverCall::SELECTOR, "3cf966c9"),
            ("pendingNetwork", R::pendingNetworkReceiverCall::SELECTOR, "03321289"),
            ("pendingOperator", R::pendingOperatorNetworkReceiverCall::SELECTOR, "0760bac4"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn events_have_the_topics_of_the_specification() {
        let table = [
            (
                R::AcceptDelay::SIGNATURE_HASH,
                "54b01918a30e934a38ff39572e9095d6c78b521b8efec12d15a1b485156257eb",
            ),
            (
                R::AcceptGlobalReceiver::SIGNATURE_HASH,
                "74167a6969567de7e1730e9b22e87e4fe263e7fa04bec628436c424fc7bd6b8e",
            ),
            (
                R::AcceptNetworkReceiver::SIGNATURE_HASH,
                "1a2023b9b05a5599a274f08b91afd34b22b21ea58b7ca66ef06897746db55b0f",
            ),
            (
                R::AcceptOperatorNetworkReceiver::SIGNATURE_HASH,
                "1261e5a4e7d8e8b5c4b7a8205d04deb702f9aa1eec8959839252b0636c6e45ab",
            ),
            (
                R::SetDelay::SIGNATURE_HASH,
                "c4694f5e679fbd4fa31b993053f3134c2857558c12fe87ce9ea6bf3b1ef21770",
            ),
            (
                R::SetGlobalReceiver::SIGNATURE_HASH,
                "81c31ea2c5656f89fc438850c31cc9b7ccd45beec811b7e0a71c64a98b61f7c5",
            ),
            (
                R::SetNetworkReceiver::SIGNATURE_HASH,
                "d324c14c83226723f8446d113edef5f1e51f1bcf8ac2a583ae5f5e7f27808f3f",
            ),
            (
                R::SetOperatorNetworkReceiver::SIGNATURE_HASH,
                "3692549eb3eb5e4546a8e42a78f360aaa361c0faf3345292813dfdfbcef3c887",
            ),
            (
                R::TriggerTransfer::SIGNATURE_HASH,
                "d5be285f1b0878becfe756e58f0cf3aa449bc4c406c2aae066f3a33d54e01ecf",
            ),
        ];
        for (topic, expected) in table {
            assert_eq!(hex::encode(topic), expected);
        }
    }
}
