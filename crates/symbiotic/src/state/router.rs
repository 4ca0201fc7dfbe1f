//! Burner routers: receivers of slashed tokens and what they are owed.

use alloy_primitives::{Address, U256};
use bondstone_kernel::{Id, Index, Table, Timestamp, ledger_state};

/// A value with a change that waits for its time; a time of zero is no change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending<T> {
    /// The value in force.
    pub current: T,
    /// The value that waits.
    pub next: T,
    /// From when it can be accepted; zero when nothing waits.
    pub ready_at: Timestamp,
}

/// What a router keeps besides receivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouterConfig {
    /// Where the router lives.
    pub address: Address,
    /// The token it routes.
    pub collateral: Address,
    /// Token balance at the last accounting.
    pub last_balance: U256,
    /// Seconds until a change of receiver can be accepted.
    pub delay: Pending<u64>,
    /// Receiver where no other is set; may be zero.
    pub global_receiver: Pending<Address>,
}

ledger_state! {
    /// What burner routers keep, by dense router id.
    pub struct Routers {
        /// Router ids by interned address.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<RouterConfig>,
        /// (router, network, operator), interned; operator is `NONE` for the network's receiver.
        pub receiver_keys: Index<(Id, Id, Id)>,
        /// Receivers; zero is unset.
        pub receivers: Table<Pending<Address>>,
        /// (router, receiver as interned address).
        pub balance_keys: Index<(Id, Id)>,
        /// What a receiver is owed.
        pub balances: Table<U256>,
    }
}
