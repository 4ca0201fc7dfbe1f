//! Default collateral in a world.

use alloy_primitives::aliases::U160;
use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue};
use bondstone_kernel::erc20::{
    ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidReceiver, Erc20,
};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Call, Message, Revert};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::collateral::{
    DefaultCollateral as Dc, DefaultCollateralFactory, Permit, Permit2,
};
use bondstone_symbiotic::abi::registry::{AddEntity, Initialized};
use bondstone_world::sandbox::{Sandbox, Style};
use bondstone_world::{Guest, World};
use std::sync::Arc;

const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const EVE: Address = Address::repeat_byte(0xee);
const PERMIT2: Address = address!("0x000000000022D473030F116dDEE9F6B43aC78BA3");

fn n(value: u64) -> U256 {
    U256::from(value)
}

struct Bench {
    sandbox: Sandbox,
    asset: Address,
    collateral: Address,
}

impl Bench {
    fn new(style: Style) -> Self {
        let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
        let asset = Address::repeat_byte(0x71);
        sandbox.add_token(asset, style, 6).unwrap();
        Self::over(sandbox, asset)
    }

    fn over(mut sandbox: Sandbox, asset: Address) -> Self {
        let factory = sandbox.at(Kind::DefaultCollateralFactory);
        let limit_increaser = sandbox.curator;
        let call = DefaultCollateralFactory::createCall {
            asset,
            initialLimit: n(1_000),
            limitIncreaser: limit_increaser,
        };
        let collateral = sandbox.run(EVE, factory, &call).unwrap();
        Self { sandbox, asset, collateral }
    }

    fn fund(&mut self, account: Address, amount: u64) {
        self.sandbox.mint(self.asset, account, n(amount)).unwrap();
        let approve = Erc20::approveCall { spender: self.collateral, value: U256::MAX };
        self.sandbox.send(account, self.asset, &approve).outcome.unwrap();
    }

    fn run<C: SolCall>(&mut self, from: Address, call: &C) -> C::Return {
        self.sandbox.run(from, self.collateral, call).unwrap()
    }

    fn fails<C: SolCall>(&mut self, from: Address, call: &C, with: impl Into<Revert>) {
        let receipt = self.sandbox.send(from, self.collateral, call);
        assert_eq!(receipt.outcome, Err(with.into()));
        assert!(receipt.entries.is_empty());
    }

    fn deposit(&self, recipient: Address, amount: u64) -> Dc::deposit_0Call {
        Dc::deposit_0Call { recipient, amount: n(amount) }
    }

    fn permitted(&self, amount: U256) -> Dc::deposit_1Call {
        let (deadline, v) = (U256::MAX, 27);
        let (r, s) = (B256::repeat_byte(1), B256::repeat_byte(2));
        Dc::deposit_1Call { recipient: ALICE, amount, deadline, v, r, s }
    }
}

#[test]
fn a_collateral_is_named_after_its_asset() {
    let mut bench = Bench::new(Style::Plain);
    let (asset, factory) = (bench.asset, bench.sandbox.at(Kind::DefaultCollateralFactory));
    assert_eq!(bench.run(EVE, &Erc20::nameCall {}), "DefaultCollateral_Sandbox token");
    assert_eq!(bench.run(EVE, &Erc20::symbolCall {}), "DC_SBX");
    assert_eq!(bench.run(EVE, &Erc20::decimalsCall {}), 6);
    assert_eq!(bench.run(EVE, &Dc::assetCall {}), asset);
    let call =
        DefaultCollateralFactory::createCall { asset, initialLimit: n(1), limitIncreaser: EVE };
    let receipt = bench.sandbox.send(EVE, factory, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    assert_eq!(topics, [Initialized::SIGNATURE_HASH, AddEntity::SIGNATURE_HASH]);
    let initialize = Dc::initializeCall { asset, initialLimit: n(1), limitIncreaser: EVE };
    bench.fails(EVE, &initialize, InvalidInitialization {});
    // An asset without code has no name.
    let call = DefaultCollateralFactory::createCall { asset: EVE, ..call };
    assert_eq!(bench.sandbox.send(EVE, factory, &call).outcome, Err(Revert::empty()));
}

#[test]
fn deposits_are_capped_and_withdrawals_burn() {
    let mut bench = Bench::new(Style::Plain);
    bench.fund(ALICE, 2_000);
    let call = bench.deposit(ALICE, 0);
    bench.fails(ALICE, &call, Dc::InsufficientDeposit {});
    let call = bench.deposit(Address::ZERO, 1_001);
    bench.fails(ALICE, &call, Dc::ExceedsLimit {});
    let call = bench.deposit(Address::ZERO, 1_000);
    bench.fails(ALICE, &call, ERC20InvalidReceiver { receiver: Address::ZERO });
    let call = bench.deposit(BOB, 600);
    let receipt = bench.sandbox.send(ALICE, bench.collateral, &call);
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let transfer = Erc20::Transfer::SIGNATURE_HASH;
    assert_eq!(topics, [transfer, transfer, Dc::Deposit::SIGNATURE_HASH]);
    let call = Dc::withdrawCall { recipient: EVE, amount: n(0) };
    bench.fails(BOB, &call, Dc::InsufficientWithdraw {});
    let call = Dc::withdrawCall { recipient: EVE, amount: n(601) };
    let (sender, balance, needed) = (BOB, n(600), n(601));
    bench.fails(BOB, &call, ERC20InsufficientBalance { sender, balance, needed });
    bench.run(BOB, &Dc::withdrawCall { recipient: EVE, amount: n(100) });
    assert_eq!(bench.run(EVE, &Erc20::totalSupplyCall {}), n(500));
    assert_eq!(bench.run(EVE, &Erc20::balanceOfCall { account: BOB }), n(500));
    let raise = Dc::increaseLimitCall { amount: n(5) };
    bench.fails(EVE, &raise, Dc::NotLimitIncreaser {});
    let curator = bench.sandbox.curator;
    bench.run(curator, &raise);
    assert_eq!(bench.run(EVE, &Dc::limitCall {}), n(1_005));
    bench.fails(curator, &Dc::increaseLimitCall { amount: U256::MAX }, Revert::overflow());
    bench.run(curator, &Dc::setLimitIncreaserCall { limitIncreaser: EVE });
    bench.fails(curator, &raise, Dc::NotLimitIncreaser {});
    bench.run(EVE, &raise);
}

#[test]
fn debt_is_repaid_at_once_and_counted() {
    let mut bench = Bench::new(Style::Plain);
    bench.fund(ALICE, 500);
    let call = bench.deposit(ALICE, 500);
    bench.run(ALICE, &call);
    let issue = |amount| Dc::issueDebtCall { recipient: BOB, amount: n(amount) };
    bench.fails(ALICE, &issue(0), Dc::InsufficientIssueDebt {});
    let receipt = bench.sandbox.send(ALICE, bench.collateral, &issue(200));
    let topics: Vec<B256> = receipt.logs().map(|log| log.data.topics()[0]).collect();
    let transfer = Erc20::Transfer::SIGNATURE_HASH;
    let (issued, repaid) = (Dc::IssueDebt::SIGNATURE_HASH, Dc::RepayDebt::SIGNATURE_HASH);
    assert_eq!(topics, [transfer, issued, transfer, repaid]);
    let (issuer, recipient) = (ALICE, BOB);
    assert_eq!(bench.run(EVE, &Dc::totalRepaidDebtCall {}), n(200));
    assert_eq!(bench.run(EVE, &Dc::issuerRepaidDebtCall { issuer }), n(200));
    assert_eq!(bench.run(EVE, &Dc::recipientRepaidDebtCall { recipient }), n(200));
    assert_eq!(bench.run(EVE, &Dc::repaidDebtCall { issuer, recipient }), n(200));
    let unseen = Address::repeat_byte(0x99);
    let call = Dc::repaidDebtCall { issuer, recipient: unseen };
    assert_eq!(bench.run(EVE, &call), U256::ZERO);
    assert_eq!(bench.run(EVE, &Dc::totalDebtCall {}), U256::ZERO);
    assert_eq!(bench.run(EVE, &Dc::debtCall { issuer, recipient }), U256::ZERO);
}

#[test]
fn it_is_a_token() {
    let mut bench = Bench::new(Style::Plain);
    bench.fund(ALICE, 100);
    let call = bench.deposit(ALICE, 100);
    bench.run(ALICE, &call);
    bench.run(ALICE, &Erc20::transferCall { to: BOB, value: n(30) });
    bench.run(ALICE, &Erc20::transferCall { to: ALICE, value: n(70) });
    let pull = Erc20::transferFromCall { from: ALICE, to: BOB, value: n(40) };
    let (spender, allowance, needed) = (EVE, n(0), n(40));
    bench.fails(EVE, &pull, ERC20InsufficientAllowance { spender, allowance, needed });
    bench.run(ALICE, &Erc20::approveCall { spender: EVE, value: n(50) });
    bench.run(EVE, &pull);
    let allowance = Erc20::allowanceCall { owner: ALICE, spender: EVE };
    assert_eq!(bench.run(EVE, &allowance), n(10));
    assert_eq!(bench.run(EVE, &Erc20::balanceOfCall { account: BOB }), n(70));
    assert_eq!(bench.run(EVE, &Erc20::balanceOfCall { account: ALICE }), n(30));
}

#[test]
fn a_fee_of_the_asset_is_borne_by_the_depositor() {
    let mut bench = Bench::new(Style::FeeBps(100));
    bench.fund(ALICE, 500);
    let call = bench.deposit(ALICE, 500);
    assert_eq!(bench.run(ALICE, &call), n(495));
    assert_eq!(bench.run(EVE, &Erc20::totalSupplyCall {}), n(495));
}

#[test]
fn without_permit2_a_refused_pull_fails_without_data() {
    let mut bench = Bench::new(Style::Plain);
    bench.sandbox.mint(bench.asset, ALICE, n(10)).unwrap();
    let call = bench.deposit(ALICE, 10);
    bench.fails(ALICE, &call, Revert::empty());
    let call = Dc::deposit_0Call { recipient: ALICE, amount: U256::MAX };
    bench.fails(ALICE, &call, Permit2::UnsafeCast {});
    let call = bench.permitted(n(10));
    bench.fails(ALICE, &call, Revert::empty());
    // A token that answers nothing is taken at its word.
    let mut bench = Bench::new(Style::NoReturn);
    bench.fund(ALICE, 10);
    let call = bench.deposit(ALICE, 10);
    assert_eq!(bench.run(ALICE, &call), n(10));
    let mut bench = Bench::new(Style::ReturnsFalse);
    bench.fund(ALICE, 10);
    let call = bench.deposit(ALICE, 10);
    bench.fails(ALICE, &call, Revert::empty());
}

/// Permit2 without signatures: a permit lets it move the tokens that it was approved for.
#[derive(Debug)]
struct OpenPermit2;

impl Guest for OpenPermit2 {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let slot = keccak256("allowance");
        if Permit2::allowanceCall::abi_decode(message.input).is_ok() {
            return Ok([0u64, 0, 5].abi_encode());
        }
        if let Ok(call) = Permit2::permitCall::abi_decode(message.input) {
            assert_eq!(call.permitSingle.details.nonce.to::<u64>(), 5);
            assert_eq!(call.signature.len(), 65);
            let amount = B256::from(call.permitSingle.details.amount.to::<U256>());
            world.store(message.this, slot, amount)?;
            return Ok(Vec::new());
        }
        let call = Permit2::transferFromCall::abi_decode(message.input).unwrap();
        let allowed = U256::from_be_bytes(world.storage(message.this, slot).0);
        if allowed < call.amount.to::<U256>() {
            return Err(Revert::reason("permit2"));
        }
        let (from, to, value) = (call.from, call.to, call.amount.to::<U256>());
        let input = Erc20::transferFromCall { from, to, value }.abi_encode();
        world.call(Call::new(message.this, call.token, &input)).map(|output| output.to_vec())
    }
}

#[test]
fn permit2_pulls_where_the_token_has_no_permit() {
    let mut bench = Bench::new(Style::Plain);
    bench.sandbox.world.register_guest(PERMIT2, Arc::new(OpenPermit2));
    bench.sandbox.mint(bench.asset, ALICE, n(50)).unwrap();
    let approve = Erc20::approveCall { spender: PERMIT2, value: U256::MAX };
    bench.sandbox.run(ALICE, bench.asset, &approve).unwrap();
    let call = bench.deposit(ALICE, 10);
    bench.fails(ALICE, &call, Revert::reason("permit2"));
    let call = bench.permitted(n(10));
    assert_eq!(bench.run(ALICE, &call), n(10));
    let too_much = U160::MAX.to::<U256>() + U256::ONE;
    let call = bench.permitted(too_much);
    bench.fails(ALICE, &call, Permit2::UnsafeCast {});
}

/// A token with EIP-2612 whose signatures are all good, backed by one slot per fact.
#[derive(Debug)]
struct PermitToken;

impl Guest for PermitToken {
    fn call(&self, world: &mut World, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        let (this, allowed) = (message.this, keccak256("allowed"));
        let input = message.input;
        if Permit::DOMAIN_SEPARATORCall::abi_decode(input).is_ok() {
            return Ok(B256::repeat_byte(3).abi_encode());
        }
        if let Ok(call) = Permit::permitCall::abi_decode(input) {
            world.store(this, allowed, B256::from(call.value))?;
            return Ok(Vec::new());
        }
        if let Ok(call) = Erc20::balanceOfCall::abi_decode(input) {
            return Ok(world.storage(this, call.account.into_word()).0.to_vec());
        }
        if let Ok(call) = Erc20::transferFromCall::abi_decode(input) {
            if world.storage(this, allowed) != B256::from(call.value) {
                return Err(Revert::reason("not permitted"));
            }
            world.store(this, call.to.into_word(), B256::from(call.value))?;
            return Ok(true.abi_encode());
        }
        match input.first_chunk::<4>() {
            Some(&Erc20::decimalsCall::SELECTOR) => Ok(n(18).abi_encode()),
            _ => Ok("Permit".to_owned().abi_encode()),
        }
    }
}

#[test]
fn a_permit_of_the_token_itself_is_used_first() {
    let mut sandbox = Sandbox::new(1_750_000_000).unwrap();
    let asset = Address::repeat_byte(0x72);
    sandbox.world.register_guest(asset, Arc::new(PermitToken));
    let mut bench = Bench::over(sandbox, asset);
    let call = bench.deposit(ALICE, 7);
    bench.fails(ALICE, &call, Revert::empty());
    let call = bench.permitted(n(7));
    assert_eq!(bench.run(ALICE, &call), n(7));
}
