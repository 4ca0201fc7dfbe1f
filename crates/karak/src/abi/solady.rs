//! What the contracts inherit from Solady 0.0.201, OpenZeppelin 5.0.2 and the protocol's pauser.

use alloy_sol_types::sol;

sol! {
    /// Solady `Ownable` and `OwnableRoles`. The event of a new owner is the kernel's.
    #[derive(Debug, PartialEq)]
    interface OwnableRoles {
        event OwnershipHandoverRequested(address indexed pendingOwner);
        event OwnershipHandoverCanceled(address indexed pendingOwner);
        event RolesUpdated(address indexed user, uint256 indexed roles);

        error Unauthorized();
        error NewOwnerIsZeroAddress();
        error NoHandoverRequest();

        function owner() external view returns (address);
        function ownershipHandoverExpiresAt(address pendingOwner) external view returns (uint256);
        function transferOwnership(address newOwner) external payable;
        function renounceOwnership() external payable;
        function requestOwnershipHandover() external payable;
        function cancelOwnershipHandover() external payable;
        function completeOwnershipHandover(address pendingOwner) external payable;
        function grantRoles(address user, uint256 roles) external payable;
        function revokeRoles(address user, uint256 roles) external payable;
        function renounceRoles(uint256 roles) external payable;
        function rolesOf(address user) external view returns (uint256);
        function hasAnyRole(address user, uint256 roles) external view returns (bool);
        function hasAllRoles(address user, uint256 roles) external view returns (bool);
    }

    /// Functions that pause one by one. `map` has a bit per function.
    #[derive(Debug, PartialEq)]
    interface Pauser {
        event Paused(address account, uint256 map);
        event Unpaused(address account, uint256 map);

        error EnforcedPauseFunction(uint8 functionIndex);
        error AttemptedUnpauseWhilePausing();
        error AttemptedPauseWhileUnpausing();

        function pause(uint256 map) external;
        function unpause(uint256 map) external;
        function paused() external view returns (bool);
        function paused(uint8 index) external view returns (bool);
        function pausedMap() external view returns (uint256);
    }

    /// OpenZeppelin `Initializable`.
    #[derive(Debug, PartialEq)]
    event Initialized(uint64 version);

    /// Solady `ReentrancyGuard`.
    error Reentrancy();

    /// Solady `SafeTransferLib`.
    interface SafeTransferLib {
        error TransferFailed();
        error TransferFromFailed();
        error ApproveFailed();
    }

    /// Solady `ERC20`, whose errors are its own.
    #[derive(Debug, PartialEq)]
    interface SoladyErc20 {
        error TotalSupplyOverflow();
        error InsufficientBalance();
        error InsufficientAllowance();
        error InvalidPermit();
        error PermitExpired();

        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function totalSupply() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function permit(
            address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r,
            bytes32 s
        ) external;
        function nonces(address owner) external view returns (uint256);
        function DOMAIN_SEPARATOR() external view returns (bytes32);
    }

    /// Errors that more than one contract of the protocol has.
    #[derive(Debug, PartialEq)]
    interface Shared {
        error ZeroAddress();
        error ZeroAmount();
        error ZeroShares();
        error NotImplemented();
        error MinWithdrawDelayNotPassed();
        error WithdrawalNotFound();
        error WithdrawMoreThanMax();
    }
}
