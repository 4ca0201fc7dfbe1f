//! Who takes part, in what, under which protocol.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A protocol that sells shared security.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Symbiotic.
    #[default]
    Symbiotic,
    /// EigenLayer.
    EigenLayer,
    /// Karak.
    Karak,
    /// Babylon.
    Babylon,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symbiotic => "Symbiotic",
            Self::EigenLayer => "EigenLayer",
            Self::Karak => "Karak",
            Self::Babylon => "Babylon",
        })
    }
}

/// Somebody or something that acts: an account or contract, the holder of a Bitcoin key, a chain.
///
/// As text: a checksummed address, `bitcoin-key:` with 32 bytes in hex, `chain:` with a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Party {
    /// An account or a contract.
    Account(Address),
    /// The x-only public key of BIP-340, for instance of a Babylon finality provider.
    BitcoinKey(B256),
    /// A chain known by its name, for instance a network secured by Babylon.
    Chain(String),
}

/// What is staked or paid.
///
/// As text: the checksummed address of a token, `ether` or `bitcoin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Asset {
    /// A token.
    Token(Address),
    /// Ether of validators.
    Ether,
    /// Bitcoin on Bitcoin.
    Bitcoin,
}

/// How an asset is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssetLabel {
    /// The asset.
    pub asset: Asset,
    /// Its symbol; empty when it tells none.
    pub symbol: String,
    /// Decimals between its smallest unit and a whole one; 0 when it tells none.
    pub decimals: u8,
}

/// A text that names no party or asset.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not {expected}")]
pub struct PartyError {
    /// The text.
    pub text: String,
    /// What it should have been.
    pub expected: &'static str,
}

impl Party {
    /// The address, when the party is an account.
    #[must_use]
    pub fn account(&self) -> Option<Address> {
        match self {
            Self::Account(address) => Some(*address),
            Self::BitcoinKey(_) | Self::Chain(_) => None,
        }
    }

    /// The account; `None` for the zero address, which stands for nobody in contracts.
    #[must_use]
    pub fn somebody(address: Address) -> Option<Self> {
        (!address.is_zero()).then_some(Self::Account(address))
    }
}

impl From<Address> for Party {
    fn from(address: Address) -> Self {
        Self::Account(address)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(address) => write!(f, "{address}"),
            Self::BitcoinKey(key) => write!(f, "bitcoin-key:{key}"),
            Self::Chain(name) => write!(f, "chain:{name}"),
        }
    }
}

impl FromStr for Party {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, PartyError> {
        let expected = "an address, bitcoin-key:0x… or chain:NAME";
        let wrong = || PartyError { text: text.to_owned(), expected };
        if let Some(key) = text.strip_prefix("bitcoin-key:") {
            return key.parse().map(Self::BitcoinKey).map_err(|_| wrong());
        }
        if let Some(name) = text.strip_prefix("chain:").filter(|name| !name.is_empty()) {
            return Ok(Self::Chain(name.to_owned()));
        }
        text.parse().map(Self::Account).map_err(|_| wrong())
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(address) => write!(f, "{address}"),
            Self::Ether => f.write_str("ether"),
            Self::Bitcoin => f.write_str("bitcoin"),
        }
    }
}

impl FromStr for Asset {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, PartyError> {
        match text {
            "ether" => Ok(Self::Ether),
            "bitcoin" => Ok(Self::Bitcoin),
            address => address.parse().map(Self::Token).map_err(|_| PartyError {
                text: text.to_owned(),
                expected: "the address of a token, ether or bitcoin",
            }),
        }
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => {
        $(impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }

        impl TryFrom<String> for $kind {
            type Error = PartyError;

            fn try_from(text: String) -> Result<Self, PartyError> {
                text.parse()
            }
        })*
    };
}

as_text!(Party, Asset);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_and_assets_survive_their_text() {
        let address = Address::repeat_byte(0xab);
        let key = B256::repeat_byte(7);
        let parties =
            [Party::Account(address), Party::BitcoinKey(key), Party::Chain("bbn-1".to_owned())];
        for party in parties {
            assert_eq!(party.to_string().parse(), Ok(party));
        }
        for asset in [Asset::Token(address), Asset::Ether, Asset::Bitcoin] {
            assert_eq!(asset.to_string().parse(), Ok(asset));
        }
    }

    #[test]
    fn a_wrong_text_is_named() {
        for text in ["", "0x12", "chain:", "bitcoin-key:1", "Bitcoin"] {
            let error = text.parse::<Party>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is not an address")), "{error}");
        }
        assert!("gold".parse::<Asset>().is_err());
    }
}
