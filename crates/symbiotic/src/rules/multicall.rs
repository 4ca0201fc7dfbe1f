//! `multicall(bytes[])`: several calls of a contract to itself in one.
//! Source: OpenZeppelin 5.0.2 `MulticallUpgradeable`.

use crate::Symbiotic;
use alloy_primitives::Bytes;
use alloy_sol_types::SolValue;
use bondstone_kernel::revert::library::FailedInnerCall;
use bondstone_kernel::{Host, Message, Revert};

/// What is left for nested and repeated elements of a call. Gas bounds both on the real chain; here
/// calldata whose elements overlap would make a small call run for ever.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    depth: u32,
    elements: u32,
}

impl Batch {
    /// Levels and elements that a block of 30 million gas could not run.
    #[must_use]
    pub fn whole() -> Self {
        Self { depth: 64, elements: 30_000 }
    }
}

/// Runs each element as a call of the contract to itself with the same sender; all or nothing.
///
/// # Errors
/// The first failing element's revert, `FailedInnerCall()` when it has no data; a revert without
/// data when the batch is used up.
pub fn run(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    calls: &[Bytes],
    batch: &mut Batch,
    mut answer: impl FnMut(
        &mut dyn Host<Symbiotic>,
        &Message<'_>,
        &mut Batch,
    ) -> Result<Vec<u8>, Revert>,
) -> Result<Vec<u8>, Revert> {
    batch.depth = batch.depth.checked_sub(1).ok_or_else(Revert::empty)?;
    let mut results = Vec::new();
    for input in calls {
        batch.elements = batch.elements.checked_sub(1).ok_or_else(Revert::empty)?;
        let message = Message { input, ..*message };
        match answer(host, &message, batch) {
            Ok(output) => results.push(Bytes::from(output)),
            Err(revert) if revert.data().is_empty() => return Err(FailedInnerCall {}.into()),
            Err(revert) => return Err(revert),
        }
    }
    batch.depth = batch.depth.saturating_add(1);
    Ok(results.abi_encode())
}
