//! A chain that answers: blocks over the world of native contracts, spoken to through Ethereum
//! JSON-RPC over HTTP. This is the only crate that reads a clock, opens a socket or knows `async`.

pub mod accounts;
pub mod chain;
pub mod error;
mod reason;
pub mod rpc;
pub mod server;
