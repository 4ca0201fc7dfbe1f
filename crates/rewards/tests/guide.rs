//! The five programmes of the guide, as they are printed there.

use alloy_primitives::{Address, U256, address};
use bondstone_rewards::distribution::{Kind, claimable};
use bondstone_rewards::explanation::Explainer;
use bondstone_rewards::programme::{Rate, Shape};
use bondstone_rewards::{
    Distribution, History, HistoryBuilder, Inputs, Performance, PointsList, Prices, Programme,
    Window, distribute,
};

const GUIDE: &str = include_str!("../../../docs/guides/pay-your-security.md");
const DAY: u64 = 86_400;
/// 1 September 2025.
const SEPTEMBER: u64 = 1_756_684_800;

const VAULTS: [Address; 2] = [
    address!("00000000000000000000000000000000000a0001"),
    address!("00000000000000000000000000000000000a0002"),
];
const ASSETS: [Address; 2] = [
    address!("00000000000000000000000000000000000e0001"),
    address!("00000000000000000000000000000000000e0002"),
];
const EXCLUDED: Address = address!("00000000000000000000000000000000000f0009");
const TREASURY: Address = address!("00000000000000000000000000000000000f0001");

fn programmes() -> Vec<Programme> {
    let blocks = GUIDE.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let read = |(number, text)| Programme::parse(&format!("guide {}", number + 1), text);
    blocks
        .enumerate()
        .map(read)
        .map(|found| found.unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

fn staker(number: u64) -> Address {
    Address::from_word(U256::from(0x5_0000 + number).into())
}

fn operator(number: u64) -> Address {
    Address::from_word(U256::from(0xd_0000 + number).into())
}

/// Two vaults, the second one of another asset if `assets` says so, with 30 stakers who come one
/// after the other from August on; some leave in September. Blocks every ten minutes.
fn history(chain_id: u64, assets: usize) -> History {
    let mut builder = HistoryBuilder::new(chain_id);
    for (number, address) in VAULTS.into_iter().enumerate() {
        let asset = ASSETS[number % assets];
        let vault = builder.vault(address, asset, 18, false).unwrap();
        let pool = builder.active(vault);
        let ether = U256::from(10).pow(U256::from(18));
        let mut total = U256::ZERO;
        let start = SEPTEMBER - 20 * DAY;
        for account in 0..30u64 {
            let second = start + account * DAY + 77;
            let stake = ether * U256::from(account + 1 + number as u64);
            total += stake;
            builder.set_shares(pool, staker(account), second, stake).unwrap();
            builder.set_pool(pool, second, total, total).unwrap();
            if account == 20 {
                total += stake;
                builder.set_shares(pool, EXCLUDED, second, stake).unwrap();
                builder.set_pool(pool, second, total, total).unwrap();
            }
        }
        let leaves = start + 30 * DAY;
        let stake = ether * U256::from(3 + number as u64);
        total -= stake;
        builder.set_shares(pool, staker(2), leaves, U256::ZERO).unwrap();
        builder.set_pool(pool, leaves, total, total).unwrap();
        let exiting = builder.exiting(vault).unwrap();
        builder.set_shares(exiting, staker(2), leaves, stake).unwrap();
        builder.set_pool(exiting, leaves, stake, stake).unwrap();
        builder.set_pool(exiting, leaves + 7 * DAY, stake, U256::ZERO).unwrap();
        for each in 0..3 {
            let given = ether * U256::from(20 + 30 * each);
            builder.set_delegated(vault, operator(each), start + DAY, given).unwrap();
        }
    }
    let blocks = (0..=6 * 24 * 2).map(|block| SEPTEMBER - DAY + block * 600).collect();
    builder.blocks(blocks).unwrap();
    builder.finish(SEPTEMBER + 90 * DAY).unwrap()
}

/// Runs a programme interval by interval; every distribution adds up and explains itself.
fn run(programme: &Programme, histories: &[&History]) -> Vec<Distribution> {
    let tasks: String = (0..3).map(|each| format!("{},{}\n", operator(each), 100 + each)).collect();
    let performance = Performance::parse("tasks.csv", &format!("operator,tasks\n{tasks}")).unwrap();
    let usd: String = ASSETS
        .iter()
        .map(|asset| format!("2025-08-01,{asset},4000\n2025-09-01,{asset},4320.5\n"))
        .collect();
    let prices = Prices::parse("usd.csv", &format!("from,asset,price\n{usd}")).unwrap();
    let helpers = format!("account,points\n{},3\n{},1.5\n", staker(1), staker(99));
    let points = PointsList::parse("helpers.csv", &helpers).unwrap();
    let inputs = Inputs {
        histories,
        prices: Some(&prices),
        performance: Some(&performance),
        points: Some(&points),
    };
    let mut found: Vec<Distribution> = Vec::new();
    let mut second = 0;
    while let Some(window) = programme.next_interval(second) {
        let next = distribute(programme, &inputs, window, found.last());
        let next = next.unwrap_or_else(|error| panic!("{}: {error}", programme.title));
        let explainer = Explainer::new(programme, &inputs, &next).unwrap();
        for entry in &next.entries {
            let explanation = explainer.explain(entry.recipient).unwrap();
            assert_eq!(explanation.sum().unwrap(), entry.amount);
        }
        if let Some(before) = found.last() {
            for entry in &before.entries {
                let now = next.entry(entry.recipient).expect("nobody is forgotten");
                assert!(now.earned >= entry.earned && now.payable >= entry.payable);
            }
        }
        second = window.until;
        found.push(next);
    }
    found
}

fn sum(found: &[Distribution], kind: Kind) -> U256 {
    let last = found.last().expect("there is an interval");
    let entries = last.entries.iter().filter(|entry| entry.recipient.kind == kind);
    entries.map(|entry| entry.earned).sum()
}

fn whole(tokens: u64, decimals: u8) -> U256 {
    U256::from(tokens) * U256::from(10).pow(U256::from(decimals))
}

#[test]
fn there_are_five_shapes() {
    let titles: Vec<String> = programmes().into_iter().map(|programme| programme.title).collect();
    assert_eq!(
        titles,
        [
            "HYPER for stakers",
            "TANSSI for operators, stakers and contributors",
            "SPK points",
            "Stars",
            "Four percent"
        ]
    );
}

#[test]
fn hyper_is_spent_to_the_last_unit_but_for_the_fee() {
    let programme = &programmes()[0];
    let found = run(programme, &[&history(1, 1)]);
    assert_eq!(found.len(), 8);
    let figures: Vec<_> = found.iter().map(|found| *found.accounts.figures()).collect();
    let budget: U256 = figures.iter().map(|figures| figures.budget).sum();
    assert_eq!(budget, whole(1_800_000, 18));
    let fees: U256 = figures.iter().map(|figures| figures.protocol_fees).sum();
    let distributed: U256 = figures.iter().map(|figures| figures.paid).sum();
    let last = figures.last().unwrap();
    assert_eq!(fees + distributed + last.carried_out + last.held_out, budget);
    // 1 % on top of what is distributed, rounded in each of eight intervals.
    let (found_fees, exact) = (fees, budget / U256::from(101));
    assert!(found_fees.abs_diff(exact) <= U256::from(8), "{found_fees} of {exact}");
    assert!(sum(&found, Kind::Operator) > U256::ZERO && sum(&found, Kind::Curator) > U256::ZERO);
}

#[test]
fn tanssi_pays_three_groups_in_their_shares() {
    let programme = &programmes()[1];
    let found = run(programme, &[&history(1, 2)]);
    assert_eq!(found.len(), 14);
    let budget = whole(350_000, 12) + whole(5, 11);
    let close = |kind, percent: u64| {
        let share = budget * U256::from(percent) / U256::from(100);
        let paid = sum(&found, kind);
        let off = paid.abs_diff(share);
        assert!(off < U256::from(14 * 100), "{kind:?}: {paid} of {share}");
    };
    close(Kind::Operator, 50);
    close(Kind::Staker, 40);
    close(Kind::Contributor, 10);
    let entry = found[0].entries[0];
    let end = found[0].window.until;
    let claim = |second| claimable(&found[..1], entry.recipient, second).unwrap();
    assert_eq!((claim(end), claim(end + 7 * DAY)), (U256::ZERO, entry.released));
}

#[test]
fn points_leave_nobody_out_but_the_excluded() {
    let programme = &programmes()[2];
    let found = run(programme, &[&history(1, 2)]);
    assert_eq!(found.len(), 2);
    let last = found.last().unwrap();
    assert!(last.entries.iter().all(|entry| entry.recipient.account != EXCLUDED));
    let carried = last.accounts.figures().carried_out;
    let paid = sum(&found, Kind::Staker) + sum(&found, Kind::Contributor);
    assert_eq!(paid + carried, whole(25_000_000, 6));
    assert!(carried < U256::from(100));
}

#[test]
fn stars_are_issued_for_dollars_and_hours() {
    let programme = &programmes()[3];
    let histories = [&history(1, 1)];
    let found = run(programme, &histories);
    assert_eq!(found.len(), 1);
    let figures = found[0].accounts.figures();
    // 150 of each vault are delegated, 4 320.5 dollars each, six hours, three quarters of a point.
    let points = whole(2 * 150 * 6, 48) * U256::from(43_205) / U256::from(10);
    assert_eq!(figures.budget, points * U256::from(3) / U256::from(4));
    assert_eq!(sum(&found, Kind::Operator), figures.budget / U256::from(10));
    assert!(figures.dust < U256::from(36 * 200));
}

#[test]
fn four_percent_last_until_the_budget_ends() {
    let programme = &programmes()[4];
    let Shape::Budget(terms) = &programme.shape else { panic!("it is a budget") };
    assert_eq!(terms.rate, Rate::Fixed(40_000));
    let histories = [&history(1, 1), &history(10, 1)];
    let found = run(programme, &histories);
    assert_eq!(found.len(), 3);
    let figures: Vec<_> = found.iter().map(|found| *found.accounts.figures()).collect();
    // 300 ether on each chain at 4 320.5 dollars and 4 % are some 1 990 dollars a week: not all of
    // it was there for a week at first, and in the third one the budget ends.
    assert_eq!(figures.iter().map(|figures| figures.budget).sum::<U256>(), whole(5_000, 6));
    assert!(figures[0].budget <= figures[1].budget && figures[2].budget < figures[1].budget);
    assert!(sum(&found, Kind::Operator) > U256::ZERO);
    let chains: std::collections::BTreeSet<u64> =
        found[2].entries.iter().map(|entry| entry.recipient.chain_id).collect();
    assert_eq!(chains.into_iter().collect::<Vec<_>>(), [1, 10]);
    let dust = found[2].entries.iter().find(|entry| entry.recipient.account == TREASURY).unwrap();
    assert!(dust.earned < U256::from(1_000));
    let entry = found[0].entries[0];
    let until = found[0].window.until;
    let claim = |second| claimable(&found[..1], entry.recipient, second).unwrap();
    assert_eq!(claim(until + 15 * DAY), entry.released / U256::from(2));
}

#[test]
fn a_window_of_several_intervals_gives_what_they_give_one_by_one() {
    for programme in programmes() {
        let histories = [&history(1, 1)];
        let one_by_one = run(&programme, &histories);
        let Some(last) = one_by_one.last() else { panic!("there is an interval") };
        if programme.files().contains(&"tasks.csv") || programme.files().contains(&"helpers.csv") {
            continue;
        }
        let usd =
            format!("from,asset,price\n2025-08-01,{},4000\n2025-09-01,{0},4320.5\n", ASSETS[0]);
        let prices = Prices::parse("usd.csv", &usd).unwrap();
        let inputs = Inputs { histories: &histories, prices: Some(&prices), ..Inputs::default() };
        let window = Window { from: one_by_one[0].window.from, until: last.window.until };
        let whole = distribute(&programme, &inputs, window, None).unwrap();
        let earned = |found: &Distribution| -> Vec<_> {
            found.entries.iter().map(|entry| (entry.recipient, entry.earned)).collect()
        };
        assert_eq!(earned(&whole), earned(last), "{}", programme.title);
    }
}
