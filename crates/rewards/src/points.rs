//! Points at a rate, block by block: the arithmetic of Symbiotic's external points.
//!
//! Source: symbioticfi/points-template, `update_points`. For each block, with stake and prices as
//! they were at the block before, `dt` seconds earlier, and everything in dollars of 1e-24:
//!
//! - stake of operator `o` from vault `v`: `s_ov = floor(stake * price / 10^decimals)`; sums over
//!   vaults `s_o`, over operators `s_v`, over both `s`
//! - points of the network: `p = floor(rate * s * dt / (1e24 * 3600))`; none when `s = 0`
//! - of an operator: `p_o = floor(fee * p * s_o / (10 000 * s))`, of which from a vault
//!   `floor(p_o * s_ov / s_o)`
//! - of a vault's stakers: `p_v = floor((10 000 - fee) * p * s_v / (10 000 * s))`
//! - of a staker: `floor(p_v * b / B)`, where `b` is the value of the active balance and `B` the
//!   sum of all `b` in the vault
//!
//! Vaults that give all of their stake to each operator do not count. Each chain is computed by
//! itself. The budget of such a distribution is the sum of `p`; what the roundings leave is dust.

use crate::distribute::{Book, Inputs};
use crate::distribution::{Distribution, Kind, Recipient};
use crate::error::RewardsError;
use crate::fees::TEN_THOUSAND;
use crate::history::{History, Pool, Position, Vault};
use crate::programme::{PointsTerms, Programme};
use crate::stake::PriceLine;
use crate::window::Window;
use crate::{digits, split};
use alloy_primitives::{Address, U256};
use bondstone_kernel::math;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds of an hour.
const HOUR_SECONDS: u64 = 3_600;

/// Why an account has points: so many blocks in a row with the same figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsTerm {
    /// The chain.
    pub chain_id: u64,
    /// The vault.
    pub vault: Address,
    /// The second of the block before the first.
    pub from: u64,
    /// The second of the last block.
    pub until: u64,
    /// How many blocks.
    pub blocks: u64,
    /// What is shared at each.
    #[serde(with = "digits")]
    pub shared: U256,
    /// The account's value.
    #[serde(with = "digits")]
    pub weight: U256,
    /// Everybody's value.
    #[serde(with = "digits")]
    pub whole: U256,
    /// `blocks * floor(shared * weight / whole)`.
    #[serde(with = "digits")]
    pub amount: U256,
}

/// Computes the points of a window.
pub(crate) fn distribute(
    programme: &Programme,
    terms: &PointsTerms,
    inputs: &Inputs<'_>,
    window: Window,
    previous: Option<&Distribution>,
) -> Result<Distribution, RewardsError> {
    check(programme, inputs, window)?;
    let mut book = Book::new(programme, inputs.histories, previous);
    for (number, history) in inputs.histories.iter().copied().enumerate() {
        let mut chain = Chain::new(programme, terms, inputs, history)?;
        let issued = chain.walk(window, &mut |settled| match settled {
            Settled::Vault(state, runs) => {
                let amounts = state.amounts(runs)?;
                for (at, amount) in amounts.iter().enumerate() {
                    if let Some(position) = state.pool.positions().get(at) {
                        book.staker(number, position.account, *amount)?;
                    }
                }
                split::sum(&amounts)
            }
            Settled::Operator { operator, amount, .. } => {
                let (chain_id, kind) = (programme.chain_id, Kind::Operator);
                book.give(Recipient { chain_id, account: operator, kind }, amount);
                Ok(amount)
            }
        })?;
        book.figures.budget = math::add(book.figures.budget, issued.issued)?;
        let dust = math::sub(issued.issued, issued.paid)?;
        book.figures.dust = math::add(book.figures.dust, dust)?;
    }
    let here = |_| programme.chain_id;
    book.close(programme, inputs.histories, window, previous, U256::ZERO, here)
}

/// Every term of a recipient's points in a window.
pub(crate) fn explain(
    programme: &Programme,
    terms: &PointsTerms,
    inputs: &Inputs<'_>,
    window: Window,
    recipient: Recipient,
) -> Result<Vec<PointsTerm>, RewardsError> {
    let mut found = Vec::new();
    for history in inputs.histories.iter().copied() {
        let mut chain = Chain::new(programme, terms, inputs, history)?;
        let account = history.account_id(recipient.account);
        let account = account.filter(|_| recipient.kind == Kind::Staker);
        let is_operator = recipient.kind == Kind::Operator;
        chain.walk(window, &mut |settled| {
            match settled {
                Settled::Vault(state, runs) => {
                    if let Some(account) = account {
                        state.terms(account, runs, history.chain_id(), &mut found)?;
                    }
                }
                Settled::Operator { operator, term, .. } => {
                    if is_operator && operator == recipient.account && !term.amount.is_zero() {
                        found.push(term.clone());
                    }
                }
            }
            Ok(U256::ZERO)
        })?;
    }
    Ok(found)
}

fn check(programme: &Programme, inputs: &Inputs<'_>, window: Window) -> Result<(), RewardsError> {
    crate::window::intervals(programme, window)?;
    crate::distribute::final_until(inputs.histories, window)
}

/// What is settled on the way.
enum Settled<'s, 'a> {
    /// Stakers of a vault, for blocks in which nothing changed in it.
    Vault(&'s State<'a>, &'s [Run]),
    /// An operator, for one block and one vault.
    Operator { operator: Address, amount: U256, term: &'s PointsTerm },
}

/// Blocks in a row in which the stakers of a vault share the same.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: u64,
    until: u64,
    blocks: u64,
    shared: U256,
}

/// What a chain has issued, and what of it somebody has.
#[derive(Clone, Copy, Debug, Default)]
struct Issued {
    issued: U256,
    paid: U256,
}

/// One chain on its way through the blocks.
struct Chain<'a> {
    terms: PointsTerms,
    history: &'a History,
    states: Vec<State<'a>>,
}

/// A vault on its way through the blocks.
struct State<'a> {
    vault: &'a Vault,
    pool: &'a Pool,
    price: PriceLine<'a>,
    /// The moment and the price for which the balances are.
    key: Option<(Option<usize>, U256)>,
    balances: Vec<U256>,
    whole: U256,
    runs: Vec<Run>,
}

/// What a vault's operators have of it, in dollars of 1e-24.
type Stakes = BTreeMap<Address, BTreeMap<usize, U256>>;

impl<'a> Chain<'a> {
    fn new(
        programme: &Programme,
        terms: &PointsTerms,
        inputs: &Inputs<'a>,
        history: &'a History,
    ) -> Result<Self, RewardsError> {
        let mut states = Vec::new();
        for vault in history.vaults().iter().filter(|vault| !vault.restakes_fully) {
            let price = PriceLine::of(&programme.valuation, inputs.prices, vault.asset)?;
            if let (Some(price), Some(pool)) = (price, vault.active()) {
                let (key, balances, runs) = (None, Vec::new(), Vec::new());
                let whole = U256::ZERO;
                states.push(State { vault, pool, price, key, balances, whole, runs });
            }
        }
        states.sort_by_key(|state| state.vault.address);
        Ok(Self { terms: *terms, history, states })
    }

    /// Goes through the blocks of a window: those after its first second, up to its last. What is
    /// settled says how much of it was paid.
    fn walk(
        &mut self,
        window: Window,
        settled: &mut dyn FnMut(Settled<'_, 'a>) -> Result<U256, RewardsError>,
    ) -> Result<Issued, RewardsError> {
        let mut sums = Issued::default();
        for pair in self.history.blocks().windows(2) {
            let (Some(before), Some(block)) = (pair.first(), pair.last()) else { continue };
            if *block > window.from && *block <= window.until {
                self.block(*before, *block, &mut sums, settled)?;
            }
        }
        for state in &mut self.states {
            sums.paid = math::add(sums.paid, state.flush(settled)?)?;
        }
        Ok(sums)
    }

    fn block(
        &mut self,
        before: u64,
        block: u64,
        sums: &mut Issued,
        settled: &mut dyn FnMut(Settled<'_, 'a>) -> Result<U256, RewardsError>,
    ) -> Result<(), RewardsError> {
        let (stakes, by_vault, all) = self.stakes(before)?;
        if all.is_zero() {
            return Ok(());
        }
        let seconds = U256::from(block.saturating_sub(before));
        let hours = U256::from(HOUR_SECONDS);
        let unit = U256::from(1_000_000_000_000_000_000_000_000u128);
        let points = math::mul_div_floor(
            self.terms.rate,
            math::mul(all, seconds)?,
            math::mul(unit, hours)?,
        )?;
        sums.issued = math::add(sums.issued, points)?;
        let fee = U256::from(self.terms.operator_fee_bips);
        let whole = U256::from(TEN_THOUSAND);
        let below = math::mul(whole, all)?;
        let to_operators = math::mul(fee, points)?;
        for (operator, vaults) in &stakes {
            let sum = split::sum(&vaults.values().copied().collect::<Vec<_>>())?;
            if sum.is_zero() {
                continue;
            }
            let shared = math::mul_div_floor(to_operators, sum, below)?;
            for (number, weight) in vaults {
                let amount = math::mul_div_floor(shared, *weight, sum)?;
                let vault = self.states.get(*number).map(|state| state.vault.address);
                let term = PointsTerm {
                    chain_id: self.history.chain_id(),
                    vault: vault.unwrap_or_default(),
                    from: before,
                    until: block,
                    blocks: 1,
                    shared,
                    weight: *weight,
                    whole: sum,
                    amount,
                };
                let paid = settled(Settled::Operator { operator: *operator, amount, term: &term })?;
                sums.paid = math::add(sums.paid, paid)?;
            }
        }
        let to_stakers = math::mul(math::sub(whole, fee)?, points)?;
        for (number, weight) in by_vault {
            let shared = math::mul_div_floor(to_stakers, weight, below)?;
            let Some(state) = self.states.get_mut(number) else { continue };
            let paid = state.add(Run { from: before, until: block, blocks: 1, shared }, settled)?;
            sums.paid = math::add(sums.paid, paid)?;
        }
        Ok(())
    }

    /// Stake by operator and vault, by vault, and altogether at a second.
    fn stakes(&self, second: u64) -> Result<(Stakes, BTreeMap<usize, U256>, U256), RewardsError> {
        let (mut stakes, mut by_vault, mut all) = (Stakes::new(), BTreeMap::new(), U256::ZERO);
        let now = Window { from: second, until: second.saturating_add(1) };
        for (number, state) in self.states.iter().enumerate() {
            for (operator, steps) in &state.vault.delegations {
                let value = state.price.value(steps.at(second), state.vault.decimals, now)?;
                if value.is_zero() {
                    continue;
                }
                stakes.entry(*operator).or_default().insert(number, value);
                let sum: &mut U256 = by_vault.entry(number).or_default();
                *sum = math::add(*sum, value)?;
                all = math::add(all, value)?;
            }
        }
        Ok((stakes, by_vault, all))
    }
}

impl<'a> State<'a> {
    /// Adds a block. What was collected is settled when balances or the price changed since.
    fn add(
        &mut self,
        run: Run,
        settled: &mut dyn FnMut(Settled<'_, 'a>) -> Result<U256, RewardsError>,
    ) -> Result<U256, RewardsError> {
        let now = Window { from: run.from, until: run.from.saturating_add(1) };
        let moment = self.pool.moments_until(run.from).checked_sub(1);
        let price = self.price.price(now)?;
        let mut paid = U256::ZERO;
        if self.key != Some((moment, price)) {
            paid = self.flush(settled)?;
            self.key = Some((moment, price));
            self.weigh(moment, now)?;
        }
        match self.runs.last_mut() {
            Some(last) if last.shared == run.shared && last.until == run.from => {
                (last.until, last.blocks) = (run.until, last.blocks.saturating_add(1));
            }
            _ => self.runs.push(run),
        }
        Ok(paid)
    }

    fn flush(
        &mut self,
        settled: &mut dyn FnMut(Settled<'_, 'a>) -> Result<U256, RewardsError>,
    ) -> Result<U256, RewardsError> {
        let runs = std::mem::take(&mut self.runs);
        if runs.is_empty() || self.whole.is_zero() {
            return Ok(U256::ZERO);
        }
        settled(Settled::Vault(self, &runs))
    }

    /// The value of every balance at a moment.
    fn weigh(&mut self, moment: Option<usize>, now: Window) -> Result<(), RewardsError> {
        let (total, stake) = self.pool.totals(moment);
        let positions = self.pool.positions();
        let decimals = self.vault.decimals;
        let value = |at: usize| {
            let shares = positions.get(at).map_or(0, |position| position.shares_at(moment));
            let balance = Position::balance(shares, total, stake);
            // A balance is at most the stake, which has 128 bits.
            self.price.value(u128::try_from(balance).unwrap_or(u128::MAX), decimals, now)
        };
        self.balances =
            (0..positions.len()).into_par_iter().map(value).collect::<Result<_, _>>()?;
        self.whole = split::sum(&self.balances)?;
        Ok(())
    }

    fn amounts(&self, runs: &[Run]) -> Result<Vec<U256>, RewardsError> {
        let amount = |weight: &U256| {
            let mut sum = U256::ZERO;
            for run in runs.iter().filter(|_| !weight.is_zero()) {
                sum = math::add(sum, self.amount(run, *weight)?)?;
            }
            Ok(sum)
        };
        self.balances.par_iter().map(amount).collect()
    }

    fn amount(&self, run: &Run, weight: U256) -> Result<U256, RewardsError> {
        let each = math::mul_div_floor(run.shared, weight, self.whole)?;
        Ok(math::mul(each, U256::from(run.blocks))?)
    }

    fn terms(
        &self,
        account: u32,
        runs: &[Run],
        chain_id: u64,
        found: &mut Vec<PointsTerm>,
    ) -> Result<(), RewardsError> {
        let place = self.pool.positions().place(account);
        let weight = place.and_then(|at| self.balances.get(at)).copied().unwrap_or_default();
        for run in runs {
            let amount = self.amount(run, weight)?;
            if !amount.is_zero() {
                let Run { from, until, blocks, shared } = *run;
                let (vault, whole) = (self.vault.address, self.whole);
                let term = PointsTerm {
                    chain_id,
                    vault,
                    from,
                    until,
                    blocks,
                    shared,
                    weight,
                    whole,
                    amount,
                };
                found.push(term);
            }
        }
        Ok(())
    }
}
