//! Delegators in a world: initialisation, limits, stake, slashes.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use bondstone_kernel::access::{AccessControl, AccessControlUnauthorizedAccount, RoleGranted};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Call, Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    AlreadySet, Delegator, DelegatorBaseParams, DuplicateRoleHolder, ExceedsMaxNetworkLimit,
    FullRestakeInitParams, InsufficientHookGas, InvalidNetwork, MissingRoleHolders,
    NetworkRestakeInitParams, NetworkRestakeStakeHints, NotNetwork, NotOperator, NotSlasher,
    NotVault, OperatorNetworkSpecificInitParams, OperatorSpecificInitParams,
    OperatorSpecificStakeHints, SetMaxNetworkLimit, StakeBaseHints, ZeroAddressRoleHolder,
};
use bondstone_symbiotic::abi::registry::{AddEntity, Factory, Initialized, OptInService};
use bondstone_symbiotic::abi::slasher::Slasher;
use bondstone_symbiotic::rules::delegator::{
    HOOK_SET_ROLE, NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_SHARES_SET_ROLE,
};
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan};
use bondstone_world::{Guest, Receipt, Shortage, World};
use std::sync::Arc;

const NETWORK: Address = Address::repeat_byte(0x11);
const MIDDLEWARE: Address = Address::repeat_byte(0x12);
const OPERATOR: Address = Address::repeat_byte(0x21);
const OTHER: Address = Address::repeat_byte(0x22);
const STAKER: Address = Address::repeat_byte(0x31);
const EVE: Address = Address::repeat_byte(0xee);

struct Bench {
    sandbox: Sandbox,
    parts: VaultParts,
}

impl Bench {
    /// A vault of 1000 tokens, one network, two operators that are opted in.
    fn new() -> Self {
        let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: 100,
            delegator_type: 0,
            slasher: SlasherChoice::Instant,
        };
        let parts = sandbox.vault(&plan).unwrap();
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        for operator in [OPERATOR, OTHER] {
            sandbox.operator(operator).unwrap();
            sandbox.opt_in(operator, parts.vault, NETWORK).unwrap();
        }
        sandbox.fund_and_deposit(parts.vault, STAKER, n(1000)).unwrap();
        sandbox.wait(1);
        Self { sandbox, parts }
    }

    fn create(&mut self, delegator_type: u64, vault: Address, inner: Vec<u8>) -> Receipt {
        let factory = self.sandbox.at(Kind::DelegatorFactory);
        let data = (vault, Bytes::from(inner)).abi_encode_params().into();
        self.sandbox.send(EVE, factory, &Factory::createCall { type_: delegator_type, data })
    }

    fn created(&mut self, delegator_type: u64, inner: Vec<u8>) -> Address {
        let output = self.create(delegator_type, self.parts.vault, inner).outcome.unwrap();
        Factory::createCall::abi_decode_returns(&output).unwrap()
    }

    fn refused(&mut self, delegator_type: u64, inner: Vec<u8>, error: impl Into<Revert>) {
        let receipt = self.create(delegator_type, self.parts.vault, inner);
        assert_eq!(receipt.outcome, Err(error.into()));
    }

    fn fails<C: SolCall>(
        &mut self,
        from: Address,
        to: Address,
        call: &C,
        error: impl Into<Revert>,
    ) {
        let before = self.sandbox.world.clone();
        assert_eq!(self.sandbox.send(from, to, call).outcome, Err(error.into()));
        assert!(before == self.sandbox.world, "a failed call left a trace");
    }

    fn ok<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Receipt {
        let receipt = self.sandbox.send(from, to, call);
        assert!(receipt.outcome.is_ok(), "{} failed: {:?}", C::SIGNATURE, receipt.outcome);
        receipt
    }

    fn stake(&mut self, delegator: Address, operator: Address) -> U256 {
        let subnetwork = subnet();
        self.sandbox.read(delegator, &Delegator::stakeCall { subnetwork, operator }).unwrap()
    }

    fn stake_at(&self, delegator: Address, t: u64, hints: Vec<u8>) -> Result<U256, Revert> {
        let call = Delegator::stakeAtCall {
            subnetwork: subnet(),
            operator: OPERATOR,
            timestamp: U48::from(t),
            hints: hints.into(),
        };
        let output = self.sandbox.world.view(EVE, delegator, &call.abi_encode())?;
        Ok(Delegator::stakeAtCall::abi_decode_returns(&output).unwrap())
    }

    fn max_limit(&mut self, delegator: Address, amount: u64) -> Receipt {
        let identifier = U96::ZERO;
        let call = Delegator::setMaxNetworkLimitCall { identifier, amount: n(amount) };
        self.ok(NETWORK, delegator, &call)
    }

    fn limit(&mut self, delegator: Address, amount: u64) {
        let call = Delegator::setNetworkLimitCall { subnetwork: subnet(), amount: n(amount) };
        self.ok(self.sandbox.curator, delegator, &call);
    }

    fn shares(&mut self, operator: Address, shares: u64) {
        let call = Delegator::setOperatorNetworkSharesCall {
            subnetwork: subnet(),
            operator,
            shares: n(shares),
        };
        self.ok(self.sandbox.curator, self.parts.delegator, &call);
    }

    fn base(&self) -> DelegatorBaseParams {
        DelegatorBaseParams {
            defaultAdminRoleHolder: self.sandbox.curator,
            hook: Address::ZERO,
            hookSetRoleHolder: self.sandbox.curator,
        }
    }
}

fn n(value: u64) -> U256 {
    U256::from(value)
}

fn subnet() -> B256 {
    subnetwork(NETWORK, U96::ZERO)
}

fn no_base() -> DelegatorBaseParams {
    DelegatorBaseParams {
        defaultAdminRoleHolder: Address::ZERO,
        hook: Address::ZERO,
        hookSetRoleHolder: Address::ZERO,
    }
}

fn network_restake(
    base: DelegatorBaseParams,
    limit: Vec<Address>,
    shares: Vec<Address>,
) -> Vec<u8> {
    NetworkRestakeInitParams {
        baseParams: base,
        networkLimitSetRoleHolders: limit,
        operatorNetworkSharesSetRoleHolders: shares,
    }
    .abi_encode()
}

fn operator_specific(base: DelegatorBaseParams, limit: Vec<Address>, operator: Address) -> Vec<u8> {
    OperatorSpecificInitParams { baseParams: base, networkLimitSetRoleHolders: limit, operator }
        .abi_encode()
}

#[test]
fn initialisation_fails_in_the_order_of_the_contract() {
    let mut bench = Bench::new();
    let receipt = bench.create(0, EVE, vec![]);
    assert_eq!(receipt.outcome, Err(NotVault {}.into()));
    bench.refused(0, vec![], Revert::empty());
    for delegator_type in [0, 1] {
        let t = delegator_type;
        let missing = MissingRoleHolders {};
        bench.refused(t, network_restake(no_base(), vec![], vec![EVE]), missing.clone());
        bench.refused(t, network_restake(no_base(), vec![Address::ZERO], vec![]), missing);
        let zero = network_restake(no_base(), vec![EVE], vec![EVE, Address::ZERO, EVE]);
        bench.refused(t, zero, ZeroAddressRoleHolder {});
        let twice = network_restake(no_base(), vec![EVE, EVE], vec![Address::ZERO]);
        bench.refused(t, twice, DuplicateRoleHolder {});
    }
    let missing = operator_specific(no_base(), vec![], EVE);
    bench.refused(2, missing, MissingRoleHolders {});
    let unknown = operator_specific(no_base(), vec![Address::ZERO], EVE);
    bench.refused(2, unknown, NotOperator {});
    let zero = operator_specific(no_base(), vec![Address::ZERO], OPERATOR);
    bench.refused(2, zero, ZeroAddressRoleHolder {});
    let both = |network, operator| {
        OperatorNetworkSpecificInitParams { baseParams: no_base(), network, operator }.abi_encode()
    };
    bench.refused(3, both(EVE, EVE), NotNetwork {});
    bench.refused(3, both(NETWORK, EVE), NotOperator {});
    bench.created(3, both(NETWORK, OPERATOR));
}

#[test]
fn a_new_delegator_logs_its_roles_and_then_that_it_is_initialised() {
    let mut bench = Bench::new();
    let base = DelegatorBaseParams { hook: OTHER, ..bench.base() };
    let data = network_restake(base, vec![EVE], vec![EVE, STAKER]);
    let receipt = bench.create(0, bench.parts.vault, data);
    let output = receipt.outcome.clone().unwrap();
    let at = Factory::createCall::abi_decode_returns(&output).unwrap();
    let factory = bench.sandbox.at(Kind::DelegatorFactory);
    let curator = bench.sandbox.curator;
    let granted = |role, account| RoleGranted { role, account, sender: factory }.encode_log_data();
    let want = [
        (factory, AddEntity { entity: at }.encode_log_data()),
        (at, granted(NETWORK_LIMIT_SET_ROLE, EVE)),
        (at, granted(OPERATOR_NETWORK_SHARES_SET_ROLE, EVE)),
        (at, granted(OPERATOR_NETWORK_SHARES_SET_ROLE, STAKER)),
        (at, granted(B256::ZERO, curator)),
        (at, granted(HOOK_SET_ROLE, curator)),
        (at, Initialized { version: 1 }.encode_log_data()),
    ];
    let got: Vec<_> = receipt.logs().map(|log| (log.address, log.data.clone())).collect();
    assert_eq!(got, want);
    let vault = bench.parts.vault;
    let read = &mut bench.sandbox;
    assert_eq!(read.read(at, &Delegator::vaultCall {}).unwrap(), vault);
    assert_eq!(read.read(at, &Delegator::hookCall {}).unwrap(), OTHER);
    assert_eq!(read.read(at, &Delegator::TYPECall {}).unwrap(), 0);
    assert_eq!(read.read(at, &Delegator::VERSIONCall {}).unwrap(), 1);
    assert_eq!(read.read(at, &Delegator::HOOK_GAS_LIMITCall {}).unwrap(), n(250_000));
    assert_eq!(read.read(at, &Delegator::FACTORYCall {}).unwrap(), factory);
    let again = Delegator::initializeCall { data: Bytes::new() };
    bench.fails(EVE, at, &again, InvalidInitialization {});
}

#[test]
fn an_implementation_answers_like_an_empty_delegator() {
    let mut bench = Bench::new();
    let at = bench.sandbox.at(Kind::OperatorSpecificDelegatorImplementation);
    assert_eq!(bench.sandbox.read(at, &Delegator::TYPECall {}).unwrap(), 2);
    assert_eq!(bench.sandbox.read(at, &Delegator::vaultCall {}).unwrap(), Address::ZERO);
    assert_eq!(bench.stake(at, OPERATOR), U256::ZERO);
    assert_eq!(bench.stake_at(at, 0, vec![]), Ok(U256::ZERO));
    let again = Delegator::initializeCall { data: Bytes::new() };
    bench.fails(EVE, at, &again, InvalidInitialization {});
    let hook = Delegator::setHookCall { hook: EVE };
    let unauthorized = AccessControlUnauthorizedAccount { account: EVE, neededRole: HOOK_SET_ROLE };
    bench.fails(EVE, at, &hook, unauthorized);
    let slash = on_slash(n(1));
    bench.fails(EVE, at, &slash, Revert::empty());
}

#[test]
fn a_network_can_talk_to_an_implementation_itself() {
    let mut bench = Bench::new();
    let at = bench.sandbox.at(Kind::OperatorSpecificDelegatorImplementation);
    let receipt = bench.max_limit(at, 7);
    assert_eq!(receipt.logs().count(), 1);
    let call = Delegator::maxNetworkLimitCall { subnetwork: subnet() };
    assert_eq!(bench.sandbox.read(at, &call).unwrap(), n(7));
    let other = bench.sandbox.at(Kind::FullRestakeDelegatorImplementation);
    assert_eq!(bench.sandbox.read(other, &call).unwrap(), U256::ZERO);
}

#[test]
fn a_type_lacks_the_functions_of_the_others() {
    let mut bench = Bench::new();
    let at = bench.parts.delegator;
    let (subnetwork, operator) = (subnet(), OPERATOR);
    let absent = [
        Delegator::operatorCall {}.abi_encode(),
        Delegator::networkCall {}.abi_encode(),
        Delegator::OPERATOR_REGISTRYCall {}.abi_encode(),
        Delegator::operatorNetworkLimitCall { subnetwork, operator }.abi_encode(),
        vec![1, 2, 3, 4],
        vec![],
        Delegator::setHookCall { hook: EVE }.abi_encode()[..35].to_vec(),
    ];
    for input in absent {
        let receipt = bench.sandbox.send_raw(EVE, at, input.into());
        assert_eq!(receipt.outcome, Err(Revert::empty()));
    }
    let call = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount: n(1) };
    bench.fails(bench.sandbox.curator, at, &call, Revert::empty());
}

#[test]
fn limits_are_checked_by_role_then_maximum_then_change() {
    let mut bench = Bench::new();
    let (at, curator) = (bench.parts.delegator, bench.sandbox.curator);
    let identifier = U96::ZERO;
    let max = |amount| Delegator::setMaxNetworkLimitCall { identifier, amount: n(amount) };
    let limit = |amount| Delegator::setNetworkLimitCall { subnetwork: subnet(), amount: n(amount) };
    bench.fails(EVE, at, &max(5), NotNetwork {});
    bench.fails(NETWORK, at, &max(0), AlreadySet {});
    let unauthorized =
        AccessControlUnauthorizedAccount { account: EVE, neededRole: NETWORK_LIMIT_SET_ROLE };
    bench.fails(EVE, at, &limit(5), unauthorized);
    bench.fails(curator, at, &limit(5), ExceedsMaxNetworkLimit {});
    bench.fails(curator, at, &limit(0), AlreadySet {});
    bench.max_limit(at, 500);
    bench.limit(at, 400);
    // Lowering the maximum lowers the limit with it and logs only the maximum.
    let receipt = bench.max_limit(at, 300);
    let event = SetMaxNetworkLimit { subnetwork: subnet(), amount: n(300) };
    let logs: Vec<_> = receipt.logs().map(|log| log.data.clone()).collect();
    assert_eq!(logs, [event.encode_log_data()]);
    let call = Delegator::networkLimitCall { subnetwork: subnet() };
    assert_eq!(bench.sandbox.read(at, &call).unwrap(), n(300));
    bench.max_limit(at, 900);
    assert_eq!(bench.sandbox.read(at, &call).unwrap(), n(300));
    bench.fails(curator, at, &Delegator::setHookCall { hook: Address::ZERO }, AlreadySet {});
}

#[test]
fn operator_shares_split_what_the_subnetwork_gets() {
    let mut bench = Bench::new();
    let at = bench.parts.delegator;
    bench.max_limit(at, 700);
    bench.limit(at, 700);
    bench.shares(OPERATOR, 1);
    bench.shares(OTHER, 2);
    assert_eq!(bench.stake(at, OPERATOR), n(233));
    assert_eq!(bench.stake(at, OTHER), n(466));
    let total = Delegator::totalOperatorNetworkSharesCall { subnetwork: subnet() };
    assert_eq!(bench.sandbox.read(at, &total).unwrap(), n(3));
    let absurd = Delegator::setOperatorNetworkSharesCall {
        subnetwork: subnet(),
        operator: OTHER,
        shares: U256::MAX,
    };
    bench.fails(bench.sandbox.curator, at, &absurd, Revert::overflow());
    let service = bench.sandbox.at(Kind::OperatorVaultOptInService);
    let vault = bench.parts.vault;
    bench.ok(OPERATOR, service, &OptInService::optOut_0Call { r#where: vault });
    let now = bench.sandbox.now();
    assert_eq!(bench.stake(at, OPERATOR), U256::ZERO);
    assert_eq!(bench.stake_at(at, now, vec![]), Ok(U256::ZERO));
    assert_eq!(bench.stake_at(at, now - 1, vec![]), Ok(U256::ZERO), "no shares then");
}

#[test]
fn hints_fail_in_the_order_in_which_the_contract_looks() {
    let mut bench = Bench::new();
    let at = bench.parts.delegator;
    let hint = |index: u32| Bytes::from(index.abi_encode());
    let now = bench.sandbox.now();
    // Nothing set: the total comes first and is zero, so other hints are never looked at.
    let wrong = NetworkRestakeStakeHints {
        activeStakeHint: hint(9),
        networkLimitHint: hint(9),
        operatorNetworkSharesHint: hint(9),
        ..NetworkRestakeStakeHints::default()
    };
    assert_eq!(bench.stake_at(at, now, wrong.abi_encode()), Ok(U256::ZERO));
    let wrong = NetworkRestakeStakeHints {
        totalOperatorNetworkSharesHint: hint(0),
        ..NetworkRestakeStakeHints::default()
    };
    assert_eq!(bench.stake_at(at, now, wrong.abi_encode()), Err(Revert::out_of_bounds()));
    let bad_base = NetworkRestakeStakeHints {
        baseHints: vec![1].into(),
        ..NetworkRestakeStakeHints::default()
    };
    assert_eq!(bench.stake_at(at, now, bad_base.abi_encode()), Err(Revert::empty()));
    assert_eq!(bench.stake_at(at, now, vec![0; 31]), Err(Revert::empty()));

    bench.max_limit(at, 700);
    bench.limit(at, 700);
    bench.shares(OPERATOR, 1);
    let base =
        StakeBaseHints { operatorVaultOptInHint: hint(0), operatorNetworkOptInHint: hint(0) };
    let right = NetworkRestakeStakeHints {
        baseHints: base.abi_encode().into(),
        activeStakeHint: hint(0),
        networkLimitHint: hint(0),
        totalOperatorNetworkSharesHint: hint(0),
        operatorNetworkSharesHint: hint(0),
    };
    assert_eq!(bench.stake_at(at, now, right.abi_encode()), Ok(n(700)));
    let base = StakeBaseHints {
        operatorVaultOptInHint: Bytes::from(vec![7]),
        operatorNetworkOptInHint: hint(1),
    };
    let wrong = NetworkRestakeStakeHints { baseHints: base.abi_encode().into(), ..right.clone() };
    assert_eq!(bench.stake_at(at, now, wrong.abi_encode()), Err(Revert::empty()));
    let wrong = NetworkRestakeStakeHints { activeStakeHint: hint(1), ..wrong };
    assert_eq!(bench.stake_at(at, now, wrong.abi_encode()), Err(Revert::out_of_bounds()));
    let vast = NetworkRestakeStakeHints {
        networkLimitHint: (u64::from(u32::MAX) + 1).abi_encode().into(),
        ..right
    };
    assert_eq!(bench.stake_at(at, now, vast.abi_encode()), Err(Revert::empty()));
}

#[test]
fn full_restake_gives_every_operator_up_to_all() {
    let mut bench = Bench::new();
    let curator = bench.sandbox.curator;
    let data = FullRestakeInitParams {
        baseParams: bench.base(),
        networkLimitSetRoleHolders: vec![curator],
        operatorNetworkLimitSetRoleHolders: vec![curator],
    };
    let at = bench.created(1, data.abi_encode());
    bench.max_limit(at, 5000);
    bench.limit(at, 5000);
    let set = |operator, amount| Delegator::setOperatorNetworkLimitCall {
        subnetwork: subnet(),
        operator,
        amount: n(amount),
    };
    bench.ok(curator, at, &set(OPERATOR, 900));
    bench.ok(curator, at, &set(OTHER, 9000));
    bench.fails(curator, at, &set(OTHER, 9000), AlreadySet {});
    assert_eq!(bench.stake(at, OPERATOR), n(900));
    assert_eq!(bench.stake(at, OTHER), n(1000));
    bench.max_limit(at, 800);
    assert_eq!(bench.stake(at, OPERATOR), n(800));
    assert_eq!(bench.stake_at(at, bench.sandbox.now(), vec![]), Ok(n(800)));
}

#[test]
fn specific_delegators_serve_one_operator() {
    let mut bench = Bench::new();
    let curator = bench.sandbox.curator;
    let at = bench.created(2, operator_specific(bench.base(), vec![curator], OPERATOR));
    assert_eq!(bench.sandbox.read(at, &Delegator::operatorCall {}).unwrap(), OPERATOR);
    bench.max_limit(at, 300);
    bench.limit(at, 300);
    assert_eq!(bench.stake(at, OPERATOR), n(300));
    assert_eq!(bench.stake(at, OTHER), U256::ZERO);
    let wrong = OperatorSpecificStakeHints {
        networkLimitHint: 5u32.abi_encode().into(),
        ..OperatorSpecificStakeHints::default()
    };
    let now = bench.sandbox.now();
    assert_eq!(bench.stake_at(at, now, wrong.abi_encode()), Err(Revert::out_of_bounds()));

    let data = OperatorNetworkSpecificInitParams {
        baseParams: bench.base(),
        network: NETWORK,
        operator: OPERATOR,
    };
    let at = bench.created(3, data.abi_encode());
    assert_eq!(bench.sandbox.read(at, &Delegator::networkCall {}).unwrap(), NETWORK);
    bench.max_limit(at, 400);
    assert_eq!(bench.stake(at, OPERATOR), n(400));
    assert_eq!(bench.stake_at(at, now, vec![]), Ok(n(400)));
    assert_eq!(bench.stake_at(at, now - 1, vec![]), Ok(U256::ZERO));
    bench.sandbox.network(EVE, EVE).unwrap();
    let call = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount: n(1) };
    bench.fails(EVE, at, &call, InvalidNetwork {});
    let call = Delegator::setMaxNetworkLimitCall { identifier: U96::ZERO, amount: n(400) };
    bench.fails(NETWORK, at, &call, AlreadySet {});
    let limit = Delegator::networkLimitCall { subnetwork: subnet() };
    bench.fails(NETWORK, at, &limit, Revert::empty());
}

/// Calls back into the delegator and fails when it gets through.
#[derive(Debug)]
struct Meddler;

impl Guest for Meddler {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let input = Delegator::setHookCall { hook: EVE }.abi_encode();
        world.call(Call::new(message.this, message.sender, &input)).map(|_| Vec::new())
    }
}

fn on_slash(amount: U256) -> Delegator::onSlashCall {
    Delegator::onSlashCall {
        subnetwork: subnet(),
        operator: OPERATOR,
        amount,
        captureTimestamp: U48::ZERO,
        data: Bytes::new(),
    }
}

#[test]
fn a_hook_can_neither_stop_a_slash_nor_reenter() {
    let mut bench = Bench::new();
    let (at, curator) = (bench.parts.delegator, bench.sandbox.curator);
    bench.max_limit(at, 700);
    bench.limit(at, 700);
    bench.shares(OPERATOR, 1);
    bench.fails(EVE, at, &on_slash(n(1)), NotSlasher {});
    let meddler = Address::repeat_byte(0x4d);
    bench.sandbox.world.register_guest(meddler, Arc::new(Meddler));
    let grant = AccessControl::grantRoleCall { role: HOOK_SET_ROLE, account: meddler };
    bench.ok(curator, at, &grant);
    bench.ok(curator, at, &Delegator::setHookCall { hook: meddler });
    let capture = bench.sandbox.now();
    bench.sandbox.wait(1);
    let slash = Slasher::slashCall {
        subnetwork: subnet(),
        operator: OPERATOR,
        amount: n(100),
        captureTimestamp: U48::from(capture),
        hints: Bytes::new(),
    };
    bench.sandbox.world.playback().shortage = Some(Shortage::Hook);
    bench.fails(MIDDLEWARE, bench.parts.slasher, &slash, InsufficientHookGas {});
    bench.sandbox.world.playback().shortage = None;
    bench.ok(MIDDLEWARE, bench.parts.slasher, &slash);
    assert_eq!(bench.sandbox.read(at, &Delegator::hookCall {}).unwrap(), meddler);
}
