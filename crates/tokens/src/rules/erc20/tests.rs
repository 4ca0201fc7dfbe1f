//! Precedence of errors, the logs of each style, conservation, and the fold of the logs.

use crate::abi::AllowanceSpent;
use crate::testing::{World, actor, token};
use crate::{Style, TokenEvent};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::{
    Approval, ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidApprover,
    ERC20InvalidReceiver, ERC20InvalidSender, ERC20InvalidSpender, Erc20, Transfer,
};
use bondstone_kernel::{Call, Event, FoldError, Host, MathError, Revert};
use proptest::prelude::*;

const ZERO: Address = Address::ZERO;

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn yes() -> Result<Bytes, Revert> {
    Ok(true.abi_encode().into())
}

fn err<E: Into<Revert>>(error: E) -> Result<Bytes, Revert> {
    Err(error.into())
}

fn transfer(to: Address, value: U256) -> Erc20::transferCall {
    Erc20::transferCall { to, value }
}

fn transfer_from(from: Address, to: Address, value: U256) -> Erc20::transferFromCall {
    Erc20::transferFromCall { from, to, value }
}

fn approve(spender: Address, value: U256) -> Erc20::approveCall {
    Erc20::approveCall { spender, value }
}

fn moved(from: Address, to: Address, value: u64) -> TokenEvent {
    Transfer { from, to, value: u(value) }.into()
}

/// A call that must fail, and the error that must come first.
fn refused(world: &mut World, sender: Address, call: &impl SolCall, error: impl Into<Revert>) {
    let before = world.facts();
    assert_eq!(world.send(sender, token(0), call), Err(error.into()));
    assert!(world.facts() == before, "a failed call leaves no trace");
}

#[test]
fn transfer_checks_sender_then_receiver_then_balance() {
    let mut w = World::with_token(Style::Plain);
    let (a, b) = (actor(0), actor(1));
    let too_much = u(1001);
    refused(&mut w, ZERO, &transfer(ZERO, too_much), ERC20InvalidSender { sender: ZERO });
    refused(&mut w, a, &transfer(ZERO, too_much), ERC20InvalidReceiver { receiver: ZERO });
    refused(&mut w, a, &transfer(ZERO, u(0)), ERC20InvalidReceiver { receiver: ZERO });
    let short = ERC20InsufficientBalance { sender: a, balance: u(1000), needed: too_much };
    refused(&mut w, a, &transfer(b, too_much), short);
    let stranger = actor(9);
    let none = ERC20InsufficientBalance { sender: stranger, balance: u(0), needed: u(1) };
    refused(&mut w, stranger, &transfer(b, u(1)), none);
    let selfish = ERC20InsufficientBalance { sender: a, balance: u(1000), needed: too_much };
    refused(&mut w, a, &transfer(a, too_much), selfish);
    assert_eq!(w.send(a, token(0), &transfer(a, u(1000))), yes());
    assert_eq!(w.balance(token(0), a), u(1000));
}

#[test]
fn transfer_from_checks_allowance_then_approver_and_spender_then_transfer() {
    let mut w = World::with_token(Style::Plain);
    let (a, b, s) = (actor(0), actor(1), actor(5));
    let short = |allowance, needed| ERC20InsufficientAllowance {
        spender: s,
        allowance: u(allowance),
        needed: u(needed),
    };
    refused(&mut w, s, &transfer_from(ZERO, ZERO, u(1)), short(0, 1));
    let no_owner = ERC20InvalidApprover { approver: ZERO };
    refused(&mut w, s, &transfer_from(ZERO, ZERO, u(0)), no_owner);
    let no_spender = ERC20InvalidSpender { spender: ZERO };
    refused(&mut w, ZERO, &transfer_from(a, ZERO, u(0)), no_spender);
    let nowhere = ERC20InvalidReceiver { receiver: ZERO };
    refused(&mut w, s, &transfer_from(a, ZERO, u(0)), nowhere);

    assert_eq!(w.send(a, token(0), &approve(s, u(1500))), yes());
    refused(&mut w, s, &transfer_from(a, b, u(1501)), short(1500, 1501));
    let poor = ERC20InsufficientBalance { sender: a, balance: u(1000), needed: u(1500) };
    refused(&mut w, s, &transfer_from(a, b, u(1500)), poor);
    w.logs.clear();
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(400))), yes());
    let spent = AllowanceSpent { owner: a, spender: s, allowance: u(1100) };
    assert_eq!(w.events(), vec![spent.into(), moved(a, b, 400)]);
    let left = Erc20::allowanceCall { owner: a, spender: s };
    assert_eq!(w.send(b, token(0), &left), Ok(u(1100).abi_encode().into()));
    // The owner needs an allowance of its own for transferFrom.
    let own = ERC20InsufficientAllowance { spender: a, allowance: u(0), needed: u(1) };
    refused(&mut w, a, &transfer_from(a, b, u(1)), own);
}

#[test]
fn an_infinite_allowance_is_not_spent() {
    let mut w = World::with_token(Style::Plain);
    let (a, b, s) = (actor(0), actor(1), actor(5));
    assert_eq!(w.send(a, token(0), &approve(s, U256::MAX)), yes());
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(10))), yes());
    let approval = Approval { owner: a, spender: s, value: U256::MAX };
    assert_eq!(w.events(), vec![approval.into(), moved(a, b, 10)]);
    let ids = [token(0), a, s].map(|address| w.accounts.find(&address));
    assert_eq!(w.state.allowance(ids[0], ids[1], ids[2]), U256::MAX);
}

#[test]
fn approve_checks_approver_then_spender() {
    let mut w = World::with_token(Style::Plain);
    let a = actor(0);
    refused(&mut w, ZERO, &approve(ZERO, u(1)), ERC20InvalidApprover { approver: ZERO });
    refused(&mut w, a, &approve(ZERO, u(1)), ERC20InvalidSpender { spender: ZERO });
    assert_eq!(w.send(a, token(0), &approve(a, u(1))), yes());
}

#[test]
fn views_answer_and_strangers_have_nothing() {
    let mut w = World::with_token(Style::FeeBps(30));
    let any = actor(9);
    let t = token(0);
    assert_eq!(w.send(any, t, &Erc20::nameCall {}), Ok("Coin".abi_encode().into()));
    assert_eq!(w.send(any, t, &Erc20::symbolCall {}), Ok("C".abi_encode().into()));
    assert_eq!(w.send(any, t, &Erc20::decimalsCall {}), Ok(u(6).abi_encode().into()));
    assert_eq!(w.send(any, t, &Erc20::totalSupplyCall {}), Ok(u(3000).abi_encode().into()));
    let balance = |account| Erc20::balanceOfCall { account };
    assert_eq!(w.send(any, t, &balance(actor(1))), Ok(u(1000).abi_encode().into()));
    assert_eq!(w.send(any, t, &balance(any)), Ok(u(0).abi_encode().into()));
    assert_eq!(w.send(any, t, &balance(ZERO)), Ok(u(0).abi_encode().into()));
    assert!(w.logs.is_empty());
}

#[test]
fn a_fee_is_burnt_from_the_sender_after_the_transfer() {
    let mut w = World::with_token(Style::FeeBps(30));
    let (a, b) = (actor(0), actor(1));
    // floor(333 * 30 / 10000) = 0, floor(334 * 30 / 10000) = 1.
    assert_eq!(w.send(a, token(0), &transfer(b, u(333))), yes());
    assert_eq!(w.send(a, token(0), &transfer(b, u(334))), yes());
    let logs = vec![moved(a, b, 333), moved(a, b, 333), moved(a, ZERO, 1)];
    assert_eq!(w.events(), logs);
    assert_eq!(w.balance(token(0), a), u(333));
    assert_eq!(w.balance(token(0), b), u(1666));
    assert_eq!(w.state.total_supply(w.accounts.find(&token(0))), u(2999));
}

#[test]
fn a_fee_checks_the_rest_first_and_itself_second() {
    let mut w = World::with_token(Style::FeeBps(1000));
    let (a, b) = (actor(0), actor(1));
    let rest = ERC20InsufficientBalance { sender: a, balance: u(1000), needed: u(1080) };
    refused(&mut w, a, &transfer(b, u(1200)), rest);
    // 990 can go, of the fee of 110 only 10 are left.
    let fee = ERC20InsufficientBalance { sender: a, balance: u(10), needed: u(110) };
    refused(&mut w, a, &transfer(b, u(1100)), fee);
    refused(&mut w, a, &transfer(b, U256::MAX), Revert::overflow());
    refused(&mut w, a, &transfer(ZERO, U256::MAX), ERC20InvalidReceiver { receiver: ZERO });
    // To oneself the first step changes nothing, so the fee is checked against all of it.
    assert_eq!(w.send(a, token(0), &transfer(a, u(1100))), yes());
    assert_eq!(w.balance(token(0), a), u(890));
}

#[test]
fn a_fee_of_everything_and_of_nothing() {
    let (a, b) = (actor(0), actor(1));
    let mut w = World::with_token(Style::FeeBps(10_000));
    assert_eq!(w.send(a, token(0), &transfer(b, u(7))), yes());
    assert_eq!(w.events(), vec![moved(a, b, 0), moved(a, ZERO, 7)]);
    let mut w = World::with_token(Style::FeeBps(0));
    assert_eq!(w.send(a, token(0), &transfer(b, u(7))), yes());
    assert_eq!(w.events(), vec![moved(a, b, 7)]);
}

#[test]
fn burn_one_takes_a_unit_from_the_receiver() {
    let mut w = World::with_token(Style::BurnOne);
    let (a, b, s) = (actor(0), actor(7), actor(5));
    assert_eq!(w.send(a, token(0), &transfer(b, u(1))), yes());
    assert_eq!(w.send(a, token(0), &transfer(b, u(0))), yes());
    assert_eq!(w.events(), vec![moved(a, b, 1), moved(b, ZERO, 1), moved(a, b, 0)]);
    assert_eq!(w.balance(token(0), b), u(0));
    assert_eq!(w.send(a, token(0), &approve(s, u(900))), yes());
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(900))), yes());
    assert_eq!(w.balance(token(0), b), u(899));
    let short = ERC20InsufficientBalance { sender: a, balance: u(99), needed: u(100) };
    refused(&mut w, a, &transfer(b, u(100)), short);
    assert_eq!(w.send(a, token(0), &transfer(a, u(99))), yes());
    assert_eq!(w.balance(token(0), a), u(98));
}

/// `operator_000.jsonl.gz` of the rewards traces: a middleware that paid one unit of fee lacks it.
#[test]
fn the_revert_data_of_the_recorded_tokens() {
    let mut w = World::new();
    w.create(token(0), Style::BurnOne);
    let middleware: Address = "0x976ea74026e726554db657fa54763abd0c3a0aa9".parse().unwrap();
    let spender = actor(5);
    w.mint(token(0), middleware, U256::from(99_999_999_999_999_999_999_999_u128));
    assert_eq!(w.send(middleware, token(0), &approve(spender, U256::MAX)), yes());
    let needed = U256::from(1_000_000_000_000_000_000_000_000_000_000_u128);
    let result = w.send(spender, token(0), &transfer_from(middleware, spender, needed));
    let data = alloy_primitives::hex!(
        "e450d38c000000000000000000000000976ea74026e726554db657fa54763abd0c3a0aa9"
        "00000000000000000000000000000000000000000000152d02c7e14af67fffff"
        "000000000000000000000000000000000000000c9f2c9cd04674edea40000000"
    );
    assert_eq!(result.unwrap_err().data().as_ref(), data);
}

#[test]
fn the_failure_styles_fail_in_their_own_way() {
    let (a, b, s) = (actor(0), actor(1), actor(5));
    let no = || Ok(false.abi_encode().into());
    let mut w = World::with_token(Style::ReturnsFalse);
    assert_eq!(w.send(a, token(0), &transfer(ZERO, U256::MAX)), no());
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(1))), no());
    assert!(w.logs.is_empty());
    assert_eq!(w.send(a, token(0), &approve(s, u(5))), yes());

    let mut w = World::with_token(Style::Reverting);
    assert_eq!(w.send(a, token(0), &transfer(b, u(1))), err(Revert::empty()));
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(1))), err(Revert::empty()));
    assert_eq!(w.send(a, token(0), &approve(s, u(5))), yes());

    let mut w = World::with_token(Style::NoReturn);
    let nothing = || Ok(Bytes::new());
    assert_eq!(w.send(a, token(0), &approve(s, u(5))), nothing());
    assert_eq!(w.send(s, token(0), &transfer_from(a, b, u(5))), nothing());
    assert_eq!(w.send(a, token(0), &transfer(b, u(5))), nothing());
    assert_eq!(w.balance(token(0), b), u(1010));
    let short = ERC20InsufficientBalance { sender: a, balance: u(990), needed: u(991) };
    refused(&mut w, a, &transfer(b, u(991)), short);
}

#[test]
fn the_zero_address_may_hold_what_it_was_sent() {
    let (a, s) = (actor(0), actor(5));
    let mut w = World::with_token(Style::ZeroHolds);
    let supply = w.state.total_supply(w.accounts.find(&token(0)));
    let held = w.balance(token(0), a);
    assert_eq!(w.send(a, token(0), &transfer(ZERO, u(7))), yes());
    assert_eq!(w.send(a, token(0), &approve(s, u(5))), yes());
    assert_eq!(w.send(s, token(0), &transfer_from(a, ZERO, u(5))), yes());
    assert_eq!(w.balance(token(0), ZERO), u(12));
    assert_eq!(w.balance(token(0), a), held - u(12));
    assert_eq!(w.state.total_supply(w.accounts.find(&token(0))), supply);
}

#[test]
fn calldata_is_as_strict_as_solc() {
    let (a, b) = (actor(0), actor(1));
    let calls = [
        transfer(b, u(1)).abi_encode(),
        transfer_from(a, b, u(0)).abi_encode(),
        Erc20::balanceOfCall { account: a }.abi_encode(),
        approve(b, u(1)).abi_encode(),
        Erc20::allowanceCall { owner: a, spender: b }.abi_encode(),
    ];
    let mut w = World::with_token(Style::Plain);
    for call in calls {
        let mut long = call.clone();
        long.extend_from_slice(&[0xff; 33]);
        let exact = w.clone().send_raw(a, token(0), &call);
        assert!(exact.is_ok());
        assert_eq!(w.clone().send_raw(a, token(0), &long), exact, "trailing data is accepted");
        for len in 0..call.len() {
            let short = w.send_raw(a, token(0), &call[..len]);
            assert_eq!(short, err(Revert::empty()), "cut to {len} bytes");
        }
        let mut dirty = call.clone();
        dirty[4 + 11] = 1;
        assert_eq!(w.send_raw(a, token(0), &dirty), err(Revert::empty()), "a dirty address");
    }
    assert_eq!(w.send_raw(a, token(0), &[1, 2, 3, 4]), err(Revert::empty()));
}

#[test]
fn a_static_call_cannot_transfer() {
    let mut w = World::with_token(Style::Plain);
    let input = transfer(actor(1), u(1)).abi_encode();
    let before = w.facts();
    let result = w.call(Call::view(actor(0), token(0), &input));
    assert_eq!(result, err(Revert::empty()));
    assert!(w.facts() == before);
}

#[test]
fn logs_that_do_not_fit_are_refused_and_change_nothing() {
    let mut w = World::with_token(Style::Plain);
    let before = w.facts();
    let (a, b, t) = (actor(0), actor(1), token(0));
    let overflow = Err(FoldError::Math(MathError::Overflow));
    assert_eq!(w.fold(t, moved(a, b, 1001)), overflow);
    assert_eq!(w.fold(t, moved(a, a, 1001)), overflow);
    assert_eq!(w.fold(t, moved(a, ZERO, 1001)), overflow);
    let mint = |value| Transfer { from: ZERO, to: a, value }.into();
    assert_eq!(w.fold(t, mint(U256::MAX)), overflow);
    let nobody = |event| Err(FoldError::WrongEmitter { emitter: token(3), event });
    assert_eq!(w.fold(token(3), moved(a, b, 1)), nobody("Transfer"));
    let approval = Approval { owner: a, spender: b, value: u(1) };
    assert_eq!(w.fold(token(3), approval.into()), nobody("Approval"));
    let spent = AllowanceSpent { owner: a, spender: b, allowance: u(1) };
    assert_eq!(w.fold(token(3), spent.into()), nobody("AllowanceSpent"));
    let again = Style::Plain.created("Other", "O", 18);
    let twice = Err(FoldError::WrongEmitter { emitter: t, event: "TokenCreated" });
    assert_eq!(w.fold(t, again.clone().into()), twice);
    let odd = crate::abi::TokenCreated { style: 9, ..again };
    assert!(matches!(w.fold(token(3), odd.into()), Err(FoldError::Malformed(_))));
    assert!(w.facts() == before);
}

#[test]
fn internal_events_are_marked() {
    let internal: [TokenEvent; 3] = [
        Style::Plain.created("", "", 0).into(),
        AllowanceSpent { owner: ZERO, spender: ZERO, allowance: u(0) }.into(),
        crate::abi::Multicall3Created {}.into(),
    ];
    assert!(internal.iter().all(Event::is_internal));
    assert!(!moved(ZERO, ZERO, 0).is_internal());
}

/// A random operation: kind, sender, two other accounts, value, token.
type Operation = (u8, u8, u8, u8, u64, u8);

const STYLES: [Style; 5] =
    [Style::Plain, Style::FeeBps(30), Style::FeeBps(2_500), Style::BurnOne, Style::NoReturn];

fn run(world: &mut World, (kind, sender, x, y, value, of): Operation) -> Result<Bytes, Revert> {
    // Account 0 of the operations is the zero address, which must never get through.
    let who = |n: u8| if n == 0 { ZERO } else { actor(n) };
    let value = if value > 1900 { U256::MAX } else { u(value) };
    let (sender, x, y, of) = (who(sender), who(x), who(y), token(of));
    match kind {
        0 => world.send(sender, of, &transfer(x, value)),
        1 => world.send(sender, of, &approve(x, value)),
        _ => world.send(sender, of, &transfer_from(x, y, value)),
    }
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = (0u8..3, 0u8..6, 0u8..6, 0u8..6, 0u64..2000, 0u8..5);
    prop::collection::vec(one, 0..80)
}

fn five_tokens() -> World {
    let mut world = World::new();
    for (n, style) in (0u8..).zip(STYLES) {
        world.create(token(n), style);
        for account in 1..4 {
            world.mint(token(n), actor(account), u(1000));
        }
    }
    world
}

proptest! {
    #[test]
    fn balances_add_up_to_the_supply_and_logs_to_the_state(operations in operations()) {
        let mut world = five_tokens();
        for operation in operations {
            let before = world.facts();
            if run(&mut world, operation).is_err() {
                prop_assert!(world.facts() == before, "a failed call leaves no trace");
            }
            for n in 0..5 {
                let held = (0..7).map(|a| world.balance(token(n), actor(a)));
                let sum = held.fold(U256::ZERO, |sum, balance| sum + balance);
                let id = world.accounts.find(&token(n));
                prop_assert_eq!(sum, world.state.total_supply(id));
                prop_assert_eq!(world.balance(token(n), ZERO), U256::ZERO);
            }
        }
        let mirror = world.mirror();
        prop_assert_eq!(&mirror.state, &world.state);
        prop_assert_eq!(&mirror.accounts, &world.accounts);
    }

    #[test]
    fn raw_calldata_never_panics_and_failures_leave_no_trace(
        selector in 0usize..10, tail in prop::collection::vec(any::<u8>(), 0..140),
    ) {
        let selectors = [
            Erc20::nameCall::SELECTOR, Erc20::symbolCall::SELECTOR,
            Erc20::decimalsCall::SELECTOR, Erc20::totalSupplyCall::SELECTOR,
            Erc20::balanceOfCall::SELECTOR, Erc20::allowanceCall::SELECTOR,
            Erc20::transferCall::SELECTOR, Erc20::approveCall::SELECTOR,
            Erc20::transferFromCall::SELECTOR, [0; 4],
        ];
        let mut input = selectors[selector].to_vec();
        input.extend(tail);
        let mut world = World::with_token(Style::FeeBps(30));
        let before = world.facts();
        if world.send_raw(actor(0), token(0), &input).is_err() {
            prop_assert!(world.facts() == before);
        }
    }
}
