//! ERC-20 from both sides: the interface with its errors, and calls to a token as `SafeERC20`
//! makes them. Source: OpenZeppelin 5.0.2 `ERC20`, `SafeERC20`.

use crate::host::{Call, Fold, Host, Suite, call_checked, word};
use crate::ledger_state;
use crate::revert::{Revert, library};
use crate::table::{Id, Index, Table};
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};

sol! {
    /// Functions, events and errors of OpenZeppelin 5.0.2 `ERC20`.
    #[derive(Debug, PartialEq)]
    interface Erc20 {
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);

        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InvalidSender(address sender);
        error ERC20InvalidReceiver(address receiver);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        error ERC20InvalidApprover(address approver);
        error ERC20InvalidSpender(address spender);

        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function transferFrom(address from, address to, uint256 value) external returns (bool);
    }
}

pub use Erc20::{
    Approval, ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidApprover,
    ERC20InvalidReceiver, ERC20InvalidSender, ERC20InvalidSpender, Erc20Calls, Transfer,
};

ledger_state! {
    /// What owners allow spenders to move of tokens that belong to a suite.
    pub struct Allowances {
        /// (token, owner, spender), interned addresses.
        pub keys: Index<(Id, Id, Id)>,
        /// Amounts in units of the token.
        pub amounts: Table<U256>,
    }
}

impl Allowances {
    /// What `owner` allows `spender` to move of `token`; all are interned addresses.
    #[must_use]
    pub fn of(&self, token: Id, owner: Id, spender: Id) -> U256 {
        *self.amounts.get(self.keys.find(&(token, owner, spender)))
    }

    /// Folds a new allowance of `token`.
    pub fn set(
        &mut self,
        fold: &mut Fold<'_>,
        token: Address,
        (owner, spender): (Address, Address),
        value: U256,
    ) {
        let mark = fold.mark;
        let token = fold.accounts.intern(mark, token);
        let owner = fold.accounts.intern(mark, owner);
        let spender = fold.accounts.intern(mark, spender);
        let key = self.keys.intern(mark, (token, owner, spender));
        self.amounts.set(mark, key, value);
    }
}

/// Allowance left after `spender` spends `value`, or `None` when it stays as it is (infinite).
/// Source: `ERC20._spendAllowance`; no Approval is logged.
///
/// # Errors
/// `ERC20InsufficientAllowance(spender, allowance, value)`.
pub fn spend_allowance(
    allowance: U256,
    spender: Address,
    value: U256,
) -> Result<Option<U256>, Revert> {
    if allowance == U256::MAX {
        return Ok(None);
    }
    allowance
        .checked_sub(value)
        .map(Some)
        .ok_or_else(|| ERC20InsufficientAllowance { spender, allowance, needed: value }.into())
}

/// `token.balanceOf(account)`, seen from contract `from`.
///
/// # Errors
/// A revert without data when there is no token or its answer is short; the token's revert.
pub fn balance_of<S: Suite>(
    host: &mut dyn Host<S>,
    from: Address,
    token: Address,
    account: Address,
) -> Result<U256, Revert> {
    let input = calldata::<1, 36>(Erc20::balanceOfCall::SELECTOR, [account.into_word().0]);
    // Nothing where the token should be answers nothing, and then there is no word to decode: the
    // same revert as the compiler's check for code.
    word(&host.call(Call::view(from, token, &input))?, 0)
}

/// `SafeERC20.safeTransfer`.
///
/// # Errors
/// The token's revert, `FailedInnerCall()`, `AddressEmptyCode(token)` or
/// `SafeERC20FailedOperation(token)` when it answers false.
pub fn safe_transfer<S: Suite>(
    host: &mut dyn Host<S>,
    from: Address,
    token: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    let words = [to.into_word().0, value.to_be_bytes()];
    let input = calldata::<2, 68>(Erc20::transferCall::SELECTOR, words);
    checked_bool(host, Call::new(from, token, &input))
}

/// `SafeERC20.safeTransferFrom` with `from` (the calling contract) as spender and receiver `to`.
///
/// # Errors
/// As [`safe_transfer`].
pub fn safe_transfer_from<S: Suite>(
    host: &mut dyn Host<S>,
    from: Address,
    token: Address,
    owner: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    let words = [owner.into_word().0, to.into_word().0, value.to_be_bytes()];
    let input = calldata::<3, 100>(Erc20::transferFromCall::SELECTOR, words);
    checked_bool(host, Call::new(from, token, &input))
}

/// Pulls `value` from `owner` into `from` and returns what arrived, which is less than `value` for
/// tokens that take a fee.
///
/// # Errors
/// Those of [`balance_of`] and [`safe_transfer_from`]; `Panic(0x11)` when the balance fell.
pub fn pull<S: Suite>(
    host: &mut dyn Host<S>,
    from: Address,
    token: Address,
    owner: Address,
    value: U256,
) -> Result<U256, Revert> {
    let before = balance_of(host, from, token, from)?;
    safe_transfer_from(host, from, token, owner, from, value)?;
    let after = balance_of(host, from, token, from)?;
    Ok(crate::math::sub(after, before)?)
}

fn checked_bool<S: Suite>(host: &mut dyn Host<S>, call: Call<'_>) -> Result<(), Revert> {
    let output = call_checked(host, call)?;
    if output.is_empty() {
        return Ok(());
    }
    match word(&output, 0)? {
        U256::ONE => Ok(()),
        U256::ZERO => Err(library::SafeERC20FailedOperation { token: call.to }.into()),
        // Neither true nor false: the caller's ABI decoder refuses it.
        _ => Err(Revert::empty()),
    }
}

/// Selector and words on the stack; `BYTES` is `4 + 32 * WORDS`.
fn calldata<const WORDS: usize, const BYTES: usize>(
    selector: [u8; 4],
    words: [[u8; 32]; WORDS],
) -> [u8; BYTES] {
    let mut out = [0u8; BYTES];
    if let Some((head, tail)) = out.split_first_chunk_mut::<4>() {
        *head = selector;
        for (to, from) in tail.as_chunks_mut::<32>().0.iter_mut().zip(words) {
            *to = from;
        }
    }
    out
}
