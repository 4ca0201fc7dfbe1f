//! Names and prices that people gave to addresses. The chain itself knows neither.

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
