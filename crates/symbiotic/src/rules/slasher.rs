//! The instant and the veto slasher. Source: `BaseSlasher`, `Slasher`, `VetoSlasher`.

mod base;
mod instant;
mod veto;

pub use base::{BURNER_GAS_LIMIT, BURNER_RESERVE, slashable_stake};

use super::{decode, hint, hints};
use crate::Symbiotic;
use crate::abi::ledger::SlasherCreated;
use crate::abi::registry::Initialized;
use crate::abi::slasher::{
    BaseSlasherCalls, NoBurner, NotVault, SlasherCalls, SlasherInitParams, VetoSlasherCalls,
};
use crate::state::Kind;
use crate::state::slasher::SlasherConfig;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Host, Id, Message, NONE, Revert, Timestamp, require};

/// Type of the instant slasher.
pub const INSTANT: u64 = 0;
/// Type of the veto slasher.
pub const VETO: u64 = 1;

/// Answers a call.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let slasher_type = host.state().slasher.config.get(id).slasher_type;
    answer(host, id, slasher_type, message)
}

/// Answers a call to an implementation contract: a slasher of no vault, closed to initialisation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_implementation(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let slasher_type = if kind == Kind::VetoSlasherImplementation { VETO } else { INSTANT };
    answer(host, NONE, slasher_type, message)
}

fn answer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    slasher_type: u64,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let selector = message.input.get(..4).and_then(|s| <[u8; 4]>::try_from(s).ok());
    if selector.is_some_and(BaseSlasherCalls::valid_selector) {
        let call = decode_call::<BaseSlasherCalls>(message)?;
        return base_call(host, id, slasher_type, message, call);
    }
    if slasher_type == VETO {
        return veto::call(host, id, message, decode_call::<VetoSlasherCalls>(message)?);
    }
    match decode_call::<SlasherCalls>(message)? {
        SlasherCalls::slash(c) => instant::slash(host, id, message, &c),
    }
}

fn decode_call<C: SolInterface>(message: &Message<'_>) -> Result<C, Revert> {
    C::abi_decode_validate(message.input).map_err(|_| Revert::empty())
}

fn base_call(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    slasher_type: u64,
    message: &Message<'_>,
    call: BaseSlasherCalls,
) -> Result<Vec<u8>, Revert> {
    let state = host.state();
    let config = state.slasher.config.get(id);
    Ok(match call {
        BaseSlasherCalls::initialize(_) => return Err(InvalidInitialization {}.into()),
        BaseSlasherCalls::staticDelegateCall(c) => {
            return Err(hints::static_delegate_call(host, message, c.target, &c.data));
        }
        BaseSlasherCalls::BURNER_GAS_LIMIT(_) => BURNER_GAS_LIMIT.abi_encode(),
        BaseSlasherCalls::BURNER_RESERVE(_) => BURNER_RESERVE.abi_encode(),
        BaseSlasherCalls::FACTORY(_) => state.singleton(Kind::SlasherFactory).abi_encode(),
        BaseSlasherCalls::NETWORK_MIDDLEWARE_SERVICE(_) => {
            state.singleton(Kind::NetworkMiddlewareService).abi_encode()
        }
        BaseSlasherCalls::TYPE(_) => slasher_type.abi_encode(),
        BaseSlasherCalls::VAULT_FACTORY(_) => state.singleton(Kind::VaultFactory).abi_encode(),
        BaseSlasherCalls::cumulativeSlash(c) => {
            let key = base::slash_key(host, id, c.subnetwork, c.operator);
            state.slasher.cumulative_slash.get(key).latest().abi_encode()
        }
        BaseSlasherCalls::cumulativeSlashAt(c) => {
            let key = base::slash_key(host, id, c.subnetwork, c.operator);
            let trace = state.slasher.cumulative_slash.get(key);
            hint::lookup(trace, seconds(c.timestamp).0, &c.hint)?.abi_encode()
        }
        BaseSlasherCalls::isBurnerHook(_) => config.is_burner_hook.abi_encode(),
        BaseSlasherCalls::latestSlashedCaptureTimestamp(c) => {
            let key = base::slash_key(host, id, c.subnetwork, c.operator);
            state.slasher.latest_capture.get(key).0.abi_encode()
        }
        BaseSlasherCalls::slashableStake(c) => {
            let capture = seconds(c.captureTimestamp);
            slashable_stake(host, id, c.subnetwork, c.operator, capture, &c.hints)?.0.abi_encode()
        }
        BaseSlasherCalls::vault(_) => config.vault.abi_encode(),
    })
}

/// Initialises a new clone, called by its factory. `data` is `abi.encode(vault, parameters)`.
/// Source: `BaseSlasher._initialize`.
///
/// # Errors
/// `NotVault`, then the type's own, then `NoBurner`; a revert without data for malformed
/// parameters.
pub fn initialize(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    slasher_type: u64,
    data: &Bytes,
) -> Result<(), Revert> {
    let (vault, data) =
        <(Address, Bytes)>::abi_decode_params_validate(data).map_err(|_| Revert::empty())?;
    let state = host.state();
    let is_vault = state.registry.is_entity(Kind::VaultFactory, host.accounts().find(&vault));
    require!(is_vault, NotVault {});
    let mut config = SlasherConfig { slasher_type, vault, ..SlasherConfig::default() };
    match slasher_type {
        INSTANT => config.is_burner_hook = decode::<SlasherInitParams>(&data)?.isBurnerHook,
        VETO => veto::configure(host, &mut config, &data)?,
        // No slasher of another type is native.
        _ => return Err(Revert::empty()),
    }
    let burner = base::vault_config(host, vault)?.burner;
    require!(!(burner.is_zero() && config.is_burner_hook), NoBurner {});
    let created = SlasherCreated {
        slasherType: slasher_type,
        vault,
        isBurnerHook: config.is_burner_hook,
        vetoDuration: uint48(Timestamp(config.veto_duration)),
        resolverSetEpochsDelay: config.resolver_set_epochs_delay,
    };
    host.emit(message.this, created.into())?;
    host.emit(message.this, Initialized { version: 1 }.into())
}

/// A `uint48` argument as seconds.
fn seconds(value: U48) -> Timestamp {
    Timestamp(value.saturating_to())
}

/// Seconds as a `uint48`, which they always fit.
fn uint48(value: Timestamp) -> U48 {
    U48::saturating_from(value.0)
}

/// What a slash takes, from whom and measured when.
#[derive(Clone, Copy, Debug)]
struct Offence {
    subnetwork: B256,
    operator: Address,
    /// Nominal amount; the vault may hold less.
    amount: U256,
    capture: Timestamp,
}
