//! What holds for every history and programme.

mod scene;

use alloy_primitives::{U256, U512};
use bondstone_rewards::distribution::{Entry, Kind};
use bondstone_rewards::explanation::Explainer;
use bondstone_rewards::{Distribution, Inputs, Programme, Window, distribute};
use proptest::prelude::*;
use scene::{Scene, recipient, who};

const FROM: u64 = 100;
const UNTIL: u64 = 180;

/// How a programme measures stake, and what else it says.
#[derive(Clone, Debug)]
struct Choice {
    delegated: bool,
    capture: bool,
    exiting: bool,
    minimum_duration: u64,
    excludes: bool,
    fees: &'static str,
    payout: &'static str,
    groups: bool,
    budget: u64,
}

impl Choice {
    fn programme(&self) -> Programme {
        let share = if self.groups { "60%" } else { "100%" };
        let mut text = format!(
            "[payer]\nnetwork = \"{}\"\nchain_id = 1\n[pay]\ntoken = \"{}\"\ndecimals = 0\n\
             [[period]]\nfrom = {FROM}\nuntil = {UNTIL}\nbudget = \"{}\"\ncadence = \"20s\"\n\
             [stakers]\nshare = \"{share}\"\nexiting = {}\n",
            who(0xa1),
            who(0xb1),
            self.budget,
            self.exiting,
        );
        let counted = if self.delegated { "delegated" } else { "vault" };
        text += &format!("counted = \"{counted}\"\n");
        if self.capture {
            text += "measure = \"capture\"\nevery = \"7s\"\n";
        }
        if self.minimum_duration > 0 {
            text += &format!("minimum_duration = \"{}s\"\n", self.minimum_duration);
        }
        if self.excludes {
            text += &format!("excluded = [\"{}\"]\n", who(2));
        }
        if self.groups {
            text +=
                "[operators]\nshare = \"25%\"\nby = \"stake\"\n[contributors]\nshare = \"15%\"\n";
            for (account, points) in [(8, "1"), (9, "2.5")] {
                let account = who(account);
                text += &format!("[[contributors.list]]\naccount = \"{account}\"\n");
                text += &format!("points = \"{points}\"\n");
            }
        }
        text = text + self.fees + self.payout;
        Programme::parse("p.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

const FEES: [&str; 5] = [
    "",
    "[fees]\nscheme = \"symbiotic-v1\"\nadmin = \"7.77%\"\n",
    "[fees]\nscheme = \"symbiotic-v2-merkle\"\nprotocol = \"1.2345%\"\noperators = \"9%\"\n",
    "[fees]\nscheme = \"symbiotic-v2-snapshot\"\nprotocol = \"3%\"\noperators = \"9%\"\n\
     curator = \"5%\"\ncurator_account = \"0x00000000000000000000000000000000000000cc\"\n",
    "[fees]\nscheme = \"eigenlayer\"\nprotocol = \"20%\"\noperators = \"10%\"\n",
];

const PAYOUTS: [&str; 4] = [
    "",
    "[payout]\nrest = \"carry\"\ndust = \"carry\"\n",
    "[payout]\nminimum = \"50\"\ndust = \"carry\"\n",
    "[payout]\nminimum = \"9\"\nrest = \"0x00000000000000000000000000000000000000fe\"\n",
];

fn choices() -> impl Strategy<Value = Choice> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let seconds = prop_oneof![Just(0u64), 1u64..40];
    (flags, seconds, 0..FEES.len(), 0..PAYOUTS.len(), 0u64..100_000).prop_map(
        |(
            (delegated, capture, exiting, excludes, groups),
            minimum_duration,
            fee,
            payout,
            budget,
        )| {
            let (fees, payout) = (FEES[fee], PAYOUTS[payout]);
            Choice {
                delegated,
                capture,
                exiting,
                minimum_duration,
                excludes,
                fees,
                payout,
                groups,
                budget,
            }
        },
    )
}

type Changes = Vec<(u8, u64, u64)>;

fn changes() -> impl Strategy<Value = Changes> {
    let shares = prop_oneof![1 => Just(0u64), 4 => 1u64..1_000_000];
    prop::collection::vec((1u8..6, 80u64..190, shares), 0..25)
}

fn given() -> impl Strategy<Value = Changes> {
    prop::collection::vec((0xd1u8..0xd4, 80u64..190, 0u64..1_000_000), 0..6)
}

fn scenes() -> impl Strategy<Value = Scene> {
    let vault = || (changes(), given(), any::<bool>());
    (vault(), vault(), vault()).prop_map(|(a, b, c)| {
        let mut scene = Scene::new(&a.0, 18);
        for (number, (changes, given, fully)) in [a, b, c].into_iter().enumerate() {
            if number > 0 {
                scene.vault(0xc1 + number as u8, 0xee, 18, &changes);
            }
            given.iter().for_each(|(who, second, stake)| {
                scene.delegate(number, *who, *second, *stake);
            });
            if fully && number == 2 {
                scene.restakes_fully(number);
            }
            // The last who have anything take a part of it out.
            if let Some((account, second, shares)) = changes.iter().max_by_key(|change| change.1) {
                scene.exit(number, *account, second + 1, second + 30, shares / 3);
            }
        }
        scene
    })
}

fn run(
    programme: &Programme,
    scene: &Scene,
    window: Window,
    before: Option<&Distribution>,
) -> Distribution {
    let histories = [&scene.history()];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    distribute(programme, &inputs, window, before).unwrap()
}

const ALL: Window = Window { from: FROM, until: UNTIL };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_paid_is_explained_and_nothing_is_lost(scene in scenes(), choice in choices()) {
        let programme = choice.programme();
        let histories = [&scene.history()];
        let inputs = Inputs { histories: &histories, ..Inputs::default() };
        let found = distribute(&programme, &inputs, ALL, None).unwrap();
        let figures = found.accounts.figures();
        prop_assert_eq!(figures.budget, U256::from(choice.budget));
        let payable: U256 = found.entries.iter().map(|entry| entry.payable).sum();
        prop_assert_eq!(figures.paid, payable);
        let explainer = Explainer::new(&programme, &inputs, &found).unwrap();
        for entry in &found.entries {
            let explanation = explainer.explain(entry.recipient).unwrap();
            prop_assert_eq!(explanation.sum().unwrap(), entry.amount);
            for term in &explanation.stake {
                let segments: U256 = term.segments.iter().map(|segment| segment.weight).sum();
                prop_assert_eq!(segments, term.weight);
            }
        }
    }

    #[test]
    fn neither_order_nor_threads_matter(scene in scenes(), choice in choices()) {
        let programme = choice.programme();
        let expected = run(&programme, &scene, ALL, None);
        let histories = [&scene.history_of(&[2, 0, 1], true)];
        let inputs = Inputs { histories: &histories, ..Inputs::default() };
        for threads in 1..=8 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| distribute(&programme, &inputs, ALL, None).unwrap());
            prop_assert_eq!(&found.entries, &expected.entries);
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn halves_give_what_the_whole_gives(scene in scenes(), choice in choices(), cut in 1u64..4) {
        let programme = choice.programme();
        let whole = run(&programme, &scene, ALL, None);
        let middle = FROM + 20 * cut;
        let first = run(&programme, &scene, Window { from: FROM, until: middle }, None);
        let rest = Window { from: middle, until: UNTIL };
        let second = run(&programme, &scene, rest, Some(&first));
        let earned = |found: &Distribution| -> Vec<_> {
            found.entries.iter().map(|entry| (entry.recipient, entry.earned)).collect()
        };
        prop_assert_eq!(earned(&second), earned(&whole));
        prop_assert_eq!(&second.spent, &whole.spent);
        let both = [first.accounts.figures(), second.accounts.figures()];
        let sum = |figure: fn(&bondstone_rewards::accounts::Figures) -> U256| -> U256 {
            both.iter().map(|figures| figure(figures)).sum()
        };
        let figures = whole.accounts.figures();
        prop_assert_eq!(sum(|f| f.protocol_fees), figures.protocol_fees);
        prop_assert_eq!(sum(|f| f.dust), figures.dust);
        prop_assert_eq!(sum(|f| f.unspent), figures.unspent);
        for Entry { recipient, earned, payable, .. } in &first.entries {
            let later = second.entry(*recipient).expect("nobody is forgotten");
            prop_assert!(later.earned >= *earned && later.payable >= *payable);
        }
    }

    #[test]
    fn every_second_counted_by_itself_gives_the_same(
        changes in changes(), given in given(), delegated in any::<bool>(), fewest in 0u64..30,
        budget in 0u64..1_000_000_000,
    ) {
        let mut scene = Scene::new(&changes, 6);
        given.iter().for_each(|(who, second, stake)| scene.delegate(0, *who, *second, *stake));
        let choice = Choice {
            delegated,
            capture: false,
            exiting: false,
            minimum_duration: fewest,
            excludes: false,
            fees: "",
            payout: "",
            groups: false,
            budget,
        };
        let found = run(&choice.programme(), &scene, ALL, None);
        for record in &found.intervals {
            let counted = if delegated { Some(&given[..]) } else { None };
            let weights = by_the_second(&changes, counted, fewest, record.from, record.until);
            let whole: U512 = weights.iter().copied().sum();
            for (account, weight) in (1u8..).zip(weights) {
                let exact = if whole.is_zero() {
                    U512::ZERO
                } else {
                    U512::from(record.stakers) * weight / whole
                };
                let paid = paid_for(&choice, &scene, record.from, account);
                // The accumulator's floors lose less than a unit, and the last floor may turn that
                // into one; with a minimum the whole loses as little.
                let (low, high) = (exact.saturating_sub(U512::ONE), exact + U512::ONE);
                let paid = U512::from(paid);
                prop_assert!(paid >= low && paid <= high, "{account}: {paid} for {exact}");
                if fewest == 0 {
                    prop_assert!(paid <= exact, "{account}: {paid} for {exact}");
                }
            }
        }
    }
}

/// What an account earns in the interval that begins at a second.
fn paid_for(choice: &Choice, scene: &Scene, from: u64, account: u8) -> U256 {
    let window = Window { from, until: from + 20 };
    let found = run(&choice.programme(), scene, window, None);
    found.entry(recipient(account, Kind::Staker)).map_or(U256::ZERO, |entry| entry.amount)
}

/// Weights of accounts 1 to 5, second by second, to 160 binary digits.
fn by_the_second(
    changes: &Changes,
    given: Option<&[(u8, u64, u64)]>,
    fewest: u64,
    from: u64,
    until: u64,
) -> [U512; 5] {
    // Of several changes in a second, the last one written counts.
    let at = |list: &[(u8, u64, u64)], who: u8, second: u64| {
        let before = list.iter().filter(|change| change.0 == who && change.1 <= second);
        before.max_by_key(|change| change.1).map_or(0, |change| change.2)
    };
    let mut weights = [U512::ZERO; 5];
    for second in from..until {
        let held: Vec<u64> = (1..6).map(|who| at(changes, who, second)).collect();
        let total: u64 = held.iter().sum();
        if total == 0 {
            continue;
        }
        let counted = given.map_or(total, |given| {
            (0xd1..0xd4).map(|who| at(given, who, second)).sum::<u64>().min(total)
        });
        let value = U512::from(counted) * U512::from(10).pow(U512::from(18));
        for (who, weight) in (1u8..).zip(&mut weights) {
            let shares = (second - fewest..=second).map(|second| at(changes, who, second)).min();
            let part = U512::from(shares.unwrap_or_default()) * value;
            *weight += (part << 160) / U512::from(total);
        }
    }
    weights
}
