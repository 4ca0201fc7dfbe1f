//! What the contracts answer and log.

pub(crate) mod calldata;
pub(crate) mod erc20;
pub(crate) mod multicall3;
