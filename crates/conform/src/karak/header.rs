//! The first line of a Karak trace: names, tokens, vaults, slashings.

use crate::abi;
use crate::error::TraceError;
use crate::source::Source;
use alloy_primitives::{Address, B256};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which sort of trace it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Random calls from a seed.
    Random,
    /// A script of edge cases with random amounts.
    Directed,
}

/// Seeds of directed traces start here.
const FIRST_DIRECTED_SEED: u64 = 101;

/// The protocol that headers name.
const PROTOCOL: &str = "karak-v2";

impl Family {
    /// Every family.
    pub const ALL: [Self; 2] = [Self::Random, Self::Directed];

    /// The family as `--only` names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Directed => "directed",
        }
    }
}

/// The header.
#[derive(Debug, Deserialize)]
pub struct Header {
    /// Seed of the driver.
    #[serde(deserialize_with = "abi::number")]
    pub seed: u64,
    /// Protocol and version.
    pub protocol: String,
    /// Contracts and accounts.
    pub names: BTreeMap<String, Address>,
    /// Leading steps that only build the world.
    #[serde(deserialize_with = "abi::number")]
    pub setup_steps: u64,
    /// Decimals of the tokens.
    pub tokens: BTreeMap<String, u8>,
    /// Decimals of the shares of vaults.
    pub vaults: BTreeMap<String, Vault>,
    /// Slashings in the order of their requests.
    pub pending_slashes: Vec<Slashing>,
}

/// A vault.
#[derive(Clone, Debug, Deserialize)]
pub struct Vault {
    /// Decimals of its shares.
    pub decimals: u8,
}

/// A slashing.
#[derive(Clone, Debug, Deserialize)]
pub struct Slashing {
    /// The hash under which it waits.
    pub root: B256,
}

impl Header {
    /// Reads the header and its family.
    ///
    /// # Errors
    /// [`TraceError::Truncated`], [`TraceError::Malformed`]; [`TraceError::UnknownFamily`] for
    /// another protocol.
    pub fn read(source: &Source) -> Result<(Family, Self), TraceError> {
        let Some((line, text)) = source.lines().next() else {
            return Err(source.truncated(1, "an empty file"));
        };
        let header: Self = source.json(line, text)?;
        if header.protocol != PROTOCOL {
            return Err(TraceError::UnknownFamily {
                place: source.place(line),
                family: header.protocol,
                supported: "known (karak-v2)",
            });
        }
        let family =
            if header.seed < FIRST_DIRECTED_SEED { Family::Random } else { Family::Directed };
        Ok((family, header))
    }
}
