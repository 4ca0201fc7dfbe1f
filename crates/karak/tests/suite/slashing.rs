//! The slashing court: precedence of its checks, windows, batches, handlers.

use crate::bench::*;
use alloy_primitives::{Address, U256};
use bondstone_karak::Kind;
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::handler::SlashingHandler;
use bondstone_karak::abi::solady::{OwnableRoles, SafeTransferLib, SoladyErc20};
use bondstone_kernel::Revert;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

/// A bench with a staked vault of 1000 units.
fn staked() -> (Bench, Address) {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    bench.stake(OPERATOR, vault, CAUTIOUS);
    (bench, vault)
}

#[test]
fn a_request_repaired_one_fault_at_a_time() {
    let (mut bench, vault) = staked();
    let other = bench.vault(OPERATOR, TOKEN);
    let no_service = bench.request_slash(STRANGER, RIVAL, &[]);
    err(no_service, Core::DSSNotRegistered {});
    err(bench.request_slash(CAUTIOUS, RIVAL, &[]), Core::OperatorNotValidatingForDSS {});
    err(bench.request_slash(CAUTIOUS, OPERATOR, &[]), Core::EmptyArray {});
    let many: Vec<_> = (0..33).map(|_| (other, 0)).collect();
    let too_many = Core::MaxSlashableVaultsPerRequestBreached {};
    err(bench.request_slash(CAUTIOUS, OPERATOR, &many), too_many);
    let twice = [(other, 0), (other, 0)];
    err(bench.request_slash(CAUTIOUS, OPERATOR, &twice), Core::DuplicateSlashingVaults {});
    let not_staked = bench.request_slash(CAUTIOUS, OPERATOR, &[(other, 0)]);
    err(not_staked, Core::VaultNotStakedToDSS {});
    let nothing = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, 0)]);
    err(nothing, Core::ZeroSlashPercentageWad {});
    let too_much = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, 30 * PERCENT + 1)]);
    err(too_much, Core::MaxSlashPercentageWadBreached {});
    bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, 30 * PERCENT)]).unwrap();
    // The cooldown comes before everything about the request itself.
    err(bench.request_slash(CAUTIOUS, OPERATOR, &[]), Core::SlashingCooldownNotPassed {});
    bench.wait(2 * DAY);
    err(bench.request_slash(CAUTIOUS, OPERATOR, &[]), Core::EmptyArray {});
}

#[test]
fn a_finalisation_repaired_one_fault_at_a_time() {
    let (mut bench, vault) = staked();
    let queued = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, PERCENT)]).unwrap();
    let mut other = queued.clone();
    other.operator = RIVAL;
    err(bench.finalize_slash(&other), Core::OperatorNotValidatingForDSS {});
    other.operator = OPERATOR;
    other.nonce += U256::ONE;
    err(bench.finalize_slash(&other), Core::InvalidSlashingParams {});
    bench.wait(2 * DAY - 1);
    err(bench.finalize_slash(&queued), Core::MinSlashingDelayNotPassed {});
    bench.wait(1);
    bench.finalize_slash(&queued).unwrap();
    err(bench.finalize_slash(&queued), Core::InvalidSlashingParams {});
    err(bench.veto(&queued), Core::InvalidSlashingParams {});
}

#[test]
fn what_is_taken_is_a_part_of_what_is_there_at_the_end_rounded_down() {
    let (mut bench, vault) = staked();
    let queued = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, 30 * PERCENT)]).unwrap();
    bench.deposit(vault, STRANGER, 333).unwrap();
    bench.wait(2 * DAY);
    let call = Core::finalizeSlashingCall { queuedSlashing: queued };
    let logs = bench.logs(STRANGER, bench.core(), &call);
    // 30 % of 1333 is 399.9; who came after the request is slashed too.
    assert_eq!(bench.total_assets(vault), n(1_333 - 399));
    let wanted = [
        "Approval",
        "Transfer",
        "Transfer",
        "Slashed",
        "InterfaceNotSupported",
        "FinalizedSlashing",
    ];
    assert_eq!(logs, wanted);
    let burnt = SoladyErc20::balanceOfCall { owner: Address::ZERO };
    assert_eq!(bench.read(TOKEN, &burnt), n(399));
    bench.check_replay();
}

#[test]
fn a_veto_works_after_the_window_and_keeps_the_cooldown() {
    let (mut bench, vault) = staked();
    let queued = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, PERCENT)]).unwrap();
    let call = Core::cancelSlashingCall { queuedSlashing: queued.clone() };
    // The owner does not hold the committee's role.
    err(bench.run(OWNER, bench.core(), &call), OwnableRoles::Unauthorized {});
    let is_queued = Core::isVaultQueuedForSlashingCall { vault };
    assert!(bench.read(bench.core(), &is_queued));
    bench.wait(30 * DAY);
    bench.veto(&queued).unwrap();
    assert!(!bench.read(bench.core(), &is_queued));
    err(bench.finalize_slash(&queued), Core::InvalidSlashingParams {});
    let next = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, PERCENT)]).unwrap();
    bench.veto(&next).unwrap();
    let again = bench.request_slash(CAUTIOUS, OPERATOR, &[(vault, PERCENT)]);
    err(again, Core::SlashingCooldownNotPassed {});
    bench.check_replay();
}

#[test]
fn services_slash_independently_and_compound() {
    let (mut bench, vault) = staked();
    bench.stake(OPERATOR, vault, SERVICE);
    let third = Address::repeat_byte(0xd3);
    bench.service(third, 50);
    bench.stake(OPERATOR, vault, third);
    let one = bench.request_slash(SERVICE, OPERATOR, &[(vault, 50 * PERCENT)]).unwrap();
    let two = bench.request_slash(third, OPERATOR, &[(vault, 50 * PERCENT)]).unwrap();
    bench.wait(2 * DAY);
    bench.finalize_slash(&two).unwrap();
    bench.finalize_slash(&one).unwrap();
    assert_eq!(bench.total_assets(vault), n(250));
}

#[test]
fn the_handler_takes_nothing_silently_and_only_listed_tokens() {
    let mut bench = Bench::new();
    let handler = bench.at.address(Kind::SlashingHandler);
    let odd = Address::repeat_byte(0x99);
    let handle = |token, amount| SlashingHandler::handleSlashingCall { token, amount };
    bench.run(STRANGER, handler, &handle(odd, n(0))).unwrap();
    let unknown = bench.run(STRANGER, handler, &handle(odd, n(1)));
    err(unknown, SlashingHandler::UnsupportedAsset {});
    let unapproved = bench.run(STRANGER, handler, &handle(TOKEN, n(1)));
    err(unapproved, SafeTransferLib::TransferFromFailed {});
    let add = SlashingHandler::addSlashableTokenCall { token: odd };
    err(bench.run(STRANGER, handler, &add), OwnableRoles::Unauthorized {});
}
