//! The set-up that both sides get, and the calls that are measured on it.

use crate::chain::{Call, Chain, perform};
use crate::error::BenchError;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, NetworkRestakeInitParams,
};
use bondstone_symbiotic::abi::registry::{
    ConfiguratorInitParams, NetworkMiddlewareService, NetworkRegistry, OperatorRegistry,
    OptInService, VaultConfigurator,
};
use bondstone_symbiotic::abi::rewards::staker::StakerRewardsFactory;
use bondstone_symbiotic::abi::rewards::{DefaultStakerRewards, StakerRewardsInitParams};
use bondstone_symbiotic::abi::slasher::{Slasher, SlasherInitParams};
use bondstone_symbiotic::abi::vault::{Vault, VaultInitParams};
use bondstone_symbiotic::rules::subnetwork;

/// Seconds of the vault's epoch.
pub(crate) const EPOCH_SECONDS: u64 = 7 * 24 * 3600;

/// Where the contracts are that exist before anybody uses them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) operator_registry: Address,
    pub(crate) network_registry: Address,
    pub(crate) network_middleware_service: Address,
    pub(crate) operator_vault_opt_in: Address,
    pub(crate) operator_network_opt_in: Address,
    pub(crate) vault_configurator: Address,
    pub(crate) staker_rewards_factory: Address,
    pub(crate) token: Address,
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    /// Holds the tokens at the start.
    pub(crate) treasury: Address,
    /// Holds every role of the vault.
    pub(crate) curator: Address,
    pub(crate) network: Address,
    /// Slashes, and pays rewards.
    pub(crate) middleware: Address,
    pub(crate) operator: Address,
}

/// A vault with an instant slasher and a rewards contract, and an operator with stake from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stage {
    pub(crate) cast: Cast,
    pub(crate) token: Address,
    pub(crate) vault: Address,
    pub(crate) delegator: Address,
    pub(crate) slasher: Address,
    pub(crate) rewards: Address,
}

impl Stage {
    /// Registers, creates, opts in and delegates.
    pub(crate) fn set(chain: &mut impl Chain, at: &Places, cast: Cast) -> Result<Self, BenchError> {
        let Cast { curator, network, middleware, operator, .. } = cast;
        perform(chain, network, at.network_registry, &NetworkRegistry::registerNetworkCall {})?;
        let call = NetworkMiddlewareService::setMiddlewareCall { middleware };
        perform(chain, network, at.network_middleware_service, &call)?;
        perform(chain, operator, at.operator_registry, &OperatorRegistry::registerOperatorCall {})?;
        let call = VaultConfigurator::createCall { params: configuration(at.token, curator) };
        let made = perform(chain, curator, at.vault_configurator, &call)?;
        let (vault, delegator, slasher) = (made.vault, made.delegator, made.slasher);
        let into_vault = OptInService::optIn_0Call { r#where: vault };
        perform(chain, operator, at.operator_vault_opt_in, &into_vault)?;
        let into_network = OptInService::optIn_0Call { r#where: network };
        perform(chain, operator, at.operator_network_opt_in, &into_network)?;
        let (identifier, amount) = (U96::ZERO, U256::MAX);
        let call = Delegator::setMaxNetworkLimitCall { identifier, amount };
        perform(chain, network, delegator, &call)?;
        let subnetwork = subnetwork(network, identifier);
        let call = Delegator::setNetworkLimitCall { subnetwork, amount };
        perform(chain, curator, delegator, &call)?;
        let shares = U256::from(1_000);
        let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
        perform(chain, curator, delegator, &call)?;
        let params = StakerRewardsInitParams {
            vault,
            adminFee: U256::ZERO,
            defaultAdminRoleHolder: curator,
            adminFeeClaimRoleHolder: curator,
            adminFeeSetRoleHolder: curator,
        };
        let call = StakerRewardsFactory::createCall { params };
        let rewards = perform(chain, curator, at.staker_rewards_factory, &call)?;
        let call = Erc20::approveCall { spender: rewards, value: U256::MAX };
        perform(chain, middleware, at.token, &call)?;
        Ok(Self { cast, token: at.token, vault, delegator, slasher, rewards })
    }

    /// Gives an account tokens of the treasury.
    pub(crate) fn give(
        &self,
        chain: &mut impl Chain,
        to: Address,
        value: U256,
    ) -> Result<(), BenchError> {
        let call = Erc20::transferCall { to, value };
        perform(chain, self.cast.treasury, self.token, &call).map(drop)
    }

    /// Lets a staker into the vault: tokens, approval, and a first deposit of half of them.
    pub(crate) fn admit(
        &self,
        chain: &mut impl Chain,
        staker: Address,
        tokens: U256,
    ) -> Result<(), BenchError> {
        self.give(chain, staker, tokens)?;
        let call = Erc20::approveCall { spender: self.vault, value: U256::MAX };
        perform(chain, staker, self.token, &call)?;
        let half = tokens >> 1;
        let call = Vault::depositCall { onBehalfOf: staker, amount: half };
        perform(chain, staker, self.vault, &call).map(drop)
    }

    pub(crate) fn deposit(&self, staker: Address, amount: U256) -> Call {
        Call::new(staker, self.vault, &Vault::depositCall { onBehalfOf: staker, amount })
    }

    pub(crate) fn withdraw(&self, claimer: Address, amount: U256) -> Call {
        Call::new(claimer, self.vault, &Vault::withdrawCall { claimer, amount })
    }

    pub(crate) fn claim(&self, recipient: Address, epoch: u64) -> Call {
        let epoch = U256::from(epoch);
        Call::new(recipient, self.vault, &Vault::claimCall { recipient, epoch })
    }

    pub(crate) fn slash(&self, amount: U256, capture_timestamp: u64) -> Call {
        let call = Slasher::slashCall {
            subnetwork: subnetwork(self.cast.network, U96::ZERO),
            operator: self.cast.operator,
            amount,
            captureTimestamp: U48::from(capture_timestamp),
            hints: Bytes::new(),
        };
        Call::new(self.cast.middleware, self.slasher, &call)
    }

    pub(crate) fn set_network_limit(&self, amount: U256) -> Call {
        let subnetwork = subnetwork(self.cast.network, U96::ZERO);
        let call = Delegator::setNetworkLimitCall { subnetwork, amount };
        Call::new(self.cast.curator, self.delegator, &call)
    }

    pub(crate) fn stake(&self) -> Call {
        let subnetwork = subnetwork(self.cast.network, U96::ZERO);
        let call = Delegator::stakeCall { subnetwork, operator: self.cast.operator };
        Call::new(self.cast.middleware, self.delegator, &call)
    }

    pub(crate) fn active_balance(&self, account: Address) -> Call {
        Call::new(account, self.vault, &Vault::activeBalanceOfCall { account })
    }

    /// Pays a reward to those who had stake at a moment; no fee, no hints.
    pub(crate) fn distribute(&self, amount: U256, timestamp: u64) -> Call {
        let (network, token) = (self.cast.network, self.token);
        let none = Bytes::new();
        let data = (U48::from(timestamp), U256::ZERO, none.clone(), none).abi_encode_params();
        let data = data.into();
        let call = DefaultStakerRewards::distributeRewardsCall { network, token, amount, data };
        Call::new(self.cast.middleware, self.rewards, &call)
    }

    /// Claims the next reward; no hints.
    pub(crate) fn claim_reward(&self, recipient: Address) -> Call {
        let token = self.token;
        let data = (self.cast.network, U256::ONE, Vec::<Bytes>::new()).abi_encode_params();
        let data = data.into();
        let call = DefaultStakerRewards::claimRewardsCall { recipient, token, data };
        Call::new(recipient, self.rewards, &call)
    }
}

/// A vault of version 1 with the first delegator and the instant slasher; slashed funds go to an
/// account.
fn configuration(collateral: Address, curator: Address) -> ConfiguratorInitParams {
    let vault = VaultInitParams {
        collateral,
        burner: Address::repeat_byte(0xde),
        epochDuration: U48::from(EPOCH_SECONDS),
        depositWhitelist: false,
        isDepositLimit: false,
        depositLimit: U256::ZERO,
        defaultAdminRoleHolder: curator,
        depositWhitelistSetRoleHolder: curator,
        depositorWhitelistRoleHolder: curator,
        isDepositLimitSetRoleHolder: curator,
        depositLimitSetRoleHolder: curator,
    };
    let delegator = NetworkRestakeInitParams {
        baseParams: DelegatorBaseParams {
            defaultAdminRoleHolder: curator,
            hook: Address::ZERO,
            hookSetRoleHolder: curator,
        },
        networkLimitSetRoleHolders: vec![curator],
        operatorNetworkSharesSetRoleHolders: vec![curator],
    };
    ConfiguratorInitParams {
        version: 1,
        owner: curator,
        vaultParams: vault.abi_encode().into(),
        delegatorIndex: 0,
        delegatorParams: delegator.abi_encode().into(),
        withSlasher: true,
        slasherIndex: 0,
        slasherParams: SlasherInitParams { isBurnerHook: false }.abi_encode().into(),
    }
}
