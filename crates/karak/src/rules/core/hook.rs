//! Calls to the hooks of a service. Source: `HookLib`.

use super::config;
use crate::Karak;
use crate::abi::core::Core::{
    DSSHookCallReverted, HookCallFailed, HookCallSucceeded, InterfaceNotSupported, NotEnoughGas,
};
use crate::abi::dss::Hooks::supportsInterfaceCall;
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use bondstone_kernel::{Call, Host, MathError, Revert, require};

/// What the failure of a hook means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The operation fails.
    Reverts,
    /// It is logged.
    Ignored,
}

/// Asks the service whether it has the hook and calls it. Exactly one of three events comes of it.
///
/// # Errors
/// `NotEnoughGas()`, or `Panic(0x11)` for a limit that leaves 32 bits when it is multiplied;
/// `DSSHookCallReverted` with the first word of what the hook returned.
pub(super) fn call<C: SolCall>(
    host: &mut dyn Host<Karak>,
    core: Address,
    dss: Address,
    hook: &C,
    failure: Failure,
) -> Result<(), Revert> {
    let limit = config(host).supports_interface_gas_limit;
    check_gas(host, limit)?;
    let question = supportsInterfaceCall { interfaceId: C::SELECTOR.into() }.abi_encode();
    let answer = host.call(Call::capped(core, dss, &question, u64::from(limit)));
    let is_supported = answer.is_ok_and(|output| !first_word(&output).is_zero());
    if !is_supported {
        return host.emit(core, InterfaceNotSupported {}.into());
    }
    let limit = config(host).hook_call_gas_limit;
    check_gas(host, limit)?;
    match host.call(Call::capped(core, dss, &hook.abi_encode(), u64::from(limit))) {
        Ok(output) => {
            let returned = first_word(&output);
            host.emit(core, HookCallSucceeded { returnData: returned }.into())
        }
        Err(revert) => {
            let reason = first_word(revert.data());
            let error = DSSHookCallReverted { revertReason: reason };
            require!(failure == Failure::Ignored, error);
            host.emit(core, HookCallFailed { revertReason: reason }.into())
        }
    }
}

/// `gasleft() < limit * 64 / 63 + buffer` in 32-bit arithmetic.
fn check_gas(host: &mut dyn Host<Karak>, limit: u32) -> Result<(), Revert> {
    let needed = limit
        .checked_mul(64)
        .and_then(|product| product.checked_div(63))
        .and_then(|share| share.checked_add(config(host).hook_gas_buffer))
        .ok_or(MathError::Overflow)?;
    require!(host.gas_left() >= u64::from(needed), NotEnoughGas {});
    Ok(())
}

/// The first word of returned data; what is missing is zero.
fn first_word(output: &[u8]) -> B256 {
    let mut word = [0u8; 32];
    for (to, from) in word.iter_mut().zip(output) {
        *to = *from;
    }
    B256::from(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_are_padded_and_long_ones_cut() {
        assert_eq!(first_word(&[]), B256::ZERO);
        assert_eq!(first_word(&[7])[..2], [7, 0]);
        assert_eq!(first_word(&[9; 40]), B256::repeat_byte(9));
    }
}
