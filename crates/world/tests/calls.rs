//! The calls of a Karak transaction as a tree: those between its own contracts, and wei that a
//! contract sends.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::abi::core::Core::{
    fetchVaultsStakedInDSSCall, finalizeSlashingCall, getLeverageCall,
};
use bondstone_karak::abi::handler::Querier::fetchVaultsQueuedForExitCall;
use bondstone_karak::abi::handler::SlashingHandler::handleSlashingCall;
use bondstone_karak::abi::ledger::BeaconRootSet;
use bondstone_karak::abi::native::{NativeNode, NativeVault};
use bondstone_karak::abi::solady::SoladyErc20;
use bondstone_karak::abi::vault::ConfiguredVault::vaultConfigCall;
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::{Event, Kind};
use bondstone_kernel::erc20::Erc20;
use bondstone_world::sandbox::karak::KarakSandbox;
use bondstone_world::sandbox::{Style, account};
use bondstone_world::{CallFrame, Transaction};

const START: u64 = 1_750_000_000;
const DAY: u64 = 24 * 3600;
const OPERATOR: Address = Address::repeat_byte(0x33);
const SERVICE: Address = Address::repeat_byte(0xd1);
const TOKEN: Address = Address::repeat_byte(0x75);
const PERCENT: u128 = 1_000_000_000_000_000_000;

/// A vault of 1000 units, staked to a service.
fn world() -> (KarakSandbox, Address) {
    let mut karak = KarakSandbox::new(START).unwrap();
    karak.add_asset(TOKEN, Style::ZeroHolds, 18).unwrap();
    karak.service(SERVICE, 100 * PERCENT).unwrap();
    let vault = karak.vault(OPERATOR, TOKEN).unwrap();
    karak.fund_and_stake(vault, account(1), U256::from(1_000)).unwrap();
    karak.stake(OPERATOR, vault, SERVICE).unwrap();
    (karak, vault)
}

fn record<C: SolCall>(karak: &mut KarakSandbox, from: Address, to: Address, call: &C) -> CallFrame {
    let input = Bytes::from(call.abi_encode());
    let sent = Transaction { from, to: Some(to), value: U256::ZERO, input };
    let (receipt, frame) = karak.world.transact_recorded(&sent);
    assert!(receipt.outcome.is_ok(), "{:?}", receipt.outcome);
    frame
}

/// From whom and to whom a frame's calls go, and which functions they are.
fn shape(frame: &CallFrame) -> Vec<(Address, Address, Vec<u8>)> {
    let calls = frame.calls.iter();
    calls.map(|call| (call.from, call.to, call.input.iter().take(4).copied().collect())).collect()
}

fn to<C: SolCall>(from: Address, to: Address) -> (Address, Address, Vec<u8>) {
    (from, to, C::SELECTOR.to_vec())
}

#[test]
fn a_slash_shows_vault_handler_and_token() {
    let (mut karak, vault) = world();
    let queued = karak.request_slash(SERVICE, OPERATOR, &[(vault, 10 * PERCENT)]).unwrap();
    karak.wait(2 * DAY);
    let (core, handler) = (karak.core(), karak.at.address(Kind::SlashingHandler));
    let finalize = finalizeSlashingCall { queuedSlashing: queued };
    let frame = record(&mut karak, account(9), core, &finalize);
    let calls = shape(&frame);
    let (asked, slashed) = calls.split_at(3);
    let expected = [
        to::<Vault::totalAssetsCall>(core, vault),
        to::<Vault::assetCall>(core, vault),
        to::<Vault::slashAssetsCall>(core, vault),
    ];
    assert_eq!(asked, expected);
    assert!(frame.calls[0].is_static && frame.calls[1].is_static && !frame.calls[2].is_static);
    // The service is asked for a hook that it does not have.
    assert_eq!(slashed.iter().map(|call| call.1).collect::<Vec<_>>(), [SERVICE]);
    let slash = &frame.calls[2];
    let expected = [
        to::<Erc20::balanceOfCall>(vault, TOKEN),
        to::<Erc20::approveCall>(vault, TOKEN),
        to::<handleSlashingCall>(vault, handler),
    ];
    assert_eq!(shape(slash), expected);
    let expected =
        [to::<Erc20::transferFromCall>(handler, TOKEN), to::<Erc20::transferCall>(handler, TOKEN)];
    assert_eq!(shape(&slash.calls[2]), expected);
}

#[test]
fn a_redeem_shows_that_the_vault_calls_itself() {
    let (mut karak, vault) = world();
    let (staker, shares) = (account(1), U256::from(5));
    let redeem = Vault::startRedeemCall { shares, beneficiary: staker };
    let frame = record(&mut karak, staker, vault, &redeem);
    let expected = [
        to::<Erc20::balanceOfCall>(vault, TOKEN),
        to::<SoladyErc20::transferFromCall>(vault, vault),
    ];
    assert_eq!(shape(&frame), expected);
    let moved = &frame.calls[1];
    let call = SoladyErc20::transferFromCall::abi_decode(&moved.input).unwrap();
    assert_eq!((call.from, call.to, call.amount), (staker, vault, shares));
    assert_eq!(moved.outcome, Ok(B256::with_last_byte(1).into()));
    assert_eq!(moved.logs.len(), 1);
}

#[test]
fn views_show_whom_they_ask() {
    let (mut karak, vault) = world();
    let (core, querier) = (karak.core(), karak.at.address(Kind::Querier));
    let frame = record(&mut karak, account(9), core, &getLeverageCall { vault });
    assert_eq!(shape(&frame), [to::<vaultConfigCall>(core, vault)]);
    assert!(frame.calls[0].is_static);
    let call = fetchVaultsQueuedForExitCall { operator: OPERATOR, dss: SERVICE };
    let frame = record(&mut karak, account(9), querier, &call);
    assert_eq!(shape(&frame), [to::<fetchVaultsStakedInDSSCall>(querier, core)]);
}

#[test]
fn wei_that_a_node_sends_is_a_call_with_value() {
    let (mut karak, _) = world();
    let (staker, wei) = (account(1), U256::from(32));
    let vault = karak.native_vault(OPERATOR).unwrap();
    let node = karak.run(staker, vault, &NativeVault::createNodeCall {}).unwrap();
    karak.world.set_balance(node, wei).unwrap();
    let event = BeaconRootSet { timestamp: karak.now(), root: B256::ZERO };
    let roots = karak.at.address(Kind::BeaconRoots);
    karak.world.deploy(roots, Event::from(event)).unwrap();
    let snapshot = NativeVault::startSnapshotCall { revertIfNoBalanceChange: true };
    karak.run(staker, vault, &snapshot).unwrap();
    let withdraw = NativeVault::startWithdrawalCall { to: staker, weiAmount: wei };
    let key = karak.run(staker, vault, &withdraw).unwrap();
    karak.wait(9 * DAY);
    let finish = NativeVault::finishWithdrawalCall { withdrawalKey: key };
    let frame = record(&mut karak, account(9), vault, &finish);
    assert_eq!(shape(&frame), [to::<NativeNode::withdrawCall>(vault, node)]);
    let paid = &frame.calls[0].calls;
    assert_eq!(paid.len(), 1);
    let one = &paid[0];
    assert_eq!((one.from, one.to, one.value, one.input.len()), (node, staker, wei, 0));
    assert!(one.outcome.is_ok() && one.calls.is_empty());
    assert_eq!(karak.world.balance(staker), wei);
    // The node's own log comes after the wei have left.
    assert_eq!(frame.calls[0].logs[0].0, 1);
}
