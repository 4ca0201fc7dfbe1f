//! Rewards V2: the registry of curators, the registry of fees, and the one rewards contract.
//!
//! Names, types and order of fields are those of the versions that the traces in
//! `vectors/symbiotic-rewards` show; `docs/models/symbiotic.md` says which.

pub use contract::Rewards;
pub use curators::CuratorRegistry;
pub use fees::FeeRegistry;

/// `CuratorRegistry`: who curates a vault, with history.
pub mod curators {
    use alloy_sol_types::sol;

    sol! {
        /// `CuratorRegistry`.
        #[derive(Debug, PartialEq)]
        interface CuratorRegistry {
            event SetCurator(address indexed vault, address indexed curator);

            error NotAuthorized();

            function initialize(address owner) external;
            function setCurator(address vault, address curator) external;
            function getCurator(address vault) external view returns (address);
            function getCuratorAt(address vault, uint48 timestamp, bytes memory hint)
                external view returns (address);
            function multicall(bytes[] calldata data) external returns (bytes[] memory results);
            function staticDelegateCall(address target, bytes calldata data) external;
        }
    }

    pub use CuratorRegistry::{CuratorRegistryCalls, SetCurator};
}

/// `FeeRegistry`: fees of curators, operators and the protocol, in parts of a million.
pub mod fees {
    use alloy_sol_types::sol;

    sol! {
        /// Hints for a fee that a network may override; `IFeeRegistry.OperatorsFeeAtHints` and
        /// `CuratorFeeAtHints` have this shape.
        #[derive(Debug, Default, PartialEq)]
        struct FeeAtHints {
            bytes networkFeeHint;
            bytes defaultFeeHint;
        }

        /// `FeeRegistry`, without what it inherits from `Ownable`.
        #[derive(Debug, PartialEq)]
        interface FeeRegistry {
            event SetOperatorsFee(address indexed vault, uint256 fee);
            event SetOperatorsNetworkFee(
                address indexed vault, address indexed network, bool enable, uint256 fee
            );
            event SetCuratorFee(address indexed vault, uint256 fee);
            event SetCuratorNetworkFee(
                address indexed vault, address indexed network, bool enable, uint256 fee
            );
            event SetProtocolFee(bytes32 indexed id, bool enable, uint256 fee);

            error FeeTooHigh();
            error NotCurator();

            function initialize(address owner) external;
            function setOperatorsFee(address vault, uint256 fee) external;
            function setOperatorsNetworkFee(
                address vault, address network, bool enable, uint256 fee
            ) external;
            function setCuratorFee(address vault, uint256 fee) external;
            function setCuratorNetworkFee(
                address vault, address network, bool enable, uint256 fee
            ) external;
            function setProtocolFee(bytes32 id, bool enable, uint256 fee) external;

            function MAX_FEE() external view returns (uint256);
            function MAX_PARTICIPANT_FEE() external view returns (uint256);
            function CURATOR_REGISTRY() external view returns (address);
            function getOperatorsFee(address vault, address network)
                external view returns (uint256 fee);
            function getOperatorsFeeAt(
                address vault, address network, uint48 timestamp, bytes memory hints
            ) external view returns (uint256 fee);
            function getOperatorsNetworkFee(address vault, address network)
                external view returns (bool isEnabled, uint256 fee);
            function getOperatorsNetworkFeeAt(
                address vault, address network, uint48 timestamp, bytes memory hint
            ) external view returns (bool isEnabled, uint256 fee);
            function getOperatorsDefaultFee(address vault) external view returns (uint256 fee);
            function getOperatorsDefaultFeeAt(address vault, uint48 timestamp, bytes memory hint)
                external view returns (uint256 fee);
            function getCuratorFee(address vault, address network)
                external view returns (uint256 fee);
            function getCuratorFeeAt(
                address vault, address network, uint48 timestamp, bytes memory hints
            ) external view returns (uint256 fee);
            function getCuratorNetworkFee(address vault, address network)
                external view returns (bool isEnabled, uint256 fee);
            function getCuratorNetworkFeeAt(
                address vault, address network, uint48 timestamp, bytes memory hint
            ) external view returns (bool isEnabled, uint256 fee);
            function getCuratorDefaultFee(address vault) external view returns (uint256 fee);
            function getCuratorDefaultFeeAt(address vault, uint48 timestamp, bytes memory hint)
                external view returns (uint256 fee);
            function getProtocolFee(bytes32 id)
                external view returns (bool isEnabled, uint256 fee);
            function multicall(bytes[] calldata data) external returns (bytes[] memory results);
            function staticDelegateCall(address target, bytes calldata data) external;
        }
    }

    pub use FeeRegistry::{
        FeeRegistryCalls, SetCuratorFee, SetCuratorNetworkFee, SetOperatorsFee,
        SetOperatorsNetworkFee, SetProtocolFee,
    };
}

/// `Rewards`: both rails and the fees on them.
pub mod contract {
    use alloy_sol_types::sol;

    sol! {
        /// `ICumulativeMerkleRewards.CumulativeDistribution`.
        #[derive(Debug, PartialEq)]
        struct CumulativeDistribution {
            uint48 timestamp;
            bytes32 merkleRoot;
        }

        /// `ICumulativeMerkleRewards.TokenAmount`: everything ever distributed of a token.
        #[derive(Debug, PartialEq)]
        struct TokenAmount {
            uint64 chainId;
            address token;
            uint256 amount;
        }

        /// `ICumulativeMerkleRewards.CumulativeDistributionLeaf`: what a rewardee claims by. The
        /// rewardee and the chain are added by the contract.
        #[derive(Debug, PartialEq)]
        struct CumulativeDistributionLeaf {
            address token;
            uint256 rewardeeType;
            uint256 amount;
            bytes32 rewardeeDataHash;
        }

        /// `IVaultSnapshotRewards.RewardDistribution`.
        #[derive(Debug, PartialEq)]
        struct RewardDistribution {
            uint96 subnetworkId;
            address delegator;
            uint64 delegatorType;
            uint48 timestamp;
            uint256 amount;
            uint256 operatorsFees;
        }

        /// `IVaultSnapshotRewards.DistributeVaultSnapshotRewardsHints`.
        #[derive(Debug, Default, PartialEq)]
        struct DistributeVaultSnapshotRewardsHints {
            bytes activeSharesHint;
            bytes curatorFeeHint;
            bytes operatorsFeeHint;
            bytes totalOperatorNetworkSharesHint;
        }

        /// `Rewards`, without what it inherits from `Ownable`.
        #[derive(Debug, PartialEq)]
        interface Rewards {
            event AccountProtocolFees(
                uint64 indexed rewardsType, address indexed network, address indexed token,
                uint256 fees
            );
            event ClaimProtocolFees(address indexed token, uint256 fees);
            event AccountCuratorFees(
                uint64 indexed rewardsType, address indexed vault, address indexed network,
                address token, uint256 fees
            );
            event ClaimCuratorFees(address indexed vault, address indexed token, uint256 amount);
            event DistributeVaultSnapshotRewards(
                address indexed network, address indexed token, address indexed vault,
                uint96 subnetworkId, uint48 timestamp, uint256 amount, uint256 curatorFee,
                uint256 operatorsFee
            );
            event ClaimVaultSnapshotRewards(
                address indexed staker, address indexed network, address indexed token,
                address vault, uint256 amount, uint256 firstRewardToClaim, uint256 rewardsToClaim
            );
            event ClaimOperatorFees(
                address indexed operator, address indexed network, address indexed token,
                address vault, uint256 amount, uint256 firstRewardToClaim, uint256 rewardsToClaim
            );
            event SetProtocol(address indexed protocol);
            event SetRewarder(address indexed network, address rewarder);
            event DepositCumulativeMerkleRewards(
                address indexed network, address indexed token, uint256 amount
            );
            event WithdrawCumulativeMerkleRewards(
                address indexed network, address indexed token, uint256 amount
            );
            event DistributeCumulativeMerkleRewards(
                address indexed network, CumulativeDistribution cumulativeDistribution
            );
            event ClaimCumulativeMerkleRewards(
                address indexed rewardee, address indexed network, CumulativeDistributionLeaf leaf
            );

            error InsufficientClaimableFees();
            error InsufficientDeposit();
            error InsufficientReward();
            error InvalidDelegatorType();
            error InvalidLastUnclaimedReward();
            error InvalidMerkleProof();
            error InvalidMerkleRoot();
            error InvalidRecipient();
            error InvalidRewardTimestamp();
            error InvalidRewardType();
            error InvalidSignature();
            error InvalidTimestamp();
            error InvalidToken();
            error NoCumulativeRewardsToClaim();
            error NoRewardsToClaim();
            error NotCurator();
            error NotNetworkOrMiddleware();
            error NotOperator();
            error NotRewarder();
            error NotVault();
            error RootAlreadySet();

            function initialize(address owner) external;
            function multicall(bytes[] calldata data) external returns (bytes[] memory results);
            function claimRewards(address recipient, address token, bytes calldata data)
                external;

            function claimProtocolFees(address recipient, address token)
                external returns (uint256 fees);
            function claimCuratorFees(address recipient, address vault, address token) external;
            function distributeVaultSnapshotRewards(
                bytes32 subnetwork, address token, address vault, uint256 amount,
                uint48 timestamp, bytes calldata hints
            ) external;
            function claimVaultSnapshotRewards(
                address recipient, address network, address token, address vault,
                uint256 lastUnclaimedRewards, uint256 firstRewardToClaim, uint256 rewardsToClaim,
                bytes[] memory activeSharesHints
            ) external;
            function claimOperatorFees(
                address recipient, address network, address token, address vault,
                uint256 lastUnclaimedRewards, uint256 firstRewardToClaim, uint256 rewardsToClaim,
                bytes calldata extraData
            ) external;
            function setProtocol(address protocol) external;
            function setRewarder(address rewarder) external;
            function depositCumulativeMerkleRewards(
                address network, address token, uint256 amount
            ) external;
            function withdrawCumulativeMerkleRewards(
                address recipient, address network, address token, uint256 amount
            ) external;
            function distributeCumulativeMerkleRewards(
                address network, CumulativeDistribution calldata cumulativeDistribution,
                TokenAmount[] calldata totalAmounts, bytes calldata protocolSignature,
                bytes calldata rewarderSignature
            ) external;
            function claimCumulativeMerkleRewards(
                address recipient, address network, CumulativeDistributionLeaf calldata leaf,
                bytes32[] calldata proof, bytes32 merkleRoot
            ) external;

            function MAX_FEE() external view returns (uint256);
            function FEE_REGISTRY() external view returns (address);
            function CURATOR_REGISTRY() external view returns (address);
            function VAULT_FACTORY() external view returns (address);
            function NETWORK_REGISTRY() external view returns (address);
            function NETWORK_MIDDLEWARE_SERVICE() external view returns (address);
            function protocolFees(address token) external view returns (uint256);
            function protocolFee(uint64 rewardsType, address network)
                external view returns (uint256);
            function distributionToTotalAmount(
                uint64 rewardsType, address network, uint256 distributionAmount
            ) external view returns (uint256);
            function totalToDistributionAmount(
                uint64 rewardsType, address network, uint256 totalDistributionAmount
            ) external view returns (uint256);
            function curatorFees(address vault, address token) external view returns (uint256);
            function rewardsLength(address vault, address network, address token)
                external view returns (uint256);
            function rewards(address vault, address network, address token, uint256 index)
                external view returns (RewardDistribution memory);
            function lastUnclaimedReward(
                address account, address vault, address network, address token
            ) external view returns (uint256);
            function lastUnclaimedOperatorReward(
                address account, address vault, address network, address token
            ) external view returns (uint256);
            function lastCumulativeDistribution(address network)
                external view returns (CumulativeDistribution memory);
            function lastTotalAmount(address network, address token)
                external view returns (uint256);
            function isCumulativeDistributionRoot(address network, bytes32 root)
                external view returns (bool);
            function balance(address network, address token)
                external view returns (uint256 amount);
            function claimed(
                address network, address token, address rewardee, uint256 rewardeeType
            ) external view returns (uint256 amount);
            function rewarder(address network) external view returns (address);
            function protocol() external view returns (address);
            function eip712Domain() external view returns (
                bytes1 fields, string memory name, string memory version, uint256 chainId,
                address verifyingContract, bytes32 salt, uint256[] memory extensions
            );
            function hashTypedDataV4(bytes32 structHash) external view returns (bytes32);
            function hashTypedDataV4CrossChain(bytes32 structHash)
                external view returns (bytes32);
        }
    }

    pub use Rewards::{
        AccountCuratorFees, AccountProtocolFees, ClaimCumulativeMerkleRewards, ClaimCuratorFees,
        ClaimOperatorFees, ClaimProtocolFees, ClaimVaultSnapshotRewards,
        DepositCumulativeMerkleRewards, DistributeCumulativeMerkleRewards,
        DistributeVaultSnapshotRewards, RewardsCalls, SetProtocol, SetRewarder,
        WithdrawCumulativeMerkleRewards,
    };
}

#[cfg(test)]
mod tests {
    use super::contract::Rewards as R;
    use super::curators::CuratorRegistry as C;
    use super::fees::FeeRegistry as F;
    use alloy_primitives::hex;
    use alloy_sol_types::{SolCall, SolError, SolEvent};

    #[test]
    fn errors_have_the_selectors_of_the_traces() {
        let table = [
            ("InvalidMerkleProof", R::InvalidMerkleProof::SELECTOR, "b05e92fa"),
            ("NoCumulativeRewardsToClaim", R::NoCumulativeRewardsToClaim::SELECTOR, "3ba77cd5"),
            ("InvalidSignature", R::InvalidSignature::SELECTOR, "8baa579f"),
            ("InsufficientDeposit", R::InsufficientDeposit::SELECTOR, "0e1eddda"),
            ("InvalidTimestamp", R::InvalidTimestamp::SELECTOR, "b7d09497"),
            ("RootAlreadySet", R::RootAlreadySet::SELECTOR, "b466ddbf"),
            ("InvalidMerkleRoot", R::InvalidMerkleRoot::SELECTOR, "9dd854d3"),
            ("NotRewarder", R::NotRewarder::SELECTOR, "0aa9c951"),
            ("InsufficientClaimableFees", R::InsufficientClaimableFees::SELECTOR, "457a4db4"),
            ("InvalidRewardTimestamp", R::InvalidRewardTimestamp::SELECTOR, "d49b0852"),
            ("NoRewardsToClaim", R::NoRewardsToClaim::SELECTOR, "73380d99"),
            ("NotVault", R::NotVault::SELECTOR, "62df0545"),
            ("NotCurator", R::NotCurator::SELECTOR, "56b381a5"),
            ("NotNetworkOrMiddleware", R::NotNetworkOrMiddleware::SELECTOR, "b4b07556"),
            ("InvalidRecipient", R::InvalidRecipient::SELECTOR, "9c8d2cd2"),
            ("InvalidLastUnclaimedReward", R::InvalidLastUnclaimedReward::SELECTOR, "93df870b"),
            ("InsufficientReward", R::InsufficientReward::SELECTOR, "d77b6db6"),
            ("FeeTooHigh", F::FeeTooHigh::SELECTOR, "cd4e6167"),
            ("NotCurator", F::NotCurator::SELECTOR, "56b381a5"),
            ("NotAuthorized", C::NotAuthorized::SELECTOR, "ea8e4eb5"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn functions_have_the_selectors_of_the_traces() {
        let table = [
            ("setProtocol", R::setProtocolCall::SELECTOR, "0a9d793d"),
            ("setRewarder", R::setRewarderCall::SELECTOR, "3a6462e4"),
            (
                "depositCumulativeMerkleRewards",
                R::depositCumulativeMerkleRewardsCall::SELECTOR,
                "908329f6",
            ),
            (
                "distributeCumulativeMerkleRewards",
                R::distributeCumulativeMerkleRewardsCall::SELECTOR,
                "de14c35b",
            ),
            ("claimProtocolFees", R::claimProtocolFeesCall::SELECTOR, "77c654a3"),
            (
                "claimCumulativeMerkleRewards",
                R::claimCumulativeMerkleRewardsCall::SELECTOR,
                "ad8320fd",
            ),
            (
                "withdrawCumulativeMerkleRewards",
                R::withdrawCumulativeMerkleRewardsCall::SELECTOR,
                "72e830fa",
            ),
            (
                "distributeVaultSnapshotRewards",
                R::distributeVaultSnapshotRewardsCall::SELECTOR,
                "c5a8f83c",
            ),
            ("claimVaultSnapshotRewards", R::claimVaultSnapshotRewardsCall::SELECTOR, "363e5969"),
            ("claimOperatorFees", R::claimOperatorFeesCall::SELECTOR, "6635f736"),
            ("claimCuratorFees", R::claimCuratorFeesCall::SELECTOR, "d1216d0a"),
            ("claimRewards", R::claimRewardsCall::SELECTOR, "5d0b5205"),
            ("multicall", R::multicallCall::SELECTOR, "ac9650d8"),
            ("setProtocolFee", F::setProtocolFeeCall::SELECTOR, "f757168a"),
            ("setOperatorsFee", F::setOperatorsFeeCall::SELECTOR, "aed0ae2d"),
            ("setCuratorFee", F::setCuratorFeeCall::SELECTOR, "42370fd9"),
            ("setOperatorsNetworkFee", F::setOperatorsNetworkFeeCall::SELECTOR, "9940df1c"),
            ("setCuratorNetworkFee", F::setCuratorNetworkFeeCall::SELECTOR, "40d39ba6"),
            ("setCurator", C::setCuratorCall::SELECTOR, "f9559f76"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn events_have_the_topics_of_the_traces() {
        let table = [
            (
                R::SetProtocol::SIGNATURE_HASH,
                "64bb3d1efea184c5281e346cdecb8a60e15240c8b0978166a74f8a9b50918c26",
            ),
            (
                R::SetRewarder::SIGNATURE_HASH,
                "8fad2813325f249edfff17f0c9d628c4a5cec339f77e49be1adb67862b4a6022",
            ),
            (
                R::DepositCumulativeMerkleRewards::SIGNATURE_HASH,
                "ca38721e490d806706270f5c048651ed3d32fcdbcd162327353da43408c0cf6f",
            ),
            (
                R::AccountProtocolFees::SIGNATURE_HASH,
                "0d6d7b8dfb5a2d4658c5aec0a2360b696002baf9e3701b7f002383b6aafc17fe",
            ),
            (
                R::DistributeCumulativeMerkleRewards::SIGNATURE_HASH,
                "74f1855e6faffc99b8241a8a9731c68126e1e7d4994755416affb37e4be4e443",
            ),
            (
                R::ClaimProtocolFees::SIGNATURE_HASH,
                "175b790d44599ca70432cc8d1406504cb3a28fc13ff995c06dde6663412b211a",
            ),
            (
                R::ClaimCumulativeMerkleRewards::SIGNATURE_HASH,
                "492672ab99d706b967ef3fcb5e7c718810bcfbc31c344df739da81a4ccba98f2",
            ),
            (
                R::WithdrawCumulativeMerkleRewards::SIGNATURE_HASH,
                "ef62027c225197f50d414cd39a4109ca6a8fe2730f5b3506bdef6eaff14a78f4",
            ),
            (
                R::AccountCuratorFees::SIGNATURE_HASH,
                "18aab5be55d31259cdde1252d5dbb2e2b60df370304a74c396b211ef3ce45dcb",
            ),
            (
                R::DistributeVaultSnapshotRewards::SIGNATURE_HASH,
                "dc66ca60d459d7b828ed44c7634bd7302ddcc804baf46ce96fa74d29a232d4c3",
            ),
            (
                R::ClaimVaultSnapshotRewards::SIGNATURE_HASH,
                "562a5f332b412e2aa1bf870f00bf6d1abcf4ea35d40a9e77f5f321f47156d2b4",
            ),
            (
                R::ClaimOperatorFees::SIGNATURE_HASH,
                "2872e04442f4ef6a9f172193eb9124e865aacc91e5075fd9a8bd258d238cd9c7",
            ),
            (
                R::ClaimCuratorFees::SIGNATURE_HASH,
                "b8168ce970fea31a66517b0f2b9064db1aca670e136fe6bbe873ed3725b7578f",
            ),
        ];
        for (topic, expected) in table {
            assert_eq!(hex::encode(topic), expected);
        }
    }

    #[test]
    fn events_of_the_registries_have_the_topics_of_the_traces() {
        let table = [
            (
                C::SetCurator::SIGNATURE_HASH,
                "cc0b3569ddaeda670da96a55159fea760f507428e58b42a8511820497e56d1a0",
            ),
            (
                F::SetProtocolFee::SIGNATURE_HASH,
                "6536bc3f374ddefb1852eb0cbe8578d1553c1e130e63e6ea86cc1a5aea614873",
            ),
            (
                F::SetOperatorsFee::SIGNATURE_HASH,
                "43cd94e947f8a945930498fa02aacf732b74492535643f774929d1e87f45b016",
            ),
            (
                F::SetCuratorFee::SIGNATURE_HASH,
                "92a205fa1b59a9987cd881451df88dedf0819407a8040621cdae1db5cc6063c4",
            ),
            (
                F::SetCuratorNetworkFee::SIGNATURE_HASH,
                "b74c23e5716eba250fb7f8b57abd32100233ca093ababcc55215c6c2eac55589",
            ),
            (
                F::SetOperatorsNetworkFee::SIGNATURE_HASH,
                "459760cf8c96d7a9589e4448db7aa2da97344165b1e73bd559846312bf371ecd",
            ),
        ];
        for (topic, expected) in table {
            assert_eq!(hex::encode(topic), expected);
        }
    }
}
