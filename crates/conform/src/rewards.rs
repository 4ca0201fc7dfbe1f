//! Set `symbiotic-rewards`: traces of the staker and operator rewards contracts, end to end with
//! the vault, and of both rails of Rewards V2.

mod closing;
pub mod genesis;
pub mod header;
pub mod operation;
pub mod replay;
mod v2;
mod views;
