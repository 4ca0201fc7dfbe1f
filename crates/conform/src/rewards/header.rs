//! The first line of a rewards trace.

use crate::abi;
use crate::book::Book;
use crate::error::TraceError;
use crate::source::Source;
use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Which contracts a trace is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `DefaultStakerRewards` with a vault.
    Staker,
    /// `DefaultOperatorRewards`.
    Operator,
    /// Rewards V2, cumulative Merkle path.
    V2Merkle,
    /// Rewards V2, vault snapshot path.
    V2Snapshot,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::Staker, Self::Operator, Self::V2Merkle, Self::V2Snapshot];

    /// The family as `--only` names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Staker => "staker",
            Self::Operator => "operator",
            Self::V2Merkle => "v2merkle",
            Self::V2Snapshot => "v2snapshot",
        }
    }

    /// The family as headers name it.
    fn of_set(set: &str) -> Option<Self> {
        match set {
            "symbiotic-staker-rewards" => Some(Self::Staker),
            "symbiotic-operator-rewards" => Some(Self::Operator),
            "symbiotic-rewards-v2-cumulative-merkle" => Some(Self::V2Merkle),
            "symbiotic-rewards-v2-vault-snapshot" => Some(Self::V2Snapshot),
            _ => None,
        }
    }

    /// Whether it is a family of Rewards V2.
    #[must_use]
    pub fn is_v2(self) -> bool {
        matches!(self, Self::V2Merkle | Self::V2Snapshot)
    }
}

#[derive(Deserialize)]
struct FirstLine<M> {
    meta: M,
}

#[derive(Deserialize)]
struct SetName {
    set: String,
    /// The schema has no version so far; a file that names one is of another schema.
    #[serde(default)]
    format: Option<Value>,
}

/// The header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Seed; its parity decides part of the set-up.
    #[serde(deserialize_with = "abi::number")]
    pub seed: u64,
    /// Chain id.
    #[serde(deserialize_with = "abi::number")]
    pub chain_id: u64,
    /// Contracts and accounts by name.
    pub addresses: BTreeMap<String, Address>,
    /// The vault (staker family).
    #[serde(default)]
    pub vault: Option<Vault>,
    /// Names of the reward tokens in use (staker family).
    #[serde(default)]
    pub tokens: Option<Vec<String>>,
    /// Seconds of an epoch of the vault (V2 snapshot family).
    #[serde(default)]
    pub epoch_duration: Option<Value>,
}

/// The vault of a staker trace.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vault {
    /// Seconds of an epoch.
    #[serde(deserialize_with = "abi::number")]
    pub epoch_duration: u64,
    /// Its token.
    pub collateral: Address,
    /// Start of epoch 0.
    #[serde(deserialize_with = "abi::number")]
    pub epoch_duration_init: u64,
}

impl Header {
    /// Reads which family a file belongs to.
    ///
    /// # Errors
    /// [`TraceError::UnknownFamily`], or what is wrong with the line.
    pub fn family(source: &Source) -> Result<Family, TraceError> {
        let Some((line, text)) = source.lines().next() else {
            return Err(source.truncated(1, "an empty file"));
        };
        let value: Value = source.json(line, text)?;
        let first: FirstLine<SetName> = serde_json::from_value(value).map_err(|error| {
            source.malformed(line, format!("no header of a rewards trace: {error}"))
        })?;
        if let Some(format) = first.meta.format {
            let (place, format) = (source.place(line), format.to_string());
            return Err(TraceError::UnknownFormat { place, format });
        }
        let family = first.meta.set;
        Family::of_set(&family).ok_or_else(|| TraceError::UnknownFamily {
            place: source.place(line),
            family,
            supported: "known (staker, operator, v2merkle, v2snapshot)",
        })
    }

    /// Reads the header of a file of a known family.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn read(source: &Source) -> Result<Self, TraceError> {
        let (line, text) = source.lines().next().unwrap_or((1, ""));
        source.json::<FirstLine<Self>>(line, text).map(|first| first.meta)
    }

    /// Names and addresses.
    #[must_use]
    pub fn book(&self) -> Book {
        let mut book = Book::default();
        for (name, address) in &self.addresses {
            book.add(name, *address);
        }
        book
    }

    /// The address of a name, zero when the header has none.
    #[must_use]
    pub fn address(&self, name: &str) -> Address {
        self.addresses.get(name).copied().unwrap_or_default()
    }

    /// Addresses of `stem0`, `stem1`, … with their numbers, as far as the header names them.
    pub fn numbered(&self, stem: &str) -> impl Iterator<Item = (usize, Address)> {
        let stem = stem.to_owned();
        (0usize..).map_while(move |index| {
            self.addresses.get(&format!("{stem}{index}")).map(|address| (index, *address))
        })
    }

    /// Every token by name.
    pub fn all_tokens(&self) -> impl Iterator<Item = (&str, Address)> {
        let is_token = |name: &str| {
            let number = name.strip_prefix("token").and_then(|rest| rest.parse::<u32>().ok());
            number.is_some() || name == BURN_ONE || name == "collateral"
        };
        let named = self.addresses.iter().map(|(name, address)| (name.as_str(), *address));
        named.filter(move |(name, _)| is_token(name))
    }

    /// The reward tokens.
    pub fn reward_tokens(&self) -> impl Iterator<Item = Address> {
        self.all_tokens()
            .filter(|(name, _)| match &self.tokens {
                Some(used) => used.iter().any(|token| token == name),
                None => *name != "collateral",
            })
            .map(|(_, address)| address)
    }
}

/// The token that burns one unit of every transfer.
pub const BURN_ONE: &str = "feeOnTransferToken";
