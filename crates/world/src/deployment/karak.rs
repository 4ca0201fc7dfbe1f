//! A deployment of the Karak contracts: where everything lives at the start.

use super::derived;
use crate::world::World;
use alloy_primitives::{Address, U256, address};
use bondstone_karak::abi::core::Core::{AllowlistedVaultImpl, InitializeCore};
use bondstone_karak::abi::ledger::KarakDeployed;
use bondstone_karak::abi::solady::Initialized;
use bondstone_karak::abi::solady::OwnableRoles::RolesUpdated;
use bondstone_karak::rules::beacon::BEACON_ROOTS;
use bondstone_karak::rules::solady::{MANAGER, VETO_COMMITTEE};
use bondstone_karak::{Event, Kind};
use bondstone_kernel::ownable::OwnershipTransferred;
use bondstone_kernel::{Entry, FoldError};
use std::collections::BTreeMap;

/// Gas that a hook may use, that the question for it may use, and that must be left over: the
/// values of the protocol's own deployment script.
const GAS: (u32, u32, u32) = (500_000, 20_000, 40_000);

/// Karak with one contract of each kind, initialised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KarakDeployment {
    /// Owner of Core, the slashing handler, the registry and the stake viewer.
    pub owner: Address,
    /// Holds the manager's role at Core.
    pub manager: Address,
    /// May veto slashings.
    pub veto_committee: Address,
    /// Contracts; one that is missing does not exist. Services of the SDK are not among them.
    pub contracts: BTreeMap<Kind, Address>,
}

impl KarakDeployment {
    /// Karak as on Ethereum mainnet. Core and the slashing handler have the addresses of the
    /// protocol's deployment configuration; the rest are derived from the contract's name.
    #[must_use]
    pub fn mainnet(owner: Address, manager: Address, veto_committee: Address) -> Self {
        let mut contracts: BTreeMap<Kind, Address> = Kind::ALL
            .iter()
            .filter(|kind| **kind != Kind::BaseDss)
            .map(|kind| (*kind, derived(&format!("Karak{kind:?}"))))
            .collect();
        contracts.extend([
            (Kind::Core, address!("0x27e9C40128c77B157130Fc5fAEFcDe26D6194c15")),
            (Kind::SlashingHandler, address!("0xAFe106717E5Af6B81D0F43296317710EDCC22D32")),
            (Kind::BeaconRoots, BEACON_ROOTS),
        ]);
        Self { owner, manager, veto_committee, contracts }
    }

    /// Address of a contract, zero when it is not deployed.
    #[must_use]
    pub fn address(&self, kind: Kind) -> Address {
        self.contracts.get(&kind).copied().unwrap_or_default()
    }

    /// Deploys and initialises everything. The native vault is on the list of implementations; no
    /// asset is on its list yet. Returns the ledger entries in order.
    ///
    /// # Errors
    /// [`FoldError`] when the world refuses one.
    pub fn deploy(&self, world: &mut World) -> Result<Vec<Entry>, FoldError> {
        let mut entries = Vec::new();
        for (kind, at) in &self.contracts {
            let event = KarakDeployed { kind: kind.number() };
            entries.push(world.deploy(*at, Event::from(event))?);
            let initialised =
                [Kind::Core, Kind::SlashingHandler, Kind::RestakingRegistry, Kind::StakeViewer];
            if initialised.contains(kind) {
                let owned =
                    OwnershipTransferred { previousOwner: Address::ZERO, newOwner: self.owner };
                entries.push(world.deploy(*at, Event::from(owned))?);
                let once = Initialized { version: 1 };
                entries.push(world.deploy(*at, Event::from(once))?);
            }
        }
        if let Some(core) = self.contracts.get(&Kind::Core) {
            for event in self.core_events() {
                entries.push(world.deploy(*core, event)?);
            }
        }
        Ok(entries)
    }

    /// What Core logs when it is initialised and set up.
    fn core_events(&self) -> Vec<Event> {
        let role = |user, roles: U256| Event::from(RolesUpdated { user, roles });
        let (hook, supports, buffer) = GAS;
        let mut events = vec![
            role(self.manager, MANAGER),
            role(self.veto_committee, VETO_COMMITTEE),
            Event::from(InitializeCore {
                owner: self.owner,
                vaultImpl: self.address(Kind::VaultImplementation),
                manager: self.manager,
                vetoCommittee: self.veto_committee,
                hookCallGasLimit: hook,
                supportsInterfaceGasLimit: supports,
                hookGasBuffer: buffer,
            }),
        ];
        if let Some(native) = self.contracts.get(&Kind::NativeVaultImplementation) {
            events.push(Event::from(AllowlistedVaultImpl { vaultImpl: *native }));
        }
        events
    }
}
