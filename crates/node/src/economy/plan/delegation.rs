//! Opt-ins, limits, shares, resolvers, hooks, and what networks and operators say of themselves.

use super::Plan;
use crate::economy::LabelKind;
use crate::economy::error::{Fault, Place, Problem};
use crate::economy::file::{
    Amount, ByOperator, DelegateTable, HookTable, LimitTable, MetadataTable, MiddlewareTable, Name,
    OptTable, ResolverTable, SharesTable,
};
use crate::economy::roster::NONE;
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, Bytes, U256};
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::registry::{MetadataService, NetworkMiddlewareService, OptInService};
use bondstone_symbiotic::abi::slasher::VetoSlasher;
use toml::Spanned;

/// Which subnetwork of which network in which vault.
#[derive(Clone, Copy)]
struct Delegation<'a> {
    vault: usize,
    network: usize,
    subnetwork: Option<&'a Spanned<u64>>,
}

impl Plan<'_> {
    fn delegation<'a>(
        &self,
        vault: &Name,
        network: &Name,
        subnetwork: Option<&'a Spanned<u64>>,
    ) -> Result<Delegation<'a>, Fault> {
        let vault = self.roster.vault("vault", vault)?;
        let network = self.roster.network("network", network)?;
        Ok(Delegation { vault, network, subnetwork })
    }

    /// All that it takes for a vault's stake to stand behind operators in a network: limits,
    /// shares, a resolver, and the opt-ins that are missing.
    pub(super) fn delegate(&mut self, table: &DelegateTable) -> Result<(), Fault> {
        let what = self.delegation(&table.vault, &table.network, table.subnetwork.as_ref())?;
        if let Some(amount) = &table.max_limit {
            self.give_max_limit(what, amount)?;
        }
        if let Some(amount) = &table.limit {
            self.give_limit(what, amount)?;
        }
        if !table.shares.is_empty() {
            self.give_operators(what, &table.shares, true)?;
        }
        if !table.limits.is_empty() {
            self.give_operators(what, &table.limits, false)?;
        }
        if let Some(resolver) = &table.resolver {
            self.give_resolver(what, resolver)?;
        }
        let operators = table.shares.keys().chain(table.limits.keys()).chain(&table.operators);
        for name in operators {
            let operator = self.roster.operator("operators", name)?;
            let vault = self.vaults[what.vault].vault;
            self.opt_in_once(operator, Kind::OperatorVaultOptInService, vault)?;
            let network = self.address(what.network);
            self.opt_in_once(operator, Kind::OperatorNetworkOptInService, network)?;
        }
        Ok(())
    }

    fn opt_in_once(&mut self, operator: usize, service: Kind, at: Address) -> Result<(), Fault> {
        let (who, service) = (self.address(operator), self.protocols.symbiotic.address(service));
        let opted = OptInService::isOptedInCall { who, r#where: at };
        if self.read(service, &opted)? {
            return Ok(());
        }
        self.send(operator, service, &OptInService::optIn_0Call { r#where: at }).map(drop)
    }

    /// Opts an operator in or out, of a vault, of a network, or of both.
    pub(super) fn opt(&mut self, table: &OptTable, is_in: bool) -> Result<(), Fault> {
        let operator = self.roster.operator("operator", &table.operator)?;
        let mut places = Vec::new();
        if let Some(vault) = &table.vault {
            let vault = self.vaults[self.roster.vault("vault", vault)?].vault;
            places.push((Kind::OperatorVaultOptInService, vault));
        }
        if let Some(network) = &table.network {
            let network = self.address(self.roster.network("network", network)?);
            places.push((Kind::OperatorNetworkOptInService, network));
        }
        if places.is_empty() {
            return Err(self.place.wrong(Problem::Missing("vault")));
        }
        for (service, at) in places {
            if is_in {
                self.send_to(operator, service, &OptInService::optIn_0Call { r#where: at })?;
            } else {
                self.send_to(operator, service, &OptInService::optOut_0Call { r#where: at })?;
            }
        }
        Ok(())
    }

    pub(super) fn set_max_network_limit(&mut self, table: &LimitTable) -> Result<(), Fault> {
        let what = self.delegation(&table.vault, &table.network, table.subnetwork.as_ref())?;
        self.give_max_limit(what, &table.amount)
    }

    pub(super) fn set_network_limit(&mut self, table: &LimitTable) -> Result<(), Fault> {
        let what = self.delegation(&table.vault, &table.network, table.subnetwork.as_ref())?;
        self.give_limit(what, &table.amount)
    }

    /// Sets operators' shares, or their limits.
    pub(super) fn set_operators(&mut self, table: &SharesTable, shares: bool) -> Result<(), Fault> {
        let what = self.delegation(&table.vault, &table.network, table.subnetwork.as_ref())?;
        if table.operators.is_empty() {
            return Err(self.place.wrong(Problem::Nobody));
        }
        self.give_operators(what, &table.operators, shares)
    }

    pub(super) fn set_resolver(&mut self, table: &ResolverTable) -> Result<(), Fault> {
        let what = self.delegation(&table.vault, &table.network, table.subnetwork.as_ref())?;
        self.give_resolver(what, &table.resolver)
    }

    fn give_max_limit(&mut self, what: Delegation<'_>, amount: &Amount) -> Result<(), Fault> {
        let amount = self.limit_units("max_limit", what, amount)?;
        let identifier = U96::from(self.identifier(what.network, what.subnetwork)?);
        let call = Delegator::setMaxNetworkLimitCall { identifier, amount };
        self.send(what.network, self.vaults[what.vault].delegator, &call).map(drop)
    }

    fn give_limit(&mut self, what: Delegation<'_>, amount: &Amount) -> Result<(), Fault> {
        let amount = self.limit_units("limit", what, amount)?;
        let subnetwork = self.subnetwork(what.network, what.subnetwork)?;
        let roles = &self.file.vault[what.vault].roles;
        let holder = self.holder(what.vault, roles.network_limit.as_ref())?;
        let call = Delegator::setNetworkLimitCall { subnetwork, amount };
        self.send(holder, self.vaults[what.vault].delegator, &call).map(drop)
    }

    fn limit_units(
        &self,
        key: &'static str,
        what: Delegation<'_>,
        amount: &Amount,
    ) -> Result<U256, Fault> {
        let units = amount.get_ref().units_or_max(self.decimals(what.vault)?);
        units.map_err(|problem| Place::of(key, amount).wrong(problem))
    }

    fn give_operators(
        &mut self,
        what: Delegation<'_>,
        by_operator: &ByOperator,
        shares: bool,
    ) -> Result<(), Fault> {
        let subnetwork = self.subnetwork(what.network, what.subnetwork)?;
        let roles = &self.file.vault[what.vault].roles;
        let holder = self.holder(what.vault, roles.operators.as_ref())?;
        let delegator = self.vaults[what.vault].delegator;
        for (name, amount) in by_operator {
            let operator = self.address(self.roster.operator("operators", name)?);
            if shares {
                let shares = amount.get_ref().units(0);
                let shares =
                    shares.map_err(|problem| Place::of("shares", amount).wrong(problem))?;
                let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
                self.send(holder, delegator, &call)?;
            } else {
                let amount = self.limit_units("limits", what, amount)?;
                let call = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount };
                self.send(holder, delegator, &call)?;
            }
        }
        Ok(())
    }

    fn give_resolver(&mut self, what: Delegation<'_>, resolver: &Name) -> Result<(), Fault> {
        let slasher = self.slasher(what.vault, true)?;
        let resolver = match resolver.get_ref().as_str() {
            NONE => Address::ZERO,
            _ => self.address(self.roster.account("resolver", resolver)?),
        };
        let identifier = U96::from(self.identifier(what.network, what.subnetwork)?);
        let call = VetoSlasher::setResolverCall { identifier, resolver, hints: Bytes::new() };
        self.send(what.network, slasher, &call).map(drop)
    }

    pub(super) fn set_hook(&mut self, table: &HookTable) -> Result<(), Fault> {
        let vault = self.roster.vault("vault", &table.vault)?;
        let hook = self.hook(Some(&table.hook))?;
        let holder = self.holder(vault, self.file.vault[vault].roles.hook.as_ref())?;
        self.send(holder, self.vaults[vault].delegator, &Delegator::setHookCall { hook }).map(drop)
    }

    pub(super) fn set_metadata(&mut self, table: &MetadataTable) -> Result<(), Fault> {
        let of = self.roster.account("of", &table.of)?;
        let service = match self.roster.people[of].kind {
            LabelKind::Network => Kind::NetworkMetadataService,
            LabelKind::Operator => Kind::OperatorMetadataService,
            _ => {
                let (kind, name) = ("network or operator", table.of.get_ref().clone());
                return Err(Place::of("of", &table.of).wrong(Problem::Unknown { kind, name }));
            }
        };
        let call = MetadataService::setMetadataURLCall { metadataURL: table.url.clone() };
        self.send_to(of, service, &call).map(drop)
    }

    pub(super) fn set_middleware(&mut self, table: &MiddlewareTable) -> Result<(), Fault> {
        let network = self.roster.network("network", &table.network)?;
        let account = self.roster.account("middleware", &table.middleware)?;
        let call =
            NetworkMiddlewareService::setMiddlewareCall { middleware: self.address(account) };
        self.send_to(network, Kind::NetworkMiddlewareService, &call)?;
        self.middlewares[network] = account;
        Ok(())
    }
}
