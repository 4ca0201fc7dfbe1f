//! Revert data, exactly as a contract would return it.

use crate::math::MathError;
use crate::trace::{HintOutOfRange, Unordered};
use alloy_primitives::{Bytes, U256, hex};
use alloy_sol_types::{Panic, Revert as ErrorString, SolError, sol};
use std::fmt;

/// Errors of the libraries that every suite shares. Selectors are those of the contracts.
pub mod library {
    use super::sol;

    sol! {
        /// OpenZeppelin 5.0.2 `Math`.
        error MathOverflowedMulDiv();
        /// Solady `FixedPointMathLib`.
        error FullMulDivFailed();
        /// OpenZeppelin 5.0.2 `SafeCast`.
        error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
        /// OpenZeppelin 5.0.2 `Checkpoints`.
        error CheckpointUnorderedInsertion();
        /// OpenZeppelin 5.0.2 `ReentrancyGuard`.
        error ReentrancyGuardReentrantCall();
        /// OpenZeppelin 5.0.2 `Address`: the target of a call has no code.
        error AddressEmptyCode(address target);
        /// OpenZeppelin 5.0.2 `Address`: the target reverted without data.
        error FailedInnerCall();
        /// OpenZeppelin 5.0.2 `Address`: the caller holds less wei than it wants to send.
        error AddressInsufficientBalance(address account);
        /// OpenZeppelin 5.0.2 `SafeERC20`.
        error SafeERC20FailedOperation(address token);
        /// OpenZeppelin 5.0.2 `Initializable`.
        error InvalidInitialization();
    }
}

/// Why a call failed: the bytes it returned instead of a result.
///
/// Any `sol!` error converts into it, so rules end a check with `return Err(NotNetwork {}.into())`.
#[derive(Clone, PartialEq, Eq)]
pub struct Revert {
    data: Bytes,
}

impl Revert {
    /// A revert without data: malformed calldata, unknown selectors, calls to missing code.
    #[must_use]
    pub fn empty() -> Self {
        Self { data: Bytes::new() }
    }

    /// `Panic(code)` of Solidity.
    #[must_use]
    pub fn panic(code: u8) -> Self {
        Self { data: Panic { code: U256::from(code) }.abi_encode().into() }
    }

    /// `Panic(0x11)`: checked arithmetic left its type.
    #[must_use]
    pub fn overflow() -> Self {
        Self::panic(0x11)
    }

    /// `Panic(0x32)`: an array was read past its end.
    #[must_use]
    pub fn out_of_bounds() -> Self {
        Self::panic(0x32)
    }

    /// `Error(reason)`: `require` with a text.
    #[must_use]
    pub fn reason(reason: &str) -> Self {
        Self { data: ErrorString { reason: reason.to_owned() }.abi_encode().into() }
    }

    /// Revert data that another contract returned and that bubbles unchanged.
    #[must_use]
    pub fn raw(data: Bytes) -> Self {
        Self { data }
    }

    /// The bytes returned to the caller.
    #[must_use]
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The bytes returned to the caller, by value.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        self.data
    }

    /// Whether this is the given error, whatever its arguments.
    #[must_use]
    pub fn is<E: SolError>(&self) -> bool {
        self.data.get(..4) == Some(E::SELECTOR.as_slice())
    }
}

impl fmt::Debug for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revert({})", hex::encode_prefixed(&self.data))
    }
}

impl fmt::Display for Revert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.data.is_empty() {
            return f.write_str("reverted without data");
        }
        write!(f, "reverted with {}", hex::encode_prefixed(&self.data))
    }
}

impl std::error::Error for Revert {}

impl<E: SolError> From<E> for Revert {
    fn from(error: E) -> Self {
        Self { data: error.abi_encode().into() }
    }
}

impl From<MathError> for Revert {
    fn from(error: MathError) -> Self {
        match error {
            MathError::Overflow => Self::overflow(),
            MathError::DivisionByZero => Self::panic(0x12),
            MathError::MulDivOverflow => library::MathOverflowedMulDiv {}.into(),
            MathError::FullMulDivFailed => library::FullMulDivFailed {}.into(),
            MathError::Downcast { bits, value } => {
                library::SafeCastOverflowedUintDowncast { bits, value }.into()
            }
        }
    }
}

impl From<Unordered> for Revert {
    fn from(_: Unordered) -> Self {
        library::CheckpointUnorderedInsertion {}.into()
    }
}

impl From<HintOutOfRange> for Revert {
    fn from(_: HintOutOfRange) -> Self {
        Self::out_of_bounds()
    }
}

/// Ends a rule with an error unless a condition holds: the check column of a contract.
#[macro_export]
macro_rules! require {
    ($condition:expr, $error:expr) => {
        if !$condition {
            return Err($crate::Revert::from($error));
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_failures_have_their_selectors() {
        let selector = |r: Revert| hex::encode(&r.data()[..4]);
        assert_eq!(selector(MathError::Overflow.into()), "4e487b71");
        assert_eq!(selector(MathError::MulDivOverflow.into()), "227bc153");
        assert_eq!(selector(MathError::FullMulDivFailed.into()), "ae47f702");
        let cast = MathError::Downcast { bits: 48, value: U256::MAX };
        assert_eq!(selector(cast.into()), "6dfcc650");
        assert_eq!(selector(Revert::reason("no")), "08c379a0");
        assert_eq!(selector(Unordered { key: 1, last: 2 }.into()), "2520601d");
        assert!(Revert::empty().data().is_empty());
    }
}
