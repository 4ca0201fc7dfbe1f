//! Numbers as people read them: exact, with thousands set apart.

use crate::layout::TIE;
use alloy_primitives::U256;
use bondstone_kernel::Timestamp;
use bondstone_kernel::security::{Decimal, Fraction};
use std::time::{Duration, UNIX_EPOCH};

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// Places after the point of a part in percent: the smallest part is 1e-18 % of a Karak vault.
const PART_PLACES: u8 = 18;

/// Last second of the year 9999, the last that a date is written for.
const LAST_DATE: u64 = 253_402_300_799;

/// All digits, with commas between thousands.
pub(super) fn grouped(number: &Decimal) -> String {
    let text = number.to_string();
    let (whole, part) = match text.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (text.as_str(), None),
    };
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if let Some(part) = part {
        grouped.push('.');
        grouped.push_str(part);
    }
    grouped
}

/// A fraction in percent, rounded down to two places.
pub(super) fn percent(fraction: Fraction) -> String {
    percent_floor(fraction, 2)
}

fn percent_floor(fraction: Fraction, places: u8) -> String {
    let above = Decimal::new(U256::from(fraction.numerator), 0);
    let below = Decimal::new(U256::from(fraction.denominator), 0);
    let percent = above.ratio_floor(U256::from(100), below, places).unwrap_or_default();
    format!("{}{TIE}%", grouped(&percent))
}

/// A fraction in percent, to as many places as parts of stake have in any protocol.
pub(super) fn part(fraction: Fraction) -> String {
    percent_floor(fraction, PART_PLACES)
}

/// A second of the calendar.
pub(super) fn date(second: Timestamp) -> String {
    if second.0 > LAST_DATE {
        return format!("second {}", second.0);
    }
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(second.0));
    text.to_string().replace('T', " ").replace('Z', &format!("{TIE}UTC"))
}

/// A number of seconds, exactly, in days, hours, minutes and seconds.
pub(super) fn span(seconds: u64) -> String {
    let parts = [
        (seconds / DAY, "d"),
        (seconds % DAY / 3_600, "h"),
        (seconds % 3_600 / 60, "min"),
        (seconds % 60, "s"),
    ];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, unit)| format!("{count}{TIE}{unit}")).collect();
    if told.is_empty() { format!("0{TIE}s") } else { told.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart_and_nothing_is_rounded() {
        let text = |units: u64, decimals| grouped(&Decimal::new(U256::from(units), decimals));
        assert_eq!(text(0, 18), "0");
        assert_eq!(text(999, 0), "999");
        assert_eq!(text(1_000, 0), "1,000");
        assert_eq!(text(12_345_678_901, 3), "12,345,678.901");
        assert_eq!(text(1, 6), "0.000001");
    }

    #[test]
    fn times_are_exact() {
        let span = |seconds| super::span(seconds).replace(TIE, " ");
        let date = |second| super::date(second).replace(TIE, " ");
        assert_eq!(date(Timestamp(1_753_459_600)), "2025-07-25 16:06:40 UTC");
        assert_eq!(date(Timestamp(LAST_DATE)), "9999-12-31 23:59:59 UTC");
        assert_eq!(date(Timestamp(LAST_DATE + 1)), "second 253402300800");
        assert_eq!((span(0), span(59), span(DAY)), ("0 s".into(), "59 s".into(), "1 d".into()));
        assert_eq!(span(9 * DAY - 3_595), "8 d 23 h 5 s");
    }

    #[test]
    fn percents_round_down() {
        let text =
            |numerator, denominator| percent(Fraction { numerator, denominator }).replace(TIE, " ");
        assert_eq!(text(1_000, 10_000), "10 %");
        assert_eq!(text(2, 3), "66.66 %");
        let smallest = Fraction { numerator: 1, denominator: 100_000_000_000_000_000_000 };
        assert_eq!(part(smallest).replace(TIE, " "), "0.000000000000000001 %");
    }
}
