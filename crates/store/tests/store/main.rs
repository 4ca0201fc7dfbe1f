//! The store on good disks and bad ones.

mod chain;
mod crashes;
mod damage;
mod faults;
mod kill;
mod maintenance;
mod opening;
mod snapshots;
