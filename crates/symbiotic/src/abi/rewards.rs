//! Default staker and operator rewards and their factories.

use alloy_sol_types::sol;

sol! {
    /// Events of `DefaultStakerRewards` whose names are its own.
    #[derive(Debug, PartialEq)]
    interface StakerRewardsEvents {
        event InitVault(address vault);
        event SetAdminFee(uint256 adminFee);
        event ClaimAdminFee(address indexed recipient, uint256 amount);
        event ClaimRewardsExtra(
            address indexed network, address indexed token, address indexed claimer,
            uint256 firstClaimedRewardIndex, uint256 rewardsClaimed
        );
    }
}

pub use StakerRewardsEvents::{ClaimAdminFee, ClaimRewardsExtra, InitVault, SetAdminFee};

/// Events of `DefaultStakerRewards` that share a name with operator rewards.
pub mod staker {
    use alloy_sol_types::sol;

    sol! {
        #[derive(Debug, PartialEq)]
        event DistributeRewards(
            address indexed network, address indexed token, uint256 distributeAmount,
            uint256 adminFeeAmount, uint48 timestamp
        );
        #[derive(Debug, PartialEq)]
        event ClaimRewards(
            address indexed network, address indexed token, address indexed claimer,
            uint256 amount, address recipient
        );
    }
}

/// Events of `DefaultOperatorRewards` that share a name with staker rewards.
pub mod operator {
    use alloy_sol_types::sol;

    sol! {
        #[derive(Debug, PartialEq)]
        event DistributeRewards(
            address indexed network, address indexed token, uint256 amount, bytes32 root
        );
        #[derive(Debug, PartialEq)]
        event ClaimRewards(
            address recipient, address indexed network, address indexed token,
            address indexed claimer, uint256 amount
        );
    }
}
