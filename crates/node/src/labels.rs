//! Names and prices that people gave to addresses. The chain itself knows neither.

use crate::economy::Economy;
use alloy_primitives::Address;
use bondstone_kernel::security::{Asset, DecimalError, Prices};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// What an economy calls its parties, and what its tokens are said to cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Labels {
    /// Names of accounts and contracts.
    pub names: BTreeMap<Address, String>,
    /// Prices of whole tokens in one currency, as decimal numbers. They are illustrative.
    pub prices: BTreeMap<Address, String>,
}

/// A price that is no decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the price of {token}: {error}")]
pub struct PriceLabelError {
    /// The token.
    pub token: Address,
    /// What is wrong with its price.
    pub error: DecimalError,
}

impl Labels {
    /// The prices as numbers.
    ///
    /// # Errors
    /// [`PriceLabelError`] names the first token whose price is none.
    pub fn prices(&self) -> Result<Prices, PriceLabelError> {
        let parsed = self.prices.iter().map(|(token, price)| {
            let wrong = |error| PriceLabelError { token: *token, error };
            Ok((Asset::Token(*token), price.parse().map_err(wrong)?))
        });
        parsed.collect()
    }

    /// What an economy says.
    #[must_use]
    pub fn of(economy: &Economy) -> Self {
        let names = economy.labels().map(|(address, label)| (address, label.name.clone()));
        let prices = economy.tokens.all().filter_map(|token| {
            Some((token.address, economy.price_usd(token.address)?.to_owned()))
        });
        Self { names: names.collect(), prices: prices.collect() }
    }
}
