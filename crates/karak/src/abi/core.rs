//! Core: registry of operators, services and vaults, vault factory, beacon and slashing court.
//! Source: Karak V2 `Core` with its libraries `Operator`, `SlasherLib`, `HookLib`, `CoreLib`.

use alloy_sol_types::sol;

sol! {
    /// What an operator wants of a vault: stake it to a service, or take it back.
    #[derive(Debug, Default, PartialEq)]
    struct StakeUpdateRequest {
        address vault;
        address dss;
        bool toStake;
    }

    /// A stake update that waits for its delay.
    #[derive(Debug, Default, PartialEq)]
    struct QueuedStakeUpdate {
        uint48 nonce;
        uint48 startTimestamp;
        address operator;
        StakeUpdateRequest updateRequest;
    }

    /// What a service wants to slash.
    #[derive(Debug, Default, PartialEq)]
    struct SlashRequest {
        address operator;
        uint96[] slashPercentagesWad;
        address[] vaults;
    }

    /// A slashing that waits for its veto window.
    #[derive(Debug, Default, PartialEq)]
    struct QueuedSlashing {
        address dss;
        uint96 timestamp;
        address operator;
        address[] vaults;
        uint96[] slashPercentagesWad;
        uint256 nonce;
    }

    /// A vault to deploy; also what a vault answers about itself.
    #[derive(Debug, Default, PartialEq)]
    struct VaultConfig {
        address asset;
        uint8 decimals;
        address operator;
        string name;
        string symbol;
        bytes extraData;
    }

    /// Functions, events and errors of Core. The errors of its separately linked libraries, which
    /// the contract's own ABI leaves out, are here too.
    #[derive(Debug, PartialEq)]
    interface Core {
        event InitializeCore(
            address owner, address vaultImpl, address manager, address vetoCommittee,
            uint32 hookCallGasLimit, uint32 supportsInterfaceGasLimit, uint32 hookGasBuffer
        );
        event AllowlistedAssets(address[] assets, address[] slashingHandlers);
        event AllowlistedVaultImpl(address vaultImpl);
        event UpgradedAllVaults(address implementation);
        event UpgradedVault(address implementation, address vault);
        event GasValuesUpdated(
            uint32 hookCallGasLimit, uint32 supportsInterfaceGasLimit, uint32 hookGasBuffer
        );
        event NewVault(address vault, address implementation);
        event DeployedVault(address operator, address vault, address asset);
        event DSSRegistered(address dss, uint256 maxSlashablePercentageWad);
        event RegisteredOperatorToDSS(address operator, address dss);
        event UnregisteredOperatorToDSS(address operator, address dss);
        event RequestedStakeUpdate(QueuedStakeUpdate updatedStake);
        event FinishedStakeUpdate(QueuedStakeUpdate updatedStake);
        event InterfaceNotSupported();
        event HookCallSucceeded(bytes32 returnData);
        event HookCallFailed(bytes32 revertReason);
        event RequestedSlashing(address dss, SlashRequest slashingRequest);
        event CancelledSlashing(address canceller, QueuedSlashing slashingMetadata);
        event FinalizedSlashing(address finisher, QueuedSlashing slashingMetadata);
        event SkippedSlashing(address vault);

        error ReservedAddress();
        error LengthsDontMatch();
        error AssetNotAllowlisted();
        error VaultImplNotAllowlisted();
        error VaultCreationFailedAddrMismatch(address expected, address actual);
        error MaxVaultCapacityReached();
        error MaxDSSCapacityReached();
        error NotSmartContract();
        error DSSAlreadyRegistered();
        error DSSNotRegistered();
        error OperatorAlreadyRegisteredToDSS();
        error OperatorNotValidatingForDSS();
        error AllVaultsNotUnstakedFromDSS();
        error PendingStakeUpdateRequest();
        error VaultNotAChildVault();
        error VaultAlreadyStakedInDSS();
        error VaultNotStakedInDSS();
        error OperatorStakeUpdateDelayNotPassed();
        error InvalidQueuedStakeUpdateInput();
        error NotEnoughGas();
        error DSSHookCallReverted(bytes32 revertReason);
        error SlashingCooldownNotPassed();
        error MaxSlashableVaultsPerRequestBreached();
        error EmptyArray();
        error DuplicateSlashingVaults();
        error VaultNotStakedToDSS();
        error ZeroSlashPercentageWad();
        error MaxSlashPercentageWadBreached();
        error InvalidSlashingParams();
        error InvalidSlashingCount();
        error MinSlashingDelayNotPassed();

        function initialize(
            address vaultImpl, address manager, address vetoCommittee, uint32 hookCallGasLimit,
            uint32 supportsInterfaceGasLimit, uint32 hookGasBuffer
        ) external;
        function allowlistAssets(address[] assets, address[] slashingHandlers) external;
        function allowlistVaultImpl(address vaultImpl) external;
        function changeStandardImplementation(address newVaultImpl) external;
        function changeImplementationForVault(address vault, address newVaultImpl) external;
        function setGasValues(
            uint32 hookCallGasLimit, uint32 hookGasBuffer, uint32 supportsInterfaceGasLimit
        ) external;
        function pauseVault(address vault, uint256 map) external;
        function unpauseVault(address vault, uint256 map) external;
        function deployVaults(VaultConfig[] vaultConfigs, address vaultImpl)
            external returns (address[] vaults);
        function registerDSS(uint256 maxSlashablePercentageWad) external;
        function registerOperatorToDSS(address dss, bytes registrationHookData) external;
        function unregisterOperatorFromDSS(address dss) external;
        function requestUpdateVaultStakeInDSS(StakeUpdateRequest vaultStakeUpdateRequest)
            external returns (QueuedStakeUpdate updatedStake);
        function finalizeUpdateVaultStakeInDSS(QueuedStakeUpdate queuedStake) external;
        function requestSlashing(SlashRequest slashingRequest)
            external returns (QueuedSlashing queuedSlashing);
        function cancelSlashing(QueuedSlashing queuedSlashing) external;
        function finalizeSlashing(QueuedSlashing queuedSlashing) external;

        function VERSION() external view returns (string);
        function implementation() external view returns (address);
        function implementation(address vault) external view returns (address);
        function isVaultImplAllowListed(address vaultImpl) external view returns (bool);
        function isAssetAllowlisted(address asset) external view returns (bool);
        function isDSSRegistered(address dss) external view returns (bool);
        function isOperatorRegisteredToDSS(address operator, address dss)
            external view returns (bool);
        function isVaultQueuedForSlashing(address vault) external view returns (bool);
        function getDssMaxSlashablePercentageWad(address dss) external view returns (uint256);
        function getOperatorVaults(address operator) external view returns (address[] vaults);
        function fetchVaultsStakedInDSS(address operator, address dss)
            external view returns (address[] vaults);
        function getLeverage(address vault) external view returns (uint256);
        function extSloads(bytes32[] slots) external view returns (bytes32[] res);
    }

    /// The part of a vault's interface that speaks of its configuration.
    #[derive(Debug, PartialEq)]
    interface ConfiguredVault {
        function vaultConfig() external view returns (VaultConfig config);
    }

    /// The hooks of a service. Core asks for each by its own selector whether it is there.
    #[derive(Debug, PartialEq)]
    interface Hooks {
        function supportsInterface(bytes4 interfaceId) external returns (bool);
        function registrationHook(address operator, bytes extraData) external;
        function unregistrationHook(address operator) external;
        function requestUpdateStakeHook(address operator, StakeUpdateRequest newStake) external;
        function finishUpdateStakeHook(address operator, QueuedStakeUpdate queuedStakeUpdate)
            external;
        function requestSlashingHook(address operator, uint256[] slashPercentagesWad) external;
        function cancelSlashingHook(address operator) external;
        function finishSlashingHook(address operator) external;
    }

    /// Internal events: the operations of Core change its books before they call a hook and log
    /// after it. Each of these is the change; the log that follows finds it made.
    #[derive(Debug, PartialEq)]
    interface BondstoneCoreLedger {
        event OperatorBooked(address operator, address dss, bool registered);
        event StakeUpdateBooked(QueuedStakeUpdate update, bool requested);
        event SlashingBooked(QueuedSlashing slashing, bool requested);
    }
}
