//! The ground every protocol suite of Bondstone stands on.
//!
//! Four things live here and nothing else: exact arithmetic whose names say how they round,
//! persistent state that can be forked in constant time, the [`Host`] interface through which a
//! suite of native contracts meets blocks, other contracts and the ledger of logs, and
//! [`security`], the language in which every suite tells what it sells.
//!
//! Nothing in this crate knows a protocol, a clock, a file or a socket.
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

pub mod access;
pub mod block;
pub mod create;
pub mod erc20;
pub mod event;
pub mod host;
pub mod key;
pub mod kind;
pub mod math;
pub mod ownable;
pub mod pages;
pub mod revert;
pub mod security;
pub mod set;
pub mod shared;
pub mod signature;
pub mod snapshot;
pub mod table;
pub mod trace;
pub mod units;

#[doc(hidden)]
pub use alloy_primitives;
#[doc(hidden)]
pub use alloy_sol_types;
#[doc(hidden)]
pub use borsh;

pub use block::{Block, Entry, HashChain};
pub use create::Creation;
pub use event::{Event, FoldError};
pub use host::{Call, Fold, Host, Message, Suite};
pub use key::Key;
pub use math::MathError;
pub use revert::Revert;
pub use set::Sets;
pub use shared::Shared;
pub use snapshot::{Damage, Layout};
pub use table::{Accounts, Id, Index, Mark, NONE, Table, Traces, Undo};
pub use trace::Trace;
pub use units::{Assets, Epoch, Shares, Timestamp};
