//! What is there from the start: networks, operators, burner routers, vaults, rewards contracts,
//! services and vaults of Karak.

use super::{Parts, Plan};
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{
    DelegatorTable, DelegatorType, Name, Paid, RewardsTable, RouterTable, SlasherType, VaultTable,
};
use crate::economy::quantity::{time, units};
use crate::economy::roster::{DEAD, NONE, Thing};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::SolValue;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::{
    DelegatorBaseParams, FullRestakeInitParams, NetworkRestakeInitParams,
    OperatorNetworkSpecificInitParams, OperatorSpecificInitParams,
};
use bondstone_symbiotic::abi::registry::{
    ConfiguratorInitParams, MetadataService, NetworkMiddlewareService, NetworkRegistry,
    OperatorRegistry, VaultConfigurator,
};
use bondstone_symbiotic::abi::rewards::operator::{DefaultOperatorRewards, OperatorRewardsFactory};
use bondstone_symbiotic::abi::rewards::staker::{StakerRewardsFactory, StakerRewardsInitParams};
use bondstone_symbiotic::abi::router::{
    BurnerRouterFactory, NetworkReceiver, OperatorNetworkReceiver, RouterInitParams,
};
use bondstone_symbiotic::abi::slasher::{SlasherInitParams, VetoSlasherInitParams};
use bondstone_symbiotic::abi::vault::{VaultInitParams, VaultTokenizedInitParams};
use bondstone_symbiotic::state::hook::HookKind;
use toml::Spanned;

/// Where slashed collateral goes unless a vault says otherwise, as in Symbiotic's deploy scripts.
pub(crate) const BURNER: Address = address!("0x000000000000000000000000000000000000dEaD");

/// Epochs after which a change of a resolver holds, unless the file says otherwise.
const RESOLVER_DELAY_EPOCHS: u64 = 3;

/// The hooks by the names that a file calls them.
const HOOKS: [(&str, HookKind); 7] = [
    ("network-restake-decrease", HookKind::NetworkRestakeDecrease),
    ("network-restake-redistribute", HookKind::NetworkRestakeRedistribute),
    ("full-restake-decrease", HookKind::FullRestakeDecrease),
    ("operator-specific-decrease", HookKind::OperatorSpecificDecrease),
    ("network-restake-reset", HookKind::NetworkRestakeReset),
    ("full-restake-reset", HookKind::FullRestakeReset),
    ("operator-specific-reset", HookKind::OperatorSpecificReset),
];

impl Plan<'_> {
    /// Creates all that the file declares, in its order.
    pub(super) fn set_up(&mut self) -> Result<(), Fault> {
        let file = self.file;
        for (network, table) in file.network.iter().enumerate() {
            self.place = Place::of("network", &table.name);
            self.send_to(network, Kind::NetworkRegistry, &NetworkRegistry::registerNetworkCall {})?;
            let middleware = self.address(self.middlewares[network]);
            let call = NetworkMiddlewareService::setMiddlewareCall { middleware };
            self.send_to(network, Kind::NetworkMiddlewareService, &call)?;
            self.publish(network, Kind::NetworkMetadataService, table.metadata.as_ref())?;
        }
        for table in &file.operator {
            self.place = Place::of("operator", &table.name);
            let operator = self.roster.operator("operator", &table.name)?;
            let call = OperatorRegistry::registerOperatorCall {};
            self.send_to(operator, Kind::OperatorRegistry, &call)?;
            self.publish(operator, Kind::OperatorMetadataService, table.metadata.as_ref())?;
        }
        for table in &file.burner_router {
            self.place = Place::of("burner_router", &table.name);
            self.create_router(table)?;
        }
        for table in &file.vault {
            self.place = Place::of("vault", &table.name);
            self.create_vault(table)?;
        }
        for table in &file.rewards {
            self.place = Place::of("rewards", &table.name);
            self.create_rewards(table)?;
        }
        for table in &file.dss {
            self.place = Place::of("dss", &table.name);
            self.create_dss(table)?;
        }
        for table in &file.karak_vault {
            self.place = Place::of("karak_vault", &table.name);
            self.create_karak_vault(table)?;
        }
        Ok(())
    }

    fn publish(
        &mut self,
        of: usize,
        service: Kind,
        url: Option<&Spanned<String>>,
    ) -> Result<(), Fault> {
        let Some(url) = url else { return Ok(()) };
        let call = MetadataService::setMetadataURLCall { metadataURL: url.get_ref().clone() };
        self.send_to(of, service, &call).map(drop)
    }

    /// The account that is named, nobody for `none`, and `otherwise` when nothing is said.
    fn named(
        &self,
        key: &'static str,
        name: Option<&Name>,
        otherwise: Address,
    ) -> Result<Address, Fault> {
        match name {
            None => Ok(otherwise),
            Some(name) if name.get_ref() == NONE => Ok(Address::ZERO),
            Some(name) => Ok(self.address(self.roster.account(key, name)?)),
        }
    }

    fn create_router(&mut self, table: &RouterTable) -> Result<(), Fault> {
        let by = self.roster.account("by", &table.by)?;
        let roster = self.roster;
        let account = |key, name| Ok(self.address(roster.account(key, name)?));
        let networks = table.networks.iter().map(|(network, receiver)| {
            let network = self.address(roster.network("networks", network)?);
            Ok(NetworkReceiver { network, receiver: account("networks", receiver)? })
        });
        let operators = table.operators.iter().map(|entry| {
            Ok(OperatorNetworkReceiver {
                network: self.address(roster.network("network", &entry.network)?),
                operator: self.address(roster.operator("operator", &entry.operator)?),
                receiver: account("receiver", &entry.receiver)?,
            })
        });
        let params = RouterInitParams {
            owner: self.named("owner", table.owner.as_ref(), self.address(by))?,
            collateral: roster.token("collateral", &table.collateral)?.address,
            delay: duration("delay", &table.delay)?,
            globalReceiver: self.named("receiver", table.receiver.as_ref(), Address::ZERO)?,
            networkReceivers: networks.collect::<Result<_, _>>()?,
            operatorNetworkReceivers: operators.collect::<Result<_, _>>()?,
        };
        let call = BurnerRouterFactory::createCall { params };
        let router = self.send_to(by, Kind::BurnerRouterFactory, &call)?;
        self.routers.push(router);
        Ok(())
    }

    fn create_vault(&mut self, table: &VaultTable) -> Result<(), Fault> {
        let curator = self.roster.account("curator", &table.curator)?;
        let base = self.vault_params(table, self.address(curator))?;
        let (version, vault) = match &table.tokenized {
            None => (1, base.abi_encode()),
            Some(tokenized) => {
                let (name, symbol) = (tokenized.name.clone(), tokenized.symbol.clone());
                let params = VaultTokenizedInitParams { baseParams: base, name, symbol };
                (2, params.abi_encode())
            }
        };
        let (delegator_type, delegator) = self.delegator_params(table, self.address(curator))?;
        let slasher = self.slasher_params(table)?;
        let with_slasher = slasher.is_some();
        let (slasher_type, slasher) = slasher.unwrap_or_default();
        let params = ConfiguratorInitParams {
            version,
            owner: self.named("owner", table.owner.as_ref(), self.address(curator))?,
            vaultParams: vault.into(),
            delegatorIndex: delegator_type,
            delegatorParams: delegator,
            withSlasher: with_slasher,
            slasherIndex: slasher_type,
            slasherParams: slasher,
        };
        let call = VaultConfigurator::createCall { params };
        let made = self.send_to(curator, Kind::VaultConfigurator, &call)?;
        let (vault, delegator, slasher) = (made.vault, made.delegator, made.slasher);
        self.vaults.push(Parts { vault, delegator, slasher });
        Ok(())
    }

    fn vault_params(&self, table: &VaultTable, curator: Address) -> Result<VaultInitParams, Fault> {
        let token = self.roster.token("collateral", &table.collateral)?;
        let burner = match &table.burner {
            None => BURNER,
            Some(name) if name.get_ref() == DEAD => BURNER,
            Some(name) if name.get_ref() == NONE => Address::ZERO,
            Some(name) => match self.roster.burner("burner", name)? {
                Thing::Router(router) => self.routers[router],
                Thing::Account(account) => self.address(account),
                _ => Address::ZERO,
            },
        };
        let limit = table.deposit_limit.as_ref();
        let limit = limit.map(|amount| units("deposit_limit", amount, token.decimals));
        let limit = limit.transpose()?;
        let roles = &table.roles;
        let role = |key, name: &Option<Name>| self.named(key, name.as_ref(), curator);
        Ok(VaultInitParams {
            collateral: token.address,
            burner,
            epochDuration: duration("epoch", &table.epoch)?,
            depositWhitelist: table.whitelist,
            isDepositLimit: limit.is_some(),
            depositLimit: limit.unwrap_or_default(),
            defaultAdminRoleHolder: role("admin", &roles.admin)?,
            depositWhitelistSetRoleHolder: role("deposit_whitelist", &roles.deposit_whitelist)?,
            depositorWhitelistRoleHolder: role("depositors", &roles.depositors)?,
            isDepositLimitSetRoleHolder: role("is_deposit_limit", &roles.is_deposit_limit)?,
            depositLimitSetRoleHolder: role("deposit_limit", &roles.deposit_limit)?,
        })
    }

    fn delegator_params(
        &self,
        table: &VaultTable,
        curator: Address,
    ) -> Result<(u64, Bytes), Fault> {
        let (delegator, roles) = (table.delegator.get_ref(), &table.roles);
        let hook = self.hook(delegator.hook.as_ref())?;
        let base = DelegatorBaseParams {
            defaultAdminRoleHolder: self.named(
                "delegator_admin",
                roles.delegator_admin.as_ref(),
                curator,
            )?,
            hook,
            hookSetRoleHolder: self.named("hook", roles.hook.as_ref(), curator)?,
        };
        // A hook does its work with the roles of whoever sets limits.
        let holders = |key, name: &Option<Name>| {
            let holder = self.named(key, name.as_ref(), curator)?;
            let all = [holder, hook].into_iter().filter(|holder| !holder.is_zero());
            Ok(all.collect::<Vec<_>>())
        };
        let limits = holders("network_limit", &roles.network_limit)?;
        let operators = holders("operators", &roles.operators)?;
        let (network, operator) = self.delegated_to(&table.delegator)?;
        Ok(match delegator.r#type {
            DelegatorType::NetworkRestake => {
                let params = NetworkRestakeInitParams {
                    baseParams: base,
                    networkLimitSetRoleHolders: limits,
                    operatorNetworkSharesSetRoleHolders: operators,
                };
                (0, params.abi_encode().into())
            }
            DelegatorType::FullRestake => {
                let params = FullRestakeInitParams {
                    baseParams: base,
                    networkLimitSetRoleHolders: limits,
                    operatorNetworkLimitSetRoleHolders: operators,
                };
                (1, params.abi_encode().into())
            }
            DelegatorType::OperatorSpecific => {
                let params = OperatorSpecificInitParams {
                    baseParams: base,
                    networkLimitSetRoleHolders: limits,
                    operator,
                };
                (2, params.abi_encode().into())
            }
            DelegatorType::OperatorNetworkSpecific => {
                let params =
                    OperatorNetworkSpecificInitParams { baseParams: base, network, operator };
                (3, params.abi_encode().into())
            }
        })
    }

    /// Network and operator of a delegator; exactly those that its type has must be named.
    fn delegated_to(&self, table: &Spanned<DelegatorTable>) -> Result<(Address, Address), Fault> {
        let place = Place::of("delegator", table);
        let table = table.get_ref();
        let (of_network, of_operator) = match table.r#type {
            DelegatorType::NetworkRestake | DelegatorType::FullRestake => (false, false),
            DelegatorType::OperatorSpecific => (false, true),
            DelegatorType::OperatorNetworkSpecific => (true, true),
        };
        let network = match (&table.network, of_network) {
            (Some(name), true) => self.address(self.roster.network("network", name)?),
            (None, true) => return Err(place.wrong(Problem::Missing("network"))),
            (Some(name), false) => {
                let why = "this type of delegator is for every network";
                return Err(Place::of("network", name).wrong(Problem::Misplaced(why)));
            }
            (None, false) => Address::ZERO,
        };
        let operator = match (&table.operator, of_operator) {
            (Some(name), true) => self.address(self.roster.operator("operator", name)?),
            (None, true) => return Err(place.wrong(Problem::Missing("operator"))),
            (Some(name), false) => {
                let why = "this type of delegator is for every operator";
                return Err(Place::of("operator", name).wrong(Problem::Misplaced(why)));
            }
            (None, false) => Address::ZERO,
        };
        Ok((network, operator))
    }

    /// A ready-made hook by its name; zero for `none` and when nothing is said.
    pub(super) fn hook(&self, name: Option<&Name>) -> Result<Address, Fault> {
        let Some(name) = name.filter(|name| name.get_ref() != NONE) else {
            return Ok(Address::ZERO);
        };
        let kind = HOOKS.iter().find(|(known, _)| known == name.get_ref());
        let hooks = &self.protocols.symbiotic.hooks;
        let hook = kind.and_then(|(_, kind)| hooks.iter().find(|h| h.kind == kind.number()));
        hook.map(|hook| hook.address).ok_or_else(|| {
            let problem = Problem::Unknown { kind: "hook", name: name.get_ref().clone() };
            Place::of("hook", name).wrong(problem)
        })
    }

    /// Type and parameters of the slasher, if there is one.
    fn slasher_params(&self, table: &VaultTable) -> Result<Option<(u64, Bytes)>, Fault> {
        let place = Place::of("slasher", &table.slasher);
        let slasher = table.slasher.get_ref();
        // A burner router books what it got when it is told of a slash.
        let router = match &table.burner {
            Some(name) if ![NONE, DEAD].contains(&name.get_ref().as_str()) => {
                matches!(self.roster.burner("burner", name)?, Thing::Router(_))
            }
            _ => false,
        };
        let burner_hook = slasher.burner_hook.unwrap_or(router);
        if slasher.r#type != SlasherType::Veto
            && (slasher.veto.is_some() || slasher.resolver_delay_epochs.is_some())
        {
            let why = "only a veto slasher has `veto` and `resolver_delay_epochs`";
            return Err(place.wrong(Problem::Misplaced(why)));
        }
        Ok(match slasher.r#type {
            SlasherType::None => None,
            SlasherType::Instant => {
                let params = SlasherInitParams { isBurnerHook: burner_hook };
                Some((0, params.abi_encode().into()))
            }
            SlasherType::Veto => {
                let veto = slasher.veto.as_ref();
                let veto = veto.ok_or_else(|| place.wrong(Problem::Missing("veto")))?;
                let delay = slasher.resolver_delay_epochs.as_ref();
                let delay = delay.map_or(RESOLVER_DELAY_EPOCHS, |delay| *delay.get_ref());
                let params = VetoSlasherInitParams {
                    isBurnerHook: burner_hook,
                    vetoDuration: duration("veto", veto)?,
                    resolverSetEpochsDelay: U256::from(delay),
                };
                Some((1, params.abi_encode().into()))
            }
        })
    }

    fn create_rewards(&mut self, table: &RewardsTable) -> Result<(), Fault> {
        let by = self.roster.account("by", &table.by)?;
        let rewards = match (table.pays.get_ref(), &table.vault) {
            (Paid::Stakers, Some(vault)) => {
                let vault = self.vaults[self.roster.vault("vault", vault)?].vault;
                let admin = self.address(by);
                let params = StakerRewardsInitParams {
                    vault,
                    adminFee: fee(table.admin_fee.as_ref())?,
                    defaultAdminRoleHolder: admin,
                    adminFeeClaimRoleHolder: admin,
                    adminFeeSetRoleHolder: admin,
                };
                let create = StakerRewardsFactory::createCall { params };
                self.send_to(by, Kind::StakerRewardsFactory, &create)?
            }
            (Paid::Operators, None) if table.admin_fee.is_none() => {
                let create = OperatorRewardsFactory::createCall {};
                let rewards = self.send_to(by, Kind::OperatorRewardsFactory, &create)?;
                self.send(by, rewards, &DefaultOperatorRewards::initializeCall {})?;
                rewards
            }
            (Paid::Stakers, None) => return Err(self.place.wrong(Problem::Missing("vault"))),
            (Paid::Operators, _) => {
                let why = "operator rewards have no `vault` and no `admin_fee`";
                return Err(Place::of("pays", &table.pays).wrong(Problem::Misplaced(why)));
            }
        };
        self.rewards.push(rewards);
        Ok(())
    }
}

/// An admin fee in basis points; none when nothing is said.
fn fee(text: Option<&Spanned<crate::economy::quantity::Quantity>>) -> Result<U256, Fault> {
    let Some(text) = text else { return Ok(U256::ZERO) };
    let fee = text.get_ref().basis_points();
    fee.map_err(|problem| Place::of("admin_fee", text).wrong(problem))
}

/// A time that the contracts can count.
fn duration(key: &'static str, text: &Spanned<String>) -> Result<U48, Fault> {
    let seconds = time(key, text)?;
    U48::try_from(seconds)
        .map_err(|_| Place::of(key, text).wrong(Problem::NotATime(text.get_ref().clone())))
}
