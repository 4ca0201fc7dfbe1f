//! The ready-made hooks, called by real slashes.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use alloy_sol_types::SolValue;
use bondstone_kernel::Revert;
use bondstone_kernel::access::AccessControl;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    Delegator, DelegatorBaseParams, OperatorSpecificInitParams,
};
use bondstone_symbiotic::abi::hook::{
    Hook, NotFullRestakeDelegator, NotNetworkRestakeDelegator, NotOperatorSpecificDelegator,
};
use bondstone_symbiotic::abi::registry::{ConfiguratorInitParams, VaultConfigurator};
use bondstone_symbiotic::abi::slasher::{Slasher, SlasherInitParams};
use bondstone_symbiotic::abi::vault::VaultInitParams;
use bondstone_symbiotic::rules::delegator::{
    NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_SHARES_SET_ROLE,
};
use bondstone_symbiotic::rules::subnetwork;
use bondstone_symbiotic::state::hook::HookKind;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan};

const NETWORK: Address = Address::repeat_byte(0x11);
const MIDDLEWARE: Address = Address::repeat_byte(0x12);
const OPERATOR: Address = Address::repeat_byte(0x21);
const OTHER: Address = Address::repeat_byte(0x22);
const STAKER: Address = Address::repeat_byte(0x31);
const WEEK: u64 = 7 * 24 * 3600;

struct Bench {
    sandbox: Sandbox,
    parts: VaultParts,
    hook: Address,
}

impl Bench {
    /// A vault of 1000 tokens with the hook, which holds the given roles; the whole stake goes to
    /// one subnetwork, limit 600, operators with 100 and 200 shares or limits.
    fn new(kind: HookKind, roles: &[B256]) -> Self {
        let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        for operator in [OPERATOR, OTHER] {
            sandbox.operator(operator).unwrap();
        }
        let delegator_type = match kind {
            HookKind::FullRestakeDecrease | HookKind::FullRestakeReset => 1,
            HookKind::OperatorSpecificDecrease | HookKind::OperatorSpecificReset => 2,
            _ => 0,
        };
        let parts = vault(&mut sandbox, delegator_type);
        for operator in [OPERATOR, OTHER] {
            sandbox.opt_in(operator, parts.vault, NETWORK).unwrap();
        }
        sandbox.fund_and_deposit(parts.vault, STAKER, n(1000)).unwrap();
        let hook = sandbox.deployment.hooks[usize::from(kind.number())].address;
        let (curator, at, amount) = (sandbox.curator, parts.delegator, n(600));
        let identifier = U96::ZERO;
        let max = Delegator::setMaxNetworkLimitCall { identifier, amount };
        sandbox.run(NETWORK, at, &max).unwrap();
        let limit = Delegator::setNetworkLimitCall { subnetwork: subnet(), amount };
        sandbox.run(curator, at, &limit).unwrap();
        for (operator, part) in [(OPERATOR, n(100)), (OTHER, n(200))] {
            set_part(&mut sandbox, at, delegator_type, operator, part);
        }
        for role in roles {
            let grant = AccessControl::grantRoleCall { role: *role, account: hook };
            sandbox.run(curator, at, &grant).unwrap();
        }
        sandbox.run(curator, at, &Delegator::setHookCall { hook }).unwrap();
        sandbox.wait(1);
        Self { sandbox, parts, hook }
    }

    /// Slashes stake captured a second ago and says how many logs there were.
    fn slash(&mut self, amount: u64) -> usize {
        self.sandbox.wait(1);
        let call = Slasher::slashCall {
            subnetwork: subnet(),
            operator: OPERATOR,
            amount: n(amount),
            captureTimestamp: U48::from(self.sandbox.now() - 1),
            hints: Bytes::new(),
        };
        let receipt = self.sandbox.send(MIDDLEWARE, self.parts.slasher, &call);
        receipt.outcome.clone().unwrap();
        receipt.logs().count()
    }

    fn limit(&mut self) -> U256 {
        let call = Delegator::networkLimitCall { subnetwork: subnet() };
        self.sandbox.read(self.parts.delegator, &call).unwrap()
    }

    fn shares(&mut self, operator: Address) -> U256 {
        let call = Delegator::operatorNetworkSharesCall { subnetwork: subnet(), operator };
        self.sandbox.read(self.parts.delegator, &call).unwrap()
    }

    fn operator_limit(&mut self) -> U256 {
        let call = Delegator::operatorNetworkLimitCall { subnetwork: subnet(), operator: OPERATOR };
        self.sandbox.read(self.parts.delegator, &call).unwrap()
    }
}

fn set_part(sandbox: &mut Sandbox, at: Address, kind: u64, operator: Address, part: U256) {
    let (subnetwork, curator) = (subnet(), sandbox.curator);
    match kind {
        0 => {
            let shares = part;
            let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
            sandbox.run(curator, at, &call).unwrap();
        }
        1 => {
            let amount = part;
            let call = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount };
            sandbox.run(curator, at, &call).unwrap();
        }
        _ => {}
    }
}

fn vault(sandbox: &mut Sandbox, delegator_type: u64) -> VaultParts {
    if delegator_type < 2 {
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: WEEK,
            delegator_type,
            slasher: SlasherChoice::Instant,
        };
        return sandbox.vault(&plan).unwrap();
    }
    let curator = sandbox.curator;
    let vault_params = VaultInitParams {
        collateral: sandbox.token,
        burner: Address::repeat_byte(0xde),
        epochDuration: U48::from(WEEK),
        depositWhitelist: false,
        isDepositLimit: false,
        depositLimit: U256::ZERO,
        defaultAdminRoleHolder: curator,
        depositWhitelistSetRoleHolder: curator,
        depositorWhitelistRoleHolder: curator,
        isDepositLimitSetRoleHolder: curator,
        depositLimitSetRoleHolder: curator,
    };
    let delegator_params = OperatorSpecificInitParams {
        baseParams: DelegatorBaseParams {
            defaultAdminRoleHolder: curator,
            hook: Address::ZERO,
            hookSetRoleHolder: curator,
        },
        networkLimitSetRoleHolders: vec![curator],
        operator: OPERATOR,
    };
    let params = ConfiguratorInitParams {
        version: 1,
        owner: curator,
        vaultParams: vault_params.abi_encode().into(),
        delegatorIndex: 2,
        delegatorParams: delegator_params.abi_encode().into(),
        withSlasher: true,
        slasherIndex: 0,
        slasherParams: SlasherInitParams { isBurnerHook: false }.abi_encode().into(),
    };
    let configurator = sandbox.at(Kind::VaultConfigurator);
    let made =
        sandbox.run(curator, configurator, &VaultConfigurator::createCall { params }).unwrap();
    VaultParts { vault: made.vault, delegator: made.delegator, slasher: made.slasher }
}

fn n(value: u64) -> U256 {
    U256::from(value)
}

fn subnet() -> B256 {
    subnetwork(NETWORK, U96::ZERO)
}

#[test]
fn decreasing_takes_the_loss_off_limit_and_shares() {
    let roles = [NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_SHARES_SET_ROLE];
    let mut bench = Bench::new(HookKind::NetworkRestakeDecrease, &roles);
    // Stake of the operator: floor(100 * 600 / 300) = 200; 33 of it are ceil(16.5) shares.
    let logs = bench.slash(33);
    assert_eq!(logs, 6, "two settings, delegator, token, vault, slasher");
    assert_eq!(bench.limit(), n(567));
    assert_eq!(bench.shares(OPERATOR), n(83));
    assert_eq!(bench.shares(OTHER), n(200));
}

#[test]
fn a_hook_that_lacks_a_role_does_nothing_at_all() {
    let mut bench = Bench::new(HookKind::NetworkRestakeDecrease, &[NETWORK_LIMIT_SET_ROLE]);
    // The limit could be lowered, the shares not: both are taken back.
    assert_eq!(bench.slash(33), 4);
    assert_eq!(bench.limit(), n(600));
    assert_eq!(bench.shares(OPERATOR), n(100));
}

#[test]
fn redistributing_shrinks_the_shares_of_the_slashed() {
    let roles = [OPERATOR_NETWORK_SHARES_SET_ROLE];
    let mut bench = Bench::new(HookKind::NetworkRestakeRedistribute, &roles);
    bench.slash(33);
    assert_eq!(bench.shares(OPERATOR), n(83), "floor(167 * 100 / 200)");
    assert_eq!(bench.limit(), n(600));
}

#[test]
fn full_restake_decreases_both_limits() {
    let roles = [NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_LIMIT_SET_ROLE];
    let mut bench = Bench::new(HookKind::FullRestakeDecrease, &roles);
    bench.slash(60);
    assert_eq!((bench.limit(), bench.operator_limit()), (n(540), n(40)));
}

#[test]
fn operator_specific_decreases_the_network_limit() {
    let mut bench = Bench::new(HookKind::OperatorSpecificDecrease, &[NETWORK_LIMIT_SET_ROLE]);
    bench.slash(60);
    assert_eq!(bench.limit(), n(540));
}

#[test]
fn the_third_slash_within_the_period_resets() {
    let roles = [OPERATOR_NETWORK_SHARES_SET_ROLE];
    let mut bench = Bench::new(HookKind::NetworkRestakeReset, &roles);
    bench.slash(1);
    bench.sandbox.wait(WEEK);
    bench.slash(1);
    // The first is a week and a second older than the third: too old.
    bench.slash(1);
    assert_eq!(bench.shares(OPERATOR), n(100));
    bench.slash(1);
    assert_eq!(bench.shares(OPERATOR), U256::ZERO);
    assert_eq!(bench.shares(OTHER), n(200));
    // The memory was cleared: two more change nothing, the third resets again.
    let at = bench.parts.delegator;
    set_part(&mut bench.sandbox, at, 0, OPERATOR, n(50));
    bench.slash(1);
    bench.slash(1);
    assert_eq!(bench.shares(OPERATOR), n(50));
    bench.slash(1);
    assert_eq!(bench.shares(OPERATOR), U256::ZERO);
}

#[test]
fn a_reset_that_fails_is_not_remembered() {
    let mut bench = Bench::new(HookKind::FullRestakeReset, &[]);
    for _ in 0..4 {
        bench.slash(1);
        assert_eq!(bench.operator_limit(), n(100));
    }
    let (curator, at, hook) = (bench.sandbox.curator, bench.parts.delegator, bench.hook);
    let role = OPERATOR_NETWORK_LIMIT_SET_ROLE;
    let grant = AccessControl::grantRoleCall { role, account: hook };
    bench.sandbox.run(curator, at, &grant).unwrap();
    bench.slash(1);
    assert_eq!(bench.operator_limit(), U256::ZERO);
}

#[test]
fn operator_specific_reset_takes_the_subnetwork_off() {
    let mut bench = Bench::new(HookKind::OperatorSpecificReset, &[NETWORK_LIMIT_SET_ROLE]);
    bench.slash(1);
    bench.slash(1);
    assert_eq!(bench.limit(), n(600));
    bench.slash(1);
    assert_eq!(bench.limit(), U256::ZERO);
}

#[test]
fn hooks_know_their_parameters_and_their_callers() {
    let mut bench = Bench::new(HookKind::NetworkRestakeReset, &[]);
    let at = bench.hook;
    assert_eq!(bench.sandbox.read(at, &Hook::PERIODCall {}).unwrap(), U48::from(WEEK));
    assert_eq!(bench.sandbox.read(at, &Hook::SLASH_COUNTCall {}).unwrap(), n(3));
    let decrease = bench.sandbox.deployment.hooks[0].address;
    let receipt = bench.sandbox.send(STAKER, decrease, &Hook::PERIODCall {});
    assert_eq!(receipt.outcome, Err(Revert::empty()));
    let slash = Hook::onSlashCall {
        subnetwork: subnet(),
        operator: OPERATOR,
        amount: n(1),
        captureTimestamp: U48::ZERO,
        data: Bytes::new(),
    };
    // A caller without code has no type.
    let receipt = bench.sandbox.send(STAKER, at, &slash);
    assert_eq!(receipt.outcome, Err(Revert::empty()));
    // As the delegator calls, in a world of its own.
    let errors = [
        (1, NotNetworkRestakeDelegator {}.into()),
        (0, Revert::from(NotFullRestakeDelegator {})),
        (0, Revert::from(NotOperatorSpecificDelegator {})),
    ];
    for (hook, (delegator_type, error)) in [0usize, 2, 3].into_iter().zip(errors) {
        let parts = vault(&mut bench.sandbox, delegator_type);
        let hook = bench.sandbox.deployment.hooks[hook].address;
        let input = slash.abi_encode();
        let outcome = bench.sandbox.world.view(parts.delegator, hook, &input);
        assert_eq!(outcome, Err(error));
    }
}
