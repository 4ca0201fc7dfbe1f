//! Claims for people: a table of 100 columns.

use super::source_of;
use alloy_primitives::{Address, U256};
use bondstone_kernel::Timestamp;
use bondstone_kernel::security::{Asset, Decimal};
use bondstone_node::api::{AccountClaims, AssetInfo, Claim, MerkleRail};
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

/// How many characters a line may have.
const WIDTH: usize = 100;
/// How many digits an amount has after the point; all of them are in the JSON object.
const PLACES: usize = 6;
/// How many characters of a symbol are shown.
const SYMBOL: usize = 12;
/// How many characters of an amount are shown before its digits after the point go.
const AMOUNT: usize = 24;

/// The table, with what may be claimable beside it.
pub(super) fn of(claims: &AccountClaims) -> String {
    let mut rows = vec![["token", "amount", "source", "since", "until", "gas"].map(str::to_owned)];
    rows.extend(claims.items.iter().map(row));
    let mut text = if claims.items.is_empty() {
        format!("nothing to claim at block {}\n", claims.block.number)
    } else {
        lines(&rows)
    };
    let failing = claims.items.iter().filter_map(|claim| Some((claim, claim.failure.as_ref()?)));
    for (number, (claim, failure)) in failing.enumerate() {
        let first = if number == 0 { "\ncannot be claimed now\n" } else { "" };
        let line = format!("  {}: {failure}", source_of(claim));
        let _ = writeln!(text, "{first}{}", cut(&line, WIDTH));
    }
    for (number, root) in claims.roots.iter().enumerate() {
        let first = if number == 0 {
            "\nthere may be more under roots whose trees the node lacks\n"
        } else {
            ""
        };
        let rail = match root.rail {
            MerkleRail::OperatorRewards => "operator rewards",
            MerkleRail::CumulativeMerkle => "merkle rewards",
        };
        let (symbol, network) = (symbol(&root.token), short(root.network));
        let line = format!("  {symbol} of {network}, {rail} at {}", root.contract);
        let _ = writeln!(text, "{first}{}", cut(&line, WIDTH));
    }
    text
}

fn row(claim: &Claim) -> [String; 6] {
    [
        symbol(&claim.token),
        shown(claim.amount.0, claim.token.decimals),
        source_of(claim),
        claim.since.map_or_else(|| "-".to_owned(), date),
        claim.until.map_or_else(|| "-".to_owned(), date),
        claim.gas.to_string(),
    ]
}

/// Rows in columns; what is left of the width is the source's.
fn lines(rows: &[[String; 6]]) -> String {
    let mut widths = [0; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let [token, amount, source, since, until, gas] = widths;
    let gaps = 2 * (widths.len() - 1);
    let others = token + amount + since + until + gas + gaps;
    let source = source.min(WIDTH.saturating_sub(others));
    let mut text = String::new();
    for [own_token, own_amount, own_source, own_since, own_until, own_gas] in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{own_token:<token$}  {own_amount:>amount$}  {:<source$}  {own_since:<since$}  \
             {own_until:<until$}  {own_gas:>gas$}",
            cut(own_source, source),
        );
    }
    text
}

/// An amount in whole tokens, cut after a few digits.
pub(crate) fn shown(units: U256, decimals: u8) -> String {
    let exact = Decimal::new(units, decimals).to_string();
    let Some((whole, part)) = exact.split_once('.') else { return exact };
    let room = AMOUNT.saturating_sub(whole.len() + 1).min(PLACES);
    match part.get(..room) {
        Some(_) if room == 0 => whole.to_owned(),
        Some(part) if whole == "0" && part.trim_matches('0').is_empty() => {
            let zeros = "0".repeat(part.len().saturating_sub(1));
            format!("<0.{zeros}1")
        }
        Some(part) => format!("{whole}.{part}"),
        None => exact,
    }
}

fn symbol(token: &AssetInfo) -> String {
    let name = match token.asset {
        Asset::Token(address) if token.symbol.is_empty() => short(address),
        _ => token.symbol.clone(),
    };
    // Whoever makes a token names it.
    let printable: String = name.chars().filter(|letter| !letter.is_control()).collect();
    cut(&printable, SYMBOL)
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// The first and the last letters of an address.
pub(crate) fn short(address: Address) -> String {
    let text = address.to_string();
    let (first, last) = (text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default());
    format!("{first}…{last}")
}

/// The day of a second, in UTC.
fn date(second: Timestamp) -> String {
    match UNIX_EPOCH.checked_add(Duration::from_secs(second.0)) {
        // Years of more than four digits have no date here.
        Some(time) if second.0 < 253_402_300_800 => {
            humantime::format_rfc3339_seconds(time).to_string().chars().take(10).collect()
        }
        _ => second.0.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_cut_and_what_is_too_small_to_see_says_so() {
        let show = |units: u128| shown(U256::from(units), 18);
        assert_eq!(show(1_500_000_000_000_000_000), "1.5");
        assert_eq!(show(1_234_567_891_234_567_891), "1.234567");
        assert_eq!(show(7), "<0.000001");
        assert_eq!(show(0), "0");
        assert_eq!(shown(U256::from(7), 0), "7");
        assert_eq!(shown(U256::MAX, 18).find('.'), None);
    }

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let long = "x".repeat(80);
        let long = long.as_str();
        let rows = [
            ["token", "amount", "source", "since", "until", "gas"].map(str::to_owned),
            [
                "TWELVELETTER",
                "123456789012345678901234",
                long,
                "2025-09-01",
                "2025-09-01",
                "1234567",
            ]
            .map(str::to_owned),
        ];
        let text = lines(&rows);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains('…'), "{text}");
    }

    #[test]
    fn a_second_is_a_day() {
        assert_eq!(date(Timestamp(1_756_684_800)), "2025-09-01");
        assert_eq!(date(Timestamp(u64::MAX)), u64::MAX.to_string());
    }
}
