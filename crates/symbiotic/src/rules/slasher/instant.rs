//! The instant slasher. Source: `Slasher`.

use super::{INSTANT, Offence, base, seconds, uint48};
use crate::Symbiotic;
use crate::abi::slasher::{InsufficientSlash, Slash, SlashHints, Slasher};
use crate::rules::{decode, now};
use alloy_primitives::U256;
use alloy_sol_types::SolValue;
use bondstone_kernel::host::guarded;
use bondstone_kernel::{Host, Id, Message, Revert, require};

/// `Slasher.slash`: takes up to `amount` of the stake that an operator had in a subnetwork at the
/// capture, at once. Returns the nominal amount.
///
/// # Errors
/// `NotNetworkMiddleware`, `InvalidCaptureTimestamp`, `InsufficientSlash`, and those of
/// [`base::slashable_stake`] and [`base::carry_out`].
pub(super) fn slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Slasher::slashCall,
) -> Result<Vec<u8>, Revert> {
    let slashed = guarded(host, message.this, |host| guarded_slash(host, id, message, call))?;
    Ok(slashed.abi_encode())
}

fn guarded_slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    call: &Slasher::slashCall,
) -> Result<U256, Revert> {
    let (subnetwork, operator) = (call.subnetwork, call.operator);
    base::check_middleware(host, message.sender, subnetwork)?;
    let hints = if call.hints.is_empty() { SlashHints::default() } else { decode(&call.hints)? };
    let (now, capture) = (now(host)?, seconds(call.captureTimestamp));
    base::check_capture(capture, now.minus(base::vault_of(host, id)?.epoch_duration)?, now)?;

    let hints = &hints.slashableStakeHints;
    let (slashable, stake) = base::slashable_stake(host, id, subnetwork, operator, capture, hints)?;
    let amount = call.amount.min(slashable);
    require!(!amount.is_zero(), InsufficientSlash {});

    let offence = Offence { subnetwork, operator, amount, capture };
    let data = base::delegator_data::<2, 6>(INSTANT, [slashable, stake]);
    base::carry_out(host, id, message, offence, data.as_flattened())?;
    let log =
        Slash { subnetwork, operator, slashedAmount: amount, captureTimestamp: uint48(capture) };
    host.emit(message.this, log.into())?;
    Ok(amount)
}
