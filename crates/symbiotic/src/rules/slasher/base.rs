//! What both slashers share. Source: `BaseSlasher`.

use super::{Offence, uint48};
use crate::abi::delegator::Delegator;
use crate::abi::ledger::SlashBooked;
use crate::abi::slasher::{
    Burner, InsufficientBurnerGas, InvalidCaptureTimestamp, NotNetworkMiddleware,
    SlashableStakeHints,
};
use crate::abi::vault::Vault;
use crate::rules::{decode, delegator, hint, network_of, now, vault};
use crate::state::Contract;
use crate::state::vault::VaultConfig;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::host::{direct, returns_nothing};
use bondstone_kernel::{Call, Host, Id, Message, Revert, Timestamp, math, require};

/// Gas that the burner gets. Source: `BaseSlasher.BURNER_GAS_LIMIT`.
pub const BURNER_GAS_LIMIT: u64 = 150_000;
/// Gas kept for what follows the burner. Source: `BaseSlasher.BURNER_RESERVE`.
pub const BURNER_RESERVE: u64 = 20_000;
/// Gas that must be left before the burner is called: `BURNER_RESERVE` and 64/63 of
/// `BURNER_GAS_LIMIT`, rounded down.
const BURNER_GAS_NEEDED: u64 = 172_380;

/// The configuration of the vault at an address, as an interface call finds it.
///
/// # Errors
/// A revert without data when there is no vault.
pub(super) fn vault_config<'a>(
    host: &'a SymbioticHost<'_>,
    vault: Address,
) -> Result<&'a VaultConfig, Revert> {
    match host.state().contract(host.accounts(), vault) {
        Contract::Vault(id) => Ok(host.state().vault.config.get(id)),
        _ => Err(Revert::empty()),
    }
}

/// The configuration of the vault of slasher `id`.
///
/// # Errors
/// A revert without data when it has none.
pub(super) fn vault_of<'a>(host: &'a SymbioticHost<'_>, id: Id) -> Result<&'a VaultConfig, Revert> {
    vault_config(host, host.state().slasher.config.get(id).vault)
}

/// The cell of a subnetwork and an operator.
pub(super) fn slash_key(
    host: &SymbioticHost<'_>,
    id: Id,
    subnetwork: B256,
    operator: Address,
) -> Id {
    host.state().slasher.slash_keys.find(&(id, subnetwork, host.accounts().find(&operator)))
}

/// `BaseSlasher._checkNetworkMiddleware`.
///
/// # Errors
/// `NotNetworkMiddleware`.
pub(super) fn check_middleware(
    host: &SymbioticHost<'_>,
    sender: Address,
    subnetwork: B256,
) -> Result<(), Revert> {
    let network = host.accounts().find(&network_of(subnetwork));
    let middleware = *host.state().registry.middleware.get(network);
    require!(middleware == sender, NotNetworkMiddleware {});
    Ok(())
}

/// The capture may lie between `earliest` (inclusive) and now (exclusive).
///
/// # Errors
/// `InvalidCaptureTimestamp`.
pub(super) fn check_capture(
    capture: Timestamp,
    earliest: Timestamp,
    now: Timestamp,
) -> Result<(), Revert> {
    require!(capture >= earliest && capture < now, InvalidCaptureTimestamp {});
    Ok(())
}

/// What slasher `id` could slash now of the stake that `operator` had at `capture`, and that stake;
/// both zero outside the window of one epoch or before the last slashed capture.
/// Source: `BaseSlasher._slashableStake`.
///
/// # Errors
/// A revert without data for malformed hints; `Panic(0x32)` for a hint past a history;
/// `Panic(0x11)` when the epoch is longer than the time since 1970.
pub fn slashable_stake(
    host: &SymbioticHost<'_>,
    id: Id,
    subnetwork: B256,
    operator: Address,
    capture: Timestamp,
    hints: &[u8],
) -> Result<(U256, U256), Revert> {
    let hints = if hints.is_empty() {
        SlashableStakeHints::default()
    } else {
        decode::<SlashableStakeHints>(hints)?
    };
    let now = now(host)?;
    let vault = vault_of(host, id)?;
    let slashes = &host.state().slasher;
    let key = slash_key(host, id, subnetwork, operator);
    if capture < now.minus(vault.epoch_duration)?
        || capture >= now
        || capture < *slashes.latest_capture.get(key)
    {
        return Ok((U256::ZERO, U256::ZERO));
    }
    let delegator = delegator_of(host, vault)?;
    let stake =
        delegator::stake_at(host, delegator, subnetwork, operator, capture, &hints.stakeHints)?;
    let slashed = slashes.cumulative_slash.get(key);
    let at_capture = hint::lookup(slashed, capture.0, &hints.cumulativeSlashFromHint)?;
    let since = math::sub(slashed.latest(), at_capture)?;
    Ok((math::sub(stake, since.min(stake))?, stake))
}

/// The delegator of a vault, as an interface call finds it.
fn delegator_of(host: &SymbioticHost<'_>, vault: &VaultConfig) -> Result<Address, Revert> {
    match host.state().contract(host.accounts(), vault.delegator) {
        Contract::Delegator(_) => Ok(vault.delegator),
        _ => Err(Revert::empty()),
    }
}

/// Books a slash and tells delegator, vault and burner, in this order. `data` is what the
/// delegator's hook gets.
///
/// # Errors
/// Those of `BaseDelegator.onSlash` and `Vault.onSlash`; `InsufficientBurnerGas`.
pub(super) fn carry_out(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    offence: Offence,
    data: &[u8],
) -> Result<(), Revert> {
    let Offence { subnetwork, operator, amount, capture } = offence;
    let booked = SlashBooked { subnetwork, operator, amount, captureTimestamp: uint48(capture) };
    host.emit(message.this, booked.into())?;

    let delegator = delegator_of(host, vault_of(host, id)?)?;
    let to_delegator = Message { sender: message.this, this: delegator, input: &[] };
    let call = || {
        let call = Delegator::onSlashCall {
            subnetwork,
            operator,
            amount,
            captureTimestamp: uint48(capture),
            data: Bytes::copy_from_slice(data),
        };
        call.abi_encode()
    };
    direct(host, (message.this, delegator), call, returns_nothing, |host| {
        delegator::on_slash(host, &to_delegator, subnetwork, operator, amount, capture, data)
    })?;

    let vault = host.state().slasher.config.get(id).vault;
    let to_vault = Message { sender: message.this, this: vault, input: &[] };
    let call = || Vault::onSlashCall { amount, captureTimestamp: uint48(capture) }.abi_encode();
    direct(host, (message.this, vault), call, U256::abi_encode, |host| {
        vault::on_slash(host, &to_vault, amount, capture)
    })?;

    burn(host, id, message, offence)
}

/// `BaseSlasher._burnerOnSlash`: what the burner does, even failing, is its own affair.
fn burn(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    offence: Offence,
) -> Result<(), Revert> {
    if !host.state().slasher.config.get(id).is_burner_hook {
        return Ok(());
    }
    let burner = vault_of(host, id)?.burner;
    let call = Burner::onSlashCall {
        subnetwork: offence.subnetwork,
        operator: offence.operator,
        amount: offence.amount,
        captureTimestamp: uint48(offence.capture),
    };
    require!(host.gas_left() >= BURNER_GAS_NEEDED, InsufficientBurnerGas {});
    let input = call.abi_encode();
    drop(host.call(Call::capped(message.this, burner, &input, BURNER_GAS_LIMIT)));
    Ok(())
}

/// `abi.encode(GeneralDelegatorData(slasherType, abi.encode(inner…)))`, where `WORDS` is four more
/// than the words of `inner`.
pub(super) fn delegator_data<const INNER: usize, const WORDS: usize>(
    slasher_type: u64,
    inner: [U256; INNER],
) -> [[u8; 32]; WORDS] {
    let head = [
        U256::from(32),
        U256::from(slasher_type),
        U256::from(64),
        U256::from(INNER).saturating_mul(U256::from(32)),
    ];
    let mut words = [[0u8; 32]; WORDS];
    for (to, from) in words.iter_mut().zip(head.into_iter().chain(inner)) {
        *to = from.to_be_bytes();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use alloy_sol_types::SolValue;

    #[test]
    fn the_gas_needed_follows_from_limit_and_reserve() {
        assert_eq!(BURNER_GAS_NEEDED, BURNER_RESERVE + BURNER_GAS_LIMIT * 64 / 63);
    }

    #[test]
    fn delegator_data_is_the_abi_encoding_of_the_nested_structs() {
        let n = |v: u64| U256::from(v);
        let instant = delegator_data::<2, 6>(0, [n(7), n(9)]);
        let inner = Bytes::from((n(7), n(9)).abi_encode());
        assert_eq!(instant.as_flattened(), (n(0), inner).abi_encode());
        let veto = delegator_data::<3, 7>(1, [n(7), n(9), n(2)]);
        let inner = Bytes::from((n(7), n(9), n(2)).abi_encode());
        assert_eq!(veto.as_flattened(), (n(1), inner).abi_encode());
    }
}
