//! Symbiotic's staker rewards, version 1: for each vault a contract that is paid for seconds.
//!
//! A payment is known by its network, token and second: what was logged for a second is not paid
//! again, and something else that was paid for it is an error.

use super::captures::{Capture, captures};
use super::funding::{allow, step};
use super::order::Order;
use super::{Plan, PublishError, State};
use crate::ethereum::client::Moment;
use crate::ethereum::sending::Transaction;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::erc20::Erc20;
use bondstone_rewards::fees::Scheme;
use bondstone_symbiotic::abi::registry::NetworkMiddlewareService;
use bondstone_symbiotic::abi::rewards::staker::{DefaultStakerRewards as Abi, DistributeRewards};
use std::collections::BTreeMap;

/// Most payments in one transaction.
pub(super) const MOST_PAYMENTS: usize = 20;

/// The admin's fee is in ten-thousandths there, and in millionths in programmes.
const PPM_OF_BIP: u64 = 100;

/// What is still to be done.
pub(super) fn plan(
    order: &Order,
    now: &Moment<'_>,
    contracts: &[Address],
    sender: Option<Address>,
) -> Result<Plan, PublishError> {
    order.check_scheme(&[Scheme::None, Scheme::SymbioticV1])?;
    let captures = captures(order)?;
    let (network, token) = (order.distribution.network, order.token);
    let mut facts = vec![("network", network.to_string()), ("token", token.to_string())];
    let due = sum(captures.iter());
    facts.push(("payments", captures.len().to_string()));
    facts.push(("due", due.to_string()));
    if captures.is_empty() {
        return Ok(Plan { state: State::Empty, steps: Vec::new(), facts });
    }
    let by_vault = by_vault(now, contracts)?;
    let mut open: BTreeMap<Address, Vec<Capture>> = BTreeMap::new();
    for capture in &captures {
        let contract = by_vault.get(&capture.vault);
        let contract = *contract.ok_or(PublishError::NoContract(capture.vault))?;
        open.entry(contract).or_default().push(*capture);
    }
    for (contract, payments) in &mut open {
        check_fee(order, now, *contract, payments)?;
        let paid = paid(now, *contract, network, token)?;
        let mut left = Vec::new();
        for payment in payments.iter() {
            let paid = paid.get(&payment.second).copied().unwrap_or_default();
            let (contract, second, due) = (*contract, payment.second, payment.part);
            if paid.is_zero() {
                left.push(*payment);
            } else if paid != due {
                return Err(PublishError::OtherPayment { contract, second, paid, due });
            }
        }
        *payments = left;
    }
    let missing = sum(open.values().flatten());
    facts.push(("missing", missing.to_string()));
    if missing.is_zero() {
        return Ok(Plan { state: State::Published, steps: Vec::new(), facts });
    }
    let steps = steps(order, now, &open, sender, missing)?;
    Ok(Plan { state: State::Open, steps, facts })
}

fn steps(
    order: &Order,
    now: &Moment<'_>,
    open: &BTreeMap<Address, Vec<Capture>>,
    sender: Option<Address>,
    missing: U256,
) -> Result<Vec<Transaction>, PublishError> {
    let (network, token) = (order.distribution.network, order.token);
    let mut steps = Vec::new();
    let mut payer = None;
    for (contract, payments) in open.iter().filter(|(_, payments)| !payments.is_empty()) {
        let from = only_middleware(now, *contract, network, sender)?;
        // All of it, before the first payment is made.
        if payer.replace(from).is_none() {
            let has = now.ask(token, &Erc20::balanceOfCall { account: from })?;
            if has < missing {
                return Err(PublishError::Poor { payer: from, token, has, needs: missing });
            }
        }
        steps.extend(allow(now, (from, token, *contract), sum(payments.iter()))?);
        let fee = now.ask(*contract, &Abi::adminFeeCall {})?;
        for payments in payments.chunks(MOST_PAYMENTS) {
            let pay = |payment: &Capture| {
                let second = U256::from(payment.second);
                let data = (second, fee, Bytes::new(), Bytes::new()).abi_encode_params();
                let (amount, data) = (payment.part, data.into());
                Abi::distributeRewardsCall { network, token, amount, data }.abi_encode()
            };
            let calls: Vec<Bytes> = payments.iter().map(|payment| pay(payment).into()).collect();
            steps.push(together(*contract, payments.len(), calls));
        }
    }
    Ok(steps)
}

/// One transaction for several calls of a contract that has `multicall`.
pub(super) fn together(contract: Address, count: usize, mut calls: Vec<Bytes>) -> Transaction {
    let what = format!("pay {count} captures");
    if calls.len() == 1 {
        let input = calls.pop().unwrap_or_default();
        return Transaction { what, to: contract, input };
    }
    step(what, contract, &Abi::multicallCall { data: calls })
}

/// The network's middleware, by the service that a rewards contract asks.
pub(super) fn middleware_of(
    now: &Moment<'_>,
    contract: Address,
    network: Address,
) -> Result<Address, PublishError> {
    let service = now.ask(contract, &Abi::NETWORK_MIDDLEWARE_SERVICECall {})?;
    Ok(now.ask(service, &NetworkMiddlewareService::middlewareCall { network })?)
}

/// Only the network's middleware may distribute; without a sender it is the one to be asked.
pub(super) fn only_middleware(
    now: &Moment<'_>,
    contract: Address,
    network: Address,
    sender: Option<Address>,
) -> Result<Address, PublishError> {
    let middleware = middleware_of(now, contract, network)?;
    match sender {
        Some(sender) if sender != middleware => {
            Err(PublishError::NotMiddleware { sender, network, middleware })
        }
        _ => Ok(middleware),
    }
}

fn by_vault(
    now: &Moment<'_>,
    contracts: &[Address],
) -> Result<BTreeMap<Address, Address>, PublishError> {
    let pair = |contract: &Address| Ok((now.ask(*contract, &Abi::VAULTCall {})?, *contract));
    contracts.iter().map(pair).collect()
}

/// The contract must take of each payment what the programme says.
fn check_fee(
    order: &Order,
    now: &Moment<'_>,
    contract: Address,
    payments: &[Capture],
) -> Result<(), PublishError> {
    let fee = now.ask(contract, &Abi::adminFeeCall {})?;
    let takes = fee.saturating_mul(U256::from(PPM_OF_BIP));
    let fees = order.fees()?;
    for payment in payments {
        let says = match fees.scheme {
            Scheme::SymbioticV1 => U256::from(fees.of(payment.vault).admin_ppm),
            _ => U256::ZERO,
        };
        if says != takes {
            let (file, whose) = (order.programme.file.clone(), payment.vault);
            return Err(PublishError::OtherFee { file, key: "fees.admin", says, takes, whose });
        }
    }
    Ok(())
}

/// What was paid for each second, fees included.
fn paid(
    now: &Moment<'_>,
    contract: Address,
    network: Address,
    token: Address,
) -> Result<BTreeMap<u64, U256>, PublishError> {
    let logs: Vec<DistributeRewards> =
        now.logs(contract, &[network.into_word(), token.into_word()])?;
    let mut paid: BTreeMap<u64, U256> = BTreeMap::new();
    for log in logs {
        let amount = log.distributeAmount.saturating_add(log.adminFeeAmount);
        let sum = paid.entry(log.timestamp.saturating_to()).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(paid)
}

fn sum<'a>(payments: impl Iterator<Item = &'a Capture>) -> U256 {
    // Parts of a budget, which is one word.
    payments.fold(U256::ZERO, |sum, payment| sum.saturating_add(payment.part))
}
