//! The world before the first operation: everything that the README of the set says is there and
//! that no operation lists.

use crate::abi;
use crate::deployment;
use crate::rewards::header::{BURN_ONE, Family, Header, Vault};
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, U256, address};
use bondstone_kernel::access::RoleGranted;
use bondstone_kernel::erc20::{Approval, Transfer};
use bondstone_kernel::ownable::OwnershipTransferred;
use bondstone_kernel::{Block, FoldError};
use bondstone_symbiotic::abi::delegator::{
    SetMaxNetworkLimit, SetNetworkLimit, SetOperatorNetworkShares,
};
use bondstone_symbiotic::abi::ledger::{DelegatorCreated, SlasherCreated, VaultCreated};
use bondstone_symbiotic::abi::registry::{AddEntity, OptIn, SetMiddleware};
use bondstone_symbiotic::abi::vault::{SetDelegator, SetSlasher};
use bondstone_symbiotic::rules::delegator::OPERATOR_NETWORK_SHARES_SET_ROLE;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_symbiotic::{Event, Kind};
use bondstone_tokens::{Style, TokenEvent};
use bondstone_world::World;
use bondstone_world::deployment::Deployment;

/// One token of 18 decimals.
const UNIT: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// What each middleware holds of each reward token, in whole tokens.
const MIDDLEWARE_FUNDS: u64 = 100_000;
/// What each staker holds of the collateral, in whole tokens.
const STAKER_FUNDS: u64 = 5_000;
/// What accounts of V2 traces hold where the traces do not say how much: 2^128 units.
const PLENTY: U256 = U256::from_limbs([0, 0, 1, 0]);
/// Where slashed collateral goes.
const BURNER: Address = address!("0x000000000000000000000000000000000000dEaD");

/// Why the first world cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The header lacks something.
    #[error("{0}")]
    Header(&'static str),
    /// The world refuses something.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

struct Genesis<'a> {
    header: &'a Header,
    deployment: Deployment,
    world: World,
}

/// The world before the first operation, at the start of the vault's epoch 0.
///
/// # Errors
/// [`GenesisError`].
pub fn world(header: &Header, family: Family) -> Result<World, GenesisError> {
    let timestamp = header.vault.as_ref().map_or(0, |vault| vault.epoch_duration_init);
    let world = World::new(Block { number: 0, timestamp, chain_id: header.chain_id });
    let singletons = deployment::singletons(&header.addresses);
    let owner = header.address(if family == Family::V2Snapshot { "owner" } else { "deployer" });
    let deployment = Deployment { owner, singletons, hooks: Vec::new() };
    let mut genesis = Genesis { header, deployment, world };
    genesis.deployment.deploy(&mut genesis.world)?;
    genesis.tokens()?;
    genesis.networks(family)?;
    match (family, &header.vault) {
        (Family::Staker, Some(vault)) => {
            genesis.vault(vault)?;
            genesis.operator(header.address("vault"), header.address("delegator"))?;
            genesis.stakers(vault)?;
            genesis.middlewares(family)?;
        }
        (Family::Staker, None) => return Err(GenesisError::Header("no vault in meta")),
        (Family::Operator, _) => genesis.middlewares(family)?,
        (Family::V2Merkle, _) => genesis.rich(&["funder"], header.address("rewards"))?,
        (Family::V2Snapshot, _) => genesis.snapshot()?,
    }
    Ok(genesis.world)
}

impl Genesis<'_> {
    fn emit(&mut self, at: Address, event: impl Into<Event>) -> Result<(), FoldError> {
        self.world.deploy(at, event.into()).map(|_| ())
    }

    fn token(&mut self, at: Address, event: impl Into<TokenEvent>) -> Result<(), FoldError> {
        self.world.deploy(at, event.into()).map(|_| ())
    }

    fn at(&self, kind: Kind) -> Address {
        self.deployment.address(kind)
    }

    fn tokens(&mut self) -> Result<(), FoldError> {
        for (name, address) in self.header.all_tokens() {
            let style = if name == BURN_ONE { Style::BurnOne } else { Style::Plain };
            self.token(address, style.created(name, name, 18))?;
        }
        Ok(())
    }

    /// Three networks, each with a middleware; in operator traces with an odd seed the last
    /// network starts without.
    fn networks(&mut self, family: Family) -> Result<(), FoldError> {
        let (registry, service) =
            (self.at(Kind::NetworkRegistry), self.at(Kind::NetworkMiddlewareService));
        let odd = self.header.seed % 2 == 1 && family == Family::Operator;
        for (index, network) in self.header.numbered("network") {
            self.emit(registry, AddEntity { entity: network })?;
            let middleware = self.header.address(&format!("middleware{index}"));
            let has_none = middleware.is_zero() || (odd && index == 2);
            if !has_none {
                self.emit(service, SetMiddleware { network, middleware })?;
            }
        }
        Ok(())
    }

    /// A plain vault with a network-restake delegator and an instant slasher.
    fn vault(&mut self, vault: &Vault) -> Result<(), FoldError> {
        let at = self.header.address("vault");
        let created = VaultCreated {
            version: 1,
            collateral: vault.collateral,
            burner: BURNER,
            epochDuration: U48::from(vault.epoch_duration),
            depositWhitelist: false,
            isDepositLimit: false,
            depositLimit: U256::ZERO,
            name: String::new(),
            symbol: String::new(),
        };
        self.emit(at, created)?;
        self.emit(self.at(Kind::VaultFactory), AddEntity { entity: at })?;
        let delegator = self.header.address("delegator");
        self.emit(self.at(Kind::DelegatorFactory), AddEntity { entity: delegator })?;
        let created = DelegatorCreated {
            delegatorType: 0,
            vault: at,
            hook: Address::ZERO,
            network: Address::ZERO,
            operator: Address::ZERO,
        };
        self.emit(delegator, created)?;
        let slasher = self.header.address("slasher");
        self.emit(self.at(Kind::SlasherFactory), AddEntity { entity: slasher })?;
        let created = SlasherCreated {
            slasherType: 0,
            vault: at,
            isBurnerHook: false,
            vetoDuration: U48::ZERO,
            resolverSetEpochsDelay: U256::ZERO,
        };
        self.emit(slasher, created)?;
        self.emit(at, SetDelegator { delegator })?;
        self.emit(at, SetSlasher { slasher })
    }

    /// A vault of the owner, who also gives operators their shares; stakers and payers hold more
    /// than they spend. Where epochs begin is not recorded, and nothing shows it.
    fn snapshot(&mut self) -> Result<(), GenesisError> {
        let epoch_duration = self.header.epoch_duration.as_ref().and_then(abi::uint);
        let epoch_duration = epoch_duration.and_then(|seconds| u64::try_from(seconds).ok());
        let epoch_duration = epoch_duration.ok_or(GenesisError::Header("no epochDuration"))?;
        let collateral = self.header.address("collateral");
        self.vault(&Vault { epoch_duration, collateral, epoch_duration_init: 0 })?;
        let (vault, delegator) = (self.header.address("vault"), self.header.address("delegator"));
        let account = self.header.address("owner");
        let owned = OwnershipTransferred { previousOwner: Address::ZERO, newOwner: account };
        self.emit(vault, owned)?;
        let role = OPERATOR_NETWORK_SHARES_SET_ROLE;
        self.emit(delegator, RoleGranted { role, account, sender: account })?;
        self.rich(&["staker"], vault)?;
        self.rich(&["network", "middleware"], self.header.address("rewards"))?;
        Ok(())
    }

    /// Gives accounts of these names, and of these stems with numbers, more of every token than
    /// they spend, and lets `spender` take it.
    fn rich(&mut self, names: &[&str], spender: Address) -> Result<(), FoldError> {
        let header = self.header;
        for owner in header.addresses.iter().filter(|(name, _)| {
            let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
            names.contains(&stem)
        }) {
            for (_, token) in header.all_tokens() {
                let (from, to) = (Address::ZERO, *owner.1);
                self.token(token, Transfer { from, to, value: PLENTY })?;
                self.token(token, Approval { owner: to, spender, value: U256::MAX })?;
            }
        }
        Ok(())
    }

    /// The operator holds all shares of network 0, without limits.
    fn operator(&mut self, vault: Address, delegator: Address) -> Result<(), FoldError> {
        let operator = self.header.address("operator");
        let network = self.header.address("network0");
        self.emit(self.at(Kind::OperatorRegistry), AddEntity { entity: operator })?;
        for (service, wher) in
            [(Kind::OperatorVaultOptInService, vault), (Kind::OperatorNetworkOptInService, network)]
        {
            self.emit(self.at(service), OptIn { who: operator, r#where: wher })?;
        }
        let subnetwork = subnetwork(network, U96::ZERO);
        self.emit(delegator, SetMaxNetworkLimit { subnetwork, amount: U256::MAX })?;
        self.emit(delegator, SetNetworkLimit { subnetwork, amount: U256::MAX })?;
        let shares = U256::ONE;
        self.emit(delegator, SetOperatorNetworkShares { subnetwork, operator, shares })
    }

    /// Stakers hold collateral and let the vault take all of it.
    fn stakers(&mut self, vault: &Vault) -> Result<(), FoldError> {
        let spender = self.header.address("vault");
        for (_, owner) in self.header.numbered("staker") {
            self.fund(vault.collateral, owner, STAKER_FUNDS)?;
            self.token(vault.collateral, Approval { owner, spender, value: U256::MAX })?;
        }
        Ok(())
    }

    /// Middlewares hold reward tokens and let the rewards contract take them: middleware 2 of
    /// staker traces 7000 of each, middleware 1 of operator traces 900, all others without limit.
    fn middlewares(&mut self, family: Family) -> Result<(), FoldError> {
        let (rewards, (limited, limit)) = match family {
            Family::Operator => ("operatorRewards", (1, 900u64)),
            _ => ("stakerRewards", (2, 7_000u64)),
        };
        let spender = self.header.address(rewards);
        for (index, owner) in self.header.numbered("middleware") {
            let value = if index == limited { whole(limit) } else { U256::MAX };
            for token in self.header.reward_tokens() {
                self.fund(token, owner, MIDDLEWARE_FUNDS)?;
                if token == self.header.address("feeOnTransferToken") {
                    // The recorded mint was a transfer like any other and burnt its unit.
                    let burn = Transfer { from: owner, to: Address::ZERO, value: U256::ONE };
                    self.token(token, burn)?;
                }
                self.token(token, Approval { owner, spender, value })?;
            }
        }
        Ok(())
    }

    fn fund(&mut self, token: Address, to: Address, amount: u64) -> Result<(), FoldError> {
        self.token(token, Transfer { from: Address::ZERO, to, value: whole(amount) })
    }
}

/// Whole tokens in units.
fn whole(tokens: u64) -> U256 {
    U256::from(tokens).saturating_mul(UNIT)
}
