//! The chain as clients meet it: over HTTP, in JSON.

mod bad_input;
mod client;
mod economy;
mod logs;
mod reading;
mod sending;
mod time;

use alloy_sol_types::sol;

sol! {
    /// What the tests call.
    interface Contracts {
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error NotNetwork();
        error TooMuchWithdraw();
        error InvalidEpoch();

        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);

        struct Call3 {
            address target;
            bool allowFailure;
            bytes callData;
        }
        struct Result {
            bool success;
            bytes returnData;
        }

        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function totalEntities() external view returns (uint256);
        function isEntity(address entity) external view returns (bool);
        function registerOperator() external;
        function setMiddleware(address middleware) external;
        function deposit(address onBehalfOf, uint256 amount) external returns (uint256, uint256);
        function withdraw(address claimer, uint256 amount) external returns (uint256, uint256);
        function claim(address recipient, uint256 epoch) external returns (uint256);
        function currentEpoch() external view returns (uint256);
        function epochDuration() external view returns (uint48);
        function activeStake() external view returns (uint256);
        function totalStake() external view returns (uint256);
        function withdrawalsOf(uint256 epoch, address account) external view returns (uint256);
        function slasher() external view returns (address);
        function stake(bytes32 subnetwork, address operator) external view returns (uint256);
        function slashRequestsLength() external view returns (uint256);
        function claimable(address token, address account, bytes data)
            external view returns (uint256);
        function root(address network, address token) external view returns (bytes32);
        function aggregate3(Call3[] calls) external payable returns (Result[]);
        function aggregate(Call3[] calls) external payable returns (uint256, bytes[]);
        function getCurrentBlockTimestamp() external view returns (uint256);
    }
}
