//! What everybody earns in a window, and how it becomes a distribution.

use crate::accounts::{Accounts, Figures};
use crate::distribution::{Credit, Distribution, Entry, IntervalRecord, Kind, Recipient};
use crate::error::RewardsError;
use crate::history::History;
use crate::programme::Programme;
use crate::window::Window;
use alloy_primitives::U256;
use bondstone_kernel::math;
use rayon::prelude::*;

/// What everybody earns in a window.
#[derive(Debug)]
pub(crate) struct Book {
    /// Of stakers, by history and account.
    stakers: Vec<Vec<U256>>,
    /// Of everybody else.
    others: Vec<(Recipient, U256)>,
    pub(crate) figures: Figures,
    pub(crate) intervals: Vec<IntervalRecord>,
    /// By period.
    pub(crate) spent: Vec<U256>,
}

impl Book {
    /// An empty book that goes on from the previous distribution.
    pub(crate) fn new(
        programme: &Programme,
        histories: &[&History],
        previous: Option<&Distribution>,
    ) -> Self {
        let stakers = histories.iter().map(|history| vec![U256::ZERO; history.accounts().len()]);
        let mut spent = previous.map(|previous| previous.spent.clone()).unwrap_or_default();
        spent.resize(programme.periods.len(), U256::ZERO);
        let carried_in = previous.map(|previous| previous.accounts.figures().carried_out);
        let carried_in = carried_in.unwrap_or_default();
        let figures = Figures { carried_in, carried_out: carried_in, ..Figures::default() };
        let (others, intervals) = (Vec::new(), Vec::new());
        Self { stakers: stakers.collect(), others, figures, intervals, spent }
    }

    /// Adds to what an account of a history earns.
    pub(crate) fn staker(
        &mut self,
        history: usize,
        account: u32,
        amount: U256,
    ) -> Result<(), RewardsError> {
        let account = usize::try_from(account).unwrap_or(usize::MAX);
        if let Some(sum) = self.stakers.get_mut(history).and_then(|all| all.get_mut(account)) {
            *sum = math::add(*sum, amount)?;
        }
        Ok(())
    }

    /// Gives somebody else something.
    pub(crate) fn credit(&mut self, credit: Credit, record: &mut IntervalRecord) {
        if !credit.amount.is_zero() {
            self.others.push((credit.recipient, credit.amount));
            record.credits.push(credit);
        }
    }

    /// Gives somebody else something that is told elsewhere.
    pub(crate) fn give(&mut self, recipient: Recipient, amount: U256) {
        if !amount.is_zero() {
            self.others.push((recipient, amount));
        }
    }

    /// The distribution: totals go on from the previous one, and whoever is owed less than
    /// `minimum` is not paid yet.
    pub(crate) fn close(
        mut self,
        programme: &Programme,
        histories: &[&History],
        window: Window,
        previous: Option<&Distribution>,
        minimum: U256,
        pay_chain: impl Fn(u64) -> u64,
    ) -> Result<Distribution, RewardsError> {
        let mut earned = std::mem::take(&mut self.others);
        for (history, sums) in histories.iter().zip(std::mem::take(&mut self.stakers)) {
            let chain_id = pay_chain(history.chain_id());
            let sums = history.accounts().iter().zip(sums).filter(|(_, sum)| !sum.is_zero());
            earned.extend(sums.map(|(account, sum)| {
                (Recipient { chain_id, account: *account, kind: Kind::Staker }, sum)
            }));
        }
        // Equal recipients are added up below, so their order does not matter.
        earned.par_sort_unstable_by_key(|(recipient, _)| *recipient);
        let before = previous.map_or(&[][..], |previous| &previous.entries);
        let entries = merge(before, &earned, minimum)?;
        let figures = &mut self.figures;
        for entry in &entries {
            figures.paid = math::add(figures.paid, entry.released)?;
            let owed = math::sub(entry.earned, entry.payable)?;
            figures.held_out = math::add(figures.held_out, owed)?;
        }
        for entry in before {
            let owed = math::sub(entry.earned, entry.payable)?;
            figures.held_in = math::add(figures.held_in, owed)?;
        }
        Ok(Distribution {
            network: programme.network,
            chain_id: programme.chain_id,
            payments: programme.payments(),
            window,
            release: programme.claim.release(window.until),
            accounts: Accounts::close(self.figures)?,
            spent: self.spent,
            intervals: self.intervals,
            entries,
        })
    }
}

/// Entries of before with what was earned since; both in order.
fn merge(
    before: &[Entry],
    earned: &[(Recipient, U256)],
    minimum: U256,
) -> Result<Vec<Entry>, RewardsError> {
    let mut entries = Vec::with_capacity(before.len().max(earned.len()));
    let mut before = before.iter().peekable();
    let mut groups = earned.chunk_by(|a, b| a.0 == b.0).peekable();
    loop {
        let next_before = before.peek().map(|entry| entry.recipient);
        let next_earned = groups.peek().and_then(|group| group.first()).map(|earned| earned.0);
        let recipient = match (next_before, next_earned) {
            (None, None) => break,
            (Some(only), None) | (None, Some(only)) => only,
            (Some(a), Some(b)) => a.min(b),
        };
        let old = before.next_if(|entry| entry.recipient == recipient);
        let group = groups.next_if(|group| group.first().is_some_and(|one| one.0 == recipient));
        let mut amount = U256::ZERO;
        for (_, part) in group.unwrap_or_default() {
            amount = math::add(amount, *part)?;
        }
        let (earned, paid) = old.map_or((U256::ZERO, U256::ZERO), |old| (old.earned, old.payable));
        let earned = math::add(earned, amount)?;
        let owed = math::sub(earned, paid)?;
        let payable = if owed >= minimum { earned } else { paid };
        let released = math::sub(payable, paid)?;
        entries.push(Entry { recipient, amount, earned, payable, released });
    }
    Ok(entries)
}
