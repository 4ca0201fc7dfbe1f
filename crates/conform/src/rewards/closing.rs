//! The closing line of a rewards trace: the state at the end, completely.

use crate::rewards::header::Family;
use crate::rewards::replay::{Replay, Stop};
use crate::rewards::v2;
use crate::rewards::views::{self, Views};
use alloy_primitives::{Address, U256};
use serde_json::{Map, Value};

/// Compares everything that the closing line lists. A name that is not known is an error: nothing
/// is left out in silence.
pub(crate) fn compare(replay: &mut Replay<'_>, closing: &Value) -> Result<(), Stop> {
    if replay.family.is_v2() {
        return v2::closing(replay, object(closing, "final")?);
    }
    let contract = match replay.family {
        Family::Operator => replay.header.address("operatorRewards"),
        _ => replay.header.address("stakerRewards"),
    };
    for (name, value) in object(closing, "final")? {
        let closing = Closing { name, value, contract };
        match (replay.family, name.as_str()) {
            (Family::Staker, "rewards") => closing.rewards(replay)?,
            (Family::Staker, "lastUnclaimedReward") => closing.cursors(replay)?,
            (Family::Staker, "claimableAdminFee") => closing.admin_fees(replay)?,
            (Family::Staker, "contractBalance") | (Family::Operator, "tokenBalance") => {
                closing.balances(replay)?;
            }
            (Family::Staker, "stakerBalances") => closing.staker_balances(replay)?,
            (Family::Staker, "adminFee") => {
                replay.view(contract, &Views::adminFeeCall {}, "final.adminFee", value)?;
            }
            (Family::Staker, "version") => {
                replay.view(contract, &Views::versionCall {}, "final.version", value)?;
            }
            (Family::Operator, "root" | "balance" | "claimed") => closing.operator(replay)?,
            _ => return Err(format!("final.{name} is not known").into()),
        }
    }
    Ok(())
}

/// One part of the closing line.
pub(crate) struct Closing<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Value,
    pub(crate) contract: Address,
}

impl Closing<'_> {
    /// The entries of the object, each with its path and the addresses that its key names.
    pub(crate) fn entries<const N: usize>(
        &self,
        replay: &Replay<'_>,
    ) -> Result<Vec<(String, [Address; N], Value)>, Stop> {
        let mut entries = Vec::new();
        for (key, value) in object(self.value, self.name)? {
            let found: Result<Vec<_>, _> = key.split('/').map(|name| replay.find(name)).collect();
            let addresses = <[Address; N]>::try_from(found?)
                .map_err(|_| format!("final.{}: {key} does not name {N} addresses", self.name))?;
            entries.push((format!("final.{}.{key}", self.name), addresses, value.clone()));
        }
        Ok(entries)
    }

    fn rewards(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        for (what, [token, network], value) in self.entries(replay)? {
            let entries = value.as_array().ok_or_else(|| format!("{what} is no list"))?;
            let length = U256::from(entries.len()).into();
            let call = Views::rewardsLengthCall { token, network };
            replay.view_words(self.contract, &call, &format!("{what}.length"), &[length])?;
            for (index, entry) in entries.iter().enumerate() {
                let words: Option<Vec<_>> =
                    entry.as_array().and_then(|entry| entry.iter().map(views::word).collect());
                let words = words.ok_or_else(|| format!("{what}[{index}] is no entry"))?;
                let call = Views::rewardsCall { token, network, index: U256::from(index) };
                replay.view_words(self.contract, &call, &format!("{what}[{index}]"), &words)?;
            }
        }
        Ok(())
    }

    fn cursors(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        for (what, [account, token, network], value) in self.entries(replay)? {
            let call = Views::lastUnclaimedRewardCall { account, token, network };
            replay.view(self.contract, &call, &what, &value)?;
        }
        Ok(())
    }

    fn admin_fees(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        for (what, [token], value) in self.entries(replay)? {
            replay.view(self.contract, &Views::claimableAdminFeeCall { token }, &what, &value)?;
        }
        Ok(())
    }

    pub(crate) fn balances(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        for (what, [token], value) in self.entries(replay)? {
            let call = Views::balanceOfCall { account: self.contract };
            replay.view(token, &call, &what, &value)?;
        }
        Ok(())
    }

    fn staker_balances(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        for (what, [token], value) in self.entries(replay)? {
            for (name, value) in object(&value, &what)? {
                let call = Views::balanceOfCall { account: replay.find(name)? };
                replay.view(token, &call, &format!("{what}.{name}"), value)?;
            }
        }
        Ok(())
    }

    fn operator(&self, replay: &mut Replay<'_>) -> Result<(), Stop> {
        if self.name == "claimed" {
            for (what, [network, token, account], value) in self.entries(replay)? {
                let call = Views::claimedCall { network, token, account };
                replay.view(self.contract, &call, &what, &value)?;
            }
            return Ok(());
        }
        for (what, [network, token], value) in self.entries(replay)? {
            if self.name == "root" {
                let call = Views::rootCall { network, token };
                replay.view(self.contract, &call, &what, &value)?;
            } else {
                let call = Views::balanceCall { network, token };
                replay.view(self.contract, &call, &what, &value)?;
            }
        }
        Ok(())
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, Stop> {
    value.as_object().ok_or_else(|| format!("{what} is no object").into())
}
