//! How texts look that several answers share. Only their schemas are used.
#![expect(dead_code, reason = "the values are made by the types that these describe")]

use utoipa::ToSchema;

/// An amount in the smallest unit of its asset, or a number of shares, as decimal digits.
#[derive(ToSchema)]
#[schema(pattern = "^[0-9]+$", example = "135000000000000000000")]
pub(crate) struct Amount(String);

/// The address of an account or contract, whatever the case of its digits.
#[derive(ToSchema)]
#[schema(as = Address, pattern = "^0x[0-9a-fA-F]{40}$")]
pub(crate) struct AddressText(String);

/// 32 bytes in hex.
#[derive(ToSchema)]
#[schema(as = Hash, pattern = "^0x[0-9a-f]{64}$")]
pub(crate) struct HashText(String);

/// Bytes in hex.
#[derive(ToSchema)]
#[schema(as = Bytes, pattern = "^0x([0-9a-f]{2})*$")]
pub(crate) struct BytesText(String);

/// Who takes part: an address, `bitcoin-key:` with 32 bytes in hex, or `chain:` with a name.
#[derive(ToSchema)]
#[schema(as = Party)]
pub(crate) struct PartyText(String);

/// What is staked or paid: the address of a token, `ether` or `bitcoin`.
#[derive(ToSchema)]
#[schema(as = AssetId)]
pub(crate) struct AssetText(String);

/// A protocol that sells shared security.
#[derive(ToSchema)]
#[schema(as = Protocol)]
#[schema(rename_all = "lowercase")]
pub(crate) enum ProtocolText {
    Symbiotic,
    EigenLayer,
    Karak,
    Babylon,
}

/// Seconds since 1970.
#[derive(ToSchema)]
#[schema(as = Time)]
pub(crate) struct Time(u64);

/// A time before the block.
#[derive(ToSchema)]
#[schema(as = Window)]
pub(crate) enum WindowText {
    #[schema(rename = "7d")]
    Week,
    #[schema(rename = "30d")]
    Month,
    #[schema(rename = "90d")]
    Quarter,
}

/// A decimal number with as many digits as it has, such as 12.5.
#[derive(ToSchema)]
#[schema(as = Decimal, pattern = "^[0-9]+([.][0-9]+)?$", example = "12.5")]
pub(crate) struct DecimalText(String);
