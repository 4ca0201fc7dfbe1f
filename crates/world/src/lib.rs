#![doc = include_str!("../README.md")]
//!
//! # The crate
//!
//! Every suite of native contracts in one world.
//!
//! A [`World`] is a value: cloning it is a fork, dropping the clone forgets it. It runs calls
//! ([`World::transact`]), answers reads ([`World::view`]), and folds logs of the real contracts
//! ([`World::fold`]). All three end in the same `apply` of the suites.
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

mod base;
pub mod deployment;
mod guest;
mod host;
mod recorder;
pub mod sandbox;
mod security;
pub mod snapshot;
mod world;

pub use base::{BaseEvent, State as BaseState};
pub use deployment::Deployment;
pub use deployment::karak::KarakDeployment;
pub use guest::Guest;
pub use host::{Playback, Shortage};
pub use recorder::CallFrame;
pub use security::{SecurityError, security_topics};
pub use snapshot::SnapshotError;
pub use world::{AnyEvent, Folded, Receipt, Transaction, World};

/// Address of Multicall3 on every chain.
#[must_use]
pub fn multicall3() -> alloy_primitives::Address {
    bondstone_tokens::MULTICALL3
}

/// The examples of the Symbiotic model, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/models/symbiotic.md")]
pub struct SymbioticModel;
