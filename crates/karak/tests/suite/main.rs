//! Karak in a world: the contracts one by one, their traps, and the order of their checks.

mod bench;
mod core;
mod native;
mod service;
mod slashing;
mod traps;
mod vault;
