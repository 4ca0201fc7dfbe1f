//! Fees of curators, operators and the protocol, in parts of a million.
//! Source: Symbiotic rewards-v2 `FeeRegistry`.

use super::multicall::{self, Batch};
use super::{curator_registry, decode, hint, hints, owners};
use crate::abi::rewards_v2::fees::{
    FeeAtHints, FeeRegistry as Abi, FeeRegistryCalls as Calls, SetCuratorFee, SetCuratorNetworkFee,
    SetOperatorsFee, SetOperatorsNetworkFee, SetProtocolFee,
};
use crate::state::rewards_v2::FeeOverride;
use crate::state::{Kind, State};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Accounts, Host, Message, Revert, Trace, ownable, require};

/// `MAX_FEE`: fees are parts of this.
pub const MAX_FEE: U256 = U256::from_limbs([1_000_000, 0, 0, 0]);
/// `MAX_PARTICIPANT_FEE`: the most that curator and operators may take, each.
pub const MAX_PARTICIPANT_FEE: U256 = U256::from_limbs([500_000, 0, 0, 0]);

/// Whose fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Participant {
    /// The operators', who share it.
    Operators,
    /// The curator's.
    Curator,
}

/// Answers a call to the registry of fees.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Symbiotic>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    answer(host, message, &mut Batch::whole())
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    batch: &mut Batch,
) -> Result<Vec<u8>, Revert> {
    if let Some(result) = ownable::dispatch(host, owners, message) {
        return result;
    }
    let this = message.this;
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        Calls::multicall(c) => return multicall::run(host, message, &c.data, batch, answer),
        Calls::staticDelegateCall(c) => {
            return Err(hints::static_delegate_call(host, message, c.target, &c.data));
        }
        Calls::setOperatorsFee(c) => {
            check_participant(host, message, c.vault, c.fee)?;
            host.emit(this, SetOperatorsFee { vault: c.vault, fee: c.fee }.into())?;
        }
        Calls::setCuratorFee(c) => {
            check_participant(host, message, c.vault, c.fee)?;
            host.emit(this, SetCuratorFee { vault: c.vault, fee: c.fee }.into())?;
        }
        Calls::setOperatorsNetworkFee(c) => {
            check_participant(host, message, c.vault, c.fee)?;
            let (vault, network, enable, fee) = (c.vault, c.network, c.enable, c.fee);
            let event = SetOperatorsNetworkFee { vault, network, enable, fee };
            host.emit(this, event.into())?;
        }
        Calls::setCuratorNetworkFee(c) => {
            check_participant(host, message, c.vault, c.fee)?;
            let (vault, network, enable, fee) = (c.vault, c.network, c.enable, c.fee);
            let event = SetCuratorNetworkFee { vault, network, enable, fee };
            host.emit(this, event.into())?;
        }
        Calls::setProtocolFee(c) => {
            ownable::check_owner(host, owners, message)?;
            require!(c.fee < MAX_FEE, Abi::FeeTooHigh {});
            let event = SetProtocolFee { id: c.id, enable: c.enable, fee: c.fee };
            host.emit(this, event.into())?;
        }
        view => return read(host, view),
    }
    Ok(Vec::new())
}

/// Only the vault's curator, and at most half. Source: `FeeRegistry.onlyCurator` and its setters.
fn check_participant(
    host: &SymbioticHost<'_>,
    message: &Message<'_>,
    vault: Address,
    fee: U256,
) -> Result<(), Revert> {
    require!(curator_registry::of(host, vault) == message.sender, Abi::NotCurator {});
    require!(fee <= MAX_PARTICIPANT_FEE, Abi::FeeTooHigh {});
    Ok(())
}

fn read(host: &SymbioticHost<'_>, view: Calls) -> Result<Vec<u8>, Revert> {
    use Participant::{Curator, Operators};
    let (state, accounts) = (host.state(), host.accounts());
    let default = |whose, vault| default_fees(state, accounts, whose, vault);
    let network = |whose, pair| network_fees(state, accounts, whose, pair);
    let both = |fee: FeeOverride| (fee.is_enabled, fee.fee).abi_encode_params();
    let seconds = |timestamp: U48| timestamp.saturating_to::<u64>();
    let fee = match view {
        Calls::MAX_FEE(_) => MAX_FEE,
        Calls::MAX_PARTICIPANT_FEE(_) => MAX_PARTICIPANT_FEE,
        Calls::CURATOR_REGISTRY(_) => {
            return Ok(state.singleton(Kind::CuratorRegistry).abi_encode());
        }
        Calls::getOperatorsFee(c) => fee(state, accounts, Operators, (c.vault, c.network)),
        Calls::getCuratorFee(c) => fee(state, accounts, Curator, (c.vault, c.network)),
        Calls::getOperatorsFeeAt(c) => {
            fee_at(host, Operators, (c.vault, c.network), seconds(c.timestamp), &c.hints)?
        }
        Calls::getCuratorFeeAt(c) => {
            fee_at(host, Curator, (c.vault, c.network), seconds(c.timestamp), &c.hints)?
        }
        Calls::getOperatorsDefaultFee(c) => default(Operators, c.vault).latest(),
        Calls::getCuratorDefaultFee(c) => default(Curator, c.vault).latest(),
        Calls::getOperatorsDefaultFeeAt(c) => {
            hint::lookup(default(Operators, c.vault), seconds(c.timestamp), &c.hint)?
        }
        Calls::getCuratorDefaultFeeAt(c) => {
            hint::lookup(default(Curator, c.vault), seconds(c.timestamp), &c.hint)?
        }
        Calls::getOperatorsNetworkFee(c) => {
            return Ok(both(network(Operators, (c.vault, c.network)).latest()));
        }
        Calls::getCuratorNetworkFee(c) => {
            return Ok(both(network(Curator, (c.vault, c.network)).latest()));
        }
        Calls::getOperatorsNetworkFeeAt(c) => {
            let fees = network(Operators, (c.vault, c.network));
            return Ok(both(hint::lookup(fees, seconds(c.timestamp), &c.hint)?));
        }
        Calls::getCuratorNetworkFeeAt(c) => {
            let fees = network(Curator, (c.vault, c.network));
            return Ok(both(hint::lookup(fees, seconds(c.timestamp), &c.hint)?));
        }
        Calls::getProtocolFee(c) => return Ok(both(protocol_fee(state, c.id))),
        _ => return Err(Revert::empty()),
    };
    Ok(fee.abi_encode())
}

fn default_fees<'a>(
    state: &'a State,
    accounts: &Accounts,
    whose: Participant,
    vault: Address,
) -> &'a Trace<U256> {
    let vault = accounts.find(&vault);
    match whose {
        Participant::Operators => state.rewards_v2.operators_fees.get(vault),
        Participant::Curator => state.rewards_v2.curator_fees.get(vault),
    }
}

fn network_fees<'a>(
    state: &'a State,
    accounts: &Accounts,
    whose: Participant,
    (vault, network): (Address, Address),
) -> &'a Trace<FeeOverride> {
    let fees = &state.rewards_v2;
    let key = fees.fee_keys.find(&(accounts.find(&vault), accounts.find(&network)));
    match whose {
        Participant::Operators => fees.operators_network_fees.get(key),
        Participant::Curator => fees.curator_network_fees.get(key),
    }
}

/// The fee in force of a vault for a network: the network's own while it is enabled, else the
/// vault's. Source: `FeeRegistry.getOperatorsFee`, `getCuratorFee`.
#[must_use]
pub fn fee(
    state: &State,
    accounts: &Accounts,
    whose: Participant,
    (vault, network): (Address, Address),
) -> U256 {
    let own = network_fees(state, accounts, whose, (vault, network)).latest();
    if own.is_enabled { own.fee } else { default_fees(state, accounts, whose, vault).latest() }
}

/// As [`fee`], at a moment in seconds; `hints` are empty or an encoded [`FeeAtHints`].
/// Source: `FeeRegistry.getOperatorsFeeAt`, `getCuratorFeeAt`.
///
/// # Errors
/// A revert without data for malformed hints, `Panic(0x32)` for one past the history.
pub fn fee_at(
    host: &SymbioticHost<'_>,
    whose: Participant,
    (vault, network): (Address, Address),
    timestamp: u64,
    hints: &[u8],
) -> Result<U256, Revert> {
    let hints: FeeAtHints = if hints.is_empty() { FeeAtHints::default() } else { decode(hints)? };
    let (state, accounts) = (host.state(), host.accounts());
    let own = network_fees(state, accounts, whose, (vault, network));
    let own = hint::lookup(own, timestamp, &hints.networkFeeHint)?;
    if own.is_enabled {
        return Ok(own.fee);
    }
    let default = default_fees(state, accounts, whose, vault);
    hint::lookup(default, timestamp, &hints.defaultFeeHint)
}

/// The protocol fee with this id. Source: `FeeRegistry.getProtocolFee`.
#[must_use]
pub fn protocol_fee(state: &State, id: B256) -> FeeOverride {
    let fees = &state.rewards_v2;
    *fees.protocol_fees.get(fees.protocol_fee_keys.find(&id))
}
