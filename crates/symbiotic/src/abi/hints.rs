//! The hint helper contracts. What they read of their own storage is always zero and stands in an
//! interface of its own.

use alloy_sol_types::sol;

sol! {
    /// `Hints` and `StaticDelegateCallable`.
    #[derive(Debug, PartialEq)]
    interface Hints {
        error ExternalCall();

        function staticDelegateCall(address target, bytes data) external;
    }

    /// What the helpers ask a delegator, a slasher or a vault.
    #[derive(Debug, PartialEq)]
    interface Hinted {
        function OPERATOR_NETWORK_OPT_IN_SERVICE() external view returns (address);
        function OPERATOR_VAULT_OPT_IN_SERVICE() external view returns (address);
        function TYPE() external view returns (uint64);
        function delegator() external view returns (address);
        function slashRequests(uint256 slashIndex)
            external view returns (
                bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
                uint48 vetoDeadline, bool completed
            );
        function vault() external view returns (address);
    }

    /// `VaultHints`.
    #[derive(Debug, PartialEq)]
    interface VaultHints {
        function activeBalanceOfHints(address vault, address account, uint48 timestamp)
            external view returns (bytes);
        function activeSharesHint(address vault, uint48 timestamp) external view returns (bytes);
        function activeSharesHintInternal(uint48 timestamp) external view returns (bool, uint32);
        function activeSharesOfHint(address vault, address account, uint48 timestamp)
            external view returns (bytes);
        function activeSharesOfHintInternal(address account, uint48 timestamp)
            external view returns (bool, uint32);
        function activeStakeHint(address vault, uint48 timestamp) external view returns (bytes);
        function activeStakeHintInternal(uint48 timestamp) external view returns (bool, uint32);
    }

    /// Storage of `VaultHints`.
    #[derive(Debug, PartialEq)]
    interface VaultHintsStorage {
        function burner() external view returns (address);
        function collateral() external view returns (address);
        function delegator() external view returns (address);
        function depositLimit() external view returns (uint256);
        function depositWhitelist() external view returns (bool);
        function epochDuration() external view returns (uint48);
        function epochDurationInit() external view returns (uint48);
        function isDelegatorInitialized() external view returns (bool);
        function isDepositLimit() external view returns (bool);
        function isDepositorWhitelisted(address account) external view returns (bool);
        function isSlasherInitialized() external view returns (bool);
        function isWithdrawalsClaimed(uint256 epoch, address account)
            external view returns (bool);
        function slasher() external view returns (address);
        function withdrawalShares(uint256 epoch) external view returns (uint256);
        function withdrawalSharesOf(uint256 epoch, address account)
            external view returns (uint256);
        function withdrawals(uint256 epoch) external view returns (uint256);
    }

    /// `OptInServiceHints`.
    #[derive(Debug, PartialEq)]
    interface OptInServiceHints {
        function optInHint(address optInService, address who, address where, uint48 timestamp)
            external view returns (bytes);
        function optInHintInternal(address who, address where, uint48 timestamp)
            external view returns (bool, uint32);
    }

    /// Storage of `OptInServiceHints`.
    #[derive(Debug, PartialEq)]
    interface OptInServiceHintsStorage {
        function nonces(address who, address where) external view returns (uint256);
    }

    /// `BaseDelegatorHints`.
    #[derive(Debug, PartialEq)]
    interface BaseDelegatorHints {
        function FULL_RESTAKE_DELEGATOR_HINTS() external view returns (address);
        function NETWORK_RESTAKE_DELEGATOR_HINTS() external view returns (address);
        function OPERATOR_NETWORK_SPECIFIC_DELEGATOR_HINTS() external view returns (address);
        function OPERATOR_SPECIFIC_DELEGATOR_HINTS() external view returns (address);
        function OPT_IN_SERVICE_HINTS() external view returns (address);
        function stakeBaseHints(
            address delegator, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
        function stakeHints(
            address delegator, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
    }

    /// What the helpers of the four delegators share.
    #[derive(Debug, PartialEq)]
    interface DelegatorHints {
        function BASE_DELEGATOR_HINTS() external view returns (address);
        function VAULT_HINTS() external view returns (address);
        function stakeHints(
            address delegator, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
    }

    /// Storage of the helpers of all delegators.
    #[derive(Debug, PartialEq)]
    interface DelegatorHintsStorage {
        function hook() external view returns (address);
        function maxNetworkLimit(bytes32 subnetwork) external view returns (uint256);
        function vault() external view returns (address);
    }

    /// What the helpers of delegator types 0, 1 and 2 share.
    #[derive(Debug, PartialEq)]
    interface NetworkLimitHints {
        function networkLimitHint(address delegator, bytes32 subnetwork, uint48 timestamp)
            external view returns (bytes);
        function networkLimitHintInternal(bytes32 subnetwork, uint48 timestamp)
            external view returns (bool, uint32);
    }

    /// What only `NetworkRestakeDelegatorHints` has.
    #[derive(Debug, PartialEq)]
    interface NetworkRestakeDelegatorHints {
        function operatorNetworkSharesHint(
            address delegator, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
        function operatorNetworkSharesHintInternal(
            bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bool, uint32);
        function totalOperatorNetworkSharesHint(
            address delegator, bytes32 subnetwork, uint48 timestamp
        ) external view returns (bytes);
        function totalOperatorNetworkSharesHintInternal(bytes32 subnetwork, uint48 timestamp)
            external view returns (bool, uint32);
    }

    /// What only `FullRestakeDelegatorHints` has.
    #[derive(Debug, PartialEq)]
    interface FullRestakeDelegatorHints {
        function operatorNetworkLimitHint(
            address delegator, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
        function operatorNetworkLimitHintInternal(
            bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bool, uint32);
    }

    /// Storage that only `OperatorSpecificDelegatorHints` has.
    #[derive(Debug, PartialEq)]
    interface OperatorSpecificHintsStorage {
        function operator() external view returns (address);
    }

    /// What only `OperatorNetworkSpecificDelegatorHints` has.
    #[derive(Debug, PartialEq)]
    interface OperatorNetworkSpecificDelegatorHints {
        function maxNetworkLimitHint(address delegator, bytes32 subnetwork, uint48 timestamp)
            external view returns (bytes);
        function maxNetworkLimitHintInternal(bytes32 subnetwork, uint48 timestamp)
            external view returns (bool, uint32);
    }

    /// Storage that only `OperatorNetworkSpecificDelegatorHints` has.
    #[derive(Debug, PartialEq)]
    interface OperatorNetworkSpecificHintsStorage {
        function network() external view returns (address);
        function operator() external view returns (address);
    }

    /// `BaseSlasherHints`.
    #[derive(Debug, PartialEq)]
    interface BaseSlasherHints {
        function BASE_DELEGATOR_HINTS() external view returns (address);
        function SLASHER_HINTS() external view returns (address);
        function VETO_SLASHER_HINTS() external view returns (address);
        function cumulativeSlashHint(
            address slasher, bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bytes);
        function cumulativeSlashHintInternal(
            bytes32 subnetwork, address operator, uint48 timestamp
        ) external view returns (bool, uint32);
        function slashableStakeHints(
            address slasher, bytes32 subnetwork, address operator, uint48 captureTimestamp
        ) external view returns (bytes);
    }

    /// `SlasherHints`.
    #[derive(Debug, PartialEq)]
    interface SlasherHints {
        function BASE_SLASHER_HINTS() external view returns (address);
        function slashHints(
            address slasher, bytes32 subnetwork, address operator, uint48 captureTimestamp
        ) external view returns (bytes);
    }

    /// `VetoSlasherHints`.
    #[derive(Debug, PartialEq)]
    interface VetoSlasherHints {
        function BASE_SLASHER_HINTS() external view returns (address);
        function executeSlashHints(address slasher, uint256 slashIndex)
            external view returns (bytes);
        function requestSlashHints(
            address slasher, bytes32 subnetwork, address operator, uint48 captureTimestamp
        ) external view returns (bytes);
        function resolverHint(address slasher, bytes32 subnetwork, uint48 timestamp)
            external view returns (bytes);
        function resolverHintInternal(bytes32 subnetwork, uint48 timestamp)
            external view returns (bool, uint32);
        function setResolverHints(address slasher, bytes32 subnetwork, uint48 timestamp)
            external view returns (bytes);
        function vetoSlashHints(address slasher, uint256 slashIndex)
            external view returns (bytes);
    }

    /// Storage of the helpers of both slashers.
    #[derive(Debug, PartialEq)]
    interface SlasherHintsStorage {
        function isBurnerHook() external view returns (bool);
        function latestSlashedCaptureTimestamp(bytes32 subnetwork, address operator)
            external view returns (uint48);
        function vault() external view returns (address);
    }

    /// Storage that only `VetoSlasherHints` has, besides its empty list of requests.
    #[derive(Debug, PartialEq)]
    interface VetoSlasherHintsStorage {
        function resolverSetEpochsDelay() external view returns (uint256);
        function vetoDuration() external view returns (uint48);
    }
}

pub use Hints::ExternalCall;

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolCall;

    #[test]
    fn selectors_are_those_of_the_compiled_helper() {
        let table: [(&str, [u8; 4], u32); 9] = [
            (
                "activeBalanceOfHints(address,address,uint48)",
                VaultHints::activeBalanceOfHintsCall::SELECTOR,
                0xf9e1_bf6c,
            ),
            (
                "activeSharesHint(address,uint48)",
                VaultHints::activeSharesHintCall::SELECTOR,
                0x8326_056f,
            ),
            (
                "activeSharesHintInternal(uint48)",
                VaultHints::activeSharesHintInternalCall::SELECTOR,
                0x55a2_c672,
            ),
            (
                "activeSharesOfHint(address,address,uint48)",
                VaultHints::activeSharesOfHintCall::SELECTOR,
                0xde49_9716,
            ),
            (
                "activeSharesOfHintInternal(address,uint48)",
                VaultHints::activeSharesOfHintInternalCall::SELECTOR,
                0xeb55_6238,
            ),
            (
                "activeStakeHint(address,uint48)",
                VaultHints::activeStakeHintCall::SELECTOR,
                0x64b0_3fdc,
            ),
            (
                "activeStakeHintInternal(uint48)",
                VaultHints::activeStakeHintInternalCall::SELECTOR,
                0x6756_7add,
            ),
            (
                "staticDelegateCall(address,bytes)",
                Hints::staticDelegateCallCall::SELECTOR,
                0x9f86_fd85,
            ),
            ("slashRequests(uint256)", Hinted::slashRequestsCall::SELECTOR, 0x9a89_6551),
        ];
        for (name, selector, expected) in table {
            assert_eq!(selector, expected.to_be_bytes(), "{name}");
        }
    }

    #[test]
    fn a_call_from_outside_has_its_selector() {
        use alloy_sol_types::SolError;
        assert_eq!(ExternalCall::SELECTOR, 0xf948_ebca_u32.to_be_bytes());
    }
}
