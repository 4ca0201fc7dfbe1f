//! Set `symbiotic-rewards`: traces of the staker and operator rewards contracts, end to end with
//! the vault.

mod closing;
pub mod genesis;
pub mod header;
pub mod operation;
pub mod replay;
mod views;
