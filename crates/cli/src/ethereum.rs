//! Speaking to any Ethereum node as an account does: views and logs, keys, and transactions that
//! are sent exactly once.

pub(crate) mod client;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod sending;
