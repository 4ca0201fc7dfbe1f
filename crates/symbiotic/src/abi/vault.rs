//! The vault and the tokenized vault.

use alloy_sol_types::sol;

sol! {
    /// `IVault.InitParams`.
    #[derive(Debug, PartialEq)]
    struct VaultInitParams {
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

    /// `IVaultTokenized.InitParamsTokenized`.
    #[derive(Debug, PartialEq)]
    struct VaultTokenizedInitParams {
        VaultInitParams baseParams;
        string name;
        string symbol;
    }

    /// `IVault.ActiveBalanceOfHints`.
    #[derive(Debug, PartialEq)]
    struct ActiveBalanceOfHints {
        bytes activeSharesOfHint;
        bytes activeStakeHint;
        bytes activeSharesHint;
    }

    /// `Vault` and, from `MigratableEntity`, what every vault shares.
    #[derive(Debug, PartialEq)]
    interface Vault {
        event Deposit(
            address indexed depositor, address indexed onBehalfOf, uint256 amount, uint256 shares
        );
        event Withdraw(
            address indexed withdrawer, address indexed claimer, uint256 amount,
            uint256 burnedShares, uint256 mintedShares
        );
        event Claim(
            address indexed claimer, address indexed recipient, uint256 epoch, uint256 amount
        );
        event ClaimBatch(
            address indexed claimer, address indexed recipient, uint256[] epochs, uint256 amount
        );
        event OnSlash(uint256 amount, uint48 captureTimestamp, uint256 slashedAmount);
        event SetDepositWhitelist(bool status);
        event SetDepositorWhitelistStatus(address indexed account, bool status);
        event SetIsDepositLimit(bool status);
        event SetDepositLimit(uint256 limit);
        event SetDelegator(address indexed delegator);
        event SetSlasher(address indexed slasher);

        error AlreadyClaimed();
        error AlreadyInitialized();
        error AlreadySet();
        error DelegatorAlreadyInitialized();
        error DepositLimitReached();
        error InsufficientClaim();
        error InsufficientDeposit();
        error InsufficientRedemption();
        error InsufficientWithdrawal();
        error InvalidAccount();
        error InvalidCaptureEpoch();
        error InvalidClaimer();
        error InvalidCollateral();
        error InvalidDelegator();
        error InvalidEpoch();
        error InvalidEpochDuration();
        error InvalidLengthEpochs();
        error InvalidOnBehalfOf();
        error InvalidRecipient();
        error InvalidSlasher();
        error InvalidTimestamp();
        error MissingRoles();
        error NoPreviousEpoch();
        error NotDelegator();
        error NotFactory();
        error NotSlasher();
        error NotWhitelistedDepositor();
        error ProxyDeniedAdminAccess();
        error SlasherAlreadyInitialized();
        error TooMuchRedeem();
        error TooMuchWithdraw();

        function deposit(address onBehalfOf, uint256 amount)
            external returns (uint256 depositedAmount, uint256 mintedShares);
        function withdraw(address claimer, uint256 amount)
            external returns (uint256 burnedShares, uint256 mintedShares);
        function redeem(address claimer, uint256 shares)
            external returns (uint256 withdrawnAssets, uint256 mintedShares);
        function claim(address recipient, uint256 epoch) external returns (uint256 amount);
        function claimBatch(address recipient, uint256[] epochs)
            external returns (uint256 amount);
        function onSlash(uint256 amount, uint48 captureTimestamp)
            external returns (uint256 slashedAmount);
        function setDepositWhitelist(bool status) external;
        function setDepositorWhitelistStatus(address account, bool status) external;
        function setIsDepositLimit(bool status) external;
        function setDepositLimit(uint256 limit) external;
        function setDelegator(address delegator) external;
        function setSlasher(address slasher) external;
        function initialize(uint64 initialVersion, address owner, bytes data) external;
        function migrate(uint64 newVersion, bytes data) external;
        function upgradeToAndCall(address newImplementation, bytes data) external payable;
        function staticDelegateCall(address target, bytes data) external;

        function DELEGATOR_FACTORY() external view returns (address);
        function SLASHER_FACTORY() external view returns (address);
        function FACTORY() external view returns (address);
        function DEPOSIT_WHITELIST_SET_ROLE() external view returns (bytes32);
        function DEPOSITOR_WHITELIST_ROLE() external view returns (bytes32);
        function IS_DEPOSIT_LIMIT_SET_ROLE() external view returns (bytes32);
        function DEPOSIT_LIMIT_SET_ROLE() external view returns (bytes32);
        function activeBalanceOf(address account) external view returns (uint256);
        function activeBalanceOfAt(address account, uint48 timestamp, bytes hints)
            external view returns (uint256);
        function activeShares() external view returns (uint256);
        function activeSharesAt(uint48 timestamp, bytes hint) external view returns (uint256);
        function activeSharesOf(address account) external view returns (uint256);
        function activeSharesOfAt(address account, uint48 timestamp, bytes hint)
            external view returns (uint256);
        function activeStake() external view returns (uint256);
        function activeStakeAt(uint48 timestamp, bytes hint) external view returns (uint256);
        function burner() external view returns (address);
        function collateral() external view returns (address);
        function currentEpoch() external view returns (uint256);
        function currentEpochStart() external view returns (uint48);
        function delegator() external view returns (address);
        function depositLimit() external view returns (uint256);
        function depositWhitelist() external view returns (bool);
        function epochAt(uint48 timestamp) external view returns (uint256);
        function epochDuration() external view returns (uint48);
        function epochDurationInit() external view returns (uint48);
        function isDelegatorInitialized() external view returns (bool);
        function isDepositLimit() external view returns (bool);
        function isDepositorWhitelisted(address account) external view returns (bool);
        function isInitialized() external view returns (bool);
        function isSlasherInitialized() external view returns (bool);
        function isWithdrawalsClaimed(uint256 epoch, address account)
            external view returns (bool);
        function nextEpochStart() external view returns (uint48);
        function previousEpochStart() external view returns (uint48);
        function slashableBalanceOf(address account) external view returns (uint256);
        function slasher() external view returns (address);
        function totalStake() external view returns (uint256);
        function version() external view returns (uint64);
        function withdrawalShares(uint256 epoch) external view returns (uint256);
        function withdrawalSharesOf(uint256 epoch, address account)
            external view returns (uint256);
        function withdrawals(uint256 epoch) external view returns (uint256);
        function withdrawalsOf(uint256 epoch, address account) external view returns (uint256);
    }
}

pub use Vault::{
    Claim, ClaimBatch, Deposit, OnSlash, SetDelegator, SetDepositLimit, SetDepositWhitelist,
    SetDepositorWhitelistStatus, SetIsDepositLimit, SetSlasher, VaultCalls, Withdraw,
};
