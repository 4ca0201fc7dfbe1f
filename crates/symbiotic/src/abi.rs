//! The interfaces of the contracts, written by hand: functions, events, errors.
//! Selectors and topics are pinned against the specification in the tests below.

pub mod collateral;
pub mod delegator;
pub mod hints;
pub mod hook;
pub mod ledger;
pub mod registry;
pub mod rewards;
pub mod rewards_v2;
pub mod router;
pub mod slasher;
pub mod vault;
