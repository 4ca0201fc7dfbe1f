//! The standard vault: a Solady ERC-4626 with delayed redeems that its operator's services may
//! slash. Source: Karak V2 `Vault`, Solady 0.0.201 `ERC4626`.

pub use super::core::ConfiguredVault;

use alloy_sol_types::sol;

sol! {
    /// A redeem that waits for its delay.
    #[derive(Debug, Default, PartialEq)]
    struct QueuedWithdrawal {
        address staker;
        uint96 start;
        uint256 shares;
        address beneficiary;
    }

    /// Functions, events and errors of the vault beside those that it inherits.
    #[derive(Debug, PartialEq)]
    interface Vault {
        event Deposit(
            address indexed by, address indexed owner, uint256 assets, uint256 shares
        );
        event Withdraw(
            address indexed by, address indexed to, address indexed owner, uint256 assets,
            uint256 shares
        );
        event StartedRedeem(
            address staker, address operator, uint256 shares, bytes32 withdrawKey, uint256 assets
        );
        event FinishedRedeem(
            address staker, address beneficiary, address operator, uint256 shares,
            uint256 assetsClaimed, bytes32 withdrawRoot
        );
        event Slashed(uint256 amount);

        error NotEnoughShares();
        error RedeemMoreThanMax();

        function initialize(
            address owner, address operator, address depositToken, string name, string symbol,
            bytes extraData
        ) external;
        function deposit(uint256 assets, address to) external returns (uint256 shares);
        function deposit(uint256 assets, address to, uint256 minSharesOut)
            external returns (uint256 shares);
        function mint(uint256 shares, address to) external returns (uint256 assets);
        function startRedeem(uint256 shares, address beneficiary)
            external returns (bytes32 withdrawalKey);
        function finishRedeem(bytes32 withdrawalKey) external;
        function withdraw(uint256 assets, address to, address owner)
            external returns (uint256 shares);
        function redeem(uint256 shares, address to, address owner)
            external returns (uint256 assets);
        function slashAssets(uint256 totalAssetsToSlash, address slashingHandler)
            external returns (uint256 transferAmount);

        function VERSION() external view returns (string);
        function asset() external view returns (address);
        function totalAssets() external view returns (uint256);
        function convertToShares(uint256 assets) external view returns (uint256 shares);
        function convertToAssets(uint256 shares) external view returns (uint256 assets);
        function maxDeposit(address to) external view returns (uint256);
        function maxMint(address to) external view returns (uint256);
        function maxWithdraw(address owner) external view returns (uint256);
        function maxRedeem(address owner) external view returns (uint256);
        function previewDeposit(uint256 assets) external view returns (uint256);
        function previewMint(uint256 shares) external view returns (uint256);
        function previewWithdraw(uint256 assets) external view returns (uint256);
        function previewRedeem(uint256 shares) external view returns (uint256);
        function getNextWithdrawNonce(address staker) external view returns (uint256);
        function isWithdrawalPending(address staker, uint256 withdrawNonce)
            external view returns (bool);
        function getQueuedWithdrawal(address staker, uint256 withdrawNonce)
            external view returns (QueuedWithdrawal withdrawal);
        function extSloads(bytes32[] slots) external view returns (bytes32[] res);
    }
}
