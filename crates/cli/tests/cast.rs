//! `bondstone up`, driven by cast.

#[path = "clients/installed.rs"]
mod installed;

use std::process::Command;

#[test]
fn cast_talks_to_the_chain() {
    let Some(folder) = installed::folder() else { return };
    let program = env!("CARGO_BIN_EXE_bondstone");
    installed::succeeds(Command::new("bash").arg(folder.join("cast.sh")).arg(program));
}
