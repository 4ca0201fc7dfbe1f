//! The slashing handler. Source: Karak V2 `SlashingHandler`.

use super::solady::{Ownership, check_owner, dispatch_ownable, initialize_owner, transfers};
use super::{find, initializer};
use crate::Karak;
use crate::abi::handler::SlashingHandler::{SlashingHandlerCalls, UnsupportedAsset};
use crate::abi::ledger::SlashableTokenAdded;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, SolValue};
use bondstone_kernel::{Host, Message, Revert, require};

/// Answers a call to a slashing handler.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(host: &mut dyn Host<Karak>, message: &Message<'_>) -> Result<Vec<u8>, Revert> {
    if let Some(answer) = dispatch_ownable(host, message, Ownership::Plain) {
        return answer;
    }
    let call = SlashingHandlerCalls::abi_decode_validate(message.input);
    match call.map_err(|_| Revert::empty())? {
        SlashingHandlerCalls::VERSION(_) => return Ok("2.0.0".to_owned().abi_encode()),
        SlashingHandlerCalls::initialize(c) => initializer(host, message.this, |host| {
            initialize_owner(host, message.this, c.owner)?;
            c.supportedAssets.iter().try_for_each(|token| {
                host.emit(message.this, SlashableTokenAdded { token: *token }.into())
            })
        })?,
        SlashingHandlerCalls::addSlashableToken(c) => {
            check_owner(host, message)?;
            host.emit(message.this, SlashableTokenAdded { token: c.token }.into())?;
        }
        SlashingHandlerCalls::handleSlashing(c) => {
            handle_slashing(host, message, c.token, c.amount)?;
        }
    }
    Ok(Vec::new())
}

/// Pulls what was approved and sends it to the zero address: a token that refuses that address
/// cannot be slashed. Source: `SlashingHandler.handleSlashing`.
fn handle_slashing(
    host: &mut dyn Host<Karak>,
    message: &Message<'_>,
    token: Address,
    amount: U256,
) -> Result<(), Revert> {
    if amount.is_zero() {
        return Ok(());
    }
    let this = message.this;
    let takes = host.state().is_slashable(find(host, this), find(host, token));
    require!(takes, UnsupportedAsset {});
    transfers::transfer_from(host, this, token, message.sender, this, amount)?;
    transfers::transfer(host, this, token, Address::ZERO, amount)
}
