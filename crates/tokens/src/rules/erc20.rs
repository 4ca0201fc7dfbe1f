//! ERC-20 in all its styles. Source: OpenZeppelin 5.0.2 `ERC20`; [`Style`] says what differs.

use crate::Tokens;
use crate::abi::AllowanceSpent;
use crate::rules::calldata::{self, Arguments};
use crate::state::Style;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::erc20::{
    Approval, ERC20InsufficientBalance, ERC20InvalidApprover, ERC20InvalidReceiver,
    ERC20InvalidSender, ERC20InvalidSpender, Erc20, Erc20Calls, Transfer, spend_allowance,
};
use bondstone_kernel::math::{div_floor, mul, sub};
use bondstone_kernel::{Host, Id, Message, Revert, require};

/// The called token.
#[derive(Clone, Copy)]
pub(crate) struct Token {
    /// Its interned address.
    pub(crate) id: Id,
    /// How it behaves.
    pub(crate) style: Style,
}

/// Answers a call to a token. The three functions that vaults call all the time are decoded by
/// hand; the decoder's verdict is the same.
pub(crate) fn dispatch(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
) -> Result<Vec<u8>, Revert> {
    let Some((selector, arguments)) = calldata::split(message.input) else {
        return Err(Revert::empty());
    };
    match selector {
        Erc20::transferFromCall::SELECTOR => {
            let (from, to) = (arguments.address(0)?, arguments.address(32)?);
            transfer_from(host, message, token, from, to, arguments.uint(64)?)
        }
        Erc20::transferCall::SELECTOR => {
            let to = arguments.address(0)?;
            transfer(host, message, token, to, arguments.uint(32)?)
        }
        Erc20::balanceOfCall::SELECTOR => balance_of(host, token, arguments),
        _ => match Erc20Calls::abi_decode_validate(message.input) {
            Ok(call) => answer(host, message, token, call),
            Err(_) => Err(Revert::empty()),
        },
    }
}

fn balance_of(
    host: &dyn Host<Tokens>,
    token: Token,
    arguments: Arguments<'_>,
) -> Result<Vec<u8>, Revert> {
    let account = host.accounts().find(&arguments.address(0)?);
    Ok(word(host.state().balance(token.id, account)))
}

fn answer(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
    call: Erc20Calls,
) -> Result<Vec<u8>, Revert> {
    let state = host.state();
    let find = |account| host.accounts().find(&account);
    Ok(match call {
        Erc20Calls::name(_) => state.labels(token.id).name.abi_encode(),
        Erc20Calls::symbol(_) => state.labels(token.id).symbol.abi_encode(),
        Erc20Calls::decimals(_) => word(U256::from(state.labels(token.id).decimals)),
        Erc20Calls::totalSupply(_) => word(state.total_supply(token.id)),
        Erc20Calls::balanceOf(c) => word(state.balance(token.id, find(c.account))),
        Erc20Calls::allowance(c) => word(state.allowance(token.id, find(c.owner), find(c.spender))),
        Erc20Calls::approve(c) => return approve(host, message, token, c.spender, c.value),
        Erc20Calls::transfer(c) => return transfer(host, message, token, c.to, c.value),
        Erc20Calls::transferFrom(c) => {
            return transfer_from(host, message, token, c.from, c.to, c.value);
        }
    })
}

/// `transfer(address,uint256)`. Source: `ERC20.transfer`.
fn transfer(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
    to: Address,
    value: U256,
) -> Result<Vec<u8>, Revert> {
    if let Some(refusal) = refusal(token.style) {
        return refusal;
    }
    move_units(host, message, token, message.sender, to, value)?;
    Ok(success(token.style))
}

/// `transferFrom(address,address,uint256)`. Source: `ERC20.transferFrom`: the allowance comes
/// first, also before the zero addresses, of which `_approve` finds its own ones earlier.
fn transfer_from(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
    from: Address,
    to: Address,
    value: U256,
) -> Result<Vec<u8>, Revert> {
    if let Some(refusal) = refusal(token.style) {
        return refusal;
    }
    let spender = message.sender;
    let ids = (host.accounts().find(&from), host.accounts().find(&spender));
    let allowance = host.state().allowance(token.id, ids.0, ids.1);
    if let Some(left) = spend_allowance(allowance, spender, value)? {
        check_approval(from, spender)?;
        if left != allowance {
            let event = AllowanceSpent { owner: from, spender, allowance: left };
            host.emit(message.this, event.into())?;
        }
    }
    move_units(host, message, token, from, to, value)?;
    Ok(success(token.style))
}

/// `approve(address,uint256)`. Source: `ERC20.approve`.
fn approve(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
    spender: Address,
    value: U256,
) -> Result<Vec<u8>, Revert> {
    let owner = message.sender;
    check_approval(owner, spender)?;
    host.emit(message.this, Approval { owner, spender, value }.into())?;
    Ok(success(token.style))
}

/// Source: the checks of `ERC20._approve`.
fn check_approval(owner: Address, spender: Address) -> Result<(), Revert> {
    require!(!owner.is_zero(), ERC20InvalidApprover { approver: owner });
    require!(!spender.is_zero(), ERC20InvalidSpender { spender });
    Ok(())
}

/// Source: `ERC20._transfer`, with the `_update` of the token's style.
fn move_units(
    host: &mut dyn Host<Tokens>,
    message: &Message<'_>,
    token: Token,
    from: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    require!(!from.is_zero(), ERC20InvalidSender { sender: from });
    let reaches_zero = token.style == Style::ZeroHolds;
    require!(reaches_zero || !to.is_zero(), ERC20InvalidReceiver { receiver: to });
    let this = message.this;
    match token.style {
        Style::FeeBps(bps) => {
            // Checked as Solidity checks it: a value near 2^256 panics whatever the balance.
            let fee = div_floor(mul(value, U256::from(bps))?, U256::from(10_000))?;
            update(host, this, token, Transfer { from, to, value: sub(value, fee)? })?;
            if !fee.is_zero() {
                update(host, this, token, Transfer { from, to: Address::ZERO, value: fee })?;
            }
        }
        Style::BurnOne => {
            update(host, this, token, Transfer { from, to, value })?;
            if !value.is_zero() {
                let one = Transfer { from: to, to: Address::ZERO, value: U256::ONE };
                update(host, this, token, one)?;
            }
        }
        Style::Plain
        | Style::NoReturn
        | Style::ReturnsFalse
        | Style::Reverting
        | Style::ZeroHolds => {
            update(host, this, token, Transfer { from, to, value })?;
        }
    }
    Ok(())
}

/// Source: `ERC20._update` for a sender that is not the zero address.
fn update(
    host: &mut dyn Host<Tokens>,
    this: Address,
    token: Token,
    event: Transfer,
) -> Result<(), Revert> {
    let Transfer { from: sender, value: needed, .. } = event;
    let balance = host.state().balance(token.id, host.accounts().find(&sender));
    require!(balance >= needed, ERC20InsufficientBalance { sender, balance, needed });
    host.emit(this, event.into())
}

/// The answer of the styles whose transfers never happen.
fn refusal(style: Style) -> Option<Result<Vec<u8>, Revert>> {
    match style {
        Style::ReturnsFalse => Some(Ok(word(U256::ZERO))),
        Style::Reverting => Some(Err(Revert::empty())),
        Style::Plain | Style::FeeBps(_) | Style::BurnOne | Style::NoReturn | Style::ZeroHolds => {
            None
        }
    }
}

/// What `transfer`, `transferFrom` and `approve` return when they succeed.
fn success(style: Style) -> Vec<u8> {
    match style {
        Style::NoReturn => Vec::new(),
        _ => word(U256::ONE),
    }
}

fn word(value: U256) -> Vec<u8> {
    value.to_be_bytes::<32>().to_vec()
}

#[cfg(test)]
mod tests;
