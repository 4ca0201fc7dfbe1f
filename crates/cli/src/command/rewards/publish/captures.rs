//! Programmes that a rail computes by itself: it pays the stakers of a vault by their shares at a
//! second, and nothing else. What else a programme says is refused by its key.

use super::PublishError;
use super::order::Order;
use alloy_primitives::{Address, U256};
use bondstone_rewards::distribution::VaultRecord;
use bondstone_rewards::history::PoolKind;
use bondstone_rewards::programme::{BudgetTerms, Counted, Leftover, Measure, Shape, StakerTerms};
use bondstone_rewards::release::Claim;

/// What a vault is paid for a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capture {
    /// The vault.
    pub(super) vault: Address,
    /// The second.
    pub(super) second: u64,
    /// Its part, with the fees that are taken of it.
    pub(super) part: U256,
    /// What of it is the stakers'.
    pub(super) stakers: U256,
    /// What of it is the operators'.
    pub(super) operators: U256,
}

/// What is paid in the distribution's window, in order.
pub(super) fn captures(order: &Order) -> Result<Vec<Capture>, PublishError> {
    check(order)?;
    let mut captures = Vec::new();
    for interval in &order.distribution.intervals {
        for occasion in &interval.occasions {
            for record in occasion.vaults.iter().filter(|record| !record.part.is_zero()) {
                captures.push(capture(order, occasion.from, record)?);
            }
        }
    }
    Ok(captures)
}

fn capture(order: &Order, second: u64, record: &VaultRecord) -> Result<Capture, PublishError> {
    if record.chain_id != order.chain_id {
        return Err(order.inexpressible("stakers.vaults", "it pays vaults of its own chain"));
    }
    let paid = |kind| {
        let pools = record.pools.iter().filter(|pool| pool.kind == kind);
        pools.fold(U256::ZERO, |sum, pool| sum.saturating_add(pool.part))
    };
    if !paid(PoolKind::Exiting).is_zero() {
        return Err(order.inexpressible("stakers.exiting", "it pays stake that stays"));
    }
    let VaultRecord { vault, part, operators, .. } = *record;
    Ok(Capture { vault, second, part, stakers: paid(PoolKind::Active), operators })
}

fn check(order: &Order) -> Result<(), PublishError> {
    let refuse = |key, why| Err(order.inexpressible(key, why));
    if order.programme.payments().len() > 1 {
        return refuse("pay.elsewhere", "it pays on one chain");
    }
    if order.programme.claim != Claim::AtOnce {
        return refuse("claim", "what it pays can be claimed at once");
    }
    let Shape::Budget(terms) = &order.programme.shape else {
        return refuse("points", "it splits amounts by captures");
    };
    let BudgetTerms { operators, contributors, counted_operators, .. } = &**terms;
    if operators.is_some() {
        return refuse("operators", "it pays the stakers of vaults");
    }
    if contributors.is_some() {
        return refuse("contributors", "it pays the stakers of vaults");
    }
    if counted_operators.is_some() {
        return refuse("counted_operators", "it pays all of a vault's stakers");
    }
    if !terms.minimum_payout.is_zero() {
        return refuse("payout.minimum", "it pays every amount");
    }
    let is_given = |leftover| matches!(leftover, Leftover::Account(_));
    if is_given(terms.rest) {
        return refuse("payout.rest", "it pays the stakers of vaults");
    }
    if is_given(terms.dust) {
        return refuse("payout.dust", "what its rounding leaves stays in it");
    }
    let Some(stakers) = &terms.stakers else {
        return refuse("stakers", "it pays the stakers of vaults");
    };
    check_stakers(order, stakers)
}

fn check_stakers(order: &Order, stakers: &StakerTerms) -> Result<(), PublishError> {
    let refuse = |key, why| Err(order.inexpressible(key, why));
    if !matches!(stakers.measure, Measure::Capture(_)) {
        return refuse("stakers.measure", "it looks at single seconds: `capture`");
    }
    if stakers.counted != Counted::Vault {
        return refuse("stakers.counted", "it counts all of a vault's shares: `vault`");
    }
    if stakers.exiting {
        return refuse("stakers.exiting", "it pays stake that stays");
    }
    if !stakers.excluded.is_empty() {
        return refuse("stakers.excluded", "it pays everybody in the vault");
    }
    if stakers.minimum_duration > 0 {
        return refuse("stakers.minimum_duration", "it asks nobody for how long they stayed");
    }
    Ok(())
}
