//! Single ownership, shared by every contract that inherits it.
//! Source: OpenZeppelin 5.0.2 `Ownable` (plain and upgradeable behave alike).

use crate::host::{Fold, Host, Message, Suite};
use crate::revert::Revert;
use crate::table::{Id, Table};
use crate::{ledger_state, require};
use alloy_primitives::Address;
use alloy_sol_types::{SolInterface, SolValue, sol};

sol! {
    /// Functions, events and errors of OpenZeppelin 5.0.2 `Ownable`.
    #[derive(Debug, PartialEq)]
    interface Ownable {
        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

        error OwnableUnauthorizedAccount(address account);
        error OwnableInvalidOwner(address owner);

        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function renounceOwnership() external;
    }
}

pub use Ownable::{
    OwnableCalls, OwnableInvalidOwner, OwnableUnauthorizedAccount, OwnershipTransferred,
};

ledger_state! {
    /// The owner of each owned contract.
    pub struct Owners {
        /// By the interned address of the contract; zero is no owner.
        pub owner: Table<Address>,
    }
}

impl Owners {
    /// The owner of `contract`, zero when there is none.
    #[must_use]
    pub fn of(&self, contract: Id) -> Address {
        *self.owner.get(contract)
    }

    /// Folds a transfer of ownership.
    pub fn transferred(
        &mut self,
        fold: &mut Fold<'_>,
        contract: Address,
        event: &OwnershipTransferred,
    ) {
        let contract = fold.accounts.intern(fold.mark, contract);
        self.owner.set(fold.mark, contract, event.newOwner);
    }
}

/// The owner of `contract`.
pub fn owner<S: Suite>(
    host: &dyn Host<S>,
    owners: fn(&S::State) -> &Owners,
    contract: Address,
) -> Address {
    owners(host.state()).of(host.accounts().find(&contract))
}

/// `onlyOwner`.
///
/// # Errors
/// `OwnableUnauthorizedAccount(sender)`.
pub fn check_owner<S: Suite>(
    host: &dyn Host<S>,
    owners: fn(&S::State) -> &Owners,
    message: &Message<'_>,
) -> Result<(), Revert> {
    let account = message.sender;
    let is_owner = owner(host, owners, message.this) == account;
    require!(is_owner, OwnableUnauthorizedAccount { account });
    Ok(())
}

/// Hands the ownership over and logs it. Source: `Ownable._transferOwnership`.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn transfer<S: Suite>(
    host: &mut dyn Host<S>,
    owners: fn(&S::State) -> &Owners,
    contract: Address,
    new_owner: Address,
) -> Result<(), Revert>
where
    S::Event: From<OwnershipTransferred>,
{
    let previous = owner(host, owners, contract);
    let event = OwnershipTransferred { previousOwner: previous, newOwner: new_owner };
    host.emit(contract, event.into())
}

/// Answers a call to one of the functions of `Ownable`; `None` for other selectors.
pub fn dispatch<S: Suite>(
    host: &mut dyn Host<S>,
    owners: fn(&S::State) -> &Owners,
    message: &Message<'_>,
) -> Option<Result<Vec<u8>, Revert>>
where
    S::Event: From<OwnershipTransferred>,
{
    let selector = <[u8; 4]>::try_from(message.input.get(..4)?).ok()?;
    if !OwnableCalls::valid_selector(selector) {
        return None;
    }
    Some(match OwnableCalls::abi_decode_validate(message.input) {
        Ok(call) => answer(host, owners, message, call),
        Err(_) => Err(Revert::empty()),
    })
}

fn answer<S: Suite>(
    host: &mut dyn Host<S>,
    owners: fn(&S::State) -> &Owners,
    message: &Message<'_>,
    call: OwnableCalls,
) -> Result<Vec<u8>, Revert>
where
    S::Event: From<OwnershipTransferred>,
{
    match call {
        OwnableCalls::owner(_) => return Ok(owner(host, owners, message.this).abi_encode()),
        OwnableCalls::transferOwnership(c) => {
            check_owner(host, owners, message)?;
            let owner = c.newOwner;
            require!(!owner.is_zero(), OwnableInvalidOwner { owner });
            transfer(host, owners, message.this, owner)?;
        }
        OwnableCalls::renounceOwnership(_) => {
            check_owner(host, owners, message)?;
            transfer(host, owners, message.this, Address::ZERO)?;
        }
    }
    Ok(Vec::new())
}
