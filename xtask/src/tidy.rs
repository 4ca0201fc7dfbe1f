//! `cargo xtask tidy`: every file against every rule.

use std::{cmp::Reverse, path::Path};

use crate::{
    checkout,
    finding::{Finding, Outcome, Report},
    names, purity, rules,
    source::Source,
};

/// How many of the long functions are named. The count is always told.
const LONG_FUNCTIONS_SHOWN: usize = 5;

/// Checks the checkout, prints the advice and reports the findings.
pub(crate) fn run() -> Outcome {
    let root = checkout::root();
    let paths = checkout::files(&root)?;
    let sources = read(&root, &paths)?;
    let findings = check(&paths, &sources);

    let mut long: Vec<(usize, Finding)> = sources.iter().flat_map(rules::long_functions).collect();
    long.sort_by_key(|(lines, _)| Reverse(*lines));
    for (_, finding) in long.iter().take(LONG_FUNCTIONS_SHOWN) {
        println!("warning: {finding}");
    }
    let summary = format!(
        "tidy: {} files, {} errors, {} long functions",
        paths.len(),
        findings.len(),
        long.len(),
    );
    Ok(Report { findings, summary })
}

/// Every rule over every file, in the order of the files.
fn check(paths: &[String], sources: &[Source]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        paths.iter().filter_map(|path| names::empty_name(path)).collect();
    findings.extend(names::vector_readmes(paths));
    findings.extend(names::crates(sources));
    for source in sources {
        findings.extend(rules::check_file(source));
        findings.extend(purity::purity(source));
    }
    findings.sort();
    findings
}

/// The text files among the paths. Compressed vectors and pictures are not text.
fn read(root: &Path, paths: &[String]) -> Result<Vec<Source>, String> {
    let mut sources = Vec::new();
    for path in paths {
        let bytes = std::fs::read(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        sources.extend(String::from_utf8(bytes).ok().map(|text| Source::new(path, &text)));
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_come_in_the_order_of_the_files() {
        let files = [("b.md", "no title"), ("a.rs", "x.f(1.0);"), ("a/misc.rs", "")];
        let paths = files.map(|(path, _)| path.to_owned());
        let sources = files.map(|(path, text)| Source::new(path, text));
        let found: Vec<String> =
            check(&paths, &sources).into_iter().map(|finding| finding.path).collect();
        assert_eq!(found, ["a/misc.rs", "b.md"]);
    }
}
