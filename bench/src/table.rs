//! Results as rows, and rows as Markdown and JSON.

use crate::machine::Machine;
use serde::Serialize;
use std::fmt::{self, Display};
use std::time::Duration;

/// One measured quantity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Figure {
    /// Operations in a second.
    PerSecond(f64),
    /// Microseconds of one operation.
    Microseconds(f64),
}

impl Figure {
    /// How often something happened in a second.
    pub(crate) fn rate(count: u64, time: Duration) -> Self {
        Self::PerSecond(count as f64 / time.as_secs_f64())
    }

    /// How long something took.
    pub(crate) fn time(time: Duration) -> Self {
        Self::Microseconds(time.as_secs_f64() * 1e6)
    }

    fn value(self) -> f64 {
        let (Self::PerSecond(value) | Self::Microseconds(value)) = self;
        value
    }
}

impl Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::PerSecond(rate) if rate >= 1e6 => write!(f, "{:.2} million/s", rate / 1e6),
            Self::PerSecond(rate) if rate >= 1e5 => write!(f, "{:.0} thousand/s", rate / 1e3),
            Self::PerSecond(rate) if rate >= 1e4 => write!(f, "{:.1} thousand/s", rate / 1e3),
            Self::PerSecond(rate) => write!(f, "{rate:.0}/s"),
            Self::Microseconds(time) if time >= 1e4 => write!(f, "{:.1} ms", time / 1e3),
            Self::Microseconds(time) if time >= 1e3 => write!(f, "{:.2} ms", time / 1e3),
            Self::Microseconds(time) if time >= 1e2 => write!(f, "{time:.0} µs"),
            Self::Microseconds(time) => write!(f, "{time:.1} µs"),
        }
    }
}

/// What the ratio of a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// How many times as fast Bondstone is.
    Faster,
    /// How many times as long Bondstone takes.
    Longer,
}

/// What was set out to reach, as a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// At least this ratio.
    AtLeast(f64),
    /// At most this ratio.
    AtMost(f64),
}

impl Goal {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(least) => ratio >= least,
            Self::AtMost(most) => ratio <= most,
        }
    }
}

impl Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {least}×"),
            Self::AtMost(most) => write!(f, "≤ {most}×"),
        }
    }
}

/// One operation on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Where it was measured.
    pub(crate) section: &'static str,
    /// What was measured.
    pub(crate) operation: String,
    /// Against whom.
    pub(crate) rival_name: &'static str,
    /// Bondstone's figure.
    pub(crate) bondstone: Figure,
    /// The rival's, of the same kind.
    pub(crate) rival: Figure,
    /// Which way the ratio goes.
    pub(crate) direction: Direction,
    /// What was set out to reach, if anything.
    pub(crate) goal: Option<Goal>,
}

impl Row {
    /// How Bondstone compares, see [`Direction`].
    pub(crate) fn ratio(&self) -> f64 {
        let (ours, rival) = (self.bondstone.value(), self.rival.value());
        let rates = matches!(self.bondstone, Figure::PerSecond(_));
        if rates == (self.direction == Direction::Faster) { ours / rival } else { rival / ours }
    }

    /// Whether the goal is met; true without one.
    pub(crate) fn is_met(&self) -> bool {
        self.goal.is_none_or(|goal| goal.is_met(self.ratio()))
    }
}

/// What a run found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The measurements.
    pub(crate) rows: Vec<Row>,
    /// What was not measured, and what else the figures depend on.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// As a JSON document.
    pub(crate) fn to_json(&self, machine: &Machine) -> serde_json::Value {
        let row = |row: &Row| {
            let (ratio, met) = (row.ratio(), row.is_met());
            serde_json::json!({ "measured": row, "ratio": ratio, "met": met })
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        serde_json::json!({ "machine": machine, "rows": rows, "notes": self.notes })
    }

    /// As Markdown: the machine, a table, notes.
    pub(crate) fn to_markdown(&self, machine: &Machine) -> String {
        let mut out = format!("{machine}\n\n| operation | bondstone | rival | ratio | goal |\n");
        out.push_str("|---|---|---|---|---|\n");
        let mut section = "";
        for row in &self.rows {
            if row.section != section {
                section = row.section;
                out.push_str(&format!("| **{section}** | | | | |\n"));
            }
            let goal = match row.goal {
                Some(goal) if row.is_met() => goal.to_string(),
                Some(goal) => format!("{goal}, missed"),
                None => String::new(),
            };
            let Row { operation, bondstone, rival, rival_name, .. } = row;
            let ratio = short(row.ratio());
            out.push_str(&format!(
                "| {operation} | {bondstone} | {rival} ({rival_name}) | {ratio}× | {goal} |\n"
            ));
        }
        for note in &self.notes {
            out.push_str(&format!("\n{note}\n"));
        }
        out
    }
}

/// Two digits that matter.
fn short(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0}") } else { format!("{ratio:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bondstone: Figure, rival: Figure, direction: Direction, goal: Goal) -> Row {
        Row {
            section: "here",
            operation: "it".to_owned(),
            rival_name: "rival",
            bondstone,
            rival,
            direction,
            goal: Some(goal),
        }
    }

    #[test]
    fn rates_compare_by_how_much_faster() {
        let (ours, rival) = (Figure::PerSecond(3e6), Figure::PerSecond(1e5));
        let row = row(ours, rival, Direction::Faster, Goal::AtLeast(30.0));
        assert!((row.ratio() - 30.0).abs() < 1e-9);
        assert!(row.is_met());
    }

    #[test]
    fn times_compare_by_how_much_longer() {
        let (ours, rival) = (Figure::Microseconds(300.0), Figure::Microseconds(100.0));
        let row = row(ours, rival, Direction::Longer, Goal::AtMost(2.0));
        assert!((row.ratio() - 3.0).abs() < 1e-9);
        assert!(!row.is_met());
        let report = Report { rows: vec![row], notes: Vec::new() };
        let markdown = report.to_markdown(&Machine::default());
        let line = "| it | 300 µs | 100 µs (rival) | 3.0× | ≤ 2×, missed |";
        assert!(markdown.contains(line), "{markdown}");
    }

    #[test]
    fn figures_are_short() {
        let table = [
            (Figure::PerSecond(1_234_567.0), "1.23 million/s"),
            (Figure::PerSecond(123_456.0), "123 thousand/s"),
            (Figure::PerSecond(12_345.0), "12.3 thousand/s"),
            (Figure::PerSecond(1_234.0), "1234/s"),
            (Figure::Microseconds(12.34), "12.3 µs"),
            (Figure::Microseconds(1_234.0), "1.23 ms"),
        ];
        for (figure, text) in table {
            assert_eq!(figure.to_string(), text);
        }
    }
}
