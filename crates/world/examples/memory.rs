//! How much memory a position takes: builds worlds of growing size and reads the process's size.
//!
//! `cargo run --release -p bondstone-world --example memory`

#![allow(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use alloy_primitives::U256;
use bondstone_world::sandbox::{Sandbox, SandboxError, SlasherChoice, VaultPlan, account};

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse().ok());
    kib.unwrap_or(0u64) * 1024
}

fn main() -> Result<(), SandboxError> {
    let mut sandbox = Sandbox::new(1_750_000_000)?;
    let plan = VaultPlan {
        collateral: sandbox.token,
        tokenized: false,
        epoch_duration: 604_800,
        delegator_type: 0,
        slasher: SlasherChoice::Instant,
    };
    let parts = sandbox.vault(&plan)?;
    let empty = resident_bytes();
    let mut made = 0;
    for stakers in [10_000u64, 100_000, 1_000_000] {
        while made < stakers {
            sandbox.fund_and_deposit(parts.vault, account(made), U256::from(1_000 + made))?;
            made += 1;
        }
        let used = resident_bytes() - empty;
        println!(
            "{stakers:>9} positions: {:>5} MiB, {:>4} bytes a position (address, token balance, \
             allowance, share history)",
            used >> 20,
            used / stakers
        );
    }
    Ok(())
}
