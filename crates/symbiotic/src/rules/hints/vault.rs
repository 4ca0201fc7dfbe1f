//! Hints into the histories of vaults and opt-in services. Source: `VaultHints`,
//! `OptInServiceHints`.

use super::{Helper, decode, found, hint, is_call, nest};
use crate::Symbiotic;
use crate::abi::hints::{
    OptInServiceHints, OptInServiceHintsStorage, VaultHints, VaultHintsStorage,
};
use crate::state::Contract;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Host, Message, Revert, Trace};

/// Answers a call to `VaultHints`.
///
/// # Errors
/// The contract's revert.
pub(super) fn vault_hints(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use VaultHints::VaultHintsCalls as Calls;
    let this = message.this;
    if !is_call::<Calls>(message) {
        return helper.own_storage::<VaultHintsStorage::VaultHintsStorageCalls>(message);
    }
    let state = host.state();
    let account = host.accounts().find(&this);
    let vault = match state.contracts.get(account) {
        Contract::Vault(id) => Some(*id),
        _ => None,
    };
    Ok(match decode::<Calls>(message)? {
        Calls::activeStakeHintInternal(c) => {
            helper.check_internal(message)?;
            found(vault.map(|id| state.vault.active_stake.get(id)), c.timestamp)
        }
        Calls::activeSharesHintInternal(c) => {
            helper.check_internal(message)?;
            found(vault.map(|id| state.vault.active_shares.get(id)), c.timestamp)
        }
        Calls::activeSharesOfHintInternal(c) => {
            helper.check_internal(message)?;
            let holder = host.accounts().find(&c.account);
            let history = vault.map(|id| {
                state.vault.active_shares_of.get(state.vault.holders.find(&(id, holder)))
            });
            found(history, c.timestamp)
        }
        Calls::activeStakeHint(c) => {
            active_stake_hint(host, this, c.vault, c.timestamp)?.abi_encode()
        }
        Calls::activeSharesHint(c) => {
            active_shares_hint(host, this, c.vault, c.timestamp)?.abi_encode()
        }
        Calls::activeSharesOfHint(c) => {
            active_shares_of_hint(host, this, c.vault, c.account, c.timestamp)?.abi_encode()
        }
        Calls::activeBalanceOfHints(c) => {
            let shares_of = active_shares_of_hint(host, this, c.vault, c.account, c.timestamp)?;
            let stake = active_stake_hint(host, this, c.vault, c.timestamp)?;
            let shares = active_shares_hint(host, this, c.vault, c.timestamp)?;
            nest([shares_of, stake, shares]).abi_encode()
        }
    })
}

/// `VaultHints.activeStakeHint`, run by the helper `this`.
///
/// # Errors
/// Those of [`hint`].
pub(super) fn active_stake_hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    vault: Address,
    timestamp: U48,
) -> Result<Bytes, Revert> {
    hint(host, this, vault, &VaultHints::activeStakeHintInternalCall { timestamp })
}

fn active_shares_hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    vault: Address,
    timestamp: U48,
) -> Result<Bytes, Revert> {
    hint(host, this, vault, &VaultHints::activeSharesHintInternalCall { timestamp })
}

fn active_shares_of_hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    vault: Address,
    account: Address,
    timestamp: U48,
) -> Result<Bytes, Revert> {
    hint(host, this, vault, &VaultHints::activeSharesOfHintInternalCall { account, timestamp })
}

/// Answers a call to `OptInServiceHints`.
///
/// The helper looks for the history in storage slot 1, while `OptInService` keeps it in slot 3
/// behind the two strings of its EIP-712 base. So the real helper finds nothing, ever, and neither
/// does this one.
///
/// # Errors
/// The contract's revert.
pub(super) fn opt_in_hints(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    use OptInServiceHints::OptInServiceHintsCalls as Calls;
    if !is_call::<Calls>(message) {
        type Storage = OptInServiceHintsStorage::OptInServiceHintsStorageCalls;
        return helper.own_storage::<Storage>(message);
    }
    Ok(match decode::<Calls>(message)? {
        Calls::optInHintInternal(c) => {
            helper.check_internal(message)?;
            found::<bool>(None::<&Trace<bool>>, c.timestamp)
        }
        Calls::optInHint(c) => {
            opt_in_hint(host, message.this, c.optInService, c.who, c.r#where, c.timestamp)?
                .abi_encode()
        }
    })
}

/// `OptInServiceHints.optInHint`, run by the helper `this`.
///
/// # Errors
/// Those of [`hint`].
pub(super) fn opt_in_hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    service: Address,
    who: Address,
    wher: Address,
    timestamp: U48,
) -> Result<Bytes, Revert> {
    let internal = OptInServiceHints::optInHintInternalCall { who, r#where: wher, timestamp };
    hint(host, this, service, &internal)
}
