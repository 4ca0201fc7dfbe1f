//! The burner router in a world.

use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_kernel::Revert;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::ownable::{Ownable, OwnableUnauthorizedAccount};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::{AddEntity, Initialized};
use bondstone_symbiotic::abi::router::{
    BurnerRouter as Router, BurnerRouterFactory, NetworkReceiver, OperatorNetworkReceiver,
    RouterInitParams,
};
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::sandbox::Sandbox;

const EVE: Address = Address::repeat_byte(0xee);
const NETWORK: Address = Address::repeat_byte(0x11);
const OTHER: Address = Address::repeat_byte(0x12);
const OPERATOR: Address = Address::repeat_byte(0x33);
const FIRST: Address = Address::repeat_byte(0xf1);
const SECOND: Address = Address::repeat_byte(0xf2);
const GLOBAL: Address = Address::repeat_byte(0xf0);

fn n(value: u64) -> U256 {
    U256::from(value)
}

struct Bench {
    sandbox: Sandbox,
    router: Address,
}

fn params(sandbox: &Sandbox) -> RouterInitParams {
    RouterInitParams {
        owner: sandbox.curator,
        collateral: sandbox.token,
        delay: U48::from(100),
        globalReceiver: GLOBAL,
        networkReceivers: vec![NetworkReceiver { network: NETWORK, receiver: FIRST }],
        operatorNetworkReceivers: vec![OperatorNetworkReceiver {
            network: NETWORK,
            operator: OPERATOR,
            receiver: SECOND,
        }],
    }
}

impl Bench {
    fn new() -> Self {
        let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
        let factory = sandbox.at(Kind::BurnerRouterFactory);
        let call = BurnerRouterFactory::createCall { params: params(&sandbox) };
        let router = sandbox.run(EVE, factory, &call).unwrap();
        Self { sandbox, router }
    }

    fn run<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        self.sandbox.run(from, self.router, call).unwrap()
    }

    fn fails<C: SolCall>(&mut self, from: Address, call: &C, with: impl Into<Revert>) {
        let receipt = self.sandbox.send(from, self.router, call);
        assert_eq!(receipt.outcome, Err(with.into()));
        assert!(receipt.entries.is_empty());
    }

    fn slash(&mut self, network: Address, operator: Address, amount: u64) {
        let token = self.sandbox.token;
        self.sandbox.mint(token, self.router, n(amount)).unwrap();
        let call = Router::onSlashCall {
            subnetwork: subnetwork(network, Default::default()),
            operator,
            amount: n(1),
            captureTimestamp: U48::from(1),
        };
        self.run(EVE, &call);
    }

    fn owed(&mut self, receiver: Address) -> U256 {
        self.run(EVE, &Router::balanceOfCall { receiver })
    }
}

#[test]
fn creation_checks_in_order_and_logs_in_order() {
    let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
    let factory = sandbox.at(Kind::BurnerRouterFactory);
    let good = params(&sandbox);
    let zero = NetworkReceiver { network: OTHER, receiver: Address::ZERO };
    let mut no_collateral = good.clone();
    no_collateral.collateral = Address::ZERO;
    no_collateral.networkReceivers.push(zero.clone());
    let mut no_receiver = good.clone();
    no_receiver.networkReceivers.push(zero);
    let mut twice = good.clone();
    twice.networkReceivers.push(good.networkReceivers[0].clone());
    let mut operator_twice = good.clone();
    operator_twice.operatorNetworkReceivers.push(good.operatorNetworkReceivers[0].clone());
    let refused: [(RouterInitParams, Revert); 4] = [
        (no_collateral, Router::InvalidCollateral {}.into()),
        (no_receiver, Router::InvalidReceiver {}.into()),
        (twice, Router::DuplicateNetworkReceiver {}.into()),
        (operator_twice, Router::DuplicateOperatorNetworkReceiver {}.into()),
    ];
    for (params, expected) in refused {
        let call = BurnerRouterFactory::createCall { params };
        assert_eq!(sandbox.send(EVE, factory, &call).outcome, Err(expected));
    }
    let call = BurnerRouterFactory::createCall { params: good.clone() };
    let receipt = sandbox.send(EVE, factory, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let expected = [
        Ownable::OwnershipTransferred::SIGNATURE_HASH,
        Initialized::SIGNATURE_HASH,
        AddEntity::SIGNATURE_HASH,
    ];
    assert_eq!(topics, expected);
    let router = BurnerRouterFactory::createCall::abi_decode_returns(&receipt.outcome.unwrap());
    let again = Router::initializeCall { params: good };
    let outcome = sandbox.send(EVE, router.unwrap(), &again).outcome;
    assert_eq!(outcome, Err(InvalidInitialization {}.into()));
}

#[test]
fn what_arrives_is_owed_to_the_nearest_receiver() {
    let mut bench = Bench::new();
    bench.slash(NETWORK, OPERATOR, 5);
    bench.slash(NETWORK, EVE, 7);
    bench.slash(OTHER, OPERATOR, 11);
    assert_eq!(bench.owed(SECOND), n(5));
    assert_eq!(bench.owed(FIRST), n(7));
    assert_eq!(bench.owed(GLOBAL), n(11));
    // An operator that nobody ever mentioned has no receiver of its own.
    let unseen = Address::repeat_byte(0x99);
    let call = Router::operatorNetworkReceiverCall { network: NETWORK, operator: unseen };
    assert_eq!(bench.run(EVE, &call), Address::ZERO);
    assert_eq!(bench.run(EVE, &Router::triggerTransferCall { receiver: FIRST }), n(7));
    let again = Router::triggerTransferCall { receiver: FIRST };
    bench.fails(EVE, &again, Router::InsufficientBalance {});
    assert_eq!(bench.run(EVE, &Router::lastBalanceCall {}), n(16));
    let token = bench.sandbox.token;
    let held = bench.sandbox.read(token, &Erc20::balanceOfCall { account: FIRST }).unwrap();
    assert_eq!(held, n(7));
    // Nothing arrived since: nothing is owed for it.
    bench.slash(NETWORK, OPERATOR, 0);
    assert_eq!(bench.owed(SECOND), n(5));
}

#[test]
fn a_receiver_waits_is_cancelled_and_is_accepted() {
    let mut bench = Bench::new();
    let owner = bench.sandbox.curator;
    let set = |receiver| Router::setNetworkReceiverCall { network: OTHER, receiver };
    let accept = Router::acceptNetworkReceiverCall { network: OTHER };
    bench.fails(EVE, &set(FIRST), OwnableUnauthorizedAccount { account: EVE });
    bench.fails(owner, &set(Address::ZERO), Router::AlreadySet {});
    bench.fails(EVE, &accept, Router::NotReady {});
    bench.run(owner, &set(FIRST));
    bench.run(owner, &set(Address::ZERO));
    bench.fails(owner, &set(Address::ZERO), Router::AlreadySet {});
    bench.run(owner, &set(FIRST));
    bench.sandbox.wait(99);
    bench.fails(EVE, &accept, Router::NotReady {});
    bench.sandbox.wait(1);
    // The due value comes into force with the next change.
    bench.run(owner, &set(SECOND));
    let current = Router::networkReceiverCall { network: OTHER };
    assert_eq!(bench.run(EVE, &current), FIRST);
    let pending = bench.run(EVE, &Router::pendingNetworkReceiverCall { network: OTHER });
    assert_eq!(pending.value, SECOND);
    assert_eq!(pending.timestamp, U48::from(bench.sandbox.now() + 100));
    bench.sandbox.wait(100);
    bench.run(EVE, &accept);
    assert_eq!(bench.run(EVE, &current), SECOND);
    bench.slash(OTHER, EVE, 3);
    assert_eq!(bench.owed(SECOND), n(3));
}

#[test]
fn a_due_delay_is_accepted_by_the_next_setter() {
    let mut bench = Bench::new();
    let owner = bench.sandbox.curator;
    let set = |delay| Router::setDelayCall { newDelay: U48::from(delay) };
    bench.fails(owner, &set(100), Router::AlreadySet {});
    bench.run(owner, &set(5));
    bench.run(owner, &set(6));
    bench.fails(EVE, &Router::acceptDelayCall {}, Router::NotReady {});
    bench.sandbox.wait(100);
    let call = Router::setGlobalReceiverCall { receiver: FIRST };
    let receipt = bench.sandbox.send(owner, bench.router, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let expected = [Router::AcceptDelay::SIGNATURE_HASH, Router::SetGlobalReceiver::SIGNATURE_HASH];
    assert_eq!(topics, expected);
    let pending = bench.run(EVE, &Router::pendingGlobalReceiverCall {});
    assert_eq!(pending.timestamp, U48::from(bench.sandbox.now() + 6));
    bench.sandbox.wait(6);
    bench.run(EVE, &Router::acceptGlobalReceiverCall {});
    assert_eq!(bench.run(EVE, &Router::globalReceiverCall {}), FIRST);
    bench.run(owner, &set(0));
    bench.sandbox.wait(6);
    bench.run(EVE, &Router::acceptDelayCall {});
    assert_eq!(bench.run(EVE, &Router::delayCall {}), U48::ZERO);
}
