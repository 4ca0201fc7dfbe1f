//! Internal events: facts that a contract keeps without logging them. They live in the ledger only,
//! under topics of their own, and are listed with their reasons in `docs/models/symbiotic.md`.

use alloy_sol_types::sol;

sol! {
    /// A receiver of one network's slashed tokens, as `BurnerRouter.initialize` takes it.
    #[derive(Debug, PartialEq)]
    struct LedgerNetworkReceiver {
        address network;
        address receiver;
    }

    /// A receiver of slashed tokens of one operator in one network.
    #[derive(Debug, PartialEq)]
    struct LedgerOperatorNetworkReceiver {
        address network;
        address operator;
        address receiver;
    }

    /// Events of the ledger itself.
    #[derive(Debug, PartialEq)]
    interface BondstoneSymbioticLedger {
        /// A contract that exists once per deployment; `kind` is a `Kind` by number.
        event Deployed(uint8 kind);
        /// What `Vault.initialize` stores without a log; the emitter is the vault.
        event VaultCreated(
            uint64 version, address collateral, address burner, uint48 epochDuration,
            bool depositWhitelist, bool isDepositLimit, uint256 depositLimit,
            string name, string symbol
        );
        /// What `BaseDelegator.initialize` stores without a log; the emitter is the delegator.
        event DelegatorCreated(
            uint64 delegatorType, address vault, address hook, address network, address operator
        );
        /// What `BaseSlasher.initialize` stores without a log; the emitter is the slasher.
        event SlasherCreated(
            uint64 slasherType, address vault, bool isBurnerHook, uint48 vetoDuration,
            uint256 resolverSetEpochsDelay
        );
        /// A ready-made hook and its constructor arguments (zero where it has none).
        event HookCreated(uint8 kind, uint48 period, uint256 slashCount);
        /// A reset hook remembered a slash at the time of the block.
        event HookSlashNoted(address vault, bytes32 subnetwork, address operator);
        /// A reset hook cleared its memory after a reset.
        event HookSlashesForgotten(address vault, bytes32 subnetwork, address operator);
        /// What `BurnerRouter.initialize` stores without a log; the emitter is the router.
        event RouterCreated(
            address collateral, uint48 delay, address globalReceiver,
            LedgerNetworkReceiver[] networkReceivers,
            LedgerOperatorNetworkReceiver[] operatorNetworkReceivers
        );
        /// `BurnerRouter.onSlash` credited tokens that had arrived.
        event RouterCredited(address receiver, uint256 amount, uint256 lastBalance);
        /// What `DefaultCollateral.initialize` stores without a log.
        event CollateralCreated(
            address asset, uint256 limit, address limitIncreaser, uint8 decimals,
            string name, string symbol
        );
        /// Allowance left after a `transferFrom`, which OpenZeppelin 5 does not log.
        event AllowanceSpent(address owner, address spender, uint256 allowance);
        /// A slasher put a slash into its books. It does so before it calls hook, vault and burner,
        /// while its own log comes after them; the emitter is the slasher.
        event SlashBooked(
            bytes32 subnetwork, address operator, uint256 amount, uint48 captureTimestamp
        );
        /// A veto slasher marked a request as completed before it executes it.
        event SlashRequestClosed(uint256 slashIndex);
        /// A cumulative Merkle distribution raised the total of a token on this chain to
        /// `totalAmount` and took `reserved` (the rise and the fee on it) out of the network's
        /// balance. The distribution's own log names neither.
        event MerkleTotalRaised(
            address network, address token, uint256 totalAmount, uint256 reserved
        );
        /// A Merkle claim was booked before its tokens moved; its log comes after them.
        event MerkleClaimBooked(
            address rewardee, address network, address token, uint256 rewardeeType, uint256 amount
        );
        /// A withdrawal from a Merkle balance was booked before its tokens moved.
        event MerkleWithdrawalBooked(address network, address token, uint256 amount);
        /// A claim of protocol fees was booked before its tokens moved.
        event ProtocolFeesBooked(address token, uint256 fees);
    }
}

pub use BondstoneSymbioticLedger::{
    AllowanceSpent, CollateralCreated, DelegatorCreated, Deployed, HookCreated, HookSlashNoted,
    HookSlashesForgotten, MerkleClaimBooked, MerkleTotalRaised, MerkleWithdrawalBooked,
    ProtocolFeesBooked, RouterCreated, RouterCredited, SlashBooked, SlashRequestClosed,
    SlasherCreated, VaultCreated,
};
