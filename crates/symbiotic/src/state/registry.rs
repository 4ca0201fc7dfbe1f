//! Registries, factories and services.

use super::Kind;
use alloy_primitives::{Address, U256};
use bondstone_kernel::{Id, Index, Table, Traces, ledger_state};

ledger_state! {
    /// What registries, factories and services keep. Entities are interned addresses.
    pub struct Registry {
        /// `OperatorRegistry`.
        pub operators: Index<Id>,
        /// `NetworkRegistry`.
        pub networks: Index<Id>,
        /// `VaultFactory`.
        pub vaults: Index<Id>,
        /// `DelegatorFactory`.
        pub delegators: Index<Id>,
        /// `SlasherFactory`.
        pub slashers: Index<Id>,
        /// `BurnerRouterFactory`.
        pub routers: Index<Id>,
        /// `DefaultCollateralFactory`.
        pub collaterals: Index<Id>,
        /// `DefaultStakerRewardsFactory`.
        pub staker_rewards: Index<Id>,
        /// `DefaultOperatorRewardsFactory`.
        pub operator_rewards: Index<Id>,
        /// Whitelisted implementations of `VaultFactory`; version = position + 1.
        pub vault_implementations: Index<Id>,
        /// Whitelisted implementations of `DelegatorFactory`; type = position.
        pub delegator_implementations: Index<Id>,
        /// Whitelisted implementations of `SlasherFactory`; type = position.
        pub slasher_implementations: Index<Id>,
        /// Blacklisted (factory kind, version or type).
        pub blacklisted: Index<(Id, u64)>,
        /// Middleware of each network, by interned address.
        pub middleware: Table<Address>,
        /// (metadata service kind, entity).
        pub metadata_keys: Index<(Id, Id)>,
        /// Metadata URLs.
        pub metadata_urls: Table<String>,
        /// (opt-in service kind, who, where).
        pub opt_in_keys: Index<(Id, Id, Id)>,
        /// Opt-in history.
        pub opt_ins: Traces<bool>,
        /// Nonces of opt-in signatures; they wrap.
        pub opt_in_nonces: Table<U256>,
    }
}

impl Registry {
    /// The entities that the registry or factory `kind` holds; `None` when it holds none at all.
    #[must_use]
    pub fn entities(&self, kind: Kind) -> Option<&Index<Id>> {
        Some(match kind {
            Kind::OperatorRegistry => &self.operators,
            Kind::NetworkRegistry => &self.networks,
            Kind::VaultFactory => &self.vaults,
            Kind::DelegatorFactory => &self.delegators,
            Kind::SlasherFactory => &self.slashers,
            Kind::BurnerRouterFactory => &self.routers,
            Kind::DefaultCollateralFactory => &self.collaterals,
            Kind::StakerRewardsFactory => &self.staker_rewards,
            Kind::OperatorRewardsFactory => &self.operator_rewards,
            _ => return None,
        })
    }

    /// As [`Self::entities`], for `apply`.
    pub fn entities_mut(&mut self, kind: Kind) -> Option<&mut Index<Id>> {
        Some(match kind {
            Kind::OperatorRegistry => &mut self.operators,
            Kind::NetworkRegistry => &mut self.networks,
            Kind::VaultFactory => &mut self.vaults,
            Kind::DelegatorFactory => &mut self.delegators,
            Kind::SlasherFactory => &mut self.slashers,
            Kind::BurnerRouterFactory => &mut self.routers,
            Kind::DefaultCollateralFactory => &mut self.collaterals,
            Kind::StakerRewardsFactory => &mut self.staker_rewards,
            Kind::OperatorRewardsFactory => &mut self.operator_rewards,
            _ => return None,
        })
    }

    /// Whether `entity` (interned) is in the registry or factory `kind`.
    /// Source: `Registry.isEntity(address)`.
    #[must_use]
    pub fn is_entity(&self, kind: Kind, entity: Id) -> bool {
        self.entities(kind).is_some_and(|e| e.find(&entity) != bondstone_kernel::NONE)
    }

    /// The implementations that the factory `kind` has whitelisted; `None` when it has none at
    /// all. Source: `MigratablesFactory`, `Factory`.
    #[must_use]
    pub fn implementations(&self, kind: Kind) -> Option<&Index<Id>> {
        Some(match kind {
            Kind::VaultFactory => &self.vault_implementations,
            Kind::DelegatorFactory => &self.delegator_implementations,
            Kind::SlasherFactory => &self.slasher_implementations,
            _ => return None,
        })
    }

    /// As [`Self::implementations`], for `apply`.
    pub fn implementations_mut(&mut self, kind: Kind) -> Option<&mut Index<Id>> {
        Some(match kind {
            Kind::VaultFactory => &mut self.vault_implementations,
            Kind::DelegatorFactory => &mut self.delegator_implementations,
            Kind::SlasherFactory => &mut self.slasher_implementations,
            _ => return None,
        })
    }

    /// Whether the version or type `number` of the factory `kind` is blacklisted.
    #[must_use]
    pub fn is_blacklisted(&self, kind: Kind, number: u64) -> bool {
        self.blacklisted.find(&(kind.id(), number)) != bondstone_kernel::NONE
    }

    /// The cell of `who` at `wher` (interned) in the opt-in service `service`, `NONE` when the pair
    /// was never seen there.
    #[must_use]
    pub fn opt_in_key(&self, service: Kind, who: Id, wher: Id) -> Id {
        self.opt_in_keys.find(&(service.id(), who, wher))
    }
}
