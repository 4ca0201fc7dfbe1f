//! The state of the suite: dense tables by interned ids, grouped by the contracts that own them.

pub mod collateral;
pub mod delegator;
pub mod hook;
pub mod registry;
pub mod rewards;
pub mod router;
pub mod slasher;
pub mod vault;

use alloy_primitives::Address;
use bondstone_kernel::access::Roles;
use bondstone_kernel::ownable::Owners;
use bondstone_kernel::{Accounts, Id, Index, Table, ledger_state};

/// Contracts that exist once in a deployment. The number is part of the ledger (`Deployed`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the contract of its name")]
pub enum Kind {
    OperatorRegistry,
    NetworkRegistry,
    VaultFactory,
    DelegatorFactory,
    SlasherFactory,
    NetworkMiddlewareService,
    OperatorMetadataService,
    NetworkMetadataService,
    OperatorVaultOptInService,
    OperatorNetworkOptInService,
    VaultConfigurator,
    VaultImplementation,
    VaultTokenizedImplementation,
    NetworkRestakeDelegatorImplementation,
    FullRestakeDelegatorImplementation,
    OperatorSpecificDelegatorImplementation,
    OperatorNetworkSpecificDelegatorImplementation,
    SlasherImplementation,
    VetoSlasherImplementation,
    BurnerRouterFactory,
    BurnerRouterImplementation,
    DefaultCollateralFactory,
    DefaultCollateralImplementation,
    StakerRewardsFactory,
    StakerRewardsImplementation,
    OperatorRewardsFactory,
    OperatorRewardsImplementation,
    VaultHints,
    OptInServiceHints,
    BaseDelegatorHints,
    NetworkRestakeDelegatorHints,
    FullRestakeDelegatorHints,
    OperatorSpecificDelegatorHints,
    OperatorNetworkSpecificDelegatorHints,
    BaseSlasherHints,
    SlasherHints,
    VetoSlasherHints,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 37] = [
        Self::OperatorRegistry,
        Self::NetworkRegistry,
        Self::VaultFactory,
        Self::DelegatorFactory,
        Self::SlasherFactory,
        Self::NetworkMiddlewareService,
        Self::OperatorMetadataService,
        Self::NetworkMetadataService,
        Self::OperatorVaultOptInService,
        Self::OperatorNetworkOptInService,
        Self::VaultConfigurator,
        Self::VaultImplementation,
        Self::VaultTokenizedImplementation,
        Self::NetworkRestakeDelegatorImplementation,
        Self::FullRestakeDelegatorImplementation,
        Self::OperatorSpecificDelegatorImplementation,
        Self::OperatorNetworkSpecificDelegatorImplementation,
        Self::SlasherImplementation,
        Self::VetoSlasherImplementation,
        Self::BurnerRouterFactory,
        Self::BurnerRouterImplementation,
        Self::DefaultCollateralFactory,
        Self::DefaultCollateralImplementation,
        Self::StakerRewardsFactory,
        Self::StakerRewardsImplementation,
        Self::OperatorRewardsFactory,
        Self::OperatorRewardsImplementation,
        Self::VaultHints,
        Self::OptInServiceHints,
        Self::BaseDelegatorHints,
        Self::NetworkRestakeDelegatorHints,
        Self::FullRestakeDelegatorHints,
        Self::OperatorSpecificDelegatorHints,
        Self::OperatorNetworkSpecificDelegatorHints,
        Self::BaseSlasherHints,
        Self::SlasherHints,
        Self::VetoSlasherHints,
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

    /// The kind's cell in [`State::singletons`].
    #[must_use]
    pub fn id(self) -> Id {
        Id::from(self.number())
    }
}

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

ledger_state! {
    /// Everything the contracts of the suite keep.
    pub struct State {
        /// What lives where, by interned address.
        pub contracts: Table<Contract>,
        /// Address of each singleton, by [`Kind::id`].
        pub singletons: Table<Address>,
        /// Owners of factories, vaults and routers.
        pub owners: Owners,
        /// Roles at vaults, delegators and staker rewards.
        pub roles: Roles,
        /// (token, owner, spender), interned addresses, of tokens that belong to this suite.
        pub allowance_keys: Index<(Id, Id, Id)>,
        /// Allowances of tokenized vaults and default collateral.
        pub allowances: Table<alloy_primitives::U256>,
        /// Registries, factories and services.
        pub registry: registry::Registry,
        /// Vaults.
        pub vault: vault::Vaults,
        /// Delegators.
        pub delegator: delegator::Delegators,
        /// Slashers.
        pub slasher: slasher::Slashers,
        /// Ready-made hooks.
        pub hook: hook::Hooks,
        /// Burner routers.
        pub router: router::Routers,
        /// Default collateral.
        pub collateral: collateral::Collaterals,
        /// Staker and operator rewards.
        pub rewards: rewards::Rewards,
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

    /// What `owner` allows `spender` to move of `token`, a token of this suite.
    #[must_use]
    pub fn allowance(&self, token: Id, owner: Id, spender: Id) -> alloy_primitives::U256 {
        *self.allowances.get(self.allowance_keys.find(&(token, owner, spender)))
    }
}
