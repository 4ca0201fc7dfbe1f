//! Who pays, through staker rewards and operator rewards.

use super::changes::{REWARD_ROLES, by_one};
use super::{Scene, SecurityError};
use crate::abi::rewards::{operator, staker};
use crate::rules::staker_rewards::ADMIN_FEE_BASE;
use crate::state::Contract;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::security::{
    Asset, Change, Dated, Distribution, Fraction, Paid, Party, Payee, Payment, Protocol, Rule,
    SecurityView,
};
use bondstone_kernel::{Assets, Id, Timestamp, math};
use std::collections::BTreeMap;

/// (contract, network, token), by address: the order of the picture.
type Key = (Address, Address, Address);

impl Scene<'_> {
    pub(super) fn add_payments(
        &self,
        view: &mut SecurityView,
        history: &[Dated<'_>],
    ) -> Result<(), SecurityError> {
        let mut streams: BTreeMap<Key, Payment> = BTreeMap::new();
        for dated in history {
            let at = Timestamp(dated.timestamp);
            let rail = dated.log.address;
            let Some((network, token, paid)) = self.distribution(dated) else { continue };
            let stream = streams.entry((rail, network, token));
            let stream = stream.or_insert_with(|| self.stream((rail, network, token)));
            stream.book(paid, at, self.now)?;
        }
        // What the state alone knows must show too, even when its logs were not given.
        for (key, held) in self.accounted()? {
            let stream = streams.entry(key).or_insert_with(|| self.stream(key));
            stream.is_complete = stream.total.amount == held;
        }
        view.payments.extend(streams.into_values());
        Ok(())
    }

    /// Network, token, and amounts for payees and fee of a distribution by a contract of ours.
    fn distribution(&self, dated: &Dated<'_>) -> Option<(Address, Address, (Assets, Assets))> {
        let data = &dated.log.data;
        match self.state().contract(self.accounts(), dated.log.address) {
            Contract::StakerRewards(_) => {
                let event = staker::DistributeRewards::decode_log_data(data).ok()?;
                let paid = (Assets(event.distributeAmount), Assets(event.adminFeeAmount));
                Some((event.network, event.token, paid))
            }
            Contract::OperatorRewards(_) => {
                let event = operator::DistributeRewards::decode_log_data(data).ok()?;
                Some((event.network, event.token, (Assets(event.amount), Assets::ZERO)))
            }
            _ => None,
        }
    }

    /// A stream without distributions.
    fn stream(&self, (rail, network, token): Key) -> Payment {
        let (state, accounts) = (self.state(), self.accounts());
        let (payee, distribution, changes) = match state.contract(accounts, rail) {
            Contract::StakerRewards(id) => {
                let config = state.rewards.staker_config.get(id);
                let fee = Fraction {
                    numerator: config.admin_fee.saturating_to(),
                    denominator: ADMIN_FEE_BASE.saturating_to(),
                };
                let changes = self.holders.changes(accounts.find(&rail), &REWARD_ROLES);
                let payee = Payee::Stakers { vault: config.vault.into() };
                (payee, Distribution::ActiveShares { fee }, changes)
            }
            contract => {
                let id = match contract {
                    Contract::OperatorRewards(id) => id,
                    _ => bondstone_kernel::NONE,
                };
                let key = (id, accounts.find(&network), accounts.find(&token));
                let pot = state.rewards.pots.get(state.rewards.pot_keys.find(&key));
                let root = (!pot.root.is_zero()).then_some(pot.root);
                let middleware = *state.registry.middleware.get(accounts.find(&network));
                let by = Party::somebody(middleware);
                let changes = by.map(|by| by_one(Rule::RewardRoot, by, 0)).into_iter().collect();
                let unclaimed = Assets(pot.balance);
                (Payee::Operators, Distribution::MerkleRoot { root, unclaimed }, changes)
            }
        };
        unpaid(rail, (network, token), payee, distribution, changes)
    }

    /// What the books of the contracts say was ever paid to payees.
    fn accounted(&self) -> Result<BTreeMap<Key, Assets>, SecurityError> {
        let rewards = &self.state().rewards;
        let mut paid: BTreeMap<Key, Assets> = BTreeMap::new();
        let mut lists: BTreeMap<Id, U256> = BTreeMap::new();
        for (at, (list, _)) in (0..).zip(rewards.reward_keys.keys()) {
            let sum = lists.entry(list).or_default();
            *sum = math::add(*sum, rewards.rewards.get(at).amount)?;
        }
        for (at, (id, token, network)) in (0..).zip(rewards.list_keys.keys()) {
            let rail = rewards.staker_config.get(id).address;
            let key = (rail, self.address(network), self.address(token));
            // A list without rewards is one that was only claimed from, in vain.
            if let Some(sum) = lists.get(&at) {
                paid.insert(key, Assets(*sum));
            }
        }
        let mut claimed: BTreeMap<Id, U256> = BTreeMap::new();
        for (at, (pot, _)) in (0..).zip(rewards.claimed_keys.keys()) {
            let sum = claimed.entry(pot).or_default();
            *sum = math::add(*sum, *rewards.claimed.get(at))?;
        }
        let contracts: Vec<Id> = rewards.operator_ids.keys().collect();
        for (at, (id, network, token)) in (0..).zip(rewards.pot_keys.keys()) {
            let position = usize::try_from(id).unwrap_or(usize::MAX);
            let rail = contracts.get(position).copied().unwrap_or(bondstone_kernel::NONE);
            let key = (self.address(rail), self.address(network), self.address(token));
            let taken = claimed.get(&at).copied().unwrap_or_default();
            paid.insert(key, Assets(math::add(rewards.pots.get(at).balance, taken)?));
        }
        Ok(paid)
    }
}

/// A stream of pay in which nothing was distributed yet.
pub(super) fn unpaid(
    rail: Address,
    (network, token): (Address, Address),
    payee: Payee,
    distribution: Distribution,
    changes: Vec<Change>,
) -> Payment {
    Payment {
        protocol: Protocol::Symbiotic,
        rail: rail.into(),
        network: network.into(),
        payee,
        token: Asset::Token(token),
        distribution,
        total: Paid::default(),
        windows: Payment::no_windows(),
        first_at: None,
        last_at: None,
        last: Paid::default(),
        is_complete: true,
        changes,
    }
}
