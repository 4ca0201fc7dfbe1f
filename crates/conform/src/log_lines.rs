//! A mirror fed from a file: logs as JSON lines in the shape of `eth_getLogs`.

use alloy_primitives::{Address, B256, Bytes, Log, LogData, U64};
use bondstone_kernel::{Block, FoldError};
use bondstone_world::{Folded, World};
use serde::Deserialize;
use serde::de::Error as _;
use std::borrow::Cow;
use std::io::BufRead;
use thiserror::Error;

/// Why a file of logs could not be folded. Lines count from one.
#[derive(Debug, Error)]
pub enum LogLineError {
    /// The line could not be read.
    #[error("line {line}: {source}")]
    Read {
        /// The line.
        line: usize,
        /// Why.
        source: std::io::Error,
    },
    /// The line is no log.
    #[error("line {line}: not a log: {source}")]
    Parse {
        /// The line.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// The log does not fit the state before it.
    #[error("line {line}: {source}")]
    Fold {
        /// The line.
        line: usize,
        /// Why.
        source: FoldError,
    },
}

/// A log as `eth_getLogs` gives it. Nodes that leave out the block's time need it added, because
/// histories are kept by the second.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogLine {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
    #[serde(deserialize_with = "quantity")]
    block_number: u64,
    #[serde(deserialize_with = "quantity")]
    block_timestamp: u64,
}

/// A number as JSON-RPC writes it: `0x` and hexadecimal digits.
fn quantity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = <Cow<'de, str>>::deserialize(deserializer)?;
    text.strip_prefix("0x")
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| D::Error::custom(format!("{text:?} is not a hexadecimal number")))
}

/// What folding a file came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Logs that changed the state.
    pub applied: usize,
    /// Logs that no suite knows.
    pub unknown: usize,
}

/// Folds logs, one JSON object a line, into a world. The world's block follows the logs'.
///
/// # Errors
/// [`LogLineError`] with the line; the lines before it are folded.
pub fn fold_lines(world: &mut World, mut input: impl BufRead) -> Result<LineCounts, LogLineError> {
    let mut counts = LineCounts::default();
    let chain_id = world.block().chain_id;
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let read = input.read_line(&mut line);
        if read.map_err(|source| LogLineError::Read { line: number, source })? == 0 {
            break;
        }
        let parsed: LogLine = serde_json::from_str(&line)
            .map_err(|source| LogLineError::Parse { line: number, source })?;
        world.set_block(Block {
            number: parsed.block_number,
            timestamp: parsed.block_timestamp,
            chain_id,
        });
        let data = LogData::new_unchecked(parsed.topics, parsed.data);
        let folded = world
            .fold(&Log { address: parsed.address, data })
            .map_err(|source| LogLineError::Fold { line: number, source })?;
        match folded {
            Folded::Applied => counts.applied += 1,
            Folded::Unknown(_) => counts.unknown += 1,
        }
    }
    Ok(counts)
}

/// A log as a JSON line, as [`fold_lines`] reads it back.
#[must_use]
pub fn to_line(block: &Block, log: &Log) -> String {
    serde_json::json!({
        "address": log.address,
        "topics": log.data.topics(),
        "data": log.data.data,
        "blockNumber": U64::from(block.number),
        "blockTimestamp": U64::from(block.timestamp),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use bondstone_world::sandbox::{Sandbox, SlasherChoice, VaultPlan, account};

    fn sandbox() -> (Sandbox, World, String) {
        let mut sandbox = Sandbox::new(1_750_000_000).expect("an empty world");
        let plan = VaultPlan {
            collateral: sandbox.token,
            tokenized: false,
            epoch_duration: 100,
            delegator_type: 0,
            slasher: SlasherChoice::None,
        };
        let vault = sandbox.vault(&plan).expect("a sound plan").vault;
        sandbox.mint(sandbox.token, account(1), U256::from(9)).expect("fits");
        let start = sandbox.world.clone();
        let (spender, value) = (vault, U256::MAX);
        let approve = bondstone_kernel::erc20::Erc20::approveCall { spender, value };
        let deposit = bondstone_symbiotic::abi::vault::Vault::depositCall {
            onBehalfOf: account(1),
            amount: U256::from(7),
        };
        let mut lines = String::new();
        for receipt in [
            sandbox.send(account(1), sandbox.token, &approve),
            sandbox.send(account(1), vault, &deposit),
        ] {
            for log in receipt.logs() {
                lines += &to_line(sandbox.world.block(), log);
                lines.push('\n');
            }
        }
        (sandbox, start, lines)
    }

    #[test]
    fn lines_rebuild_the_world() {
        let (sandbox, mut mirror, lines) = sandbox();
        let counts = fold_lines(&mut mirror, lines.as_bytes()).expect("our own lines");
        assert_eq!(counts, LineCounts { applied: 3, unknown: 0 });
        assert!(mirror == sandbox.world);
    }

    #[test]
    fn a_bad_line_is_named() {
        let (_, mut mirror, lines) = sandbox();
        let cut = &lines[..lines.len() - 40];
        let error = fold_lines(&mut mirror, cut.as_bytes()).expect_err("the last line is cut");
        assert!(error.to_string().starts_with("line 3: not a log"), "{error}");
    }
}
