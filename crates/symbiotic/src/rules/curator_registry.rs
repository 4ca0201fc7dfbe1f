//! Who curates a vault, with history.
//! Source: Symbiotic rewards-v2 `CuratorRegistry`.

use super::hint;
use super::multicall::{self, Batch};
use crate::abi::rewards_v2::curators::{CuratorRegistry as Abi, CuratorRegistryCalls as Calls};
use crate::rules::hints;
use crate::state::State;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::{call_interface, word};
use bondstone_kernel::ownable::Ownable;
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Accounts, Call, Host, Message, Revert, Trace, require};

/// Answers a call to the registry of curators.
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
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::initialize(_) => Err(InvalidInitialization {}.into()),
        Calls::multicall(c) => multicall::run(host, message, &c.data, batch, answer),
        Calls::staticDelegateCall(c) => {
            Err(hints::static_delegate_call(host, message, c.target, &c.data))
        }
        Calls::getCurator(c) => Ok(curator(host.state(), host.accounts(), c.vault).abi_encode()),
        Calls::getCuratorAt(c) => {
            let history = history(host.state(), host.accounts(), c.vault);
            Ok(hint::lookup(history, c.timestamp.saturating_to(), &c.hint)?.abi_encode())
        }
        Calls::setCurator(c) => {
            set_curator(host, message, c.vault, c.curator)?;
            Ok(Vec::new())
        }
    }
}

fn history<'a>(state: &'a State, accounts: &Accounts, vault: Address) -> &'a Trace<Address> {
    state.rewards_v2.curators.get(accounts.find(&vault))
}

/// The curator of a vault, zero when there is none. Source: `CuratorRegistry.getCurator`.
#[must_use]
pub fn curator(state: &State, accounts: &Accounts, vault: Address) -> Address {
    history(state, accounts, vault).latest()
}

/// The vault's owner names the first curator, each curator the next one; zero is the last.
/// Source: `CuratorRegistry.setCurator`.
fn set_curator(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    vault: Address,
    curator: Address,
) -> Result<(), Revert> {
    let last = history(host.state(), host.accounts(), vault).latest_checkpoint();
    let entitled = match last {
        Some(last) => last.value,
        None => owner(host, message.this, vault)?,
    };
    require!(entitled == message.sender, Abi::NotAuthorized {});
    host.emit(message.this, Abi::SetCurator { vault, curator }.into())
}

/// `Ownable(vault).owner()` of any contract at all: nobody asks whether it is a vault.
fn owner(host: &mut dyn Host<Symbiotic>, this: Address, vault: Address) -> Result<Address, Revert> {
    let input = Ownable::ownerCall {}.abi_encode();
    let answer = word(&call_interface(host, Call::view(this, vault, &input))?, 0)?;
    require!(answer.bit_len() <= 160, Revert::empty());
    Ok(Address::from_word(answer.into()))
}

/// The curator of a vault as other contracts ask for it.
#[must_use]
pub(super) fn of(host: &SymbioticHost<'_>, vault: Address) -> Address {
    curator(host.state(), host.accounts(), vault)
}
