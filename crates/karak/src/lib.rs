//! Karak V2 and what surrounds it, as native contracts.
//!
//! One deployment lives in a world: Core, standard and native vaults with their nodes, slashing
//! handlers, the querier, the registry of names, and of the on-chain SDK the service contract and
//! the stake viewer. Rules are in `rules/`, one file per contract; each ends in an event, and
//! `apply/` is the only code that changes the state.
//!
//! Source of every rule: karak-network v2-contracts 2.0.0 (revision 3b3b78f1) and karak-onchain-sdk
//! (revision f069adc3) with Solady 0.0.201 and OpenZeppelin 5.0.2; the contract and function are
//! named where the rule is.
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
pub mod apply;
pub mod event;
pub mod rules;
pub mod security;
pub mod state;

pub use event::Event;
pub use rules::dispatch;
pub use state::{Contract, Kind, State};

use alloy_primitives::Address;
use bondstone_kernel::{Fold, FoldError, Host, Id, Suite};

/// The suite.
#[derive(Clone, Copy, Debug)]
pub struct Karak;

impl Suite for Karak {
    type State = State;
    type Event = Event;

    fn apply(
        state: &mut State,
        fold: &mut Fold<'_>,
        emitter: Address,
        event: &Event,
    ) -> Result<(), FoldError> {
        apply::apply(state, fold, emitter, event)
    }
}

/// The host as the rules of this suite see it.
pub type KarakHost<'a> = dyn Host<Karak> + 'a;

/// Whether a contract of this suite lives at the account.
#[must_use]
pub fn has_code(state: &State, account: Id) -> bool {
    *state.contracts.get(account) != Contract::None
}
