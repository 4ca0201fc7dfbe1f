//! Proof that the suites are exact: traces recorded from the real contracts, replayed and compared
//! byte for byte.
//!
//! A trace is a file of JSON lines: a header with names and set-up, then one recorded call a line,
//! with its outcome, returned or revert data, logs, and readings of views after it. [`run`] replays
//! such files, either by the rules of the suites or, as a mirror does, from the recorded logs
//! alone, and says where the first difference of each is.
//!
//! The schemas are described in `vectors/*/README.md`. Families and schema versions that are not
//! known here are errors.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod abi;
pub mod book;
pub mod compare;
pub mod deployment;
pub mod error;
pub mod fixtures;
pub mod karak;
pub mod log_lines;
pub mod mirror;
pub mod readings;
pub mod report;
pub mod rewards;
pub mod run;
pub mod source;
pub mod symbiotic;

pub use error::TraceError;
pub use run::{Exit, Options, Set, run};
