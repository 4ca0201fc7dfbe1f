//! The first line of a core trace: names, tokens, vaults, approvals.

use crate::abi;
use crate::error::TraceError;
use crate::source::Source;
use alloy_primitives::{Address, U256};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Which sort of trace it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Random calls from a seed.
    Random,
    /// A scenario that visits every reachable error.
    Directed,
    /// The worked examples of the specification.
    Examples,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 3] = [Self::Random, Self::Directed, Self::Examples];

    /// The family as headers and `--only` name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Directed => "directed",
            Self::Examples => "examples",
        }
    }
}

/// The header.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// Chain id.
    #[serde(deserialize_with = "abi::number")]
    pub chain_id: u64,
    /// When the base contracts were deployed.
    #[serde(deserialize_with = "abi::number")]
    pub base_timestamp: u64,
    /// Number of steps.
    #[serde(deserialize_with = "abi::number")]
    pub steps: u64,
    /// Contracts by name.
    pub contracts: BTreeMap<String, Address>,
    /// Contract types by name.
    pub kinds: BTreeMap<String, String>,
    /// Accounts by name.
    pub actors: BTreeMap<String, Address>,
    /// Tokens by name.
    pub tokens: BTreeMap<String, Token>,
    /// Who holds what at the start, in words.
    pub initial_balances: String,
    /// Approvals made outside the steps.
    pub approvals: Vec<Approval>,
    /// Vaults that the configurator creates in the course of the trace.
    pub vaults: Vec<Vault>,
    /// Constructor arguments of the reset hooks.
    pub reset_hook_params: ResetHookParams,
}

/// A token.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Decimals.
    pub decimals: u8,
    /// Part of each transfer that is burnt, in 1/10000.
    pub fee_bps: u16,
}

/// An approval directly after a step.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The step; -1 is before the first.
    pub after_step: i64,
    /// Who approves.
    pub owner: String,
    /// Which token.
    pub token: String,
    /// Whom.
    pub spender: String,
    /// How much.
    #[serde(deserialize_with = "abi::amount")]
    pub amount: U256,
}

/// Constructor arguments of the reset hooks.
#[derive(Clone, Debug, Deserialize)]
pub struct ResetHookParams {
    /// `PERIOD`, seconds.
    #[serde(rename = "PERIOD", deserialize_with = "abi::number")]
    pub period: u64,
    /// `SLASH_COUNT`.
    #[serde(rename = "SLASH_COUNT", deserialize_with = "abi::number")]
    pub slash_count: u64,
}

/// Configuration of a vault. Names refer to contracts and actors.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vault {
    /// Name of the vault.
    pub name: String,
    /// 1 plain, 2 tokenized.
    #[serde(deserialize_with = "abi::number")]
    pub version: u64,
    /// Collateral token.
    pub collateral: String,
    /// Burner, if any.
    pub burner: Option<String>,
    /// Seconds of an epoch.
    #[serde(deserialize_with = "abi::number")]
    pub epoch_duration: u64,
    /// Start of epoch 0.
    #[serde(deserialize_with = "abi::number")]
    pub init: u64,
    /// Whether depositors must be whitelisted.
    #[serde(default)]
    pub deposit_whitelist: bool,
    /// Whether there is a cap.
    #[serde(default)]
    pub is_deposit_limit: bool,
    /// The cap.
    #[serde(default, deserialize_with = "abi::amount")]
    pub deposit_limit: U256,
    /// Name of the delegator.
    pub delegator: String,
    /// Delegator type.
    #[serde(deserialize_with = "abi::number")]
    pub dtype: u64,
    /// Hook of the delegator, if any.
    #[serde(default)]
    pub hook: Option<String>,
    /// Operator of types 2 and 3.
    #[serde(default)]
    pub operator: Option<String>,
    /// Network of type 3.
    #[serde(default)]
    pub network: Option<String>,
    /// Name of the slasher, if any.
    #[serde(default)]
    pub slasher: Option<String>,
    /// Slasher type, if any.
    #[serde(default)]
    pub stype: Option<u64>,
    /// Whether the slasher calls the burner.
    #[serde(default)]
    pub is_burner_hook: bool,
    /// Seconds of the veto phase (type 1).
    #[serde(default, deserialize_with = "abi::number")]
    pub veto_duration: u64,
    /// Epochs until a new resolver holds (type 1).
    #[serde(default, deserialize_with = "abi::amount")]
    pub resolver_set_epochs_delay: U256,
}

/// A holding at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub holder: String,
    /// How much of each token.
    pub amount: U256,
}

impl Header {
    /// Reads the header and its family.
    ///
    /// # Errors
    /// [`TraceError::UnknownFormat`], [`TraceError::UnknownFamily`], or what is wrong with the
    /// line.
    pub fn read(source: &Source) -> Result<(Family, Self), TraceError> {
        let Some((line, text)) = source.lines().next() else {
            return Err(source.truncated(1, "an empty file"));
        };
        let value: Value = source.json(line, text)?;
        let place = || source.place(line);
        match value.get("format") {
            None => return Err(source.malformed(line, "no header of a core trace: no format")),
            Some(format) if format.as_u64() == Some(1) => {}
            Some(format) => {
                let format = format.to_string();
                return Err(TraceError::UnknownFormat { place: place(), format });
            }
        }
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or("(none)").to_owned();
        let Some(family) = Family::ALL.into_iter().find(|family| family.name() == kind) else {
            let supported = "known (random, directed, examples)";
            return Err(TraceError::UnknownFamily { place: place(), family: kind, supported });
        };
        let header = serde_json::from_value(value)
            .map_err(|error| source.malformed(line, error.to_string()))?;
        Ok((family, header))
    }

    /// Who holds what at the start: `a,b: 10^60 of each token`, one clause per amount.
    ///
    /// # Errors
    /// The text that is not understood.
    pub fn holdings(&self) -> Result<Vec<Holding>, String> {
        let mut holdings = Vec::new();
        for clause in self.initial_balances.split(';') {
            let wrong = || format!("initialBalances: {clause:?} is not understood");
            let (names, amount) = clause.split_once(':').ok_or_else(wrong)?;
            let amount = amount.trim().strip_suffix(" of each token").ok_or_else(wrong)?;
            let amount = match amount.split_once('^') {
                Some((base, exponent)) => {
                    let base: U256 = base.trim().parse().map_err(|_| wrong())?;
                    let exponent: U256 = exponent.trim().parse().map_err(|_| wrong())?;
                    base.checked_pow(exponent)
                }
                None => amount.trim().parse().ok(),
            };
            let amount = amount.ok_or_else(wrong)?;
            for name in names.split(',') {
                holdings.push(Holding { holder: name.trim().to_owned(), amount });
            }
        }
        Ok(holdings)
    }
}
