//! What the economy calls, as its clients would declare it.

use alloy_sol_types::sol;

sol! {
    interface Actions {
        event AddEntity(address indexed entity);

        struct Creation {
            uint64 version;
            address owner;
            bytes vaultParams;
            uint64 delegatorIndex;
            bytes delegatorParams;
            bool withSlasher;
            uint64 slasherIndex;
            bytes slasherParams;
        }

        struct StakerRewardsParams {
            address vault;
            uint256 adminFee;
            address defaultAdminRoleHolder;
            address adminFeeClaimRoleHolder;
            address adminFeeSetRoleHolder;
        }

        function registerNetwork() external;
        function registerOperator() external;
        function setMiddleware(address middleware) external;
        function optIn(address where) external;
        function create(Creation params) external returns (address, address, address);

        function approve(address spender, uint256 value) external returns (bool);
        function deposit(address onBehalfOf, uint256 amount) external returns (uint256, uint256);
        function withdraw(address claimer, uint256 amount) external returns (uint256, uint256);

        function setMaxNetworkLimit(uint96 identifier, uint256 amount) external;
        function setNetworkLimit(bytes32 subnetwork, uint256 amount) external;
        function setOperatorNetworkShares(bytes32 subnetwork, address operator, uint256 shares)
            external;
        function setOperatorNetworkLimit(bytes32 subnetwork, address operator, uint256 amount)
            external;
        function setResolver(uint96 identifier, address resolver, bytes hints) external;
        function slash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes hints
        ) external returns (uint256);
        function requestSlash(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp,
            bytes hints
        ) external returns (uint256);
    }

    interface StakerRewardsFactory {
        function create(Actions.StakerRewardsParams params) external returns (address);
    }

    interface OperatorRewardsFactory {
        function create() external returns (address);
    }

    interface StakerRewards {
        function distributeRewards(address network, address token, uint256 amount, bytes data)
            external;
        function claimRewards(address recipient, address token, bytes data) external;
    }

    interface OperatorRewards {
        function initialize() external;
        function distributeRewards(address network, address token, uint256 amount, bytes32 root)
            external;
        function claimRewards(
            address recipient, address network, address token, uint256 totalClaimable,
            bytes32[] proof
        ) external returns (uint256);
    }

    struct VaultParams {
        address collateral;
        address burner;
        uint48 epochDuration;
        bool depositWhitelist;
        bool isDepositLimit;
        uint256 depositLimit;
        address defaultAdminRoleHolder;
        address depositWhitelistSetRoleHolder;
        address depositorWhitelistRoleHolder;
        address isDepositLimitSetRoleHolder;
        address depositLimitSetRoleHolder;
    }

    struct VaultTokenizedParams {
        VaultParams base;
        string name;
        string symbol;
    }

    struct DelegatorBase {
        address defaultAdminRoleHolder;
        address hook;
        address hookSetRoleHolder;
    }

    struct RestakeParams {
        DelegatorBase base;
        address[] networkLimitSetRoleHolders;
        address[] operatorSetRoleHolders;
    }

    struct OperatorSpecificParams {
        DelegatorBase base;
        address[] networkLimitSetRoleHolders;
        address operator;
    }

    struct SlasherParams {
        bool isBurnerHook;
    }

    struct VetoSlasherParams {
        SlasherParams base;
        uint48 vetoDuration;
        uint256 resolverSetEpochsDelay;
    }
}
