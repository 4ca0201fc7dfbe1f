//! Core: precedence of its checks, operators, services, vaults, pauses.

use crate::bench::*;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_karak::Kind;
use bondstone_karak::abi::core::{Core, VaultConfig};
use bondstone_karak::abi::solady::{OwnableRoles, Pauser, Shared};
use bondstone_kernel::Revert;
use bondstone_kernel::revert::library::InvalidInitialization;

fn err<T: std::fmt::Debug>(result: Result<T, Revert>, error: impl Into<Revert>) {
    assert_eq!(result.unwrap_err(), error.into());
}

#[test]
fn the_start_of_the_world_folds_to_the_same_world() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    bench.deposit(vault, STAKER, 1_000).unwrap();
    bench.stake(OPERATOR, vault, SERVICE);
    bench.slash(SERVICE, OPERATOR, vault, 10 * PERCENT);
    bench.check_replay();
}

#[test]
fn registering_to_a_service_checks_the_service_then_the_operator() {
    let mut bench = Bench::new();
    let unknown = Address::repeat_byte(0xdd);
    err(bench.register(OPERATOR, unknown), Core::DSSNotRegistered {});
    let logs = {
        let call =
            Core::registerOperatorToDSSCall { dss: SERVICE, registrationHookData: Bytes::new() };
        bench.logs(OPERATOR, bench.core(), &call)
    };
    assert_eq!(logs, ["HookCallSucceeded", "RegisteredOperatorToDSS"]);
    err(bench.register(OPERATOR, SERVICE), Core::OperatorAlreadyRegisteredToDSS {});
}

#[test]
fn a_service_registers_once_with_a_maximum_between_one_and_all() {
    let mut bench = Bench::new();
    let core = bench.core();
    let register = |wad: U256| Core::registerDSSCall { maxSlashablePercentageWad: wad };
    err(bench.run(STRANGER, core, &register(n(1))), Core::NotSmartContract {});
    err(bench.run(SERVICE, core, &register(n(0))), Core::DSSAlreadyRegistered {});
    // Any contract may be a service; a token is one.
    err(bench.run(TOKEN, core, &register(n(0))), Core::ZeroSlashPercentageWad {});
    let too_much = register(n(100 * PERCENT + 1));
    err(bench.run(TOKEN, core, &too_much), Core::MaxSlashPercentageWadBreached {});
    bench.run(TOKEN, core, &register(n(1))).unwrap();
}

#[test]
fn a_stake_update_repaired_one_fault_at_a_time() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    let foreign = bench.vault(RIVAL, TOKEN);
    let unknown = Address::repeat_byte(0xdd);
    err(bench.request_stake(OPERATOR, foreign, unknown, false), Core::DSSNotRegistered {});
    let wanted = Core::OperatorNotValidatingForDSS {};
    err(bench.request_stake(OPERATOR, foreign, SERVICE, false), wanted);
    bench.register(OPERATOR, SERVICE).unwrap();
    err(bench.request_stake(OPERATOR, foreign, SERVICE, false), Core::VaultNotAChildVault {});
    err(bench.request_stake(OPERATOR, vault, SERVICE, false), Core::VaultNotStakedInDSS {});
    let queued = bench.request_stake(OPERATOR, vault, SERVICE, true).unwrap();
    let waiting = Core::PendingStakeUpdateRequest {};
    err(bench.request_stake(OPERATOR, vault, SERVICE, true), waiting);

    bench.wait(9 * DAY - 1);
    let early = Core::OperatorStakeUpdateDelayNotPassed {};
    err(bench.finalize_stake(OPERATOR, &queued), early);
    let mut other = queued.clone();
    other.operator = RIVAL;
    err(bench.finalize_stake(OPERATOR, &other), Core::OperatorNotValidatingForDSS {});
    bench.wait(1);
    other.operator = OPERATOR;
    other.updateRequest.toStake = false;
    err(bench.finalize_stake(OPERATOR, &other), Core::InvalidQueuedStakeUpdateInput {});
    bench.finalize_stake(OPERATOR, &queued).unwrap();
    err(bench.finalize_stake(OPERATOR, &queued), Core::InvalidQueuedStakeUpdateInput {});
    err(bench.request_stake(OPERATOR, vault, SERVICE, true), Core::VaultAlreadyStakedInDSS {});
    let unregister = Core::unregisterOperatorFromDSSCall { dss: SERVICE };
    let staked = bench.run(OPERATOR, bench.core(), &unregister);
    err(staked, Core::AllVaultsNotUnstakedFromDSS {});
}

#[test]
fn leaving_moves_the_last_vault_into_the_gap_and_leverage_counts_services() {
    let mut bench = Bench::new();
    let vaults: Vec<_> = (0..3).map(|_| bench.vault(OPERATOR, TOKEN)).collect();
    for vault in &vaults {
        bench.stake(OPERATOR, *vault, SERVICE);
    }
    bench.stake(OPERATOR, vaults[0], CAUTIOUS);
    let leverage = Core::getLeverageCall { vault: vaults[0] };
    assert_eq!(bench.read(bench.core(), &leverage), n(200 * PERCENT));
    let queued = bench.request_stake(OPERATOR, vaults[0], SERVICE, false).unwrap();
    bench.wait(9 * DAY);
    bench.finalize_stake(STRANGER, &queued).unwrap();
    assert_eq!(bench.staked_vaults(OPERATOR, SERVICE), [vaults[2], vaults[1]]);
    assert_eq!(bench.read(bench.core(), &leverage), n(100 * PERCENT));
    bench.check_replay();
}

#[test]
fn vaults_are_deployed_for_listed_assets_and_implementations_only() {
    let mut bench = Bench::new();
    let odd = Address::repeat_byte(0x99);
    let wrong_both = bench.deploy(OPERATOR, odd, odd, Bytes::new());
    err(wrong_both, Core::VaultImplNotAllowlisted {});
    let unlisted = bench.deploy(OPERATOR, odd, Address::ZERO, Bytes::new());
    err(unlisted, Core::AssetNotAllowlisted {});
    // One bad asset among many creates nothing.
    let config = |asset| VaultConfig { asset, ..VaultConfig::default() };
    let call = Core::deployVaultsCall {
        vaultConfigs: vec![config(TOKEN), config(odd)],
        vaultImpl: Address::ZERO,
    };
    err(bench.run(OPERATOR, bench.core(), &call), Core::AssetNotAllowlisted {});
    let vaults = Core::getOperatorVaultsCall { operator: OPERATOR };
    assert!(bench.read(bench.core(), &vaults).is_empty());
    let many = |count| Core::deployVaultsCall {
        vaultConfigs: vec![config(TOKEN); count],
        vaultImpl: Address::ZERO,
    };
    err(bench.run(OPERATOR, bench.core(), &many(33)), Core::MaxVaultCapacityReached {});
    let made = bench.run(OPERATOR, bench.core(), &many(32)).unwrap();
    assert_eq!(bench.read(bench.core(), &vaults), made);
    bench.check_replay();
}

#[test]
fn owner_manager_and_committee_have_their_own_powers() {
    let mut bench = Bench::new();
    let core = bench.core();
    let unauthorized = || Revert::from(OwnableRoles::Unauthorized {});
    let standard = |at| Core::changeStandardImplementationCall { newVaultImpl: at };
    err(bench.run(MANAGER, core, &standard(Address::ZERO)), unauthorized());
    err(bench.run(OWNER, core, &standard(Address::ZERO)), Shared::ZeroAddress {});
    let flag = Address::with_last_byte(1);
    err(bench.run(OWNER, core, &standard(flag)), Core::ReservedAddress {});
    let assets = Core::allowlistAssetsCall { assets: vec![TOKEN], slashingHandlers: vec![] };
    err(bench.run(STRANGER, core, &assets), unauthorized());
    err(bench.run(OWNER, core, &assets), Core::LengthsDontMatch {});
    let change = |vault, implementation| Core::changeImplementationForVaultCall {
        vault,
        newVaultImpl: implementation,
    };
    let unlisted = change(STRANGER, STRANGER);
    err(bench.run(OWNER, core, &unlisted), Core::VaultImplNotAllowlisted {});
    err(bench.run(OWNER, core, &change(STRANGER, flag)), Core::VaultNotAChildVault {});
    let again = Core::initializeCall {
        vaultImpl: STRANGER,
        manager: STRANGER,
        vetoCommittee: STRANGER,
        hookCallGasLimit: 1,
        supportsInterfaceGasLimit: 1,
        hookGasBuffer: 1,
    };
    err(bench.run(STRANGER, core, &again), InvalidInitialization {});
}

#[test]
fn pauses_only_grow_and_unpauses_only_shrink() {
    let mut bench = Bench::new();
    let core = bench.core();
    let pause = |map: u128| Pauser::pauseCall { map: n(map) };
    let unpause = |map: u128| Pauser::unpauseCall { map: n(map) };
    bench.run(MANAGER, core, &pause(0b101)).unwrap();
    err(bench.run(MANAGER, core, &pause(0b100)), Pauser::AttemptedUnpauseWhilePausing {});
    err(bench.run(MANAGER, core, &unpause(0b111)), Pauser::AttemptedPauseWhileUnpausing {});
    let refused = bench.register(OPERATOR, SERVICE);
    err(refused, Pauser::EnforcedPauseFunction { functionIndex: 2 });
    bench.run(MANAGER, core, &unpause(0b001)).unwrap();
    bench.register(OPERATOR, SERVICE).unwrap();
}

#[test]
fn ownership_is_handed_over_in_two_steps_within_two_days() {
    let mut bench = Bench::new();
    let core = bench.core();
    let request = OwnableRoles::requestOwnershipHandoverCall {};
    let complete = OwnableRoles::completeOwnershipHandoverCall { pendingOwner: STRANGER };
    err(bench.run(OWNER, core, &complete), OwnableRoles::NoHandoverRequest {});
    bench.run(STRANGER, core, &request).unwrap();
    bench.wait(2 * DAY + 1);
    err(bench.run(OWNER, core, &complete), OwnableRoles::NoHandoverRequest {});
    bench.run(STRANGER, core, &request).unwrap();
    bench.wait(2 * DAY);
    err(bench.run(STRANGER, core, &complete), OwnableRoles::Unauthorized {});
    bench.run(OWNER, core, &complete).unwrap();
    assert_eq!(bench.read(core, &OwnableRoles::ownerCall {}), STRANGER);
    err(bench.run(STRANGER, core, &complete), OwnableRoles::NoHandoverRequest {});
    bench.check_replay();
}

#[test]
fn gas_limits_beyond_26_bits_panic_when_a_hook_is_due() {
    let mut bench = Bench::new();
    let set = |limit| Core::setGasValuesCall {
        hookCallGasLimit: 500_000,
        hookGasBuffer: 40_000,
        supportsInterfaceGasLimit: limit,
    };
    bench.run(MANAGER, bench.core(), &set(67_108_864)).unwrap();
    err(bench.register(OPERATOR, SERVICE), Revert::overflow());
    bench.run(MANAGER, bench.core(), &set(67_108_863)).unwrap();
    bench.register(OPERATOR, SERVICE).unwrap();
}

#[test]
fn the_beacon_answers_each_vault_and_implementations_are_closed() {
    let mut bench = Bench::new();
    let vault = bench.vault(OPERATOR, TOKEN);
    let standard = bench.at.address(Kind::VaultImplementation);
    let ask = Core::implementation_1Call { vault };
    assert_eq!(bench.read(bench.core(), &ask), standard);
    let initialize = bondstone_karak::abi::vault::Vault::initializeCall {
        owner: STRANGER,
        operator: STRANGER,
        depositToken: TOKEN,
        name: String::new(),
        symbol: String::new(),
        extraData: Bytes::new(),
    };
    for at in [standard, vault] {
        err(bench.run(STRANGER, at, &initialize), InvalidInitialization {});
    }
}

#[test]
fn core_shows_its_storage_word_by_word() {
    use alloy_primitives::{B256, b256, keccak256};
    let first = b256!("0x13c729cff436dc8ac22d145f2c778f6a709d225083f39538cc5e2674f2f10700");
    let at = |slot: B256, distance: u64| {
        B256::from(U256::from_be_bytes(slot.0).wrapping_add(U256::from(distance)))
    };
    let under = |key: B256, mapping: B256| keccak256([key.0, mapping.0].concat());
    let mut bench = Bench::new();
    let vaults = [bench.vault(OPERATOR, TOKEN), bench.vault(OPERATOR, TOKEN)];
    bench.stake(OPERATOR, vaults[0], SERVICE);
    let slashing = bench.request_slash(SERVICE, OPERATOR, &[(vaults[0], PERCENT)]).unwrap();
    let update = bench.request_stake(OPERATOR, vaults[1], SERVICE, true).unwrap();
    let operator = under(OPERATOR.into_word(), first);
    let service = SERVICE.into_word();
    let staked = under(service, at(operator, 4));
    let number = |value: u64| B256::from(U256::from(value));
    let expected = [
        (operator, number(2)),
        (at(keccak256(operator), 1), vaults[1].into_word()),
        (under(vaults[1].into_word(), at(operator, 1)), number(2)),
        (at(operator, 2), number(1)),
        (staked, number(1)),
        (keccak256(staked), vaults[0].into_word()),
        (under(service, at(operator, 5)), number(bench.now() + 2 * DAY)),
        (
            under(vaults[1].into_word(), at(operator, 6)),
            bondstone_karak::rules::core::update_hash(&update),
        ),
        (under(vaults[0].into_word(), at(operator, 7)), number(1)),
        (under(vaults[0].into_word(), at(first, 1)), number(1)),
        (
            under(TOKEN.into_word(), at(first, 3)),
            bench.at.address(Kind::SlashingHandler).into_word(),
        ),
        (under(bondstone_karak::rules::core::slashing_root(&slashing), at(first, 4)), number(1)),
        (under(service, at(first, 5)), B256::from(n(100 * PERCENT))),
        (at(first, 9), B256::ZERO),
    ];
    let slots = expected.iter().map(|(slot, _)| *slot).collect();
    let words = bench.read(bench.core(), &Core::extSloadsCall { slots });
    assert_eq!(words, expected.map(|(_, word)| word));
}
