//! The state of the suite: dense tables by interned ids, grouped by the contracts that own them.

pub mod collateral;
pub mod delegator;
pub mod hook;
pub mod registry;
pub mod rewards;
pub mod rewards_v2;
pub mod router;
pub mod slasher;
pub mod vault;

use alloy_primitives::Address;
use bondstone_kernel::access::Roles;
use bondstone_kernel::erc20::Allowances;
use bondstone_kernel::ownable::Owners;
use bondstone_kernel::{Accounts, Id, Shared, Table, kinds, ledger_state, ledger_value};

kinds! {
    OperatorRegistry = 0,
    NetworkRegistry = 1,
    VaultFactory = 2,
    DelegatorFactory = 3,
    SlasherFactory = 4,
    NetworkMiddlewareService = 5,
    OperatorMetadataService = 6,
    NetworkMetadataService = 7,
    OperatorVaultOptInService = 8,
    OperatorNetworkOptInService = 9,
    VaultConfigurator = 10,
    VaultImplementation = 11,
    VaultTokenizedImplementation = 12,
    NetworkRestakeDelegatorImplementation = 13,
    FullRestakeDelegatorImplementation = 14,
    OperatorSpecificDelegatorImplementation = 15,
    OperatorNetworkSpecificDelegatorImplementation = 16,
    SlasherImplementation = 17,
    VetoSlasherImplementation = 18,
    BurnerRouterFactory = 19,
    BurnerRouterImplementation = 20,
    DefaultCollateralFactory = 21,
    DefaultCollateralImplementation = 22,
    StakerRewardsFactory = 23,
    StakerRewardsImplementation = 24,
    OperatorRewardsFactory = 25,
    OperatorRewardsImplementation = 26,
    VaultHints = 27,
    OptInServiceHints = 28,
    BaseDelegatorHints = 29,
    NetworkRestakeDelegatorHints = 30,
    FullRestakeDelegatorHints = 31,
    OperatorSpecificDelegatorHints = 32,
    OperatorNetworkSpecificDelegatorHints = 33,
    BaseSlasherHints = 34,
    SlasherHints = 35,
    VetoSlasherHints = 36,
    CuratorRegistry = 37,
    FeeRegistry = 38,
    Rewards = 39,
}

impl Kind {
    /// The kind's cell in [`State::singletons`].
    #[must_use]
    pub fn id(self) -> Id {
        Id::from(self.number())
    }
}

ledger_value! {
    /// What lives at an address of this suite. The ids are dense per kind.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[allow(missing_docs, reason = "each is the contract of its name")]
    pub enum Contract {
        /// Nothing of this suite.
        #[default]
        None,
        Singleton(Kind),
        Vault(Id),
        Delegator(Id),
        Slasher(Id),
        Hook(Id),
        Router(Id),
        Collateral(Id),
        StakerRewards(Id),
        OperatorRewards(Id),
    }
}

ledger_state! {
    /// Everything the contracts of the suite keep.
    pub struct State {
        /// What lives where, by interned address.
        pub contracts: Table<Contract>,
        /// Address of each singleton, by [`Kind::id`].
        pub singletons: Table<Address>,
        /// Owners of factories, vaults and routers.
        pub owners: Shared<Owners>,
        /// Roles at vaults, delegators and staker rewards.
        pub roles: Shared<Roles>,
        /// Allowances of tokenized vaults and default collateral.
        pub allowances: Shared<Allowances>,
        /// Registries, factories and services.
        pub registry: Shared<registry::Registry>,
        /// Vaults.
        pub vault: Shared<vault::Vaults>,
        /// Delegators.
        pub delegator: Shared<delegator::Delegators>,
        /// Slashers.
        pub slasher: Shared<slasher::Slashers>,
        /// Ready-made hooks.
        pub hook: Shared<hook::Hooks>,
        /// Burner routers.
        pub router: Shared<router::Routers>,
        /// Default collateral.
        pub collateral: Shared<collateral::Collaterals>,
        /// Staker and operator rewards.
        pub rewards: Shared<rewards::Rewards>,
        /// Rewards V2 with its registries.
        pub rewards_v2: Shared<rewards_v2::RewardsV2>,
    }
}

impl State {
    /// What lives at `address`.
    #[must_use]
    pub fn contract(&self, accounts: &Accounts, address: Address) -> Contract {
        *self.contracts.get(accounts.find(&address))
    }

    /// Address of a singleton, zero when the deployment has none.
    #[must_use]
    pub fn singleton(&self, kind: Kind) -> Address {
        *self.singletons.get(kind.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_numbered_by_their_position() {
        for (number, kind) in (0u8..).zip(Kind::ALL) {
            assert_eq!((kind.number(), Kind::from_number(number)), (number, Some(*kind)));
            assert_eq!(borsh::to_vec(kind).expect("memory takes a byte"), [number]);
        }
    }
}
