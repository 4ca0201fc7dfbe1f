//! The registry of names. Source: Karak V2 `RestakingRegistry`.

use alloy_sol_types::sol;

sol! {
    /// Whom a name stands for, and who may change that.
    #[derive(Debug, Default, PartialEq)]
    struct KnsData {
        address entity;
        address owner;
    }

    /// Functions, events and errors of the registry.
    #[derive(Debug, PartialEq)]
    interface RestakingRegistry {
        event KnsUpdated(string kns, address entity, address owner);

        error AddressZero();
        error NotKnsOwner();
        error UnexpectedAmtOfDots(uint256 dotCount);
        error InvalidFourthSegment(string fourthSegment);

        function initialize(address owner) external;
        function register(string kns, address entity, address owner) external;
        function overrideKns(string kns, KnsData knsData) external;
        function VERSION() external view returns (string);
        function getKns(string kns) external view returns (address entity, address owner);
        function validateKNSFormat(string input) external view returns (bool);
    }
}
