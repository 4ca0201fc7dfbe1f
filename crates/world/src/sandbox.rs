//! A small world to try things in: Symbiotic deployed, a token, helpers that send real calldata.
//!
//! Tests, benches, the fuzzer and examples start here. Nothing is done behind the contracts' back
//! except minting and the passing of time.

pub mod karak;

use crate::deployment::Deployment;
use crate::security::{SecurityError, security_topics};
use crate::world::{Receipt, Transaction, World};
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::{Erc20, Transfer};
use bondstone_kernel::security::{Dated, SecurityView};
use bondstone_kernel::{Block, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, FullRestakeInitParams, NetworkRestakeInitParams,
};
use bondstone_symbiotic::abi::registry::{
    ConfiguratorInitParams, NetworkMiddlewareService, NetworkRegistry, OperatorRegistry,
    OptInService, VaultConfigurator,
};
use bondstone_symbiotic::abi::slasher::{SlasherInitParams, VetoSlasherInitParams};
use bondstone_symbiotic::abi::vault::{Vault, VaultInitParams, VaultTokenizedInitParams};
use bondstone_symbiotic::rules::subnetwork;
pub use bondstone_tokens::Style;
use bondstone_tokens::abi::Multicall3Created;
use bondstone_tokens::{MULTICALL3, TokenEvent};
use thiserror::Error;

/// Why a step of the sandbox did not work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SandboxError {
    /// The contract reverted.
    #[error("{call} failed: {revert}")]
    Reverted {
        /// Signature of the function.
        call: &'static str,
        /// Its revert.
        revert: Revert,
    },
    /// The answer was not what the function returns.
    #[error("{call} returned something else than its type")]
    Malformed {
        /// Signature of the function.
        call: &'static str,
    },
    /// The world refused a log.
    #[error(transparent)]
    Fold(#[from] bondstone_kernel::FoldError),
}

/// Which slasher a vault gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlasherChoice {
    /// None: the vault cannot be slashed.
    None,
    /// Instant.
    Instant,
    /// With a veto period of this many seconds.
    Veto(u64),
}

/// What a vault of the sandbox is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultPlan {
    /// The token held.
    pub collateral: Address,
    /// Version 2 instead of 1.
    pub tokenized: bool,
    /// Seconds of an epoch.
    pub epoch_duration: u64,
    /// 0 network restake or 1 full restake.
    pub delegator_type: u64,
    /// The slasher.
    pub slasher: SlasherChoice,
}

/// A vault with its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VaultParts {
    /// The vault.
    pub vault: Address,
    /// Its delegator.
    pub delegator: Address,
    /// Its slasher, zero when it has none.
    pub slasher: Address,
}

/// A world with Symbiotic, one token and somebody who holds every role.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// The world.
    pub world: World,
    /// Where everything lives.
    pub deployment: Deployment,
    /// A plain token with 18 decimals.
    pub token: Address,
    /// Holds every role of every vault.
    pub curator: Address,
    /// Logs that pictures of security need, each with number and time of its block, as a node
    /// would find them; `None` unless [`Self::keep_history`] was called.
    pub history: Option<Vec<(Log, u64, u64)>>,
}

impl Sandbox {
    /// A sandbox at the given second.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] if the deployment does not fit an empty world.
    pub fn new(timestamp: u64) -> Result<Self, SandboxError> {
        let mut world = World::new(Block { number: 1, timestamp, chain_id: 31337 });
        let curator = Address::repeat_byte(0xcc);
        let deployment = Deployment::mainnet(curator);
        deployment.deploy(&mut world)?;
        world.deploy(MULTICALL3, TokenEvent::from(Multicall3Created {}))?;
        let token = Address::repeat_byte(0x70);
        let mut sandbox = Self { world, deployment, token, curator, history: None };
        sandbox.add_token(token, Style::Plain, 18)?;
        Ok(sandbox)
    }

    /// Adds a token.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] when the address is taken.
    pub fn add_token(
        &mut self,
        at: Address,
        style: Style,
        decimals: u8,
    ) -> Result<(), SandboxError> {
        let event = style.created("Sandbox token", "SBX", decimals);
        self.world.deploy(at, TokenEvent::from(event))?;
        Ok(())
    }

    /// Mints tokens to an account.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] when the supply does not fit.
    pub fn mint(&mut self, token: Address, to: Address, value: U256) -> Result<(), SandboxError> {
        let event = Transfer { from: Address::ZERO, to, value };
        self.world.deploy(token, TokenEvent::from(event))?;
        Ok(())
    }

    /// Lets time pass: the next block is this many seconds later.
    pub fn wait(&mut self, seconds: u64) {
        let block = *self.world.block();
        self.world.set_block(Block {
            number: block.number.saturating_add(1),
            timestamp: block.timestamp.saturating_add(seconds),
            ..block
        });
    }

    /// The current second.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.world.block().timestamp
    }

    /// Remembers from now on what pictures of security need.
    pub fn keep_history(&mut self) {
        self.history.get_or_insert_default();
    }

    /// The picture of security at the present block, with the history that was kept.
    ///
    /// # Errors
    /// [`SecurityError`].
    pub fn picture(&self) -> Result<SecurityView, SecurityError> {
        let kept = self.history.iter().flatten();
        let dated = kept.map(|(log, number, timestamp)| Dated {
            log,
            number: *number,
            timestamp: *timestamp,
        });
        self.world.security(&dated.collect::<Vec<_>>())
    }

    /// Sends raw calldata.
    pub fn send_raw(&mut self, from: Address, to: Address, input: Bytes) -> Receipt {
        let call = Transaction { from, to: Some(to), value: U256::ZERO, input };
        let receipt = self.world.transact(&call);
        if let Some(history) = &mut self.history {
            let (topics, block) = (security_topics(), self.world.block());
            let is_needed =
                |log: &&Log| log.topics().first().is_some_and(|topic| topics.contains(topic));
            let needed = receipt.logs().filter(is_needed);
            history.extend(needed.map(|log| (log.clone(), block.number, block.timestamp)));
        }
        receipt
    }

    /// Sends a call, whatever comes of it.
    pub fn send<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Receipt {
        self.send_raw(from, to, call.abi_encode().into())
    }

    /// Sends a call that has to work and returns what it returns.
    ///
    /// # Errors
    /// [`SandboxError::Reverted`] with the function's name.
    pub fn run<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, SandboxError> {
        let output = self.send(from, to, call).outcome;
        let name = C::SIGNATURE;
        let output = output.map_err(|revert| SandboxError::Reverted { call: name, revert })?;
        C::abi_decode_returns(&output).map_err(|_| SandboxError::Malformed { call: name })
    }

    /// Reads a view.
    ///
    /// # Errors
    /// [`SandboxError::Reverted`] with the function's name.
    pub fn read<C: SolCall>(&mut self, to: Address, call: &C) -> Result<C::Return, SandboxError> {
        let name = C::SIGNATURE;
        let output = self
            .world
            .read(Address::ZERO, to, &call.abi_encode())
            .map_err(|revert| SandboxError::Reverted { call: name, revert })?;
        C::abi_decode_returns(&output).map_err(|_| SandboxError::Malformed { call: name })
    }

    /// Address of a singleton.
    #[must_use]
    pub fn at(&self, kind: Kind) -> Address {
        self.deployment.address(kind)
    }

    /// Registers a network whose middleware is `middleware`.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn network(&mut self, network: Address, middleware: Address) -> Result<(), SandboxError> {
        let registry = self.at(Kind::NetworkRegistry);
        self.run(network, registry, &NetworkRegistry::registerNetworkCall {})?;
        let service = self.at(Kind::NetworkMiddlewareService);
        let call = NetworkMiddlewareService::setMiddlewareCall { middleware };
        self.run(network, service, &call).map(drop)
    }

    /// Registers an operator.
    ///
    /// # Errors
    /// The contract's revert.
    pub fn operator(&mut self, operator: Address) -> Result<(), SandboxError> {
        let registry = self.at(Kind::OperatorRegistry);
        self.run(operator, registry, &OperatorRegistry::registerOperatorCall {}).map(drop)
    }

    /// Opts an operator in to a vault and a network.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn opt_in(
        &mut self,
        operator: Address,
        vault: Address,
        network: Address,
    ) -> Result<(), SandboxError> {
        let service = self.at(Kind::OperatorVaultOptInService);
        self.run(operator, service, &OptInService::optIn_0Call { r#where: vault })?;
        let service = self.at(Kind::OperatorNetworkOptInService);
        self.run(operator, service, &OptInService::optIn_0Call { r#where: network }).map(drop)
    }

    /// Creates a vault through the configurator; the burner is the dead address.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn vault(&mut self, plan: &VaultPlan) -> Result<VaultParts, SandboxError> {
        let curator = self.curator;
        let params = ConfiguratorInitParams {
            version: if plan.tokenized { 2 } else { 1 },
            owner: curator,
            vaultParams: self.vault_params(plan),
            delegatorIndex: plan.delegator_type,
            delegatorParams: self.delegator_params(plan.delegator_type),
            withSlasher: plan.slasher != SlasherChoice::None,
            slasherIndex: u64::from(matches!(plan.slasher, SlasherChoice::Veto(_))),
            slasherParams: slasher_params(plan.slasher),
        };
        let configurator = self.at(Kind::VaultConfigurator);
        let made = self.run(curator, configurator, &VaultConfigurator::createCall { params })?;
        Ok(VaultParts { vault: made.vault, delegator: made.delegator, slasher: made.slasher })
    }

    /// Gives a network (identifier 0) and an operator stake in a vault without bounds.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn delegate(
        &mut self,
        parts: &VaultParts,
        network: Address,
        operator: Address,
    ) -> Result<(), SandboxError> {
        let (curator, at) = (self.curator, parts.delegator);
        let subnetwork = subnetwork(network, U96::ZERO);
        let amount = U256::MAX;
        let limit = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount };
        self.run(network, at, &limit)?;
        self.run(curator, at, &Delegator::setNetworkLimitCall { subnetwork, amount })?;
        let kind = self.read(at, &Delegator::TYPECall {})?;
        if kind == 0 {
            let shares = U256::from(1_000);
            let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
            self.run(curator, at, &call).map(drop)
        } else {
            let call = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount };
            self.run(curator, at, &call).map(drop)
        }
    }

    /// Mints, approves and deposits.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn fund_and_deposit(
        &mut self,
        vault: Address,
        staker: Address,
        amount: U256,
    ) -> Result<(), SandboxError> {
        let token = self.token;
        self.mint(token, staker, amount)?;
        let approve = Erc20::approveCall { spender: vault, value: U256::MAX };
        self.run(staker, token, &approve)?;
        self.run(staker, vault, &Vault::depositCall { onBehalfOf: staker, amount }).map(drop)
    }

    fn vault_params(&self, plan: &VaultPlan) -> Bytes {
        let base = VaultInitParams {
            collateral: plan.collateral,
            burner: Address::repeat_byte(0xde),
            epochDuration: U48::from(plan.epoch_duration),
            depositWhitelist: false,
            isDepositLimit: false,
            depositLimit: U256::ZERO,
            defaultAdminRoleHolder: self.curator,
            depositWhitelistSetRoleHolder: self.curator,
            depositorWhitelistRoleHolder: self.curator,
            isDepositLimitSetRoleHolder: self.curator,
            depositLimitSetRoleHolder: self.curator,
        };
        if !plan.tokenized {
            return base.abi_encode().into();
        }
        let (name, symbol) = ("Sandbox vault".to_owned(), "SBV".to_owned());
        VaultTokenizedInitParams { baseParams: base, name, symbol }.abi_encode().into()
    }

    fn delegator_params(&self, delegator_type: u64) -> Bytes {
        let base = DelegatorBaseParams {
            defaultAdminRoleHolder: self.curator,
            hook: Address::ZERO,
            hookSetRoleHolder: self.curator,
        };
        let holders = vec![self.curator];
        if delegator_type == 0 {
            NetworkRestakeInitParams {
                baseParams: base,
                networkLimitSetRoleHolders: holders.clone(),
                operatorNetworkSharesSetRoleHolders: holders,
            }
            .abi_encode()
            .into()
        } else {
            FullRestakeInitParams {
                baseParams: base,
                networkLimitSetRoleHolders: holders.clone(),
                operatorNetworkLimitSetRoleHolders: holders,
            }
            .abi_encode()
            .into()
        }
    }
}

fn slasher_params(choice: SlasherChoice) -> Bytes {
    match choice {
        SlasherChoice::None => Bytes::new(),
        SlasherChoice::Instant => SlasherInitParams { isBurnerHook: false }.abi_encode().into(),
        SlasherChoice::Veto(seconds) => VetoSlasherInitParams {
            isBurnerHook: false,
            vetoDuration: U48::from(seconds),
            resolverSetEpochsDelay: U256::from(3),
        }
        .abi_encode()
        .into(),
    }
}

/// The account with this number, for worlds with many accounts.
#[must_use]
pub fn account(number: u64) -> Address {
    Address::from_word(B256::from(U256::from(number).wrapping_add(U256::from(1u64 << 40))))
}
