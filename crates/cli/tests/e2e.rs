//! `bondstone up` beside the real contracts, which anvil runs: one scenario, two chains, two
//! clients (`tests/e2e`).

#[path = "clients/installed.rs"]
mod installed;

use std::process::Command;

#[test]
fn the_chain_answers_as_the_real_contracts_do() {
    let Some(folder) = installed::folder() else { return };
    // First what the comparison itself is made of. All compile the contracts if nobody has, so
    // that two tests at once would do it twice; `.config/nextest.toml` keeps them apart.
    installed::succeeds(Command::new("node").arg("--test").current_dir(&folder));
    let program = env!("CARGO_BIN_EXE_bondstone");
    installed::succeeds(Command::new("node").arg(folder.join("run.mjs")).arg(program));
}

#[test]
fn viem_works_as_with_any_node() {
    let Some(folder) = installed::folder() else { return };
    let program = env!("CARGO_BIN_EXE_bondstone");
    installed::succeeds(Command::new("node").arg(folder.join("clients.mjs")).arg(program));
}

#[test]
fn three_programmes_of_the_economy_are_claimed_to_the_last_unit() {
    let Some(folder) = installed::folder() else { return };
    let program = env!("CARGO_BIN_EXE_bondstone");
    installed::succeeds(Command::new("node").arg(folder.join("programmes.mjs")).arg(program));
}
