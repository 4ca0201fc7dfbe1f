//! What vaults give to networks, by operator.

use super::changes::by_one;
use super::{Scene, SecurityError, split};
use crate::rules::delegator::stake;
use crate::rules::network_of;
use crate::rules::opt_in::is_opted_in;
use crate::rules::slasher::slashable_stake;
use crate::state::delegator::{
    DelegatorConfig, FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC,
};
use crate::state::vault::VaultConfig;
use crate::state::{Contract, Kind};
use alloy_primitives::{Address, B256};
use bondstone_kernel::security::{
    Change, Commitment, Fraction, OperatorStake, Part, Party, Protocol, Resolver, Rule,
    SecurityView, SlashingMode, split_shared,
};
use bondstone_kernel::{Assets, Id, NONE, Shares, Timestamp};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was ever set at one delegator: limit cells with their subnetworks, by delegator.
type Limits = BTreeMap<Id, Vec<(Id, B256)>>;

/// One vault with its parts, and one subnetwork of it.
struct Place<'a> {
    vault: &'a VaultConfig,
    config: &'a DelegatorConfig,
    /// The slasher; [`NONE`] when the vault has none.
    slasher: Id,
    subnetwork: B256,
    /// Cell of the subnetwork's limits.
    limit: Id,
}

impl Scene<'_> {
    pub(super) fn add_commitments(&self, view: &mut SecurityView) -> Result<(), SecurityError> {
        let delegators = &self.state().delegator;
        let mut limits = Limits::new();
        for (cell, (delegator, subnetwork)) in (0..).zip(delegators.limit_keys.keys()) {
            limits.entry(delegator).or_default().push((cell, subnetwork));
        }
        let mut parts: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for (limit, operator) in delegators.operator_keys.keys() {
            parts.entry(limit).or_default().push(operator);
        }
        for vault in &view.vaults {
            let Some(address) = vault.vault.account() else { continue };
            let mut given = self.commitments_of(address, &limits, &parts)?;
            given.sort_by(|a, b| (&a.network, a.subnetwork).cmp(&(&b.network, b.subnetwork)));
            split_shared(vault.active, &mut given)?;
            if let SlashingMode::Veto { resolver_delay_seconds, .. } = vault.slashing.mode {
                for commitment in &mut given {
                    let by = commitment.network.clone();
                    let was_set = commitment.resolver.as_ref().is_some_and(|r| r.was_set);
                    // The first resolver holds at once.
                    let delay = if was_set { resolver_delay_seconds } else { 0 };
                    commitment.changes.push(by_one(Rule::Resolver, by, delay));
                }
            }
            view.commitments.extend(given);
        }
        Ok(())
    }

    fn commitments_of(
        &self,
        vault: Address,
        limits: &Limits,
        parts: &BTreeMap<Id, Vec<Id>>,
    ) -> Result<Vec<Commitment>, SecurityError> {
        let (state, accounts) = (self.state(), self.accounts());
        let vault = state.vault.config.get(state.vault.ids.find(&accounts.find(&vault)));
        let Contract::Delegator(delegator) = state.contract(accounts, vault.delegator) else {
            return Ok(Vec::new());
        };
        let config = state.delegator.config.get(delegator);
        let slasher = match state.contract(accounts, vault.slasher) {
            Contract::Slasher(id) => id,
            _ => NONE,
        };
        let mut given = Vec::new();
        for (limit, subnetwork) in limits.get(&delegator).into_iter().flatten() {
            let (limit, subnetwork) = (*limit, *subnetwork);
            let place = Place { vault, config, slasher, subnetwork, limit };
            let operators = match parts.get(&limit) {
                Some(operators) => operators.as_slice(),
                None => &[],
            };
            given.extend(self.commitment(&place, operators)?);
        }
        Ok(given)
    }

    /// `None` when the network has nothing there any more.
    fn commitment(
        &self,
        place: &Place<'_>,
        operators: &[Id],
    ) -> Result<Option<Commitment>, SecurityError> {
        let delegators = &self.state().delegator;
        let maximum = Assets(*delegators.max_network_limit.get(place.limit));
        let limit = match place.config.delegator_type {
            OPERATOR_NETWORK_SPECIFIC => maximum,
            _ => Assets(delegators.network_limit.get(place.limit).latest()),
        };
        let mut list = Vec::new();
        match place.config.delegator_type {
            NETWORK_RESTAKE | FULL_RESTAKE => {
                for operator in operators {
                    list.extend(self.operator(place, *operator)?);
                }
            }
            kind => {
                let network = network_of(place.subnetwork);
                let serves = kind != OPERATOR_NETWORK_SPECIFIC || place.config.network == network;
                if serves {
                    let operator = self.accounts().find(&place.config.operator);
                    list.extend(self.operator(place, operator)?);
                }
            }
        }
        if list.is_empty() && maximum.is_zero() && limit.is_zero() {
            return Ok(None);
        }
        list.sort_by_key(|o: &OperatorStake| (Reverse(o.stake), o.operator.clone()));
        let (network, subnetwork) = split(place.subnetwork);
        let (slashable_until, request_until) = self.deadlines(place);
        let changes: Vec<Change> = vec![by_one(Rule::NetworkMaximum, network.clone(), 0)];
        let mut made = Commitment {
            protocol: Protocol::Symbiotic,
            vault: place.vault.address.into(),
            network,
            subnetwork,
            maximum,
            limit,
            stake: Assets::ZERO,
            unique: Assets::ZERO,
            shared: Assets::ZERO,
            slashable: Assets::ZERO,
            slashable_part: Fraction::WHOLE,
            failure: None,
            slashable_until,
            request_until,
            resolver: self.resolver(place),
            changes,
            operators: Vec::new(),
            counted: None,
        };
        for operator in &list {
            made.stake = made.stake.plus(operator.stake)?;
            made.slashable = made.slashable.plus(operator.slashable)?;
        }
        made.operators = list;
        Ok(Some(made))
    }

    /// `None` when the operator has nothing there, and nothing happened to it.
    fn operator(
        &self,
        place: &Place<'_>,
        account: Id,
    ) -> Result<Option<OperatorStake>, SecurityError> {
        let (state, host) = (self.state(), self.host);
        let (operator, subnetwork) = (self.address(account), place.subnetwork);
        let delegators = &state.delegator;
        let own = delegators.operator_part.get(delegators.operator_key(place.limit, account));
        let part = match place.config.delegator_type {
            NETWORK_RESTAKE => Part::Shares {
                shares: Shares(own.latest()),
                total: Shares(delegators.total_operator_shares.get(place.limit).latest()),
            },
            FULL_RESTAKE => Part::Limit { limit: Assets(own.latest()) },
            _ => Part::Whole,
        };
        let delegator = place.config.address;
        let stake = stake(host, delegator, subnetwork, operator)
            .map_err(|revert| SecurityError::Stake { delegator, subnetwork, operator, revert })?;
        let slash_key = state.slasher.slash_keys.find(&(place.slasher, subnetwork, account));
        let slashed = Assets(state.slasher.cumulative_slash.get(slash_key).latest());
        let slashable = self.slashable(place, operator);
        let has_part = !matches!(place.config.delegator_type, NETWORK_RESTAKE | FULL_RESTAKE)
            || !own.latest().is_zero();
        if !has_part && slashed.is_zero() && slashable.is_zero() {
            return Ok(None);
        }
        let opted = |service, place: Address| {
            is_opted_in(state, service, account, self.accounts().find(&place))
        };
        Ok(Some(OperatorStake {
            operator: operator.into(),
            part,
            is_in_vault: opted(Kind::OperatorVaultOptInService, place.config.vault),
            is_in_network: opted(Kind::OperatorNetworkOptInService, network_of(subnetwork)),
            is_jailed: false,
            stake: Assets(stake),
            unique: Assets::ZERO,
            shared: Assets::ZERO,
            slashable,
            slashed,
        }))
    }

    /// A slash names a second before the present one. Where the contract's view reverts (an epoch
    /// longer than the time since 1970) its slashes revert too, and nothing can be taken.
    fn slashable(&self, place: &Place<'_>, operator: Address) -> Assets {
        if place.slasher == NONE {
            return Assets::ZERO;
        }
        let Ok(capture) = self.now.minus(1) else { return Assets::ZERO };
        let told =
            slashable_stake(self.host, place.slasher, place.subnetwork, operator, capture, &[]);
        told.map_or(Assets::ZERO, |(slashable, _)| Assets(slashable))
    }

    /// The last seconds at which stake captured one second before now can be slashed, and at which
    /// the slash can be asked for.
    /// Source: `BaseSlasher._slashableStake`, `VetoSlasher.requestSlash`.
    fn deadlines(&self, place: &Place<'_>) -> (Timestamp, Timestamp) {
        if place.slasher == NONE {
            return (Timestamp(0), Timestamp(0));
        }
        let veto = self.state().slasher.config.get(place.slasher).veto_duration;
        let capture = self.now.0.saturating_sub(1);
        let until = capture.saturating_add(place.vault.epoch_duration);
        (Timestamp(until), Timestamp(until.saturating_sub(veto)))
    }

    fn resolver(&self, place: &Place<'_>) -> Option<Resolver> {
        let slashers = &self.state().slasher;
        if place.slasher == NONE || slashers.config.get(place.slasher).slasher_type == 0 {
            return None;
        }
        let key = slashers.resolver_keys.find(&(place.slasher, place.subnetwork));
        let history = slashers.resolver.get(key);
        let last = history.latest_checkpoint().filter(|last| last.key > self.now.0);
        Some(Resolver {
            was_set: !history.is_empty(),
            current: Party::somebody(history.upper_lookup(self.now.0)),
            next: last.map(|last| (Party::somebody(last.value), Timestamp(last.key))),
        })
    }
}
