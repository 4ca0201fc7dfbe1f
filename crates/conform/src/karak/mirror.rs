//! A Karak world that is built from logs alone.

use crate::karak::readings::Reading;
use crate::mirror::Fact;
use crate::report::Difference;
use alloy_primitives::{Address, Log};
use bondstone_karak::Event;
use bondstone_karak::abi::ledger::{NodeCreated, VaultCreated};
use bondstone_kernel::{Event as _, FoldError};
use bondstone_world::{Folded, World};
use serde_json::Value;

/// Folds the logs of one step. A proxy logs before the log that tells of it, so the creations that
/// the step's own logs tell come first. Returns how many were folded.
///
/// # Errors
/// The first log that the mirror cannot take.
pub fn fold(mirror: &mut World, logs: &[Log]) -> Result<u64, Difference> {
    let refused = |what: String, error: FoldError| Difference {
        what,
        expected: "a log that changes the state".to_owned(),
        actual: error.to_string(),
    };
    for log in logs {
        if let Some((address, event)) = creation(log)
            && !mirror.has_code(address)
        {
            let what = "creation facts".to_owned();
            mirror.deploy(address, event).map_err(|error| refused(what, error))?;
        }
    }
    for (index, log) in logs.iter().enumerate() {
        let what = || format!("fold of log {} of {}", index.saturating_add(1), logs.len());
        match mirror.fold(log).map_err(|error| refused(what(), error))? {
            Folded::Applied => {}
            Folded::Unknown(topic) => return Err(refused(what(), FoldError::UnknownEvent(topic))),
        }
        move_wei(mirror, log).map_err(|error| refused(what(), error))?;
    }
    Ok(u64::try_from(logs.len()).unwrap_or(u64::MAX))
}

/// The proxy that a log tells of, and the event that brings it to life.
fn creation(log: &Log) -> Option<(Address, Event)> {
    match Event::decode(&log.data).ok()? {
        Event::NewVault(e) => {
            Some((e.vault, VaultCreated { implementation: e.implementation }.into()))
        }
        Event::NodeDeployed(e) => {
            Some((e.node, NodeCreated { vault: log.address, nodeOwner: e.owner }.into()))
        }
        _ => None,
    }
}

/// Ether leaves a node: the log tells, and the world's accounts follow.
fn move_wei(mirror: &mut World, log: &Log) -> Result<(), FoldError> {
    if let Ok(Event::NodeETHWithdrawn(e)) = Event::decode(&log.data) {
        let left = mirror.balance(log.address).saturating_sub(e.weiAmount);
        mirror.set_balance(log.address, left)?;
    }
    Ok(())
}

/// The fact on which a reading depends, where a mirror does not know it.
#[must_use]
pub fn unknown(reading: &Reading, expected: &Value) -> Option<Fact> {
    let parts: Vec<&str> = reading.key.split('.').collect();
    match parts.as_slice() {
        [service, "operators" | "active" | "jailed" | "stakeUsd", ..]
            if service.starts_with('D') =>
        {
            Some(Fact::ServiceBooks)
        }
        [_, "allow", _] => Some(Fact::Allowances),
        // A redeem that is over has no beneficiary any more.
        [_, "redeem", ..] if expected.get(1).is_some_and(|start| start != "0") => {
            Some(Fact::Beneficiaries)
        }
        _ => None,
    }
}
