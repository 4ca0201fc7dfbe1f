//! The state of the suite: dense tables by interned ids, grouped by the contracts that own them.

pub mod authority;
pub mod core;
pub mod native;
pub mod service;
pub mod shares;
pub mod vault;

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::erc20::Allowances;
use bondstone_kernel::{Accounts, Id, Index, Shared, Table, kinds, ledger_state, ledger_value};

kinds! {
    Core = 0,
    VaultImplementation = 1,
    NativeVaultImplementation = 2,
    NativeNodeImplementation = 3,
    SlashingHandler = 4,
    Querier = 5,
    RestakingRegistry = 6,
    StakeViewer = 7,
    BaseDss = 8,
    BeaconRoots = 9,
}

ledger_value! {
    /// What lives at an address of this suite. The ids are dense per kind.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[allow(missing_docs, reason = "each is the contract of its name")]
    pub enum Contract {
        /// Nothing of this suite.
        #[default]
        None,
        Core,
        /// A vault, or the implementation of vaults, which is one that nobody can initialise.
        Vault(Id),
        /// A native node, or the implementation of nodes.
        Node(Id),
        SlashingHandler,
        Querier,
        RestakingRegistry,
        StakeViewer,
        BaseDss,
        /// EIP-4788, which answers what the ledger was told of the beacon chain.
        BeaconRoots,
    }
}

ledger_value! {
    /// Where a token's price comes from.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct PriceSource {
        /// 0 for none, 1 for a Chainlink feed.
        pub oracle_type: u8,
        /// Seconds for which a price holds.
        pub max_staleness: U256,
        /// ABI-encoded parameters of the source.
        pub parameters: Vec<u8>,
    }
}

ledger_value! {
    /// Whom a name stands for.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Name {
        /// The named contract or account.
        pub entity: Address,
        /// Who may change the name.
        pub owner: Address,
    }
}

ledger_state! {
    /// Everything the contracts of the suite keep.
    pub struct State {
        /// What lives where, by interned address.
        pub contracts: Table<Contract>,
        /// Owners, roles, pauses, versions.
        pub authority: Shared<authority::Authority>,
        /// Core's books.
        pub core: Shared<core::CoreBooks>,
        /// Balances of vault shares.
        pub shares: Shared<shares::ShareBooks>,
        /// Allowances of vault shares.
        pub allowances: Shared<Allowances>,
        /// Vaults.
        pub vault: Shared<vault::Vaults>,
        /// Native vaults and nodes.
        pub native: Shared<native::Natives>,
        /// Services of the SDK.
        pub service: Shared<service::Services>,
        /// (slashing handler, token).
        pub slashable_keys: Index<(Id, Id)>,
        /// Whether a handler takes a token.
        pub slashable: Table<bool>,
        /// (stake viewer, token).
        pub oracle_keys: Index<(Id, Id)>,
        /// Where a viewer gets a token's price.
        pub oracles: Table<PriceSource>,
        /// (registry, hash of the name).
        pub name_keys: Index<(Id, B256)>,
        /// Names.
        pub names: Table<Name>,
        /// Beacon block roots by the time for which EIP-4788 is asked.
        pub beacon_keys: Index<u64>,
        /// The roots.
        pub beacon_roots: Table<B256>,
    }
}

impl State {
    /// What lives at `address`.
    #[must_use]
    pub fn contract(&self, accounts: &Accounts, address: Address) -> Contract {
        *self.contracts.get(accounts.find(&address))
    }

    /// Whether a slashing handler takes a token; both are interned addresses.
    #[must_use]
    pub fn is_slashable(&self, handler: Id, token: Id) -> bool {
        *self.slashable.get(self.slashable_keys.find(&(handler, token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_by_their_position() {
        for (number, kind) in (0u8..).zip(Kind::ALL) {
            assert_eq!((kind.number(), Kind::from_number(number)), (number, Some(*kind)));
        }
    }
}
