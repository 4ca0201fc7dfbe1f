//! How much stake a subnetwork has with an operator, now and at a moment of the past.

use super::{find, vault_of};
use crate::SymbioticHost;
use crate::abi::delegator::{
    FullRestakeStakeHints, NetworkRestakeStakeHints, OperatorNetworkSpecificStakeHints,
    OperatorSpecificStakeHints, StakeBaseHints,
};
use crate::rules::opt_in::{is_opted_in, is_opted_in_at};
use crate::rules::{decode, hint, network_of};
use crate::state::Kind;
use crate::state::delegator::{
    DelegatorConfig, Delegators, FULL_RESTAKE, NETWORK_RESTAKE, OPERATOR_NETWORK_SPECIFIC,
    OPERATOR_SPECIFIC,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolType, SolValue};
use bondstone_kernel::math::mul_div_floor;
use bondstone_kernel::{Id, NONE, Revert, Timestamp, Trace};

/// One (subnetwork, operator) at one delegator, with its cells looked up.
pub(super) struct Position<'a> {
    host: &'a SymbioticHost<'a>,
    config: &'a DelegatorConfig,
    subnetwork: B256,
    operator: Address,
    /// The operator, interned.
    account: Id,
    /// Cell of the subnetwork's limits.
    limit: Id,
}

/// Stake of `operator` in `subnetwork` by the latest values; zero unless the operator is opted in
/// to the vault and the network. Source: `BaseDelegator.stake(bytes32,address)`.
///
/// # Errors
/// A revert without data when `delegator` is none, `MathOverflowedMulDiv()` for absurd shares.
pub fn stake(
    host: &SymbioticHost<'_>,
    delegator: Address,
    subnetwork: B256,
    operator: Address,
) -> Result<U256, Revert> {
    let id = find(host, delegator)?;
    let config = host.state().delegator.config.get(id);
    Position::new(host, (id, config), subnetwork, operator).stake()
}

/// Stake of `operator` in `subnetwork` at `timestamp`, which may lie in the future; zero unless the
/// operator was opted in to the vault and the network then. Hints never change the result.
/// Source: `BaseDelegator.stakeAt(bytes32,address,uint48,bytes)`.
///
/// # Errors
/// A revert without data when `delegator` is none or a hint is malformed, `Panic(0x32)` when a hint
/// points past the end of its history, `MathOverflowedMulDiv()` for absurd shares.
pub fn stake_at(
    host: &SymbioticHost<'_>,
    delegator: Address,
    subnetwork: B256,
    operator: Address,
    timestamp: Timestamp,
    hints: &[u8],
) -> Result<U256, Revert> {
    let id = find(host, delegator)?;
    let config = host.state().delegator.config.get(id);
    Position::new(host, (id, config), subnetwork, operator).stake_at(timestamp.0, hints)
}

impl<'a> Position<'a> {
    pub(super) fn new(
        host: &'a SymbioticHost<'a>,
        (id, config): (Id, &'a DelegatorConfig),
        subnetwork: B256,
        operator: Address,
    ) -> Self {
        let limit = host.state().delegator.limit_key(id, subnetwork);
        let account = host.accounts().find(&operator);
        Self { host, config, subnetwork, operator, account, limit }
    }

    /// Stake by the latest values. Source: `BaseDelegator.stake(bytes32,address)`.
    pub(super) fn stake(&self) -> Result<U256, Revert> {
        let state = self.host.state();
        let (vault, network) = self.opt_in_places();
        if !is_opted_in(state, Kind::OperatorVaultOptInService, self.account, vault)
            || !is_opted_in(state, Kind::OperatorNetworkOptInService, self.account, network)
        {
            return Ok(U256::ZERO);
        }
        let delegators = self.delegators();
        let limit = delegators.network_limit.get(self.limit);
        match self.config.delegator_type {
            NETWORK_RESTAKE => {
                let total = delegators.total_operator_shares.get(self.limit).latest();
                if total.is_zero() {
                    return Ok(U256::ZERO);
                }
                let available = self.active_stake()?.latest().min(limit.latest());
                Ok(mul_div_floor(self.operator_part().latest(), available, total)?)
            }
            FULL_RESTAKE => {
                let active = self.active_stake()?.latest();
                Ok(active.min(limit.latest()).min(self.operator_part().latest()))
            }
            _ if !self.is_the_one() => Ok(U256::ZERO),
            OPERATOR_SPECIFIC => Ok(self.active_stake()?.latest().min(limit.latest())),
            _ => {
                let limit = *delegators.max_network_limit.get(self.limit);
                Ok(self.active_stake()?.latest().min(limit))
            }
        }
    }

    /// Stake at a moment: the formula first, opt-ins after it, as hints fail in that order.
    pub(super) fn stake_at(&self, timestamp: u64, hints: &[u8]) -> Result<U256, Revert> {
        let (stake, base_hints) = match self.config.delegator_type {
            NETWORK_RESTAKE => self.network_restake_at(timestamp, hints)?,
            FULL_RESTAKE => self.full_restake_at(timestamp, hints)?,
            OPERATOR_SPECIFIC => self.operator_specific_at(timestamp, hints)?,
            _ => self.operator_network_specific_at(timestamp, hints)?,
        };
        let base: StakeBaseHints = decode_hints(&base_hints)?;
        if stake.is_zero() {
            return Ok(U256::ZERO);
        }
        let state = self.host.state();
        let (vault, network) = self.opt_in_places();
        let opted_in = |service, place, hint: &Bytes| {
            is_opted_in_at(state, service, self.account, place, timestamp, hint)
        };
        let by_vault = &base.operatorVaultOptInHint;
        let by_network = &base.operatorNetworkOptInHint;
        if !opted_in(Kind::OperatorVaultOptInService, vault, by_vault)?
            || !opted_in(Kind::OperatorNetworkOptInService, network, by_network)?
        {
            return Ok(U256::ZERO);
        }
        Ok(stake)
    }

    /// Source: `NetworkRestakeDelegator._stakeAt`.
    fn network_restake_at(&self, t: u64, hints: &[u8]) -> Result<(U256, Bytes), Revert> {
        let h: NetworkRestakeStakeHints = decode_hints(hints)?;
        let delegators = self.delegators();
        let total = delegators.total_operator_shares.get(self.limit);
        let total = hint::lookup(total, t, &h.totalOperatorNetworkSharesHint)?;
        if total.is_zero() {
            return Ok((U256::ZERO, h.baseHints));
        }
        let shares = hint::lookup(self.operator_part(), t, &h.operatorNetworkSharesHint)?;
        let active = hint::lookup(self.active_stake()?, t, &h.activeStakeHint)?;
        let limit = delegators.network_limit.get(self.limit);
        let limit = hint::lookup(limit, t, &h.networkLimitHint)?;
        Ok((mul_div_floor(shares, active.min(limit), total)?, h.baseHints))
    }

    /// Source: `FullRestakeDelegator._stakeAt`.
    fn full_restake_at(&self, t: u64, hints: &[u8]) -> Result<(U256, Bytes), Revert> {
        let h: FullRestakeStakeHints = decode_hints(hints)?;
        let active = hint::lookup(self.active_stake()?, t, &h.activeStakeHint)?;
        let limit = self.delegators().network_limit.get(self.limit);
        let limit = hint::lookup(limit, t, &h.networkLimitHint)?;
        let part = hint::lookup(self.operator_part(), t, &h.operatorNetworkLimitHint)?;
        Ok((active.min(limit).min(part), h.baseHints))
    }

    /// Source: `OperatorSpecificDelegator._stakeAt`.
    fn operator_specific_at(&self, t: u64, hints: &[u8]) -> Result<(U256, Bytes), Revert> {
        let h: OperatorSpecificStakeHints = decode_hints(hints)?;
        if !self.is_the_one() {
            return Ok((U256::ZERO, h.baseHints));
        }
        let active = hint::lookup(self.active_stake()?, t, &h.activeStakeHint)?;
        let limit = self.delegators().network_limit.get(self.limit);
        let limit = hint::lookup(limit, t, &h.networkLimitHint)?;
        Ok((active.min(limit), h.baseHints))
    }

    /// Source: `OperatorNetworkSpecificDelegator._stakeAt`.
    fn operator_network_specific_at(&self, t: u64, hints: &[u8]) -> Result<(U256, Bytes), Revert> {
        let h: OperatorNetworkSpecificStakeHints = decode_hints(hints)?;
        if !self.is_the_one() {
            return Ok((U256::ZERO, h.baseHints));
        }
        let active = hint::lookup(self.active_stake()?, t, &h.activeStakeHint)?;
        let limit = self.delegators().max_network_limit_history.get(self.limit);
        let limit = hint::lookup(limit, t, &h.maxNetworkLimitHint)?;
        Ok((active.min(limit), h.baseHints))
    }

    /// Whether this is the operator (and network) that the delegator stands for.
    fn is_the_one(&self) -> bool {
        let network = self.config.delegator_type != OPERATOR_NETWORK_SPECIFIC
            || self.config.network == network_of(self.subnetwork);
        network && self.config.operator == self.operator
    }

    /// Latest shares or limit of the operator: its history.
    fn operator_part(&self) -> &Trace<U256> {
        let delegators = self.delegators();
        let key = match self.limit {
            NONE => NONE,
            limit => delegators.operator_key(limit, self.account),
        };
        delegators.operator_part.get(key)
    }

    fn active_stake(&self) -> Result<&Trace<U256>, Revert> {
        let vault = vault_of(self.host, self.config)?;
        Ok(self.host.state().vault.active_stake.get(vault))
    }

    /// Vault and network, interned, to which the operator has to be opted in.
    fn opt_in_places(&self) -> (Id, Id) {
        let accounts = self.host.accounts();
        (accounts.find(&self.config.vault), accounts.find(&network_of(self.subnetwork)))
    }

    fn delegators(&self) -> &Delegators {
        &self.host.state().delegator
    }
}

/// Hints as a tuple; none at all decode to empty ones without touching the heap.
fn decode_hints<T>(hints: &[u8]) -> Result<T, Revert>
where
    T: Default + SolValue + From<<T::SolType as SolType>::RustType>,
{
    if hints.is_empty() { Ok(T::default()) } else { decode(hints) }
}
