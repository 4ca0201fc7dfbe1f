//! Tokens for a rail: allowances that are as large as needed and no larger.

use super::PublishError;
use crate::ethereum::client::Moment;
use crate::ethereum::sending::Transaction;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;

/// A transaction that calls a contract.
pub(super) fn step(what: impl Into<String>, to: Address, call: &impl SolCall) -> Transaction {
    Transaction { what: what.into(), to, input: call.abi_encode().into() }
}

/// What has to be sent so that `spender` may take `amount` of `token` from `payer`, who must have
/// it. Tokens such as USDT change an allowance only by way of zero.
pub(super) fn allow(
    now: &Moment<'_>,
    (payer, token, spender): (Address, Address, Address),
    amount: U256,
) -> Result<Vec<Transaction>, PublishError> {
    if amount.is_zero() {
        return Ok(Vec::new());
    }
    let has = now.ask(token, &Erc20::balanceOfCall { account: payer })?;
    if has < amount {
        return Err(PublishError::Poor { payer, token, has, needs: amount });
    }
    let allowed = now.ask(token, &Erc20::allowanceCall { owner: payer, spender })?;
    let mut steps = Vec::new();
    if allowed >= amount {
        return Ok(steps);
    }
    let approve = |value| Erc20::approveCall { spender, value };
    if !allowed.is_zero() {
        steps.push(step("approve nothing", token, &approve(U256::ZERO)));
    }
    steps.push(step(format!("approve {amount}"), token, &approve(amount)));
    Ok(steps)
}
