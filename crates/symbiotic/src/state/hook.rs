//! The ready-made delegator hooks.

use alloy_primitives::{B256, U256};
use bondstone_kernel::{Id, Index, Table, Timestamp, ledger_state};

/// Which of the ready-made hooks a contract is. The number is part of the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookKind {
    /// `NetworkRestakeDecreaseHook`.
    #[default]
    NetworkRestakeDecrease,
    /// `NetworkRestakeRedistributeHook`.
    NetworkRestakeRedistribute,
    /// `FullRestakeDecreaseHook`.
    FullRestakeDecrease,
    /// `OperatorSpecificDecreaseHook`.
    OperatorSpecificDecrease,
    /// `NetworkRestakeResetHook`.
    NetworkRestakeReset,
    /// `FullRestakeResetHook`.
    FullRestakeReset,
    /// `OperatorSpecificResetHook`.
    OperatorSpecificReset,
}

/// A hook and its constructor arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookConfig {
    /// Which hook.
    pub kind: HookKind,
    /// `PERIOD` in seconds (reset hooks).
    pub period: u64,
    /// `SLASH_COUNT` (reset hooks).
    pub slash_count: U256,
}

ledger_state! {
    /// What hooks keep, by dense hook id.
    pub struct Hooks {
        /// Hook ids by interned address.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<HookConfig>,
        /// (hook, vault as interned address, subnetwork, operator as interned address or `NONE`).
        pub memory_keys: Index<(Id, Id, B256, Id)>,
        /// Times of the last slashes, oldest first, at most `SLASH_COUNT` of them.
        pub memory: Table<Vec<Timestamp>>,
    }
}
