//! Default staker and operator rewards and their factories.

pub use operator::DefaultOperatorRewards;
pub use staker::{
    ClaimAdminFee, ClaimRewardsExtra, DefaultStakerRewards, InitVault, SetAdminFee,
    StakerRewardsInitParams,
};

/// `DefaultStakerRewards` and its factory.
pub mod staker {
    use alloy_sol_types::sol;

    sol! {
        /// `IDefaultStakerRewards.InitParams`.
        #[derive(Debug, PartialEq)]
        struct StakerRewardsInitParams {
            address vault;
            uint256 adminFee;
            address defaultAdminRoleHolder;
            address adminFeeClaimRoleHolder;
            address adminFeeSetRoleHolder;
        }

        /// `DefaultStakerRewards`, without what it inherits from `AccessControl`.
        #[derive(Debug, PartialEq)]
        interface DefaultStakerRewards {
            event InitVault(address vault);
            event SetAdminFee(uint256 adminFee);
            event ClaimAdminFee(address indexed recipient, uint256 amount);
            event DistributeRewards(
                address indexed network, address indexed token, uint256 distributeAmount,
                uint256 adminFeeAmount, uint48 timestamp
            );
            event ClaimRewards(
                address indexed network, address indexed token, address indexed claimer,
                uint256 amount, address recipient
            );
            event ClaimRewardsExtra(
                address indexed network, address indexed token, address indexed claimer,
                uint256 firstClaimedRewardIndex, uint256 rewardsClaimed
            );

            error AlreadySet();
            error HighAdminFee();
            error InsufficientAdminFee();
            error InsufficientReward();
            error InvalidAdminFee();
            error InvalidHintsLength();
            error InvalidRecipient();
            error InvalidRewardTimestamp();
            error MissingRoles();
            error NoRewardsToClaim();
            error NotNetworkMiddleware();
            error NotVault();

            function initialize(StakerRewardsInitParams calldata params) external;
            function distributeRewards(
                address network, address token, uint256 amount, bytes calldata data
            ) external;
            function claimRewards(address recipient, address token, bytes calldata data)
                external;
            function claimAdminFee(address recipient, address token) external;
            function setAdminFee(uint256 adminFee) external;
            function multicall(bytes[] calldata data) external returns (bytes[] memory results);

            function ADMIN_FEE_BASE() external view returns (uint256);
            function ADMIN_FEE_CLAIM_ROLE() external view returns (bytes32);
            function ADMIN_FEE_SET_ROLE() external view returns (bytes32);
            function NETWORK_MIDDLEWARE_SERVICE() external view returns (address);
            function VAULT() external view returns (address);
            function VAULT_FACTORY() external view returns (address);
            function adminFee() external view returns (uint256);
            function claimable(address token, address account, bytes calldata data)
                external view returns (uint256);
            function claimableAdminFee(address token) external view returns (uint256);
            function lastUnclaimedReward(address account, address token, address network)
                external view returns (uint256);
            function rewards(address token, address network, uint256 index)
                external view returns (uint256 amount, uint48 timestamp);
            function rewardsLength(address token, address network)
                external view returns (uint256);
            function version() external view returns (uint64);
        }

        /// `DefaultStakerRewardsFactory`, without what it inherits from `Registry`.
        #[derive(Debug, PartialEq)]
        interface StakerRewardsFactory {
            function create(StakerRewardsInitParams calldata params) external returns (address);
        }
    }

    pub use DefaultStakerRewards::{
        ClaimAdminFee, ClaimRewards, ClaimRewardsExtra, DefaultStakerRewardsCalls,
        DistributeRewards, InitVault, SetAdminFee,
    };
    pub use StakerRewardsFactory::StakerRewardsFactoryCalls;
}

/// `DefaultOperatorRewards` and its factory.
pub mod operator {
    use alloy_sol_types::sol;

    sol! {
        /// `DefaultOperatorRewards`.
        #[derive(Debug, PartialEq)]
        interface DefaultOperatorRewards {
            event DistributeRewards(
                address indexed network, address indexed token, uint256 amount, bytes32 root
            );
            event ClaimRewards(
                address recipient, address indexed network, address indexed token,
                address indexed claimer, uint256 amount
            );

            error InsufficientBalance();
            error InsufficientTotalClaimable();
            error InsufficientTransfer();
            error InvalidProof();
            error NotNetworkMiddleware();
            error RootNotSet();

            function initialize() external;
            function distributeRewards(
                address network, address token, uint256 amount, bytes32 root
            ) external;
            function claimRewards(
                address recipient, address network, address token, uint256 totalClaimable,
                bytes32[] calldata proof
            ) external returns (uint256 amount);

            function NETWORK_MIDDLEWARE_SERVICE() external view returns (address);
            function balance(address network, address token) external view returns (uint256);
            function claimed(address network, address token, address account)
                external view returns (uint256);
            function root(address network, address token) external view returns (bytes32);
        }

        /// `DefaultOperatorRewardsFactory`, without what it inherits from `Registry`.
        #[derive(Debug, PartialEq)]
        interface OperatorRewardsFactory {
            function create() external returns (address);
        }
    }

    pub use DefaultOperatorRewards::{
        ClaimRewards, DefaultOperatorRewardsCalls, DistributeRewards,
    };
    pub use OperatorRewardsFactory::OperatorRewardsFactoryCalls;
}

#[cfg(test)]
mod tests {
    use super::operator::{DefaultOperatorRewards as O, OperatorRewardsFactory};
    use super::staker::{DefaultStakerRewards as S, StakerRewardsFactory};
    use alloy_primitives::hex;
    use alloy_sol_types::{SolCall, SolError, SolEvent};

    #[test]
    fn errors_have_the_selectors_of_the_specification() {
        let table = [
            ("AlreadySet()", S::AlreadySet::SELECTOR, "a741a045"),
            ("HighAdminFee()", S::HighAdminFee::SELECTOR, "6320d604"),
            ("InsufficientAdminFee()", S::InsufficientAdminFee::SELECTOR, "644a2bac"),
            ("InsufficientReward()", S::InsufficientReward::SELECTOR, "d77b6db6"),
            ("InvalidAdminFee()", S::InvalidAdminFee::SELECTOR, "1f73ba72"),
            ("InvalidHintsLength()", S::InvalidHintsLength::SELECTOR, "fe8faedf"),
            ("InvalidRecipient()", S::InvalidRecipient::SELECTOR, "9c8d2cd2"),
            ("InvalidRewardTimestamp()", S::InvalidRewardTimestamp::SELECTOR, "d49b0852"),
            ("MissingRoles()", S::MissingRoles::SELECTOR, "60f21514"),
            ("NoRewardsToClaim()", S::NoRewardsToClaim::SELECTOR, "73380d99"),
            ("NotNetworkMiddleware()", S::NotNetworkMiddleware::SELECTOR, "227bf64d"),
            ("NotVault()", S::NotVault::SELECTOR, "62df0545"),
            ("InsufficientBalance()", O::InsufficientBalance::SELECTOR, "f4d678b8"),
            ("InsufficientTransfer()", O::InsufficientTransfer::SELECTOR, "fa942acb"),
            ("InvalidProof()", O::InvalidProof::SELECTOR, "09bde339"),
            ("NotNetworkMiddleware()", O::NotNetworkMiddleware::SELECTOR, "227bf64d"),
            ("RootNotSet()", O::RootNotSet::SELECTOR, "1c8b6259"),
            ("InsufficientTotalClaimable()", O::InsufficientTotalClaimable::SELECTOR, "e96c6cb8"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn functions_have_the_selectors_of_the_published_artifacts() {
        let table = [
            ("staker create", StakerRewardsFactory::createCall::SELECTOR, "61ca1df2"),
            ("operator create", OperatorRewardsFactory::createCall::SELECTOR, "efc81a8c"),
            ("initialize", S::initializeCall::SELECTOR, "9df4021d"),
            ("distributeRewards", S::distributeRewardsCall::SELECTOR, "239723ed"),
            ("claimRewards", S::claimRewardsCall::SELECTOR, "5d0b5205"),
            ("claimAdminFee", S::claimAdminFeeCall::SELECTOR, "7d1b56e5"),
            ("setAdminFee", S::setAdminFeeCall::SELECTOR, "8beb60b6"),
            ("multicall", S::multicallCall::SELECTOR, "ac9650d8"),
            ("ADMIN_FEE_BASE", S::ADMIN_FEE_BASECall::SELECTOR, "c00460ea"),
            ("ADMIN_FEE_CLAIM_ROLE", S::ADMIN_FEE_CLAIM_ROLECall::SELECTOR, "cb6ba75d"),
            ("ADMIN_FEE_SET_ROLE", S::ADMIN_FEE_SET_ROLECall::SELECTOR, "a01fe38e"),
            ("MIDDLEWARE", S::NETWORK_MIDDLEWARE_SERVICECall::SELECTOR, "2c9d45b3"),
            ("VAULT", S::VAULTCall::SELECTOR, "411557d1"),
            ("VAULT_FACTORY", S::VAULT_FACTORYCall::SELECTOR, "103f2907"),
            ("adminFee", S::adminFeeCall::SELECTOR, "a0be06f9"),
            ("claimable", S::claimableCall::SELECTOR, "76ee5656"),
            ("claimableAdminFee", S::claimableAdminFeeCall::SELECTOR, "04fe4748"),
            ("lastUnclaimedReward", S::lastUnclaimedRewardCall::SELECTOR, "3f3be072"),
            ("rewards", S::rewardsCall::SELECTOR, "63497dc7"),
            ("rewardsLength", S::rewardsLengthCall::SELECTOR, "9162aaa0"),
            ("version", S::versionCall::SELECTOR, "54fd4d50"),
            ("initialize", O::initializeCall::SELECTOR, "8129fc1c"),
            ("distributeRewards", O::distributeRewardsCall::SELECTOR, "48a78da7"),
            ("claimRewards", O::claimRewardsCall::SELECTOR, "315447db"),
            ("balance", O::balanceCall::SELECTOR, "b203bb99"),
            ("claimed", O::claimedCall::SELECTOR, "1a5289a9"),
            ("root", O::rootCall::SELECTOR, "aadf2afe"),
        ];
        for (name, selector, expected) in table {
            assert_eq!(hex::encode(selector), expected, "{name}");
        }
    }

    #[test]
    fn events_have_the_topics_of_the_specification() {
        let table = [
            (
                S::InitVault::SIGNATURE_HASH,
                "108cccaed2dfffe466544dfa3900b2fa5e707bb00ded59de6a950479b923216f",
            ),
            (
                S::SetAdminFee::SIGNATURE_HASH,
                "2f0d0ace1d699b471d7b39522b5c8aae053bce1b422b7a4fe8f09bd6562a4b74",
            ),
            (
                S::ClaimAdminFee::SIGNATURE_HASH,
                "6059a38198b1dc42b3791087d1ff0fbd72b3179553c25f678cd246f52ffaaf59",
            ),
            (
                S::DistributeRewards::SIGNATURE_HASH,
                "52c39ebed294659631d22a2341c526a86ab683888dccb1429ac42c6e413d4b7b",
            ),
            (
                S::ClaimRewards::SIGNATURE_HASH,
                "88744b3615a11586336358f196290c37189c924b0ce7f612d07789041af7cde4",
            ),
            (
                S::ClaimRewardsExtra::SIGNATURE_HASH,
                "acd14cc0b0a59979040123e9ce2601bfc1ec40c1360bcc405e1ca188f17b7fc6",
            ),
            (
                O::DistributeRewards::SIGNATURE_HASH,
                "127e3b1db6c7a82e6a23205f7391ec1ebdef05836c0bbb2bdef8f60ba7920227",
            ),
            (
                O::ClaimRewards::SIGNATURE_HASH,
                "28047ce71e7b959f6fc3946a1bdc43b003cd0b685630fe93725eb9eafee25826",
            ),
        ];
        for (topic, expected) in table {
            assert_eq!(hex::encode(topic), expected);
        }
    }
}
