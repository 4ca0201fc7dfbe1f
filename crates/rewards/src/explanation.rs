//! Every term of one recipient's sum, computed when it is asked for.

use crate::digits;
use crate::distribute::{Inputs, Ready};
use crate::distribution::{
    Credit, Distribution, Entry, Kind, OccasionRecord, PoolRecord, Recipient, VaultRecord,
};
use crate::error::RewardsError;
use crate::history::PoolKind;
use crate::points::{self, PointsTerm};
use crate::programme::{Programme, Shape};
use crate::split;
use crate::stake::{self, Accumulator, Occasion, Segment};
use crate::window::Window;
use alloy_primitives::{Address, U256};
use bondstone_kernel::math;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a recipient's amount comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The recipient's totals.
    pub entry: Entry,
    /// For what time.
    pub window: Window,
    /// What stake was paid.
    pub stake: Vec<StakeTerm>,
    /// What else was given.
    pub credits: Vec<CreditTerm>,
    /// Points by rate.
    pub points: Vec<PointsTerm>,
}

/// What stake in one pool was paid on one occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StakeTerm {
    /// First second that was looked at.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// Whether stake was looked at once.
    pub is_capture: bool,
    /// The chain.
    pub chain_id: u64,
    /// The vault.
    pub vault: Address,
    /// The pool's place in the vault.
    pub pool: usize,
    /// What the pool is.
    pub kind: PoolKind,
    /// What the pool's accounts share.
    #[serde(with = "digits")]
    pub shared: U256,
    /// The account's weight: the sum of its segments.
    #[serde(with = "digits")]
    pub weight: U256,
    /// What weights are measured against.
    #[serde(with = "digits")]
    pub whole: U256,
    /// What the operator has of `floor(shared * weight / whole)`; zero but with EigenLayer.
    #[serde(with = "digits")]
    pub operator_part: U256,
    /// The account's own part of it.
    #[serde(with = "digits")]
    pub amount: U256,
    /// Shares over time.
    pub segments: Vec<SegmentTerm>,
}

/// Shares that did not change for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentTerm {
    /// First second.
    pub from: u64,
    /// First second after it.
    pub until: u64,
    /// Shares.
    #[serde(with = "digits")]
    pub shares: U256,
    /// What one share weighs: value-seconds of 1e-24 in units of 2^-96; one at a capture.
    #[serde(with = "digits")]
    pub per_share: U256,
    /// `shares * per_share`.
    #[serde(with = "digits")]
    pub weight: U256,
}

/// Something that was given in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditTerm {
    /// The interval's first second.
    pub from: u64,
    /// The first second after it.
    pub until: u64,
    /// What was given.
    pub credit: Credit,
}

/// Explains one recipient of a distribution. For many of them, [`Explainer`] does the common work
/// once.
///
/// # Errors
/// [`RewardsError::UnknownRecipient`]; whatever [`crate::distribute`] says of the same inputs; and
/// [`RewardsError::Arithmetic`] when the terms do not add up, because the inputs are not those of
/// the distribution.
pub fn explain(
    programme: &Programme,
    inputs: &Inputs<'_>,
    distribution: &Distribution,
    recipient: Recipient,
) -> Result<Explanation, RewardsError> {
    Explainer::new(programme, inputs, distribution)?.explain(recipient)
}

/// Explains the recipients of a distribution.
#[derive(Debug)]
pub struct Explainer<'a> {
    programme: &'a Programme,
    inputs: Inputs<'a>,
    distribution: &'a Distribution,
    ready: Option<Ready<'a>>,
    /// By occasion, in the order of the distribution, and by vault: those of its pools.
    accumulators: Vec<Vec<BTreeMap<usize, Accumulator>>>,
}

impl<'a> Explainer<'a> {
    /// Does what all explanations have in common.
    ///
    /// # Errors
    /// Whatever [`crate::distribute`] says of the same inputs.
    pub fn new(
        programme: &'a Programme,
        inputs: &Inputs<'a>,
        distribution: &'a Distribution,
    ) -> Result<Self, RewardsError> {
        let ready = match &programme.shape {
            Shape::Budget(terms) => {
                Some(Ready::new(programme, terms, inputs, distribution.window)?)
            }
            Shape::Points(_) => None,
        };
        let mut accumulators = Vec::new();
        for record in occasions(distribution) {
            let mut vaults = Vec::with_capacity(record.vaults.len());
            for vault in &record.vaults {
                let found = ready.as_ref().and_then(|ready| input(ready, vault).zip(Some(ready)));
                vaults.push(match found {
                    Some((input, ready)) => {
                        stake::accumulators(input.vault, &ready.rules, &input.price, when(record))?
                    }
                    None => BTreeMap::new(),
                });
            }
            accumulators.push(vaults);
        }
        Ok(Self { programme, inputs: *inputs, distribution, ready, accumulators })
    }

    /// Explains a recipient.
    ///
    /// # Errors
    /// As [`explain`].
    pub fn explain(&self, recipient: Recipient) -> Result<Explanation, RewardsError> {
        let Recipient { chain_id, account, .. } = recipient;
        let unknown = RewardsError::UnknownRecipient { chain_id, account };
        let entry = *self.distribution.entry(recipient).ok_or(unknown)?;
        let mut explanation = Explanation {
            entry,
            window: self.distribution.window,
            stake: Vec::new(),
            credits: self.credits(recipient),
            points: Vec::new(),
        };
        match (&self.programme.shape, &self.ready) {
            (Shape::Points(terms), _) => {
                let window = self.distribution.window;
                explanation.points =
                    points::explain(self.programme, terms, &self.inputs, window, recipient)?;
            }
            (Shape::Budget(_), Some(ready)) if recipient.kind == Kind::Staker => {
                explanation.stake = self.stake(ready, recipient)?;
            }
            _ => {}
        }
        let difference = math::sub(explanation.sum()?, entry.amount).and_then(|more| {
            if more.is_zero() { Ok(()) } else { Err(bondstone_kernel::MathError::Overflow) }
        });
        difference.map_err(|source| {
            let what = "the terms do not add up to the amount; other inputs were distributed";
            RewardsError::Arithmetic { what, source }
        })?;
        Ok(explanation)
    }

    fn credits(&self, recipient: Recipient) -> Vec<CreditTerm> {
        let intervals = self.distribution.intervals.iter();
        let of = |credit: &&Credit| credit.recipient == recipient;
        let terms = intervals.flat_map(|interval| {
            let (from, until) = (interval.from, interval.until);
            let credits = interval.credits.iter().filter(of);
            credits.map(move |credit| CreditTerm { from, until, credit: *credit })
        });
        terms.collect()
    }

    fn stake(
        &self,
        ready: &Ready<'_>,
        recipient: Recipient,
    ) -> Result<Vec<StakeTerm>, RewardsError> {
        let mut terms = Vec::new();
        if ready.excluded.contains(&recipient.account) {
            return Ok(terms);
        }
        for (record, vaults) in occasions(self.distribution).zip(&self.accumulators) {
            for (vault, accumulators) in record.vaults.iter().zip(vaults) {
                if ready.pay_chain(vault.chain_id) != recipient.chain_id {
                    continue;
                }
                for pool in &vault.pools {
                    let Some(accumulator) = accumulators.get(&pool.pool) else { continue };
                    let of = (record, vault, pool);
                    terms.extend(stake_term(ready, recipient.account, of, accumulator)?);
                }
            }
        }
        Ok(terms)
    }
}

impl Explanation {
    /// The sum of all terms: what the recipient earned in the window.
    ///
    /// # Errors
    /// [`RewardsError::Arithmetic`] past 256 bits.
    pub fn sum(&self) -> Result<U256, RewardsError> {
        let stake = self.stake.iter().map(|term| term.amount);
        let credits = self.credits.iter().map(|term| term.credit.amount);
        let points = self.points.iter().map(|term| term.amount);
        split::sum(&stake.chain(credits).chain(points).collect::<Vec<_>>())
    }
}

fn occasions(distribution: &Distribution) -> impl Iterator<Item = &OccasionRecord> {
    distribution.intervals.iter().flat_map(|interval| interval.occasions.iter())
}

fn when(record: &OccasionRecord) -> Occasion {
    let OccasionRecord { from, until, .. } = *record;
    if record.is_capture { Occasion::Capture(from) } else { Occasion::Time(Window { from, until }) }
}

fn input<'r, 'a>(
    ready: &'r Ready<'a>,
    record: &VaultRecord,
) -> Option<&'r crate::distribute::VaultInput<'a>> {
    let wanted = (record.chain_id, record.vault);
    ready.staker_vaults.iter().find(|input| (input.key.chain_id, input.key.vault) == wanted)
}

fn stake_term(
    ready: &Ready<'_>,
    account: Address,
    (record, vault, given): (&OccasionRecord, &VaultRecord, &PoolRecord),
    accumulator: &Accumulator,
) -> Result<Option<StakeTerm>, RewardsError> {
    let Some(input) = input(ready, vault) else { return Ok(None) };
    let pool = input.vault.pools.get(given.pool);
    let position = pool.and_then(|pool| pool.positions().of(input.history.account_id(account)?));
    let (Some(pool), Some(position)) = (pool, position) else { return Ok(None) };
    let mut segments = Vec::new();
    let occasion = when(record);
    let weight =
        stake::weigh(&ready.rules, occasion, pool, accumulator, position, Some(&mut segments))?;
    if weight.is_zero() {
        return Ok(None);
    }
    let pay = math::mul_div_floor(given.part, weight, given.total)?;
    // Operators have a part only where there were any to have it.
    let operator_part = if vault.operators.is_zero() {
        U256::ZERO
    } else {
        ready.terms.fees.operator_split(vault.vault, pay)?
    };
    let segment = |segment: Segment| SegmentTerm {
        from: segment.from,
        until: segment.until,
        shares: U256::from(segment.shares),
        per_share: segment.per_share,
        weight: segment.weight,
    };
    Ok(Some(StakeTerm {
        from: record.from,
        until: record.until,
        is_capture: record.is_capture,
        chain_id: vault.chain_id,
        vault: vault.vault,
        pool: given.pool,
        kind: given.kind,
        shared: given.part,
        weight,
        whole: given.total,
        operator_part,
        amount: math::sub(pay, operator_part)?,
        segments: segments.into_iter().map(segment).collect(),
    }))
}
