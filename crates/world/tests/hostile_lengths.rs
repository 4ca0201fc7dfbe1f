//! Lengths that promise more than there is. Alone in its file, because it measures the process.

use bondstone_world::World;
use bondstone_world::sandbox::Sandbox;

/// The most memory that the process has ever asked for.
fn most_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("tests run on Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse().ok());
    kib.expect("Linux tells it in KiB")
}

#[test]
fn a_claimed_length_allocates_nothing_by_itself() {
    let sandbox = Sandbox::new(1_750_000_000).expect("the deployment fits");
    let mut bytes = Vec::new();
    sandbox.world.save(&mut bytes).expect("memory takes all bytes");
    World::load(bytes.as_slice()).expect("just saved");
    let before = most_kib();
    for at in (36..bytes.len() - 4).step_by(5) {
        for length in [u32::MAX - 1, 1 << 26] {
            let mut hostile = bytes.clone();
            hostile[at..at + 4].copy_from_slice(&length.to_le_bytes());
            drop(World::load(hostile.as_slice()));
        }
    }
    let grown = most_kib() - before;
    assert!(
        grown < 32 << 10,
        "{} bytes of input made the process grow by {grown} KiB",
        bytes.len()
    );
}
