//! Every event of the suite: those of the contracts, and the few facts that no log carries.

use crate::abi::{collateral, delegator, ledger, registry, rewards, router, slasher, vault};
use bondstone_kernel::access::{RoleGranted, RoleRevoked};
use bondstone_kernel::erc20::{Approval, Transfer};
use bondstone_kernel::events;
use bondstone_kernel::ownable::OwnershipTransferred;

events! {
    /// An event of the suite. The frequent ones come first: decoding tries them in this order.
    pub enum Event {
        contracts {
            Deposit(vault::Deposit),
            Withdraw(vault::Withdraw),
            Transfer(Transfer),
            Claim(vault::Claim),
            ClaimBatch(vault::ClaimBatch),
            VaultSlashed(vault::OnSlash),
            DelegatorSlashed(delegator::OnSlash),
            Slash(slasher::Slash),
            ExecuteSlash(slasher::ExecuteSlash),
            RequestSlash(slasher::RequestSlash),
            VetoSlash(slasher::VetoSlash),
            SetResolver(slasher::SetResolver),
            SetMaxNetworkLimit(delegator::SetMaxNetworkLimit),
            SetNetworkLimit(delegator::SetNetworkLimit),
            SetOperatorNetworkShares(delegator::SetOperatorNetworkShares),
            SetOperatorNetworkLimit(delegator::SetOperatorNetworkLimit),
            SetHook(delegator::SetHook),
            IncreaseNonce(registry::IncreaseNonce),
            OptIn(registry::OptIn),
            OptOut(registry::OptOut),
            RoleGranted(RoleGranted),
            RoleRevoked(RoleRevoked),
            OwnershipTransferred(OwnershipTransferred),
            Approval(Approval),
            AddEntity(registry::AddEntity),
            Initialized(registry::Initialized),
            Upgraded(registry::Upgraded),
            AdminChanged(registry::AdminChanged),
            Migrate(registry::Migrate),
            Whitelist(registry::Whitelist),
            Blacklist(registry::Blacklist),
            SetMiddleware(registry::SetMiddleware),
            SetMetadataURL(registry::SetMetadataURL),
            SetDelegator(vault::SetDelegator),
            SetSlasher(vault::SetSlasher),
            SetDepositWhitelist(vault::SetDepositWhitelist),
            SetDepositorWhitelistStatus(vault::SetDepositorWhitelistStatus),
            SetIsDepositLimit(vault::SetIsDepositLimit),
            SetDepositLimit(vault::SetDepositLimit),
            TriggerTransfer(router::TriggerTransfer),
            SetGlobalReceiver(router::SetGlobalReceiver),
            AcceptGlobalReceiver(router::AcceptGlobalReceiver),
            SetNetworkReceiver(router::SetNetworkReceiver),
            AcceptNetworkReceiver(router::AcceptNetworkReceiver),
            SetOperatorNetworkReceiver(router::SetOperatorNetworkReceiver),
            AcceptOperatorNetworkReceiver(router::AcceptOperatorNetworkReceiver),
            SetDelay(router::SetDelay),
            AcceptDelay(router::AcceptDelay),
            CollateralDeposit(collateral::Deposit),
            CollateralWithdraw(collateral::Withdraw),
            IncreaseLimit(collateral::IncreaseLimit),
            SetLimitIncreaser(collateral::SetLimitIncreaser),
            IssueDebt(collateral::IssueDebt),
            RepayDebt(collateral::RepayDebt),
            InitVault(rewards::InitVault),
            SetAdminFee(rewards::SetAdminFee),
            ClaimAdminFee(rewards::ClaimAdminFee),
            DistributeStakerRewards(rewards::staker::DistributeRewards),
            ClaimStakerRewards(rewards::staker::ClaimRewards),
            ClaimRewardsExtra(rewards::ClaimRewardsExtra),
            DistributeOperatorRewards(rewards::operator::DistributeRewards),
            ClaimOperatorRewards(rewards::operator::ClaimRewards),
        }
        internal {
            Deployed(ledger::Deployed),
            VaultCreated(ledger::VaultCreated),
            DelegatorCreated(ledger::DelegatorCreated),
            SlasherCreated(ledger::SlasherCreated),
            HookCreated(ledger::HookCreated),
            HookSlashNoted(ledger::HookSlashNoted),
            HookSlashesForgotten(ledger::HookSlashesForgotten),
            RouterCreated(ledger::RouterCreated),
            RouterCredited(ledger::RouterCredited),
            CollateralCreated(ledger::CollateralCreated),
            AllowanceSpent(ledger::AllowanceSpent),
            SlashBooked(ledger::SlashBooked),
            SlashRequestClosed(ledger::SlashRequestClosed),
        }
    }
}

