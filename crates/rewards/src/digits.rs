//! Amounts in JSON: strings of decimal digits, which no reader takes for floats.

use alloy_primitives::U256;
use bondstone_kernel::Assets;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(value: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    Assets(*value).serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
    Assets::deserialize(deserializer).map(|amount| amount.0)
}
