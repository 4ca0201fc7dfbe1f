//! Who pays, through the two rails of Rewards V2.

use super::changes::by_one;
use super::payments::unpaid;
use super::{Scene, SecurityError};
use crate::abi::rewards_v2::contract::{
    AccountCuratorFees, AccountProtocolFees, DistributeVaultSnapshotRewards,
};
use crate::rules::curator_registry::curator;
use crate::rules::fee_registry::{self, MAX_FEE, Participant};
use crate::rules::rewards_v2::{CUMULATIVE_MERKLE, VAULT_SNAPSHOT, merkle, protocol_fee};
use crate::state::Kind;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::security::{
    Change, Dated, Distribution, Fraction, Party, Payee, Payment, Rule, SecurityView,
};
use bondstone_kernel::{Assets, Id, MathError, Timestamp, math};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// (vault, network, token).
type List = (Address, Address, Address);

/// Stakers or operators of a vault, in the order of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Stakers,
    Operators,
}

/// First topics of the logs that the picture of both rails needs.
pub(super) fn topics() -> [B256; 3] {
    [
        AccountProtocolFees::SIGNATURE_HASH,
        AccountCuratorFees::SIGNATURE_HASH,
        DistributeVaultSnapshotRewards::SIGNATURE_HASH,
    ]
}

impl Scene<'_> {
    /// Adds the streams of the snapshot rail, then those of the Merkle rail.
    pub(super) fn add_payments_v2(
        &self,
        view: &mut SecurityView,
        history: &[Dated<'_>],
    ) -> Result<(), SecurityError> {
        let rail = self.state().singleton(Kind::Rewards);
        let ours: Vec<&Dated<'_>> = history.iter().filter(|d| d.log.address == rail).collect();
        self.add_snapshot_payments(view, &ours)?;
        self.add_merkle_payments(view, &ours)
    }

    /// The fees of a distribution are logged before it, in the same transaction.
    fn add_snapshot_payments(
        &self,
        view: &mut SecurityView,
        history: &[&Dated<'_>],
    ) -> Result<(), SecurityError> {
        let mut streams: BTreeMap<(List, Part), Payment> = BTreeMap::new();
        let mut fees = U256::ZERO;
        for dated in history {
            let (data, at) = (&dated.log.data, Timestamp(dated.timestamp));
            if let Ok(event) = AccountProtocolFees::decode_log_data(data) {
                let is_ours = event.rewardsType == VAULT_SNAPSHOT;
                fees = if is_ours { event.fees } else { U256::ZERO };
            } else if let Ok(event) = AccountCuratorFees::decode_log_data(data) {
                fees = math::add(fees, event.fees)?;
            } else if let Ok(event) = DistributeVaultSnapshotRewards::decode_log_data(data) {
                let list = (event.vault, event.network, event.token);
                let fee = Assets(std::mem::take(&mut fees));
                let stakers = (Assets(event.amount), fee);
                let operators = (Assets(event.operatorsFee), Assets::ZERO);
                for (part, paid) in [(Part::Stakers, stakers), (Part::Operators, operators)] {
                    if part == Part::Operators && paid.0.is_zero() {
                        continue;
                    }
                    let stream = self.snapshot_entry(&mut streams, (list, part))?;
                    stream.book(paid, at, self.now)?;
                }
            }
        }
        // What the state alone knows must show too, even when its logs were not given.
        for ((list, part), held) in self.snapshot_books()? {
            let stream = self.snapshot_entry(&mut streams, (list, part))?;
            stream.is_complete = stream.total.amount == held;
        }
        view.payments.extend(streams.into_values());
        Ok(())
    }

    /// The stream of a part of a list, which begins when it is asked for.
    fn snapshot_entry<'a>(
        &self,
        streams: &'a mut BTreeMap<(List, Part), Payment>,
        (list, part): (List, Part),
    ) -> Result<&'a mut Payment, MathError> {
        match streams.entry((list, part)) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => Ok(entry.insert(self.snapshot_stream(list, part)?)),
        }
    }

    /// What the lists of rewards add up to. A part that never got anything has no stream.
    fn snapshot_books(&self) -> Result<BTreeMap<(List, Part), Assets>, SecurityError> {
        let books = &self.state().rewards_v2;
        let mut sums: BTreeMap<Id, (U256, U256)> = BTreeMap::new();
        for (at, (list, _)) in (0..).zip(books.reward_keys.keys()) {
            let (stakers, operators) = sums.entry(list).or_default();
            let reward = books.rewards.get(at);
            *stakers = math::add(*stakers, reward.amount)?;
            *operators = math::add(*operators, reward.operators_fees)?;
        }
        let mut held = BTreeMap::new();
        for (at, (vault, network, token)) in (0..).zip(books.list_keys.keys()) {
            let list = (self.address(vault), self.address(network), self.address(token));
            let Some((stakers, operators)) = sums.get(&at) else { continue };
            held.insert((list, Part::Stakers), Assets(*stakers));
            if !operators.is_zero() {
                held.insert((list, Part::Operators), Assets(*operators));
            }
        }
        Ok(held)
    }

    /// A stream of the snapshot rail without distributions.
    fn snapshot_stream(
        &self,
        (vault, network, token): List,
        part: Part,
    ) -> Result<Payment, MathError> {
        let (state, accounts) = (self.state(), self.accounts());
        let fee = |whose| fee_registry::fee(state, accounts, whose, (vault, network));
        let (operators, curators) = (fee(Participant::Operators), fee(Participant::Curator));
        let left = math::sub(MAX_FEE, protocol_fee(state, VAULT_SNAPSHOT, network))?;
        let whole = math::mul(MAX_FEE, MAX_FEE)?;
        let kept = math::sub(MAX_FEE, math::add(operators, curators)?)?;
        let fraction = |numerator: U256| Fraction {
            numerator: numerator.saturating_to(),
            denominator: whole.saturating_to(),
        };
        let (payee, distribution) = match part {
            Part::Stakers => {
                let fee = fraction(math::sub(whole, math::mul(left, kept)?)?);
                (Payee::Stakers { vault: vault.into() }, Distribution::ActiveShares { fee })
            }
            Part::Operators => {
                let part = fraction(math::mul(left, operators)?);
                let payee = Payee::VaultOperators { vault: vault.into() };
                (payee, Distribution::OperatorShares { part })
            }
        };
        let by = [
            Party::somebody(curator(state, accounts, vault)),
            self.owner_of(state.singleton(Kind::FeeRegistry)),
        ];
        let by: Vec<Party> = by.into_iter().flatten().collect();
        let change = Change { rule: Rule::RewardFee, by, delay_seconds: 0 };
        let changes = if change.by.is_empty() { Vec::new() } else { vec![change] };
        let rail = state.singleton(Kind::Rewards);
        Ok(unpaid(rail, (network, token), payee, distribution, changes))
    }

    /// The amounts of the Merkle rail are in no log: they come out of the history of totals, which
    /// a mirror does not have; only the fees are logged.
    fn add_merkle_payments(
        &self,
        view: &mut SecurityView,
        history: &[&Dated<'_>],
    ) -> Result<(), SecurityError> {
        let mut fees: BTreeMap<(Address, Address), BTreeMap<u64, U256>> = BTreeMap::new();
        for dated in history {
            let Ok(event) = AccountProtocolFees::decode_log_data(&dated.log.data) else { continue };
            if event.rewardsType == CUMULATIVE_MERKLE {
                let stream = fees.entry((event.network, event.token)).or_default();
                let sum = stream.entry(dated.timestamp).or_default();
                *sum = math::add(*sum, event.fees)?;
            }
        }
        let claimed = self.claimed_of_pots()?;
        let books = &self.state().rewards_v2;
        let mut streams: BTreeMap<(Address, Address), Payment> = BTreeMap::new();
        for (at, (network, token)) in (0..).zip(books.pot_keys.keys()) {
            let (network, token) = (self.address(network), self.address(token));
            let logged = fees.remove(&(network, token)).unwrap_or_default();
            let totals = books.totals.get(at);
            if totals.is_empty() && logged.is_empty() {
                continue;
            }
            let taken = claimed.get(&at).copied().unwrap_or_default();
            let unclaimed = totals.latest().saturating_sub(taken);
            let mut stream = self.merkle_stream((network, token), Assets(unclaimed));
            let mut before = U256::ZERO;
            for point in (0..totals.len()).filter_map(|index| totals.at(index)) {
                let rise = math::sub(point.value, before)?;
                let fee = logged.get(&point.key).copied().unwrap_or_default();
                stream.book((Assets(rise), Assets(fee)), Timestamp(point.key), self.now)?;
                before = point.value;
            }
            let known: BTreeSet<u64> =
                (0..totals.len()).filter_map(|index| Some(totals.at(index)?.key)).collect();
            stream.is_complete = known.iter().eq(logged.keys());
            streams.insert((network, token), stream);
        }
        view.payments.extend(streams.into_values());
        Ok(())
    }

    fn merkle_stream(&self, (network, token): (Address, Address), unclaimed: Assets) -> Payment {
        let (state, accounts) = (self.state(), self.accounts());
        let root = state.rewards_v2.last.get(accounts.find(&network)).root;
        let distribution = Distribution::SignedMerkleRoot {
            root: (!root.is_zero()).then_some(root),
            unclaimed,
            undistributed: Assets(merkle::pot(state, accounts, network, token).balance),
        };
        let rewarder = Party::somebody(merkle::rewarder(state, accounts, network));
        let changes = rewarder.map(|by| by_one(Rule::RewardRoot, by, 0)).into_iter().collect();
        let rail = self.state().singleton(Kind::Rewards);
        unpaid(rail, (network, token), Payee::Rewardees, distribution, changes)
    }

    /// What was claimed of each pot.
    fn claimed_of_pots(&self) -> Result<BTreeMap<Id, U256>, MathError> {
        let books = &self.state().rewards_v2;
        let mut claimed: BTreeMap<Id, U256> = BTreeMap::new();
        for (at, (pot, ..)) in (0..).zip(books.claimed_keys.keys()) {
            let sum = claimed.entry(pot).or_default();
            *sum = math::add(*sum, *books.claimed.get(at))?;
        }
        Ok(claimed)
    }
}
