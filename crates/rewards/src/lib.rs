//! Who is paid for security and how much, and the proof that everybody can check.
//!
//! [`merkle`] builds the trees whose roots the rails accept: Symbiotic's operator rewards and
//! Rewards V2, EigenLayer's `RewardsCoordinator`, Merkl's `Distributor`.
//!
//! Nothing here knows a clock, a file or a socket. Work is spread over threads with rayon; no
//! result depends on how many there are.
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

pub mod merkle;
