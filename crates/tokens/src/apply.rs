//! Folds events into the state. Every function checks all amounts before it writes the first cell,
//! so that a log that does not fit leaves the state as it was, whether or not undo is recorded.

use crate::abi::{TokenCreated, TokenEvent};
use crate::state::{Contract, Labels, State, Style};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::math::{add, sub};
use bondstone_kernel::{Fold, FoldError, Id};

/// Folds one event of `emitter`.
///
/// # Errors
/// [`FoldError::WrongEmitter`] for a log of a token that nobody created and for a second creation
/// at one address, [`FoldError::Malformed`] for a style that does not exist, [`FoldError::Math`]
/// when a balance or the supply would leave its type.
pub(crate) fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &TokenEvent,
) -> Result<(), FoldError> {
    match event {
        TokenEvent::Transfer(e) => {
            let (token, number) = token(state, fold, emitter, event)?;
            transferred(state, fold, token, number, e)?;
        }
        TokenEvent::Approval(e) => {
            let (token, _) = token(state, fold, emitter, event)?;
            allowed(state, fold, token, (e.owner, e.spender), e.value);
        }
        TokenEvent::AllowanceSpent(e) => {
            let (token, _) = token(state, fold, emitter, event)?;
            allowed(state, fold, token, (e.owner, e.spender), e.allowance);
        }
        TokenEvent::TokenCreated(e) => {
            let Some(style) = Style::from_parts(e.style, e.parameter) else {
                return Err(FoldError::Malformed(TokenCreated::SIGNATURE_HASH));
            };
            let account = vacant(state, fold, emitter, event)?;
            created(state, fold, account, style, e);
        }
        TokenEvent::Multicall3Created(_) => {
            let account = vacant(state, fold, emitter, event)?;
            state.contracts.set(fold.mark, account, Contract::Multicall3);
        }
    }
    Ok(())
}

/// The interned address and the number of the token that emits.
fn token(
    state: &State,
    fold: &Fold<'_>,
    emitter: Address,
    event: &TokenEvent,
) -> Result<(Id, Id), FoldError> {
    let account = fold.accounts.find(&emitter);
    match state.contract(account) {
        Contract::Token { number, .. } => Ok((account, number)),
        Contract::None | Contract::Multicall3 => {
            Err(FoldError::WrongEmitter { emitter, event: event.name() })
        }
    }
}

/// The interned address of an emitter at which nothing lives yet.
fn vacant(
    state: &State,
    fold: &mut Fold<'_>,
    emitter: Address,
    event: &TokenEvent,
) -> Result<Id, FoldError> {
    let account = fold.accounts.find(&emitter);
    if state.contract(account) != Contract::None {
        return Err(FoldError::WrongEmitter { emitter, event: event.name() });
    }
    Ok(fold.accounts.intern(fold.mark, emitter))
}

fn created(
    state: &mut State,
    fold: &mut Fold<'_>,
    account: Id,
    style: Style,
    event: &TokenCreated,
) {
    let number = state.tokens.intern(fold.mark, account);
    let labels =
        Labels { name: event.name.clone(), symbol: event.symbol.clone(), decimals: event.decimals };
    state.contracts.set(fold.mark, account, Contract::Token { style, number });
    state.labels.set(fold.mark, number, labels);
}

/// Moves units between two accounts; the zero address stands for the supply, except as a receiver
/// where it may hold units itself.
/// Source: OpenZeppelin 5.0.2 `ERC20._update`.
fn transferred(
    state: &mut State,
    fold: &mut Fold<'_>,
    token: Id,
    number: Id,
    event: &Transfer,
) -> Result<(), FoldError> {
    let Transfer { from, to, value } = *event;
    if from == to {
        // What leaves comes back; only the check of the step in between remains.
        if from.is_zero() {
            add(*state.supply.get(number), value)?;
        } else {
            sub(state.balance(token, fold.accounts.find(&from)), value)?;
        }
        return Ok(());
    }
    let mark = fold.mark;
    let from = Side::of(state, fold, token, from);
    let holds = matches!(state.contract(token), Contract::Token { style: Style::ZeroHolds, .. });
    let to = if holds {
        Side::holding(state, fold, token, to)
    } else {
        Side::of(state, fold, token, to)
    };
    let after_from = match from {
        Side::Supply => add(*state.supply.get(number), value)?,
        Side::Holding(id) => sub(*state.balance.get(id), value)?,
    };
    let after_to = match to {
        Side::Supply => sub(*state.supply.get(number), value)?,
        Side::Holding(id) => add(*state.balance.get(id), value)?,
    };
    for (side, after) in [(from, after_from), (to, after_to)] {
        match side {
            Side::Supply => state.supply.set(mark, number, after),
            Side::Holding(id) => state.balance.set(mark, id, after),
        }
    }
    Ok(())
}

/// One end of a transfer.
#[derive(Clone, Copy)]
enum Side {
    /// The zero address: units are minted or burnt.
    Supply,
    /// A holding of a token.
    Holding(Id),
}

impl Side {
    fn of(state: &mut State, fold: &mut Fold<'_>, token: Id, account: Address) -> Self {
        if account.is_zero() {
            return Self::Supply;
        }
        Self::holding(state, fold, token, account)
    }

    fn holding(state: &mut State, fold: &mut Fold<'_>, token: Id, account: Address) -> Self {
        let account = fold.accounts.intern(fold.mark, account);
        Self::Holding(state.holdings.intern(fold.mark, (token, account)))
    }
}

fn allowed(
    state: &mut State,
    fold: &mut Fold<'_>,
    token: Id,
    (owner, spender): (Address, Address),
    value: U256,
) {
    let mark = fold.mark;
    let owner = fold.accounts.intern(mark, owner);
    let spender = fold.accounts.intern(mark, spender);
    let id = state.permissions.intern(mark, (token, owner, spender));
    state.allowance.set(mark, id, value);
}
