//! What services of the SDK keep.

use alloy_primitives::Address;
use bondstone_kernel::{Id, Index, Sets, Table, ledger_state, ledger_value};

ledger_value! {
    /// A service's single values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ServiceConfig {
        /// The Core whose hooks it answers.
        pub core: Address,
        /// Who initialised it.
        pub controller: Address,
    }
}

ledger_state! {
    /// Services, operators and vaults by interned address.
    pub struct Services {
        /// Single values, by service.
        pub config: Table<ServiceConfig>,
        /// Registered operators of a service.
        pub operators: Sets,
        /// (service, operator).
        pub pair_keys: Index<(Id, Id)>,
        /// Vaults that count as an operator's, by pair.
        pub active: Sets,
        /// Whether an operator is jailed, by pair.
        pub jailed: Table<bool>,
        /// (service, selector of a hook).
        pub hook_keys: Index<(Id, u32)>,
        /// Whether the hook refuses.
        pub refused: Table<bool>,
    }
}

impl Services {
    /// The vaults that `service` counts as those of `operator`.
    pub fn active_vaults(&self, service: Id, operator: Id) -> impl Iterator<Item = Id> + '_ {
        self.active.members(self.pair_keys.find(&(service, operator)))
    }

    /// Whether a hook of `service` refuses.
    #[must_use]
    pub fn refuses(&self, service: Id, hook: [u8; 4]) -> bool {
        *self.refused.get(self.hook_keys.find(&(service, u32::from_be_bytes(hook))))
    }

    /// Whether `service` has jailed `operator`.
    #[must_use]
    pub fn is_jailed(&self, service: Id, operator: Id) -> bool {
        *self.jailed.get(self.pair_keys.find(&(service, operator)))
    }
}
