//! Symbiotic core V1 and what surrounds it, as native contracts.
//!
//! One deployment lives in a world: registries, services, factories, vaults with their delegators
//! and slashers, the ready-made hooks, burner routers, default collateral, staker and operator
//! rewards, Rewards V2 with its registries. Rules are in `rules/`, one file per contract; each ends
//! in an event, and `apply/` is the only code that changes the state.
//!
//! Source of every rule: Symbiotic core 1.0.3, rewards 2.0.0, rewards-v2, and the burners, hooks
//! and collateral repositories of the same time; the contract and function are named where the
//! rule is.
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
pub struct Symbiotic;

impl Suite for Symbiotic {
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
pub type SymbioticHost<'a> = dyn Host<Symbiotic> + 'a;

/// Whether a contract of this suite lives at the account.
#[must_use]
pub fn has_code(state: &State, account: Id) -> bool {
    *state.contracts.get(account) != Contract::None
}
