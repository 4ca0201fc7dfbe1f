//! The store on good disks and bad ones.

mod chain;
mod opening;
mod snapshots;
