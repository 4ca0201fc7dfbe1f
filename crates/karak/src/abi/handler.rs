//! The slashing handler, which burns what was slashed, and the querier.
//! Source: Karak V2 `SlashingHandler`, `Querier`.

use alloy_sol_types::sol;

sol! {
    /// Functions and errors of the slashing handler.
    #[derive(Debug, PartialEq)]
    interface SlashingHandler {
        error UnsupportedAsset();

        function initialize(address owner, address[] supportedAssets) external;
        function addSlashableToken(address token) external;
        function handleSlashing(address token, uint256 amount) external;
        function VERSION() external view returns (string);
    }

    /// The querier.
    #[derive(Debug, PartialEq)]
    interface Querier {
        function fetchVaultsQueuedForExit(address operator, address dss)
            external view returns (address[] vaults);
    }
}
