//! Slashers and hint helpers in a world, by real calldata.

use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Panic, SolCall, SolEvent, SolInterface, SolValue};
use bondstone_kernel::revert::library::{InvalidInitialization, ReentrancyGuardReentrantCall};
use bondstone_kernel::{Call, Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{Delegator, DelegatorBaseParams, FullRestakeInitParams};
use bondstone_symbiotic::abi::hints::{
    BaseDelegatorHints, BaseSlasherHints, ExternalCall, Hints, SlasherHints, VaultHints,
    VetoSlasherHints,
};
use bondstone_symbiotic::abi::ledger::{SlashBooked, SlashRequestClosed};
use bondstone_symbiotic::abi::registry::{
    ConfiguratorInitParams, Factory, OptInService, VaultConfigurator,
};
use bondstone_symbiotic::abi::slasher::{
    AlreadySet, BaseSlasher, ExecuteSlash, InsufficientBurnerGas, InsufficientSlash,
    InvalidCaptureTimestamp, InvalidResolverSetEpochsDelay, InvalidVetoDuration, NoResolver,
    NotNetwork, NotNetworkMiddleware, NotResolver, NotVault, Slash, SlashHints, SlashPeriodEnded,
    SlashRequestCompleted, SlashRequestNotExist, Slasher, SlasherInitParams, VetoPeriodEnded,
    VetoPeriodNotEnded, VetoSlasher, VetoSlasherInitParams,
};
use bondstone_symbiotic::abi::vault::VaultInitParams;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultParts, VaultPlan};
use bondstone_world::{Guest, Receipt, Shortage, World};
use std::sync::Arc;

const NETWORK: Address = Address::repeat_byte(0x4e);
const MIDDLEWARE: Address = Address::repeat_byte(0x3d);
const OPERATOR: Address = Address::repeat_byte(0x0e);
const STAKER: Address = Address::repeat_byte(0x57);
const RESOLVER: Address = Address::repeat_byte(0x4a);
const HOOK: Address = Address::repeat_byte(0x40);
const BURNER: Address = Address::repeat_byte(0xb0);
const EPOCH: u64 = 1_000;
const START: u64 = 1_750_000_000;

/// A vault with 1000 of stake, all of it for one operator of one network, and its slasher.
struct Bench {
    sandbox: Sandbox,
    parts: VaultParts,
}

impl Bench {
    fn new(slasher: SlasherChoice) -> Self {
        let mut sandbox = Sandbox::new(START).unwrap();
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: EPOCH,
            delegator_type: 1,
            slasher,
        };
        let parts = sandbox.vault(&plan).unwrap();
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        sandbox.operator(OPERATOR).unwrap();
        sandbox.opt_in(OPERATOR, parts.vault, NETWORK).unwrap();
        sandbox.delegate(&parts, NETWORK, OPERATOR).unwrap();
        sandbox.fund_and_deposit(parts.vault, STAKER, U256::from(1_000)).unwrap();
        sandbox.wait(10);
        Self { sandbox, parts }
    }

    fn subnetwork(&self) -> B256 {
        subnetwork(NETWORK, U96::ZERO)
    }

    fn slash_call(&self, amount: u64, ago: u64, hints: Bytes) -> Slasher::slashCall {
        Slasher::slashCall {
            subnetwork: self.subnetwork(),
            operator: OPERATOR,
            amount: U256::from(amount),
            captureTimestamp: U48::from(self.sandbox.now() - ago),
            hints,
        }
    }

    fn slash(&mut self, amount: u64, ago: u64) -> Receipt {
        let call = self.slash_call(amount, ago, Bytes::new());
        self.sandbox.send(MIDDLEWARE, self.parts.slasher, &call)
    }

    fn send<C: SolCall>(&mut self, from: Address, call: C) -> Result<C::Return, Revert> {
        let output = self.sandbox.send(from, self.parts.slasher, &call).outcome?;
        Ok(C::abi_decode_returns(&output).unwrap())
    }

    fn read<C: SolCall>(&mut self, call: C) -> C::Return {
        self.sandbox.read(self.parts.slasher, &call).unwrap()
    }

    fn request(&mut self, amount: u64, ago: u64) -> Result<U256, Revert> {
        let call = VetoSlasher::requestSlashCall {
            subnetwork: self.subnetwork(),
            operator: OPERATOR,
            amount: U256::from(amount),
            captureTimestamp: U48::from(self.sandbox.now() - ago),
            hints: Bytes::new(),
        };
        self.send(MIDDLEWARE, call)
    }

    fn execute(&mut self, index: u64) -> Result<U256, Revert> {
        let call =
            VetoSlasher::executeSlashCall { slashIndex: U256::from(index), hints: Bytes::new() };
        self.send(MIDDLEWARE, call)
    }

    fn veto(&mut self, from: Address, index: u64) -> Result<(), Revert> {
        let call =
            VetoSlasher::vetoSlashCall { slashIndex: U256::from(index), hints: Bytes::new() };
        self.send(from, call).map(drop)
    }

    fn set_resolver(&mut self, from: Address, resolver: Address) -> Result<(), Revert> {
        let (identifier, hints) = (U96::ZERO, Bytes::new());
        self.send(from, VetoSlasher::setResolverCall { identifier, resolver, hints }).map(drop)
    }

    fn resolver(&mut self) -> Address {
        let (subnetwork, hint) = (self.subnetwork(), Bytes::new());
        self.read(VetoSlasher::resolverCall { subnetwork, hint })
    }

    fn cumulative(&mut self) -> U256 {
        let (subnetwork, operator) = (self.subnetwork(), OPERATOR);
        self.read(BaseSlasher::cumulativeSlashCall { subnetwork, operator })
    }

    /// Asks a hint helper.
    fn hints<C: SolCall>(&mut self, kind: Kind, call: C) -> C::Return {
        let at = self.sandbox.at(kind);
        self.sandbox.read(at, &call).unwrap()
    }
}

fn topics(receipt: &Receipt) -> Vec<B256> {
    receipt.entries.iter().map(|entry| entry.log.topics()[0]).collect()
}

#[test]
fn a_slash_books_first_and_logs_last() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    let receipt = bench.slash(300, 5);
    assert_eq!(receipt.outcome, Ok(U256::from(300).abi_encode().into()));
    let all = topics(&receipt);
    assert_eq!(all.first(), Some(&SlashBooked::SIGNATURE_HASH));
    assert_eq!(all.last(), Some(&Slash::SIGNATURE_HASH));
    assert_eq!(receipt.logs().count(), 4, "delegator, token, vault, slasher");
    assert_eq!(bench.cumulative(), U256::from(300));

    let capture = bench.sandbox.now() - 5;
    let (subnetwork, operator) = (bench.subnetwork(), OPERATOR);
    let call = BaseSlasher::latestSlashedCaptureTimestampCall { subnetwork, operator };
    assert_eq!(bench.read(call), U48::from(capture));
    let stake = |bench: &mut Bench, at: u64| {
        bench.read(BaseSlasher::slashableStakeCall {
            subnetwork,
            operator,
            captureTimestamp: U48::from(at),
            hints: Bytes::new(),
        })
    };
    assert_eq!(stake(&mut bench, capture), U256::from(700));
    assert_eq!(stake(&mut bench, capture - 1), U256::ZERO, "before the last slashed capture");
    let receipt = bench.slash(10_000, 5);
    assert_eq!(receipt.outcome, Ok(U256::from(700).abi_encode().into()), "capped");
}

#[test]
fn a_slash_is_refused_in_the_order_of_the_contract() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    let to = bench.parts.slasher;
    let call = bench.slash_call(0, 0, Bytes::from_static(&[0x12]));
    let refused = |bench: &mut Bench, from, call: &Slasher::slashCall| {
        bench.sandbox.send(from, to, call).outcome.unwrap_err()
    };
    assert_eq!(refused(&mut bench, STAKER, &call), NotNetworkMiddleware {}.into());
    assert_eq!(refused(&mut bench, MIDDLEWARE, &call), Revert::empty());
    let call = bench.slash_call(0, 0, Bytes::new());
    assert_eq!(refused(&mut bench, MIDDLEWARE, &call), InvalidCaptureTimestamp {}.into());
    let call = bench.slash_call(1, EPOCH + 1, Bytes::new());
    assert_eq!(refused(&mut bench, MIDDLEWARE, &call), InvalidCaptureTimestamp {}.into());
    let call = bench.slash_call(0, EPOCH, Bytes::new());
    assert_eq!(refused(&mut bench, MIDDLEWARE, &call), InsufficientSlash {}.into());
    let unknown = VetoSlasher::slashRequestsLengthCall {};
    let outcome = bench.sandbox.send(STAKER, to, &unknown).outcome;
    assert_eq!(outcome, Err(Revert::empty()), "the instant slasher has no requests");
    let again = BaseSlasher::initializeCall { data: Bytes::new() };
    let outcome = bench.sandbox.send(STAKER, to, &again).outcome;
    assert_eq!(outcome, Err(InvalidInitialization {}.into()));
}

/// Reads the books of the slasher in the middle of the slash, tries to slash again, and fails if
/// it is told to.
#[derive(Debug)]
struct Prying {
    slasher: Address,
    again: Bytes,
}

impl Guest for Prying {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let (subnetwork, operator) = (subnetwork(NETWORK, U96::ZERO), OPERATOR);
        let view = BaseSlasher::cumulativeSlashCall { subnetwork, operator }.abi_encode();
        let sum = world.call(Call::view(message.this, self.slasher, &view))?;
        world.store(message.this, B256::ZERO, B256::from_slice(&sum))?;
        let again = world.call(Call::new(message.this, self.slasher, &self.again));
        assert_eq!(again, Err(ReentrancyGuardReentrantCall {}.into()));
        Ok(Vec::new())
    }
}

#[test]
fn a_hook_sees_the_books_of_the_slash_that_called_it() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    let again = bench.slash_call(1, 5, Bytes::new()).abi_encode().into();
    let guest = Prying { slasher: bench.parts.slasher, again };
    bench.sandbox.world.register_guest(HOOK, Arc::new(guest));
    let (curator, delegator) = (bench.sandbox.curator, bench.parts.delegator);
    bench.sandbox.run(curator, delegator, &Delegator::setHookCall { hook: HOOK }).unwrap();
    bench.slash(120, 5).outcome.unwrap();
    let seen = bench.sandbox.world.storage(HOOK, B256::ZERO);
    assert_eq!(U256::from_be_bytes(seen.0), U256::from(120));
    assert_eq!(bench.cumulative(), U256::from(120), "booked once");
}

/// Always fails, as a burner may.
#[derive(Debug)]
struct Failing;

impl Guest for Failing {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        world.store(message.this, B256::ZERO, B256::repeat_byte(1))?;
        Err(Revert::reason("no"))
    }
}

/// A vault whose slasher calls its burner, a guest that always fails.
fn with_burner() -> Bench {
    let mut bench = Bench::new(SlasherChoice::None);
    let sandbox = &mut bench.sandbox;
    sandbox.world.register_guest(BURNER, Arc::new(Failing));
    let base = DelegatorBaseParams {
        defaultAdminRoleHolder: sandbox.curator,
        hook: Address::ZERO,
        hookSetRoleHolder: Address::ZERO,
    };
    let holders = vec![sandbox.curator];
    let vault = VaultInitParams {
        collateral: sandbox.token,
        burner: BURNER,
        epochDuration: U48::from(EPOCH),
        depositWhitelist: false,
        isDepositLimit: false,
        depositLimit: U256::ZERO,
        defaultAdminRoleHolder: sandbox.curator,
        depositWhitelistSetRoleHolder: Address::ZERO,
        depositorWhitelistRoleHolder: Address::ZERO,
        isDepositLimitSetRoleHolder: Address::ZERO,
        depositLimitSetRoleHolder: Address::ZERO,
    };
    let delegator = FullRestakeInitParams {
        baseParams: base,
        networkLimitSetRoleHolders: holders.clone(),
        operatorNetworkLimitSetRoleHolders: holders,
    };
    let params = ConfiguratorInitParams {
        version: 1,
        owner: STAKER,
        vaultParams: vault.abi_encode().into(),
        delegatorIndex: 1,
        delegatorParams: delegator.abi_encode().into(),
        withSlasher: true,
        slasherIndex: 0,
        slasherParams: SlasherInitParams { isBurnerHook: true }.abi_encode().into(),
    };
    let configurator = sandbox.at(Kind::VaultConfigurator);
    let call = VaultConfigurator::createCall { params };
    let made = sandbox.run(STAKER, configurator, &call).unwrap();
    let parts = VaultParts { vault: made.vault, delegator: made.delegator, slasher: made.slasher };
    let service = sandbox.at(Kind::OperatorVaultOptInService);
    let call = OptInService::optIn_0Call { r#where: parts.vault };
    sandbox.run(OPERATOR, service, &call).unwrap();
    sandbox.delegate(&parts, NETWORK, OPERATOR).unwrap();
    sandbox.fund_and_deposit(parts.vault, STAKER, U256::from(1_000)).unwrap();
    sandbox.wait(10);
    bench.parts = parts;
    bench
}

#[test]
fn what_the_burner_does_is_its_own_affair() {
    let mut bench = with_burner();
    assert!(bench.read(BaseSlasher::isBurnerHookCall {}));
    bench.slash(5, 5).outcome.unwrap();
    assert_eq!(bench.sandbox.world.storage(BURNER, B256::ZERO), B256::ZERO, "taken back");
    assert_eq!(bench.cumulative(), U256::from(5));
}

#[test]
fn too_little_gas_for_the_burner_fails_the_slash() {
    let mut bench = with_burner();
    bench.sandbox.world.playback().shortage = Some(Shortage::Burner);
    let receipt = bench.slash(5, 5);
    assert_eq!(receipt.outcome, Err(InsufficientBurnerGas {}.into()));
    bench.sandbox.world.playback().shortage = None;
    assert_eq!(bench.cumulative(), U256::ZERO, "what was booked is taken back");
    bench.slash(5, 5).outcome.unwrap();
    assert_eq!(bench.cumulative(), U256::from(5));
}

#[test]
fn a_slasher_that_the_vault_does_not_know_cannot_slash() {
    let mut bench = Bench::new(SlasherChoice::None);
    let inner: Bytes = SlasherInitParams { isBurnerHook: true }.abi_encode().into();
    let data = (bench.parts.vault, inner).abi_encode_params().into();
    let factory = bench.sandbox.at(Kind::SlasherFactory);
    let call = Factory::createCall { type_: 0, data };
    bench.parts.slasher = bench.sandbox.run(STAKER, factory, &call).unwrap();
    let refused = bench.slash(5, 5).outcome;
    assert_eq!(refused, Err(Delegator::NotSlasher {}.into()));
    assert_eq!(bench.cumulative(), U256::ZERO, "what was booked is taken back");
}

#[test]
fn parameters_of_a_new_slasher_are_checked_in_order() {
    let mut bench = Bench::new(SlasherChoice::None);
    let factory = bench.sandbox.at(Kind::SlasherFactory);
    let create = |bench: &mut Bench, type_: u64, vault: Address, inner: Vec<u8>| {
        let data = (vault, Bytes::from(inner)).abi_encode_params().into();
        bench.sandbox.send(STAKER, factory, &Factory::createCall { type_, data }).outcome
    };
    let vault = bench.parts.vault;
    let params = |duration: u64, delay: u64| {
        VetoSlasherInitParams {
            isBurnerHook: false,
            vetoDuration: U48::from(duration),
            resolverSetEpochsDelay: U256::from(delay),
        }
        .abi_encode()
    };
    assert_eq!(create(&mut bench, 1, STAKER, params(1, 1)), Err(NotVault {}.into()));
    assert_eq!(create(&mut bench, 1, vault, vec![1]), Err(Revert::empty()));
    let refused = create(&mut bench, 1, vault, params(EPOCH, 1));
    assert_eq!(refused, Err(InvalidVetoDuration {}.into()));
    let refused = create(&mut bench, 1, vault, params(EPOCH - 1, 2));
    assert_eq!(refused, Err(InvalidResolverSetEpochsDelay {}.into()));
    assert!(create(&mut bench, 1, vault, params(0, 3)).is_ok());
}

#[test]
fn a_request_can_be_vetoed_until_its_deadline_and_executed_after() {
    let mut bench = Bench::new(SlasherChoice::Veto(100));
    assert_eq!(bench.set_resolver(STAKER, RESOLVER), Err(NotNetwork {}.into()));
    assert_eq!(bench.set_resolver(NETWORK, Address::ZERO), Err(AlreadySet {}.into()));
    bench.set_resolver(NETWORK, RESOLVER).unwrap();
    assert_eq!(bench.set_resolver(NETWORK, RESOLVER), Err(AlreadySet {}.into()));
    assert_eq!(bench.resolver(), RESOLVER);
    bench.sandbox.wait(10);
    assert_eq!(bench.request(400, EPOCH - 99), Err(InvalidCaptureTimestamp {}.into()));
    assert_eq!(bench.request(400, 1), Ok(U256::ZERO));
    assert_eq!(bench.request(300, 1), Ok(U256::ONE));
    assert_eq!(bench.execute(2), Err(SlashRequestNotExist {}.into()));
    assert_eq!(bench.execute(0), Err(VetoPeriodNotEnded {}.into()));
    assert_eq!(bench.veto(STAKER, 0), Err(NotResolver {}.into()));
    assert_eq!(bench.veto(RESOLVER, 7), Err(SlashRequestNotExist {}.into()));
    bench.veto(RESOLVER, 0).unwrap();
    assert_eq!(bench.veto(RESOLVER, 0), Err(SlashRequestCompleted {}.into()));
    bench.sandbox.wait(100);
    assert_eq!(bench.veto(RESOLVER, 1), Err(VetoPeriodEnded {}.into()));
    assert_eq!(bench.execute(0), Err(SlashRequestCompleted {}.into()));
    assert_eq!(bench.execute(1), Ok(U256::from(300)));
    assert_eq!(bench.cumulative(), U256::from(300));
    let first = bench.read(VetoSlasher::slashRequestsCall { slashIndex: U256::ONE });
    assert!(first.completed && first.amount == U256::from(300));
    let call = VetoSlasher::slashRequestsCall { slashIndex: U256::from(2) };
    assert_eq!(bench.send(STAKER, call), Err(Revert::empty()));
}

#[test]
fn an_execution_closes_the_request_before_anything_else() {
    let mut bench = Bench::new(SlasherChoice::Veto(0));
    assert_eq!(bench.request(400, 5), Ok(U256::ZERO));
    assert_eq!(bench.veto(RESOLVER, 0), Err(NoResolver {}.into()));
    let call = VetoSlasher::executeSlashCall { slashIndex: U256::ZERO, hints: Bytes::new() };
    let receipt = bench.sandbox.send(MIDDLEWARE, bench.parts.slasher, &call);
    let all = topics(&receipt);
    assert_eq!(all[..2], [SlashRequestClosed::SIGNATURE_HASH, SlashBooked::SIGNATURE_HASH]);
    assert_eq!(all.last(), Some(&ExecuteSlash::SIGNATURE_HASH));
    assert_eq!(bench.request(400, 5), Ok(U256::ONE));
    bench.sandbox.wait(EPOCH);
    assert_eq!(bench.execute(1), Err(SlashPeriodEnded {}.into()));
}

#[test]
fn a_later_resolver_holds_after_the_delay() {
    let mut bench = Bench::new(SlasherChoice::Veto(100));
    bench.set_resolver(NETWORK, RESOLVER).unwrap();
    bench.sandbox.wait(5);
    bench.set_resolver(NETWORK, STAKER).unwrap();
    bench.sandbox.wait(2 * EPOCH);
    assert_eq!(bench.resolver(), RESOLVER);
    bench.sandbox.wait(EPOCH);
    assert_eq!(bench.resolver(), STAKER);
}

#[test]
fn hints_found_by_the_helpers_do_not_change_a_slash() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    bench.slash(10, 5).outcome.unwrap();
    bench.sandbox.wait(10);
    bench.slash(10, 5).outcome.unwrap();
    bench.sandbox.wait(10);
    let (slasher, operator) = (bench.parts.slasher, OPERATOR);
    let subnetwork = bench.subnetwork();
    let timestamp = U48::from(bench.sandbox.now() - 5);
    let call =
        SlasherHints::slashHintsCall { slasher, subnetwork, operator, captureTimestamp: timestamp };
    let hints = bench.hints(Kind::SlasherHints, call);
    let outer = SlashHints::abi_decode(&hints).unwrap();
    let call = BaseSlasherHints::slashableStakeHintsCall {
        slasher,
        subnetwork,
        operator,
        captureTimestamp: timestamp,
    };
    assert_eq!(outer.slashableStakeHints, bench.hints(Kind::BaseSlasherHints, call));
    let (stake, cumulative) = <(Bytes, Bytes)>::abi_decode(&outer.slashableStakeHints).unwrap();
    assert_eq!(cumulative, Bytes::from(U256::ONE.abi_encode()), "the second checkpoint");
    let delegator = bench.parts.delegator;
    let call = BaseDelegatorHints::stakeHintsCall { delegator, subnetwork, operator, timestamp };
    assert_eq!(stake, bench.hints(Kind::BaseDelegatorHints, call));
    let parts = <[Bytes; 4]>::abi_decode(&stake).unwrap();
    assert!(parts[0].is_empty(), "the helper of opt-in services never finds anything");
    let limit = Bytes::from(U256::ZERO.abi_encode());
    assert_eq!(parts[2..], [limit.clone(), limit]);

    let call = bench.slash_call(10, 5, hints.clone());
    bench.sandbox.run(MIDDLEWARE, slasher, &call).unwrap();
    let mut broken = hints.to_vec();
    // The last word is the hint to the sum of slashes.
    *broken.last_mut().unwrap() = 9;
    let call = bench.slash_call(10, 5, broken.into());
    let outcome = bench.sandbox.send(MIDDLEWARE, slasher, &call).outcome;
    assert_eq!(outcome, Err(Panic { code: U256::from(0x32) }.into()));
}

#[test]
fn hints_of_a_veto_slasher() {
    let mut bench = Bench::new(SlasherChoice::Veto(0));
    let slasher = bench.parts.slasher;
    bench.set_resolver(NETWORK, RESOLVER).unwrap();
    bench.sandbox.wait(10);
    bench.request(1, 1).unwrap();
    let index = U256::ZERO;
    let call = VetoSlasherHints::vetoSlashHintsCall { slasher, slashIndex: index };
    let hints = bench.hints(Kind::VetoSlasherHints, call);
    let zero = Bytes::from(U256::ZERO.abi_encode());
    assert_eq!(<[Bytes; 2]>::abi_decode(&hints).unwrap(), [zero.clone(), zero]);
    let call = VetoSlasherHints::executeSlashHintsCall { slasher, slashIndex: index };
    let hints = bench.hints(Kind::VetoSlasherHints, call);
    let call = VetoSlasher::executeSlashCall { slashIndex: index, hints };
    bench.sandbox.run(MIDDLEWARE, slasher, &call).unwrap();
    let call = VetoSlasherHints::vetoSlashHintsCall { slasher, slashIndex: U256::ONE };
    let at = bench.sandbox.at(Kind::VetoSlasherHints);
    assert_eq!(bench.sandbox.send(STAKER, at, &call).outcome, Err(Revert::empty()));
}

#[test]
fn static_delegate_calls_answer_in_their_revert() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    let vault = bench.parts.vault;
    let helper = bench.sandbox.at(Kind::VaultHints);
    let timestamp = U48::from(bench.sandbox.now());
    let internal = VaultHints::activeStakeHintInternalCall { timestamp };
    let outcome = bench.sandbox.send(STAKER, helper, &internal).outcome;
    assert_eq!(outcome, Err(ExternalCall {}.into()));

    let ask = |bench: &mut Bench, from: Address, target: Address| {
        let data = internal.abi_encode().into();
        let call = Hints::staticDelegateCallCall { target, data };
        let revert = bench.sandbox.send(from, vault, &call).outcome.unwrap_err();
        <(bool, Bytes)>::abi_decode_params(revert.data()).unwrap()
    };
    let refused = Revert::from(ExternalCall {}).into_data();
    assert_eq!(ask(&mut bench, STAKER, helper), (false, refused));
    let found = (true, 0u32).abi_encode_params().into();
    assert_eq!(ask(&mut bench, helper, helper), (true, found));
    assert_eq!(ask(&mut bench, STAKER, STAKER), (true, Bytes::new()), "no code");
    assert_eq!(ask(&mut bench, STAKER, vault), (false, Bytes::new()), "not modelled");

    let before = U48::from(START - 1);
    let call = VaultHints::activeStakeHintCall { vault, timestamp: before };
    assert!(bench.hints(Kind::VaultHints, call).is_empty());
    let call = VaultHints::activeBalanceOfHintsCall { vault, account: STAKER, timestamp };
    let all = bench.hints(Kind::VaultHints, call);
    assert_eq!(<[Bytes; 3]>::abi_decode(&all).unwrap().map(|hint| hint.len()), [32; 3]);
    let call = VaultHints::activeStakeHintCall { vault: STAKER, timestamp };
    assert_eq!(bench.sandbox.send(STAKER, helper, &call).outcome, Err(Revert::empty()));
}

#[test]
fn implementations_are_slashers_of_no_vault() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    for (kind, number) in [(Kind::SlasherImplementation, 0), (Kind::VetoSlasherImplementation, 1)] {
        let at = bench.sandbox.at(kind);
        assert_eq!(bench.sandbox.read(at, &BaseSlasher::TYPECall {}).unwrap(), number);
        let factory = bench.sandbox.read(at, &BaseSlasher::FACTORYCall {}).unwrap();
        assert_eq!(factory, bench.sandbox.at(Kind::SlasherFactory));
        assert_eq!(bench.sandbox.read(at, &BaseSlasher::vaultCall {}).unwrap(), Address::ZERO);
        let call = BaseSlasher::initializeCall { data: Bytes::new() };
        let outcome = bench.sandbox.send(STAKER, at, &call).outcome;
        assert_eq!(outcome, Err(InvalidInitialization {}.into()));
        for selector in BaseSlasher::BaseSlasherCalls::selectors() {
            let input = selector.to_vec().into();
            let _ = bench.sandbox.send_raw(STAKER, at, input);
        }
    }
}

#[test]
fn a_network_can_set_one_resolver_at_the_implementation() {
    let mut bench = Bench::new(SlasherChoice::Instant);
    let at = bench.sandbox.at(Kind::VetoSlasherImplementation);
    let mut mirror = bench.sandbox.world.clone();
    let set = |resolver| VetoSlasher::setResolverCall {
        identifier: U96::ZERO,
        resolver,
        hints: Bytes::new(),
    };
    let receipt = bench.sandbox.send(NETWORK, at, &set(RESOLVER));
    assert_eq!(receipt.outcome, Ok(Bytes::new()));
    for entry in &receipt.entries {
        mirror.fold(&entry.log).unwrap();
    }
    assert!(mirror == bench.sandbox.world);
    let subnetwork = bench.subnetwork();
    let call = VetoSlasher::resolverCall { subnetwork, hint: Bytes::new() };
    assert_eq!(bench.sandbox.read(at, &call).unwrap(), RESOLVER);
    let again = bench.sandbox.send(NETWORK, at, &set(RESOLVER)).outcome;
    assert_eq!(again, Err(AlreadySet {}.into()));
    let other = bench.sandbox.send(NETWORK, at, &set(STAKER)).outcome;
    assert_eq!(other, Err(Revert::empty()), "it has no vault to ask for its epoch");
}
