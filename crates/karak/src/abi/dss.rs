//! The service of the on-chain SDK. Source: karak-onchain-sdk `BaseDSS`.

pub use super::core::Hooks;
use alloy_sol_types::sol;

sol! {
    /// What the SDK's service offers beside its hooks. The kit leaves to each service how it is
    /// initialised and who may jail; here the account that initialised it may, may have hooks
    /// refuse what Core asks, and may let the service call others.
    #[derive(Debug, PartialEq)]
    interface BaseDss {
        error CallerNotCore();
        error Refused(bytes4 hook);

        function initialize(address core, uint256 maxSlashablePercentageWad) external;
        function jail(address operator, bool jailed) external;
        function setRefusal(bytes4 hook, bool refuses) external;
        function execute(address target, bytes data) external returns (bytes output);
        function getRegisteredOperators() external returns (address[] operators);
        function getActiveVaults(address operator) external returns (address[] vaults);
        function isOperatorRegistered(address operator) external view returns (bool);
        function isOperatorJailed(address operator) external view returns (bool);
    }
}
