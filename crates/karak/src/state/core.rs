//! What Core keeps: operators, services, vault implementations, slashings.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, NONE, Sets, Table, ledger_state, ledger_value};

ledger_value! {
    /// Core's single values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct CoreConfig {
        /// Where Core lives.
        pub address: Address,
        /// The standard vault implementation.
        pub vault_implementation: Address,
        /// Vaults deployed so far; enters their addresses.
        pub vault_nonce: u64,
        /// Who was appointed to veto. Access goes by the role.
        pub veto_committee: Address,
        /// Stake updates and slashings requested so far.
        pub nonce: u64,
        /// Gas that a hook may use.
        pub hook_call_gas_limit: u32,
        /// Gas that the question for a hook may use.
        pub supports_interface_gas_limit: u32,
        /// Gas that must be left over.
        pub hook_gas_buffer: u32,
    }
}

/// The cell of Core's single values.
pub const CORE: Id = 0;

ledger_state! {
    /// Core's books. Operators, services, vaults and assets are interned addresses.
    pub struct CoreBooks {
        /// Single values, at [`CORE`].
        pub config: Table<CoreConfig>,
        /// Whether the operation that is running has changed the books already, at [`CORE`].
        pub booked: Table<bool>,
        /// Vaults of an operator.
        pub vaults: Sets,
        /// Services to which an operator is registered.
        pub services: Sets,
        /// (operator, service).
        pub pair_keys: Index<(Id, Id)>,
        /// Vaults that an operator stakes to a service, by pair.
        pub staked: Sets,
        /// Second from which a service may slash an operator again, by pair.
        pub next_slashable: Table<U256>,
        /// (operator, vault).
        pub update_keys: Index<(Id, Id)>,
        /// Hash of the stake update that waits; zero when none does.
        pub pending_updates: Table<B256>,
        /// Slashings that name a vault and wait.
        pub pending_slashings: Table<u64>,
        /// Hashes of queued slashings.
        pub slashing_keys: Index<B256>,
        /// Whether the slashing waits.
        pub slashings: Table<bool>,
        /// Services that ever registered.
        pub known_services: Index<Id>,
        /// Implementations that ever came on the list.
        pub known_implementations: Index<Id>,
        /// Assets that ever came on the list.
        pub known_assets: Index<Id>,
        /// The most that a service may slash at once, in 1e18 = 1 %; zero when not registered.
        pub max_slashable_wad: Table<U256>,
        /// The implementation of a vault; address 1 stands for the standard one.
        pub implementations: Table<Address>,
        /// Whether an implementation is on the list.
        pub allowlisted: Table<bool>,
        /// The slashing handler of an asset; zero when the asset is not on the list.
        pub handlers: Table<Address>,
    }
}

impl CoreBooks {
    /// Single values.
    #[must_use]
    pub fn config(&self) -> &CoreConfig {
        self.config.get(CORE)
    }

    /// Whether `vault` is staked to `service` by `operator`.
    #[must_use]
    pub fn is_staked(&self, operator: Id, service: Id, vault: Id) -> bool {
        self.staked.contains(self.pair_keys.find(&(operator, service)), vault)
    }

    /// The vaults that `operator` stakes to `service`, in their visible order.
    pub fn staked_vaults(&self, operator: Id, service: Id) -> impl Iterator<Item = Id> + '_ {
        self.staked.members(self.pair_keys.find(&(operator, service)))
    }

    /// Number of vaults that `operator` stakes to `service`.
    #[must_use]
    pub fn staked_count(&self, operator: Id, service: Id) -> u32 {
        let pair = self.pair_keys.find(&(operator, service));
        if pair == NONE { 0 } else { self.staked.len(pair) }
    }

    /// Second from which `service` may slash `operator` again.
    #[must_use]
    pub fn next_slashable(&self, operator: Id, service: Id) -> U256 {
        *self.next_slashable.get(self.pair_keys.find(&(operator, service)))
    }

    /// Hash of the stake update of `operator` for `vault` that waits; zero when none does.
    #[must_use]
    pub fn pending_update(&self, operator: Id, vault: Id) -> B256 {
        *self.pending_updates.get(self.update_keys.find(&(operator, vault)))
    }

    /// Whether the slashing with this hash waits.
    #[must_use]
    pub fn is_queued(&self, root: B256) -> bool {
        *self.slashings.get(self.slashing_keys.find(&root))
    }
}
