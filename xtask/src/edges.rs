//! `cargo xtask edges`: who depends on whom, against the table of rooms.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::{
    checkout,
    finding::{Finding, Outcome, Report},
    rooms::{PURE_LIBRARIES, Room, room},
};

/// What a dependency is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Code,
    Tests,
}

/// A package of the workspace and what its manifest asks for.
#[derive(Debug)]
struct Package {
    name: String,
    /// The manifest's path from the root, and its text.
    path: String,
    manifest: String,
    dependencies: Vec<(String, Purpose)>,
}

/// Reads the manifests through cargo and checks every dependency in them.
pub(crate) fn run() -> Outcome {
    let root = checkout::root();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = checkout::output(
        Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .current_dir(&root),
    )?;
    let packages = packages(&metadata, &root).ok_or("cargo metadata has a shape we do not know")?;
    let findings = check(&packages);
    let summary = format!("edges: {} crates, {} errors", packages.len(), findings.len());
    Ok(Report { findings, summary })
}

/// The packages in the answer of `cargo metadata`.
fn packages(metadata: &str, root: &Path) -> Option<Vec<Package>> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    metadata["packages"].as_array()?.iter().map(|value| package(value, root)).collect()
}

fn package(value: &Value, root: &Path) -> Option<Package> {
    let path = Path::new(value["manifest_path"].as_str()?);
    let dependencies = value["dependencies"].as_array()?.iter().map(|value| {
        // Build dependencies count as code: what they make ends up in the crate.
        let tests = value["kind"].as_str() == Some("dev");
        let purpose = if tests { Purpose::Tests } else { Purpose::Code };
        Some((value["name"].as_str()?.to_owned(), purpose))
    });
    Some(Package {
        name: value["name"].as_str()?.to_owned(),
        path: path.strip_prefix(root).unwrap_or(path).display().to_string(),
        manifest: std::fs::read_to_string(path).unwrap_or_default(),
        dependencies: dependencies.collect::<Option<_>>()?,
    })
}

/// Every dependency against the table.
fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let Some(room) = room(&package.name) else {
            let message = format!("`{}` has no row; add it in xtask/src/rooms.rs", package.name);
            findings.push(Finding::new(&package.path, 1, message));
            continue;
        };
        for (name, purpose) in &package.dependencies {
            let inside = packages.iter().any(|package| package.name == *name);
            let problem =
                if inside { edge(room, name, *purpose) } else { library(room, name, *purpose) };
            let line = line_of(&package.manifest, name);
            findings.extend(problem.map(|message| Finding::new(&package.path, line, message)));
        }
    }
    findings
}

/// What is wrong with using another crate of the workspace.
fn edge(room: &Room, name: &str, purpose: Purpose) -> Option<String> {
    if room.uses.contains(&name) {
        return None;
    }
    match purpose {
        Purpose::Code => Some(format!(
            "`{name}` is not below `{}`; move the code, or the row in xtask/src/rooms.rs",
            room.package
        )),
        Purpose::Tests if room.tests_use.contains(&name) => None,
        Purpose::Tests => {
            Some(format!("`{name}` is above `{}`; test this one crate further up", room.package))
        }
    }
}

/// What is wrong with using a library.
fn library(room: &Room, name: &str, purpose: Purpose) -> Option<String> {
    let bound = room.pure && purpose == Purpose::Code;
    (bound && !PURE_LIBRARIES.contains(&name)).then(|| {
        format!("`{name}` in a pure crate; do without it, or do the work in a crate further up")
    })
}

/// The line of a manifest that asks for a dependency.
fn line_of(manifest: &str, name: &str) -> usize {
    let asks = |line: &str| {
        line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
    };
    manifest.lines().position(asks).map_or(1, |line| line + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, dependencies: &[(&str, Purpose)]) -> Vec<String> {
        let others =
            ["bondstone-kernel", "bondstone-world", "bondstone-node"].map(|name| Package {
                name: name.to_owned(),
                path: String::new(),
                manifest: String::new(),
                dependencies: Vec::new(),
            });
        let package = Package {
            name: name.to_owned(),
            path: "Cargo.toml".to_owned(),
            manifest: "[dependencies]\ntokio-util = \"1\"\ntokio.workspace = true".to_owned(),
            dependencies: dependencies.iter().map(|(name, to)| ((*name).to_owned(), *to)).collect(),
        };
        let packages: Vec<Package> = others.into_iter().chain([package]).collect();
        check(&packages).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_workspace_keeps_to_the_table() {
        let report = run().expect("cargo can read the manifests");
        let lines: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }

    #[test]
    fn edges_go_down_only() {
        let (code, tests) = (Purpose::Code, Purpose::Tests);
        let tokens = |edge| found("bondstone-tokens", &[edge]).len();
        assert_eq!(tokens(("bondstone-kernel", code)), 0);
        assert_eq!(tokens(("bondstone-kernel", tests)), 0);
        assert_eq!(tokens(("bondstone-world", code)), 1);
        assert_eq!(tokens(("bondstone-world", tests)), 0);
        assert_eq!(tokens(("bondstone-node", tests)), 1);
    }

    #[test]
    fn a_pure_crate_uses_few_libraries() {
        let (code, tests) = (Purpose::Code, Purpose::Tests);
        assert_eq!(found("bondstone-symbiotic", &[("alloy-primitives", code)]).len(), 0);
        assert_eq!(found("bondstone-symbiotic", &[("tokio", tests)]).len(), 0);
        assert_eq!(found("bondstone-conform", &[("tokio", code)]).len(), 0);
        let tokio = "Cargo.toml:3: `tokio` in a pure crate; do without it, or do the work in a \
                     crate further up";
        assert_eq!(found("bondstone-symbiotic", &[("tokio", code)]), [tokio]);
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(found("bondstone-new", &[]).len(), 1);
    }

    #[test]
    fn the_answer_of_cargo_is_understood() {
        let metadata = r#"{"packages": [{"name": "a", "manifest_path": "/x/a/Cargo.toml",
            "dependencies": [{"name": "b", "kind": null}, {"name": "c", "kind": "dev"}]}]}"#;
        let packages = packages(metadata, Path::new("/x")).expect("the shape is right");
        let dependencies = [("b".to_owned(), Purpose::Code), ("c".to_owned(), Purpose::Tests)];
        let seen = packages.iter().map(|package| (&*package.path, &*package.dependencies));
        assert_eq!(seen.collect::<Vec<_>>(), [("a/Cargo.toml", dependencies.as_slice())]);
    }
}
