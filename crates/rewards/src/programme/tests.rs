//! What programmes can say, and what is said about those that cannot be meant.

use super::*;
use crate::fees::{Scheme, VaultFees};

const NETWORK: &str = "0x00000000000000000000000000000000000000a1";
const A: &str = "0x00000000000000000000000000000000000000aa";
const B: &str = "0x00000000000000000000000000000000000000bb";

/// A programme of lines that a test changes.
fn small() -> String {
    format!(
        r#"[payer]
network = "{NETWORK}"
chain_id = 1
[pay]
token = "{A}"
decimals = 6
[[period]]
from = 1970-01-02
until = 172800
budget = "1_000.5"
cadence = "12h"
[stakers]
share = "80%"
[operators]
share = "20%"
by = "stake"
"#
    )
}

fn error(text: &str) -> String {
    Programme::parse("p.toml", text).expect_err("it is wrong").to_string()
}

/// The error after one change; the changed text must be there.
fn changed(from: &str, to: &str) -> String {
    let text = small();
    assert!(text.contains(from), "{from}");
    error(&text.replacen(from, to, 1))
}

#[test]
fn a_small_programme_means_what_is_written() {
    let programme = Programme::parse("p.toml", &small()).unwrap();
    assert_eq!(programme.network, Address::with_last_byte(0xa1));
    let token = Address::with_last_byte(0xaa);
    assert_eq!(programme.payments(), [Payment { chain_id: 1, token }]);
    let budget = U256::from(1_000_500_000);
    let period = Period { from: 86_400, until: 172_800, budget, cadence: 43_200, line: 7 };
    assert_eq!(programme.periods, [period]);
    assert_eq!(programme.valuation, Valuation::Plain);
    let Shape::Budget(terms) = &programme.shape else { panic!("it is a budget") };
    let stakers = terms.stakers.as_ref().unwrap();
    assert_eq!((stakers.share_ppm, stakers.measure), (800_000, Measure::Time));
    assert_eq!((stakers.counted, stakers.exiting), (Counted::Delegated, false));
    let by = OperatorMeasure::Stake;
    assert_eq!(terms.operators, Some(OperatorTerms { share_ppm: 200_000, by }));
    assert_eq!((terms.rest, terms.dust), (Leftover::Payer, Leftover::Payer));
    assert_eq!(programme.files(), Vec::<&str>::new());
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let found = changed("cadence", "cadense");
    assert!(found.starts_with("p.toml:11: cadense: unknown field `cadense`"), "{found}");
    let found = error(&format!("{}[[perod]]\n", small()));
    assert!(found.starts_with("p.toml:17: "), "{found}");
    assert!(found.contains("`perod`"), "{found}");
    let found = error("[payer]\nnetwork = \n");
    assert!(found.starts_with("p.toml:2: network: "), "{found}");
}

#[test]
fn shares_that_are_not_everything_are_refused() {
    assert_eq!(
        changed("20%", "20.5%"),
        "p.toml:15: share: the shares are 100.5% together, not 100%"
    );
    assert_eq!(changed("80%", "30%"), "p.toml:15: share: the shares are 50% together, not 100%");
    assert_eq!(
        changed("80%", "80"),
        "p.toml:13: share: `80` is no percentage; write it like \"12.5%\""
    );
}

#[test]
fn periods_neither_overlap_nor_end_before_they_begin() {
    let second = |from: u64, until: u64| {
        format!("[[period]]\nfrom = {from}\nuntil = {until}\nbudget = \"1\"\n[stakers]")
    };
    assert_eq!(
        changed("[stakers]", &second(172_799, 200_000)),
        "p.toml:13: from: the period begins at 172799, before the one of line 7 ends at 172800"
    );
    assert!(
        Programme::parse("p", &small().replace("[stakers]", &second(172_800, 200_000))).is_ok()
    );
    assert_eq!(
        changed("until = 172800", "until = 86400"),
        "p.toml:9: until: the period ends at 86400, not after its beginning at 86400"
    );
    assert_eq!(changed("12h", "0h"), "p.toml:11: cadence: it must be more than zero");
    let offset = changed("1970-01-02", "1970-01-02T00:00:00+01:00");
    assert!(offset.starts_with("p.toml:8: from: `1970-01-02T00:00:00+01:00` is no moment"));
}

#[test]
fn amounts_have_no_more_digits_than_the_token() {
    let found = changed("1_000.5", "0.0000001");
    assert_eq!(found, "p.toml:10: budget: `0.0000001` has more than 6 decimals");
    let found = changed("1_000.5", "-1");
    assert!(found.starts_with("p.toml:10: budget: `-` has no place"), "{found}");
}

#[test]
fn words_that_are_none_are_named() {
    assert_eq!(
        changed("by = \"stake\"", "by = \"luck\""),
        "p.toml:16: by: `luck` is none of stake, equal, performance"
    );
    let stakers = |more: &str| changed("share = \"80%\"", &format!("share = \"80%\"\n{more}"));
    assert_eq!(
        stakers("measure = \"weekly\""),
        "p.toml:14: measure: `weekly` is none of time, capture"
    );
    assert_eq!(stakers("measure = \"capture\""), "p.toml:14: measure: `every` is missing");
    assert_eq!(
        stakers("every = \"1d\""),
        "p.toml:14: every: it cannot be there together with `measure = \"time\"`"
    );
    assert_eq!(
        stakers("counted = \"all\""),
        "p.toml:14: counted: `all` is none of delegated, vault"
    );
    assert_eq!(
        stakers("vaults = [\"0x12\"]"),
        "p.toml:14: vaults: `0x12` is no address; write 0x and 40 hexadecimal digits"
    );
    assert_eq!(
        changed("by = \"stake\"", "by = \"performance\""),
        "p.toml:16: by: `file` is missing"
    );
}

#[test]
fn fees_follow_their_scheme() {
    let fees = |text: &str| format!("{}[fees]\n{text}\n", small());
    let of = |text: &str| {
        let programme = Programme::parse("p.toml", &fees(text)).unwrap();
        let Shape::Budget(terms) = programme.shape else { panic!("it is a budget") };
        terms.fees
    };
    let found = of(&format!(
        "scheme = \"symbiotic-v2-snapshot\"\nprotocol = \"1%\"\noperators = \"5%\"\n\
         [[fees.vault]]\nvault = \"{B}\"\ncurator = \"10%\"\ncurator_account = \"{A}\""
    ));
    assert_eq!((found.scheme, found.protocol_ppm), (Scheme::SymbioticV2Snapshot, 10_000));
    let curator = Some(Address::with_last_byte(0xaa));
    let own = VaultFees { admin_ppm: 0, operators_ppm: 50_000, curator_ppm: 100_000, curator };
    assert_eq!(found.of(Address::with_last_byte(0xbb)), own);
    assert_eq!(found.of(Address::ZERO).operators_ppm, 50_000);
    assert_eq!(of("scheme = \"eigenlayer\"\noperators = \"10%\"").default.operators_ppm, 100_000);
    for (text, expected) in [
        (
            "scheme = \"symbiotic-v2-merkle\"\noperators = \"50.1%\"",
            "p.toml:19: operators: fees of 50.1% leave less than nothing of the budget; 50% is the \
             most",
        ),
        (
            "scheme = \"symbiotic-v1\"\nadmin = \"100.01%\"",
            "p.toml:19: admin: fees of 100.01% leave less than nothing of the budget; 100% is the \
             most",
        ),
        (
            "scheme = \"symbiotic-v1\"\nadmin = \"1.005%\"",
            "p.toml:19: admin: `1.005%` has more than 2 decimals",
        ),
        (
            "scheme = \"symbiotic-v1\"\nprotocol = \"1%\"",
            "p.toml:19: protocol: it cannot be there together with `this scheme: it has no \
             protocol fee`",
        ),
        (
            "scheme = \"symbiotic-v2-snapshot\"\nprotocol = \"101%\"",
            "p.toml:19: protocol: fees of 101% leave less than nothing of the budget; 100% is the \
             most",
        ),
        (
            "scheme = \"symbiotic-v2-merkle\"\ncurator = \"1%\"",
            "p.toml:17: curator: `curator_account` is missing",
        ),
    ] {
        assert_eq!(error(&fees(text)), expected);
    }
}

#[test]
fn a_rate_needs_a_price_and_stakers_alone() {
    let rate = "[rate]\nkind = \"capped\"\napr = \"8%\"\n";
    let text = small() + rate;
    assert_eq!(error(&text), "p.toml:17: rate: `price in [pay]` is missing");
    let text = text.replace("decimals = 6", "decimals = 6\nprice = \"0.25\"");
    assert_eq!(
        error(&text),
        "p.toml:18: rate: a rate pays stakers alone; their share must be 100%"
    );
    let (start, _) = text.split_once("[operators]").unwrap();
    let text = start.replace("80%", "100%") + rate;
    let programme = Programme::parse("p.toml", &text).unwrap();
    assert_eq!(programme.pay.price, Some(U256::from(250_000_000_000_000_000_000_000u128)));
    let Shape::Budget(terms) = programme.shape else { panic!("it is a budget") };
    assert_eq!(terms.rate, Rate::Capped(80_000));
}

#[test]
fn points_by_rate_stand_alone() {
    let text = format!(
        "[payer]\nnetwork = \"{NETWORK}\"\nchain_id = 1\n[pay]\npoints = \"Stars\"\ndecimals = 48\n\
         [[period]]\nfrom = 0\nuntil = 10\n[points]\nrate_per_usd_hour = \"1.5\"\n\
         operator_fee = \"10%\"\n[prices]\nfile = \"usd.csv\"\nmax_age = \"1d\"\n"
    );
    let programme = Programme::parse("p.toml", &text).unwrap();
    let rate = U256::from(15) * U256::from(10).pow(U256::from(47));
    assert_eq!(programme.shape, Shape::Points(PointsTerms { rate, operator_fee_bips: 1_000 }));
    assert_eq!(programme.files(), ["usd.csv"]);
    let both = text.clone() + "[stakers]\nshare = \"100%\"\n";
    assert_eq!(error(&both), "p.toml:16: stakers: it cannot be there together with `points`");
    let budget = text.replace("until = 10", "until = 10\nbudget = \"5\"");
    assert_eq!(error(&budget), "p.toml:10: budget: it cannot be there together with `points`");
    let fee = text.replace("10%", "100.01%");
    assert!(error(&fee).starts_with("p.toml:12: operator_fee: fees of 100.01%"), "{}", error(&fee));
}

#[test]
fn contributors_are_listed_once() {
    let list = |second: &str| {
        format!(
            "{}[contributors]\nshare = \"20%\"\n\
             [[contributors.list]]\naccount = \"{A}\"\npoints = \"3\"\n\
             [[contributors.list]]\naccount = \"{second}\"\npoints = \"1.5\"\nchain_id = 10\n",
            small().replace("80%", "60%")
        )
    };
    let programme = Programme::parse("p.toml", &list(B)).unwrap();
    let Shape::Budget(terms) = programme.shape else { panic!("it is a budget") };
    let source = terms.contributors.unwrap().source;
    let ContributorSource::List(list) = source else { panic!("it is a list") };
    assert_eq!(list.iter().map(|c| c.chain_id).collect::<Vec<_>>(), [None, Some(10)]);
    let text = small() + "[contributors]\nshare = \"20%\"\n";
    let missing = "p.toml:17: contributors: `file or [[contributors.list]]` is missing";
    assert_eq!(error(&text), missing);
}
