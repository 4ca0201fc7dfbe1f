//! The ERC-20 side of contracts of this suite that are tokens themselves.
//! Source: OpenZeppelin 5.0.2 `ERC20` (plain and upgradeable behave alike).

use crate::Symbiotic;
use crate::abi::ledger::AllowanceSpent;
use alloy_primitives::{Address, U256};
use bondstone_kernel::erc20::{
    Approval, ERC20InsufficientBalance, ERC20InvalidApprover, ERC20InvalidReceiver,
    ERC20InvalidSender, ERC20InvalidSpender, Transfer, spend_allowance,
};
use bondstone_kernel::{Host, Message, Revert, require};

/// What `owner` allows `spender` to move of `token`.
#[must_use]
pub fn allowance(
    host: &dyn Host<Symbiotic>,
    token: Address,
    owner: Address,
    spender: Address,
) -> U256 {
    let find = |address: &Address| host.accounts().find(address);
    host.state().allowances.of(find(&token), find(&owner), find(&spender))
}

/// `approve(spender, value)` of the token `message.this`. Source: `ERC20.approve`.
///
/// # Errors
/// `ERC20InvalidApprover`, `ERC20InvalidSpender`.
pub fn approve(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    spender: Address,
    value: U256,
) -> Result<(), Revert> {
    let owner = message.sender;
    check_parties(owner, spender)?;
    host.emit(message.this, Approval { owner, spender, value }.into())
}

/// Takes `value` off what `owner` allows the sender. Source: `ERC20._spendAllowance`.
///
/// # Errors
/// `ERC20InsufficientAllowance`, then `ERC20InvalidApprover` and `ERC20InvalidSpender`.
pub fn spend(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    owner: Address,
    value: U256,
) -> Result<(), Revert> {
    let spender = message.sender;
    let held = allowance(host, message.this, owner, spender);
    let Some(left) = spend_allowance(held, spender, value)? else { return Ok(()) };
    check_parties(owner, spender)?;
    if left == held {
        return Ok(());
    }
    let event = AllowanceSpent { owner, spender, allowance: left };
    host.emit(message.this, event.into())
}

/// Moves units of `token` from one account, which holds `balance`, to another.
/// Source: `ERC20._transfer`.
///
/// # Errors
/// `ERC20InvalidSender`, `ERC20InvalidReceiver`, `ERC20InsufficientBalance`.
pub fn transfer(
    host: &mut dyn Host<Symbiotic>,
    token: Address,
    balance: U256,
    transfer: Transfer,
) -> Result<(), Revert> {
    let Transfer { from: sender, to: receiver, value: needed } = transfer;
    require!(!sender.is_zero(), ERC20InvalidSender { sender });
    require!(!receiver.is_zero(), ERC20InvalidReceiver { receiver });
    require!(balance >= needed, ERC20InsufficientBalance { sender, balance, needed });
    host.emit(token, transfer.into())
}

fn check_parties(owner: Address, spender: Address) -> Result<(), Revert> {
    require!(!owner.is_zero(), ERC20InvalidApprover { approver: owner });
    require!(!spender.is_zero(), ERC20InvalidSpender { spender });
    Ok(())
}
