//! `bondstone up`, driven by cast. `make test` installs cast; without it the test has nothing to
//! drive with and says so, or fails when `BONDSTONE_REQUIRE_CAST` is 1, as in continuous
//! integration.

use std::path::Path;
use std::process::Command;

#[test]
fn cast_talks_to_the_chain() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e");
    let cast = folder.join("node_modules/.bin/cast");
    if !cast.exists() {
        let required = std::env::var("BONDSTONE_REQUIRE_CAST").is_ok_and(|value| value == "1");
        assert!(!required, "cast is not installed; run `make test`, or `npm ci` in tests/e2e");
        println!("skipped: cast is not installed; run `make test`, or `npm ci` in tests/e2e");
        return;
    }
    let script = Command::new("bash")
        .arg(folder.join("cast.sh"))
        .arg(env!("CARGO_BIN_EXE_bondstone"))
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&script.stdout);
    let complained = String::from_utf8_lossy(&script.stderr);
    println!("{said}");
    assert!(script.status.success(), "{complained}");
}
