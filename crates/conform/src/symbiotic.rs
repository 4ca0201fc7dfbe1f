//! Set `symbiotic`: traces of Symbiotic core V1 with its hooks, burner router and default
//! collateral.

pub mod genesis;
pub mod header;
pub mod replay;
pub mod step;
