//! The rules about which files there are and what they are called.

use std::collections::BTreeSet;

use crate::{finding::Finding, source::Source};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["common", "helper", "helpers", "misc", "types", "util", "utils", "stuff"];

/// A folder or a file is called after a thing of the domain.
pub(crate) fn empty_name(path: &str) -> Option<Finding> {
    let name = path.split('/').find_map(|part| {
        let stem = part.split('.').next().unwrap_or_default();
        EMPTY_NAMES.iter().find(|name| stem.eq_ignore_ascii_case(name))
    })?;
    let message = format!("`{name}` says nothing; name it by the noun of what is inside");
    Some(Finding::new(path, 1, message))
}

/// Every crate introduces itself, in a README and in a module doc, and takes the house's lints.
pub(crate) fn crates(sources: &[Source]) -> Vec<Finding> {
    let find = |path: &str| sources.iter().find(|source| source.path == path);
    let mut findings = Vec::new();
    for manifest in sources.iter().filter(|source| is_crate_manifest(&source.path)) {
        let folder = manifest.path.trim_end_matches("/Cargo.toml");
        let mut say = |path: &str, message: &str| findings.push(Finding::new(path, 1, message));
        if find(&format!("{folder}/README.md")).is_none() {
            say(&manifest.path, "no README.md beside it; say in a page what the crate is for");
        }
        if !takes_house_lints(&manifest.text) {
            say(
                &manifest.path,
                "not under the house's lints; add `[lints]` and `workspace = true`",
            );
        }
        let roots = ["lib.rs", "main.rs"].map(|root| find(&format!("{folder}/src/{root}")));
        for root in roots.into_iter().flatten().filter(|root| !has_module_doc(&root.text)) {
            say(&root.path, "no module doc; open with `//!` and say what the crate does");
        }
    }
    findings
}

/// `crates/<name>/Cargo.toml`, or a crate at the root such as `xtask/Cargo.toml`.
fn is_crate_manifest(path: &str) -> bool {
    let Some(folder) = path.strip_suffix("/Cargo.toml") else { return false };
    folder == "xtask" || folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/'))
}

fn takes_house_lints(manifest: &str) -> bool {
    let mut lines =
        manifest.lines().map(|line| line.replace(' ', "")).skip_while(|line| line != "[lints]");
    lines.next().is_some()
        && lines.take_while(|line| !line.starts_with('[')).any(|line| line == "workspace=true")
}

fn has_module_doc(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.any(|line| line.starts_with("//! ") || line.starts_with("#![doc"))
}

/// A family of vectors explains its schema in a README.
pub(crate) fn vector_readmes(paths: &[String]) -> Vec<Finding> {
    let families: BTreeSet<&str> = paths
        .iter()
        .filter_map(|path| path.strip_prefix("vectors/")?.split_once('/'))
        .map(|(family, _)| family)
        .collect();
    families
        .into_iter()
        .map(|family| format!("vectors/{family}/README.md"))
        .filter(|readme| !paths.contains(readme))
        .map(|readme| {
            Finding::new(&readme, 1, "not there; say what was recorded and how to read it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_name_a_thing() {
        assert!(empty_name("crates/kernel/src/utils.rs").is_some());
        assert!(empty_name("crates/common/src/lib.rs").is_some());
        assert!(empty_name("tests/helpers/start.ts").is_some());
        assert!(empty_name("crates/kernel/src/math.rs").is_none());
        assert!(empty_name("docs/types-of-delegators.md").is_none());
    }

    #[test]
    fn a_crate_that_keeps_the_rules_is_silent() {
        let sources = [
            Source::new(
                "crates/a/Cargo.toml",
                "[package]\nname = \"a\"\n[lints]\nworkspace = true",
            ),
            Source::new("crates/a/README.md", "# a"),
            Source::new("crates/a/src/lib.rs", "//! What a is.\n"),
        ];
        assert!(crates(&sources).is_empty());
    }

    #[test]
    fn a_crate_that_keeps_none_hears_of_each() {
        let sources = [
            Source::new("crates/a/Cargo.toml", "[lints.rust]\n[dependencies]\nworkspace = true"),
            Source::new("crates/a/src/main.rs", "fn main() {}\n"),
        ];
        let paths: Vec<String> = crates(&sources).into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["crates/a/Cargo.toml", "crates/a/Cargo.toml", "crates/a/src/main.rs"]);
    }

    #[test]
    fn only_crates_of_the_workspace_are_looked_at() {
        assert!(is_crate_manifest("crates/kernel/Cargo.toml"));
        assert!(is_crate_manifest("xtask/Cargo.toml"));
        assert!(!is_crate_manifest("Cargo.toml"));
        assert!(!is_crate_manifest("fuzz/Cargo.toml"));
        assert!(!is_crate_manifest("crates/kernel/tests/a/Cargo.toml"));
    }

    #[test]
    fn a_vector_family_has_a_readme() {
        let paths =
            ["vectors/README.md", "vectors/a/README.md", "vectors/a/1.gz", "vectors/b/2.gz"];
        let found = vector_readmes(&paths.map(str::to_owned));
        assert_eq!(found.len(), 1);
        assert!(found.iter().all(|finding| finding.path == "vectors/b/README.md"));
    }
}
