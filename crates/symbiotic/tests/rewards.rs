//! Staker and operator rewards in a world.

use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Panic, SolCall, SolEvent, SolValue};
use bondstone_kernel::access::AccessControlUnauthorizedAccount;
use bondstone_kernel::erc20::{ERC20InvalidReceiver, Erc20};
use bondstone_kernel::revert::library::{FailedInnerCall, InvalidInitialization};
use bondstone_kernel::{Revert, access};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::Registry;
use bondstone_symbiotic::abi::rewards::operator::{
    DefaultOperatorRewards as Op, OperatorRewardsFactory,
};
use bondstone_symbiotic::abi::rewards::staker::{
    DefaultStakerRewards as St, StakerRewardsFactory, StakerRewardsInitParams,
};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::operator_rewards::{leaf, root_of_proof};
use bondstone_symbiotic::rules::staker_rewards::{ADMIN_FEE_CLAIM_ROLE, ADMIN_FEE_SET_ROLE};
use bondstone_world::sandbox::{Sandbox, SlasherChoice, Style, VaultPlan};

const START: u64 = 1_750_000_000;
const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const EVE: Address = Address::repeat_byte(0xee);
const NETWORK: Address = Address::repeat_byte(0x11);
const MIDDLEWARE: Address = Address::repeat_byte(0x22);

fn n(value: u64) -> U256 {
    U256::from(value)
}

struct Bench {
    sandbox: Sandbox,
    vault: Address,
    rewards: Address,
}

impl Bench {
    /// A vault with 3 shares of Alice and 4 of Bob, and rewards with an admin fee.
    fn new(admin_fee: u64) -> Self {
        let mut sandbox = Sandbox::new(START).unwrap();
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: 3600,
            delegator_type: 0,
            slasher: SlasherChoice::Instant,
        };
        let vault = sandbox.vault(&plan).unwrap().vault;
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        sandbox.wait(10);
        sandbox.fund_and_deposit(vault, ALICE, n(3)).unwrap();
        sandbox.fund_and_deposit(vault, BOB, n(4)).unwrap();
        let curator = sandbox.curator;
        let params = StakerRewardsInitParams {
            vault,
            adminFee: n(admin_fee),
            defaultAdminRoleHolder: Address::ZERO,
            adminFeeClaimRoleHolder: curator,
            adminFeeSetRoleHolder: curator,
        };
        let factory = sandbox.at(Kind::StakerRewardsFactory);
        let call = StakerRewardsFactory::createCall { params };
        let rewards = sandbox.run(EVE, factory, &call).unwrap();
        let token = sandbox.token;
        sandbox.mint(token, MIDDLEWARE, n(1 << 60)).unwrap();
        let approve = Erc20::approveCall { spender: rewards, value: U256::MAX };
        sandbox.run(MIDDLEWARE, token, &approve).unwrap();
        sandbox.wait(10);
        Self { sandbox, vault, rewards }
    }

    fn distribution(&self, amount: u64, at: u64, hints: [&[u8]; 2]) -> St::distributeRewardsCall {
        let [shares, stake] = hints.map(Bytes::copy_from_slice);
        let data = (U48::from(at), U256::MAX, shares, stake).abi_encode_params();
        let (network, token) = (NETWORK, self.sandbox.token);
        St::distributeRewardsCall { network, token, amount: n(amount), data: data.into() }
    }

    fn claim(&self, max: U256, hints: Vec<Bytes>) -> St::claimRewardsCall {
        let data = (NETWORK, max, hints).abi_encode_params();
        let token = self.sandbox.token;
        St::claimRewardsCall { recipient: EVE, token, data: data.into() }
    }

    fn fails<C: SolCall>(&mut self, from: Address, call: &C, with: impl Into<Revert>) {
        let receipt = self.sandbox.send(from, self.rewards, call);
        assert_eq!(receipt.outcome, Err(with.into()));
        assert!(receipt.entries.is_empty());
    }

    fn run<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        self.sandbox.run(from, self.rewards, call).unwrap()
    }

    fn balance(&mut self, account: Address) -> U256 {
        let token = self.sandbox.token;
        self.sandbox.read(token, &Erc20::balanceOfCall { account }).unwrap()
    }
}

#[test]
fn worked_example_a_floors_the_fee_and_each_claim() {
    let mut bench = Bench::new(333);
    let at = bench.sandbox.now() - 1;
    let call = bench.distribution(1_000_003, at, [&[], &[]]);
    bench.run(MIDDLEWARE, &call);
    let token = bench.sandbox.token;
    let index = U256::ZERO;
    let reward = bench.run(EVE, &St::rewardsCall { token, network: NETWORK, index });
    assert_eq!((reward.amount, reward.timestamp), (n(966_703), U48::from(at)));
    let data: Bytes = (NETWORK, U256::MAX).abi_encode_params().into();
    let claimable = St::claimableCall { token, account: ALICE, data: data.clone() };
    assert_eq!(bench.run(EVE, &claimable), n(414_301));
    let call = bench.claim(U256::MAX, vec![]);
    let receipt = bench.sandbox.send(ALICE, bench.rewards, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let expected = [
        Erc20::Transfer::SIGNATURE_HASH,
        St::ClaimRewards::SIGNATURE_HASH,
        St::ClaimRewardsExtra::SIGNATURE_HASH,
    ];
    assert_eq!(topics, expected);
    bench.run(BOB, &call);
    assert_eq!(bench.balance(EVE), n(414_301 + 552_401));
    assert_eq!(bench.run(EVE, &claimable), U256::ZERO);
    bench.fails(ALICE, &call, St::NoRewardsToClaim {});
    let length = St::rewardsLengthCall { token, network: NETWORK };
    assert_eq!(bench.run(EVE, &length), n(1));
    let past_the_end = St::rewardsCall { token, network: NETWORK, index: n(1) };
    bench.fails(EVE, &past_the_end, Revert::empty());
    let (account, network) = (ALICE, NETWORK);
    assert_eq!(bench.run(EVE, &St::lastUnclaimedRewardCall { account, token, network }), n(1));
}

#[test]
fn distributions_are_refused_in_the_contracts_order() {
    let mut bench = Bench::new(100);
    let now = bench.sandbox.now();
    let mut malformed = bench.distribution(5, now - 1, [&[], &[]]);
    malformed.data = Bytes::from(vec![1; 31]);
    bench.fails(EVE, &malformed, Revert::empty());
    let future = bench.distribution(5, now, [&[], &[]]);
    bench.fails(EVE, &future, St::NotNetworkMiddleware {});
    bench.fails(NETWORK, &future, St::NotNetworkMiddleware {});
    bench.fails(MIDDLEWARE, &future, St::InvalidRewardTimestamp {});
    let mut greedy = bench.distribution(5, now - 1, [&[], &[]]);
    greedy.data =
        (U48::from(now - 1), n(99), Bytes::new(), Bytes::new()).abi_encode_params().into();
    bench.fails(MIDDLEWARE, &greedy, St::HighAdminFee {});
    let early = bench.distribution(5, START, [&[], &[]]);
    bench.fails(MIDDLEWARE, &early, St::InvalidRewardTimestamp {});
    let nothing = bench.distribution(0, now - 1, [&[], &[]]);
    bench.fails(MIDDLEWARE, &nothing, St::InsufficientReward {});
}

#[test]
fn hints_are_checked_until_the_shares_of_a_moment_are_known() {
    let mut bench = Bench::new(0);
    let at = bench.sandbox.now() - 1;
    let far = n(9).abi_encode();
    let call = bench.distribution(10, at, [&[1], &[]]);
    bench.fails(MIDDLEWARE, &call, Revert::empty());
    let call = bench.distribution(10, at, [&[], &far]);
    bench.fails(MIDDLEWARE, &call, Panic { code: n(0x32) });
    let good = n(0).abi_encode();
    let call = bench.distribution(10, at, [&good, &good]);
    bench.run(MIDDLEWARE, &call);
    let call = bench.distribution(11, at, [&[1], &far]);
    bench.run(MIDDLEWARE, &call);

    let call = bench.claim(U256::MAX, vec![Bytes::new()]);
    bench.fails(ALICE, &call, St::InvalidHintsLength {});
    let call = bench.claim(U256::MAX, vec![Bytes::new(), far.into()]);
    bench.fails(ALICE, &call, Panic { code: n(0x32) });
    let call = bench.claim(U256::MAX, vec![good.clone().into(), good.into()]);
    bench.run(ALICE, &call);
    // floor(3 * 10 / 7) + floor(3 * 11 / 7)
    assert_eq!(bench.balance(EVE), n(4 + 4));
}

#[test]
fn a_stranger_claims_nothing_and_moves_the_own_cursor_only() {
    let mut bench = Bench::new(0);
    let at = bench.sandbox.now() - 1;
    let call = bench.distribution(10, at, [&[], &[]]);
    bench.run(MIDDLEWARE, &call);
    let mut call = bench.claim(n(0), vec![]);
    bench.fails(EVE, &call, St::NoRewardsToClaim {});
    call.recipient = Address::ZERO;
    bench.fails(EVE, &call, St::InvalidRecipient {});
    let call = bench.claim(n(1), vec![]);
    let receipt = bench.sandbox.send(EVE, bench.rewards, &call);
    assert_eq!(receipt.logs().count(), 2);
    bench.fails(EVE, &call, St::NoRewardsToClaim {});
    bench.run(ALICE, &call);
}

#[test]
fn multicall_is_all_or_nothing_and_each_element_has_the_guard_to_itself() {
    let mut bench = Bench::new(0);
    let at = bench.sandbox.now() - 1;
    for amount in [7, 14] {
        let call = bench.distribution(amount, at, [&[], &[]]);
        bench.run(MIDDLEWARE, &call);
    }
    let one: Bytes = bench.claim(n(1), vec![]).abi_encode().into();
    let thrice = St::multicallCall { data: vec![one.clone(); 3] };
    bench.fails(ALICE, &thrice, St::NoRewardsToClaim {});
    let unknown = St::multicallCall { data: vec![one.clone(), Bytes::from(vec![1, 2, 3, 4])] };
    bench.fails(ALICE, &unknown, FailedInnerCall {});
    let version: Bytes = St::versionCall {}.abi_encode().into();
    let inner: Bytes = St::multicallCall { data: vec![one.clone(), version] }.abi_encode().into();
    let nested = St::multicallCall { data: vec![one, inner] };
    let results = bench.run(ALICE, &nested);
    assert_eq!(bench.balance(EVE), n(3 + 6));
    let inner = Vec::<Bytes>::abi_decode(&results[1]).unwrap();
    assert_eq!(*inner[1], *n(2).abi_encode());
}

#[test]
fn a_multicall_that_calls_itself_for_ever_runs_out() {
    let mut bench = Bench::new(0);
    let mut call = St::multicallCall { data: vec![] };
    for _ in 0..80 {
        call = St::multicallCall { data: vec![call.abi_encode().into()] };
    }
    bench.fails(ALICE, &call, FailedInnerCall {});
    let leaf: Bytes = St::multicallCall { data: vec![] }.abi_encode().into();
    let row: Bytes = St::multicallCall { data: vec![leaf; 200] }.abi_encode().into();
    bench.fails(ALICE, &St::multicallCall { data: vec![row; 200] }, FailedInnerCall {});
}

#[test]
fn the_admin_fee_has_its_roles_and_logs_the_token_as_recipient() {
    let mut bench = Bench::new(1_000);
    let (curator, token) = (bench.sandbox.curator, bench.sandbox.token);
    let claim = St::claimAdminFeeCall { recipient: BOB, token };
    bench.fails(
        EVE,
        &claim,
        AccessControlUnauthorizedAccount { account: EVE, neededRole: ADMIN_FEE_CLAIM_ROLE },
    );
    bench.fails(curator, &claim, St::InsufficientAdminFee {});
    let at = bench.sandbox.now() - 1;
    let call = bench.distribution(100, at, [&[], &[]]);
    bench.run(MIDDLEWARE, &call);
    assert_eq!(bench.run(EVE, &St::claimableAdminFeeCall { token }), n(10));
    let to_zero = St::claimAdminFeeCall { recipient: Address::ZERO, token };
    bench.fails(curator, &to_zero, ERC20InvalidReceiver { receiver: Address::ZERO });
    let receipt = bench.sandbox.send(curator, bench.rewards, &claim);
    let log = receipt.logs().last().unwrap();
    assert_eq!(log.data.topics()[1], token.into_word());
    assert_eq!(bench.balance(BOB), n(10));

    let set = |fee| St::setAdminFeeCall { adminFee: n(fee) };
    bench.fails(
        EVE,
        &set(1),
        AccessControlUnauthorizedAccount { account: EVE, neededRole: ADMIN_FEE_SET_ROLE },
    );
    bench.fails(curator, &set(1_000), St::AlreadySet {});
    bench.fails(curator, &set(10_001), St::InvalidAdminFee {});
    bench.run(curator, &set(10_000));
    let call = bench.distribution(100, at, [&[], &[]]);
    bench.run(MIDDLEWARE, &call);
    // All of it was fee, so no reward was added.
    assert_eq!(bench.run(EVE, &St::rewardsLengthCall { token, network: NETWORK }), n(1));
    assert_eq!(bench.run(EVE, &St::claimableAdminFeeCall { token }), n(100));
}

#[test]
fn staker_rewards_are_created_in_the_contracts_order() {
    let mut bench = Bench::new(0);
    let factory = bench.sandbox.at(Kind::StakerRewardsFactory);
    let params = |vault, fee, holders: [Address; 3]| {
        let [admin, claim, set] = holders;
        let params = StakerRewardsInitParams {
            vault,
            adminFee: n(fee),
            defaultAdminRoleHolder: admin,
            adminFeeClaimRoleHolder: claim,
            adminFeeSetRoleHolder: set,
        };
        StakerRewardsFactory::createCall { params }
    };
    let zero = Address::ZERO;
    let refused: [(_, Revert); 6] = [
        (params(EVE, 10_001, [zero; 3]), St::NotVault {}.into()),
        (params(bench.vault, 10_001, [zero; 3]), St::MissingRoles {}.into()),
        (params(bench.vault, 0, [zero, zero, EVE]), St::MissingRoles {}.into()),
        (params(bench.vault, 0, [zero, EVE, zero]), St::MissingRoles {}.into()),
        (params(bench.vault, 10_001, [zero, EVE, zero]), St::InvalidAdminFee {}.into()),
        (params(bench.vault, 10_001, [EVE, zero, zero]), St::InvalidAdminFee {}.into()),
    ];
    for (call, expected) in refused {
        assert_eq!(bench.sandbox.send(EVE, factory, &call).outcome, Err(expected));
    }
    let plain = params(bench.vault, 0, [zero; 3]);
    let first = bench.sandbox.run(EVE, factory, &plain).unwrap();
    let second = bench.sandbox.run(EVE, factory, &plain).unwrap();
    assert_ne!(first, second);
    let entity = Registry::entityCall { index: n(2) };
    assert_eq!(bench.sandbox.read(factory, &entity).unwrap(), second);
    let again = St::initializeCall { params: plain.params };
    let at = bench.sandbox.at(Kind::StakerRewardsImplementation);
    for to in [first, at] {
        let outcome = bench.sandbox.send(EVE, to, &again).outcome;
        assert_eq!(outcome, Err(InvalidInitialization {}.into()));
    }
    // The implementation has no vault to ask.
    let now = bench.sandbox.now();
    let call = bench.distribution(5, now - 1, [&[], &[]]);
    assert_eq!(bench.sandbox.send(MIDDLEWARE, at, &call).outcome, Err(Revert::empty()));
    let vault = bench.sandbox.read(first, &St::VAULTCall {}).unwrap();
    assert_eq!(vault, bench.vault);
    let support = access::AccessControl::supportsInterfaceCall {
        interfaceId: [0x79, 0x65, 0xdb, 0x0b].into(),
    };
    assert!(bench.sandbox.read(first, &support).unwrap());
    let shares = Vault::activeSharesCall {};
    assert_eq!(bench.sandbox.read(bench.vault, &shares).unwrap(), n(7));
}

struct Operators {
    sandbox: Sandbox,
    rewards: Address,
    token: Address,
}

impl Operators {
    fn new(style: Style) -> Self {
        let mut sandbox = Sandbox::new(START).unwrap();
        sandbox.network(NETWORK, MIDDLEWARE).unwrap();
        let factory = sandbox.at(Kind::OperatorRewardsFactory);
        let rewards = sandbox.run(EVE, factory, &OperatorRewardsFactory::createCall {}).unwrap();
        let token = Address::repeat_byte(0x71);
        sandbox.add_token(token, style, 6).unwrap();
        sandbox.mint(token, MIDDLEWARE, n(1_000_000)).unwrap();
        let approve = Erc20::approveCall { spender: rewards, value: U256::MAX };
        sandbox.run(MIDDLEWARE, token, &approve).unwrap();
        Self { sandbox, rewards, token }
    }

    fn distribute(&mut self, from: Address, amount: u64, root: B256) -> Result<Bytes, Revert> {
        let (network, token) = (NETWORK, self.token);
        let call = Op::distributeRewardsCall { network, token, amount: n(amount), root };
        self.sandbox.send(from, self.rewards, &call).outcome
    }

    fn claim(&mut self, total: u64, proof: Vec<B256>) -> Result<U256, Revert> {
        let call = Op::claimRewardsCall {
            recipient: EVE,
            network: NETWORK,
            token: self.token,
            totalClaimable: n(total),
            proof,
        };
        let outcome = self.sandbox.send(ALICE, self.rewards, &call).outcome;
        outcome.map(|output| U256::abi_decode(&output).unwrap())
    }
}

#[test]
fn operators_claim_what_the_current_root_adds() {
    let mut bench = Operators::new(Style::Plain);
    let other = B256::repeat_byte(7);
    assert_eq!(bench.claim(100, vec![]), Err(Op::RootNotSet {}.into()));
    assert_eq!(bench.distribute(EVE, 1, other), Err(Op::NotNetworkMiddleware {}.into()));
    let root = root_of_proof(&[other], leaf(ALICE, n(100)));
    bench.distribute(MIDDLEWARE, 120, root).unwrap();
    assert_eq!(bench.claim(101, vec![other]), Err(Op::InvalidProof {}.into()));
    assert_eq!(bench.claim(100, vec![other]), Ok(n(100)));
    assert_eq!(bench.claim(100, vec![other]), Err(Op::InsufficientTotalClaimable {}.into()));
    bench.distribute(MIDDLEWARE, 0, leaf(ALICE, n(250))).unwrap();
    assert_eq!(bench.claim(250, vec![]), Err(Op::InsufficientBalance {}.into()));
    bench.distribute(MIDDLEWARE, 130, leaf(ALICE, n(250))).unwrap();
    assert_eq!(bench.claim(250, vec![]), Ok(n(150)));
    let (network, token, account) = (NETWORK, bench.token, ALICE);
    let claimed = Op::claimedCall { network, token, account };
    assert_eq!(bench.sandbox.read(bench.rewards, &claimed).unwrap(), n(250));
    let balance = Op::balanceCall { network, token };
    assert_eq!(bench.sandbox.read(bench.rewards, &balance).unwrap(), U256::ZERO);
}

#[test]
fn what_arrives_counts_and_nothing_arriving_is_refused() {
    let mut bench = Operators::new(Style::BurnOne);
    let root = B256::repeat_byte(1);
    assert_eq!(bench.distribute(MIDDLEWARE, 1, root), Err(Op::InsufficientTransfer {}.into()));
    bench.distribute(MIDDLEWARE, 5, root).unwrap();
    let (network, token) = (NETWORK, bench.token);
    let balance = Op::balanceCall { network, token };
    assert_eq!(bench.sandbox.read(bench.rewards, &balance).unwrap(), n(4));
}

#[test]
fn an_operator_clone_is_initialised_once_by_anyone() {
    let mut bench = Operators::new(Style::Plain);
    let call = Op::initializeCall {};
    bench.sandbox.run(EVE, bench.rewards, &call).unwrap();
    let again = bench.sandbox.send(EVE, bench.rewards, &call).outcome;
    assert_eq!(again, Err(InvalidInitialization {}.into()));
    let implementation = bench.sandbox.at(Kind::OperatorRewardsImplementation);
    let outcome = bench.sandbox.send(EVE, implementation, &call).outcome;
    assert_eq!(outcome, Err(InvalidInitialization {}.into()));
    // Uninitialised or not, its guard and its rules work.
    bench.distribute(MIDDLEWARE, 3, B256::repeat_byte(1)).unwrap();
}
