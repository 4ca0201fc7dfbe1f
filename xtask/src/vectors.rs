//! `cargo xtask vectors`: no recorded trace lies there unread.
//!
//! The conformance tests append the path of every vector file that they open to a log. A file that
//! the log does not name judges nothing, although everyone believes that it does.

use std::collections::BTreeSet;

use crate::{
    checkout,
    finding::{Finding, Outcome, Report},
};

/// Where the vectors lie, relative to the root.
const FOLDER: &str = "vectors/";

/// Compares the files under `vectors/` with the log that the tests have written.
pub(crate) fn run(log: &str) -> Outcome {
    let opened = std::fs::read_to_string(log).map_err(|error| {
        format!("{log}: {error}; run the tests with BONDSTONE_VECTOR_LOG={log}")
    })?;
    let root = checkout::root();
    let paths = checkout::files(&root)?;
    compare(&paths, &opened)
}

fn compare(paths: &[String], log: &str) -> Outcome {
    let vectors: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(FOLDER))
        .filter(|path| *path != "README.md" && !path.ends_with("/README.md"))
        .collect();
    let opened: BTreeSet<&str> = log.lines().map(str::trim).collect();
    if vectors.is_disjoint(&opened) {
        let reason = "the log names no file under vectors/; did the conformance tests run?";
        return Err(reason.to_owned());
    }
    let findings: Vec<Finding> = vectors
        .difference(&opened)
        .map(|path| {
            let message = "no test opens this vector; give its family a test, or take it away";
            Finding::new(&format!("{FOLDER}{path}"), 1, message)
        })
        .collect();
    let summary = format!("vectors: {} files, {} never opened", vectors.len(), findings.len());
    Ok(Report { findings, summary })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 4] =
        ["README.md", "vectors/a/README.md", "vectors/a/dev/1.gz", "vectors/a/dev/2.gz"];

    fn unopened(log: &str) -> Result<Vec<String>, String> {
        let report = compare(&PATHS.map(str::to_owned), log)?;
        Ok(report.findings.into_iter().map(|finding| finding.path).collect())
    }

    #[test]
    fn a_log_that_names_every_file_passes() {
        assert_eq!(unopened("a/dev/2.gz\na/dev/1.gz\na/dev/1.gz\n"), Ok(vec![]));
    }

    #[test]
    fn a_file_that_no_test_opened_is_found() {
        assert_eq!(unopened("a/dev/2.gz\n"), Ok(vec!["vectors/a/dev/1.gz".to_owned()]));
    }

    #[test]
    fn a_log_that_names_no_vector_is_an_error() {
        assert!(unopened("").is_err());
        assert!(unopened("b/dev/1.gz\n").is_err());
    }
}
