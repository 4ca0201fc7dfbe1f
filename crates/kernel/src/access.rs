//! Role-based access control, shared by every contract that inherits it.
//! Source: OpenZeppelin 5.0.2 `AccessControl` (plain and upgradeable behave alike).

use crate::host::{Fold, Host, Message, Suite};
use crate::revert::Revert;
use crate::table::{Id, Index, Mark, Table};
use crate::{ledger_state, require};
use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolInterface, SolValue, sol};

sol! {
    /// Functions, events and errors of OpenZeppelin 5.0.2 `AccessControl`.
    #[derive(Debug, PartialEq)]
    interface AccessControl {
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);

        error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
        error AccessControlBadConfirmation();

        function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
        function hasRole(bytes32 role, address account) external view returns (bool);
        function getRoleAdmin(bytes32 role) external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address callerConfirmation) external;
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
    }
}

pub use AccessControl::{
    AccessControlBadConfirmation, AccessControlCalls, AccessControlUnauthorizedAccount,
    RoleGranted, RoleRevoked,
};

/// The admin of every role: `0x00…00`.
pub const DEFAULT_ADMIN_ROLE: B256 = B256::ZERO;

/// ERC-165 id of `IAccessControl`.
const ACCESS_CONTROL_INTERFACE: [u8; 4] = [0x79, 0x65, 0xdb, 0x0b];
/// ERC-165 id of `IERC165`.
const ERC165_INTERFACE: [u8; 4] = [0x01, 0xff, 0xc9, 0xa7];

ledger_state! {
    /// Who holds which role at which contract.
    pub struct Roles {
        /// (contract, role, account), both addresses interned.
        pub keys: Index<(Id, B256, Id)>,
        /// Whether the role is held.
        pub held: Table<bool>,
    }
}

impl Roles {
    /// Whether `account` holds `role` at `contract`.
    #[must_use]
    pub fn has(&self, contract: Id, role: B256, account: Id) -> bool {
        *self.held.get(self.keys.find(&(contract, role, account)))
    }

    /// Folds a grant.
    pub fn granted(&mut self, fold: &mut Fold<'_>, contract: Address, event: &RoleGranted) {
        self.write(fold, contract, event.role, event.account, true);
    }

    /// Folds a revocation.
    pub fn revoked(&mut self, fold: &mut Fold<'_>, contract: Address, event: &RoleRevoked) {
        self.write(fold, contract, event.role, event.account, false);
    }

    fn write(
        &mut self,
        fold: &mut Fold<'_>,
        contract: Address,
        role: B256,
        account: Address,
        held: bool,
    ) {
        let mark: Mark = fold.mark;
        let contract = fold.accounts.intern(mark, contract);
        let account = fold.accounts.intern(mark, account);
        let id = self.keys.intern(mark, (contract, role, account));
        self.held.set(mark, id, held);
    }
}

/// `onlyRole`: passes when `account` holds `role` at `contract`.
///
/// # Errors
/// `AccessControlUnauthorizedAccount(account, role)`.
pub fn check_role<S: Suite>(
    host: &dyn Host<S>,
    roles: fn(&S::State) -> &Roles,
    contract: Address,
    role: B256,
    account: Address,
) -> Result<(), Revert> {
    let ids = (host.accounts().find(&contract), host.accounts().find(&account));
    let held = roles(host.state()).has(ids.0, role, ids.1);
    require!(held, AccessControlUnauthorizedAccount { account, neededRole: role });
    Ok(())
}

/// Grants a role and logs it, unless it is held already. Source: `AccessControl._grantRole`.
///
/// # Errors
/// Those of [`Host::emit`].
pub fn grant<S: Suite>(
    host: &mut dyn Host<S>,
    roles: fn(&S::State) -> &Roles,
    message: &Message<'_>,
    role: B256,
    account: Address,
) -> Result<(), Revert>
where
    S::Event: From<RoleGranted>,
{
    let ids = (host.accounts().find(&message.this), host.accounts().find(&account));
    if roles(host.state()).has(ids.0, role, ids.1) {
        return Ok(());
    }
    let event = RoleGranted { role, account, sender: message.sender };
    host.emit(message.this, event.into())
}

fn revoke<S: Suite>(
    host: &mut dyn Host<S>,
    roles: fn(&S::State) -> &Roles,
    message: &Message<'_>,
    role: B256,
    account: Address,
) -> Result<(), Revert>
where
    S::Event: From<RoleRevoked>,
{
    let ids = (host.accounts().find(&message.this), host.accounts().find(&account));
    if !roles(host.state()).has(ids.0, role, ids.1) {
        return Ok(());
    }
    let event = RoleRevoked { role, account, sender: message.sender };
    host.emit(message.this, event.into())
}

/// Answers a call to one of the functions of `AccessControl`; `None` for other selectors.
pub fn dispatch<S: Suite>(
    host: &mut dyn Host<S>,
    roles: fn(&S::State) -> &Roles,
    message: &Message<'_>,
) -> Option<Result<Vec<u8>, Revert>>
where
    S::Event: From<RoleGranted> + From<RoleRevoked>,
{
    let selector = <[u8; 4]>::try_from(message.input.get(..4)?).ok()?;
    if !AccessControlCalls::valid_selector(selector) {
        return None;
    }
    let call = match AccessControlCalls::abi_decode_validate(message.input) {
        Ok(call) => call,
        Err(_) => return Some(Err(Revert::empty())),
    };
    Some(answer(host, roles, message, call))
}

fn answer<S: Suite>(
    host: &mut dyn Host<S>,
    roles: fn(&S::State) -> &Roles,
    message: &Message<'_>,
    call: AccessControlCalls,
) -> Result<Vec<u8>, Revert>
where
    S::Event: From<RoleGranted> + From<RoleRevoked>,
{
    use AccessControlCalls as Call;
    match call {
        Call::DEFAULT_ADMIN_ROLE(_) | Call::getRoleAdmin(_) => {
            return Ok(DEFAULT_ADMIN_ROLE.abi_encode());
        }
        Call::hasRole(c) => {
            let ids = (host.accounts().find(&message.this), host.accounts().find(&c.account));
            return Ok(roles(host.state()).has(ids.0, c.role, ids.1).abi_encode());
        }
        Call::supportsInterface(c) => {
            let known = [ACCESS_CONTROL_INTERFACE, ERC165_INTERFACE];
            return Ok(known.contains(&c.interfaceId.0).abi_encode());
        }
        Call::grantRole(c) => {
            check_role(host, roles, message.this, DEFAULT_ADMIN_ROLE, message.sender)?;
            grant(host, roles, message, c.role, c.account)?;
        }
        Call::revokeRole(c) => {
            check_role(host, roles, message.this, DEFAULT_ADMIN_ROLE, message.sender)?;
            revoke(host, roles, message, c.role, c.account)?;
        }
        Call::renounceRole(c) => {
            require!(c.callerConfirmation == message.sender, AccessControlBadConfirmation {});
            revoke(host, roles, message, c.role, c.callerConfirmation)?;
        }
    }
    Ok(Vec::new())
}
