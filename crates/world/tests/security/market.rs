//! A small market in which everything happens once. The figures in the tests are worked out by hand
//! from the amounts here.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::security::SecurityView;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, NetworkRestakeInitParams,
};
use bondstone_symbiotic::abi::registry::{
    ConfiguratorInitParams, NetworkRegistry, OptInService, VaultConfigurator,
};
use bondstone_symbiotic::abi::rewards::operator::{DefaultOperatorRewards, OperatorRewardsFactory};
use bondstone_symbiotic::abi::rewards::staker::{
    DefaultStakerRewards, StakerRewardsFactory, StakerRewardsInitParams,
};
use bondstone_symbiotic::abi::router::{BurnerRouterFactory, NetworkReceiver, RouterInitParams};
use bondstone_symbiotic::abi::slasher::{Slasher, SlasherInitParams, VetoSlasher};
use bondstone_symbiotic::abi::vault::{Vault, VaultInitParams};
use bondstone_symbiotic::rules::operator_rewards::leaf;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_tokens::TokenEvent;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, Style, VaultParts, VaultPlan, account};

pub(crate) const START: u64 = 1_750_000_000;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const WEEK: u64 = 7 * DAY;
/// The picture is taken here.
pub(crate) const NOW: u64 = START + 40 * DAY + 3_600;

pub(crate) const A: Address = Address::repeat_byte(0xa1);
pub(crate) const B: Address = Address::repeat_byte(0xa2);
pub(crate) const C: Address = Address::repeat_byte(0xa3);
/// Has no middleware.
pub(crate) const D: Address = Address::repeat_byte(0xa4);
pub(crate) const X: Address = Address::repeat_byte(0x01);
pub(crate) const Y: Address = Address::repeat_byte(0x02);
pub(crate) const Z: Address = Address::repeat_byte(0x03);
pub(crate) const RESOLVER: Address = Address::repeat_byte(0x5e);
pub(crate) const RECEIVER: Address = Address::repeat_byte(0x6e);
pub(crate) const ROUTER_OWNER: Address = Address::repeat_byte(0x6f);
pub(crate) const WST: Address = Address::repeat_byte(0x71);
pub(crate) const USD: Address = Address::repeat_byte(0x72);
pub(crate) const HYP: Address = Address::repeat_byte(0x73);
pub(crate) const TAN: Address = Address::repeat_byte(0x74);

/// What slashes and pays for a network.
pub(crate) fn middleware(network: Address) -> Address {
    Address::repeat_byte(network[0] | 0x10)
}

/// Whole tokens of 18 decimals.
pub(crate) fn wei(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// Whole tokens of 6 decimals.
pub(crate) fn usd(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

/// The world, and where things are.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    /// Instant slasher, network restake, WST.
    pub(crate) instant: VaultParts,
    /// Veto slasher, full restake, USD.
    pub(crate) veto: VaultParts,
    /// No slasher, network restake, WST.
    pub(crate) unslashable: VaultParts,
    /// Instant slasher that does not call its burner, a router; network restake, WST.
    pub(crate) routed: VaultParts,
    /// Instant slasher, burner zero, nothing in it.
    pub(crate) burnerless: VaultParts,
    pub(crate) router: Address,
    pub(crate) staker_rewards: Address,
    pub(crate) operator_rewards: Address,
}

impl Market {
    /// The whole story, up to [`NOW`].
    pub(crate) fn new() -> Self {
        let mut market = Self::empty();
        market.join();
        market.delegate();
        market.stake();
        market.wait_until(START + DAY);
        market.request(C, Z, 300);
        market.pay_stakers(9_000);
        market.wait_until(START + 38 * DAY);
        market.pay_stakers(6_000);
        market.wait_until(START + 40 * DAY);
        market.pay_operators();
        market.slash();
        market.request(B, Y, 1_000);
        market.request(C, Z, 2_000);
        market.sandbox.wait(100);
        let (slasher, hints) = (market.veto.slasher, Bytes::new());
        let veto = VetoSlasher::vetoSlashCall { slashIndex: U256::from(1), hints: hints.clone() };
        market.act(RESOLVER, slasher, &veto);
        let execute = VetoSlasher::executeSlashCall { slashIndex: U256::from(2), hints };
        market.act(middleware(C), slasher, &execute);
        market.wait_until(START + 40 * DAY + 1_800);
        market.request(C, Y, 500);
        market.request(B, Z, 700);
        let leave = Vault::withdrawCall { claimer: account(1), amount: wei(10) };
        market.act(account(1), market.instant.vault, &leave);
        market.wait_until(NOW);
        market
    }

    /// Contracts, tokens and vaults; nobody uses them yet.
    pub(crate) fn empty() -> Self {
        let mut sandbox = Sandbox::new(START).expect("the deployment fits");
        let tokens = [(WST, "WST", 18), (USD, "USD", 6), (HYP, "HYP", 18), (TAN, "TAN", 18)];
        for (at, symbol, decimals) in tokens {
            let created = Style::Plain.created(symbol, symbol, decimals);
            sandbox.world.deploy(at, TokenEvent::from(created)).expect("the address is free");
        }
        let plan = |collateral, delegator_type, slasher| VaultPlan {
            collateral,
            tokenized: false,
            epoch_duration: WEEK,
            delegator_type,
            slasher,
        };
        let mut make = |plan: VaultPlan| sandbox.vault(&plan).expect("the plan is sound");
        let instant = make(plan(WST, 0, SlasherChoice::Instant));
        let veto = make(plan(USD, 1, SlasherChoice::Veto(DAY)));
        let unslashable = make(plan(WST, 0, SlasherChoice::None));
        let router = router(&mut sandbox);
        let routed = vault_with_burner(&mut sandbox, router);
        let burnerless = vault_with_burner(&mut sandbox, Address::ZERO);
        let nowhere = Address::ZERO;
        let (staker_rewards, operator_rewards) = (nowhere, nowhere);
        sandbox.keep_history();
        let mut market = Self {
            sandbox,
            instant,
            veto,
            unslashable,
            routed,
            burnerless,
            router,
            staker_rewards,
            operator_rewards,
        };
        market.rewards();
        market
    }

    /// The picture at the present block.
    pub(crate) fn view(&self) -> SecurityView {
        self.sandbox.picture().expect("amounts are sound")
    }

    /// The logs that the picture is made with.
    pub(crate) fn history(&mut self) -> &mut Vec<(Log, u64, u64)> {
        self.sandbox.history.as_mut().expect("it is kept")
    }

    /// A call that has to work.
    pub(crate) fn act<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> C::Return {
        self.sandbox.run(from, to, call).unwrap_or_else(|error| panic!("{error}"))
    }

    fn wait_until(&mut self, second: u64) {
        let left = second - self.sandbox.now();
        self.sandbox.wait(left);
    }

    fn rewards(&mut self) {
        let curator = self.sandbox.curator;
        let params = StakerRewardsInitParams {
            vault: self.instant.vault,
            adminFee: U256::from(1_000),
            defaultAdminRoleHolder: curator,
            adminFeeClaimRoleHolder: curator,
            adminFeeSetRoleHolder: curator,
        };
        let factory = self.sandbox.at(Kind::StakerRewardsFactory);
        self.staker_rewards =
            self.act(curator, factory, &StakerRewardsFactory::createCall { params });
        let factory = self.sandbox.at(Kind::OperatorRewardsFactory);
        self.operator_rewards = self.act(curator, factory, &OperatorRewardsFactory::createCall {});
    }

    fn join(&mut self) {
        let sandbox = &mut self.sandbox;
        for network in [A, B, C] {
            sandbox.network(network, middleware(network)).expect("new");
        }
        let registry = sandbox.at(Kind::NetworkRegistry);
        sandbox.run(D, registry, &NetworkRegistry::registerNetworkCall {}).expect("new");
        let (instant, veto) = (self.instant.vault, self.veto.vault);
        let (unslashable, routed) = (self.unslashable.vault, self.routed.vault);
        let opted: [(Address, &[Address], &[Address]); 3] = [
            (X, &[instant, unslashable, routed], &[A, B, D]),
            (Y, &[instant, veto], &[A, B, C]),
            (Z, &[veto], &[B, C]),
        ];
        for (operator, vaults, networks) in opted {
            sandbox.operator(operator).expect("new");
            let places = vaults.iter().map(|vault| (Kind::OperatorVaultOptInService, *vault));
            let networks = networks.iter().map(|at| (Kind::OperatorNetworkOptInService, *at));
            for (service, place) in places.chain(networks) {
                let call = OptInService::optIn_0Call { r#where: place };
                let service = sandbox.at(service);
                sandbox.run(operator, service, &call).expect("the place exists");
            }
        }
    }

    /// Limits and parts of operators. In the veto vault the parts overlap.
    fn delegate(&mut self) {
        let (instant, veto) = (self.instant.delegator, self.veto.delegator);
        let (unslashable, routed) = (self.unslashable.delegator, self.routed.delegator);
        let limits = [
            (A, instant, wei(100)),
            (B, instant, wei(80)),
            (B, veto, usd(400_000)),
            (C, veto, usd(300_000)),
            (D, unslashable, wei(20)),
            (A, routed, wei(50)),
            (B, routed, wei(50)),
        ];
        for (network, delegator, amount) in limits {
            self.limit(delegator, network, amount);
        }
        for network in [A, B] {
            self.shares(instant, network, X, 60);
            self.shares(instant, network, Y, 40);
            self.shares(routed, network, X, 1);
        }
        self.shares(unslashable, D, X, 1);
        for network in [B, C] {
            for (operator, whole) in [(Y, 250_000), (Z, 150_000)] {
                let call = Delegator::setOperatorNetworkLimitCall {
                    subnetwork: first(network),
                    operator,
                    amount: usd(whole),
                };
                self.act(self.sandbox.curator, veto, &call);
            }
        }
        let resolver = VetoSlasher::setResolverCall {
            identifier: U96::ZERO,
            resolver: RESOLVER,
            hints: Bytes::new(),
        };
        self.act(B, self.veto.slasher, &resolver);
    }

    fn limit(&mut self, delegator: Address, network: Address, amount: U256) {
        let maximum = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount };
        self.act(network, delegator, &maximum);
        let call = Delegator::setNetworkLimitCall { subnetwork: first(network), amount };
        self.act(self.sandbox.curator, delegator, &call);
    }

    fn shares(&mut self, at: Address, network: Address, operator: Address, shares: u64) {
        let call = Delegator::setOperatorNetworkSharesCall {
            subnetwork: first(network),
            operator,
            shares: U256::from(shares),
        };
        self.act(self.sandbox.curator, at, &call);
    }

    /// As [`Self::limit`], for limits that may be set already.
    pub(crate) fn limit_any(&mut self, delegator: Address, network: Address, amount: U256) {
        let maximum = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount };
        let _ = self.sandbox.send(network, delegator, &maximum);
        let call = Delegator::setNetworkLimitCall { subnetwork: first(network), amount };
        let _ = self.sandbox.send(self.sandbox.curator, delegator, &call);
    }

    /// As [`Self::shares`], for shares that may be set already.
    pub(crate) fn shares_any(
        &mut self,
        at: Address,
        network: Address,
        operator: Address,
        shares: u64,
    ) {
        let shares = U256::from(shares);
        let subnetwork = first(network);
        let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
        let _ = self.sandbox.send(self.sandbox.curator, at, &call);
    }

    fn stake(&mut self) {
        let deposits = [
            (account(1), self.instant.vault, WST, wei(100)),
            (account(2), self.instant.vault, WST, wei(50)),
            (account(1), self.veto.vault, USD, usd(700_000)),
            (account(2), self.unslashable.vault, WST, wei(30)),
        ];
        for (staker, vault, token, amount) in deposits {
            self.sandbox.mint(token, staker, amount).expect("it fits");
            self.act(staker, token, &Erc20::approveCall { spender: vault, value: amount });
            self.act(staker, vault, &Vault::depositCall { onBehalfOf: staker, amount });
        }
    }

    fn pay_stakers(&mut self, whole: u64) {
        let (payer, rail, amount) = (middleware(A), self.staker_rewards, wei(whole));
        self.sandbox.mint(HYP, payer, amount).expect("it fits");
        self.act(payer, HYP, &Erc20::approveCall { spender: rail, value: amount });
        let at = U48::from(self.sandbox.now() - 1);
        let data = (at, U256::from(10_000), Bytes::new(), Bytes::new()).abi_encode_params();
        let (network, token) = (A, HYP);
        let data = data.into();
        let call = DefaultStakerRewards::distributeRewardsCall { network, token, amount, data };
        self.act(payer, rail, &call);
    }

    /// 10 000 TAN for operators, of which X takes all but 4 000.
    fn pay_operators(&mut self) {
        let (payer, rail, amount) = (middleware(B), self.operator_rewards, wei(10_000));
        self.sandbox.mint(TAN, payer, amount).expect("it fits");
        self.act(payer, TAN, &Erc20::approveCall { spender: rail, value: amount });
        let root = leaf(X, wei(6_000));
        let (network, token) = (B, TAN);
        let call = DefaultOperatorRewards::distributeRewardsCall { network, token, amount, root };
        self.act(payer, rail, &call);
        let call = DefaultOperatorRewards::claimRewardsCall {
            recipient: X,
            network,
            token,
            totalClaimable: wei(6_000),
            proof: Vec::new(),
        };
        self.act(X, rail, &call);
    }

    fn slash(&mut self) {
        let call = Slasher::slashCall {
            subnetwork: first(A),
            operator: X,
            amount: wei(5),
            captureTimestamp: U48::from(self.sandbox.now() - 1),
            hints: Bytes::new(),
        };
        self.act(middleware(A), self.instant.slasher, &call);
    }

    fn request(&mut self, network: Address, operator: Address, whole: u64) {
        let call = VetoSlasher::requestSlashCall {
            subnetwork: first(network),
            operator,
            amount: usd(whole),
            captureTimestamp: U48::from(self.sandbox.now() - 1),
            hints: Bytes::new(),
        };
        self.act(middleware(network), self.veto.slasher, &call);
    }
}

/// The first subnetwork of a network.
pub(crate) fn first(network: Address) -> B256 {
    subnetwork(network, U96::ZERO)
}

/// A router that sends what A slashes to a receiver, and has none for anybody else.
fn router(sandbox: &mut Sandbox) -> Address {
    let params = RouterInitParams {
        owner: ROUTER_OWNER,
        collateral: WST,
        delay: U48::from(3 * DAY),
        globalReceiver: Address::ZERO,
        networkReceivers: vec![NetworkReceiver { network: A, receiver: RECEIVER }],
        operatorNetworkReceivers: Vec::new(),
    };
    let factory = sandbox.at(Kind::BurnerRouterFactory);
    let call = BurnerRouterFactory::createCall { params };
    sandbox.run(ROUTER_OWNER, factory, &call).expect("the parameters are sound")
}

/// A vault of WST with an instant slasher that does not call the burner.
fn vault_with_burner(sandbox: &mut Sandbox, burner: Address) -> VaultParts {
    let (nobody, curator) = (Address::ZERO, sandbox.curator);
    let vault = VaultInitParams {
        collateral: WST,
        burner,
        epochDuration: U48::from(WEEK),
        depositWhitelist: false,
        isDepositLimit: true,
        depositLimit: wei(1_000),
        defaultAdminRoleHolder: nobody,
        depositWhitelistSetRoleHolder: nobody,
        depositorWhitelistRoleHolder: nobody,
        isDepositLimitSetRoleHolder: nobody,
        depositLimitSetRoleHolder: curator,
    };
    let base = DelegatorBaseParams {
        defaultAdminRoleHolder: nobody,
        hook: nobody,
        hookSetRoleHolder: nobody,
    };
    let delegator = NetworkRestakeInitParams {
        baseParams: base,
        networkLimitSetRoleHolders: vec![curator],
        operatorNetworkSharesSetRoleHolders: vec![curator],
    };
    let params = ConfiguratorInitParams {
        version: 1,
        owner: nobody,
        vaultParams: vault.abi_encode().into(),
        delegatorIndex: 0,
        delegatorParams: delegator.abi_encode().into(),
        withSlasher: true,
        slasherIndex: 0,
        slasherParams: SlasherInitParams { isBurnerHook: false }.abi_encode().into(),
    };
    let configurator = sandbox.at(Kind::VaultConfigurator);
    let call = VaultConfigurator::createCall { params };
    let made = sandbox.run(curator, configurator, &call).expect("the parameters are sound");
    VaultParts { vault: made.vault, delegator: made.delegator, slasher: made.slasher }
}
