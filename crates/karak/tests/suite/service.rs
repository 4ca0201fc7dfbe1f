//! Services of the SDK: hooks, jail, refusal, calls on behalf of the service.

use crate::bench::*;
use alloy_primitives::FixedBytes;
use alloy_sol_types::{SolCall, SolError};
use bondstone_karak::abi::core::{Core, SlashRequest};
use bondstone_karak::abi::dss::{BaseDss, Hooks};
use bondstone_karak::abi::solady::OwnableRoles;
use bondstone_kernel::Revert;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

#[test]
fn hooks_listen_to_core_only_and_slashings_have_none() {
    let mut bench = Bench::new();
    let hook = Hooks::unregistrationHookCall { operator: OPERATOR };
    err(bench.run(STRANGER, SERVICE, &hook), BaseDss::CallerNotCore {});
    let asks = |selector: [u8; 4]| Hooks::supportsInterfaceCall { interfaceId: selector.into() };
    for (selector, has) in [
        (Hooks::registrationHookCall::SELECTOR, true),
        (Hooks::finishUpdateStakeHookCall::SELECTOR, true),
        (Hooks::requestSlashingHookCall::SELECTOR, false),
        (Hooks::supportsInterfaceCall::SELECTOR, false),
    ] {
        assert_eq!(bench.read(SERVICE, &asks(selector)), has);
    }
}

#[test]
fn operators_come_and_go_in_their_visible_order() {
    let mut bench = Bench::new();
    for operator in [OPERATOR, RIVAL, STAKER] {
        bench.register(operator, SERVICE).unwrap();
    }
    let leave = Core::unregisterOperatorFromDSSCall { dss: SERVICE };
    bench.run(OPERATOR, bench.core(), &leave).unwrap();
    let operators = BaseDss::getRegisteredOperatorsCall {};
    assert_eq!(bench.read(SERVICE, &operators), [STAKER, RIVAL]);
    bench.check_replay();
}

#[test]
fn its_controller_jails_refuses_and_slashes_with_it() {
    let mut bench = Bench::new();
    let jail = BaseDss::jailCall { operator: OPERATOR, jailed: true };
    err(bench.run(STRANGER, SERVICE, &jail), OwnableRoles::Unauthorized {});
    bench.run(OWNER, SERVICE, &jail).unwrap();
    assert!(bench.read(SERVICE, &BaseDss::isOperatorJailedCall { operator: OPERATOR }));

    let hook = FixedBytes(Hooks::registrationHookCall::SELECTOR);
    let refuse = |refuses| BaseDss::setRefusalCall { hook, refuses };
    err(bench.run(STRANGER, SERVICE, &refuse(true)), OwnableRoles::Unauthorized {});
    bench.run(OWNER, SERVICE, &refuse(true)).unwrap();
    // Core keeps the first word of what the hook says.
    let mut reason = [0u8; 32];
    reason.copy_from_slice(&BaseDss::Refused { hook }.abi_encode()[..32]);
    let refused = Core::DSSHookCallReverted { revertReason: reason.into() };
    err(bench.register(OPERATOR, SERVICE), refused);
    bench.run(OWNER, SERVICE, &refuse(false)).unwrap();

    let vault = bench.vault(OPERATOR, TOKEN);
    bench.stake(OPERATOR, vault, SERVICE);
    let request = SlashRequest {
        operator: OPERATOR,
        slashPercentagesWad: vec![PERCENT.try_into().unwrap()],
        vaults: vec![vault],
    };
    let call = Core::requestSlashingCall { slashingRequest: request }.abi_encode();
    let execute = BaseDss::executeCall { target: bench.core(), data: call.into() };
    err(bench.run(STRANGER, SERVICE, &execute), OwnableRoles::Unauthorized {});
    bench.run(OWNER, SERVICE, &execute).unwrap();
    let waits = Core::isVaultQueuedForSlashingCall { vault };
    assert!(bench.read(bench.core(), &waits));
    bench.check_replay();
}
