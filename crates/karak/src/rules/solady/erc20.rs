//! Vault shares as a token. Source: Solady 0.0.201 `ERC20`.

use crate::abi::ledger::{AllowanceSpent, PermitUsed};
use crate::abi::solady::SoladyErc20::{
    InsufficientAllowance, InsufficientBalance, InvalidPermit, PermitExpired, TotalSupplyOverflow,
    permitCall,
};
use crate::rules::find;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, B256, U256, b256, keccak256};
use alloy_sol_types::SolValue;
use bondstone_kernel::erc20::{Approval, Transfer};
use bondstone_kernel::signature::{domain_separator, ecrecover, typed_data_digest};
use bondstone_kernel::{Host, Message, Revert, require};

/// keccak256 of `Permit(address owner,address spender,uint256 value,uint256 nonce,uint256
/// deadline)`.
const PERMIT_TYPE: B256 =
    b256!("0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");

/// Shares of `holder` in the vault `token`.
#[must_use]
pub fn balance(host: &KarakHost<'_>, token: Address, holder: Address) -> U256 {
    host.state().shares.balance(find(host, token), find(host, holder))
}

/// All shares of the vault `token`.
#[must_use]
pub fn total_supply(host: &KarakHost<'_>, token: Address) -> U256 {
    *host.state().shares.supply.get(find(host, token))
}

/// What `owner` allows `spender` to move.
#[must_use]
pub fn allowance(host: &KarakHost<'_>, token: Address, owner: Address, spender: Address) -> U256 {
    host.state().allowances.of(find(host, token), find(host, owner), find(host, spender))
}

/// Makes new shares. Source: `ERC20._mint`.
///
/// # Errors
/// `TotalSupplyOverflow()`.
pub fn mint(
    host: &mut dyn Host<Karak>,
    token: Address,
    to: Address,
    amount: U256,
) -> Result<(), Revert> {
    let fits = total_supply(host, token).checked_add(amount).is_some();
    require!(fits, TotalSupplyOverflow {});
    host.emit(token, Transfer { from: Address::ZERO, to, value: amount }.into())
}

/// Destroys shares. Source: `ERC20._burn`.
///
/// # Errors
/// `InsufficientBalance()`.
pub fn burn(
    host: &mut dyn Host<Karak>,
    token: Address,
    from: Address,
    amount: U256,
) -> Result<(), Revert> {
    require!(amount <= balance(host, token, from), InsufficientBalance {});
    host.emit(token, Transfer { from, to: Address::ZERO, value: amount }.into())
}

/// Source: `ERC20.transfer`.
///
/// # Errors
/// `InsufficientBalance()`.
pub fn transfer(
    host: &mut dyn Host<Karak>,
    token: Address,
    from: Address,
    to: Address,
    amount: U256,
) -> Result<(), Revert> {
    require!(amount <= balance(host, token, from), InsufficientBalance {});
    host.emit(token, Transfer { from, to, value: amount }.into())
}

/// Moves shares of `from` for `spender`. An allowance of 2^256 - 1 stays as it is.
/// Source: `ERC20.transferFrom`.
///
/// # Errors
/// `InsufficientAllowance()`, then `InsufficientBalance()`.
pub fn transfer_from(
    host: &mut dyn Host<Karak>,
    token: Address,
    spender: Address,
    from: Address,
    to: Address,
    amount: U256,
) -> Result<(), Revert> {
    let allowed = allowance(host, token, from, spender);
    if allowed != U256::MAX {
        let left = allowed.checked_sub(amount);
        let left = left.ok_or_else(|| Revert::from(InsufficientAllowance {}))?;
        if left != allowed {
            let event = AllowanceSpent { owner: from, spender, allowance: left };
            host.emit(token, event.into())?;
        }
    }
    transfer(host, token, from, to, amount)
}

/// Source: `ERC20.approve`.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn approve(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    spender: Address,
    amount: U256,
) -> Result<(), Revert> {
    let event = Approval { owner: message.sender, spender, value: amount };
    host.emit(message.this, event.into())
}

/// The domain of permits: the name of the vault, version 1.
#[must_use]
pub fn domain(host: &KarakHost<'_>, token: Address, name: &str) -> B256 {
    domain_separator(name, "1", host.block().chain_id, token)
}

/// Takes an approval by signature. Source: `ERC20.permit`.
///
/// # Errors
/// `PermitExpired()`, `InvalidPermit()`.
pub fn permit(
    host: &mut dyn Host<Karak>,
    token: Address,
    name: &str,
    call: &permitCall,
) -> Result<(), Revert> {
    let permitCall { owner, spender, value, deadline, v, r, s } = *call;
    require!(U256::from(host.block().timestamp) <= deadline, PermitExpired {});
    let nonce = host.state().shares.nonce(find(host, token), find(host, owner));
    let fields = (PERMIT_TYPE, owner, spender, value, nonce, deadline).abi_encode();
    let digest = typed_data_digest(domain(host, token, name), keccak256(fields));
    require!(ecrecover(digest, v, r, s) == Some(owner), InvalidPermit {});
    host.emit(token, PermitUsed { owner }.into())?;
    host.emit(token, Approval { owner, spender, value }.into())
}
