//! The ready-made delegator hooks of symbioticfi/hooks.
//!
//! A delegator calls its hook on every slash and ignores what becomes of it, so whatever fails here
//! takes back only the hook's own doing. Hooks ask and set everything by calling the delegator that
//! called them, and need its roles for the latter.

use crate::Symbiotic;
use crate::abi::delegator::Delegator;
use crate::abi::hook::Hook::onSlashCall;
use crate::abi::hook::{
    HookCalls, HookGeneralData, HookQueries, HookSlasherData, HookVetoSlasherData,
    NotFullRestakeDelegator, NotNetworkRestakeDelegator, NotOperatorSpecificDelegator,
    NotVaultDelegator,
};
use crate::abi::ledger::{HookSlashNoted, HookSlashesForgotten};
use crate::rules::{decode, now};
use crate::state::delegator::{FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_SPECIFIC};
use crate::state::hook::{HookConfig, HookKind};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::{call_interface, word};
use bondstone_kernel::math::{mul_div_ceil, mul_div_floor, sub};
use bondstone_kernel::{Call, Host, Id, Message, Revert, Timestamp, require};

/// Answers a call to a hook.
///
/// # Errors
/// The contract's revert; one without data for malformed calldata and functions that the hook does
/// not have.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let config = *host.state().hook.config.get(id);
    let call = HookCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    match call {
        HookCalls::onSlash(c) => on_slash(host, (id, &config), message, &c)?,
        HookCalls::PERIOD(_) if config.kind.is_reset() => return Ok(config.period.abi_encode()),
        HookCalls::SLASH_COUNT(_) if config.kind.is_reset() => {
            return Ok(config.slash_count.abi_encode());
        }
        _ => return Err(Revert::empty()),
    }
    Ok(Vec::new())
}

fn on_slash(
    host: &mut dyn Host<Symbiotic>,
    (id, config): (Id, &HookConfig),
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    check_type(host, config.kind, message)?;
    if config.kind.is_reset() {
        return reset(host, (id, config), message, slash);
    }
    if slash.amount.is_zero() {
        return Ok(());
    }
    match config.kind {
        HookKind::NetworkRestakeDecrease => network_restake_decrease(host, message, slash),
        HookKind::NetworkRestakeRedistribute => network_restake_redistribute(host, message, slash),
        HookKind::FullRestakeDecrease => full_restake_decrease(host, message, slash),
        _ => decrease_network_limit(host, message, slash),
    }
}

/// Hooks work for one type of delegator each; the caller is asked for its own.
fn check_type(
    host: &mut dyn Host<Symbiotic>,
    kind: HookKind,
    message: &Message<'_>,
) -> Result<(), Revert> {
    let answer = ask(host, message, message.sender, &Delegator::TYPECall {})?;
    let delegator_type = u64::try_from(answer).map_err(|_| Revert::empty())?;
    match kind {
        HookKind::NetworkRestakeDecrease
        | HookKind::NetworkRestakeRedistribute
        | HookKind::NetworkRestakeReset => {
            require!(delegator_type == NETWORK_RESTAKE, NotNetworkRestakeDelegator {});
        }
        HookKind::FullRestakeDecrease | HookKind::FullRestakeReset => {
            require!(delegator_type == FULL_RESTAKE, NotFullRestakeDelegator {});
        }
        HookKind::OperatorSpecificDecrease | HookKind::OperatorSpecificReset => {
            require!(delegator_type == OPERATOR_SPECIFIC, NotOperatorSpecificDelegator {});
        }
    }
    Ok(())
}

/// Takes the slashed amount off the network limit, and its share of the stake off the operator's
/// shares, rounded up. Source: `NetworkRestakeDecreaseHook.onSlash`.
fn network_restake_decrease(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    let stake_at = match slasher_data(&slash.data)? {
        Some((_, stake_at)) => stake_at,
        None => queried_stake_at(host, message, slash)?,
    };
    decrease_network_limit(host, message, slash)?;
    let at = Delegator::operatorNetworkSharesAtCall {
        subnetwork: slash.subnetwork,
        operator: slash.operator,
        timestamp: slash.captureTimestamp,
        hint: Bytes::new(),
    };
    let shares_at = ask(host, message, message.sender, &at)?;
    let shares = operator_shares(host, message, slash)?;
    if shares.is_zero() {
        return Ok(());
    }
    let lost = mul_div_ceil(slash.amount, shares_at, stake_at)?.min(shares);
    set_operator_shares(host, message, slash, sub(shares, lost)?)
}

/// Shrinks the operator's shares as the slash shrank its stake, rounded down, so that the other
/// operators get the rest. Source: `NetworkRestakeRedistributeHook.onSlash`.
fn network_restake_redistribute(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    let slashable = match slasher_data(&slash.data)? {
        Some((slashable, _)) => slashable,
        None => queried_slashable(host, message, slash)?,
    };
    let shares = operator_shares(host, message, slash)?;
    if shares.is_zero() {
        return Ok(());
    }
    let left = sub(slashable, slash.amount)?;
    set_operator_shares(host, message, slash, mul_div_floor(left, shares, slashable)?)
}

/// Takes the slashed amount off the network limit and the operator's limit.
/// Source: `FullRestakeDecreaseHook.onSlash`.
fn full_restake_decrease(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    decrease_network_limit(host, message, slash)?;
    let limit = operator_limit(host, message, slash)?;
    if limit.is_zero() {
        return Ok(());
    }
    set_operator_limit(host, message, slash, limit.saturating_sub(slash.amount))
}

/// Takes the slashed amount off the network limit, down to zero at most.
/// Source: `OperatorSpecificDecreaseHook.onSlash`, and the same part of two others.
fn decrease_network_limit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    let limit = network_limit(host, message, slash.subnetwork)?;
    if limit.is_zero() {
        return Ok(());
    }
    set_network_limit(host, message, slash.subnetwork, limit.saturating_sub(slash.amount))
}

/// Notes the slash; when there were `SLASH_COUNT` of them within `PERIOD`, takes the operator (type
/// 2: the subnetwork) off the stake and forgets them.
/// Source: `NetworkRestakeResetHook.onSlash` and the same of types 1 and 2.
fn reset(
    host: &mut dyn Host<Symbiotic>,
    (id, config): (Id, &HookConfig),
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<(), Revert> {
    let vault = ask_address(host, message, message.sender, &Delegator::vaultCall {})?;
    let delegator = ask_address(host, message, vault, &HookQueries::delegatorCall {})?;
    require!(delegator == message.sender, NotVaultDelegator {});
    let subnetwork = slash.subnetwork;
    let operator = match config.kind {
        HookKind::OperatorSpecificReset => Address::ZERO,
        _ => slash.operator,
    };
    let time = now(host)?;
    host.emit(message.this, HookSlashNoted { vault, subnetwork, operator }.into())?;
    let accounts = (host.accounts().find(&vault), host.accounts().find(&operator));
    let memory = &host.state().hook;
    let key = memory.memory_key(id, accounts.0, subnetwork, accounts.1);
    if !is_due(config, memory.memory.get(key), time) {
        return Ok(());
    }
    match config.kind {
        HookKind::NetworkRestakeReset => {
            if !operator_shares(host, message, slash)?.is_zero() {
                set_operator_shares(host, message, slash, U256::ZERO)?;
            }
        }
        HookKind::FullRestakeReset => {
            if !operator_limit(host, message, slash)?.is_zero() {
                set_operator_limit(host, message, slash, U256::ZERO)?;
            }
        }
        _ => {
            if !network_limit(host, message, subnetwork)?.is_zero() {
                set_network_limit(host, message, subnetwork, U256::ZERO)?;
            }
        }
    }
    host.emit(message.this, HookSlashesForgotten { vault, subnetwork, operator }.into())
}

/// Whether the memory is full and its oldest slash lies within the period, both ends included.
fn is_due(config: &HookConfig, times: &[Timestamp], now: Timestamp) -> bool {
    U256::from(times.len()) == config.slash_count
        && times.first().is_some_and(|oldest| now.0.saturating_sub(oldest.0) <= config.period)
}

/// (slashable stake, stake at capture) out of what the slasher passed; `None` for a slasher that
/// the hook does not know.
fn slasher_data(data: &[u8]) -> Result<Option<(U256, U256)>, Revert> {
    let general: HookGeneralData = decode(data)?;
    Ok(match general.slasherType {
        0 => {
            let inner: HookSlasherData = decode(&general.data)?;
            Some((inner.slashableStake, inner.stakeAt))
        }
        1 => {
            let inner: HookVetoSlasherData = decode(&general.data)?;
            Some((inner.slashableStake, inner.stakeAt))
        }
        _ => None,
    })
}

fn queried_stake_at(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<U256, Revert> {
    let call = Delegator::stakeAtCall {
        subnetwork: slash.subnetwork,
        operator: slash.operator,
        timestamp: slash.captureTimestamp,
        hints: Bytes::new(),
    };
    ask(host, message, message.sender, &call)
}

/// Stake at capture without what was slashed between capture and this slash.
fn queried_slashable(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<U256, Revert> {
    let vault = ask_address(host, message, message.sender, &Delegator::vaultCall {})?;
    let slasher = ask_address(host, message, vault, &HookQueries::slasherCall {})?;
    let stake_at = queried_stake_at(host, message, slash)?;
    let (subnetwork, operator) = (slash.subnetwork, slash.operator);
    let latest = HookQueries::cumulativeSlashCall { subnetwork, operator };
    let latest = sub(ask(host, message, slasher, &latest)?, slash.amount)?;
    let at_capture = HookQueries::cumulativeSlashAtCall {
        subnetwork,
        operator,
        timestamp: slash.captureTimestamp,
        hint: Bytes::new(),
    };
    let at_capture = ask(host, message, slasher, &at_capture)?;
    Ok(sub(stake_at, sub(latest, at_capture)?)?)
}

fn network_limit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    subnetwork: B256,
) -> Result<U256, Revert> {
    ask(host, message, message.sender, &Delegator::networkLimitCall { subnetwork })
}

fn operator_shares(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<U256, Revert> {
    let (subnetwork, operator) = (slash.subnetwork, slash.operator);
    let call = Delegator::operatorNetworkSharesCall { subnetwork, operator };
    ask(host, message, message.sender, &call)
}

fn operator_limit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
) -> Result<U256, Revert> {
    let (subnetwork, operator) = (slash.subnetwork, slash.operator);
    let call = Delegator::operatorNetworkLimitCall { subnetwork, operator };
    ask(host, message, message.sender, &call)
}

fn set_network_limit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    subnetwork: B256,
    amount: U256,
) -> Result<(), Revert> {
    tell(host, message, &Delegator::setNetworkLimitCall { subnetwork, amount })
}

fn set_operator_shares(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
    shares: U256,
) -> Result<(), Revert> {
    let (subnetwork, operator) = (slash.subnetwork, slash.operator);
    let call = Delegator::setOperatorNetworkSharesCall { subnetwork, operator, shares };
    tell(host, message, &call)
}

fn set_operator_limit(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slash: &onSlashCall,
    amount: U256,
) -> Result<(), Revert> {
    let (subnetwork, operator) = (slash.subnetwork, slash.operator);
    let call = Delegator::setOperatorNetworkLimitCall { subnetwork, operator, amount };
    tell(host, message, &call)
}

/// Asks a view that returns one word.
fn ask(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    to: Address,
    call: &impl SolCall,
) -> Result<U256, Revert> {
    let input = call.abi_encode();
    word(&call_interface(host, Call::view(message.this, to, &input))?, 0)
}

fn ask_address(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    to: Address,
    call: &impl SolCall,
) -> Result<Address, Revert> {
    let answer = B256::from(ask(host, message, to, call)?);
    Address::abi_decode_validate(answer.as_slice()).map_err(|_| Revert::empty())
}

/// Calls a setter of the delegator that called the hook.
fn tell(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    call: &impl SolCall,
) -> Result<(), Revert> {
    let input = call.abi_encode();
    call_interface(host, Call::new(message.this, message.sender, &input)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(period: u64, slash_count: u64) -> HookConfig {
        HookConfig {
            kind: HookKind::NetworkRestakeReset,
            period,
            slash_count: U256::from(slash_count),
        }
    }

    #[test]
    fn a_reset_is_due_when_the_memory_is_full_and_young() {
        let times = [Timestamp(10), Timestamp(15), Timestamp(20)];
        assert!(is_due(&config(10, 3), &times, Timestamp(20)));
        assert!(!is_due(&config(9, 3), &times, Timestamp(20)));
        assert!(!is_due(&config(10, 4), &times, Timestamp(20)));
    }

    #[test]
    fn the_slasher_type_says_how_the_inner_data_reads() {
        let n = |v: u64| U256::from(v);
        let pack = |slasher_type: u64, inner: Vec<u8>| {
            HookGeneralData { slasherType: slasher_type, data: inner.into() }.abi_encode()
        };
        let instant = HookSlasherData { slashableStake: n(7), stakeAt: n(9) }.abi_encode();
        let veto = HookVetoSlasherData { slashableStake: n(5), stakeAt: n(6), slashIndex: n(1) };
        assert_eq!(slasher_data(&pack(0, instant.clone())), Ok(Some((n(7), n(9)))));
        assert_eq!(slasher_data(&pack(1, veto.abi_encode())), Ok(Some((n(5), n(6)))));
        assert_eq!(slasher_data(&pack(1, instant.clone())), Err(Revert::empty()));
        assert_eq!(slasher_data(&pack(2, instant)), Ok(None));
        assert_eq!(slasher_data(&[]), Err(Revert::empty()));
    }
}
