//! The ready-made delegator hooks.

use alloy_primitives::{B256, U256};
use bondstone_kernel::{Id, Index, NONE, Table, Timestamp, ledger_state, ledger_value};

ledger_value! {
    /// Which of the ready-made hooks a contract is. The number is part of the ledger.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[borsh(use_discriminant = true)]
    pub enum HookKind {
        /// `NetworkRestakeDecreaseHook`.
        #[default]
        NetworkRestakeDecrease = 0,
        /// `NetworkRestakeRedistributeHook`.
        NetworkRestakeRedistribute = 1,
        /// `FullRestakeDecreaseHook`.
        FullRestakeDecrease = 2,
        /// `OperatorSpecificDecreaseHook`.
        OperatorSpecificDecrease = 3,
        /// `NetworkRestakeResetHook`.
        NetworkRestakeReset = 4,
        /// `FullRestakeResetHook`.
        FullRestakeReset = 5,
        /// `OperatorSpecificResetHook`.
        OperatorSpecificReset = 6,
    }
}

impl HookKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::NetworkRestakeDecrease,
        Self::NetworkRestakeRedistribute,
        Self::FullRestakeDecrease,
        Self::OperatorSpecificDecrease,
        Self::NetworkRestakeReset,
        Self::FullRestakeReset,
        Self::OperatorSpecificReset,
    ];

    /// The kind's number in the ledger.
    #[must_use]
    pub fn number(self) -> u8 {
        Self::ALL.iter().zip(0u8..).find(|(kind, _)| **kind == self).map_or(u8::MAX, |(_, n)| n)
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Whether the hook remembers slashes and resets after too many of them.
    #[must_use]
    pub fn is_reset(self) -> bool {
        matches!(
            self,
            Self::NetworkRestakeReset | Self::FullRestakeReset | Self::OperatorSpecificReset
        )
    }
}

ledger_value! {
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

impl Hooks {
    /// What the hook `id` remembers of slashes at `vault` (interned) in `subnetwork`, oldest first.
    /// The operator-specific hook does not tell operators (interned) apart.
    #[must_use]
    pub fn memory_key(&self, id: Id, vault: Id, subnetwork: B256, operator: Id) -> Id {
        let operator = self.memory_operator(id, operator);
        self.memory_keys.find(&(id, vault, subnetwork, operator))
    }

    /// The operator part of a memory key.
    #[must_use]
    pub fn memory_operator(&self, id: Id, operator: Id) -> Id {
        match self.config.get(id).kind {
            HookKind::OperatorSpecificReset => NONE,
            _ => operator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_by_their_position() {
        for (number, kind) in (0u8..).zip(HookKind::ALL) {
            assert_eq!((kind.number(), HookKind::from_number(number)), (number, Some(kind)));
            assert_eq!(borsh::to_vec(&kind).expect("memory takes a byte"), [number]);
        }
    }
}
