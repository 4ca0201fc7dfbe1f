//! Where the protocols' contracts are.

use crate::accounts::DevAccounts;
use crate::economy::Tokens;
use crate::error::Error;
use alloy_primitives::{Address, keccak256};
use bondstone_karak::abi::core::Core::AllowlistedAssets;
use bondstone_karak::abi::ledger::{KarakDeployed, SlashableTokenAdded};
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::{Event as KarakEvent, Kind as KarakKind};
use bondstone_kernel::{Entry, FoldError};
use bondstone_world::{Deployment, KarakDeployment, World};

/// Index of the developer account that owns the protocols' contracts: the curator of the economy
/// that comes with the program.
pub const OWNER: usize = 2;

/// Index of the developer account that may veto slashings of Karak.
pub const VETO_COMMITTEE: usize = 9;

/// How many services of Karak's SDK wait for somebody to initialise them.
pub const FREE_SERVICES: usize = 3;

/// The protocols of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// Symbiotic.
    pub symbiotic: Deployment,
    /// Karak V2. Services of its SDK are not among these contracts.
    pub karak: KarakDeployment,
}

impl Protocols {
    /// All of them as on Ethereum mainnet, owned by developer accounts ([`OWNER`],
    /// [`VETO_COMMITTEE`]).
    ///
    /// # Errors
    /// [`Error::Internal`] when there are fewer accounts.
    pub fn mainnet(accounts: &DevAccounts) -> Result<Self, Error> {
        let owner = accounts.address(OWNER)?;
        let veto_committee = accounts.address(VETO_COMMITTEE)?;
        Ok(Self {
            symbiotic: Deployment::mainnet(owner),
            karak: KarakDeployment::mainnet(owner, owner, veto_committee),
        })
    }

    /// Deploys and initialises everything; `services` are services of Karak's SDK beside the free
    /// ones. Every token is on Karak's list of assets and on that of its slashing handler, ether on
    /// the former. Returns the ledger entries in order.
    ///
    /// # Errors
    /// [`FoldError`] when the world refuses one.
    pub fn deploy(
        &self,
        world: &mut World,
        tokens: &Tokens,
        services: &[Address],
    ) -> Result<Vec<Entry>, FoldError> {
        let mut entries = self.symbiotic.deploy(world)?;
        entries.extend(self.karak.deploy(world)?);
        let core = self.karak.address(KarakKind::Core);
        let handler = self.karak.address(KarakKind::SlashingHandler);
        let tokens: Vec<Address> = tokens.all().map(|token| token.address).collect();
        let assets = [tokens.as_slice(), &[NATIVE_ASSET]].concat();
        let handlers = vec![handler; assets.len()];
        let allowed = AllowlistedAssets { assets, slashingHandlers: handlers };
        entries.push(world.deploy(core, KarakEvent::from(allowed))?);
        for token in tokens {
            let added = KarakEvent::from(SlashableTokenAdded { token });
            entries.push(world.deploy(handler, added)?);
        }
        for service in free_services().chain(services.iter().copied()) {
            let deployed = KarakDeployed { kind: KarakKind::BaseDss.number() };
            entries.push(world.deploy(service, KarakEvent::from(deployed))?);
        }
        Ok(entries)
    }
}

/// Services of Karak's SDK that belong to whoever initialises them first.
pub fn free_services() -> impl Iterator<Item = Address> {
    (1..=FREE_SERVICES).map(|number| service(&format!("free {number}")))
}

/// Where a service of Karak's SDK lives that has this name.
#[must_use]
pub fn service(name: &str) -> Address {
    Address::from_word(keccak256(format!("bondstone:KarakService:{name}")))
}
