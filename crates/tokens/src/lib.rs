//! ERC-20 tokens of several temperaments, and Multicall3, as native contracts.
//!
//! A token is [`abi::TokenCreated`] plus its `Transfer` and `Approval` logs: minting is a transfer
//! from the zero address, burning one to it, and [`State`] is nothing but their sum. How a token
//! behaves when it is called (plain, taking a fee, burning one unit, failing in one of the known
//! ways) is its [`Style`].
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod abi;
mod apply;
mod rules;
pub mod state;
#[cfg(test)]
mod testing;

pub use abi::TokenEvent;
pub use rules::multicall3::{BLOCK_GAS_LIMIT, MULTICALL3};
pub use state::{Contract, Labels, State, Style};

use bondstone_kernel::{Fold, FoldError, Host, Id, Message, Revert, Suite};

use alloy_primitives::Address;

/// The suite of tokens and Multicall3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens;

impl Suite for Tokens {
    type State = State;
    type Event = TokenEvent;

    fn apply(
        state: &mut State,
        fold: &mut Fold<'_>,
        emitter: Address,
        event: &TokenEvent,
    ) -> Result<(), FoldError> {
        apply::apply(state, fold, emitter, event)
    }
}

/// Whether a contract of this suite lives at the interned address `account`.
#[must_use]
pub fn has_code(state: &State, account: Id) -> bool {
    state.contract(account) != Contract::None
}

/// Answers a call to the contract of this suite at `id`, the interned `message.this`.
///
/// # Errors
/// The contract's revert; a revert without data when no contract of this suite is there, when the
/// selector is unknown or when the calldata is malformed.
pub fn dispatch(
    host: &mut dyn Host<Tokens>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match host.state().contract(id) {
        Contract::None => Err(Revert::empty()),
        Contract::Token { style, .. } => {
            rules::erc20::dispatch(host, message, rules::erc20::Token { id, style })
        }
        Contract::Multicall3 => rules::multicall3::dispatch(host, message),
    }
}

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
