//! The picture of security against a small market, with figures worked out by hand, and against the
//! contracts' own views.

mod bazaar;
mod karak;
mod market;
mod rewards_v2;

use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_kernel::security::{
    Asset, Commitment, Destination, Distribution, ExitRule, Fraction, Party, Payee, Rule,
    SecurityView, SlashStatus, SlashingMode, Unrated, Warning,
};
use bondstone_kernel::{Assets, Timestamp};
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::slasher::BaseSlasher;
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_world::sandbox::account;
use market::*;
use proptest::prelude::*;

fn party(address: Address) -> Party {
    Party::from(address)
}

fn given(view: &SecurityView, vault: Address, network: Address) -> &Commitment {
    let (vault, network) = (party(vault), party(network));
    let found = view.commitments.iter().find(|c| c.vault == vault && c.network == network);
    found.expect("the vault gives to the network")
}

/// (operator, stake, unique, shared, slashable) in whole tokens.
fn rows(c: &Commitment, unit: U256) -> Vec<(Address, [U256; 4])> {
    let row = |amounts: [Assets; 4]| amounts.map(|amount| amount.0 / unit);
    let rows = c
        .operators
        .iter()
        .map(|o| (o.operator.account().unwrap(), row([o.stake, o.unique, o.shared, o.slashable])));
    rows.collect()
}

fn n(numbers: [u64; 4]) -> [U256; 4] {
    numbers.map(U256::from)
}

/// Compares a picture with its golden file.
fn golden(name: &str, view: &SecurityView) {
    let json = serde_json::to_string_pretty(view).unwrap() + "\n";
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BONDSTONE_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &json).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden file is there");
    assert!(
        json == golden,
        "the picture differs from {path}; BONDSTONE_UPDATE_GOLDEN=1 updates it"
    );
    let back: SecurityView = serde_json::from_str(&golden).unwrap();
    assert_eq!(back, *view);
}

#[test]
fn stake_is_told_by_operator_shared_and_unique() {
    let market = Market::new();
    let view = market.view();
    // 150 deposited, 5 slashed, 10 leaving: 135. A has 100 of it and B 80, so A alone has 55.
    let (wei, instant) = (wei(1), market.instant.vault);
    let a = given(&view, instant, A);
    assert_eq!(rows(a, wei), [(X, n([60, 33, 27, 60])), (Y, n([40, 22, 18, 40]))]);
    let b = given(&view, instant, B);
    assert_eq!(rows(b, wei), [(X, n([48, 21, 27, 48])), (Y, n([32, 14, 18, 32]))]);
    assert_eq!(
        (a.stake, a.unique, a.shared),
        (Assets(wei * U256::from(100)), Assets(wei * U256::from(55)), Assets(wei * U256::from(45)))
    );
    assert_eq!(a.operators[0].slashed, Assets(wei * U256::from(5)));
    // 700 000 deposited, 2 000 slashed. B and C claim 400 000 each, so each alone has 298 000.
    let (usd, veto) = (usd(1), market.veto.vault);
    let expected =
        [(Y, n([250_000, 186_250, 63_750, 250_000])), (Z, n([150_000, 111_750, 38_250, 150_000]))];
    assert_eq!(rows(given(&view, veto, B), usd), expected);
    assert_eq!(rows(given(&view, veto, C), usd), expected);
    // Nothing can be slashed where nothing slashes, nor where nothing lies.
    let d = given(&view, market.unslashable.vault, D);
    assert_eq!(rows(d, wei), [(X, n([20, 20, 0, 0]))]);
    assert_eq!(d.slashable_until, Timestamp(0));
    assert_eq!(rows(given(&view, market.routed.vault, A), wei), [(X, n([0, 0, 0, 0]))]);
    // The stake of the second before can be slashed for an epoch; vetoes must fit into it.
    assert_eq!(a.slashable_until, Timestamp(NOW - 1 + WEEK));
    assert_eq!(a.request_until, a.slashable_until);
    let c = given(&view, veto, C);
    assert_eq!(c.request_until, Timestamp(NOW - 1 + WEEK - DAY));
}

#[test]
fn rules_are_told_with_who_can_change_them() {
    let market = Market::new();
    let view = market.view();
    let curator = party(market.sandbox.curator);
    let instant = view.vault(&party(market.instant.vault)).unwrap();
    assert_eq!(instant.active, Assets(wei(135)));
    assert_eq!(instant.leaving, Assets(wei(10)));
    let next_epoch_at = Timestamp(START + 42 * DAY);
    assert_eq!(
        instant.exit.rule,
        ExitRule::Epochs { epoch: 5, epoch_seconds: WEEK, next_epoch_at }
    );
    assert_eq!(instant.exit.seconds, 9 * DAY - 3_600);
    assert_eq!(instant.slashing.mode, SlashingMode::Instant);
    let by_curator = |rule| {
        let found = instant.changes.iter().find(|change| change.rule == rule);
        found.is_some_and(|change| change.by == [curator.clone()] && change.delay_seconds == 0)
    };
    for rule in [Rule::DepositLimit, Rule::NetworkLimit, Rule::OperatorStake, Rule::VaultCode] {
        assert!(by_curator(rule), "{rule:?}");
    }
    let veto = view.vault(&party(market.veto.vault)).unwrap();
    let resolver_delay_seconds = 2 * WEEK;
    let mode = SlashingMode::Veto { veto_seconds: DAY, resolver_delay_seconds };
    assert_eq!(veto.slashing.mode, mode);
    assert!(veto.fixed.contains(&Rule::VetoTime));
    let resolver = given(&view, market.veto.vault, B).resolver.clone().unwrap();
    assert_eq!((resolver.was_set, resolver.current), (true, Some(party(RESOLVER))));
    assert!(!given(&view, market.veto.vault, C).resolver.clone().unwrap().was_set);
    let unslashable = view.vault(&party(market.unslashable.vault)).unwrap();
    assert_eq!(unslashable.slashing.mode, SlashingMode::Never);
    // Roles that nobody holds are not changes.
    let routed = view.vault(&party(market.routed.vault)).unwrap();
    let rules: Vec<Rule> = routed.changes.iter().map(|change| change.rule).collect();
    let expected =
        [Rule::DepositLimit, Rule::NetworkLimit, Rule::OperatorStake, Rule::SlashReceivers];
    assert_eq!(rules, expected);
    assert_eq!(routed.changes[3].by, [party(ROUTER_OWNER)]);
    assert_eq!(routed.changes[3].delay_seconds, 3 * DAY);
    let Destination::Router { router, receivers, .. } = &routed.slashing.destination else {
        panic!("{:?}", routed.slashing.destination);
    };
    assert_eq!(*router, market.router);
    assert_eq!((receivers.len(), &receivers[0].receiver), (2, &None));
    assert_eq!(receivers[1].receiver, Some(party(RECEIVER)));
}

#[test]
fn slashes_are_told_with_what_came_of_them() {
    let view = Market::new().view();
    let told: Vec<(Option<u64>, &SlashStatus)> =
        view.slashes.iter().map(|slash| (slash.request, &slash.status)).collect();
    let at = |seconds| Timestamp(START + 40 * DAY + seconds);
    let executed = |at, amount: U256| SlashStatus::Executed {
        at,
        nominal: Assets(amount),
        taken: Some(Assets(amount)),
    };
    let expected = [
        (None, executed(at(0), wei(5))),
        (Some(1), SlashStatus::Vetoed { at: at(100), resolver: party(RESOLVER) }),
        (Some(2), executed(at(100), usd(2_000))),
        (Some(0), SlashStatus::Expired { since: Timestamp(START + DAY - 1 + WEEK) }),
        (Some(3), SlashStatus::Executable { until: at(1_800 - 1 + WEEK) }),
        (Some(4), SlashStatus::Vetoable { until: at(1_800 + DAY) }),
    ];
    let expected: Vec<_> = expected.iter().map(|(request, status)| (*request, status)).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_slash_that_finds_less_says_what_was_taken() {
    use bondstone_symbiotic::abi::slasher::Slasher;
    let mut market = Market::new();
    let slash = |network, amount: u64, market: &Market| Slasher::slashCall {
        subnetwork: first(network),
        operator: X,
        amount: wei(amount),
        captureTimestamp: U48::from(market.sandbox.now() - 1),
        hints: Bytes::new(),
    };
    // Everybody but two leaves, and after two epochs only what is left can be taken.
    let leave = Vault::withdrawCall { claimer: account(2), amount: wei(30) };
    market.act(account(2), market.instant.vault, &leave);
    let leave = Vault::withdrawCall { claimer: account(1), amount: wei(70) };
    market.act(account(1), market.instant.vault, &leave);
    market.sandbox.wait(2 * WEEK + DAY);
    // 35 are left: A has 35 and B has 35; X stands for 21 of each.
    let first_slash = slash(A, 21, &market);
    market.act(middleware(A), market.instant.slasher, &first_slash);
    let second_slash = slash(B, 21, &market);
    market.act(middleware(B), market.instant.slasher, &second_slash);
    let view = market.view();
    let taken: Vec<(Assets, Option<Assets>)> = view
        .slashes
        .iter()
        .filter_map(|slash| match slash.status {
            SlashStatus::Executed { at, nominal, taken } if at.0 > NOW => Some((nominal, taken)),
            _ => None,
        })
        .collect();
    let amounts = |a, b| (Assets(wei(a)), Some(Assets(wei(b))));
    assert_eq!(taken, [amounts(21, 21), amounts(21, 14)]);
}

#[test]
fn pay_is_told_by_stream_and_window() {
    let market = Market::new();
    let view = market.view();
    let stakers = view.payments.iter().find(|p| p.rail == party(market.staker_rewards)).unwrap();
    let vault = party(market.instant.vault);
    assert_eq!((&stakers.network, &stakers.payee), (&party(A), &Payee::Stakers { vault }));
    let fee = Fraction { numerator: 1_000, denominator: 10_000 };
    assert_eq!(stakers.distribution, Distribution::ActiveShares { fee });
    // 9 000 and 6 000 HYP less a tenth; the first lies 39 days back.
    let sums: Vec<(U256, u64)> = stakers
        .windows
        .iter()
        .map(|window| (window.paid.amount.0 / wei(1), window.paid.count))
        .collect();
    assert_eq!(sums, [(U256::from(5_400), 1), (U256::from(5_400), 1), (U256::from(13_500), 2)]);
    assert_eq!(stakers.total.fee, Assets(wei(1_500)));
    assert_eq!(stakers.first_at, Some(Timestamp(START + DAY)));
    assert_eq!(stakers.last_at, Some(Timestamp(START + 38 * DAY)));
    assert!(stakers.is_complete);
    let operators =
        view.payments.iter().find(|p| p.rail == party(market.operator_rewards)).unwrap();
    assert_eq!((&operators.network, operators.token), (&party(B), Asset::Token(TAN)));
    let Distribution::MerkleRoot { root: Some(_), unclaimed } = operators.distribution else {
        panic!("{:?}", operators.distribution);
    };
    assert_eq!((unclaimed, operators.last.amount), (Assets(wei(4_000)), Assets(wei(10_000))));
    assert!(operators.is_complete);
}

#[test]
fn yields_are_exact_and_round_down() {
    let market = Market::new();
    let view = market.view();
    let find = |rail| view.payments.iter().find(|p| p.rail == party(rail)).unwrap();
    let stakers = find(market.staker_rewards);
    let month = 30 * DAY;
    let prices = |list: &[(Address, &str)]| {
        list.iter().map(|(t, price)| (Asset::Token(*t), price.parse().unwrap())).collect()
    };
    // 5 400 HYP in 30 days on 135 WST: 5400 * 365 / 30 / 135 = 486.6666…
    let bare = view.yield_of(stakers, month, &prices(&[]));
    assert_eq!(bare.tokens_per_token.unwrap().to_string(), "486.666666");
    assert_eq!(bare.percent, Err(Unrated::NoPrice(Asset::Token(HYP))));
    // 2 700 on 540 000: 6.0833… percent.
    let priced = view.yield_of(stakers, month, &prices(&[(HYP, "0.5"), (WST, "4000")]));
    assert_eq!(priced.percent.unwrap().to_string(), "6.08");
    // B's operators stand for 80 WST and 400 000 USD: no rate in tokens, but one in money.
    // 10 000 TAN at 0.1 in 30 days on 720 000: 1.6898… percent.
    let operators = find(market.operator_rewards);
    let priced = [(TAN, "0.1"), (WST, "4000"), (USD, "1")];
    let rate = view.yield_of(operators, month, &prices(&priced));
    assert_eq!((rate.tokens_per_token, rate.stake.len()), (None, 2));
    assert_eq!(rate.percent.unwrap().to_string(), "1.68");
}

#[test]
fn dangers_are_told() {
    let market = Market::new();
    let view = market.view();
    let vault = |parts: bondstone_world::sandbox::VaultParts| party(parts.vault);
    let (routed, veto) = (vault(market.routed), vault(market.veto));
    let subnetwork = Assets::ZERO;
    let expected = [
        Warning::NoSlasher { vault: vault(market.unslashable) },
        Warning::RouterNotCalled { vault: routed.clone(), router: party(market.router) },
        Warning::ZeroBurner { vault: vault(market.burnerless) },
        Warning::ResolverNeverSet { vault: veto.clone(), network: party(C), subnetwork },
        Warning::NothingSlashable {
            vault: routed.clone(),
            network: party(A),
            subnetwork,
            stake: Assets::ZERO,
        },
        Warning::NothingSlashable {
            vault: routed.clone(),
            network: party(B),
            subnetwork,
            stake: Assets::ZERO,
        },
        Warning::NoReceiver { vault: routed, network: party(B) },
        Warning::NoMiddleware { network: party(D) },
        Warning::SlashExpired {
            vault: veto.clone(),
            network: party(C),
            operator: party(Z),
            request: Some(0),
            since: Timestamp(START + DAY - 1 + WEEK),
        },
        Warning::SlashExecutable {
            vault: veto,
            network: party(C),
            operator: party(Y),
            request: Some(3),
            until: Timestamp(START + 40 * DAY + 1_799 + WEEK),
        },
    ];
    assert_eq!(view.warnings(), expected);
}

#[test]
fn what_the_history_lacks_is_said() {
    let mut market = Market::new();
    market.history().clear();
    let view = market.view();
    assert_eq!(view.payments.len(), 2);
    assert!(view.payments.iter().all(|payment| !payment.is_complete));
    let closed = view.slashes.iter().filter(|slash| slash.status == SlashStatus::Closed).count();
    assert_eq!(closed, 2);
    let incomplete =
        view.warnings().into_iter().filter(|w| matches!(w, Warning::IncompleteHistory { .. }));
    assert_eq!(incomplete.count(), 2);
}

#[test]
fn logs_of_strangers_are_not_believed() {
    let mut market = Market::new();
    let before = market.view();
    let copies = market.history().clone();
    for (mut log, number, timestamp) in copies {
        log.address = Address::repeat_byte(0x99);
        market.history().push((log, number, timestamp));
    }
    assert_eq!(market.view(), before);
}

/// The same market as in the golden file; the report is tested against that file.
#[test]
fn the_picture_in_json_is_the_golden_one() {
    golden("security.json", &Market::new().view());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is given: figures are the contracts' own, and together no more than there is.
    #[test]
    fn stakes_are_those_of_the_contracts_and_fit(
        limits in prop::collection::vec((0usize..3, 0u64..300), 1..6),
        parts in prop::collection::vec((0usize..3, 0usize..3, 0u64..100), 1..9),
        leaving in 0u64..130,
        slashed in 0u64..40,
        wait in 1u64..(2 * WEEK),
    ) {
        let mut market = Market::new();
        let at = market.instant;
        for (network, limit) in limits {
            market.limit_any(at.delegator, [A, B, C][network], wei(limit));
        }
        for (network, operator, shares) in parts {
            market.shares_any(at.delegator, [A, B, C][network], [X, Y, Z][operator], shares);
        }
        market.sandbox.wait(wait);
        let captured = U48::from(market.sandbox.now() - 1);
        let slash = bondstone_symbiotic::abi::slasher::Slasher::slashCall {
            subnetwork: first(B),
            operator: Y,
            amount: wei(slashed),
            captureTimestamp: captured,
            hints: Bytes::new(),
        };
        market.sandbox.send(middleware(B), at.slasher, &slash);
        let leave = Vault::withdrawCall { claimer: account(1), amount: wei(leaving) };
        market.sandbox.send(account(1), at.vault, &leave);
        let view = market.view();
        let vault = view.vault(&party(at.vault)).unwrap();
        let mut unique = U256::ZERO;
        for c in view.commitments_of(&party(at.vault)) {
            let network = c.network.account().unwrap();
            prop_assert!(c.stake <= c.limit.min(vault.active));
            prop_assert!(c.limit <= c.maximum);
            prop_assert_eq!(c.unique.plus(c.shared), Ok(c.stake));
            unique += c.unique.0;
            for o in &c.operators {
                let operator = o.operator.account().unwrap();
                let subnetwork = first(network);
                let call = Delegator::stakeCall { subnetwork, operator };
                prop_assert_eq!(market.sandbox.read(at.delegator, &call).unwrap(), o.stake.0);
                let call = BaseSlasher::slashableStakeCall {
                    subnetwork,
                    operator,
                    captureTimestamp: captured,
                    hints: Bytes::new(),
                };
                prop_assert_eq!(market.sandbox.read(at.slasher, &call).unwrap(), o.slashable.0);
            }
        }
        prop_assert!(unique <= vault.active.0);
        // Who is not listed has nothing.
        for (network, operator) in [(A, Z), (B, Z), (C, X), (C, Y), (C, Z)] {
            let vault = party(at.vault);
            let told = view.commitments_of(&vault).filter(|c| c.network == party(network));
            let told = told.flat_map(|c| &c.operators).any(|o| o.operator == party(operator));
            let call = Delegator::stakeCall { subnetwork: first(network), operator };
            let stake = market.sandbox.read(at.delegator, &call).unwrap();
            prop_assert!(told || stake.is_zero());
        }
    }
}
