//! The picture of Karak: figures worked out by hand from the amounts of the bazaar, and a warning
//! for each trap.

use crate::bazaar::*;
use crate::market::{DAY, X, Y, Z, wei};
use crate::{given, golden, n, party, rows};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::Kind;
use bondstone_karak::abi::core::Core;
use bondstone_karak::abi::dss::{BaseDss, Hooks};
use bondstone_karak::abi::solady::{Pauser, SafeTransferLib};
use bondstone_karak::abi::vault::Vault;
use bondstone_kernel::security::{
    Asset, Condition, Destination, ExitRule, Fraction, Party, Protocol, Rule, SlashStatus,
    SlashingMode, Warning,
};
use bondstone_kernel::{Assets, Timestamp};
use bondstone_world::sandbox::account;

fn data(error: impl alloy_sol_types::SolError) -> Bytes {
    error.abi_encode().into()
}

fn mine(asked: &Warning, vault: Address) -> bool {
    serde_json::to_value(asked).unwrap()["vault"] == serde_json::to_value(party(vault)).unwrap()
}

/// Warnings about one vault.
fn dangers(bazaar: &Bazaar, vault: Address) -> Vec<Warning> {
    let all = bazaar.view().warnings();
    all.into_iter().filter(|warning| mine(warning, vault)).collect()
}

#[test]
fn a_stake_is_a_whole_vault_that_its_services_share() {
    let bazaar = Bazaar::new();
    let (view, now) = (bazaar.view(), bazaar.karak.now());
    // 1000 deposited, 5 % slashed. 100 of 1000 shares are on the way out: 95 of 950.
    let sound = view.vault(&party(bazaar.sound)).unwrap();
    assert_eq!((sound.active, sound.leaving), (Assets(wei(855)), Assets(wei(95))));
    assert_eq!(sound.collateral, Asset::Token(KTN));
    // Both services have all of it, so nothing is either's own. What a slash takes it takes of what
    // is on the way out too: all 950, or 30 % of them.
    let alpha = given(&view, bazaar.sound, ALPHA);
    assert_eq!(rows(alpha, wei(1)), [(X, n([855, 0, 855, 950]))]);
    let beta = given(&view, bazaar.sound, BETA);
    assert_eq!(rows(beta, wei(1)), [(X, n([855, 0, 855, 285]))]);
    assert_eq!(alpha.slashable_part, Fraction::WHOLE);
    assert_eq!(beta.slashable_part, Fraction { numerator: 3, denominator: 10 });
    assert_eq!(alpha.operators[0].slashed, Assets(wei(50)));
    assert_eq!(beta.operators[0].slashed, Assets::ZERO);
    assert_eq!(alpha.limit, Assets(U256::MAX));
    // Neither the vault nor a staker is gone before nine days are over, and a veto takes two.
    assert_eq!(alpha.slashable_until, Timestamp(now + 9 * DAY - 1));
    assert_eq!(alpha.request_until, Timestamp(now + 7 * DAY - 1));
    // Alone with its service a vault is all its own.
    let strict = given(&view, bazaar.strict, ALPHA);
    assert_eq!(rows(strict, wei(1)), [(X, n([500, 500, 0, 0]))]);
    // Ether of nodes is counted by the vault, not by a token.
    let native = given(&view, bazaar.native, BETA);
    assert_eq!(rows(native, wei(1)), [(X, n([32, 32, 0, 9]))]);
    assert_eq!(view.vault(&party(bazaar.native)).unwrap().collateral, Asset::Ether);
    // A day ago it was asked to take the vault back, so it can be gone a day sooner.
    let leaving = given(&view, bazaar.leaving, BETA);
    assert_eq!(leaving.slashable_until, Timestamp(now + 8 * DAY - 1));
    assert!(leaving.counted.as_ref().is_some_and(Vec::is_empty));
}

#[test]
fn the_smallest_part_that_can_be_slashed_is_told_exactly() {
    let mut bazaar = Bazaar::new();
    assert!(bazaar.view().commitments.iter().all(|c| c.network != party(GAMMA)));
    bazaar.karak.stake(X, bazaar.sound, GAMMA).unwrap();
    let view = bazaar.view();
    let gamma = given(&view, bazaar.sound, GAMMA);
    let smallest = Fraction { numerator: 1, denominator: 100 * PERCENT };
    assert_eq!((gamma.slashable_part, gamma.failure.as_ref()), (smallest, None));
    // 950e18 / 100e18 of one smallest unit, rounded down.
    assert_eq!(gamma.slashable, Assets(U256::from(9)));
}

#[test]
fn rules_are_told_with_who_can_change_them() {
    let bazaar = Bazaar::new();
    let (view, at) = (bazaar.view(), &bazaar.karak.at);
    let sound = view.vault(&party(bazaar.sound)).unwrap();
    let (owner, committee) = (party(at.owner), party(at.veto_committee));
    let mode = SlashingMode::Committee { veto_seconds: 2 * DAY, cooldown_seconds: 2 * DAY };
    assert_eq!(sound.slashing.mode, mode);
    assert_eq!(sound.slashing.committee, [committee]);
    assert_eq!(sound.slashing.slasher, Some(party(bazaar.karak.core())));
    let handler = at.address(Kind::SlashingHandler);
    assert_eq!(sound.slashing.destination, Destination::Handler { handler });
    assert_eq!(sound.exit.rule, ExitRule::Cooldown { cooldown_seconds: 9 * DAY });
    assert_eq!(sound.exit.claimable_from, Timestamp(bazaar.karak.now() + 9 * DAY));
    assert!(!sound.has_rail && !sound.exit.is_paused);
    let changes: Vec<(Rule, &[Party], u64)> =
        sound.changes.iter().map(|c| (c.rule, &c.by[..], c.delay_seconds)).collect();
    let by_owner = [owner];
    let expected: Vec<(Rule, &[Party], u64)> = vec![
        (Rule::Networks, &[Party::Account(X)], 9 * DAY),
        (Rule::Burner, &by_owner, 0),
        (Rule::Pauses, &by_owner, 0),
        (Rule::VaultCode, &by_owner, 0),
        (Rule::Resolver, &by_owner, 0),
        (Rule::ProtocolRoles, &by_owner, 0),
    ];
    assert_eq!(changes, expected);
    for rule in [Rule::Collateral, Rule::Operator, Rule::ExitTime, Rule::VetoTime] {
        assert!(sound.fixed.contains(&rule), "{rule:?}");
    }
    // What a native vault loses goes to nobody, and its manager may replace the nodes' code.
    let native = view.vault(&party(bazaar.native)).unwrap();
    assert_eq!(native.slashing.destination, Destination::Burned);
    assert!(native.fixed.contains(&Rule::Burner));
    let nodes = native.changes.iter().find(|change| change.rule == Rule::NodeCode).unwrap();
    assert_eq!(nodes.by, [party(X)]);
    let network = view.network(&party(ALPHA)).unwrap();
    assert_eq!(network.middleware, Some(party(ALPHA)));
    assert_eq!((network.protocol, network.has_rail), (Protocol::Karak, false));
    let rules: Vec<Rule> = network.changes.iter().map(|change| change.rule).collect();
    assert_eq!(rules, [Rule::Membership, Rule::HookGas]);
    assert!(view.payments.is_empty());
}

#[test]
fn slashes_are_told_with_what_came_of_them() {
    let bazaar = Bazaar::new();
    let (view, now) = (bazaar.view(), bazaar.karak.now());
    let of = |vault: Address| {
        let list = view.slashes.iter().filter(move |slash| slash.vault == party(vault));
        list.map(|s| (s.network.clone(), s.part.unwrap(), s.asked, s.status.clone()))
            .collect::<Vec<_>>()
    };
    let part = |numerator, denominator| Fraction { numerator, denominator };
    let taken = |at, amount: Assets| SlashStatus::Executed {
        at: Timestamp(at),
        nominal: amount,
        taken: Some(amount),
    };
    let first = now - 12 * DAY;
    let resolver = party(bazaar.karak.at.veto_committee);
    let blocked = SlashStatus::Blocked {
        since: Timestamp(first + 2 * DAY),
        failure: data(SafeTransferLib::TransferFailed {}),
    };
    let due = |at| SlashStatus::Due { since: Timestamp(at) };
    let amount = |whole| Assets(wei(whole));
    let expected = [
        (party(ALPHA), part(1, 20), amount(50), taken(first, amount(50))),
        (
            party(BETA),
            part(1, 5),
            amount(190),
            SlashStatus::Vetoed { at: Timestamp(first), resolver },
        ),
        (party(ALPHA), part(1, 10), amount(95), blocked.clone()),
        (party(BETA), part(3, 10), amount(285), due(first + 2 * DAY)),
        (party(BETA), part(1, 200), Assets(wei(475) / U256::from(100)), due(first + 4 * DAY)),
        (
            party(BETA),
            part(3, 100),
            Assets(wei(285) / U256::from(10)),
            SlashStatus::Vetoable { until: Timestamp(now + DAY) },
        ),
    ];
    assert_eq!(of(bazaar.sound), expected);
    // The other vault of the blocked request.
    assert_eq!(of(bazaar.strict), [(party(ALPHA), part(1, 10), amount(50), blocked)]);
    let dangling = SlashStatus::Dangling { since: Timestamp(now + DAY) };
    assert_eq!(of(bazaar.dangling)[0].3, dangling);
    let statuses = |vault| of(vault).into_iter().map(|slash| slash.3).collect::<Vec<_>>();
    let wipe_out = |ago: u64| taken(first - ago * DAY, amount(1_000));
    assert_eq!(statuses(bazaar.wiped), [wipe_out(6)]);
    assert_eq!(statuses(bazaar.dead), [wipe_out(6), wipe_out(4), wipe_out(2)]);
}

#[test]
fn a_vault_that_has_left_is_passed_over() {
    let mut bazaar = Bazaar::new();
    bazaar.karak.register(Y, GAMMA).unwrap();
    bazaar.karak.wait(DAY);
    let status = |bazaar: &Bazaar| {
        let view = bazaar.view();
        let found = view.slashes.iter().find(|slash| slash.vault == party(bazaar.dangling));
        found.unwrap().status.clone()
    };
    let now = bazaar.karak.now();
    assert_eq!(status(&bazaar), SlashStatus::Due { since: Timestamp(now) });
    let dangling = bazaar.last_slashing(bazaar.dangling);
    bazaar.karak.finalize_slash(dangling).unwrap();
    assert_eq!(status(&bazaar), SlashStatus::Skipped { at: Timestamp(now) });
}

#[test]
fn the_unslashable_vault_is_warned_of_with_every_vault_of_its_batch() {
    let bazaar = Bazaar::new();
    let failure = data(SafeTransferLib::TransferFailed {});
    let (vault, network, operator) = (party(bazaar.strict), party(ALPHA), party(X));
    let request = blocked_request(&bazaar);
    let fails = Warning::SlashFails {
        vault: vault.clone(),
        network: network.clone(),
        stake: Assets(wei(500)),
        failure: failure.clone(),
    };
    let blocked = |vault| Warning::SlashBlocked {
        vault,
        network: network.clone(),
        operator: operator.clone(),
        request,
        failure: failure.clone(),
    };
    assert_eq!(dangers(&bazaar, bazaar.strict), [fails, blocked(vault)]);
    assert!(dangers(&bazaar, bazaar.sound).contains(&blocked(party(bazaar.sound))));
}

fn blocked_request(bazaar: &Bazaar) -> Option<u64> {
    let view = bazaar.view();
    let is_blocked = |status: &SlashStatus| matches!(status, SlashStatus::Blocked { .. });
    view.slashes.iter().find(|slash| is_blocked(&slash.status)).unwrap().request
}

#[test]
fn the_stolen_stake_credit_is_warned_of_and_stays_when_the_vault_leaves() {
    let mut bazaar = Bazaar::new();
    let (vault, network, counted) = (party(bazaar.stolen), party(BETA), vec![party(X)]);
    let warning = |operator| Warning::StakeMiscounted {
        vault: vault.clone(),
        network: network.clone(),
        operator,
        counted: counted.clone(),
    };
    assert_eq!(dangers(&bazaar, bazaar.stolen), [warning(Some(party(Y)))]);
    let unstake = bazaar.ask(Y, bazaar.stolen, BETA, false);
    assert_eq!(dangers(&bazaar, bazaar.stolen), [warning(Some(party(Y)))]);
    bazaar.karak.wait(9 * DAY);
    bazaar.karak.finalize_stake(Y, unstake).unwrap();
    assert_eq!(dangers(&bazaar, bazaar.stolen), [warning(None)]);
    let view = bazaar.view();
    let phantom = given(&view, bazaar.stolen, BETA);
    assert_eq!((phantom.limit, phantom.stake), (Assets::ZERO, Assets::ZERO));
}

#[test]
fn a_stake_that_the_service_refused_to_hear_of_is_warned_of() {
    let mut bazaar = Bazaar::new();
    let hook = Hooks::finishUpdateStakeHookCall::SELECTOR.into();
    let owner = bazaar.karak.at.owner;
    bazaar.act(owner, ALPHA, &BaseDss::setRefusalCall { hook, refuses: true });
    bazaar.karak.register(Y, ALPHA).unwrap();
    bazaar.karak.stake(Y, bazaar.dangling, ALPHA).unwrap();
    let unheard = Warning::StakeMiscounted {
        vault: party(bazaar.dangling),
        network: party(ALPHA),
        operator: Some(party(Y)),
        counted: Vec::new(),
    };
    assert!(dangers(&bazaar, bazaar.dangling).contains(&unheard));
}

#[test]
fn the_stuck_stake_update_is_warned_of() {
    let mut bazaar = Bazaar::new();
    let view = bazaar.view();
    let stuck = view.updates.iter().find(|update| update.vault == party(bazaar.stuck)).unwrap();
    let now = bazaar.karak.now();
    assert_eq!((stuck.joins, stuck.is_stuck), (true, true));
    assert_eq!(stuck.asked_at, Timestamp(now - DAY));
    assert_eq!(stuck.ready_at, Timestamp(now + 8 * DAY));
    let warning = Warning::UpdateStuck {
        vault: party(bazaar.stuck),
        network: party(GAMMA),
        operator: party(Y),
        number: stuck.number,
    };
    assert_eq!(dangers(&bazaar, bazaar.stuck), [warning]);
    bazaar.karak.register(Y, GAMMA).unwrap();
    assert!(dangers(&bazaar, bazaar.stuck).is_empty());
    // What was carried out waits no longer.
    assert_eq!(view.updates.len(), 2);
    assert!(view.updates.iter().any(|u| u.vault == party(bazaar.leaving) && !u.joins));
}

#[test]
fn the_dangling_slash_is_warned_of() {
    let bazaar = Bazaar::new();
    let view = bazaar.view();
    let slash = view.slashes.iter().find(|slash| slash.vault == party(bazaar.dangling)).unwrap();
    let warning = Warning::SlashDangling {
        vault: party(bazaar.dangling),
        network: party(GAMMA),
        operator: party(Y),
        request: slash.request,
    };
    assert_eq!(dangers(&bazaar, bazaar.dangling), [warning]);
}

#[test]
fn the_vault_that_was_wiped_out_and_the_dead_one_are_warned_of() {
    let mut bazaar = Bazaar::new();
    let wiped = Warning::WipedOut { vault: party(bazaar.wiped) };
    assert_eq!(dangers(&bazaar, bazaar.wiped), [wiped]);
    assert_eq!(dangers(&bazaar, bazaar.dead), [Warning::DeadVault { vault: party(bazaar.dead) }]);
    let deposit = Vault::deposit_0Call { assets: wei(1), to: account(2) };
    assert!(bazaar.karak.send(account(2), bazaar.dead, &deposit).outcome.is_err());
    bazaar.deposit(bazaar.wiped, 2, 1);
    assert!(dangers(&bazaar, bazaar.wiped).is_empty());
}

#[test]
fn free_native_shares_are_warned_of() {
    let bazaar = Bazaar::new();
    let view = bazaar.view();
    let free = view.vault(&party(bazaar.free)).unwrap();
    assert_eq!((free.condition, free.active), (Condition::Free, Assets::ZERO));
    let fails = Warning::SlashFails {
        vault: party(bazaar.free),
        network: party(ALPHA),
        stake: Assets::ZERO,
        failure: Bytes::new(),
    };
    let expected = [Warning::FreeShares { vault: party(bazaar.free) }, fails];
    assert_eq!(dangers(&bazaar, bazaar.free), expected);
}

#[test]
fn the_operators_key_to_every_node_is_warned_of() {
    let bazaar = Bazaar::new();
    let warnings = dangers(&bazaar, bazaar.native);
    let key = Warning::NodesReplaceable { vault: party(bazaar.native), by: vec![party(X)] };
    assert_eq!(warnings[0], key);
}

#[test]
fn pauses_are_warned_of_where_they_stop_exits_and_slashes() {
    let mut bazaar = Bazaar::new();
    let (owner, core) = (bazaar.karak.at.owner, bazaar.karak.core());
    let finish_redeem = U256::from(1 << 4);
    let pause = Core::pauseVaultCall { vault: bazaar.leaving, map: finish_redeem };
    bazaar.act(owner, core, &pause);
    let warning = Warning::ExitPaused { vault: party(bazaar.leaving) };
    assert_eq!(dangers(&bazaar, bazaar.leaving), [warning]);
    let finalize_slashing = U256::from(1 << 9);
    bazaar.act(owner, core, &Pauser::pauseCall { map: finalize_slashing });
    let view = bazaar.view();
    let failure = data(Pauser::EnforcedPauseFunction { functionIndex: 9 });
    assert_eq!(given(&view, bazaar.sound, ALPHA).failure, Some(failure.clone()));
    let stopped = |status: &SlashStatus| match status {
        SlashStatus::Blocked { failure: told, .. } => *told == failure,
        _ => false,
    };
    assert_eq!(view.slashes.iter().filter(|slash| stopped(&slash.status)).count(), 5);
}

#[test]
fn a_sound_position_is_not_warned_of() {
    let mut bazaar = Bazaar::new();
    bazaar.karak.register(Z, GAMMA).unwrap();
    let calm = bazaar.karak.vault(Z, KTN).unwrap();
    bazaar.deposit(calm, 1, 100);
    bazaar.karak.stake(Z, calm, BETA).unwrap();
    assert!(dangers(&bazaar, calm).is_empty());
}

#[test]
fn what_the_history_lacks_is_missing_or_closed() {
    let mut bazaar = Bazaar::new();
    let whole = bazaar.view();
    let kept = bazaar.karak.history.as_mut().unwrap();
    let strangers: Vec<_> = kept
        .iter()
        .map(|(log, number, timestamp)| {
            let mut copy = log.clone();
            copy.address = Address::repeat_byte(0x99);
            (copy, *number, *timestamp)
        })
        .collect();
    kept.extend(strangers);
    assert_eq!(bazaar.view(), whole);
    bazaar.karak.history.as_mut().unwrap().clear();
    let view = bazaar.view();
    assert!(view.slashes.is_empty() && view.updates.is_empty());
    assert_eq!(view.vaults, whole.vaults);
    let alpha = given(&view, bazaar.sound, ALPHA);
    assert_eq!(alpha.operators[0].slashed, Assets::ZERO);
}

/// The same bazaar as in the golden file; the report is tested against that file.
#[test]
fn the_picture_of_karak_in_json_is_the_golden_one() {
    golden("karak.json", &Bazaar::new().view());
}
