//! A deployment of the Symbiotic contracts: where everything lives at the start.

pub mod karak;

use crate::world::World;
use alloy_primitives::U256;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, address, keccak256};
use bondstone_kernel::ownable::OwnershipTransferred;
use bondstone_kernel::{Entry, FoldError};
use bondstone_symbiotic::abi::ledger::{Deployed, HookCreated};
use bondstone_symbiotic::abi::registry::Whitelist;
use bondstone_symbiotic::{Event, Kind};
use std::collections::BTreeMap;

/// A ready-made hook to deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookDeployment {
    /// Where it lives.
    pub address: Address,
    /// Number of its kind, see `HookKind`.
    pub kind: u8,
    /// `PERIOD` in seconds, for reset hooks.
    pub period: u64,
    /// `SLASH_COUNT`, for reset hooks.
    pub slash_count: u64,
}

/// Addresses of the contracts that exist before anybody uses them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    /// Owner of the factories, of the registry of fees and of Rewards V2.
    pub owner: Address,
    /// Singletons; one that is missing does not exist.
    pub singletons: BTreeMap<Kind, Address>,
    /// Ready-made hooks.
    pub hooks: Vec<HookDeployment>,
}

const OWNED: [Kind; 5] = [
    Kind::VaultFactory,
    Kind::DelegatorFactory,
    Kind::SlasherFactory,
    Kind::FeeRegistry,
    Kind::Rewards,
];

/// Implementations in the order of their whitelisting, which fixes versions and types.
const IMPLEMENTATIONS: [(Kind, Kind); 8] = [
    (Kind::VaultFactory, Kind::VaultImplementation),
    (Kind::VaultFactory, Kind::VaultTokenizedImplementation),
    (Kind::DelegatorFactory, Kind::NetworkRestakeDelegatorImplementation),
    (Kind::DelegatorFactory, Kind::FullRestakeDelegatorImplementation),
    (Kind::DelegatorFactory, Kind::OperatorSpecificDelegatorImplementation),
    (Kind::DelegatorFactory, Kind::OperatorNetworkSpecificDelegatorImplementation),
    (Kind::SlasherFactory, Kind::SlasherImplementation),
    (Kind::SlasherFactory, Kind::VetoSlasherImplementation),
];

impl Deployment {
    /// Symbiotic as on Ethereum mainnet. Addresses that integrations rely on are the real ones
    /// (specification chapter 11); the rest are derived from the contract's name.
    #[must_use]
    pub fn mainnet(owner: Address) -> Self {
        let mut singletons: BTreeMap<Kind, Address> =
            Kind::ALL.iter().map(|kind| (*kind, derived(&format!("{kind:?}")))).collect();
        singletons.extend([
            (Kind::VaultFactory, address!("0xAEb6bdd95c502390db8f52c8909F703E9Af6a346")),
            (Kind::DelegatorFactory, address!("0x985Ed57AF9D475f1d83c1c1c8826A0E5A34E8C7B")),
            (Kind::SlasherFactory, address!("0x685c2eD7D59814d2a597409058Ee7a92F21e48Fd")),
            (Kind::NetworkRegistry, address!("0xC773b1011461e7314CF05f97d95aa8e92C1Fd8aA")),
            (
                Kind::NetworkMiddlewareService,
                address!("0xD7dC9B366c027743D90761F71858BCa83C6899Ad"),
            ),
            (Kind::OperatorRegistry, address!("0xAd817a6Bc954F678451A71363f04150FDD81Af9F")),
            (
                Kind::OperatorVaultOptInService,
                address!("0xb361894bC06cbBA7Ea8098BF0e32EB1906A5F891"),
            ),
            (
                Kind::OperatorNetworkOptInService,
                address!("0x7133415b33B438843D581013f98A08704316633c"),
            ),
            (Kind::VaultConfigurator, address!("0x29300b1d3150B4E2b12fE80BE72f365E200441EC")),
            (Kind::StakerRewardsFactory, address!("0xFEB871581C2ab2e1EEe6f7dDC7e6246cFa087A23")),
            (Kind::OperatorRewardsFactory, address!("0x6D52fC402b2dA2669348Cc2682D85c61c122755D")),
            (Kind::CuratorRegistry, address!("0xF75D8d8F790178F0d7F2ee7656874567d382C21e")),
            (Kind::FeeRegistry, address!("0x3E5a669F673712Bf72De956608E89D36561cbAf1")),
            (Kind::Rewards, address!("0xa13e65cA0FeFa52cCb9615108fF400EF4806866B")),
        ]);
        let hooks = (0u8..7)
            .map(|kind| HookDeployment {
                address: derived(&format!("Hook{kind}")),
                kind,
                period: if kind < 4 { 0 } else { 7 * 24 * 3600 },
                slash_count: if kind < 4 { 0 } else { 3 },
            })
            .collect();
        Self { owner, singletons, hooks }
    }

    /// Address of a singleton, zero when it is not deployed.
    #[must_use]
    pub fn address(&self, kind: Kind) -> Address {
        self.singletons.get(&kind).copied().unwrap_or_default()
    }

    /// Deploys everything: the contracts, their owner, the whitelisted implementations. Returns the
    /// ledger entries in order.
    ///
    /// # Errors
    /// [`FoldError`] when the world refuses one.
    pub fn deploy(&self, world: &mut World) -> Result<Vec<Entry>, FoldError> {
        let mut entries = Vec::new();
        for (kind, at) in &self.singletons {
            let event = Event::from(Deployed { kind: kind.number() });
            entries.push(world.deploy(*at, event)?);
        }
        for owned in OWNED {
            if let Some(at) = self.singletons.get(&owned) {
                let event =
                    OwnershipTransferred { previousOwner: Address::ZERO, newOwner: self.owner };
                entries.push(world.deploy(*at, Event::from(event))?);
            }
        }
        for (factory, implementation) in IMPLEMENTATIONS {
            let at = (self.singletons.get(&factory), self.singletons.get(&implementation));
            if let (Some(factory), Some(implementation)) = at {
                let event = Event::from(Whitelist { implementation: *implementation });
                entries.push(world.deploy(*factory, event)?);
            }
        }
        for hook in &self.hooks {
            let event = HookCreated {
                kind: hook.kind,
                period: U48::from(hook.period),
                slashCount: U256::from(hook.slash_count),
            };
            entries.push(world.deploy(hook.address, Event::from(event))?);
        }
        Ok(entries)
    }
}

/// An address that belongs to a name: the last 20 bytes of its hash.
pub(crate) fn derived(name: &str) -> Address {
    Address::from_word(keccak256(format!("bondstone:{name}")))
}
