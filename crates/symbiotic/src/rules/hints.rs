//! The hint helper contracts, and the `staticDelegateCall` with which they read other contracts.
//!
//! A helper asks its target to run the helper's own `…Internal` function over the target's storage.
//! Here that function reads the state of whichever contract runs it. Source: `Hints`,
//! `StaticDelegateCallable`.

mod delegator;
mod slasher;
mod vault;

use crate::abi::hints::{ExternalCall, Hints};
use crate::state::{Contract, Kind};
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::{call_interface, word};
use bondstone_kernel::{Call, Host, Message, Revert, Trace, require};

/// Answers a call.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    run(host, Helper { kind, code: message.this }, message)
}

/// Answers `staticDelegateCall(target, data)` of the contract `message.this`: runs the code of
/// `target` over that contract's storage and reverts with `abi.encode(bool success, bytes output)`,
/// so that nothing it did stays. Source: `StaticDelegateCallable.staticDelegateCall`.
///
/// The targets that this model knows are the hint helpers and addresses without code. The code of
/// any other contract fails without data.
pub fn static_delegate_call(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    target: Address,
    data: &[u8],
) -> Revert {
    let (success, output) = match delegate_call(host, message, target, data) {
        Ok(output) => (true, Bytes::from(output)),
        Err(revert) => (false, revert.into_data()),
    };
    Revert::raw((success, output).abi_encode_params().into())
}

fn delegate_call(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    target: Address,
    data: &[u8],
) -> Result<Vec<u8>, Revert> {
    if !host.has_code(target) {
        return Ok(Vec::new());
    }
    match host.state().contract(host.accounts(), target) {
        Contract::Singleton(kind) => {
            run(host, Helper { kind, code: target }, &Message { input: data, ..*message })
        }
        _ => Err(Revert::empty()),
    }
}

/// A helper contract whose code runs, over its own storage or, by `staticDelegateCall`, over that
/// of `message.this`.
#[derive(Clone, Copy, Debug)]
struct Helper {
    kind: Kind,
    /// `_SELF`: where the code lives.
    code: Address,
}

fn run(
    host: &mut dyn Host<Symbiotic>,
    helper: Helper,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    match helper.kind {
        Kind::VaultHints => vault::vault_hints(host, helper, message),
        Kind::OptInServiceHints => vault::opt_in_hints(host, helper, message),
        Kind::BaseDelegatorHints => delegator::base(host, helper, message),
        Kind::NetworkRestakeDelegatorHints
        | Kind::FullRestakeDelegatorHints
        | Kind::OperatorSpecificDelegatorHints
        | Kind::OperatorNetworkSpecificDelegatorHints => delegator::typed(host, helper, message),
        Kind::BaseSlasherHints => slasher::base(host, helper, message),
        Kind::SlasherHints => slasher::instant(host, helper, message),
        Kind::VetoSlasherHints => slasher::veto(host, helper, message),
        _ => Err(Revert::empty()),
    }
}

impl Helper {
    /// `internalFunction`: only the helper itself may call it, through a target.
    ///
    /// # Errors
    /// `ExternalCall()`.
    fn check_internal(self, message: &Message<'_>) -> Result<(), Revert> {
        require!(message.sender == self.code, ExternalCall {});
        Ok(())
    }

    /// Answers a getter of the helper's own storage, which nothing ever writes.
    ///
    /// # Errors
    /// A revert without data for a call that is none of `C`, and over the storage of a target,
    /// whose slots are not part of the model.
    fn own_storage<C: SolInterface>(self, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
        decode::<C>(message)?;
        if message.this != self.code {
            return Err(Revert::empty());
        }
        Ok(U256::ZERO.abi_encode())
    }
}

/// Whether the calldata has a selector of `C`.
fn is_call<C: SolInterface>(message: &Message<'_>) -> bool {
    let selector = message.input.get(..4).and_then(|s| <[u8; 4]>::try_from(s).ok());
    selector.is_some_and(C::valid_selector)
}

fn decode<C: SolInterface>(message: &Message<'_>) -> Result<C, Revert> {
    C::abi_decode_validate(message.input).map_err(|_| Revert::empty())
}

/// What lives at the address.
fn contract_at(host: &SymbioticHost<'_>, address: Address) -> Contract {
    host.state().contract(host.accounts(), address)
}

/// What an `…Internal` function answers: whether the history has a checkpoint at or before
/// `timestamp`, and its index. Source: `Checkpoints.upperLookupRecentCheckpoint`.
fn found<V: Copy + Default>(trace: Option<&Trace<V>>, timestamp: U48) -> Vec<u8> {
    let at = trace
        .and_then(|trace| trace.upper_index(timestamp.saturating_to()))
        .and_then(|at| u32::try_from(at).ok());
    (at.is_some(), at.unwrap_or_default()).abi_encode_params()
}

/// Runs `internal` over the storage of `target` and returns the hint: an encoded index, or nothing
/// when no checkpoint was found. `this` is the running helper. Source: `Hints`.
///
/// # Errors
/// The revert of the internal function; a revert without data when the target has no
/// `staticDelegateCall` or does not know the helper's function.
fn hint(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    target: Address,
    internal: &impl SolCall,
) -> Result<Bytes, Revert> {
    let call = Hints::staticDelegateCallCall { target: this, data: internal.abi_encode().into() };
    let input = call.abi_encode();
    let answer = match host.call(Call::view(this, target, &input)) {
        Ok(output) => output,
        Err(revert) => revert.into_data(),
    };
    let (success, output) =
        <(bool, Bytes)>::abi_decode_params_validate(&answer).map_err(|_| Revert::empty())?;
    if !success {
        return Err(Revert::raw(output));
    }
    let (exists, at) =
        <(bool, u32)>::abi_decode_params_validate(&output).map_err(|_| Revert::empty())?;
    Ok(if exists { at.abi_encode().into() } else { Bytes::new() })
}

/// `abi.encode` of a struct of hints, or nothing when all of them are empty.
fn nest<const N: usize>(parts: [Bytes; N]) -> Bytes
where
    [Bytes; N]: SolValue,
{
    if parts.iter().all(|part| part.is_empty()) {
        return Bytes::new();
    }
    parts.abi_encode().into()
}

/// One word that `target` answers.
///
/// # Errors
/// A revert without data when there is no contract or its answer is short; the target's revert.
fn ask(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    target: Address,
    call: &impl SolCall,
) -> Result<U256, Revert> {
    let input = call.abi_encode();
    word(&call_interface(host, Call::view(this, target, &input))?, 0)
}

/// An address that `target` answers.
///
/// # Errors
/// Those of [`ask`]; a revert without data for a word that is no address.
fn ask_address(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    target: Address,
    call: &impl SolCall,
) -> Result<Address, Revert> {
    let answer = ask(host, this, target, call)?;
    if answer.bit_len() > 160 {
        return Err(Revert::empty());
    }
    Ok(Address::from_word(answer.into()))
}

/// Address of a helper that another one is linked to.
///
/// # Errors
/// A revert without data when the deployment has none: the call would find no code.
fn linked(host: &SymbioticHost<'_>, kind: Kind) -> Result<Address, Revert> {
    let address = host.state().singleton(kind);
    if address.is_zero() { Err(Revert::empty()) } else { Ok(address) }
}
