//! What an economy's file may say of Karak.

use super::{Amount, Name, TokenizedTable};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct DssTable {
    pub(in crate::economy) name: Name,
    pub(in crate::economy) controller: Name,
    pub(in crate::economy) max_slash: Amount,
    pub(in crate::economy) address: Option<Spanned<String>>,
    #[serde(default)]
    pub(in crate::economy) refuses: Vec<Spanned<HookName>>,
}

/// The hooks that a service of the SDK has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::economy) enum HookName {
    Registration,
    Unregistration,
    RequestUpdateStake,
    FinishUpdateStake,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct KarakVaultTable {
    pub(in crate::economy) name: Name,
    pub(in crate::economy) collateral: Name,
    pub(in crate::economy) operator: Name,
    pub(in crate::economy) shares: Option<TokenizedTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct MembershipTable {
    pub(in crate::economy) operator: Name,
    pub(in crate::economy) dss: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct StakeUpdateTable {
    pub(in crate::economy) vault: Name,
    pub(in crate::economy) dss: Name,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct FinalizeStakeTable {
    pub(in crate::economy) vault: Name,
    pub(in crate::economy) by: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct StartRedeemTable {
    pub(in crate::economy) vault: Name,
    pub(in crate::economy) by: Name,
    pub(in crate::economy) members: Option<Spanned<String>>,
    pub(in crate::economy) shares: Amount,
    pub(in crate::economy) beneficiary: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct SlashingTable {
    pub(in crate::economy) name: Option<Name>,
    pub(in crate::economy) dss: Name,
    pub(in crate::economy) operator: Name,
    pub(in crate::economy) vaults: BTreeMap<Name, Amount>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct FinalizeSlashingTable {
    pub(in crate::economy) request: Name,
    pub(in crate::economy) by: Option<Name>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct JailTable {
    pub(in crate::economy) dss: Name,
    pub(in crate::economy) operator: Name,
    #[serde(default = "yes")]
    pub(in crate::economy) jailed: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::economy) struct RefuseTable {
    pub(in crate::economy) dss: Name,
    pub(in crate::economy) hook: HookName,
    #[serde(default = "yes")]
    pub(in crate::economy) refuses: bool,
}

fn yes() -> bool {
    true
}
