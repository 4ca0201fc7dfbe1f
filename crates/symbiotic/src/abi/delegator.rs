//! The four delegators.

use alloy_sol_types::sol;

sol! {
    /// `IBaseDelegator.BaseParams`.
    #[derive(Debug, PartialEq)]
    struct DelegatorBaseParams {
        address defaultAdminRoleHolder;
        address hook;
        address hookSetRoleHolder;
    }

    /// `INetworkRestakeDelegator.InitParams`.
    #[derive(Debug, PartialEq)]
    struct NetworkRestakeInitParams {
        DelegatorBaseParams baseParams;
        address[] networkLimitSetRoleHolders;
        address[] operatorNetworkSharesSetRoleHolders;
    }

    /// `IFullRestakeDelegator.InitParams`.
    #[derive(Debug, PartialEq)]
    struct FullRestakeInitParams {
        DelegatorBaseParams baseParams;
        address[] networkLimitSetRoleHolders;
        address[] operatorNetworkLimitSetRoleHolders;
    }

    /// `IOperatorSpecificDelegator.InitParams`.
    #[derive(Debug, PartialEq)]
    struct OperatorSpecificInitParams {
        DelegatorBaseParams baseParams;
        address[] networkLimitSetRoleHolders;
        address operator;
    }

    /// `IOperatorNetworkSpecificDelegator.InitParams`.
    #[derive(Debug, PartialEq)]
    struct OperatorNetworkSpecificInitParams {
        DelegatorBaseParams baseParams;
        address network;
        address operator;
    }

    /// `IBaseDelegator.StakeBaseHints`.
    #[derive(Debug, Default, PartialEq)]
    struct StakeBaseHints {
        bytes operatorVaultOptInHint;
        bytes operatorNetworkOptInHint;
    }

    /// `INetworkRestakeDelegator.StakeHints`.
    #[derive(Debug, Default, PartialEq)]
    struct NetworkRestakeStakeHints {
        bytes baseHints;
        bytes activeStakeHint;
        bytes networkLimitHint;
        bytes totalOperatorNetworkSharesHint;
        bytes operatorNetworkSharesHint;
    }

    /// `IFullRestakeDelegator.StakeHints`.
    #[derive(Debug, Default, PartialEq)]
    struct FullRestakeStakeHints {
        bytes baseHints;
        bytes activeStakeHint;
        bytes networkLimitHint;
        bytes operatorNetworkLimitHint;
    }

    /// `IOperatorSpecificDelegator.StakeHints`.
    #[derive(Debug, Default, PartialEq)]
    struct OperatorSpecificStakeHints {
        bytes baseHints;
        bytes activeStakeHint;
        bytes networkLimitHint;
    }

    /// `IOperatorNetworkSpecificDelegator.StakeHints`.
    #[derive(Debug, Default, PartialEq)]
    struct OperatorNetworkSpecificStakeHints {
        bytes baseHints;
        bytes activeStakeHint;
        bytes maxNetworkLimitHint;
    }

    /// What the four delegators answer, log and refuse; each has a part of it.
    #[derive(Debug, PartialEq)]
    interface Delegator {
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

        error AlreadySet();
        error DuplicateRoleHolder();
        error ExceedsMaxNetworkLimit();
        error InsufficientHookGas();
        error InvalidNetwork();
        error MissingRoleHolders();
        error NotNetwork();
        error NotOperator();
        error NotSlasher();
        error NotVault();
        error ZeroAddressRoleHolder();

        function initialize(bytes data) external;
        function onSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes data
        ) external;
        function setHook(address hook) external;
        function setMaxNetworkLimit(uint96 identifier, uint256 amount) external;
        function setNetworkLimit(bytes32 subnetwork, uint256 amount) external;
        function setOperatorNetworkLimit(bytes32 subnetwork, address operator, uint256 amount)
            external;
        function setOperatorNetworkShares(bytes32 subnetwork, address operator, uint256 shares)
            external;
        function staticDelegateCall(address target, bytes data) external;

        function FACTORY() external view returns (address);
        function HOOK_GAS_LIMIT() external view returns (uint256);
        function HOOK_RESERVE() external view returns (uint256);
        function HOOK_SET_ROLE() external view returns (bytes32);
        function NETWORK_LIMIT_SET_ROLE() external view returns (bytes32);
        function NETWORK_REGISTRY() external view returns (address);
        function OPERATOR_NETWORK_LIMIT_SET_ROLE() external view returns (bytes32);
        function OPERATOR_NETWORK_OPT_IN_SERVICE() external view returns (address);
        function OPERATOR_NETWORK_SHARES_SET_ROLE() external view returns (bytes32);
        function OPERATOR_REGISTRY() external view returns (address);
        function OPERATOR_VAULT_OPT_IN_SERVICE() external view returns (address);
        function TYPE() external view returns (uint64);
        function VAULT_FACTORY() external view returns (address);
        function VERSION() external view returns (uint64);
        function hook() external view returns (address);
        function maxNetworkLimit(bytes32 subnetwork) external view returns (uint256);
        function maxNetworkLimitAt(bytes32 subnetwork, uint48 timestamp, bytes hint)
            external view returns (uint256);
        function network() external view returns (address);
        function networkLimit(bytes32 subnetwork) external view returns (uint256);
        function networkLimitAt(bytes32 subnetwork, uint48 timestamp, bytes hint)
            external view returns (uint256);
        function operator() external view returns (address);
        function operatorNetworkLimit(bytes32 subnetwork, address operator)
            external view returns (uint256);
        function operatorNetworkLimitAt(
            bytes32 subnetwork, address operator, uint48 timestamp, bytes hint
        ) external view returns (uint256);
        function operatorNetworkShares(bytes32 subnetwork, address operator)
            external view returns (uint256);
        function operatorNetworkSharesAt(
            bytes32 subnetwork, address operator, uint48 timestamp, bytes hint
        ) external view returns (uint256);
        function stake(bytes32 subnetwork, address operator) external view returns (uint256);
        function stakeAt(bytes32 subnetwork, address operator, uint48 timestamp, bytes hints)
            external view returns (uint256);
        function totalOperatorNetworkShares(bytes32 subnetwork) external view returns (uint256);
        function totalOperatorNetworkSharesAt(bytes32 subnetwork, uint48 timestamp, bytes hint)
            external view returns (uint256);
        function vault() external view returns (address);
    }
}

pub use Delegator::{
    AlreadySet, DelegatorCalls, DuplicateRoleHolder, ExceedsMaxNetworkLimit, InsufficientHookGas,
    InvalidNetwork, MissingRoleHolders, NotNetwork, NotOperator, NotSlasher, NotVault, OnSlash,
    SetHook, SetMaxNetworkLimit, SetNetworkLimit, SetOperatorNetworkLimit,
    SetOperatorNetworkShares, ZeroAddressRoleHolder,
};

#[cfg(test)]
mod tests {
    use super::Delegator::{DelegatorCalls, DelegatorErrors, DelegatorEvents};
    use alloy_primitives::{hex, keccak256};
    use alloy_sol_types::{SolEventInterface, SolInterface};

    /// Appendix A.4 and A.5 of the specification.
    const FUNCTIONS: [(&str, &str); 42] = [
        ("initialize(bytes)", "439fab91"),
        ("onSlash(bytes32,address,uint256,uint48,bytes)", "e49561ee"),
        ("setHook(address)", "3dfd3873"),
        ("setMaxNetworkLimit(uint96,uint256)", "23f752d5"),
        ("setNetworkLimit(bytes32,uint256)", "02145348"),
        ("setOperatorNetworkLimit(bytes32,address,uint256)", "020cf0c2"),
        ("setOperatorNetworkShares(bytes32,address,uint256)", "a33bc287"),
        ("staticDelegateCall(address,bytes)", "9f86fd85"),
        ("FACTORY()", "2dd31000"),
        ("HOOK_GAS_LIMIT()", "ff54740f"),
        ("HOOK_RESERVE()", "557cab44"),
        ("HOOK_SET_ROLE()", "6679191e"),
        ("NETWORK_LIMIT_SET_ROLE()", "7d24bb27"),
        ("NETWORK_REGISTRY()", "c0cd7c3e"),
        ("OPERATOR_NETWORK_LIMIT_SET_ROLE()", "518504ba"),
        ("OPERATOR_NETWORK_OPT_IN_SERVICE()", "1a80e500"),
        ("OPERATOR_NETWORK_SHARES_SET_ROLE()", "e78eb6ae"),
        ("OPERATOR_REGISTRY()", "83ce0322"),
        ("OPERATOR_VAULT_OPT_IN_SERVICE()", "128e5d82"),
        ("TYPE()", "bb24fe8a"),
        ("VAULT_FACTORY()", "103f2907"),
        ("VERSION()", "ffa1ad74"),
        ("hook()", "7f5a7c7b"),
        ("maxNetworkLimit(bytes32)", "d15b740e"),
        ("maxNetworkLimitAt(bytes32,uint48,bytes)", "437224a3"),
        ("network()", "6739afca"),
        ("networkLimit(bytes32)", "3eb22c0f"),
        ("networkLimitAt(bytes32,uint48,bytes)", "5d32a1c9"),
        ("operator()", "570ca735"),
        ("operatorNetworkLimit(bytes32,address)", "11422095"),
        ("operatorNetworkLimitAt(bytes32,address,uint48,bytes)", "94d2558a"),
        ("operatorNetworkShares(bytes32,address)", "42c53e33"),
        ("operatorNetworkSharesAt(bytes32,address,uint48,bytes)", "1a7a7044"),
        ("stake(bytes32,address)", "fd4d447c"),
        ("stakeAt(bytes32,address,uint48,bytes)", "e02f6937"),
        ("totalOperatorNetworkShares(bytes32)", "c43dc03f"),
        ("totalOperatorNetworkSharesAt(bytes32,uint48,bytes)", "8b3f10b0"),
        ("vault()", "fbfa77cf"),
        // Answered by the kernel's access control.
        ("DEFAULT_ADMIN_ROLE()", "a217fddf"),
        ("getRoleAdmin(bytes32)", "248a9ca3"),
        ("hasRole(bytes32,address)", "91d14854"),
        ("supportsInterface(bytes4)", "01ffc9a7"),
    ];

    /// Appendix A.3.
    const ERRORS: [(&str, &str); 11] = [
        ("AlreadySet()", "a741a045"),
        ("DuplicateRoleHolder()", "a281fdfa"),
        ("ExceedsMaxNetworkLimit()", "f77e0318"),
        ("InsufficientHookGas()", "80724751"),
        ("InvalidNetwork()", "86eab41b"),
        ("MissingRoleHolders()", "06a03eb2"),
        ("NotNetwork()", "8f54ee5c"),
        ("NotOperator()", "7c214f04"),
        ("NotSlasher()", "dabc4ad9"),
        ("NotVault()", "62df0545"),
        ("ZeroAddressRoleHolder()", "23cda067"),
    ];

    /// Appendix A.2.
    const EVENTS: [(&str, &str); 6] = [
        (
            "OnSlash(bytes32,address,uint256,uint48)",
            "741a5de99085c0d660f3e4192217b0ffb0ea4e35a0480de48e857a4bc3ee36ed",
        ),
        ("SetHook(address)", "5bbb1d3ebb6a3ad2a0f17ff35e579a83af60604d1d3c2a4c83c62adecadf666d"),
        (
            "SetMaxNetworkLimit(bytes32,uint256)",
            "c67e7929681aa1bccd63f52b3799bf5805f3009f197db6fdf584b14f7fbf608c",
        ),
        (
            "SetNetworkLimit(bytes32,uint256)",
            "00899d104fc3d8820bd96540612bcc5c448c8837b13b9f7faa43ad0728f0c14f",
        ),
        (
            "SetOperatorNetworkLimit(bytes32,address,uint256)",
            "fc9545f07ffadfb668efd0144cdcaf2d6e2c8192dce1ea9fc131934f9c90fc7e",
        ),
        (
            "SetOperatorNetworkShares(bytes32,address,uint256)",
            "739a5a3ec0ff71e2386d0013deac5f44e0935a98def2e2a5ddf9a709518c8294",
        ),
    ];

    #[test]
    fn the_interface_is_that_of_the_compiled_contracts() {
        let selector = |name: &str| hex::encode(&keccak256(name)[..4]);
        let declared: Vec<String> = DelegatorCalls::selectors().map(hex::encode).collect();
        let ours = FUNCTIONS.len() - 4;
        assert_eq!(declared.len(), ours);
        for (at, (name, want)) in FUNCTIONS.iter().enumerate() {
            assert_eq!(selector(name), *want, "{name}");
            assert_eq!(declared.contains(&(*want).to_owned()), at < ours, "{name}");
        }
        let declared: Vec<String> = DelegatorErrors::selectors().map(hex::encode).collect();
        assert_eq!(declared.len(), ERRORS.len());
        for (name, want) in ERRORS {
            assert_eq!(selector(name), want, "{name}");
            assert!(declared.contains(&want.to_owned()), "{name}");
        }
        assert_eq!(<DelegatorEvents as SolEventInterface>::COUNT, EVENTS.len());
        for (name, want) in EVENTS {
            assert_eq!(hex::encode(keccak256(name)), want, "{name}");
            let declared = DelegatorEvents::SELECTORS.iter().any(|t| hex::encode(t) == want);
            assert!(declared, "{name}");
        }
    }
}
