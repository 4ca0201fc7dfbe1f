//! Distributions with figures that can be checked by hand.

mod scene;

use alloy_primitives::U256;
use bondstone_rewards::distribution::{Kind, Recipient};
use bondstone_rewards::{
    Distribution, Inputs, Performance, PointsList, Prices, Programme, RewardsError, Window,
    distribute, explain,
};
use scene::{Scene, amounts, recipient, who};

const DAY: u64 = 86_400;

/// A programme of 1 000 units for ten seconds, with more lines.
fn programme(more: &str) -> Programme {
    let text = format!(
        "[payer]\nnetwork = \"{}\"\nchain_id = 1\n[pay]\ntoken = \"{}\"\ndecimals = 0\n\
         [[period]]\nfrom = 100\nuntil = 110\nbudget = \"1000\"\n{more}",
        who(0xa1),
        who(0xb1),
    );
    Programme::parse("p.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn run(programme: &Programme, scene: &Scene) -> Distribution {
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let found = distribute(programme, &inputs, window, None).unwrap();
    explains_itself(programme, &inputs, &found);
    found
}

/// Every recipient's terms add up to the amount.
fn explains_itself(programme: &Programme, inputs: &Inputs<'_>, found: &Distribution) {
    for entry in &found.entries {
        let explanation = explain(programme, inputs, found, entry.recipient).unwrap();
        assert_eq!(explanation.sum().unwrap(), entry.amount, "{:?}", entry.recipient);
    }
}

const STAKERS: &str = "[stakers]\nshare = \"100%\"\ncounted = \"vault\"\n";

#[test]
fn stake_is_paid_by_the_second() {
    // Account 1 has 3 for all ten seconds, account 2 has 4 for the last five: 30 and 20 of 50.
    let scene = Scene::new(&[(1, 50, 3), (2, 105, 4)], 18);
    let found = run(&programme(STAKERS), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 600), (2, 400)]);
    let figures = found.accounts.figures();
    assert_eq!((figures.budget, figures.paid), (U256::from(1_000), U256::from(1_000)));
    // Leaving counts too, and what happened before or after the window does not.
    let scene = Scene::new(&[(1, 50, 3), (2, 60, 9), (2, 99, 1), (2, 105, 0), (1, 110, 77)], 18);
    let found = run(&programme(STAKERS), &scene);
    // 30 and 5 of 35: 857.14 and 142.86.
    assert_eq!(amounts(&found, Kind::Staker), [(1, 857), (2, 142)]);
    assert_eq!(found.accounts.figures().dust, U256::ONE);
}

#[test]
fn captures_pay_by_shares_at_a_second() {
    let more =
        "[stakers]\nshare = \"100%\"\ncounted = \"vault\"\nmeasure = \"capture\"\nevery = \"5s\"\n";
    // Seconds 100 and 105, 500 each: 1 has all of the first, 3 of 7 of the second.
    let scene = Scene::new(&[(1, 50, 3), (2, 105, 4)], 18);
    let found = run(&programme(more), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 500 + 214), (2, 285)]);
    assert_eq!(found.accounts.figures().dust, U256::ONE);
}

#[test]
fn only_what_is_delegated_counts_between_vaults() {
    let mut scene = Scene::new(&[(1, 50, 100)], 18);
    scene.vault(0xc2, 0xee, 18, &[(2, 50, 100)]);
    scene.delegate(0, 0xd1, 60, 25);
    scene.delegate(1, 0xd1, 60, 50);
    scene.delegate(1, 0xd2, 60, 70);
    // Vault 2 gives 120 of its 100: no more counts than there is. 25 and 100 of 125.
    let found = run(&programme("[stakers]\nshare = \"100%\"\n"), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 200), (2, 800)]);
    // Of operator d1 alone: 25 and 50.
    let text = "[stakers]\nshare = \"100%\"\n".to_owned();
    let mut only = programme(&text);
    let bondstone_rewards::programme::Shape::Budget(terms) = &mut only.shape else { panic!() };
    let value = who(0xd1);
    terms.counted_operators = Some(vec![bondstone_rewards::text::Written { value, line: 1 }]);
    assert_eq!(amounts(&run(&only, &scene), Kind::Staker), [(1, 333), (2, 666)]);
    // By the whole vault they are equal, and operators are paid for what they are given.
    let both = "[stakers]\nshare = \"50%\"\ncounted = \"vault\"\n[operators]\nshare = \"50%\"\n\
                by = \"stake\"\n";
    let found = run(&programme(both), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 250), (2, 250)]);
    assert_eq!(amounts(&found, Kind::Operator), [(0xd1, 258), (0xd2, 241)]);
    let equally = both.replace("by = \"stake\"", "by = \"equal\"");
    assert_eq!(
        amounts(&run(&programme(&equally), &scene), Kind::Operator),
        [(0xd1, 250), (0xd2, 250)]
    );
}

#[test]
fn assets_weigh_by_their_prices() {
    let mut scene = Scene::new(&[(1, 50, 100)], 0);
    scene.vault(0xc2, 0xef, 2, &[(2, 50, 10_000)]);
    let histories = [&scene.history()];
    let mut inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let plain = distribute(&programme(STAKERS), &inputs, window, None);
    let differ = RewardsError::AssetsDiffer { asset: who(0xee), other: who(0xef) };
    assert_eq!(plain, Err(differ));
    // 100 of a token of 3 each, and 100 whole ones of another of 1.
    let fixed = format!(
        "{STAKERS}[[asset]]\nasset = \"{}\"\nweight = \"3\"\n[[asset]]\nasset = \"{}\"\nweight = \"1\"\n",
        who(0xee),
        who(0xef)
    );
    let found = distribute(&programme(&fixed), &inputs, window, None).unwrap();
    assert_eq!(amounts(&found, Kind::Staker), [(1, 750), (2, 250)]);
    // The price of the first falls to zero at half time: 1 500 and 1 000 of 2 500.
    let by_price = programme(&format!("{STAKERS}[prices]\nfile = \"p.csv\"\nmax_age = \"1m\"\n"));
    let missing = RewardsError::MissingTable { file: "p.csv".to_owned() };
    assert_eq!(distribute(&by_price, &inputs, window, None), Err(missing));
    let table = |rows: &str| Prices::parse("p.csv", &format!("from,asset,price\n{rows}")).unwrap();
    let (ee, ef) = (who(0xee), who(0xef));
    let prices = table(&format!("90,{ee},3\n105,{ee},0\n90,{ef},1\n"));
    inputs.prices = Some(&prices);
    let found = distribute(&by_price, &inputs, window, None).unwrap();
    assert_eq!(amounts(&found, Kind::Staker), [(1, 600), (2, 400)]);
    explains_itself(&by_price, &inputs, &found);
    // Gaps: none at all, none yet, too old.
    for (rows, asset, second, last) in [
        (format!("90,{ee},3\n"), ef, 100, None),
        (format!("90,{ee},3\n101,{ef},1\n"), ef, 100, None),
        (format!("90,{ee},3\n45,{ef},1\n"), ef, 105, Some(45)),
    ] {
        let prices = table(&rows);
        let inputs = Inputs { prices: Some(&prices), ..inputs };
        let gap = RewardsError::PriceGap { asset, second, last };
        assert_eq!(distribute(&by_price, &inputs, window, None), Err(gap));
    }
}

#[test]
fn stake_on_its_way_out_is_paid_where_the_programme_says_so() {
    let mut scene = Scene::new(&[(1, 50, 30), (2, 50, 10)], 18);
    scene.exit(0, 2, 102, 110, 10);
    // Without: 30 and 10 for two seconds, then 30 alone: 300 and 20 of 320.
    let found = run(&programme(STAKERS), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 937), (2, 62)]);
    // With: as if nobody had left.
    let with = format!("{STAKERS}exiting = true\n");
    let found = run(&programme(&with), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 750), (2, 250)]);
}

#[test]
fn stake_has_to_stay_for_the_minimum_to_count() {
    let with = format!("{STAKERS}minimum_duration = \"4s\"\n");
    // 2 comes at 103, so from 107 on: 3 seconds of 10. 1 has 10 all the time.
    let scene = Scene::new(&[(1, 50, 10), (2, 103, 10)], 18);
    let found = run(&programme(&with), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 769), (2, 230)]);
    // A dip of one second takes four more to forget: seconds 102 to 106 count with 1 only.
    let scene = Scene::new(&[(1, 50, 10), (2, 50, 10), (2, 102, 1), (2, 103, 10)], 18);
    let found = run(&programme(&with), &scene);
    // 100 and 2 * 10 + 5 * 1 + 3 * 10 = 55.
    assert_eq!(amounts(&found, Kind::Staker), [(1, 645), (2, 354)]);
    // Who is not paid leaves it to the others.
    let without = format!("{STAKERS}excluded = [\"{}\"]\n", who(1));
    assert_eq!(amounts(&run(&programme(&without), &scene), Kind::Staker), [(2, 1_000)]);
}

#[test]
fn contributors_and_performance_come_from_tables() {
    let mut scene = Scene::new(&[(1, 50, 10)], 18);
    scene.delegate(0, 0xd1, 60, 2);
    scene.delegate(0, 0xd2, 60, 8);
    let text = "[operators]\nshare = \"60%\"\nby = \"performance\"\nfile = \"o.csv\"\n\
                [contributors]\nshare = \"40%\"\nfile = \"c.csv\"\n";
    let histories = [&scene.history()];
    let rows = format!("operator,score\n{},0.9\n{},0.1\n", who(0xd1), who(0xd2));
    let performance = Performance::parse("o.csv", &rows).unwrap();
    let rows = format!("account,points\n{},1\n{},3\n{},0\n", who(7), who(8), who(9));
    let points = PointsList::parse("c.csv", &rows).unwrap();
    let mut inputs = Inputs { histories: &histories, ..Inputs::default() };
    (inputs.performance, inputs.points) = (Some(&performance), Some(&points));
    let window = Window { from: 100, until: 110 };
    let found = distribute(&programme(text), &inputs, window, None).unwrap();
    assert_eq!(amounts(&found, Kind::Operator), [(0xd1, 540), (0xd2, 60)]);
    assert_eq!(amounts(&found, Kind::Contributor), [(7, 100), (8, 300)]);
    // With their stake, 0.9 * 2 and 0.1 * 8 of 2.6.
    let weighed = text.replace("[contrib", "weighed_by_stake = true\n[contrib");
    let found = distribute(&programme(&weighed), &inputs, window, None).unwrap();
    assert_eq!(amounts(&found, Kind::Operator), [(0xd1, 415), (0xd2, 184)]);
    let rows = format!("operator,score\n{},0.9\n{},0.1\n", who(0xd1), who(0xd9));
    let performance = Performance::parse("o.csv", &rows).unwrap();
    inputs.performance = Some(&performance);
    let (file, line, operator) = ("o.csv".to_owned(), 3, who(0xd9));
    let unknown = RewardsError::UnknownOperator { file, line, operator };
    assert_eq!(distribute(&programme(text), &inputs, window, None), Err(unknown));
}

#[test]
fn fees_are_taken_in_the_schemes_order() {
    let mut scene = Scene::new(&[(1, 50, 3), (2, 50, 4)], 18);
    scene.delegate(0, 0xd1, 60, 7);
    let with = |fees: &str| run(&programme(&format!("{STAKERS}[fees]\n{fees}")), &scene);
    // 1 000 at 33.3 per mille: 33, then 967 by 3 and 4 of 7.
    let found = with("scheme = \"symbiotic-v1\"\nadmin = \"3.33%\"\n");
    assert_eq!(amounts(&found, Kind::Staker), [(1, 414), (2, 552)]);
    let figures = found.accounts.figures();
    assert_eq!((figures.admin_fees, figures.dust), (U256::from(33), U256::ONE));
    // 10 for the protocol, then 49 and 99 of 990, and 842 for stakers.
    let rates = format!(
        "protocol = \"1%\"\noperators = \"5%\"\ncurator = \"10%\"\ncurator_account = \"{}\"\n",
        who(0xcc)
    );
    let found = with(&format!("scheme = \"symbiotic-v2-snapshot\"\n{rates}"));
    assert_eq!(found.accounts.figures().protocol_fees, U256::from(10));
    assert_eq!(amounts(&found, Kind::Operator), [(0xd1, 49)]);
    assert_eq!(amounts(&found, Kind::Curator), [(0xcc, 99)]);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 360), (2, 481)]);
    // On top: 990 and 9 are within 1 000, 991 and 9 too, and no more.
    let found = with(&format!("scheme = \"symbiotic-v2-merkle\"\n{rates}"));
    assert_eq!(found.accounts.figures().protocol_fees, U256::from(9));
    assert_eq!(amounts(&found, Kind::Curator), [(0xcc, 99)]);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 361), (2, 481)]);
    // Of each staker's pay: 428 and 571, a tenth rounded down for the operator.
    let found = with("scheme = \"eigenlayer\"\noperators = \"10%\"\n");
    assert_eq!(amounts(&found, Kind::Staker), [(1, 386), (2, 514)]);
    assert_eq!(amounts(&found, Kind::Operator), [(0xd1, 99)]);
}

#[test]
fn a_vault_that_gives_all_to_each_has_no_operators_to_pay() {
    let mut scene = Scene::new(&[(1, 50, 3)], 18);
    scene.delegate(0, 0xd1, 60, 3);
    scene.restakes_fully(0);
    let fees = "[fees]\nscheme = \"symbiotic-v2-snapshot\"\noperators = \"5%\"\n";
    let found = run(&programme(&format!("{STAKERS}{fees}")), &scene);
    assert_eq!(amounts(&found, Kind::Staker), [(1, 1_000)]);
}

#[test]
fn rates_limit_what_is_paid() {
    // A stake of 1 000 000 for a period of a year's 3 153 600th part: at 10 % a year, a token at 2.
    let rate = |kind: &str, budget: &str| {
        let text = format!(
            "[payer]\nnetwork = \"{}\"\nchain_id = 1\n[pay]\ntoken = \"{}\"\ndecimals = 3\n\
             price = \"2\"\n[[period]]\nfrom = 100\nuntil = {}\nbudget = \"{budget}\"\n\
             cadence = \"1d\"\n{STAKERS}[rate]\nkind = \"{kind}\"\napr = \"10%\"\n",
            who(0xa1),
            who(0xb1),
            100 + 4 * DAY,
        );
        Programme::parse("p.toml", &text).unwrap()
    };
    let scene = Scene::new(&[(1, 50, 365_000)], 0);
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: 100, until: 100 + 4 * DAY };
    let run = |programme: &Programme| distribute(programme, &inputs, window, None).unwrap();
    // 365 000 * 10 % / 365 = 100 a day, 50 tokens; the budget gives 60 a day.
    let found = run(&rate("capped", "240"));
    assert_eq!(amounts(&found, Kind::Staker), [(1, 200_000)]);
    assert_eq!(found.accounts.figures().unspent, U256::from(40_000));
    // Less than the cap is paid in full.
    assert_eq!(amounts(&run(&rate("capped", "120")), Kind::Staker), [(1, 120_000)]);
    // At a fixed rate a budget of 130 lasts for two days and six tenths.
    let found = run(&rate("fixed", "130"));
    assert_eq!(amounts(&found, Kind::Staker), [(1, 130_000)]);
    let spent: Vec<_> = found.intervals.iter().map(|interval| interval.stakers).collect();
    assert_eq!(spent, [50_000, 50_000, 30_000, 0].map(U256::from));
    // And what is left of a larger one goes back when the period ends.
    let found = run(&rate("fixed", "500"));
    assert_eq!(found.accounts.figures().unspent, U256::from(300_000));
    // Halves give what the whole gives.
    let programme = rate("fixed", "130");
    let middle = 100 + 2 * DAY;
    let first = Window { from: 100, until: middle };
    let first = distribute(&programme, &inputs, first, None).unwrap();
    let second = Window { from: middle, until: 100 + 4 * DAY };
    let second = distribute(&programme, &inputs, second, Some(&first)).unwrap();
    assert_eq!(second.entries[0].earned, U256::from(130_000));
    assert_eq!(second.accounts.figures().budget, U256::from(30_000));
}

#[test]
fn what_nobody_earns_goes_where_the_programme_says() {
    // Nobody stakes before 105; intervals of five seconds.
    let scene = Scene::new(&[(1, 105, 3), (2, 105, 4)], 18);
    let mut histories = vec![scene.history()];
    let with = |payout: &str| {
        let text = format!("cadence = \"5s\"\n{STAKERS}[payout]\n{payout}");
        programme(&text)
    };
    let all: Vec<_> = histories.iter().collect();
    let inputs = Inputs { histories: &all, ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let run = |payout: &str| distribute(&with(payout), &inputs, window, None).unwrap();
    let found = run("rest = \"payer\"\n");
    assert_eq!(amounts(&found, Kind::Staker), [(1, 214), (2, 285)]);
    let figures = *found.accounts.figures();
    assert_eq!((figures.unspent, figures.dust), (U256::from(500), U256::ONE));
    let found = run("rest = \"carry\"\ndust = \"carry\"\n");
    assert_eq!(amounts(&found, Kind::Staker), [(1, 428), (2, 571)]);
    assert_eq!(found.accounts.figures().carried_out, U256::ONE);
    let found = run(&format!("rest = \"{}\"\ndust = \"{0}\"\n", who(0xfe)));
    assert_eq!(amounts(&found, Kind::Leftover), [(0xfe, 501)]);
    assert_eq!(found.accounts.figures().paid, U256::from(1_000));
    histories.clear();
}

#[test]
fn too_little_is_kept_until_it_is_enough() {
    let scene = Scene::new(&[(1, 50, 1), (2, 50, 9)], 18);
    let programme = programme(&format!("cadence = \"5s\"\n{STAKERS}[payout]\nminimum = \"60\"\n"));
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let first = Window { from: 100, until: 105 };
    let first = distribute(&programme, &inputs, first, None).unwrap();
    let of =
        |found: &Distribution, account| *found.entry(recipient(account, Kind::Staker)).unwrap();
    assert_eq!((of(&first, 1).earned, of(&first, 1).payable), (U256::from(50), U256::ZERO));
    assert_eq!(first.accounts.figures().held_out, U256::from(50));
    let second = Window { from: 105, until: 110 };
    let second = distribute(&programme, &inputs, second, Some(&first)).unwrap();
    assert_eq!(
        (of(&second, 1).released, of(&second, 1).payable),
        (U256::from(100), U256::from(100))
    );
    assert_eq!((of(&second, 2).amount, of(&second, 2).payable), (U256::from(450), U256::from(900)));
    let figures = second.accounts.figures();
    assert_eq!((figures.held_in, figures.held_out), (U256::from(50), U256::ZERO));
    assert_eq!(second.totals().unwrap()[0].1, U256::from(1_000));
    let json = serde_json::to_string(&second).unwrap();
    assert_eq!(serde_json::from_str::<Distribution>(&json).unwrap(), second);
}

#[test]
fn chains_are_paid_at_home_or_where_the_programme_pays() {
    let here = Scene::new(&[(1, 50, 10)], 18);
    let there = Scene::on(10, &[(1, 50, 30)], 18);
    let (here, there) = (here.history(), there.history());
    let histories = [&there, &here];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let found = distribute(&programme(STAKERS), &inputs, window, None).unwrap();
    assert_eq!(amounts(&found, Kind::Staker), [(1, 1_000)]);
    let elsewhere =
        format!("[[pay.elsewhere]]\nchain_id = 10\ntoken = \"{}\"\n{STAKERS}", who(0xb2));
    let found = distribute(&programme(&elsewhere), &inputs, window, None).unwrap();
    let at = |chain_id| Recipient { chain_id, ..recipient(1, Kind::Staker) };
    assert_eq!(found.entry(at(1)).unwrap().amount, U256::from(250));
    assert_eq!(found.entry(at(10)).unwrap().amount, U256::from(750));
    explains_itself(&programme(&elsewhere), &inputs, &found);
    let twice = Inputs { histories: &[&here, &here], ..Inputs::default() };
    let error = RewardsError::TwiceChain { chain_id: 1 };
    assert_eq!(distribute(&programme(STAKERS), &twice, window, None), Err(error));
}

#[test]
fn windows_are_whole_intervals_that_follow_each_other() {
    let scene = Scene::new(&[(1, 50, 10)], 18);
    let programme = programme(&format!("cadence = \"5s\"\n{STAKERS}"));
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let run = |from, until, previous: Option<&Distribution>| {
        distribute(&programme, &inputs, Window { from, until }, previous)
    };
    let inside = |second, from, until| Err(RewardsError::InsideInterval { second, from, until });
    assert_eq!(run(100, 107, None), inside(107, 105, 110));
    assert_eq!(run(102, 110, None), inside(102, 100, 105));
    assert_eq!(run(5, 5, None), Err(RewardsError::EmptyWindow { from: 5, until: 5 }));
    assert_eq!(run(110, 120, None), Err(RewardsError::NoPeriod { from: 110, until: 120 }));
    let (chain_id, known_until) = (1, 1_000_000);
    let late = RewardsError::NotFinal { until: 1_000_001, chain_id, known_until };
    assert_eq!(run(100, 1_000_001, None), Err(late));
    let first = run(90, 105, None).unwrap();
    let overlap = RewardsError::Overlap { from: 100, paid_until: 105 };
    assert_eq!(run(100, 110, Some(&first)), Err(overlap));
    let gap = RewardsError::Gap { from: 110, paid_until: 105 };
    assert_eq!(run(110, 120, Some(&first)), Err(gap));
    let second = run(105, 110, Some(&first)).unwrap();
    assert_eq!(second.entries[0].earned, U256::from(1_000));
    assert_eq!(programme.next_interval(0), Some(Window { from: 100, until: 105 }));
    assert_eq!(programme.next_interval(101), Some(Window { from: 105, until: 110 }));
    assert_eq!(programme.next_interval(106), None);
}

#[test]
fn vaults_that_are_named_must_be_there() {
    let scene = Scene::new(&[(1, 50, 10)], 18);
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let text = format!("{STAKERS}vaults = [\"{}\", \"10:{}\"]\n", who(0xc1), who(0xc1));
    let (file, line, chain_id, vault) = ("p.toml".to_owned(), 14, 10, who(0xc1));
    let unknown = RewardsError::UnknownVault { file, line, chain_id, vault };
    assert_eq!(distribute(&programme(&text), &inputs, window, None), Err(unknown));
}

#[test]
fn a_history_that_gives_out_more_than_all_is_no_chains() {
    let mut builder = bondstone_rewards::HistoryBuilder::new(1);
    let vault = builder.vault(who(0xc1), who(0xee), 18, false).unwrap();
    let pool = builder.active(vault);
    builder.set_pool(pool, 50, U256::from(10), U256::from(10)).unwrap();
    for account in [1, 2] {
        builder.set_shares(pool, who(account), 50, U256::from(9)).unwrap();
    }
    let history = builder.finish(1_000).unwrap();
    let inputs = Inputs { histories: &[&history], ..Inputs::default() };
    let window = Window { from: 100, until: 110 };
    let error = RewardsError::MoreThanAll { chain_id: 1, vault: who(0xc1) };
    assert_eq!(distribute(&programme(STAKERS), &inputs, window, None), Err(error));
}
