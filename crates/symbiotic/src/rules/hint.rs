//! Checkpoint hints as contracts take them: empty, or an ABI-encoded `uint32`.

use bondstone_kernel::{Revert, Trace, host};

/// Decodes a hint. Source: `Checkpoints.upperLookupRecent(…, bytes hint_)`.
///
/// # Errors
/// A revert without data for a hint of fewer than 32 bytes or past `uint32`.
pub fn decode(hint: &[u8]) -> Result<Option<u32>, Revert> {
    if hint.is_empty() {
        return Ok(None);
    }
    let word = host::word(hint, 0)?;
    u32::try_from(word).map(Some).map_err(|_| Revert::empty())
}

/// Value of `trace` at `timestamp`, checking the hint as the contract does.
///
/// # Errors
/// Those of [`decode`]; `Panic(0x32)` for a hint past the end.
pub fn lookup<V: Copy + Default>(
    trace: &Trace<V>,
    timestamp: u64,
    hint: &[u8],
) -> Result<V, Revert> {
    Ok(trace.upper_lookup_hinted(timestamp, decode(hint)?)?)
}
