//! What came out of replaying a trace, and how it is printed.

use crate::error::{Place, TraceError};
use crate::mirror::Fact;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// How much of a trace was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps replayed.
    pub steps: u64,
    /// Logs compared (in mirror mode: folded).
    pub logs: u64,
    /// Readings compared.
    pub views: u64,
}

impl Counts {
    /// Adds another trace's counts.
    pub fn add(&mut self, other: Self) {
        self.steps = self.steps.saturating_add(other.steps);
        self.logs = self.logs.saturating_add(other.logs);
        self.views = self.views.saturating_add(other.views);
    }
}

/// Two things that should be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What was compared.
    pub what: String,
    /// As recorded.
    pub expected: String,
    /// As replayed.
    pub actual: String,
}

/// The first step of a trace that does not come out as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The step's line.
    pub place: Place,
    /// The step's index.
    pub step: u64,
    /// Time of its block.
    pub timestamp: u64,
    /// The call in words.
    pub call: String,
    /// What differs.
    pub difference: Difference,
}

/// How a trace came out.
#[derive(Debug)]
pub enum Verdict {
    /// Everything is the same.
    Passed,
    /// Something is not.
    Failed(Box<Mismatch>),
    /// It cannot be told.
    Broken(TraceError),
}

/// A replayed trace.
#[derive(Debug)]
pub struct TraceReport {
    /// The file.
    pub file: PathBuf,
    /// Its family, empty when the header could not be read.
    pub family: String,
    /// What was compared up to the verdict.
    pub counts: Counts,
    /// Readings that a mirror cannot know, per fact that no log carries.
    pub excluded: BTreeMap<Fact, u64>,
    /// How it came out.
    pub verdict: Verdict,
}

impl TraceReport {
    /// Prints the trace's lines.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Counts { steps, logs, views } = self.counts;
        let file = self.file.display();
        let counted = format!("{steps} steps, {logs} logs, {views} views");
        match &self.verdict {
            Verdict::Passed => writeln!(out, "ok    {file} ({}): {counted}", self.family),
            Verdict::Broken(error) => writeln!(out, "error {error}"),
            Verdict::Failed(mismatch) => {
                let Mismatch { place, step, timestamp, call, difference } = &**mismatch;
                writeln!(out, "FAIL  {file} ({}): {counted} before", self.family)?;
                writeln!(out, "  step {step} at {timestamp} ({place})")?;
                writeln!(out, "  call      {call}")?;
                writeln!(out, "  differs   {}", difference.what)?;
                writeln!(out, "  expected  {}", difference.expected)?;
                writeln!(out, "  actual    {}", difference.actual)
            }
        }
    }

    /// The trace as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let excluded: BTreeMap<_, _> =
            self.excluded.iter().map(|(fact, count)| (fact.name(), count)).collect();
        let Counts { steps, logs, views } = self.counts;
        let mut object = json!({
            "file": self.file.display().to_string(), "family": self.family, "steps": steps,
            "logs": logs, "views": views, "excluded": excluded,
        });
        let (verdict, detail) = match &self.verdict {
            Verdict::Passed => ("passed", Value::Null),
            Verdict::Broken(error) => ("error", json!(error.to_string())),
            Verdict::Failed(m) => (
                "failed",
                json!({
                    "line": m.place.line, "step": m.step, "timestamp": m.timestamp,
                    "call": m.call, "differs": m.difference.what,
                    "expected": m.difference.expected, "actual": m.difference.actual,
                }),
            ),
        };
        if let Value::Object(map) = &mut object {
            map.insert("verdict".to_owned(), json!(verdict));
            map.insert("detail".to_owned(), detail);
        }
        object
    }
}

/// Everything that one run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Traces that are the same throughout.
    pub passed: u64,
    /// Traces that are not, or that cannot be judged.
    pub failed: u64,
    /// Traces that cannot be judged; they are among the failed ones.
    pub broken: u64,
    /// What was compared in all of them.
    pub counts: Counts,
    /// Readings that a mirror cannot know, per fact.
    pub excluded: BTreeMap<Fact, u64>,
}

impl Summary {
    /// Adds a trace.
    pub fn add(&mut self, report: &TraceReport) {
        self.counts.add(report.counts);
        for (fact, count) in &report.excluded {
            let sum = self.excluded.entry(*fact).or_default();
            *sum = sum.saturating_add(*count);
        }
        let one = |count: &mut u64| *count = count.saturating_add(1);
        match report.verdict {
            Verdict::Passed => one(&mut self.passed),
            Verdict::Failed(_) => one(&mut self.failed),
            Verdict::Broken(_) => {
                one(&mut self.failed);
                one(&mut self.broken);
            }
        }
    }

    /// Prints the closing lines; the very last is `N passed, N failed`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print(&self, mirror: bool, out: &mut dyn Write) -> io::Result<()> {
        let Counts { steps, logs, views } = self.counts;
        let verb = if mirror { "folded" } else { "compared" };
        writeln!(out, "{steps} steps, {logs} logs {verb}, {views} views compared")?;
        if mirror {
            let sum: u64 = self.excluded.values().sum();
            writeln!(out, "{sum} views excluded as facts that no log carries")?;
            for (fact, count) in &self.excluded {
                writeln!(out, "  {count} {}: {}", fact.name(), fact.reason())?;
            }
        }
        writeln!(out, "{} passed, {} failed", self.passed, self.failed)
    }

    /// The closing line as one JSON object.
    #[must_use]
    pub fn json(&self) -> Value {
        let excluded: BTreeMap<_, _> =
            self.excluded.iter().map(|(fact, count)| (fact.name(), count)).collect();
        let Counts { steps, logs, views } = self.counts;
        json!({
            "passed": self.passed, "failed": self.failed, "errors": self.broken,
            "steps": steps, "logs": logs, "views": views, "excluded": excluded,
        })
    }
}
