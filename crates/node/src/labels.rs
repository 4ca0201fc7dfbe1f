//! Names and prices that people gave to addresses. The chain itself knows neither.

use crate::economy::Economy;
use alloy_primitives::Address;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an economy calls its parties, and what its tokens are said to cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Labels {
    /// Names of accounts and contracts.
    pub names: BTreeMap<Address, String>,
    /// Prices of whole tokens in one currency, as decimal numbers. They are illustrative.
    pub prices: BTreeMap<Address, String>,
}

impl Labels {
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
