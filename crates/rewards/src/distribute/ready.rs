//! Inputs that were looked over: everything the programme names is there.

use super::Inputs;
use crate::error::RewardsError;
use crate::history::{History, Vault};
use crate::programme::{
    BudgetTerms, Contributor, ContributorSource, Counted, OperatorMeasure, Programme, StakerTerms,
    Valuation, VaultKey,
};
use crate::sheet::Performance;
use crate::stake::{Occasion, PriceLine, StakeRules};
use crate::window::Window;
use alloy_primitives::{Address, U256};
use std::collections::BTreeSet;

/// A vault that counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VaultInput<'a> {
    pub(crate) key: VaultKey,
    /// The history's place in the inputs.
    pub(crate) history_number: usize,
    pub(crate) history: &'a History,
    pub(crate) vault: &'a Vault,
    pub(crate) price: PriceLine<'a>,
}

/// Inputs that were looked over.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) programme: &'a Programme,
    pub(crate) terms: &'a BudgetTerms,
    pub(crate) histories: &'a [&'a History],
    /// Vaults with stake that counts for stakers, ascending.
    pub(crate) staker_vaults: Vec<VaultInput<'a>>,
    /// Vaults whose operators count, ascending.
    pub(crate) operator_vaults: Vec<VaultInput<'a>>,
    pub(crate) rules: StakeRules,
    pub(crate) excluded: BTreeSet<Address>,
    pub(crate) performance: Option<&'a Performance>,
    pub(crate) contributors: Vec<Contributor>,
}

impl<'a> Ready<'a> {
    /// Looks over the inputs of a budget for a window.
    pub(crate) fn new(
        programme: &'a Programme,
        terms: &'a BudgetTerms,
        inputs: &Inputs<'a>,
        window: Window,
    ) -> Result<Self, RewardsError> {
        final_until(inputs.histories, window)?;
        let operators = counted_operators(programme, terms, inputs.histories)?;
        fee_vaults(programme, terms, inputs.histories)?;
        let stakers = terms.stakers.as_ref();
        let rules = StakeRules {
            counted: stakers.map_or(Counted::Vault, |stakers| stakers.counted),
            exiting: stakers.is_some_and(|stakers| stakers.exiting),
            operators,
            minimum_duration: stakers.map_or(0, |stakers| stakers.minimum_duration),
        };
        let staker_vaults = match stakers {
            Some(stakers) => staker_vaults(programme, stakers, inputs)?,
            None => Vec::new(),
        };
        let operator_vaults = vaults(programme, inputs, |_, _| true)?;
        one_asset(programme, if stakers.is_some() { &staker_vaults } else { &operator_vaults })?;
        let excluded = stakers.map(|stakers| stakers.excluded.iter().copied().collect());
        Ok(Self {
            programme,
            terms,
            histories: inputs.histories,
            staker_vaults,
            operator_vaults,
            rules,
            excluded: excluded.unwrap_or_default(),
            performance: performance(terms, inputs)?,
            contributors: contributors(terms, inputs)?,
        })
    }

    /// When stake is looked at in an interval.
    pub(crate) fn occasions(&self, interval: Window) -> Vec<Occasion> {
        use crate::programme::Measure;
        match self.terms.stakers.as_ref().map(|stakers| stakers.measure) {
            None => Vec::new(),
            Some(Measure::Time) => vec![Occasion::Time(interval)],
            Some(Measure::Capture(every)) => {
                let next = |second: &u64| second.checked_add(every);
                let seconds = std::iter::successors(Some(interval.from), next);
                let within = seconds.take_while(|second| *second < interval.until);
                within.map(Occasion::Capture).collect()
            }
        }
    }

    /// The operators of the network that count, ascending and without repetition.
    pub(crate) fn operators(&self) -> Vec<(u64, Address)> {
        let all = self.histories.iter().flat_map(|history| {
            history.operators().iter().map(|operator| (history.chain_id(), *operator))
        });
        let counted: BTreeSet<_> = all.filter(|(_, who)| self.rules.counts(*who)).collect();
        counted.into_iter().collect()
    }

    /// The chain on which somebody is paid who stakes or works on a chain.
    pub(crate) fn pay_chain(&self, chain_id: u64) -> u64 {
        let payments = self.programme.payments();
        let here = payments.iter().find(|payment| payment.chain_id == chain_id);
        here.or(payments.first()).map_or(chain_id, |payment| payment.chain_id)
    }
}

/// The window lies before the last final block of every chain, and no chain is there twice.
pub(crate) fn final_until(histories: &[&History], window: Window) -> Result<(), RewardsError> {
    let mut seen = BTreeSet::new();
    for history in histories {
        let (chain_id, known_until) = (history.chain_id(), history.known_until());
        if !seen.insert(chain_id) {
            return Err(RewardsError::TwiceChain { chain_id });
        }
        if window.until > known_until {
            return Err(RewardsError::NotFinal { until: window.until, chain_id, known_until });
        }
    }
    Ok(())
}

fn counted_operators(
    programme: &Programme,
    terms: &BudgetTerms,
    histories: &[&History],
) -> Result<Option<BTreeSet<Address>>, RewardsError> {
    let Some(list) = &terms.counted_operators else { return Ok(None) };
    for written in list {
        known_operator(histories, &programme.file, written.line, written.value)?;
    }
    Ok(Some(list.iter().map(|written| written.value).collect()))
}

fn known_operator(
    histories: &[&History],
    file: &str,
    line: usize,
    operator: Address,
) -> Result<(), RewardsError> {
    if histories.iter().any(|history| history.is_operator(operator)) {
        return Ok(());
    }
    Err(RewardsError::UnknownOperator { file: file.to_owned(), line, operator })
}

fn fee_vaults(
    programme: &Programme,
    terms: &BudgetTerms,
    histories: &[&History],
) -> Result<(), RewardsError> {
    for (vault, written) in &terms.fees.vaults {
        if !histories.iter().any(|history| history.vault(*vault).is_some()) {
            let (file, line) = (programme.file.clone(), written.line);
            let (chain_id, vault) = (programme.chain_id, *vault);
            return Err(RewardsError::UnknownVault { file, line, chain_id, vault });
        }
    }
    Ok(())
}

fn staker_vaults<'a>(
    programme: &Programme,
    stakers: &StakerTerms,
    inputs: &Inputs<'a>,
) -> Result<Vec<VaultInput<'a>>, RewardsError> {
    for written in stakers.vaults.iter().flatten() {
        let VaultKey { chain_id, vault } = written.value;
        let history = inputs.histories.iter().find(|history| history.chain_id() == chain_id);
        if history.and_then(|history| history.vault(vault)).is_none() {
            let (file, line) = (programme.file.clone(), written.line);
            return Err(RewardsError::UnknownVault { file, line, chain_id, vault });
        }
    }
    vaults(programme, inputs, |key, vault| {
        let named =
            |list: &Vec<crate::text::Written<VaultKey>>| list.iter().any(|w| w.value == key);
        stakers.vaults.as_ref().is_none_or(named)
            && stakers.assets.as_ref().is_none_or(|assets| assets.contains(&vault.asset))
    })
}

/// Vaults that are wanted and whose asset counts, ascending by chain and address.
fn vaults<'a>(
    programme: &Programme,
    inputs: &Inputs<'a>,
    wanted: impl Fn(VaultKey, &Vault) -> bool,
) -> Result<Vec<VaultInput<'a>>, RewardsError> {
    let mut found = Vec::new();
    for (history_number, history) in inputs.histories.iter().copied().enumerate() {
        for vault in history.vaults() {
            let key = VaultKey { chain_id: history.chain_id(), vault: vault.address };
            if !wanted(key, vault) {
                continue;
            }
            let price = PriceLine::of(&programme.valuation, inputs.prices, vault.asset)?;
            if let Some(price) = price {
                found.push(VaultInput { key, history_number, history, vault, price });
            }
        }
    }
    found.sort_by_key(|input| input.key);
    Ok(found)
}

/// Without a valuation everything that counts is of one asset.
fn one_asset(programme: &Programme, vaults: &[VaultInput<'_>]) -> Result<(), RewardsError> {
    if programme.valuation != Valuation::Plain {
        return Ok(());
    }
    let mut assets = vaults.iter().map(|input| input.vault.asset);
    let Some(asset) = assets.next() else { return Ok(()) };
    match assets.find(|other| *other != asset) {
        Some(other) => Err(RewardsError::AssetsDiffer { asset, other }),
        None => Ok(()),
    }
}

fn performance<'a>(
    terms: &BudgetTerms,
    inputs: &Inputs<'a>,
) -> Result<Option<&'a Performance>, RewardsError> {
    let by = terms.operators.as_ref().map(|operators| &operators.by);
    let Some(OperatorMeasure::Performance { file, .. }) = by else { return Ok(None) };
    let table =
        inputs.performance.ok_or_else(|| RewardsError::MissingTable { file: file.clone() })?;
    for (operator, score) in &table.scores {
        known_operator(inputs.histories, &table.file, score.line, *operator)?;
    }
    Ok(Some(table))
}

fn contributors(
    terms: &BudgetTerms,
    inputs: &Inputs<'_>,
) -> Result<Vec<Contributor>, RewardsError> {
    let Some(contributors) = &terms.contributors else { return Ok(Vec::new()) };
    let mut list = match &contributors.source {
        ContributorSource::List(list) => list.clone(),
        ContributorSource::File(file) => {
            let missing = || RewardsError::MissingTable { file: file.clone() };
            inputs.points.ok_or_else(missing)?.contributors.clone()
        }
    };
    list.retain(|contributor| contributor.points != U256::ZERO);
    list.sort_by_key(|contributor| (contributor.chain_id, contributor.account));
    Ok(list)
}
