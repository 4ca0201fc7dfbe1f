//! The snapshot rail of Rewards V2: one contract that is paid for vaults and seconds.
//!
//! A payment is known by network, token, vault, subnetwork and second, as with version 1. The
//! protocol's fee is inside of what is paid in, so the contract is given the least that leaves a
//! vault's part.

use super::captures::{Capture, captures};
use super::funding::allow;
use super::order::Order;
use super::staker::{MOST_PAYMENTS, middleware_of, together};
use super::{Plan, PublishError, State};
use crate::ethereum::client::Moment;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_rewards::fees::Scheme;
use bondstone_symbiotic::abi::rewards_v2::contract::DistributeVaultSnapshotRewards;
use bondstone_symbiotic::abi::rewards_v2::{CuratorRegistry, FeeRegistry, Rewards as Abi};
use bondstone_symbiotic::abi::vault::Vault;
use bondstone_symbiotic::rules::{self, rewards_v2::VAULT_SNAPSHOT};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What is still to be done.
pub(super) fn plan(
    order: &Order,
    now: &Moment<'_>,
    contract: Address,
    sender: Option<Address>,
    subnetwork: u64,
) -> Result<Plan, PublishError> {
    order.check_scheme(&[Scheme::None, Scheme::SymbioticV2Snapshot])?;
    let captures = captures(order)?;
    let (network, token) = (order.distribution.network, order.token);
    let mut facts = vec![("contract", contract.to_string())];
    facts.push(("network", network.to_string()));
    facts.push(("token", token.to_string()));
    facts.push(("payments", captures.len().to_string()));
    if captures.is_empty() {
        return Ok(Plan { state: State::Empty, steps: Vec::new(), facts });
    }
    let mut paid: BTreeMap<Address, Vec<DistributeVaultSnapshotRewards>> = BTreeMap::new();
    let mut open: Vec<(Capture, U256)> = Vec::new();
    for capture in &captures {
        let logs = match paid.entry(capture.vault) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let topics = [network, token, capture.vault].map(|address| address.into_word());
                unknown.insert(now.logs(contract, &topics)?)
            }
        };
        if !is_paid(capture, subnetwork, logs)? {
            check_fees(order, now, contract, capture)?;
            let ask = Abi::distributionToTotalAmountCall {
                rewardsType: VAULT_SNAPSHOT,
                network,
                distributionAmount: capture.part,
            };
            open.push((*capture, now.ask(contract, &ask)?));
        }
    }
    let missing = open.iter().fold(U256::ZERO, |sum, (_, total)| sum.saturating_add(*total));
    facts.push(("missing", missing.to_string()));
    if open.is_empty() {
        return Ok(Plan { state: State::Published, steps: Vec::new(), facts });
    }
    let payer = check_sender(now, contract, network, sender)?;
    let mut steps = allow(now, (payer, token, contract), missing)?;
    for open in open.chunks(MOST_PAYMENTS) {
        let calls = open.iter().map(|(capture, total)| {
            let call = Abi::distributeVaultSnapshotRewardsCall {
                subnetwork: rules::subnetwork(network, U96::from(subnetwork)),
                token,
                vault: capture.vault,
                amount: *total,
                timestamp: U48::saturating_from(capture.second),
                hints: Bytes::new(),
            };
            call.abi_encode().into()
        });
        steps.push(together(contract, open.len(), calls.collect()));
    }
    Ok(Plan { state: State::Open, steps, facts })
}

fn is_paid(
    capture: &Capture,
    subnetwork: u64,
    logs: &[DistributeVaultSnapshotRewards],
) -> Result<bool, PublishError> {
    let Capture { vault, second, stakers, operators, .. } = *capture;
    let same = logs.iter().find(|log| {
        log.timestamp == U48::saturating_from(second) && log.subnetworkId == U96::from(subnetwork)
    });
    let Some(log) = same else { return Ok(false) };
    if (log.amount, log.operatorsFee) == (stakers, operators) {
        return Ok(true);
    }
    let (paid, due) = (log.amount, stakers);
    Err(PublishError::OtherPayment { contract: vault, second, paid, due })
}

/// The network itself may distribute, and so may its middleware.
fn check_sender(
    now: &Moment<'_>,
    contract: Address,
    network: Address,
    sender: Option<Address>,
) -> Result<Address, PublishError> {
    let middleware = middleware_of(now, contract, network)?;
    match sender {
        None => Ok(network),
        Some(sender) if [network, middleware].contains(&sender) => Ok(sender),
        Some(sender) => Err(PublishError::NotMiddleware { sender, network, middleware }),
    }
}

/// The contract must take what the programme says, and the vault must not be given the tokens that
/// are staked in it, which the rail donates to all of its shares.
fn check_fees(
    order: &Order,
    now: &Moment<'_>,
    contract: Address,
    capture: &Capture,
) -> Result<(), PublishError> {
    let (network, vault) = (order.distribution.network, capture.vault);
    if now.ask(vault, &Vault::collateralCall {})? == order.token {
        return Err(order.inexpressible("pay.token", "it gives a vault's own asset to the vault"));
    }
    let fees = order.fees()?;
    let own = fees.of(vault);
    let registry = now.ask(contract, &Abi::FEE_REGISTRYCall {})?;
    let (timestamp, hints) = (U48::saturating_from(capture.second), Bytes::new());
    let ask = Abi::protocolFeeCall { rewardsType: VAULT_SNAPSHOT, network };
    let protocol = now.ask(contract, &ask)?;
    let ask = FeeRegistry::getOperatorsFeeAtCall { vault, network, timestamp, hints };
    let operators = now.ask(registry, &ask)?;
    let FeeRegistry::getOperatorsFeeAtCall { hints, .. } = ask;
    let ask = FeeRegistry::getCuratorFeeAtCall { vault, network, timestamp, hints };
    let curator = now.ask(registry, &ask)?;
    let pairs = [
        ("fees.protocol", fees.protocol_ppm, protocol, network),
        ("fees.operators", own.operators_ppm, operators, vault),
        ("fees.curator", own.curator_ppm, curator, vault),
    ];
    for (key, says, takes, whose) in pairs {
        if U256::from(says) != takes {
            let (file, says) = (order.programme.file.clone(), U256::from(says));
            return Err(PublishError::OtherFee { file, key, says, takes, whose });
        }
    }
    if own.curator_ppm > 0 {
        let registry = now.ask(contract, &Abi::CURATOR_REGISTRYCall {})?;
        let curator = now.ask(registry, &CuratorRegistry::getCuratorCall { vault })?;
        if own.curator != Some(curator) {
            let why = "it pays the curator of the vault's registry";
            return Err(order.inexpressible("fees.curator_account", why));
        }
    }
    Ok(())
}
