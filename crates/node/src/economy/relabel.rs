//! Finds what an economy's file created on a chain: everything was created by factories that keep
//! their entities in order, and the file's are the first of them.

use super::error::EconomyError;
use super::file::{DelegatorType, File, Paid, SlasherType, VaultTable};
use super::roster::Roster;
use super::{Account, Economy, Group, Label, LabelKind, Rewards, Router, Tokens, Vault};
use crate::economy::quantity::{seconds, words};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::registry::Registry;
use bondstone_symbiotic::abi::vault;
use bondstone_world::{Deployment, World};

/// Reads a fork of the chain.
pub(super) struct Reader<'a> {
    pub(super) name: &'a str,
    pub(super) deployment: &'a Deployment,
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
        Ok(economy)
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
        self.read(self.deployment.address(factory), &call, name)
    }

    fn read<C: SolCall>(
        &mut self,
        to: Address,
        call: &C,
        name: &str,
    ) -> Result<C::Return, EconomyError> {
        let output = self.world.read(Address::ZERO, to, &call.abi_encode()).ok();
        let answer = output.and_then(|output| C::abi_decode_returns(&output).ok());
        answer.ok_or_else(|| EconomyError::NotThere {
            file: self.name.to_owned(),
            name: name.to_owned(),
        })
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
