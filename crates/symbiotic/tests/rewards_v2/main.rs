//! Rewards V2 and its registries in a world.

mod bench;
mod merkle;
mod registries;
mod snapshot;
mod unified;
