//! A world with Karak, two tokens and services, and helpers that send real calldata.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_karak::abi::core::{
    Core, QueuedSlashing, QueuedStakeUpdate, SlashRequest, StakeUpdateRequest, VaultConfig,
};
use bondstone_karak::abi::dss::BaseDss;
use bondstone_karak::abi::handler::SlashingHandler;
use bondstone_karak::abi::ledger::{BeaconRootSet, KarakDeployed};
use bondstone_karak::abi::solady::SoladyErc20;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::{Event, Kind};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Block, Entry, Event as _, Revert};
use bondstone_tokens::TokenEvent;
use bondstone_world::sandbox::{Sandbox, Style};
use bondstone_world::{KarakDeployment, World};

pub(crate) const START: u64 = 1_700_000_000;
pub(crate) const DAY: u64 = 24 * 3600;
/// One per cent in the protocol's scale.
pub(crate) const PERCENT: u128 = 1_000_000_000_000_000_000;

pub(crate) const OWNER: Address = Address::repeat_byte(0x01);
pub(crate) const MANAGER: Address = Address::repeat_byte(0x02);
pub(crate) const VETO: Address = Address::repeat_byte(0x03);
pub(crate) const OPERATOR: Address = Address::repeat_byte(0x11);
pub(crate) const RIVAL: Address = Address::repeat_byte(0x12);
pub(crate) const STAKER: Address = Address::repeat_byte(0x21);
pub(crate) const STRANGER: Address = Address::repeat_byte(0x22);
/// A service of the SDK that may slash everything.
pub(crate) const SERVICE: Address = Address::repeat_byte(0xd1);
/// Another one, which may slash 30 %.
pub(crate) const CAUTIOUS: Address = Address::repeat_byte(0xd2);
/// A token whose zero address holds units.
pub(crate) const TOKEN: Address = Address::repeat_byte(0x72);
/// A token of OpenZeppelin, which refuses the zero address.
pub(crate) const STRICT: Address = Address::repeat_byte(0x71);

pub(crate) fn n(number: u128) -> U256 {
    U256::from(number)
}

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) at: KarakDeployment,
    /// Every ledger entry, to fold again.
    pub(crate) entries: Vec<(Block, Entry)>,
    before: World,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new(START).unwrap();
        let at = KarakDeployment::mainnet(OWNER, MANAGER, VETO);
        let before = sandbox.world.clone();
        let mut bench = Self { sandbox, at, entries: Vec::new(), before };
        let deployed = bench.at.deploy(&mut bench.sandbox.world).unwrap();
        bench.keep(deployed);
        for (token, style) in [(TOKEN, Style::ZeroHolds), (STRICT, Style::Plain)] {
            bench.token(token, style);
        }
        let handler = bench.at.address(Kind::SlashingHandler);
        let assets = vec![TOKEN, STRICT, NATIVE_ASSET];
        let slashing_handlers = vec![handler, handler, NATIVE_ASSET];
        let call = Core::allowlistAssetsCall { assets, slashingHandlers: slashing_handlers };
        bench.run(MANAGER, bench.core(), &call).unwrap();
        for token in [TOKEN, STRICT] {
            let call = SlashingHandler::addSlashableTokenCall { token };
            bench.run(OWNER, handler, &call).unwrap();
        }
        for (dss, percent) in [(SERVICE, 100), (CAUTIOUS, 30)] {
            bench.service(dss, percent);
        }
        bench
    }

    fn token(&mut self, at: Address, style: Style) {
        let event = TokenEvent::from(style.created("Token", "TKN", 18));
        let entry = self.sandbox.world.deploy(at, event).unwrap();
        self.keep(vec![entry]);
    }

    fn keep(&mut self, entries: Vec<Entry>) {
        let block = *self.sandbox.world.block();
        self.entries.extend(entries.into_iter().map(|entry| (block, entry)));
    }

    /// Adds a service of the SDK.
    pub(crate) fn service(&mut self, dss: Address, percent: u128) {
        let event = Event::from(KarakDeployed { kind: Kind::BaseDss.number() });
        let entry = self.sandbox.world.deploy(dss, event).unwrap();
        self.keep(vec![entry]);
        let core = self.core();
        let maximum = n(percent * PERCENT);
        let call = BaseDss::initializeCall { core, maxSlashablePercentageWad: maximum };
        self.run(OWNER, dss, &call).unwrap();
    }

    pub(crate) fn core(&self) -> Address {
        self.at.address(Kind::Core)
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.sandbox.wait(seconds);
    }

    pub(crate) fn now(&self) -> u64 {
        self.sandbox.now()
    }

    /// Sends a call and returns what it returns or how it reverts.
    pub(crate) fn run<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, Revert> {
        let receipt = self.sandbox.send(from, to, call);
        self.keep(receipt.entries);
        receipt.outcome.map(|output| C::abi_decode_returns(&output).unwrap())
    }

    /// The logs of a call that has to work.
    pub(crate) fn logs<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Vec<String> {
        let receipt = self.sandbox.send(from, to, call);
        assert!(receipt.outcome.is_ok(), "{:?}", receipt.outcome);
        let names = receipt.logs().map(|log| {
            Event::decode(&log.data).map(|event| event.name().to_owned()).unwrap_or_default()
        });
        let names = names.collect();
        self.keep(receipt.entries);
        names
    }

    pub(crate) fn read<C: SolCall>(&mut self, to: Address, call: &C) -> C::Return {
        self.sandbox.read(to, call).unwrap()
    }

    /// A vault of `operator` for `asset`.
    pub(crate) fn vault(&mut self, operator: Address, asset: Address) -> Address {
        self.deploy(operator, asset, Address::ZERO, Bytes::new()).unwrap()
    }

    /// A native vault of `operator`, which is its manager.
    pub(crate) fn native(&mut self, operator: Address) -> Address {
        let node = self.at.address(Kind::NativeNodeImplementation);
        let extra = (operator, node).abi_encode().into();
        let implementation = self.at.address(Kind::NativeVaultImplementation);
        self.deploy(operator, NATIVE_ASSET, implementation, extra).unwrap()
    }

    pub(crate) fn deploy(
        &mut self,
        operator: Address,
        asset: Address,
        implementation: Address,
        extra: Bytes,
    ) -> Result<Address, Revert> {
        let (name, symbol) = ("Vault".to_owned(), "V".to_owned());
        let config =
            VaultConfig { asset, name, symbol, extraData: extra, ..VaultConfig::default() };
        let call = Core::deployVaultsCall { vaultConfigs: vec![config], vaultImpl: implementation };
        self.run(operator, self.core(), &call).map(|vaults| vaults[0])
    }

    /// Mints, approves and deposits; the vault may take the staker's shares for a redeem.
    pub(crate) fn deposit(
        &mut self,
        vault: Address,
        staker: Address,
        amount: u128,
    ) -> Result<U256, Revert> {
        let token = self.read(vault, &Vault::assetCall {});
        let mint = Transfer { from: Address::ZERO, to: staker, value: n(amount) };
        let entry = self.sandbox.world.deploy(token, TokenEvent::from(mint)).unwrap();
        self.keep(vec![entry]);
        let approve = SoladyErc20::approveCall { spender: vault, amount: U256::MAX };
        self.run(staker, token, &approve).unwrap();
        self.run(staker, vault, &approve).unwrap();
        self.run(staker, vault, &Vault::deposit_0Call { assets: n(amount), to: staker })
    }

    pub(crate) fn register(&mut self, operator: Address, dss: Address) -> Result<(), Revert> {
        let registration_data = Bytes::new();
        let call = Core::registerOperatorToDSSCall { dss, registrationHookData: registration_data };
        self.run(operator, self.core(), &call).map(drop)
    }

    pub(crate) fn request_stake(
        &mut self,
        operator: Address,
        vault: Address,
        dss: Address,
        to_stake: bool,
    ) -> Result<QueuedStakeUpdate, Revert> {
        let request = StakeUpdateRequest { vault, dss, toStake: to_stake };
        let call = Core::requestUpdateVaultStakeInDSSCall { vaultStakeUpdateRequest: request };
        self.run(operator, self.core(), &call)
    }

    pub(crate) fn finalize_stake(
        &mut self,
        by: Address,
        queued: &QueuedStakeUpdate,
    ) -> Result<(), Revert> {
        let call = Core::finalizeUpdateVaultStakeInDSSCall { queuedStake: queued.clone() };
        self.run(by, self.core(), &call).map(drop)
    }

    /// Registers the operator where it is not, and stakes a vault.
    pub(crate) fn stake(&mut self, operator: Address, vault: Address, dss: Address) {
        let registered = Core::isOperatorRegisteredToDSSCall { operator, dss };
        if !self.read(self.core(), &registered) {
            self.register(operator, dss).unwrap();
        }
        let queued = self.request_stake(operator, vault, dss, true).unwrap();
        self.wait(9 * DAY);
        self.finalize_stake(operator, &queued).unwrap();
    }

    pub(crate) fn request_slash(
        &mut self,
        dss: Address,
        operator: Address,
        slashes: &[(Address, u128)],
    ) -> Result<QueuedSlashing, Revert> {
        let percentages = slashes.iter().map(|(_, wad)| (*wad).try_into().unwrap());
        let request = SlashRequest {
            operator,
            slashPercentagesWad: percentages.collect(),
            vaults: slashes.iter().map(|(vault, _)| *vault).collect(),
        };
        let call = Core::requestSlashingCall { slashingRequest: request };
        self.run(dss, self.core(), &call)
    }

    pub(crate) fn finalize_slash(&mut self, queued: &QueuedSlashing) -> Result<(), Revert> {
        let call = Core::finalizeSlashingCall { queuedSlashing: queued.clone() };
        self.run(STRANGER, self.core(), &call).map(drop)
    }

    pub(crate) fn veto(&mut self, queued: &QueuedSlashing) -> Result<(), Revert> {
        let call = Core::cancelSlashingCall { queuedSlashing: queued.clone() };
        self.run(VETO, self.core(), &call).map(drop)
    }

    /// Requests a slashing, waits and finalizes it.
    pub(crate) fn slash(&mut self, dss: Address, operator: Address, vault: Address, wad: u128) {
        let queued = self.request_slash(dss, operator, &[(vault, wad)]).unwrap();
        self.wait(2 * DAY);
        self.finalize_slash(&queued).unwrap();
    }

    pub(crate) fn total_assets(&mut self, vault: Address) -> U256 {
        self.read(vault, &Vault::totalAssetsCall {})
    }

    pub(crate) fn shares(&mut self, vault: Address, owner: Address) -> U256 {
        self.read(vault, &SoladyErc20::balanceOfCall { owner })
    }

    pub(crate) fn value(&mut self, vault: Address, owner: Address) -> U256 {
        let shares = self.shares(vault, owner);
        self.read(vault, &Vault::convertToAssetsCall { shares })
    }

    pub(crate) fn active_vaults(&mut self, dss: Address, operator: Address) -> Vec<Address> {
        self.read(dss, &BaseDss::getActiveVaultsCall { operator })
    }

    pub(crate) fn staked_vaults(&mut self, operator: Address, dss: Address) -> Vec<Address> {
        self.read(self.core(), &Core::fetchVaultsStakedInDSSCall { operator, dss })
    }

    /// Gives wei to an account and tells the beacon chain's root for now.
    pub(crate) fn fund_node(&mut self, node: Address, wei: u128) {
        let entry = self.sandbox.world.set_balance(node, n(wei)).unwrap();
        self.keep(vec![entry]);
    }

    pub(crate) fn beacon_root(&mut self, root: B256) {
        let event = Event::from(BeaconRootSet { timestamp: self.now(), root });
        let roots = self.at.address(Kind::BeaconRoots);
        let entry = self.sandbox.world.deploy(roots, event).unwrap();
        self.keep(vec![entry]);
    }

    /// Folding the ledger's entries gives the same world.
    pub(crate) fn check_replay(&self) {
        let mut world = self.before.clone();
        for (block, entry) in &self.entries {
            world.set_block(*block);
            world.fold(&entry.log).unwrap();
        }
        world.set_block(*self.sandbox.world.block());
        assert!(world == self.sandbox.world, "the ledger rebuilds the world");
    }
}
