//! Who can change which rule.

use crate::SymbioticHost;
use crate::rules::delegator::{
    HOOK_SET_ROLE, NETWORK_LIMIT_SET_ROLE, OPERATOR_NETWORK_LIMIT_SET_ROLE,
    OPERATOR_NETWORK_SHARES_SET_ROLE,
};
use crate::rules::staker_rewards::ADMIN_FEE_SET_ROLE;
use crate::rules::vault::{
    DEPOSIT_LIMIT_SET_ROLE, DEPOSIT_WHITELIST_SET_ROLE, DEPOSITOR_WHITELIST_ROLE,
    IS_DEPOSIT_LIMIT_SET_ROLE,
};
use alloy_primitives::{Address, B256};
use bondstone_kernel::Id;
use bondstone_kernel::access::DEFAULT_ADMIN_ROLE;
use bondstone_kernel::security::{Change, Party, Rule};
use std::collections::BTreeMap;

/// Rules of a vault that a role may change.
pub(super) const VAULT_ROLES: [(Rule, B256); 5] = [
    (Rule::DepositWhitelist, DEPOSIT_WHITELIST_SET_ROLE),
    (Rule::Depositors, DEPOSITOR_WHITELIST_ROLE),
    (Rule::DepositCap, IS_DEPOSIT_LIMIT_SET_ROLE),
    (Rule::DepositLimit, DEPOSIT_LIMIT_SET_ROLE),
    (Rule::VaultRoles, DEFAULT_ADMIN_ROLE),
];

/// Rules of a delegator that a role may change. A delegator grants only the roles of its type.
pub(super) const DELEGATOR_ROLES: [(Rule, B256); 5] = [
    (Rule::NetworkLimit, NETWORK_LIMIT_SET_ROLE),
    (Rule::OperatorStake, OPERATOR_NETWORK_SHARES_SET_ROLE),
    (Rule::OperatorStake, OPERATOR_NETWORK_LIMIT_SET_ROLE),
    (Rule::SlashHook, HOOK_SET_ROLE),
    (Rule::DelegatorRoles, DEFAULT_ADMIN_ROLE),
];

/// Rules of staker rewards that a role may change.
pub(super) const REWARD_ROLES: [(Rule, B256); 2] =
    [(Rule::RewardFee, ADMIN_FEE_SET_ROLE), (Rule::RewardRoles, DEFAULT_ADMIN_ROLE)];

/// Who holds which role, by contract (interned).
pub(super) struct Holders(BTreeMap<(Id, B256), Vec<Address>>);

impl Holders {
    /// Reads all roles once.
    pub(super) fn of(host: &SymbioticHost<'_>) -> Self {
        let roles = &host.state().roles;
        let mut holders: BTreeMap<(Id, B256), Vec<Address>> = BTreeMap::new();
        for (contract, role, account) in roles.keys.keys() {
            if roles.has(contract, role, account)
                && let Some(address) = host.accounts().key(account)
            {
                holders.entry((contract, role)).or_default().push(address);
            }
        }
        holders.values_mut().for_each(|list| list.sort());
        Self(holders)
    }

    /// The changes that holders of roles at a contract can make, at once. A role without a holder
    /// is left out: who can change it is who can grant it.
    pub(super) fn changes(&self, contract: Id, rules: &[(Rule, B256)]) -> Vec<Change> {
        let held = rules.iter().filter_map(|(rule, role)| {
            let by = self.0.get(&(contract, *role))?;
            let by = by.iter().copied().map(Party::from).collect();
            Some(Change { rule: *rule, by, delay_seconds: 0 })
        });
        held.collect()
    }
}

/// A change that one party can make.
pub(super) fn by_one(rule: Rule, by: Party, delay_seconds: u64) -> Change {
    Change { rule, by: vec![by], delay_seconds }
}
