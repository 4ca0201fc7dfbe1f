//! Every event of the suite: those of the contracts, and the few facts that no log carries.

use crate::abi::core::Core;
use crate::abi::ledger;
use crate::abi::native::{NativeNode, NativeVault};
use crate::abi::registry::RestakingRegistry;
use crate::abi::solady::{Initialized, OwnableRoles, Pauser};
use crate::abi::vault::Vault;
use bondstone_kernel::erc20::{Approval, Transfer};
use bondstone_kernel::events;
use bondstone_kernel::ownable::OwnershipTransferred;

events! {
    /// An event of the suite. The frequent ones come first: decoding tries them in this order.
    pub enum Event {
        contracts {
            Transfer(Transfer),
            Deposit(Vault::Deposit),
            StartedRedeem(Vault::StartedRedeem),
            Withdraw(Vault::Withdraw),
            FinishedRedeem(Vault::FinishedRedeem),
            Slashed(Vault::Slashed),
            Approval(Approval),
            HookCallSucceeded(Core::HookCallSucceeded),
            InterfaceNotSupported(Core::InterfaceNotSupported),
            HookCallFailed(Core::HookCallFailed),
            RequestedStakeUpdate(Core::RequestedStakeUpdate),
            FinishedStakeUpdate(Core::FinishedStakeUpdate),
            RequestedSlashing(Core::RequestedSlashing),
            CancelledSlashing(Core::CancelledSlashing),
            FinalizedSlashing(Core::FinalizedSlashing),
            SkippedSlashing(Core::SkippedSlashing),
            RegisteredOperatorToDSS(Core::RegisteredOperatorToDSS),
            UnregisteredOperatorToDSS(Core::UnregisteredOperatorToDSS),
            DSSRegistered(Core::DSSRegistered),
            NewVault(Core::NewVault),
            DeployedVault(Core::DeployedVault),
            InitializeCore(Core::InitializeCore),
            AllowlistedAssets(Core::AllowlistedAssets),
            AllowlistedVaultImpl(Core::AllowlistedVaultImpl),
            UpgradedAllVaults(Core::UpgradedAllVaults),
            UpgradedVault(Core::UpgradedVault),
            GasValuesUpdated(Core::GasValuesUpdated),
            Initialized(Initialized),
            OwnershipTransferred(OwnershipTransferred),
            RolesUpdated(OwnableRoles::RolesUpdated),
            OwnershipHandoverRequested(OwnableRoles::OwnershipHandoverRequested),
            OwnershipHandoverCanceled(OwnableRoles::OwnershipHandoverCanceled),
            Paused(Pauser::Paused),
            Unpaused(Pauser::Unpaused),
            NativeVaultInitialized(NativeVault::NativeVaultInitialized),
            UpgradedAllNodes(NativeVault::UpgradedAllNodes),
            NodeDeployed(NativeVault::NodeDeployed),
            SnapshotCreated(NativeVault::SnapshotCreated),
            SnapshotFinished(NativeVault::SnapshotFinished),
            SnapshotValidator(NativeVault::SnapshotValidator),
            RestakedValidator(NativeVault::RestakedValidator),
            ValidatorBalanceChanged(NativeVault::ValidatorBalanceChanged),
            ValidatorWithdrawn(NativeVault::ValidatorWithdrawn),
            IncreasedBalance(NativeVault::IncreasedBalance),
            DecreasedBalance(NativeVault::DecreasedBalance),
            StartedWithdraw(NativeVault::StartedWithdraw),
            FinishedWithdraw(NativeVault::FinishedWithdraw),
            NodeETHWithdrawn(NativeNode::NodeETHWithdrawn),
            KnsUpdated(RestakingRegistry::KnsUpdated),
        }
        internal {
            KarakDeployed(ledger::KarakDeployed),
            VaultCreated(ledger::VaultCreated),
            VaultConfigured(ledger::VaultConfigured),
            NodeCreated(ledger::NodeCreated),
            OperatorBooked(ledger::OperatorBooked),
            StakeUpdateBooked(ledger::StakeUpdateBooked),
            SlashingBooked(ledger::SlashingBooked),
            HandoverCompleted(ledger::HandoverCompleted),
            AllowanceSpent(ledger::AllowanceSpent),
            PermitUsed(ledger::PermitUsed),
            BeneficiarySet(ledger::BeneficiarySet),
            SnapshotStored(ledger::SnapshotStored),
            ValidatorKnown(ledger::ValidatorKnown),
            SlashableTokenAdded(ledger::SlashableTokenAdded),
            OracleSet(ledger::OracleSet),
            DssInitialized(ledger::DssInitialized),
            DssOperatorSet(ledger::DssOperatorSet),
            DssVaultSet(ledger::DssVaultSet),
            DssJailSet(ledger::DssJailSet),
            DssRefusalSet(ledger::DssRefusalSet),
            BeaconRootSet(ledger::BeaconRootSet),
        }
    }
}
