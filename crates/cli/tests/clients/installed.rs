//! The Ethereum clients that the end-to-end tests drive the program with.

#![expect(clippy::print_stdout, reason = "the test runner captures it and shows it on failure")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the end-to-end scripts, when `make test` has installed their clients there.
/// Without them a test has nothing to drive with: it says so and returns, or fails when
/// `BONDSTONE_REQUIRE_CAST` is 1, as in continuous integration.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e");
    if folder.join("node_modules/.bin/cast").exists() {
        return Some(folder);
    }
    let required = std::env::var("BONDSTONE_REQUIRE_CAST").is_ok_and(|value| value == "1");
    assert!(!required, "cast is not installed; run `make test`, or `npm ci` in tests/e2e");
    println!("skipped: cast is not installed; run `make test`, or `npm ci` in tests/e2e");
    None
}

/// Runs a script to its end and prints what it said.
///
/// # Panics
/// When it fails, with its complaints.
pub(crate) fn succeeds(script: &mut Command) {
    let output = script.output().expect("its interpreter is installed");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script:?} failed:\n{complaints}");
}
