//! The native vault, which restakes validators, and the node that each of its stakers owns.
//! Source: Karak V2 `NativeVault`, `NativeNode`, `BeaconProofs`.

use alloy_sol_types::sol;

sol! {
    /// A withdrawal of ether that waits for its delay.
    #[derive(Debug, Default, PartialEq)]
    struct QueuedNativeWithdrawal {
        address to;
        uint96 start;
        uint256 assets;
        address nodeOwner;
    }

    /// A snapshot of a node's balances.
    #[derive(Debug, Default, PartialEq)]
    struct Snapshot {
        uint256 nodeBalanceWei;
        int256 balanceDeltaWei;
        uint256 remainingProofs;
        bytes32 parentBeaconBlockRoot;
    }

    /// What is known of a validator. Status 0 is inactive, 1 active, 2 withdrawn.
    #[derive(Debug, Default, PartialEq)]
    struct ValidatorDetails {
        uint40 validatorIndex;
        uint8 status;
        uint256 restakedBalanceWei;
        uint64 lastBalanceUpdateTimestamp;
    }

    /// A beacon state root under a beacon block root.
    #[derive(Debug, Default, PartialEq)]
    struct BeaconStateRootProof {
        uint64 timestamp;
        bytes32 beaconStateRoot;
        bytes proof;
    }

    /// Where a validator's fields stand under a beacon state root.
    #[derive(Debug, Default, PartialEq)]
    struct ValidatorProof {
        uint40 validatorIndex;
        bytes32 validatorRoot;
        bytes proof;
    }

    /// A validator's fields with their proof.
    #[derive(Debug, Default, PartialEq)]
    struct ValidatorFieldsProof {
        ValidatorProof validatorProof;
        bytes32[] validatorFields;
    }

    /// The root of all balances under a beacon block root.
    #[derive(Debug, Default, PartialEq)]
    struct BalanceContainer {
        bytes32 containerRoot;
        bytes proof;
    }

    /// The leaf of four balances, one of which is a validator's.
    #[derive(Debug, Default, PartialEq)]
    struct BalanceProof {
        bytes32 pubkeyHash;
        bytes32 balanceRoot;
        bytes proof;
    }

    /// Functions, events and errors of the native vault beside those that it shares with the
    /// standard one.
    #[derive(Debug, PartialEq)]
    interface NativeVault {
        event NativeVaultInitialized(address owner, address manager, address operator);
        event UpgradedAllNodes(address implementation);
        event NodeDeployed(address owner, address node, address implementation);
        event SnapshotCreated(
            address nodeOwner, address node, uint64 timestamp, bytes32 parentBeaconBlockRoot
        );
        event SnapshotFinished(
            address nodeOwner, address node, uint64 timestamp, int256 totalDeltaWei
        );
        event SnapshotValidator(
            address nodeOwner, address node, uint64 timestamp, uint40 validatorIndex
        );
        event RestakedValidator(
            address nodeOwner, address node, uint256 validatorIndex, uint64 timestamp,
            uint256 restakedBalanceWei
        );
        event ValidatorBalanceChanged(
            address nodeOwner, address node, uint40 validatorIndex, uint64 timestamp,
            uint256 balanceWei
        );
        event ValidatorWithdrawn(
            address nodeOwner, address node, uint64 timestamp, uint40 validatorIndex
        );
        event IncreasedBalance(uint256 totalRestakedETH);
        event DecreasedBalance(uint256 totalRestakedETH);
        event StartedWithdraw(
            address nodeOwner, address operator, bytes32 withdrawKey, uint256 assets, address to
        );
        event FinishedWithdraw(
            address nodeOwner, address to, address operator, uint256 assets, bytes32 withdrawKey
        );

        error DepositTokenNotAccepted();
        error NotNodeOwner();
        error PendingIncompleteSnapshot();
        error AttemptedSnapshotInSameBlock();
        error NoBalanceUpdateToSnapshot();
        error NoActiveSnapshot();
        error BeaconRootFetchError();
        error BeaconTimestampIsCurrent();
        error BeaconTimestampTooOld();
        error SnapshotExpired();
        error SnapshotNotExpired();
        error ValidatorAlreadyActive();
        error ValidatorExiting();
        error WithdrawalCredentialsMismatchWithNode();
        error InvalidBeaconStateProof();
        error InvalidBalanceRootProof();
        error InvalidBalanceProof();
        error InvalidValidatorFieldsLength();
        error InvalidValidatorFieldsProofLength();
        error InvalidValidatorFieldsProofInclusion();

        function changeNodeImplementation(address newNodeImplementation) external;
        function createNode() external returns (address node);
        function startSnapshot(bool revertIfNoBalanceChange) external;
        function validateSnapshotProofs(
            address nodeOwner, BalanceProof[] balanceProofs, BalanceContainer balanceContainer
        ) external;
        function validateWithdrawalCredentials(
            address nodeOwner, BeaconStateRootProof beaconStateRootProof,
            ValidatorFieldsProof[] validatorFieldsProofs
        ) external;
        function validateExpiredSnapshot(address nodeOwner) external;
        function startWithdrawal(address to, uint256 weiAmount)
            external returns (bytes32 withdrawalKey);
        function finishWithdrawal(bytes32 withdrawalKey) external;
        function pauseNode(address node, uint256 map) external;
        function unpauseNode(address node, uint256 map) external;

        function implementation() external view returns (address);
        function withdrawableWei(address nodeOwner) external view returns (uint256);
        function activeValidatorCount(address nodeOwner) external view returns (uint256);
        function getNextWithdrawNonce(address nodeOwner) external view returns (uint256);
        function isWithdrawalPending(address nodeOwner, uint256 withdrawNonce)
            external view returns (bool);
        function getQueuedWithdrawal(address nodeOwner, uint256 withdrawNonce)
            external view returns (QueuedNativeWithdrawal withdrawal);
        function getNodeOwner(address node) external view returns (address);
        function getValidatorDetails(bytes32 pubKey, address nodeOwner)
            external view returns (ValidatorDetails details);
        function lastSnapshotTimestamp(address nodeOwner) external view returns (uint64);
        function currentSnapshotTimestamp(address nodeOwner) external view returns (uint64);
        function currentSnapshot(address nodeOwner) external view returns (Snapshot snapshot);
    }

    /// A node: the withdrawal address of a staker's validators.
    #[derive(Debug, PartialEq)]
    interface NativeNode {
        event NodeETHWithdrawn(address node, address to, uint256 weiAmount);

        function initialize(address owner, address nodeOwner) external;
        function withdraw(address to, uint256 weiAmount) external;
    }

    /// Internal: a snapshot waits for proofs.
    #[derive(Debug, PartialEq)]
    interface BondstoneNativeLedger {
        event SnapshotStored(address nodeOwner, Snapshot snapshot);
    }
}
