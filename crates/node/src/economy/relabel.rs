//! Finds what an economy's file created on a chain: everything was created by factories that keep
//! their entities in order, and the file's are the first of them. Core of Karak keeps vaults so, by
//! operator.

use super::error::EconomyError;
use super::file::{DelegatorType, File, Paid, SlasherType, VaultTable};
use super::roster::Roster;
use super::{
    Account, Economy, Group, KarakVault, Label, LabelKind, Rewards, Router, Service, Tokens, Vault,
};
use crate::economy::quantity::{seconds, words};
use crate::protocols::Protocols;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_karak::Kind as KarakKind;
use bondstone_karak::abi::core::Core;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::Registry;
use bondstone_symbiotic::abi::vault;
use bondstone_world::World;
use std::collections::BTreeMap;

/// Reads a fork of the chain.
pub(super) struct Reader<'a> {
    pub(super) name: &'a str,
    pub(super) protocols: &'a Protocols,
    pub(super) world: &'a mut World,
}

impl Reader<'_> {
    /// Everything that has a name.
    pub(super) fn economy(mut self, file: &File, roster: &Roster) -> Result<Economy, EconomyError> {
        let mut economy = Economy {
            title: file.chain.title.clone().unwrap_or_default(),
            tokens: Tokens(roster.tokens.clone()),
            ..Economy::default()
        };
        for token in &roster.tokens {
            economy.add_label(token.address, &token.symbol, LabelKind::Token);
        }
        let mut grouped = Vec::new();
        for (name, members) in roster.groups() {
            grouped.push(members.clone());
            let members = roster.people[members].iter().map(|person| person.address()).collect();
            economy.groups.push(Group { name: name.to_owned(), members });
        }
        for (at, person) in roster.people.iter().enumerate() {
            let (name, kind, note) = (person.name.clone(), person.kind, person.note.clone());
            economy.add_label(person.address(), &name, kind);
            if !grouped.iter().any(|members| members.contains(&at)) {
                let (address, index) = (person.address(), person.index);
                economy.accounts.push(Account { name, kind, note, address, index });
            }
        }
        self.add_routers(file, &mut economy)?;
        self.add_vaults(file, &mut economy)?;
        self.add_rewards(file, &mut economy)?;
        self.add_services(file, roster, &mut economy)?;
        self.add_karak_vaults(file, roster, &mut economy)?;
        Ok(economy)
    }

    fn add_services(
        &mut self,
        file: &File,
        roster: &Roster,
        economy: &mut Economy,
    ) -> Result<(), EconomyError> {
        let core = self.protocols.karak.address(KarakKind::Core);
        for (table, service) in file.dss.iter().zip(&roster.services) {
            let name = table.name.get_ref().clone();
            let (address, controller) = (service.address, table.controller.get_ref().clone());
            if !self.read(core, &Core::isDSSRegisteredCall { dss: address }, &name)? {
                return Err(self.not_there(&name));
            }
            economy.add_label(address, &name, LabelKind::Dss);
            economy.services.push(Service { name, address, controller });
        }
        Ok(())
    }

    /// Core keeps each operator's vaults in the order in which he deployed them.
    fn add_karak_vaults(
        &mut self,
        file: &File,
        roster: &Roster,
        economy: &mut Economy,
    ) -> Result<(), EconomyError> {
        let core = self.protocols.karak.address(KarakKind::Core);
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for table in &file.karak_vault {
            let (name, operator) = (table.name.get_ref().clone(), table.operator.get_ref());
            let account = roster.operator("operator", &table.operator);
            let account = account.map_err(|_| self.not_there(operator))?;
            let operator_address = roster.people[account].address();
            let call = Core::getOperatorVaultsCall { operator: operator_address };
            let vaults = self.read(core, &call, &name)?;
            let place = places.entry(operator).or_default();
            let vault = *vaults.get(*place).ok_or_else(|| self.not_there(&name))?;
            *place += 1;
            economy.add_label(vault, &name, LabelKind::Vault);
            let (operator, collateral) = (operator.clone(), table.collateral.get_ref().clone());
            economy.karak_vaults.push(KarakVault { name, vault, operator, collateral });
        }
        Ok(())
    }

    fn not_there(&self, name: &str) -> EconomyError {
        EconomyError::NotThere { file: self.name.to_owned(), name: name.to_owned() }
    }

    fn add_routers(&mut self, file: &File, economy: &mut Economy) -> Result<(), EconomyError> {
        for (table, at) in file.burner_router.iter().zip(0..) {
            let name = table.name.get_ref().clone();
            let address = self.entity(Kind::BurnerRouterFactory, at, &name)?;
            economy.add_label(address, &name, LabelKind::BurnerRouter);
            let collateral = table.collateral.get_ref().clone();
            economy.routers.push(Router { name, address, collateral });
        }
        Ok(())
    }

    fn add_vaults(&mut self, file: &File, economy: &mut Economy) -> Result<(), EconomyError> {
        for (table, at) in file.vault.iter().zip(0..) {
            let name = table.name.get_ref().clone();
            let vault = self.entity(Kind::VaultFactory, at, &name)?;
            let delegator = self.read(vault, &vault::Vault::delegatorCall {}, &name)?;
            let slasher = self.read(vault, &vault::Vault::slasherCall {}, &name)?;
            economy.add_label(vault, &name, LabelKind::Vault);
            economy.add_label(delegator, &format!("{name} delegator"), LabelKind::Delegator);
            if !slasher.is_zero() {
                economy.add_label(slasher, &format!("{name} slasher"), LabelKind::Slasher);
            }
            let (collateral, description) = (table.collateral.get_ref().clone(), describe(table));
            let vault = Vault { name, vault, delegator, slasher, collateral, description };
            economy.vaults.push(vault);
        }
        Ok(())
    }

    fn add_rewards(&mut self, file: &File, economy: &mut Economy) -> Result<(), EconomyError> {
        let (mut for_stakers, mut for_operators) = (0, 0);
        for table in &file.rewards {
            let name = table.name.get_ref().clone();
            let (factory, place) = match table.pays.get_ref() {
                Paid::Stakers => (Kind::StakerRewardsFactory, &mut for_stakers),
                Paid::Operators => (Kind::OperatorRewardsFactory, &mut for_operators),
            };
            let address = self.entity(factory, *place, &name)?;
            *place += 1;
            economy.add_label(address, &name, LabelKind::Rewards);
            let vault = table.vault.as_ref().map(|vault| vault.get_ref().clone());
            economy.rewards.push(Rewards { name, address, vault });
        }
        Ok(())
    }

    fn entity(&mut self, factory: Kind, at: u64, name: &str) -> Result<Address, EconomyError> {
        let call = Registry::entityCall { index: U256::from(at) };
        self.read(self.protocols.symbiotic.address(factory), &call, name)
    }

    fn read<C: SolCall>(
        &mut self,
        to: Address,
        call: &C,
        name: &str,
    ) -> Result<C::Return, EconomyError> {
        let output = self.world.read(Address::ZERO, to, &call.abi_encode()).ok();
        let answer = output.and_then(|output| C::abi_decode_returns(&output).ok());
        answer.ok_or_else(|| self.not_there(name))
    }
}

impl Economy {
    fn add_label(&mut self, address: Address, name: &str, kind: LabelKind) {
        self.labels.entry(address).or_insert_with(|| Label { name: name.to_owned(), kind });
    }
}

/// A vault's collateral, slasher and delegator in words.
fn describe(table: &VaultTable) -> String {
    let slasher = table.slasher.get_ref();
    let slasher = match slasher.r#type {
        SlasherType::None => "no slasher".to_owned(),
        SlasherType::Instant => "instant slasher".to_owned(),
        SlasherType::Veto => {
            let veto = slasher.veto.as_ref().and_then(|veto| seconds(veto.get_ref()).ok());
            format!("veto slasher ({})", words(veto.unwrap_or_default()))
        }
    };
    let delegator = match table.delegator.get_ref().r#type {
        DelegatorType::NetworkRestake => "NetworkRestake",
        DelegatorType::FullRestake => "FullRestake",
        DelegatorType::OperatorSpecific => "OperatorSpecific",
        DelegatorType::OperatorNetworkSpecific => "OperatorNetworkSpecific",
    };
    format!("{}, {slasher}, {delegator} delegator", table.collateral.get_ref())
}
