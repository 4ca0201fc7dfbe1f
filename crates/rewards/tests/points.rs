//! Points at a rate beside the same arithmetic written down naively, block by block.

mod scene;

use alloy_primitives::{U256, U512};
use bondstone_rewards::distribution::Kind;
use bondstone_rewards::explanation::Explainer;
use bondstone_rewards::{Inputs, Prices, Programme, RewardsError, Window, distribute};
use proptest::prelude::*;
use scene::{Scene, recipient, who};
use std::collections::BTreeMap;

fn programme(rate: &str, fee: &str) -> Programme {
    let text = format!(
        "[payer]\nnetwork = \"{}\"\nchain_id = 1\n[pay]\npoints = \"Stars\"\ndecimals = 48\n\
         [[period]]\nfrom = 100\nuntil = 200\ncadence = \"50s\"\n\
         [points]\nrate_per_usd_hour = \"{rate}\"\noperator_fee = \"{fee}\"\n\
         [prices]\nfile = \"usd.csv\"\n",
        who(0xa1),
    );
    Programme::parse("p.toml", &text).unwrap()
}

fn prices(rows: &[(u64, u8, &str)]) -> Prices {
    let rows: String = rows
        .iter()
        .map(|(from, asset, price)| format!("{from},{},{price}\n", who(*asset)))
        .collect();
    Prices::parse("usd.csv", &format!("from,asset,price\n{rows}")).unwrap()
}

fn ten(exponent: u64) -> U256 {
    U256::from(10).pow(U256::from(exponent))
}

const PERIOD: Window = Window { from: 100, until: 200 };

#[test]
fn a_worked_block() {
    // One vault of 300 units with no decimals, of which 200 are delegated, 50 and 150; three
    // dollars each; 36 seconds are a hundredth of an hour. At two points a dollar and hour:
    // 2 * 600 / 100 = 12 points, a quarter of them for operators.
    let mut scene = Scene::new(&[(1, 50, 100), (2, 60, 200)], 0);
    scene.delegate(0, 0xd1, 70, 50);
    scene.delegate(0, 0xd2, 70, 150);
    // The state of the block at 136 counts from there on only, and there is no block after it.
    scene.blocks = vec![100, 136];
    let prices = prices(&[(0, 0xee, "3"), (136, 0xee, "7")]);
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, prices: Some(&prices), ..Inputs::default() };
    let programme = programme("2", "25%");
    let found = distribute(&programme, &inputs, PERIOD, None).unwrap();
    let earned = |account, kind| found.entry(recipient(account, kind)).unwrap().earned;
    assert_eq!(found.accounts.figures().budget, U256::from(12) * ten(48));
    assert_eq!(earned(0xd1, Kind::Operator), U256::from(75) * ten(46));
    assert_eq!(earned(0xd2, Kind::Operator), U256::from(225) * ten(46));
    // 9 points by active balances of 100 and 200.
    assert_eq!(earned(1, Kind::Staker), U256::from(3) * ten(48));
    assert_eq!(earned(2, Kind::Staker), U256::from(6) * ten(48));
    let explainer = Explainer::new(&programme, &inputs, &found).unwrap();
    let explanation = explainer.explain(recipient(2, Kind::Staker)).unwrap();
    assert_eq!(explanation.points.len(), 1);
    assert_eq!(explanation.points[0].weight, U256::from(600) * ten(24));
}

#[test]
fn a_price_that_is_missing_is_named() {
    let mut scene = Scene::new(&[(1, 50, 100)], 0);
    scene.delegate(0, 0xd1, 70, 50);
    scene.blocks = vec![100, 136];
    let prices = prices(&[(101, 0xee, "3")]);
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, prices: Some(&prices), ..Inputs::default() };
    let gap = RewardsError::PriceGap { asset: who(0xee), second: 100, last: None };
    assert_eq!(distribute(&programme("2", "25%"), &inputs, PERIOD, None), Err(gap));
}

/// A change of an account or operator: who, when, how much.
type Changes = Vec<(u8, u64, u64)>;

fn at(list: &Changes, who: u8, second: u64) -> U512 {
    let before = list.iter().filter(|change| change.0 == who && change.1 <= second);
    U512::from(before.max_by_key(|change| change.1).map_or(0, |change| change.2))
}

/// The template's loop over blocks; shares are worth as much stake.
fn naive(
    vaults: &[(Changes, Changes)],
    blocks: &[u64],
    price: impl Fn(usize, u64) -> U512,
    rate: U512,
    fee: u64,
) -> BTreeMap<(u8, bool), U512> {
    let mut points: BTreeMap<(u8, bool), U512> = BTreeMap::new();
    let unit = U512::from(10).pow(U512::from(18));
    let whole = U512::from(10_000);
    for pair in blocks.windows(2).filter(|pair| pair[1] > 100 && pair[1] <= 200) {
        let (before, seconds) = (pair[0], U512::from(pair[1] - pair[0]));
        let mut by: BTreeMap<u8, BTreeMap<usize, U512>> = BTreeMap::new();
        let mut by_vault = vec![U512::ZERO; vaults.len()];
        for (vault, (_, given)) in vaults.iter().enumerate() {
            for operator in 0xd1..0xd4 {
                let value = at(given, operator, before) * price(vault, before) / unit;
                *by.entry(operator).or_default().entry(vault).or_default() += value;
                by_vault[vault] += value;
            }
        }
        let all: U512 = by_vault.iter().copied().sum();
        if all.is_zero() {
            continue;
        }
        let hour = U512::from(3_600) * U512::from(10).pow(U512::from(24));
        let issued = rate * all * seconds / hour;
        for (operator, stakes) in &by {
            let sum: U512 = stakes.values().copied().sum();
            if sum.is_zero() {
                continue;
            }
            let part = U512::from(fee) * issued * sum / (whole * all);
            for stake in stakes.values() {
                *points.entry((*operator, true)).or_default() += part * *stake / sum;
            }
        }
        for (vault, (changes, _)) in vaults.iter().enumerate() {
            let part = (whole - U512::from(fee)) * issued * by_vault[vault] / (whole * all);
            let of = |who| at(changes, who, before) * price(vault, before) / unit;
            let sum: U512 = (1..6).map(of).sum();
            for who in (1..6).filter(|_| !sum.is_zero()) {
                *points.entry((who, false)).or_default() += part * of(who) / sum;
            }
        }
    }
    points.retain(|_, points| !points.is_zero());
    points
}

fn changes(who: std::ops::Range<u8>) -> impl Strategy<Value = Changes> {
    let amount = prop_oneof![1 => Just(0u64), 4 => 1u64..u64::from(u32::MAX)];
    prop::collection::vec((who, 80u64..200, amount), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_block_is_computed_as_the_template_does(
        first in (changes(1..6), changes(0xd1..0xd4)),
        second in (changes(1..6), changes(0xd1..0xd4)),
        blocks in prop::collection::btree_set(90u64..210, 0..40),
        fee in 0u64..=10_000,
        moves in 101u64..199,
    ) {
        let mut scene = Scene::new(&first.0, 18);
        scene.vault(0xc2, 0xef, 18, &second.0);
        for (number, (_, given)) in [&first, &second].into_iter().enumerate() {
            given.iter().for_each(|(who, at, stake)| scene.delegate(number, *who, *at, *stake));
        }
        scene.blocks = blocks.into_iter().collect();
        let table = prices(&[(0, 0xee, "4320.5"), (0, 0xef, "0.99"), (moves, 0xef, "1.01")]);
        let (a, b) = (who(0xee), who(0xef));
        let price = |vault: usize, second: u64| {
            let steps = table.of([a, b][vault]);
            U512::from(steps.iter().rfind(|(from, _)| *from <= second).unwrap().1)
        };
        let rate = U512::from(ten(45)) * U512::from(1_234);
        let vaults = [first.clone(), second.clone()];
        let expected = naive(&vaults, &scene.blocks, price, rate, fee);
        let percent = format!("{}.{:02}%", fee / 100, fee % 100);
        let programme = programme("1.234", &percent);
        let histories = [&scene.history()];
        let inputs = Inputs { histories: &histories, prices: Some(&table), ..Inputs::default() };
        let found = distribute(&programme, &inputs, PERIOD, None).unwrap();
        let earned: BTreeMap<(u8, bool), U512> = found
            .entries
            .iter()
            .map(|entry| {
                let is_operator = entry.recipient.kind == Kind::Operator;
                ((entry.recipient.account[19], is_operator), U512::from(entry.earned))
            })
            .collect();
        prop_assert_eq!(earned, expected);
        let explainer = Explainer::new(&programme, &inputs, &found).unwrap();
        for entry in &found.entries {
            let explanation = explainer.explain(entry.recipient).unwrap();
            prop_assert_eq!(explanation.sum().unwrap(), entry.amount);
        }
        // Block by block, so that halves give the same.
        let half = Window { from: 100, until: 150 };
        let half = distribute(&programme, &inputs, half, None).unwrap();
        let rest = Window { from: 150, until: 200 };
        let rest = distribute(&programme, &inputs, rest, Some(&half)).unwrap();
        let totals = |found: &bondstone_rewards::Distribution| -> Vec<_> {
            found.entries.iter().map(|entry| (entry.recipient, entry.earned)).collect()
        };
        prop_assert_eq!(totals(&rest), totals(&found));
    }
}
