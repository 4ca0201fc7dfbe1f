//! The traps that the protocol sets for who uses it, each as `docs/models/karak.md` tells it.

use crate::bench::*;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::native::NativeVault;
use bondstone_karak::abi::solady::{SafeTransferLib, SoladyErc20};
use bondstone_karak::abi::vault::Vault;
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_kernel::Revert;
use bondstone_kernel::revert::library::FullMulDivFailed;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

#[test]
fn an_unslashable_vault_holds_up_every_vault_of_its_batch() {
    let mut bench = Bench::new();
    let sound = bench.vault(OPERATOR, TOKEN);
    let strict = bench.vault(OPERATOR, STRICT);
    bench.deposit(sound, STAKER, 1_000).unwrap();
    bench.deposit(strict, STAKER, 1_000).unwrap();
    bench.stake(OPERATOR, sound, SERVICE);
    bench.stake(OPERATOR, strict, SERVICE);
    let both = [(sound, 10 * PERCENT), (strict, 10 * PERCENT)];
    let queued = bench.request_slash(SERVICE, OPERATOR, &both).unwrap();
    bench.wait(2 * DAY);
    err(bench.finalize_slash(&queued), SafeTransferLib::TransferFailed {});
    bench.wait(365 * DAY);
    err(bench.finalize_slash(&queued), SafeTransferLib::TransferFailed {});
    assert_eq!(bench.total_assets(sound), n(1_000));
    bench.veto(&queued).unwrap();
    bench.slash(SERVICE, OPERATOR, sound, 10 * PERCENT);
    assert_eq!(bench.total_assets(sound), n(900));
}

#[test]
fn whoever_finalizes_first_steals_the_stake_credit_of_the_sdk() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.register(OPERATOR, SERVICE).unwrap();
    let queued = bench.request_stake(OPERATOR, vault, SERVICE, true).unwrap();
    bench.wait(9 * DAY);
    bench.finalize_stake(RIVAL, &queued).unwrap();
    // Core knows whose vault it is; the service believes the rival.
    assert_eq!(bench.staked_vaults(OPERATOR, SERVICE), [vault]);
    assert!(bench.active_vaults(SERVICE, OPERATOR).is_empty());
    assert_eq!(bench.active_vaults(SERVICE, RIVAL), [vault]);
    // Unstaking takes the vault from the operator, who has none, and leaves it with the rival.
    let queued = bench.request_stake(OPERATOR, vault, SERVICE, false).unwrap();
    bench.wait(9 * DAY);
    bench.finalize_stake(OPERATOR, &queued).unwrap();
    assert!(bench.staked_vaults(OPERATOR, SERVICE).is_empty());
    assert_eq!(bench.active_vaults(SERVICE, RIVAL), [vault]);
    bench.check_replay();
}

#[test]
fn a_stake_update_is_stuck_when_its_operator_has_left_the_service() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.register(OPERATOR, SERVICE).unwrap();
    bench.register(OPERATOR, CAUTIOUS).unwrap();
    let queued = bench.request_stake(OPERATOR, vault, SERVICE, true).unwrap();
    let leave = Core::unregisterOperatorFromDSSCall { dss: SERVICE };
    bench.run(OPERATOR, bench.core(), &leave).unwrap();
    bench.wait(365 * DAY);
    let gone = Core::OperatorNotValidatingForDSS {};
    err(bench.finalize_stake(OPERATOR, &queued), gone);
    // The request of a service left behind blocks the vault for all others.
    let elsewhere = bench.request_stake(OPERATOR, vault, CAUTIOUS, true);
    err(elsewhere, Core::PendingStakeUpdateRequest {});
    bench.register(OPERATOR, SERVICE).unwrap();
    bench.finalize_stake(OPERATOR, &queued).unwrap();
    bench.request_stake(OPERATOR, vault, CAUTIOUS, true).unwrap();
}

#[test]
fn a_slash_dangles_when_its_operator_leaves_in_time() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    bench.stake(OPERATOR, vault, SERVICE);
    let unstake = bench.request_stake(OPERATOR, vault, SERVICE, false).unwrap();
    bench.wait(9 * DAY);
    let slash = bench.request_slash(SERVICE, OPERATOR, &[(vault, PERCENT)]).unwrap();
    bench.finalize_stake(OPERATOR, &unstake).unwrap();
    let leave = Core::unregisterOperatorFromDSSCall { dss: SERVICE };
    bench.run(OPERATOR, bench.core(), &leave).unwrap();
    bench.wait(2 * DAY);
    err(bench.finalize_slash(&slash), Core::OperatorNotValidatingForDSS {});
    let waits = Core::isVaultQueuedForSlashingCall { vault };
    assert!(bench.read(bench.core(), &waits));
    // Back again, the slash can be finished, and passes the vault over.
    bench.register(OPERATOR, SERVICE).unwrap();
    let call = Core::finalizeSlashingCall { queuedSlashing: slash };
    let logs = bench.logs(STRANGER, bench.core(), &call);
    assert_eq!(logs, ["SkippedSlashing", "InterfaceNotSupported", "FinalizedSlashing"]);
    assert!(!bench.read(bench.core(), &waits));
    assert_eq!(bench.total_assets(vault), n(1_000));
}

#[test]
fn a_vault_is_dead_after_three_wipe_outs() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.stake(OPERATOR, vault, SERVICE);
    let thousand = 1_000_000_000_000_000_000_000;
    bench.deposit(vault, RIVAL, thousand).unwrap();
    assert_eq!(bench.value(vault, RIVAL), n(thousand));
    for wipe_out in 0..3 {
        bench.deposit(vault, STAKER, thousand).unwrap();
        if wipe_out == 1 {
            // What was there before is worth nothing any more, to the last share.
            assert_eq!(bench.value(vault, RIVAL), U256::ZERO);
            assert_eq!(bench.shares(vault, RIVAL), n(thousand));
        }
        bench.slash(SERVICE, OPERATOR, vault, 100 * PERCENT);
        assert_eq!(bench.total_assets(vault), U256::ZERO);
    }
    err(bench.deposit(vault, STAKER, thousand), FullMulDivFailed {});
}

#[test]
fn a_standard_vault_for_ether_gives_free_shares_and_cannot_be_slashed() {
    let mut bench = Bench::new();
    let vault = bench.deploy(OPERATOR, NATIVE_ASSET, Address::ZERO, Bytes::new()).unwrap();
    let deposit = Vault::deposit_0Call { assets: n(5), to: STAKER };
    assert_eq!(bench.run(STAKER, vault, &deposit), Ok(n(5)));
    assert_eq!(bench.total_assets(vault), U256::ZERO);
    assert_eq!(bench.shares(vault, STAKER), n(5));
    bench.stake(OPERATOR, vault, SERVICE);
    let queued = bench.request_slash(SERVICE, OPERATOR, &[(vault, PERCENT)]).unwrap();
    bench.wait(2 * DAY);
    err(bench.finalize_slash(&queued), Revert::empty());
}

#[test]
fn the_operator_of_a_native_vault_may_replace_the_code_of_every_node() {
    let mut bench = Bench::new();
    let vault = bench.native(OPERATOR);
    let node = bench.run(STAKER, vault, &NativeVault::createNodeCall {}).unwrap();
    bench.fund_node(node, 32);
    let replace = NativeVault::changeNodeImplementationCall { newNodeImplementation: STRANGER };
    bench.run(OPERATOR, vault, &replace).unwrap();
    // Without its code the node does nothing, and its ether stays where it is.
    let withdraw =
        bondstone_karak::abi::native::NativeNode::withdrawCall { to: STAKER, weiAmount: n(32) };
    bench.run(STRANGER, node, &withdraw).unwrap();
    assert_eq!(bench.sandbox.world.balance(node), n(32));
}

#[test]
fn a_donation_before_the_second_deposit_takes_a_part_of_it() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    let ether = 1_000_000_000_000_000_000;
    bench.deposit(vault, STAKER, 1).unwrap();
    bench.deposit(vault, STRANGER, 0).unwrap_err();
    let donation =
        bondstone_kernel::erc20::Transfer { from: Address::ZERO, to: vault, value: n(ether) };
    let event = bondstone_tokens::TokenEvent::from(donation);
    bench.sandbox.world.deploy(TOKEN, event).unwrap();
    assert_eq!(bench.deposit(vault, RIVAL, ether), Ok(n(1)));
    assert_eq!(bench.value(vault, RIVAL), n(666_666_666_666_666_667));
    assert_eq!(bench.read(vault, &SoladyErc20::totalSupplyCall {}), n(2));
}
