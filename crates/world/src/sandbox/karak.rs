//! Karak in a sandbox.

use super::{Sandbox, SandboxError, Style};
use crate::deployment::karak::KarakDeployment;
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_karak::abi::core::{
    Core, QueuedSlashing, QueuedStakeUpdate, SlashRequest, StakeUpdateRequest, VaultConfig,
};
use bondstone_karak::abi::dss::BaseDss;
use bondstone_karak::abi::handler::SlashingHandler;
use bondstone_karak::abi::ledger::KarakDeployed;
use bondstone_karak::abi::solady::SoladyErc20;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::{NATIVE_ASSET, STAKE_UPDATE_DELAY};
use bondstone_karak::{Event, Kind};
use std::ops::{Deref, DerefMut};

/// Owns Core and the slashing handler, manages Core, and controls the services.
const OWNER: Address = Address::repeat_byte(0x0a);
/// May veto slashings.
const COMMITTEE: Address = Address::repeat_byte(0x0b);

/// A sandbox with Karak in it. Ether is on the list of assets, and has a handler without code, as
/// in the recorded traces.
#[derive(Clone, Debug)]
pub struct KarakSandbox {
    /// The sandbox.
    pub sandbox: Sandbox,
    /// Where everything of Karak lives.
    pub at: KarakDeployment,
}

impl Deref for KarakSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl DerefMut for KarakSandbox {
    fn deref_mut(&mut self) -> &mut Sandbox {
        &mut self.sandbox
    }
}

impl KarakSandbox {
    /// A sandbox at the given second, without tokens and services.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] if the deployment does not fit.
    pub fn new(timestamp: u64) -> Result<Self, SandboxError> {
        let mut sandbox = Sandbox::new(timestamp)?;
        let at = KarakDeployment::mainnet(OWNER, OWNER, COMMITTEE);
        at.deploy(&mut sandbox.world)?;
        let mut made = Self { sandbox, at };
        made.allow(NATIVE_ASSET, NATIVE_ASSET)?;
        Ok(made)
    }

    /// Core.
    #[must_use]
    pub fn core(&self) -> Address {
        self.at.address(Kind::Core)
    }

    /// Adds a token that vaults may hold and that the slashing handler takes.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] when the address is taken.
    pub fn add_asset(
        &mut self,
        at: Address,
        style: Style,
        decimals: u8,
    ) -> Result<(), SandboxError> {
        self.sandbox.add_token(at, style, decimals)?;
        self.list_asset(at)
    }

    /// Lets vaults hold a token, and the slashing handler take it.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn list_asset(&mut self, token: Address) -> Result<(), SandboxError> {
        let handler = self.at.address(Kind::SlashingHandler);
        self.allow(token, handler)?;
        let call = SlashingHandler::addSlashableTokenCall { token };
        self.sandbox.run(self.at.owner, handler, &call).map(drop)
    }

    fn allow(&mut self, asset: Address, handler: Address) -> Result<(), SandboxError> {
        let (assets, slashing_handlers) = (vec![asset], vec![handler]);
        let call = Core::allowlistAssetsCall { assets, slashingHandlers: slashing_handlers };
        let (owner, core) = (self.at.owner, self.core());
        self.sandbox.run(owner, core, &call).map(drop)
    }

    /// Adds a service of the SDK that may slash so much at once, in 1e18 = 1 %.
    ///
    /// # Errors
    /// [`SandboxError::Fold`] when the address is taken; the contracts' reverts.
    pub fn service(&mut self, dss: Address, maximum_wad: u128) -> Result<(), SandboxError> {
        let event = Event::from(KarakDeployed { kind: Kind::BaseDss.number() });
        self.sandbox.world.deploy(dss, event)?;
        let core = self.core();
        let maximum = U256::from(maximum_wad);
        let call = BaseDss::initializeCall { core, maxSlashablePercentageWad: maximum };
        self.sandbox.run(self.at.owner, dss, &call).map(drop)
    }

    /// A standard vault of `operator` for `asset`.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn vault(&mut self, operator: Address, asset: Address) -> Result<Address, SandboxError> {
        self.deploy_vault(operator, asset, Address::ZERO, Bytes::new())
    }

    /// A native vault of `operator`, which is its manager.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn native_vault(&mut self, operator: Address) -> Result<Address, SandboxError> {
        let node = self.at.address(Kind::NativeNodeImplementation);
        let extra_data = (operator, node).abi_encode().into();
        let implementation = self.at.address(Kind::NativeVaultImplementation);
        self.deploy_vault(operator, NATIVE_ASSET, implementation, extra_data)
    }

    fn deploy_vault(
        &mut self,
        operator: Address,
        asset: Address,
        implementation: Address,
        extra_data: Bytes,
    ) -> Result<Address, SandboxError> {
        let config = VaultConfig {
            asset,
            name: "Sandbox vault".to_owned(),
            symbol: "SBV".to_owned(),
            extraData: extra_data,
            ..VaultConfig::default()
        };
        let call = Core::deployVaultsCall { vaultConfigs: vec![config], vaultImpl: implementation };
        let core = self.core();
        let made = self.sandbox.run(operator, core, &call)?;
        let none = SandboxError::Malformed { call: Core::deployVaultsCall::SIGNATURE };
        made.first().copied().ok_or(none)
    }

    /// Lets a vault take a staker's tokens, and his shares for a redeem.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn approve(&mut self, vault: Address, staker: Address) -> Result<(), SandboxError> {
        let token = self.sandbox.read(vault, &Vault::assetCall {})?;
        let approve = SoladyErc20::approveCall { spender: vault, amount: U256::MAX };
        self.sandbox.run(staker, token, &approve)?;
        self.sandbox.run(staker, vault, &approve).map(drop)
    }

    /// Mints, approves and deposits.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn fund_and_stake(
        &mut self,
        vault: Address,
        staker: Address,
        assets: U256,
    ) -> Result<U256, SandboxError> {
        let token = self.sandbox.read(vault, &Vault::assetCall {})?;
        self.sandbox.mint(token, staker, assets)?;
        self.approve(vault, staker)?;
        self.sandbox.run(staker, vault, &Vault::deposit_0Call { assets, to: staker })
    }

    /// Registers an operator to a service.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn register(&mut self, operator: Address, dss: Address) -> Result<(), SandboxError> {
        let data = Bytes::new();
        let call = Core::registerOperatorToDSSCall { dss, registrationHookData: data };
        let core = self.core();
        self.sandbox.run(operator, core, &call).map(drop)
    }

    /// Takes an operator off a service.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn unregister(&mut self, operator: Address, dss: Address) -> Result<(), SandboxError> {
        let core = self.core();
        let call = Core::unregisterOperatorFromDSSCall { dss };
        self.sandbox.run(operator, core, &call).map(drop)
    }

    /// Asks that a vault be staked to a service, or taken back.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn request_stake(
        &mut self,
        operator: Address,
        vault: Address,
        dss: Address,
        to_stake: bool,
    ) -> Result<QueuedStakeUpdate, SandboxError> {
        let request = StakeUpdateRequest { vault, dss, toStake: to_stake };
        let call = Core::requestUpdateVaultStakeInDSSCall { vaultStakeUpdateRequest: request };
        let core = self.core();
        self.sandbox.run(operator, core, &call)
    }

    /// Carries an update of stake out; anybody may.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn finalize_stake(
        &mut self,
        by: Address,
        queued: QueuedStakeUpdate,
    ) -> Result<(), SandboxError> {
        let call = Core::finalizeUpdateVaultStakeInDSSCall { queuedStake: queued };
        let core = self.core();
        self.sandbox.run(by, core, &call).map(drop)
    }

    /// Registers the operator where it is not, and stakes a vault. Nine days pass.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn stake(
        &mut self,
        operator: Address,
        vault: Address,
        dss: Address,
    ) -> Result<(), SandboxError> {
        let core = self.core();
        let registered = Core::isOperatorRegisteredToDSSCall { operator, dss };
        if !self.sandbox.read(core, &registered)? {
            self.register(operator, dss)?;
        }
        let queued = self.request_stake(operator, vault, dss, true)?;
        self.sandbox.wait(STAKE_UPDATE_DELAY);
        self.finalize_stake(operator, queued)
    }

    /// Asks to slash parts of vaults, in 1e18 = 1 %. The service itself calls.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn request_slash(
        &mut self,
        dss: Address,
        operator: Address,
        slashes: &[(Address, u128)],
    ) -> Result<QueuedSlashing, SandboxError> {
        let request = SlashRequest {
            operator,
            slashPercentagesWad: slashes
                .iter()
                .map(|(_, wad)| U96::saturating_from(*wad))
                .collect(),
            vaults: slashes.iter().map(|(vault, _)| *vault).collect(),
        };
        let call = Core::requestSlashingCall { slashingRequest: request };
        let core = self.core();
        self.sandbox.run(dss, core, &call)
    }

    /// Carries a slashing out; anybody may.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn finalize_slash(&mut self, queued: QueuedSlashing) -> Result<(), SandboxError> {
        let call = Core::finalizeSlashingCall { queuedSlashing: queued };
        let (by, core) = (self.at.owner, self.core());
        self.sandbox.run(by, core, &call).map(drop)
    }

    /// Vetoes a slashing.
    ///
    /// # Errors
    /// The contracts' reverts.
    pub fn veto_slash(&mut self, queued: QueuedSlashing) -> Result<(), SandboxError> {
        let call = Core::cancelSlashingCall { queuedSlashing: queued };
        let (by, core) = (self.at.veto_committee, self.core());
        self.sandbox.run(by, core, &call).map(drop)
    }
}
