//! Core. Source: Karak V2 `Core` and its libraries.

mod admin;
mod deploy;
mod hook;
mod operator;
mod slashing;
mod slots;
mod views;

pub(super) use slots::PAUSER_SLOT;

use super::solady::{
    MANAGER, Ownership, check_not_paused, check_owner, check_role_or_owner, dispatch_ownable,
    dispatch_pauser,
};
use super::{find, guarded, selector};
use crate::abi::core::Core::{
    CoreCalls, DSSAlreadyRegistered, DSSNotRegistered, DSSRegistered,
    MaxSlashPercentageWadBreached, NotSmartContract, OperatorNotValidatingForDSS,
    ZeroSlashPercentageWad,
};
use crate::abi::core::{QueuedSlashing, QueuedStakeUpdate};
use crate::state::core::CoreConfig;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, B256, U256, address, keccak256, uint};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert, require};

/// Stands for the standard implementation wherever a vault's implementation is kept.
pub const STANDARD: Address = address!("0x0000000000000000000000000000000000000001");
/// The pseudo-address of ether.
pub const NATIVE_ASSET: Address = address!("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");
/// All of it, in the protocol's scale of 1e18 = 1 %.
pub const HUNDRED_PERCENT: U256 = uint!(100_000_000_000_000_000_000_U256);
/// Vaults that an operator may have, and vaults that one slashing may name.
pub const MAX_VAULTS: usize = 32;
/// Services to which an operator may be registered.
pub const MAX_SERVICES: u32 = 32;
/// Seconds between a service's requests to slash one operator.
pub const SLASHING_COOLDOWN: u64 = 2 * 24 * 3600;
/// Seconds in which a slashing can only be vetoed.
pub const VETO_WINDOW: u64 = 2 * 24 * 3600;
/// Seconds between the request of a stake update and its finalisation.
pub const STAKE_UPDATE_DELAY: u64 = 9 * 24 * 3600;

/// Functions of Core that pause, by their bit.
mod bit {
    pub(super) const REGISTER_TO_DSS: u8 = 2;
    pub(super) const UNREGISTER_FROM_DSS: u8 = 3;
    pub(super) const REQUEST_STAKE_UPDATE: u8 = 4;
    pub(super) const FINALIZE_STAKE_UPDATE: u8 = 5;
    pub(super) const DEPLOY_VAULTS: u8 = 6;
    pub(super) const REQUEST_SLASHING: u8 = 7;
    pub(super) const CANCEL_SLASHING: u8 = 8;
    pub(super) const FINALIZE_SLASHING: u8 = 9;
}

/// Functions without which nothing is slashed, by their bit in Core's pause map.
pub const SLASHING_BITS: [u8; 2] = [bit::REQUEST_SLASHING, bit::FINALIZE_SLASHING];

/// The hash under which a stake update waits.
#[must_use]
pub fn update_hash(update: &QueuedStakeUpdate) -> B256 {
    keccak256(update.abi_encode())
}

/// The hash under which a slashing waits.
#[must_use]
pub fn slashing_root(slashing: &QueuedSlashing) -> B256 {
    keccak256(slashing.abi_encode())
}

/// Answers a call to Core.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    if !CoreCalls::valid_selector(selector(message)?) {
        let manager = |host: &KarakHost<'_>, message: &Message<'_>| {
            check_role_or_owner(host, message, MANAGER)
        };
        return dispatch_pauser(host, message, manager)
            .or_else(|| dispatch_ownable(host, message, Ownership::WithRoles))
            .unwrap_or_else(|| Err(Revert::empty()));
    }
    let call = CoreCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    answer(host, message, call)
}

fn answer(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    call: CoreCalls,
) -> Result<Vec<u8>, Revert> {
    use CoreCalls as Call;
    let done = |()| Vec::new();
    match call {
        Call::initialize(c) => admin::initialize(host, message, &c).map(done),
        Call::allowlistAssets(_)
        | Call::setGasValues(_)
        | Call::pauseVault(_)
        | Call::unpauseVault(_) => {
            check_role_or_owner(host, message, MANAGER)?;
            admin::manage(host, message, call).map(done)
        }
        Call::allowlistVaultImpl(_)
        | Call::changeStandardImplementation(_)
        | Call::changeImplementationForVault(_) => {
            check_owner(host, message)?;
            admin::own(host, message, call).map(done)
        }
        Call::registerDSS(c) => register_dss(host, message, c.maxSlashablePercentageWad).map(done),
        Call::deployVaults(c) => operate(host, message, bit::DEPLOY_VAULTS, |host| {
            deploy::deploy(host, message, c).map(|vaults| vaults.abi_encode())
        }),
        Call::registerOperatorToDSS(c) => operate(host, message, bit::REGISTER_TO_DSS, |host| {
            operator::register(host, message, &c).map(done)
        }),
        Call::unregisterOperatorFromDSS(c) => {
            operate(host, message, bit::UNREGISTER_FROM_DSS, |host| {
                operator::unregister(host, message, c.dss).map(done)
            })
        }
        Call::requestUpdateVaultStakeInDSS(c) => {
            operate(host, message, bit::REQUEST_STAKE_UPDATE, |host| {
                operator::request_update(host, message, c.vaultStakeUpdateRequest)
                    .map(|update| update.abi_encode())
            })
        }
        Call::finalizeUpdateVaultStakeInDSS(c) => {
            operate(host, message, bit::FINALIZE_STAKE_UPDATE, |host| {
                operator::finalize_update(host, message, c.queuedStake).map(done)
            })
        }
        Call::requestSlashing(c) => operate(host, message, bit::REQUEST_SLASHING, |host| {
            slashing::request(host, message, c.slashingRequest).map(|queued| queued.abi_encode())
        }),
        Call::cancelSlashing(c) => operate(host, message, bit::CANCEL_SLASHING, |host| {
            slashing::cancel(host, message, c.queuedSlashing).map(done)
        }),
        Call::finalizeSlashing(c) => operate(host, message, bit::FINALIZE_SLASHING, |host| {
            slashing::finalize(host, message, c.queuedSlashing).map(done)
        }),
        view => views::answer(host, message, view),
    }
}

/// Runs an operation that pauses and that nothing can re-enter.
fn operate(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    function: u8,
    body: impl FnOnce(&mut dyn Host<Karak>) -> Result<Vec<u8>, Revert>,
) -> Result<Vec<u8>, Revert> {
    check_not_paused(host, message.this, function)?;
    guarded(host, message.this, body)
}

fn config<'a>(host: &'a KarakHost<'_>) -> &'a CoreConfig {
    host.state().core.config()
}

/// The most that a service may slash at once; zero when it is not registered.
fn max_slashable(host: &KarakHost<'_>, dss: Address) -> U256 {
    *host.state().core.max_slashable_wad.get(find(host, dss))
}

/// Source: `CoreLib.checkIfOperatorIsRegInRegDSS`.
fn check_registered(host: &KarakHost<'_>, operator: Address, dss: Address) -> Result<(), Revert> {
    require!(!max_slashable(host, dss).is_zero(), DSSNotRegistered {});
    let (operator, dss) = (find(host, operator), find(host, dss));
    require!(host.state().core.services.contains(operator, dss), OperatorNotValidatingForDSS {});
    Ok(())
}

/// Source: `Core.registerDSS`.
fn register_dss(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    max_wad: U256,
) -> Result<(), Revert> {
    let dss = message.sender;
    require!(host.has_code(dss), NotSmartContract {});
    require!(max_slashable(host, dss).is_zero(), DSSAlreadyRegistered {});
    require!(!max_wad.is_zero(), ZeroSlashPercentageWad {});
    require!(max_wad <= HUNDRED_PERCENT, MaxSlashPercentageWadBreached {});
    let event = DSSRegistered { dss, maxSlashablePercentageWad: max_wad };
    host.emit(message.this, event.into())
}
