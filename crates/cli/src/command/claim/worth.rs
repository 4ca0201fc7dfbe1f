//! What is worth its gas, and whom it can be paid to.

use super::ClaimError;
use crate::command::report::prices;
use crate::ethereum::client::Client;
use alloy_primitives::{Address, U256};
use bondstone_kernel::security::{Asset, AssetLabel, Decimal, Prices};
use bondstone_node::api::{Claim, ClaimKind};
use bondstone_node::rpc::security::{METHOD, SecurityAnswer};
use serde_json::json;
use std::path::Path;

/// Values are compared to so many places.
const PLACES: u8 = 24;

/// What is left, and why.
#[derive(Clone, Debug)]
pub(super) struct Skipped {
    /// The claim.
    pub(super) claim: Claim,
    /// Why.
    pub(super) reason: String,
}

/// What things cost.
#[derive(Debug)]
pub(super) struct Worth {
    prices: Prices,
    /// What a unit of gas costs.
    gas: Decimal,
    least: Option<Decimal>,
}

impl Worth {
    /// Reads a file of prices, and asks the node for the price of gas.
    pub(super) fn read(
        client: &Client,
        path: &Path,
        least: Option<Decimal>,
    ) -> Result<Self, ClaimError> {
        let SecurityAnswer { mut view, .. } = client.ask(METHOD, json!(["latest"]))?;
        if view.asset(&Asset::Ether).is_none() {
            let symbol = "ETH".to_owned();
            view.assets.push(AssetLabel { asset: Asset::Ether, symbol, decimals: 18 });
        }
        let prices = prices::read_file(path, &view)?;
        let ether = prices.get(&Asset::Ether).copied();
        let ether = ether.ok_or_else(|| ClaimError::NoEtherPrice(path.to_path_buf()))?;
        let wei = Decimal::new(U256::from(client.gas_price()?), 18);
        let gas = wei.times(ether).ok_or_else(|| ClaimError::TooLarge("gas".to_owned()))?;
        Ok(Self::new(prices, gas, least))
    }

    /// With prices of whole assets, and the value of a unit of gas.
    pub(super) fn new(prices: Prices, gas: Decimal, least: Option<Decimal>) -> Self {
        Self { prices, gas, least }
    }

    /// What a claim brings and what it costs; nothing without a price.
    fn of(&self, claim: &Claim) -> Result<Option<Balance>, ClaimError> {
        let large = || ClaimError::TooLarge(claim.token.symbol.clone());
        let Some(price) = self.prices.get(&claim.token.asset) else { return Ok(None) };
        let amount = Decimal::new(claim.amount.0, claim.token.decimals);
        let brings = amount.times(*price).and_then(places).ok_or_else(large)?;
        let costs = Decimal::new(U256::from(claim.gas), 0).times(self.gas).and_then(places);
        Ok(Some(Balance { brings, costs: costs.ok_or_else(large)? }))
    }

    fn least(&self) -> Result<U256, ClaimError> {
        let least = self.least.map_or(Some(U256::ZERO), places);
        least.ok_or_else(|| ClaimError::TooLarge("--min-value".to_owned()))
    }
}

/// In units of so many places, rounded down.
fn places(value: Decimal) -> Option<U256> {
    let one = Decimal::new(U256::ONE, 0);
    Some(value.ratio_floor(U256::ONE, one, PLACES)?.units)
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Balance {
    brings: U256,
    costs: U256,
}

impl Balance {
    fn with(self, other: Self) -> Self {
        let brings = self.brings.saturating_add(other.brings);
        Self { brings, costs: self.costs.saturating_add(other.costs) }
    }

    /// What is left of it, if it is worth it.
    fn gain(self, least: U256) -> Option<U256> {
        let gain = self.brings.checked_sub(self.costs)?;
        (!gain.is_zero() && self.brings >= least).then_some(gain)
    }
}

/// Claims that have to be made in their order, because the contract goes through a list.
type List = (Address, Option<Address>, Option<Address>, String);

fn list_of(claim: &Claim) -> Option<List> {
    let asset = format!("{:?}{:?}", claim.kind, claim.token.asset);
    let is_listed = matches!(claim.kind, ClaimKind::SnapshotRewards | ClaimKind::OperatorFees);
    is_listed.then_some((claim.contract, claim.vault, claim.network, asset))
}

/// Those that are collected, in their order, and those that are left.
pub(super) fn choose(
    claims: Vec<Claim>,
    worth: Option<&Worth>,
    recipient: Option<Address>,
) -> Result<(Vec<Claim>, Vec<Skipped>), ClaimError> {
    let (mut taken, mut skipped) = (Vec::new(), Vec::new());
    let mut rest = claims.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut group = vec![first];
        // Claims of one list stand together.
        while let (Some(list), Some(next)) = (group.last().and_then(list_of), rest.peek()) {
            if list_of(next) != Some(list) {
                break;
            }
            group.extend(rest.next());
        }
        let count = worth_taking(&group, worth, recipient)?;
        for (number, claim) in group.into_iter().enumerate() {
            if number < count {
                taken.push(paying(claim, recipient));
            } else {
                let reason = why_left(&claim, worth, recipient)?;
                skipped.push(Skipped { claim, reason });
            }
        }
    }
    Ok((taken, skipped))
}

/// How many of a list, from its first one on, bring most.
fn worth_taking(
    list: &[Claim],
    worth: Option<&Worth>,
    recipient: Option<Address>,
) -> Result<usize, ClaimError> {
    let possible = list.iter().take_while(|claim| refusal(claim, recipient).is_none());
    let Some(worth) = worth else { return Ok(possible.count()) };
    let least = worth.least()?;
    let (mut best, mut gained, mut sum) = (0, U256::ZERO, Balance::default());
    for (claim, count) in possible.zip(1..) {
        let Some(balance) = worth.of(claim)? else { break };
        sum = sum.with(balance);
        match sum.gain(least) {
            Some(gain) if gain > gained => (best, gained) = (count, gain),
            _ => {}
        }
    }
    Ok(best)
}

/// Why a claim cannot be made.
fn refusal(claim: &Claim, recipient: Option<Address>) -> Option<String> {
    if let Some(failure) = &claim.failure {
        return Some(format!("it cannot be claimed now: {failure}"));
    }
    let is_fixed = recipient.is_some() && !claim.recipient_settable;
    is_fixed.then(|| "it can only be paid to the account itself".to_owned())
}

fn why_left(
    claim: &Claim,
    worth: Option<&Worth>,
    recipient: Option<Address>,
) -> Result<String, ClaimError> {
    if let Some(refusal) = refusal(claim, recipient) {
        return Ok(refusal);
    }
    let behind = "an earlier one of its list is left".to_owned();
    let Some(worth) = worth else { return Ok(behind) };
    let Some(balance) = worth.of(claim)? else { return Ok("it has no price".to_owned()) };
    if balance.gain(worth.least()?).is_some() {
        return Ok(behind);
    }
    let [brings, costs] = [balance.brings, balance.costs].map(|value| super::shown(value, PLACES));
    Ok(format!("it brings {brings} and costs {costs}"))
}

/// The claim with a call that pays somebody else: who is paid is its first argument.
fn paying(mut claim: Claim, recipient: Option<Address>) -> Claim {
    if let Some(recipient) = recipient {
        let mut input = claim.call.input.to_vec();
        if let Some(word) = input.get_mut(4..36) {
            word.copy_from_slice(recipient.into_word().as_slice());
        }
        claim.call.input = input.into();
    }
    claim
}
