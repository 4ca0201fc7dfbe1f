//! Calls to tokens that forgive missing answers. Source: Solady 0.0.201 `SafeTransferLib`.
//!
//! A token without code answers nothing, and nothing counts as success.

use crate::Karak;
use crate::abi::solady::SafeTransferLib::{ApproveFailed, TransferFailed, TransferFromFailed};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::erc20::Erc20;
use bondstone_kernel::host::word;
use bondstone_kernel::{Call, Host, Revert, require};

fn accepted(result: Result<Bytes, Revert>) -> bool {
    result.is_ok_and(|output| output.is_empty() || word(&output, 0) == Ok(U256::ONE))
}

/// `safeTransferFrom`: moves `amount` from `owner` to `to`, with the contract `this` as spender.
///
/// # Errors
/// `TransferFromFailed()`.
pub fn transfer_from(
    host: &mut dyn Host<Karak>,
    this: Address,
    token: Address,
    owner: Address,
    to: Address,
    amount: U256,
) -> Result<(), Revert> {
    let input = Erc20::transferFromCall { from: owner, to, value: amount }.abi_encode();
    require!(accepted(host.call(Call::new(this, token, &input))), TransferFromFailed {});
    Ok(())
}

/// `safeTransfer`.
///
/// # Errors
/// `TransferFailed()`.
pub fn transfer(
    host: &mut dyn Host<Karak>,
    this: Address,
    token: Address,
    to: Address,
    amount: U256,
) -> Result<(), Revert> {
    let input = Erc20::transferCall { to, value: amount }.abi_encode();
    require!(accepted(host.call(Call::new(this, token, &input))), TransferFailed {});
    Ok(())
}

/// `safeApproveWithRetry`: a token that refuses is asked once more after its allowance was set to
/// zero.
///
/// # Errors
/// `ApproveFailed()`.
pub fn approve_with_retry(
    host: &mut dyn Host<Karak>,
    this: Address,
    token: Address,
    spender: Address,
    amount: U256,
) -> Result<(), Revert> {
    let input = Erc20::approveCall { spender, value: amount }.abi_encode();
    if accepted(host.call(Call::new(this, token, &input))) {
        return Ok(());
    }
    let reset = Erc20::approveCall { spender, value: U256::ZERO }.abi_encode();
    // Whether this one works is not looked at.
    drop(host.call(Call::new(this, token, &reset)));
    require!(accepted(host.call(Call::new(this, token, &input))), ApproveFailed {});
    Ok(())
}

/// `balanceOf`: zero when the token fails or answers too little.
pub fn balance_of(
    host: &mut dyn Host<Karak>,
    this: Address,
    token: Address,
    account: Address,
) -> U256 {
    let input = Erc20::balanceOfCall { account }.abi_encode();
    let output = host.call(Call::view(this, token, &input));
    output.ok().and_then(|output| word(&output, 0).ok()).unwrap_or_default()
}
