//! The interfaces of the contracts, written by hand: functions, events, errors.
//! Selectors and topics are pinned by the recorded traces.

pub mod core;
pub mod dss;
pub mod handler;
pub mod ledger;
pub mod native;
pub mod registry;
pub mod solady;
pub mod vault;
pub mod viewer;
