//! Who may do what at which contract: owners, roles, handovers, pauses, versions.

use alloy_primitives::U256;
use bondstone_kernel::ownable::Owners;
use bondstone_kernel::{Id, Index, Table, ledger_state};

ledger_state! {
    /// What contracts keep of owners and pauses, by interned address of the contract.
    pub struct Authority {
        /// Owners.
        pub owners: Owners,
        /// (contract, account).
        pub account_keys: Index<(Id, Id)>,
        /// Bits of the roles that an account holds at a contract.
        pub roles: Table<U256>,
        /// Second until which a contract may be handed over to an account; zero for never.
        pub handovers: Table<U256>,
        /// Bits of the functions that are paused.
        pub paused: Table<U256>,
        /// Version with which a contract was initialised, 2^64 - 1 for implementations.
        pub version: Table<u64>,
    }
}

impl Authority {
    /// The roles of `account` at `contract`, bit by bit.
    #[must_use]
    pub fn roles(&self, contract: Id, account: Id) -> U256 {
        *self.roles.get(self.account_keys.find(&(contract, account)))
    }

    /// Second until which `contract` may be handed over to `account`.
    #[must_use]
    pub fn handover(&self, contract: Id, account: Id) -> U256 {
        *self.handovers.get(self.account_keys.find(&(contract, account)))
    }
}
