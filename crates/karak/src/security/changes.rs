//! Who can change which rule.

use super::Scene;
use crate::KarakHost;
use crate::rules::core::STAKE_UPDATE_DELAY;
use crate::rules::solady::{MANAGER, VETO_COMMITTEE};
use crate::state::Contract;
use crate::state::vault::{Code, VaultConfig};
use alloy_primitives::{Address, U256};
use bondstone_kernel::Id;
use bondstone_kernel::security::{Change, Party, Rule};
use std::collections::BTreeMap;

/// Who holds roles, by contract (interned).
pub(super) struct Holders(BTreeMap<Id, Vec<(Party, U256)>>);

impl Holders {
    /// Reads all roles once.
    pub(super) fn of(host: &KarakHost<'_>) -> Self {
        let authority = &host.state().authority;
        let mut holders: BTreeMap<Id, Vec<(Party, U256)>> = BTreeMap::new();
        for (contract, account) in authority.account_keys.keys() {
            let roles = authority.roles(contract, account);
            if let Some(address) = host.accounts().key(account).filter(|_| !roles.is_zero()) {
                holders.entry(contract).or_default().push((address.into(), roles));
            }
        }
        holders.values_mut().for_each(|list| list.sort());
        Self(holders)
    }

    /// Who holds a role at a contract.
    fn with(&self, contract: Id, role: U256) -> Vec<Party> {
        let list = self.0.get(&contract).into_iter().flatten();
        let held = list.filter(|(_, roles)| !(*roles & role).is_zero());
        held.map(|(party, _)| party.clone()).collect()
    }
}

impl Scene<'_> {
    /// Who can veto slashings.
    pub(super) fn committee(&self) -> Vec<Party> {
        self.holders.with(self.id(self.core), VETO_COMMITTEE)
    }

    fn owner(&self, contract: Address) -> Option<Party> {
        Party::somebody(self.state().authority.owners.of(self.id(contract)))
    }

    /// Owner and managers of Core.
    fn managers(&self) -> Vec<Party> {
        let mut managers: Vec<Party> = self.owner(self.core).into_iter().collect();
        managers.extend(self.holders.with(self.id(self.core), MANAGER));
        managers.sort();
        managers.dedup();
        managers
    }

    /// A service of the SDK obeys who initialised it; any other decides by its own code.
    pub(super) fn changes_of_service(&self, id: Id, network: &Party) -> Vec<Change> {
        let state = self.state();
        let by = if *state.contracts.get(id) == Contract::BaseDss {
            Party::somebody(state.service.config.get(id).controller).into_iter().collect()
        } else {
            vec![network.clone()]
        };
        let changes = [(Rule::Membership, by, 0), (Rule::HookGas, self.managers(), 0)];
        listed(changes)
    }

    /// What can change of a vault. Its operator alone says for which services it stands; Core's
    /// owner replaces its code, one vault's or that of all standard ones.
    pub(super) fn changes_of_vault(
        &self,
        account: Id,
        config: &VaultConfig,
        code: Option<Code>,
    ) -> Vec<Change> {
        let owner: Vec<Party> = self.owner(self.core).into_iter().collect();
        let operator = Party::somebody(config.operator).into_iter().collect();
        let is_native = code == Some(Code::Native);
        // What a native vault loses leaves its nodes for nobody, whatever handler is set.
        let handler = if is_native { Vec::new() } else { self.managers() };
        let nodes = if is_native { self.holders.with(account, MANAGER) } else { Vec::new() };
        listed([
            (Rule::Networks, operator, STAKE_UPDATE_DELAY),
            (Rule::Burner, handler, 0),
            (Rule::Pauses, self.managers(), 0),
            (Rule::VaultCode, owner.clone(), 0),
            (Rule::Resolver, owner.clone(), 0),
            (Rule::ProtocolRoles, owner, 0),
            (Rule::NodeCode, nodes, 0),
        ])
    }
}

/// Changes that somebody can make.
fn listed<const N: usize>(changes: [(Rule, Vec<Party>, u64); N]) -> Vec<Change> {
    let held = changes.into_iter().filter(|(_, by, _)| !by.is_empty());
    held.map(|(rule, by, delay_seconds)| Change { rule, by, delay_seconds }).collect()
}
