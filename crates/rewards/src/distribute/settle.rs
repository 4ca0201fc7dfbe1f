//! Settling the intervals of a budget.

use super::ready::{Ready, VaultInput};
use super::{Book, Inputs};
use crate::distribution::{
    Credit, Distribution, IntervalRecord, Kind, OccasionRecord, PoolRecord, Reason, Recipient,
    VaultRecord,
};
use crate::error::RewardsError;
use crate::fees::{MILLION, Scheme};
use crate::history::PoolKind;
use crate::programme::{BudgetTerms, Leftover, OperatorMeasure, Programme, Rate};
use crate::split;
use crate::stake::{Occasion, PoolStake, SCALE_BITS, operator_values, vault_stake};
use crate::window::{Interval, Window, intervals};
use alloy_primitives::{Address, U256, U512};
use bondstone_kernel::math;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Seconds of the year on which rates are stated: 365 days.
const YEAR_SECONDS: u64 = 31_536_000;

/// Settles a window of a budget.
pub(super) fn run(
    programme: &Programme,
    terms: &BudgetTerms,
    inputs: &Inputs<'_>,
    window: Window,
    previous: Option<&Distribution>,
) -> Result<Distribution, RewardsError> {
    let intervals = intervals(programme, window)?;
    let ready = Ready::new(programme, terms, inputs, window)?;
    let mut book = Book::new(programme, inputs.histories, previous);
    for interval in &intervals {
        ready.settle(interval, &mut book)?;
    }
    let minimum = terms.minimum_payout;
    let pay_chain = |chain_id| ready.pay_chain(chain_id);
    book.close(programme, inputs.histories, window, previous, minimum, pay_chain)
}

/// Stake on an occasion.
struct Stakes<'r, 'a> {
    occasion: Occasion,
    /// Vaults with value.
    vaults: Vec<VaultStake<'r, 'a>>,
    value: U256,
}

struct VaultStake<'r, 'a> {
    input: &'r VaultInput<'a>,
    pools: Vec<PoolStake>,
    value: U256,
}

/// What the groups weigh.
struct Weights<'r, 'a> {
    stakes: Vec<Stakes<'r, 'a>>,
    operators: Vec<(Recipient, U256)>,
    contributors: Vec<(Recipient, U256)>,
}

impl<'a> Ready<'a> {
    fn settle(&self, interval: &Interval, book: &mut Book) -> Result<(), RewardsError> {
        let Window { from, until } = interval.window;
        let mut record = IntervalRecord { from, until, ..IntervalRecord::default() };
        record.carried = std::mem::take(&mut book.figures.carried_out);
        let weights = self.weights(interval.window)?;
        let spend = self.spend(interval, &weights, &mut record, book)?;
        let operators = weights_of(&weights.operators)?;
        let contributors = weights_of(&weights.contributors)?;
        let shares = [
            self.terms.stakers.as_ref().map_or(0, |group| group.share_ppm),
            self.terms.operators.as_ref().map_or(0, |group| group.share_ppm),
            self.terms.contributors.as_ref().map_or(0, |group| group.share_ppm),
        ];
        let mut gross = split::exactly(spend, &shares.map(U256::from))?;
        let present = [!weights.stakes.is_empty(), !operators.is_zero(), !contributors.is_zero()];
        let mut distributed = U256::ZERO;
        for (part, present) in gross.iter_mut().zip(present) {
            if present {
                distributed = math::add(distributed, *part)?;
            } else {
                record.rest = math::add(record.rest, std::mem::take(part))?;
            }
        }
        let net = self.terms.fees.protocol(distributed)?;
        (record.protocol_fee, record.dust) = (net.protocol, net.dust);
        let parts = split::exactly(net.distributed, &gross)?;
        if let [stakers, operators, contributors] = parts.as_slice() {
            (record.stakers, record.operators) = (*stakers, *operators);
            record.contributors = *contributors;
        }
        self.pay_stakers(&weights.stakes, &mut record, book)?;
        let shared = [
            (record.operators, &weights.operators, operators, Reason::Operators),
            (record.contributors, &weights.contributors, contributors, Reason::Contributors),
        ];
        for (amount, weights, whole, reason) in shared {
            let rest = pay(amount, weights, whole, reason, &mut record, book)?;
            record.dust = math::add(record.dust, rest)?;
        }
        self.leave(record, book)
    }

    /// How much of the interval's budget is spent, before fees; what is not is left over.
    fn spend(
        &self,
        interval: &Interval,
        weights: &Weights<'_, '_>,
        record: &mut IntervalRecord,
        book: &mut Book,
    ) -> Result<U256, RewardsError> {
        let spent = book.spent.get(interval.period).copied().unwrap_or_default();
        let period = self.programme.periods.get(interval.period).map(|period| period.budget);
        let left = math::sub(period.unwrap_or_default(), spent)?;
        let (budget, spend) = match self.terms.rate {
            Rate::Spread => (interval.budget, math::add(interval.budget, record.carried)?),
            Rate::Capped(apr_ppm) => {
                let most = self.yearly(interval.window, weights, apr_ppm)?;
                (interval.budget, math::add(interval.budget, record.carried)?.min(most))
            }
            Rate::Fixed(apr_ppm) => {
                let wanted = self.yearly(interval.window, weights, apr_ppm)?;
                let spend = math::add(left, record.carried)?.min(wanted);
                // What was carried is spent first. When the period ends, all of it is granted.
                let granted = spend.saturating_sub(record.carried);
                (if interval.is_last { left } else { granted }, spend)
            }
        };
        record.budget = budget;
        record.rest = math::sub(math::add(budget, record.carried)?, spend)?;
        if let Some(spent) = book.spent.get_mut(interval.period) {
            *spent = math::add(*spent, budget)?;
        }
        book.figures.budget = math::add(book.figures.budget, budget)?;
        Ok(spend)
    }

    /// What a yearly rate on the value at stake comes to in an interval, in smallest units:
    /// `floor(value-seconds * apr * 10^decimals / (1e6 * 31 536 000 * price of a whole token))`.
    fn yearly(
        &self,
        interval: Window,
        weights: &Weights<'_, '_>,
        apr_ppm: u64,
    ) -> Result<U256, RewardsError> {
        let looks = u64::try_from(self.occasions(interval).len()).unwrap_or(u64::MAX);
        let mut value = U512::ZERO;
        for stakes in &weights.stakes {
            let seconds = match stakes.occasion {
                Occasion::Time(_) => U512::from(stakes.value).wrapping_shr(SCALE_BITS),
                // Each capture stands for as many seconds as the others.
                Occasion::Capture(_) => U512::from(stakes.value)
                    .saturating_mul(U512::from(interval.seconds()))
                    .checked_div(U512::from(looks))
                    .unwrap_or_default(),
            };
            value = value.saturating_add(seconds);
        }
        let what = "what a yearly rate comes to";
        let overflow = || {
            let source = bondstone_kernel::MathError::Overflow;
            RewardsError::Arithmetic { what, source }
        };
        let unit = U512::from(10).checked_pow(U512::from(self.programme.pay.decimals));
        let above = value.checked_mul(U512::from(apr_ppm)).zip(unit);
        let above = above.and_then(|(value, unit)| value.checked_mul(unit)).ok_or_else(overflow)?;
        let price = self.programme.pay.price.unwrap_or(U256::ONE);
        let year = U512::from(MILLION).saturating_mul(U512::from(YEAR_SECONDS));
        let below = U512::from(price).checked_mul(year).ok_or_else(overflow)?;
        let amount = above.checked_div(below).unwrap_or_default();
        U256::checked_from_limbs_slice(amount.as_limbs()).ok_or_else(overflow)
    }

    fn weights(&self, interval: Window) -> Result<Weights<'_, 'a>, RewardsError> {
        let mut stakes = Vec::new();
        for occasion in self.occasions(interval) {
            let found = self.stakes(occasion)?;
            if !found.value.is_zero() {
                stakes.push(found);
            }
        }
        let operators = self.operator_weights(interval)?;
        let contributor = |contributor: &crate::programme::Contributor| {
            let chain_id = contributor.chain_id.unwrap_or(self.programme.chain_id);
            let chain_id = self.pay_chain(chain_id);
            let kind = Kind::Contributor;
            (Recipient { chain_id, account: contributor.account, kind }, contributor.points)
        };
        let contributors = self.contributors.iter().map(contributor).collect();
        Ok(Weights { stakes, operators, contributors })
    }

    fn stakes(&self, occasion: Occasion) -> Result<Stakes<'_, 'a>, RewardsError> {
        let (mut vaults, mut value) = (Vec::new(), U256::ZERO);
        for input in &self.staker_vaults {
            let VaultInput { history, vault, price, .. } = input;
            let pools = vault_stake(history, vault, &self.rules, &self.excluded, price, occasion)?;
            let values: Vec<U256> = pools.iter().map(|pool| pool.value).collect();
            let sum = split::sum(&values)?;
            if !sum.is_zero() {
                value = math::add(value, sum)?;
                vaults.push(VaultStake { input, pools, value: sum });
            }
        }
        Ok(Stakes { occasion, vaults, value })
    }

    fn operator_weights(&self, interval: Window) -> Result<Vec<(Recipient, U256)>, RewardsError> {
        let Some(terms) = &self.terms.operators else { return Ok(Vec::new()) };
        let mut stake: BTreeMap<(u64, Address), U256> = BTreeMap::new();
        let needs_stake =
            !matches!(terms.by, OperatorMeasure::Performance { weighed_by_stake: false, .. });
        if needs_stake {
            for VaultInput { key, vault, price, .. } in &self.operator_vaults {
                for (operator, value) in operator_values(vault, &self.rules, price, interval)? {
                    let sum = stake.entry((key.chain_id, operator)).or_default();
                    *sum = math::add(*sum, value)?;
                }
            }
        }
        let mut weights = Vec::new();
        for (chain_id, operator) in self.operators() {
            let staked = stake.get(&(chain_id, operator)).copied().unwrap_or_default();
            let weight = match &terms.by {
                OperatorMeasure::Stake => staked,
                OperatorMeasure::Equal => U256::from(u8::from(!staked.is_zero())),
                OperatorMeasure::Performance { weighed_by_stake, .. } => {
                    let score = self.performance.and_then(|table| table.scores.get(&operator));
                    let score = score.map(|score| score.value).unwrap_or_default();
                    if *weighed_by_stake { math::mul(score, staked)? } else { score }
                }
            };
            if !weight.is_zero() {
                let (chain_id, kind) = (self.pay_chain(chain_id), Kind::Operator);
                weights.push((Recipient { chain_id, account: operator, kind }, weight));
            }
        }
        // An operator without stake of its own on a chain has one score, not one for each chain.
        if !needs_stake {
            weights.sort_unstable_by_key(|(recipient, _)| (recipient.account, recipient.chain_id));
            weights.dedup_by_key(|(recipient, _)| recipient.account);
        }
        Ok(weights)
    }

    fn pay_stakers(
        &self,
        stakes: &[Stakes<'_, '_>],
        record: &mut IntervalRecord,
        book: &mut Book,
    ) -> Result<(), RewardsError> {
        let amounts = split::exactly(record.stakers, &vec![U256::ONE; stakes.len()])?;
        for (stakes, amount) in stakes.iter().zip(amounts) {
            let values: Vec<U256> = stakes.vaults.iter().map(|vault| vault.value).collect();
            let (parts, rest) = split::floored(amount, &values, stakes.value)?;
            record.dust = math::add(record.dust, rest)?;
            let mut vaults = Vec::with_capacity(parts.len());
            for (vault, part) in stakes.vaults.iter().zip(parts) {
                vaults.push(self.pay_vault(vault, stakes.occasion, part, record, book)?);
            }
            let Window { from, until } = stakes.occasion.window();
            let is_capture = matches!(stakes.occasion, Occasion::Capture(_));
            record.occasions.push(OccasionRecord { from, until, is_capture, amount, vaults });
        }
        Ok(())
    }

    fn pay_vault(
        &self,
        stake: &VaultStake<'_, '_>,
        occasion: Occasion,
        part: U256,
        record: &mut IntervalRecord,
        book: &mut Book,
    ) -> Result<VaultRecord, RewardsError> {
        let VaultInput { key, vault, .. } = stake.input;
        let operators = self.vault_operators(stake.input, occasion)?;
        let whole = weights_of(&operators)?;
        let net = self.terms.fees.vault(key.vault, part, !whole.is_zero())?;
        book.figures.admin_fees = math::add(book.figures.admin_fees, net.admin)?;
        let chain_id = self.pay_chain(key.chain_id);
        if let Some(account) = self.terms.fees.of(key.vault).curator {
            let recipient = Recipient { chain_id, account, kind: Kind::Curator };
            let (shared, weight, amount) = (net.curator, U256::ONE, net.curator);
            let reason = Reason::VaultCurator { vault: key.vault };
            let whole = weight;
            book.credit(Credit { recipient, reason, shared, weight, whole, amount }, record);
        }
        let mut to_operators = net.operators;
        let pools = self.pool_parts(stake, net.stakers)?;
        for (pool, given) in stake.pools.iter().zip(&pools) {
            let splits = !whole.is_zero();
            let (paid, cut) = self.pay_pool(stake.input, pool, given.part, splits, book)?;
            to_operators = math::add(to_operators, cut)?;
            let rest = given.part.checked_sub(paid).and_then(|rest| rest.checked_sub(cut));
            let rest =
                rest.ok_or(RewardsError::MoreThanAll { chain_id: key.chain_id, vault: key.vault })?;
            record.dust = math::add(record.dust, rest)?;
        }
        let given = split::sum(&pools.iter().map(|pool| pool.part).collect::<Vec<_>>())?;
        record.dust = math::add(record.dust, math::sub(net.stakers, given)?)?;
        let reason = Reason::VaultOperators { vault: key.vault };
        let rest = pay(to_operators, &operators, whole, reason, record, book)?;
        record.dust = math::add(record.dust, rest)?;
        Ok(VaultRecord {
            chain_id: key.chain_id,
            vault: vault.address,
            weight: stake.value,
            part,
            admin: net.admin,
            curator: net.curator,
            operators: to_operators,
            pools,
        })
    }

    /// Who runs nodes with a vault's stake, when its fees have something for them.
    fn vault_operators(
        &self,
        input: &VaultInput<'_>,
        occasion: Occasion,
    ) -> Result<Vec<(Recipient, U256)>, RewardsError> {
        let fees = &self.terms.fees;
        let symbiotic =
            matches!(fees.scheme, Scheme::SymbioticV2Merkle | Scheme::SymbioticV2Snapshot);
        // Nobody can claim operators' fees from a vault that gives all of its stake to each.
        let nobody = symbiotic && input.vault.restakes_fully;
        if nobody || fees.of(input.key.vault).operators_ppm == 0 {
            return Ok(Vec::new());
        }
        let window = occasion.window();
        let values = operator_values(input.vault, &self.rules, &input.price, window)?;
        let chain_id = self.pay_chain(input.key.chain_id);
        let kind = Kind::Operator;
        let recipient = |(account, value)| (Recipient { chain_id, account, kind }, value);
        Ok(values.into_iter().map(recipient).collect())
    }

    /// Stake on its way out by value, rounded down; the active pool has the rest, if it has value.
    fn pool_parts(
        &self,
        stake: &VaultStake<'_, '_>,
        amount: U256,
    ) -> Result<Vec<PoolRecord>, RewardsError> {
        let mut rest = amount;
        let mut records = Vec::with_capacity(stake.pools.len());
        for pool in &stake.pools {
            let part = match pool.kind {
                PoolKind::Exiting => math::mul_div_floor(amount, pool.value, stake.value)?,
                PoolKind::Active => U256::ZERO,
            };
            rest = math::sub(rest, part)?;
            let (number, kind, total) = (pool.pool, pool.kind, pool.total);
            records.push(PoolRecord { pool: number, kind, part, total });
        }
        for record in records.iter_mut().filter(|record| record.kind == PoolKind::Active) {
            record.part = std::mem::take(&mut rest);
        }
        Ok(records)
    }

    /// Pays a pool's accounts; what they got, and what of their pay is their operators'.
    fn pay_pool(
        &self,
        input: &VaultInput<'_>,
        pool: &PoolStake,
        part: U256,
        splits: bool,
        book: &mut Book,
    ) -> Result<(U256, U256), RewardsError> {
        let Some(source) = input.vault.pools.get(pool.pool) else {
            return Ok((U256::ZERO, U256::ZERO));
        };
        let amount = |weight: &U256| -> Result<(U256, U256), RewardsError> {
            if weight.is_zero() {
                return Ok((U256::ZERO, U256::ZERO));
            }
            let pay = math::mul_div_floor(part, *weight, pool.total)?;
            if !splits {
                return Ok((pay, U256::ZERO));
            }
            let cut = self.terms.fees.operator_split(input.key.vault, pay)?;
            Ok((math::sub(pay, cut)?, cut))
        };
        let amounts: Vec<(U256, U256)> =
            pool.weights.par_iter().map(amount).collect::<Result<_, _>>()?;
        let (mut paid, mut cuts) = (U256::ZERO, U256::ZERO);
        for (at, (amount, cut)) in amounts.into_iter().enumerate() {
            if let Some(position) = source.positions().get(at)
                && !amount.is_zero()
            {
                book.staker(input.history_number, position.account, amount)?;
            }
            paid = math::add(paid, amount)?;
            cuts = math::add(cuts, cut)?;
        }
        Ok((paid, cuts))
    }

    /// What is left over and what rounding left go where the programme says.
    fn leave(&self, mut record: IntervalRecord, book: &mut Book) -> Result<(), RewardsError> {
        book.figures.protocol_fees = math::add(book.figures.protocol_fees, record.protocol_fee)?;
        let leftovers = [
            (self.terms.rest, record.rest, Reason::Rest),
            (self.terms.dust, record.dust, Reason::Dust),
        ];
        for (to, amount, reason) in leftovers {
            let figure = match (to, reason) {
                (Leftover::Payer, Reason::Dust) => &mut book.figures.dust,
                (Leftover::Payer, _) => &mut book.figures.unspent,
                (Leftover::Carry, _) => &mut book.figures.carried_out,
                (Leftover::Account(account), reason) => {
                    let chain_id = self.pay_chain(self.programme.chain_id);
                    let recipient = Recipient { chain_id, account, kind: Kind::Leftover };
                    let (weight, whole, shared) = (U256::ONE, U256::ONE, amount);
                    let credit = Credit { recipient, reason, shared, weight, whole, amount };
                    book.credit(credit, &mut record);
                    continue;
                }
            };
            *figure = math::add(*figure, amount)?;
        }
        book.intervals.push(record);
        Ok(())
    }
}

fn weights_of(weights: &[(Recipient, U256)]) -> Result<U256, RewardsError> {
    let mut sum = U256::ZERO;
    for (_, weight) in weights {
        sum = math::add(sum, *weight)?;
    }
    Ok(sum)
}

/// Pays by weight, rounded down, and says what is left.
fn pay(
    shared: U256,
    weights: &[(Recipient, U256)],
    whole: U256,
    reason: Reason,
    record: &mut IntervalRecord,
    book: &mut Book,
) -> Result<U256, RewardsError> {
    let only: Vec<U256> = weights.iter().map(|(_, weight)| *weight).collect();
    let (amounts, rest) = split::floored(shared, &only, whole)?;
    for ((recipient, weight), amount) in weights.iter().zip(amounts) {
        let (recipient, weight) = (*recipient, *weight);
        book.credit(Credit { recipient, reason, shared, weight, whole, amount }, record);
    }
    Ok(rest)
}
