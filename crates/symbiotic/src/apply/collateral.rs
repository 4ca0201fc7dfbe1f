//! Folds the events of collaterals.

use super::{register, wrong_emitter};
use crate::abi::collateral::IssueDebt;
use crate::abi::ledger::CollateralCreated;
use crate::event::Event;
use crate::state::collateral::CollateralConfig;
use crate::state::{Contract, State};
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Fold, FoldError, Id, NONE, math};

/// Registers a collateral.
///
/// # Errors
/// [`FoldError::WrongEmitter`] when something lives at the emitter already.
pub fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &CollateralCreated,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let id = register(
        state,
        fold,
        emitter,
        "CollateralCreated",
        |s| &mut s.collateral.ids,
        Contract::Collateral,
    )?;
    let config = CollateralConfig {
        address: emitter,
        asset: event.asset,
        decimals: event.decimals,
        name: event.name.clone(),
        symbol: event.symbol.clone(),
        limit: event.limit,
        limit_increaser: event.limitIncreaser,
        total_supply: U256::ZERO,
        total_repaid_debt: U256::ZERO,
    };
    state.collateral.config.set(mark, id, config);
    Ok(())
}

/// Folds one event of the collateral `id`.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    emitter: Address,
    event: &Event,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    match event {
        Event::Transfer(e) => transferred(state, fold, id, e)?,
        // The contract counts the debt as repaid between this log and the transfer.
        Event::IssueDebt(e) => issued(state, fold, id, e)?,
        Event::IncreaseLimit(e) => {
            let limit = math::add(state.collateral.config.get(id).limit, e.amount)?;
            state.collateral.config.update(mark, id, |c| c.limit = limit);
        }
        Event::SetLimitIncreaser(e) => {
            let increaser = e.limitIncreaser;
            state.collateral.config.update(mark, id, |c| c.limit_increaser = increaser);
        }
        // Balances move by Transfer; a clone is initialised when it appears.
        Event::CollateralDeposit(_)
        | Event::CollateralWithdraw(_)
        | Event::RepayDebt(_)
        | Event::Initialized(_) => {}
        _ => return Err(wrong_emitter(emitter, event)),
    }
    Ok(())
}

/// Source: OpenZeppelin 5.0.2 `ERC20._update`; zero stands for the supply.
fn transferred(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &Transfer,
) -> Result<(), FoldError> {
    if event.from.is_zero() {
        let supply = math::add(state.collateral.config.get(id).total_supply, event.value)?;
        state.collateral.config.update(fold.mark, id, |c| c.total_supply = supply);
    } else {
        let key = balance_key(state, fold, id, event.from);
        let balance = math::sub(*state.collateral.balances.get(key), event.value)?;
        state.collateral.balances.set(fold.mark, key, balance);
    }
    if event.to.is_zero() {
        let supply = math::sub(state.collateral.config.get(id).total_supply, event.value)?;
        state.collateral.config.update(fold.mark, id, |c| c.total_supply = supply);
    } else {
        let key = balance_key(state, fold, id, event.to);
        let balance = math::add(*state.collateral.balances.get(key), event.value)?;
        state.collateral.balances.set(fold.mark, key, balance);
    }
    Ok(())
}

fn issued(
    state: &mut State,
    fold: &mut Fold<'_>,
    id: Id,
    event: &IssueDebt,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let total = state.collateral.config.get(id).total_repaid_debt;
    let total = math::add(total, event.debtIssued)?;
    state.collateral.config.update(mark, id, |c| c.total_repaid_debt = total);
    let issuer = fold.accounts.intern(mark, event.issuer);
    let recipient = fold.accounts.intern(mark, event.recipient);
    let debts = &mut state.collateral;
    for key in [(id, issuer, NONE), (id, NONE, recipient), (id, issuer, recipient)] {
        let key = debts.debt_keys.intern(mark, key);
        let repaid = math::add(*debts.repaid_debts.get(key), event.debtIssued)?;
        debts.repaid_debts.set(mark, key, repaid);
    }
    Ok(())
}

fn balance_key(state: &mut State, fold: &mut Fold<'_>, id: Id, account: Address) -> Id {
    let account = fold.accounts.intern(fold.mark, account);
    state.collateral.balance_keys.intern(fold.mark, (id, account))
}
