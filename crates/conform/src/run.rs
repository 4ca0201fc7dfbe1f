//! A whole run: find the files, replay them on all cores, print what came out.

use crate::error::TraceError;
use crate::report::{Counts, Summary, TraceReport, Verdict};
use crate::source::{self, Source};
use crate::{karak, rewards, symbiotic};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A set of traces: one schema, several families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Symbiotic core V1.
    Symbiotic,
    /// Symbiotic staker and operator rewards, and Rewards V2.
    SymbioticRewards,
    /// Karak V2.
    Karak,
}

impl Set {
    /// The families that `--only` may name in this set.
    #[must_use]
    pub fn families(self) -> Vec<&'static str> {
        match self {
            Self::Symbiotic => {
                symbiotic::header::Family::ALL.iter().map(|family| family.name()).collect()
            }
            Self::SymbioticRewards => {
                rewards::header::Family::ALL.iter().map(|family| family.name()).collect()
            }
            Self::Karak => karak::header::Family::ALL.iter().map(|family| family.name()).collect(),
        }
    }
}

/// What to replay, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set that all files belong to.
    pub set: Set,
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Replay from logs alone.
    pub mirror: bool,
    /// Replay only this family; one of [`Set::families`].
    pub only: Option<String>,
    /// Print JSON lines instead of text.
    pub json: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every trace passed.
    Passed,
    /// At least one trace differs.
    Failed,
    /// At least one file could not be judged, or there was nothing to replay.
    Unusable,
}

impl Exit {
    /// The exit code of the program: 0, 1 or 2.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Unusable => 2,
        }
    }
}

/// Replays everything that the options name and prints to `out`, a file at a time and in order.
/// The last line is `N passed, N failed`, or with [`Options::json`] an object that says the same.
///
/// # Errors
/// Only those of the writer. Everything else is printed and told by the [`Exit`].
pub fn run(options: &Options, out: &mut dyn Write) -> io::Result<Exit> {
    let reports = replay_all(options);
    let mut summary = Summary::default();
    for report in &reports {
        summary.add(report);
        if options.json {
            writeln!(out, "{}", report.json())?;
        } else {
            report.print(out)?;
        }
    }
    if reports.is_empty() && !options.json {
        writeln!(out, "error nothing to replay: no trace of this family")?;
    }
    if options.json {
        writeln!(out, "{}", summary.json())?;
    } else {
        summary.print(options.mirror, out)?;
    }
    Ok(match (summary.broken, summary.failed, reports.is_empty()) {
        (0, 0, false) => Exit::Passed,
        (0, 1.., _) => Exit::Failed,
        _ => Exit::Unusable,
    })
}

/// The reports of all files in the order of the command line. Files of another family than
/// [`Options::only`] have none.
#[must_use]
pub fn replay_all(options: &Options) -> Vec<TraceReport> {
    let mut files = Vec::new();
    for path in &options.paths {
        match source::find(path) {
            Ok(found) => files.extend(found.into_iter().map(Ok)),
            Err(error) => files.push(Err((path.clone(), error))),
        }
    }
    let files: Vec<_> = files
        .into_iter()
        .map(|file| match file {
            Ok(file) => (file, None),
            Err((file, error)) => (file, Some(error)),
        })
        .collect();
    let done: Mutex<BTreeMap<usize, TraceReport>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let files = Mutex::new(files);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let job = lock(&files).get_mut(index).map(|(file, e)| (file.clone(), e.take()));
            let Some((file, error)) = job else { break };
            let report = match error {
                Some(error) => Some(broken(&file, error)),
                None => replay_file(options, &file),
            };
            if let Some(report) = report {
                lock(&done).insert(index, report);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn replay_file(options: &Options, file: &Path) -> Option<TraceReport> {
    match Source::read(file) {
        Ok(source) => replay(options, &source),
        Err(error) => Some(broken(file, error)),
    }
}

/// Replays one trace; `None` when it belongs to a family that was not asked for.
#[must_use]
pub fn replay(options: &Options, source: &Source) -> Option<TraceReport> {
    let wanted = |family: &str| options.only.as_deref().is_none_or(|only| only == family);
    let result = match options.set {
        Set::Symbiotic => symbiotic::header::Header::read(source).map(|(family, header)| {
            wanted(family.name())
                .then(|| symbiotic::replay::replay(source, family, &header, options.mirror))
        }),
        Set::SymbioticRewards => rewards::header::Header::family(source).and_then(|family| {
            if !wanted(family.name()) {
                return Ok(None);
            }
            let header = rewards::header::Header::read(source)?;
            Ok(Some(rewards::replay::replay(source, family, &header, options.mirror)))
        }),
        Set::Karak => karak::header::Header::read(source).map(|(family, header)| {
            wanted(family.name())
                .then(|| karak::replay::replay(source, family, &header, options.mirror))
        }),
    };
    result.unwrap_or_else(|error| Some(broken(source.file(), error)))
}

fn broken(file: &Path, error: TraceError) -> TraceReport {
    TraceReport {
        file: file.to_owned(),
        family: String::new(),
        counts: Counts::default(),
        excluded: BTreeMap::new(),
        verdict: Verdict::Broken(error),
    }
}
