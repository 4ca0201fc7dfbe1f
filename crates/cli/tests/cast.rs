//! `bondstone up`, driven by cast.

#[path = "clients/installed.rs"]
mod installed;

use std::process::Command;

fn play(script: &str) {
    let Some(folder) = installed::folder() else { return };
    let program = env!("CARGO_BIN_EXE_bondstone");
    installed::succeeds(Command::new("bash").arg(folder.join(script)).arg(program));
}

#[test]
fn cast_talks_to_the_chain() {
    play("cast.sh");
}

#[test]
fn cast_talks_to_karak() {
    play("karak-cast.sh");
}
