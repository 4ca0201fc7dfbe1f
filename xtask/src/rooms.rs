//! The one table of the house: which crates there are, who may use whom, which are pure.

/// A crate of the workspace and what it may depend on.
#[derive(Debug)]
pub(crate) struct Room {
    /// The package's name.
    pub(crate) package: &'static str,
    /// Its folder, relative to the root.
    pub(crate) folder: &'static str,
    /// Pure: no clock, randomness, files, network, async or floats; few libraries.
    pub(crate) pure: bool,
    /// The packages of the workspace that its code may use.
    pub(crate) uses: &'static [&'static str],
    /// The packages that its tests and benches may use on top of these.
    pub(crate) tests_use: &'static [&'static str],
}

const KERNEL: &str = "bondstone-kernel";
const TOKENS: &str = "bondstone-tokens";
const SYMBIOTIC: &str = "bondstone-symbiotic";
const KARAK: &str = "bondstone-karak";
const REWARDS: &str = "bondstone-rewards";
const WORLD: &str = "bondstone-world";
const STORE: &str = "bondstone-store";
const CONFORM: &str = "bondstone-conform";
const NODE: &str = "bondstone-node";

/// Every crate, in the order in which they build on each other.
pub(crate) const ROOMS: [Room; 11] = [
    Room { package: KERNEL, folder: "crates/kernel", pure: true, uses: &[], tests_use: &[] },
    Room {
        package: TOKENS,
        folder: "crates/tokens",
        pure: true,
        uses: &[KERNEL],
        tests_use: &[WORLD],
    },
    Room {
        package: SYMBIOTIC,
        folder: "crates/symbiotic",
        pure: true,
        uses: &[KERNEL],
        tests_use: &[WORLD],
    },
    Room {
        package: KARAK,
        folder: "crates/karak",
        pure: true,
        uses: &[KERNEL],
        tests_use: &[TOKENS, WORLD],
    },
    Room {
        package: REWARDS,
        folder: "crates/rewards",
        pure: true,
        uses: &[KERNEL],
        tests_use: &[],
    },
    Room {
        package: WORLD,
        folder: "crates/world",
        pure: true,
        uses: &[KERNEL, TOKENS, SYMBIOTIC, KARAK],
        tests_use: &[],
    },
    Room {
        package: CONFORM,
        folder: "crates/conform",
        pure: false,
        uses: &[KERNEL, TOKENS, SYMBIOTIC, KARAK, REWARDS, WORLD],
        tests_use: &[],
    },
    Room { package: STORE, folder: "crates/store", pure: false, uses: &[KERNEL], tests_use: &[] },
    Room {
        package: NODE,
        folder: "crates/node",
        pure: false,
        uses: &[KERNEL, TOKENS, SYMBIOTIC, KARAK, REWARDS, WORLD, STORE],
        tests_use: &[],
    },
    Room {
        package: "bondstone",
        folder: "crates/cli",
        pure: false,
        uses: &[KERNEL, SYMBIOTIC, REWARDS, WORLD, CONFORM, STORE, NODE],
        tests_use: &[],
    },
    Room { package: "xtask", folder: "xtask", pure: false, uses: &[], tests_use: &[] },
];

/// The libraries that a pure crate may use. Each is itself free of IO.
///
/// `rayon` is one although it starts threads: its parallel iterators give results in the order of
/// their input, and a million leaves are worth every core. What it computes has to be equal on any
/// number of threads, which the tests of whoever uses it show. `p3-keccak` hashes many messages at
/// once, behind the trait of `p3-symmetric`. `toml` reads text that is passed in. `triomphe` counts
/// references; whether there is one or more changes what a write costs, never what is read.
pub(crate) const PURE_LIBRARIES: [&str; 14] = [
    "alloy-primitives",
    "alloy-sol-types",
    "borsh",
    "foldhash",
    "imbl",
    "k256",
    "p3-keccak",
    "p3-symmetric",
    "rayon",
    "serde",
    "sha2",
    "thiserror",
    "toml",
    "triomphe",
];

/// The room of a package.
pub(crate) fn room(package: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.package == package)
}

/// The pure room whose code a path belongs to. Its tests and benches are not in it.
pub(crate) fn pure_room(path: &str) -> Option<&'static Room> {
    ROOMS.iter().filter(|room| room.pure).find(|room| {
        path.strip_prefix(room.folder).is_some_and(|inside| inside.starts_with("/src/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_uses_only_rooms_above_it() {
        for (position, room) in ROOMS.iter().enumerate() {
            for used in room.uses {
                let above = ROOMS.iter().take(position).any(|other| other.package == *used);
                assert!(above, "{} uses {used}, which does not stand above it", room.package);
            }
        }
    }

    #[test]
    fn a_pure_room_uses_only_pure_rooms() {
        for used in ROOMS.iter().filter(|room| room.pure).flat_map(|room| room.uses) {
            assert!(room(used).is_some_and(|room| room.pure), "{used} is not pure");
        }
    }

    #[test]
    fn a_pure_room_is_its_source_folder() {
        assert_eq!(pure_room("crates/kernel/src/math.rs").map(|room| room.package), Some(KERNEL));
        assert!(pure_room("crates/kernel/tests/math.rs").is_none());
        assert!(pure_room("crates/kernel-two/src/lib.rs").is_none());
        assert!(pure_room("crates/node/src/lib.rs").is_none());
    }
}
