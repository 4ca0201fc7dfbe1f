//! The real contracts: what the compiler made of them, and putting them on a chain.

use crate::chain::{Creates, perform};
use crate::error::BenchError;
use crate::stage::Places;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolValue, sol};
use bondstone_symbiotic::abi::registry::{Factory, MigratablesFactory};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

sol! {
    /// What `tests/e2e/contracts/Token.sol` has beyond an ERC-20.
    interface Token {
        function mint(address account, uint256 value) external;
    }
}

#[derive(Debug, Deserialize)]
struct Artifact {
    bytecode: Bytes,
}

/// Compiled contracts by name.
#[derive(Debug)]
pub(crate) struct Contracts {
    path: PathBuf,
    artifacts: BTreeMap<String, Artifact>,
}

impl Contracts {
    /// Reads what `node tests/e2e/contracts.mjs compile FILE` wrote.
    pub(crate) fn read(path: &Path) -> Result<Self, BenchError> {
        let text = std::fs::read(path).map_err(BenchError::file("read", path))?;
        let artifacts = serde_json::from_slice(&text).map_err(|error| BenchError::Contracts {
            path: path.to_path_buf(),
            fault: error.to_string(),
        })?;
        Ok(Self { path: path.to_path_buf(), artifacts })
    }

    /// A contract's creation code with the arguments of its constructor behind it.
    fn creation(&self, name: &str, arguments: &[u8]) -> Result<Bytes, BenchError> {
        let artifact = self.artifacts.get(name).ok_or_else(|| BenchError::Contracts {
            path: self.path.clone(),
            fault: format!("no contract {name}"),
        })?;
        Ok([&artifact.bytecode, arguments].concat().into())
    }
}

/// Puts contracts on a chain as one owner.
struct Deployer<'a, C> {
    chain: &'a mut C,
    contracts: &'a Contracts,
    owner: Address,
}

impl<C: Creates> Deployer<'_, C> {
    fn create(&mut self, name: &str, arguments: &[u8]) -> Result<Address, BenchError> {
        let code = self.contracts.creation(name, arguments)?;
        self.chain.create(self.owner, code)
    }

    /// The first version of a vault, or the first type of a delegator or a slasher.
    fn implementations(&mut self, at: &Factories, places: &Places) -> Result<(), BenchError> {
        let Factories { vaults, delegators, slashers } = *at;
        let vault = self.create("Vault", &(delegators, slashers, vaults).abi_encode_params())?;
        let call = MigratablesFactory::whitelistCall { implementation: vault };
        perform(self.chain, self.owner, vaults, &call)?;
        let (into_vault, into_network) =
            (places.operator_vault_opt_in, places.operator_network_opt_in);
        let arguments =
            (places.network_registry, vaults, into_vault, into_network, delegators, 0u64);
        let delegator = self.create("NetworkRestakeDelegator", &arguments.abi_encode_params())?;
        let call = Factory::whitelistCall { implementation: delegator };
        perform(self.chain, self.owner, delegators, &call)?;
        let arguments = (vaults, places.network_middleware_service, slashers, 0u64);
        let slasher = self.create("Slasher", &arguments.abi_encode_params())?;
        let call = Factory::whitelistCall { implementation: slasher };
        perform(self.chain, self.owner, slashers, &call).map(drop)
    }
}

struct Factories {
    vaults: Address,
    delegators: Address,
    slashers: Address,
}

/// Deploys what the comparison needs, with constructors and whitelists as on mainnet, and a token.
pub(crate) fn deploy(
    chain: &mut impl Creates,
    contracts: &Contracts,
    owner: Address,
) -> Result<Places, BenchError> {
    let mut to = Deployer { chain, contracts, owner };
    let operator_registry = to.create("OperatorRegistry", &[])?;
    let network_registry = to.create("NetworkRegistry", &[])?;
    let owned = (owner,).abi_encode_params();
    let at = Factories {
        vaults: to.create("VaultFactory", &owned)?,
        delegators: to.create("DelegatorFactory", &owned)?,
        slashers: to.create("SlasherFactory", &owned)?,
    };
    let registry = (network_registry,).abi_encode_params();
    let network_middleware_service = to.create("NetworkMiddlewareService", &registry)?;
    let opt_in = |who: Address, place: Address, name: &str| {
        (who, place, name.to_owned()).abi_encode_params()
    };
    let arguments = opt_in(operator_registry, at.vaults, "OperatorVaultOptInService");
    let operator_vault_opt_in = to.create("OptInService", &arguments)?;
    let arguments = opt_in(operator_registry, network_registry, "OperatorNetworkOptInService");
    let operator_network_opt_in = to.create("OptInService", &arguments)?;
    let arguments = (at.vaults, at.delegators, at.slashers).abi_encode_params();
    let vault_configurator = to.create("VaultConfigurator", &arguments)?;
    let arguments = (at.vaults, network_middleware_service).abi_encode_params();
    let rewards = to.create("DefaultStakerRewards", &arguments)?;
    let arguments = (rewards,).abi_encode_params();
    let staker_rewards_factory = to.create("DefaultStakerRewardsFactory", &arguments)?;
    let named = ("Bench token".to_owned(), "BENCH".to_owned(), U256::from(18));
    let token = to.create("Token", &named.abi_encode_params())?;
    let places = Places {
        operator_registry,
        network_registry,
        network_middleware_service,
        operator_vault_opt_in,
        operator_network_opt_in,
        vault_configurator,
        staker_rewards_factory,
        token,
    };
    to.implementations(&at, &places)?;
    Ok(places)
}

/// Gives an account tokens out of nothing.
pub(crate) fn mint(
    chain: &mut impl Creates,
    token: Address,
    account: Address,
    value: U256,
) -> Result<(), BenchError> {
    perform(chain, account, token, &Token::mintCall { account, value }).map(drop)
}
