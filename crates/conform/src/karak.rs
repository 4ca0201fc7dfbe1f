//! Set `karak`: traces of Karak V2 with its native vaults and the services of the on-chain SDK.

pub mod fixtures;
pub mod genesis;
pub mod header;
pub mod mirror;
pub mod readings;
pub mod replay;
pub mod step;
