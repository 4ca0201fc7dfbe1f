//! The stake viewer of the on-chain SDK: stake in dollars. Source: karak-onchain-sdk
//! `KarakStakeViewer` 1.0.0.

use alloy_sol_types::sol;

sol! {
    /// Where a token's price comes from. Type 0 is none, 1 a Chainlink feed.
    #[derive(Debug, Default, PartialEq)]
    struct Oracle {
        uint8 oracleType;
        uint256 maxStaleness;
        bytes oracle;
    }

    /// A vault's part of a stake; `usdValue` has 8 decimals.
    #[derive(Debug, Default, PartialEq)]
    struct StakeComponent {
        address erc20;
        address vault;
        uint256 balance;
        uint256 usdValue;
    }

    /// An operator's stake.
    #[derive(Debug, Default, PartialEq)]
    struct OperatorStake {
        address operator;
        uint256 totalUsdValue;
        StakeComponent[] components;
    }

    /// The stake of several operators.
    #[derive(Debug, Default, PartialEq)]
    struct StakeDistribution {
        uint256 globalUsdValue;
        OperatorStake[] operators;
    }

    /// Functions and errors of the viewer.
    #[derive(Debug, PartialEq)]
    interface StakeViewer {
        error UnsupportedOracleType();
        error InvalidAssetPrice(address feed, uint80 round);
        error StaleAssetPrice(address feed, uint256 staleness, uint256 maxStaleness);

        function initialize(address initialOwner, address core) external;
        function setOracle(address token, Oracle oracle) external;
        function getStakeDistributionUSDForOperators(
            address dss, address[] operators, bytes oracleSpecificData
        ) external view returns (StakeDistribution distribution);
        function VERSION() external view returns (string);
    }

    /// A Chainlink price feed.
    #[derive(Debug, PartialEq)]
    interface PriceFeed {
        function decimals() external view returns (uint8);
        function latestRoundData() external view returns (
            uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt,
            uint80 answeredInRound
        );
    }
}
