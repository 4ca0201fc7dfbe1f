//! Aggregation, its failures, lazily read calldata, and the block's facts.

use super::{BLOCK_GAS_LIMIT, CALL_FAILED, MULTICALL3, VALUE_MISMATCH};
use crate::abi::Multicall3 as I;
use crate::abi::Multicall3Created;
use crate::testing::{World, actor, token};
use crate::{Contract, Style};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::Revert;
use bondstone_kernel::erc20::{ERC20InsufficientBalance, Erc20};
use proptest::prelude::*;

fn world() -> World {
    let mut world = World::with_token(Style::Plain);
    world.fold(MULTICALL3, Multicall3Created {}.into()).expect("the address is free");
    world.mint(token(0), MULTICALL3, U256::from(50));
    world
}

fn u(value: u64) -> U256 {
    U256::from(value)
}

fn pay(value: u64) -> Bytes {
    Erc20::transferCall { to: actor(4), value: u(value) }.abi_encode().into()
}

fn yes() -> Bytes {
    true.abi_encode().into()
}

fn short(balance: u64, needed: u64) -> Bytes {
    let error =
        ERC20InsufficientBalance { sender: MULTICALL3, balance: u(balance), needed: u(needed) };
    Revert::from(error).into_data()
}

fn calls(values: &[u64]) -> Vec<I::Call> {
    values.iter().map(|v| I::Call { target: token(0), callData: pay(*v) }).collect()
}

fn result(success: bool, data: Bytes) -> I::Result {
    I::Result { success, returnData: data }
}

fn failed() -> Revert {
    Revert::reason(CALL_FAILED)
}

#[test]
fn aggregate_runs_all_or_nothing() {
    let mut w = world();
    let before = w.facts();
    let all = I::aggregateCall { calls: calls(&[20, 40]) };
    assert_eq!(w.send(actor(0), MULTICALL3, &all), Err(failed()));
    assert!(w.facts() == before, "what the first call did is taken back");

    let all = I::aggregateCall { calls: calls(&[20, 30]) };
    let returned = w.send(actor(0), MULTICALL3, &all).unwrap();
    let returned = I::aggregateCall::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!((returned.blockNumber, returned.returnData), (u(7), vec![yes(), yes()]));
    assert_eq!(w.balance(token(0), actor(4)), u(50));
}

#[test]
fn try_aggregate_keeps_the_failures_when_it_may() {
    let mut w = world();
    let call = |must| I::tryAggregateCall { requireSuccess: must, calls: calls(&[20, 40, 30]) };
    assert_eq!(w.send(actor(0), MULTICALL3, &call(true)), Err(failed()));
    let expected = [result(true, yes()), result(false, short(30, 40)), result(true, yes())];
    let returned = w.send(actor(0), MULTICALL3, &call(false)).unwrap();
    let results = I::tryAggregateCall::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!(results, expected);
    assert_eq!(w.balance(token(0), actor(4)), u(50));
}

#[test]
fn the_block_comes_with_the_results() {
    let mut w = world();
    let call = I::tryBlockAndAggregateCall { requireSuccess: false, calls: calls(&[60]) };
    let returned = w.send(actor(0), MULTICALL3, &call).unwrap();
    let expected = (u(7), B256::ZERO, vec![(false, short(50, 60))]);
    assert_eq!(returned, expected.abi_encode_params());
    let call = I::blockAndAggregateCall { calls: calls(&[60]) };
    assert_eq!(w.send(actor(0), MULTICALL3, &call), Err(failed()));
    let call = I::blockAndAggregateCall { calls: calls(&[50]) };
    let returned = w.send(actor(0), MULTICALL3, &call).unwrap();
    assert_eq!(returned, (u(7), B256::ZERO, vec![(true, yes())]).abi_encode_params());
}

#[test]
fn aggregate3_asks_every_call_whether_it_may_fail() {
    let mut w = world();
    let three =
        |value, allow| I::Call3 { target: token(0), allowFailure: allow, callData: pay(value) };
    let call = I::aggregate3Call { calls: vec![three(60, true), three(50, false)] };
    let returned = w.clone().send(actor(0), MULTICALL3, &call).unwrap();
    let results = I::aggregate3Call::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!(results, [result(false, short(50, 60)), result(true, yes())]);
    let call = I::aggregate3Call { calls: vec![three(50, false), three(60, false)] };
    let before = w.facts();
    assert_eq!(w.send(actor(0), MULTICALL3, &call), Err(failed()));
    assert!(w.facts() == before);

    // The assembly of the contract takes any non-zero word for true.
    let mut input = I::aggregate3Call { calls: vec![three(60, true)] }.abi_encode();
    let flag = 4 + 32 * 4 + 31;
    assert_eq!(input[flag], 1);
    input[flag] = 2;
    assert!(w.send_raw(actor(0), MULTICALL3, &input).is_ok());
}

#[test]
fn a_call_to_nothing_succeeds_and_self_calls_nest() {
    let mut w = world();
    let inner = I::aggregateCall { calls: calls(&[1]) }.abi_encode();
    let call = I::tryAggregateCall {
        requireSuccess: true,
        calls: vec![
            I::Call { target: actor(8), callData: Bytes::new() },
            I::Call { target: MULTICALL3, callData: inner.into() },
        ],
    };
    let returned = w.send(actor(0), MULTICALL3, &call).unwrap();
    let results = I::tryAggregateCall::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!(results[0], result(true, Bytes::new()));
    let nested: Bytes = (u(7), vec![yes()]).abi_encode_params().into();
    assert_eq!(results[1], result(true, nested));
    let none = I::aggregateCall { calls: Vec::new() };
    let empty: Bytes = (u(7), Vec::<Bytes>::new()).abi_encode_params().into();
    assert_eq!(w.send(actor(0), MULTICALL3, &none), Ok(empty));
}

#[test]
fn value_cannot_be_sent_because_there_is_none() {
    let mut w = world();
    let four = |value, allow| I::Call3Value {
        target: token(0),
        allowFailure: allow,
        value,
        callData: pay(1),
    };
    let send =
        |w: &mut World, calls| w.send(actor(0), MULTICALL3, &I::aggregate3ValueCall { calls });
    let returned = send(&mut w, vec![four(u(0), false)]).unwrap();
    let results = I::aggregate3ValueCall::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!(results, [result(true, yes())]);

    let revert = send(&mut w, vec![four(u(5), false)]).unwrap_err();
    assert_eq!(revert.data().len(), 0x84);
    assert_eq!(revert.data()[..0x64], failed().data()[..]);
    assert_eq!(revert.data()[0x64..], [0; 32]);
    let mismatch = Revert::reason(VALUE_MISMATCH);
    assert_eq!(send(&mut w, vec![four(u(5), true)]), Err(mismatch));
    // The sum of the values is unchecked in the contract.
    let around = vec![four(U256::MAX, true), four(u(1), true)];
    let returned = send(&mut w, around).unwrap();
    let results = I::aggregate3ValueCall::abi_decode_returns_validate(&returned).unwrap();
    assert_eq!(results, vec![result(false, Bytes::new()); 2]);
}

#[test]
fn a_malformed_element_fails_when_its_turn_comes() {
    let mut w = world();
    let call = |first| I::aggregateCall { calls: calls(&[first, 1]) }.abi_encode();
    // Words: offset, length, two offsets, then the first element; make the second offset absurd.
    let spoil = |mut input: Vec<u8>| {
        input[4 + 32 * 3..4 + 32 * 4].fill(0xff);
        input
    };
    assert_eq!(w.send_raw(actor(0), MULTICALL3, &spoil(call(60))), Err(failed()));
    assert_eq!(w.send_raw(actor(0), MULTICALL3, &spoil(call(1))), Err(Revert::empty()));
    assert_eq!(w.balance(token(0), actor(4)), u(0));

    let mut too_many = call(1);
    too_many[4 + 32 * 2 - 1] = 200;
    assert_eq!(w.send_raw(actor(0), MULTICALL3, &too_many), Err(Revert::empty()));
    let mut dirty = call(1);
    dirty[4 + 32 * 4] = 1;
    assert_eq!(w.send_raw(actor(0), MULTICALL3, &dirty), Err(Revert::empty()));
    let mut maybe = I::tryAggregateCall { requireSuccess: true, calls: vec![] }.abi_encode();
    maybe[4 + 31] = 2;
    assert_eq!(w.send_raw(actor(0), MULTICALL3, &maybe), Err(Revert::empty()));
}

#[test]
fn the_facts_of_the_block() {
    let mut w = world();
    let mut ask = |call: Vec<u8>| w.send_raw(actor(0), MULTICALL3, &call);
    let facts = [
        (I::getBlockNumberCall {}.abi_encode(), u(7)),
        (I::getCurrentBlockTimestampCall {}.abi_encode(), u(1_700_000_000)),
        (I::getChainIdCall {}.abi_encode(), u(31_337)),
        (I::getCurrentBlockGasLimitCall {}.abi_encode(), u(BLOCK_GAS_LIMIT)),
        (I::getCurrentBlockCoinbaseCall {}.abi_encode(), u(0)),
        (I::getCurrentBlockDifficultyCall {}.abi_encode(), u(0)),
        (I::getBasefeeCall {}.abi_encode(), u(0)),
        (I::getLastBlockHashCall {}.abi_encode(), u(0)),
        (I::getBlockHashCall { blockNumber: u(3) }.abi_encode(), u(0)),
    ];
    for (call, expected) in facts {
        assert_eq!(ask(call), Ok(expected.abi_encode().into()));
    }
    let balance = I::getEthBalanceCall { addr: Address::ZERO }.abi_encode();
    assert_eq!(ask(balance), Err(Revert::empty()));
    assert_eq!(ask(vec![]), Err(Revert::empty()));
    assert_eq!(ask(vec![9, 9, 9, 9]), Err(Revert::empty()));
}

#[test]
fn multicall3_is_no_token() {
    let mut w = world();
    let id = w.accounts.find(&MULTICALL3);
    assert_eq!(w.state.contract(id), Contract::Multicall3);
    let call = Erc20::totalSupplyCall {};
    assert_eq!(w.send(actor(0), MULTICALL3, &call), Err(Revert::empty()));
    let again = w.fold(MULTICALL3, Multicall3Created {}.into());
    assert!(again.is_err());
    assert!(crate::has_code(&w.state, id));
    assert!(!crate::has_code(&w.state, bondstone_kernel::NONE));
}

proptest! {
    #[test]
    fn spoilt_calldata_never_panics(
        kind in 0usize..4,
        at in 0usize..400,
        with in any::<[u8; 3]>(),
        cut in 0usize..500,
    ) {
        let mut input = match kind {
            0 => I::aggregateCall { calls: calls(&[1, 2]) }.abi_encode(),
            1 => I::tryAggregateCall { requireSuccess: false, calls: calls(&[1, 90]) }.abi_encode(),
            2 => I::aggregate3Call { calls: vec![I::Call3 {
                target: token(0), allowFailure: true, callData: pay(90),
            }] }.abi_encode(),
            _ => I::aggregate3ValueCall { calls: vec![I::Call3Value {
                target: token(0), allowFailure: true, value: U256::ZERO, callData: pay(3),
            }] }.abi_encode(),
        };
        for (to, byte) in input.iter_mut().skip(4 + at).zip(with) {
            *to = byte;
        }
        input.truncate(input.len().max(cut).min(cut + 100));
        let mut w = world();
        let before = w.facts();
        if w.send_raw(actor(0), MULTICALL3, &input).is_err() {
            prop_assert!(w.facts() == before);
        }
    }
}
