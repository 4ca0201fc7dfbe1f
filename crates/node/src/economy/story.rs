//! The economy's transactions, in order.

use super::merkle::Tree;
use super::{DAY, Economy, Token, Tokens, Vault, WEEK, part};
use crate::accounts::DevAccounts;
use crate::chain::block::Block;
use crate::chain::{CHAIN_ID, Chain};
use crate::error::Error;
use alloy_consensus::TxEip1559;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, FullRestakeInitParams, NetworkRestakeInitParams,
    OperatorSpecificInitParams,
};
use bondstone_symbiotic::abi::registry::{
    AddEntity, ConfiguratorInitParams, NetworkMiddlewareService, NetworkRegistry, OperatorRegistry,
    OptInService, VaultConfigurator,
};
use bondstone_symbiotic::abi::rewards::operator::{DefaultOperatorRewards, OperatorRewardsFactory};
use bondstone_symbiotic::abi::rewards::staker::{
    DefaultStakerRewards, StakerRewardsFactory, StakerRewardsInitParams,
};
use bondstone_symbiotic::abi::slasher::{
    Slasher, SlasherInitParams, VetoSlasher, VetoSlasherInitParams,
};
use bondstone_symbiotic::abi::vault::{self, VaultInitParams, VaultTokenizedInitParams};
use bondstone_symbiotic::rules::subnetwork;
use bondstone_tokens::BLOCK_GAS_LIMIT;
use bondstone_world::Deployment;
use std::sync::Arc;

/// Where slashed collateral goes, as in the deploy scripts of Symbiotic.
const BURNER: Address = address!("0x000000000000000000000000000000000000dEaD");

/// Gas limit of every transaction here.
const GAS: u64 = 5_000_000;
const _: () = assert!(GAS <= BLOCK_GAS_LIMIT, "a transaction fits a block");

pub(super) struct Story<'a> {
    pub(super) chain: &'a Chain,
    pub(super) accounts: &'a DevAccounts,
    pub(super) deployment: &'a Deployment,
    pub(super) tokens: &'a Tokens,
}

impl Story<'_> {
    pub(super) fn tell(&self) -> Result<Economy, Error> {
        self.register()?;
        let mut economy = Economy {
            instant: self.instant_vault()?,
            veto: self.veto_vault()?,
            unslashable: self.unslashable_vault()?,
            ..Economy::default()
        };
        self.stake(&economy)?;
        self.delegate(&economy)?;
        self.opt_in(&economy)?;
        self.chain.increase_time(u64::from(WEEK + DAY)).wait()?;
        self.pay_stakers(&mut economy)?;
        self.pay_operators(&mut economy)?;
        self.chain.increase_time(u64::from(5 * DAY)).wait()?;
        self.slash(&economy)?;
        self.chain.increase_time(u64::from(5 * DAY)).wait()?;
        self.leave(&economy)?;
        self.chain.increase_time(u64::from(DAY + DAY / 2)).wait()?;
        self.ask_to_slash(&economy)?;
        self.chain.follow_wall_clock().wait()?;
        Ok(economy)
    }

    fn register(&self) -> Result<(), Error> {
        for network in [part::HYPERLANE, part::TANSSI, part::DITTO] {
            let middleware = self.accounts.address(network)?;
            self.at(network, Kind::NetworkRegistry, &NetworkRegistry::registerNetworkCall {})?;
            let call = NetworkMiddlewareService::setMiddlewareCall { middleware };
            self.at(network, Kind::NetworkMiddlewareService, &call)?;
        }
        for operator in [part::OPERATOR_A, part::OPERATOR_B, part::OPERATOR_C] {
            self.at(operator, Kind::OperatorRegistry, &OperatorRegistry::registerOperatorCall {})?;
        }
        Ok(())
    }

    fn instant_vault(&self) -> Result<Vault, Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        let delegator = NetworkRestakeInitParams {
            baseParams: self.delegator_base()?,
            networkLimitSetRoleHolders: vec![curator],
            operatorNetworkSharesSetRoleHolders: vec![curator],
        };
        self.create(ConfiguratorInitParams {
            version: 1,
            owner: curator,
            vaultParams: self.vault_params(&self.tokens.wsteth)?.abi_encode().into(),
            delegatorIndex: 0,
            delegatorParams: delegator.abi_encode().into(),
            withSlasher: true,
            slasherIndex: 0,
            slasherParams: SlasherInitParams { isBurnerHook: false }.abi_encode().into(),
        })
    }

    fn veto_vault(&self) -> Result<Vault, Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        let vault = VaultTokenizedInitParams {
            baseParams: self.vault_params(&self.tokens.usdc)?,
            name: "Staked USDC".to_owned(),
            symbol: "stUSDC".to_owned(),
        };
        let delegator = FullRestakeInitParams {
            baseParams: self.delegator_base()?,
            networkLimitSetRoleHolders: vec![curator],
            operatorNetworkLimitSetRoleHolders: vec![curator],
        };
        let slasher = VetoSlasherInitParams {
            isBurnerHook: false,
            vetoDuration: U48::from(DAY),
            resolverSetEpochsDelay: U256::from(3),
        };
        self.create(ConfiguratorInitParams {
            version: 2,
            owner: curator,
            vaultParams: vault.abi_encode().into(),
            delegatorIndex: 1,
            delegatorParams: delegator.abi_encode().into(),
            withSlasher: true,
            slasherIndex: 1,
            slasherParams: slasher.abi_encode().into(),
        })
    }

    fn unslashable_vault(&self) -> Result<Vault, Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        let delegator = OperatorSpecificInitParams {
            baseParams: self.delegator_base()?,
            networkLimitSetRoleHolders: vec![curator],
            operator: self.accounts.address(part::OPERATOR_C)?,
        };
        self.create(ConfiguratorInitParams {
            version: 1,
            owner: curator,
            vaultParams: self.vault_params(&self.tokens.wsteth)?.abi_encode().into(),
            delegatorIndex: 2,
            delegatorParams: delegator.abi_encode().into(),
            withSlasher: false,
            slasherIndex: 0,
            slasherParams: Bytes::new(),
        })
    }

    fn vault_params(&self, collateral: &Token) -> Result<VaultInitParams, Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        Ok(VaultInitParams {
            collateral: collateral.address,
            burner: BURNER,
            epochDuration: U48::from(WEEK),
            depositWhitelist: false,
            isDepositLimit: false,
            depositLimit: U256::ZERO,
            defaultAdminRoleHolder: curator,
            depositWhitelistSetRoleHolder: curator,
            depositorWhitelistRoleHolder: curator,
            isDepositLimitSetRoleHolder: curator,
            depositLimitSetRoleHolder: curator,
        })
    }

    fn delegator_base(&self) -> Result<DelegatorBaseParams, Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        Ok(DelegatorBaseParams {
            defaultAdminRoleHolder: curator,
            hook: Address::ZERO,
            hookSetRoleHolder: curator,
        })
    }

    fn stake(&self, economy: &Economy) -> Result<(), Error> {
        let deposits = [
            (part::ALICE, economy.instant, &self.tokens.wsteth, 100),
            (part::BOB, economy.instant, &self.tokens.wsteth, 50),
            (part::ALICE, economy.veto, &self.tokens.usdc, 500_000),
            (part::BOB, economy.veto, &self.tokens.usdc, 200_000),
            (part::ALICE, economy.unslashable, &self.tokens.wsteth, 20),
        ];
        for (staker, vault, token, whole) in deposits {
            let amount = token.units(whole);
            self.approve(staker, token, vault.vault, amount)?;
            let on_behalf_of = self.accounts.address(staker)?;
            let call = vault::Vault::depositCall { onBehalfOf: on_behalf_of, amount };
            self.send(staker, vault.vault, &call)?;
        }
        Ok(())
    }

    fn delegate(&self, economy: &Economy) -> Result<(), Error> {
        let (wsteth, usdc) = (&self.tokens.wsteth, &self.tokens.usdc);
        let limits = [
            (part::HYPERLANE, economy.instant, wsteth.units(100)),
            (part::TANSSI, economy.instant, wsteth.units(80)),
            (part::TANSSI, economy.veto, usdc.units(400_000)),
            (part::DITTO, economy.veto, usdc.units(300_000)),
            (part::HYPERLANE, economy.unslashable, wsteth.units(20)),
        ];
        for (network, vault, amount) in limits {
            let call = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount };
            self.send(network, vault.delegator, &call)?;
            let subnetwork = self.subnetwork(network)?;
            let call = Delegator::setNetworkLimitCall { subnetwork, amount };
            self.send(part::CURATOR, vault.delegator, &call)?;
        }
        for network in [part::HYPERLANE, part::TANSSI] {
            for (operator, shares) in [(part::OPERATOR_A, 60), (part::OPERATOR_B, 40)] {
                let call = Delegator::setOperatorNetworkSharesCall {
                    subnetwork: self.subnetwork(network)?,
                    operator: self.accounts.address(operator)?,
                    shares: U256::from(shares),
                };
                self.send(part::CURATOR, economy.instant.delegator, &call)?;
            }
        }
        for network in [part::TANSSI, part::DITTO] {
            for (operator, whole) in [(part::OPERATOR_B, 250_000), (part::OPERATOR_C, 150_000)] {
                let call = Delegator::setOperatorNetworkLimitCall {
                    subnetwork: self.subnetwork(network)?,
                    operator: self.accounts.address(operator)?,
                    amount: usdc.units(whole),
                };
                self.send(part::CURATOR, economy.veto.delegator, &call)?;
            }
        }
        let call = VetoSlasher::setResolverCall {
            identifier: U96::ZERO,
            resolver: self.accounts.address(part::RESOLVER)?,
            hints: Bytes::new(),
        };
        self.send(part::TANSSI, economy.veto.slasher, &call)?;
        Ok(())
    }

    fn opt_in(&self, economy: &Economy) -> Result<(), Error> {
        let (instant, veto) = (economy.instant.vault, economy.veto.vault);
        let opted: [(usize, &[Address], &[usize]); 3] = [
            (part::OPERATOR_A, &[instant], &[part::HYPERLANE, part::TANSSI]),
            (part::OPERATOR_B, &[instant, veto], &[part::HYPERLANE, part::TANSSI, part::DITTO]),
            (
                part::OPERATOR_C,
                &[veto, economy.unslashable.vault],
                &[part::HYPERLANE, part::TANSSI, part::DITTO],
            ),
        ];
        for (operator, vaults, networks) in opted {
            for vault in vaults {
                let call = OptInService::optIn_0Call { r#where: *vault };
                self.at(operator, Kind::OperatorVaultOptInService, &call)?;
            }
            for network in networks {
                let call = OptInService::optIn_0Call { r#where: self.accounts.address(*network)? };
                self.at(operator, Kind::OperatorNetworkOptInService, &call)?;
            }
        }
        Ok(())
    }

    /// Hyperlane pays the stakers of the instant vault twice; Bob claims the first time.
    fn pay_stakers(&self, economy: &mut Economy) -> Result<(), Error> {
        let curator = self.accounts.address(part::CURATOR)?;
        let params = StakerRewardsInitParams {
            vault: economy.instant.vault,
            adminFee: U256::from(1_000),
            defaultAdminRoleHolder: curator,
            adminFeeClaimRoleHolder: curator,
            adminFeeSetRoleHolder: curator,
        };
        let factory = self.deployment.address(Kind::StakerRewardsFactory);
        let create = StakerRewardsFactory::createCall { params };
        let block = self.send(part::CURATOR, factory, &create)?;
        let rewards = created(&block, factory)?;
        economy.staker_rewards = rewards;
        let (network, hyper) = (self.accounts.address(part::HYPERLANE)?, &self.tokens.hyper);
        for (nth, whole) in [(0, 9_000), (1, 6_000)] {
            let amount = hyper.units(whole);
            self.approve(part::HYPERLANE, hyper, rewards, amount)?;
            let max_fee = U256::from(10_000);
            let data = (self.now(), max_fee, Bytes::new(), Bytes::new()).abi_encode_params();
            let call = DefaultStakerRewards::distributeRewardsCall {
                network,
                token: hyper.address,
                amount,
                data: data.into(),
            };
            self.send(part::HYPERLANE, rewards, &call)?;
            if nth == 0 {
                let data = (network, U256::MAX, Vec::<Bytes>::new()).abi_encode_params();
                let call = DefaultStakerRewards::claimRewardsCall {
                    recipient: self.accounts.address(part::BOB)?,
                    token: hyper.address,
                    data: data.into(),
                };
                self.send(part::BOB, rewards, &call)?;
            }
        }
        Ok(())
    }

    /// Tanssi pays operators through a Merkle root; the first of them claims.
    fn pay_operators(&self, economy: &mut Economy) -> Result<(), Error> {
        let factory = self.deployment.address(Kind::OperatorRewardsFactory);
        let create = OperatorRewardsFactory::createCall {};
        let block = self.send(part::TANSSI, factory, &create)?;
        let rewards = created(&block, factory)?;
        economy.operator_rewards = rewards;
        self.send(part::TANSSI, rewards, &DefaultOperatorRewards::initializeCall {})?;
        let (network, tanssi) = (self.accounts.address(part::TANSSI)?, &self.tokens.tanssi);
        let operators =
            [(part::OPERATOR_A, 5_000), (part::OPERATOR_B, 3_000), (part::OPERATOR_C, 2_000)];
        let mut entitlements = Vec::new();
        for (operator, whole) in operators {
            entitlements.push((self.accounts.address(operator)?, tanssi.units(whole)));
        }
        let tree = Tree::new(&entitlements);
        let amount = tanssi.units(10_000);
        self.approve(part::TANSSI, tanssi, rewards, amount)?;
        let call = DefaultOperatorRewards::distributeRewardsCall {
            network,
            token: tanssi.address,
            amount,
            root: tree.root(),
        };
        self.send(part::TANSSI, rewards, &call)?;
        let (recipient, total) = (self.accounts.address(part::OPERATOR_A)?, tanssi.units(5_000));
        let call = DefaultOperatorRewards::claimRewardsCall {
            recipient,
            network,
            token: tanssi.address,
            totalClaimable: total,
            proof: tree.proof(recipient, total).unwrap_or_default(),
        };
        self.send(part::OPERATOR_A, rewards, &call)?;
        Ok(())
    }

    /// Hyperlane slashes the first operator in the instant vault.
    fn slash(&self, economy: &Economy) -> Result<(), Error> {
        let call = Slasher::slashCall {
            subnetwork: self.subnetwork(part::HYPERLANE)?,
            operator: self.accounts.address(part::OPERATOR_A)?,
            amount: self.tokens.wsteth.units(5),
            captureTimestamp: self.now(),
            hints: Bytes::new(),
        };
        self.send(part::HYPERLANE, economy.instant.slasher, &call)?;
        Ok(())
    }

    /// Bob asks for some of his stake back. He cannot claim it yet.
    fn leave(&self, economy: &Economy) -> Result<(), Error> {
        let call = vault::Vault::withdrawCall {
            claimer: self.accounts.address(part::BOB)?,
            amount: self.tokens.wsteth.units(10),
        };
        self.send(part::BOB, economy.instant.vault, &call)?;
        Ok(())
    }

    /// Tanssi asks to slash the second operator in the veto vault. It can still be vetoed.
    fn ask_to_slash(&self, economy: &Economy) -> Result<(), Error> {
        let call = VetoSlasher::requestSlashCall {
            subnetwork: self.subnetwork(part::TANSSI)?,
            operator: self.accounts.address(part::OPERATOR_B)?,
            amount: self.tokens.usdc.units(1_000),
            captureTimestamp: self.now(),
            hints: Bytes::new(),
        };
        self.send(part::TANSSI, economy.veto.slasher, &call)?;
        Ok(())
    }

    /// Time of the last block, which is before the next one's.
    fn now(&self) -> U48 {
        U48::from(self.chain.latest().block().timestamp)
    }

    /// The first subnetwork of a network.
    fn subnetwork(&self, network: usize) -> Result<B256, Error> {
        Ok(subnetwork(self.accounts.address(network)?, U96::ZERO))
    }

    fn approve(
        &self,
        from: usize,
        token: &Token,
        spender: Address,
        value: U256,
    ) -> Result<(), Error> {
        self.send(from, token.address, &Erc20::approveCall { spender, value })?;
        Ok(())
    }

    fn create(&self, params: ConfiguratorInitParams) -> Result<Vault, Error> {
        let with_slasher = params.withSlasher;
        let call = VaultConfigurator::createCall { params };
        let block = self.at(part::CURATOR, Kind::VaultConfigurator, &call)?;
        let of = |kind| created(&block, self.deployment.address(kind));
        Ok(Vault {
            vault: of(Kind::VaultFactory)?,
            delegator: of(Kind::DelegatorFactory)?,
            slasher: if with_slasher { of(Kind::SlasherFactory)? } else { Address::ZERO },
        })
    }

    fn at<C: SolCall>(&self, from: usize, to: Kind, call: &C) -> Result<Arc<Block>, Error> {
        self.send(from, self.deployment.address(to), call)
    }

    /// Sends a transaction that must succeed, and returns its block.
    fn send<C: SolCall>(&self, from: usize, to: Address, call: &C) -> Result<Arc<Block>, Error> {
        let from = self.accounts.address(from)?;
        let transaction = TxEip1559 {
            chain_id: CHAIN_ID,
            nonce: self.chain.latest().nonce(from),
            gas_limit: GAS,
            to: TxKind::Call(to),
            input: call.abi_encode().into(),
            ..TxEip1559::default()
        };
        let hash = self.chain.submit(self.accounts.sign(from, transaction.into())?)?.wait()?;
        let found = self.chain.block_of(hash)?;
        let (block, position) =
            found.ok_or_else(|| Error::Internal(format!("no block holds {hash}")))?;
        match block.revert(position) {
            None => Ok(block),
            Some(revert) => {
                let reason = Error::Reverted(revert);
                let text = format!("the economy's {} failed: {reason}", C::SIGNATURE);
                Err(Error::Internal(text))
            }
        }
    }
}

/// The entity that a factory added in a block.
fn created(block: &Block, factory: Address) -> Result<Address, Error> {
    let logs = block.logs().into_iter().filter(|log| log.address() == factory);
    let mut added = logs.filter_map(|log| AddEntity::decode_log(&log.inner).ok());
    let entity = added.next().map(|log| log.entity);
    entity.ok_or_else(|| Error::Internal(format!("the factory {factory} created nothing")))
}
