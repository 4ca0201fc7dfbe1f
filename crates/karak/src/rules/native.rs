//! The native vault: restaked validators and the ether of their nodes.
//! Source: Karak V2 `NativeVault`, `NativeVaultLib`.

mod balance;
pub mod proofs;
mod snapshot;
mod views;
mod withdrawal;

use super::solady::{
    MANAGER, Ownership, check_not_paused, check_owner, check_role_or_owner, dispatch_ownable,
    dispatch_pauser, grant_roles,
};
use super::{find, guarded, initializer, selector, vault};
use crate::abi::ledger::NodeCreated;
use crate::abi::native::NativeNode;
use crate::abi::native::NativeVault::{
    DepositTokenNotAccepted, NativeVaultCalls, NativeVaultInitialized, NodeDeployed, NotNodeOwner,
    UpgradedAllNodes,
};
use crate::abi::solady::Pauser;
use crate::abi::solady::Shared::{NotImplemented, ZeroAddress};
use crate::abi::solady::SoladyErc20::SoladyErc20Calls;
use crate::abi::vault::Vault::{Slashed, VaultCalls, initializeCall};
use crate::rules::core::NATIVE_ASSET;
use crate::state::native::Account;
use crate::{Karak, KarakHost};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::host::call_interface;
use bondstone_kernel::{Call as Outcall, Creation, Host, Id, Message, Revert, require};

/// Functions of the native vault that pause, by their bit.
mod bit {
    pub(super) const SLASH: u8 = 0;
    pub(super) const CREATE_NODE: u8 = 1;
    pub(super) const START_SNAPSHOT: u8 = 2;
    pub(super) const START_WITHDRAWAL: u8 = 3;
    pub(super) const FINISH_WITHDRAWAL: u8 = 4;
    pub(super) const VALIDATE_SNAPSHOT: u8 = 5;
    pub(super) const NODE_IMPLEMENTATION: u8 = 6;
    pub(super) const VALIDATE_CREDENTIALS: u8 = 7;
    pub(super) const VALIDATE_EXPIRED: u8 = 8;
}

/// Functions without which nobody leaves a native vault, by their bit in its pause map. What was
/// not seen by a snapshot cannot be withdrawn.
pub const EXIT_BITS: [u8; 3] = [bit::START_SNAPSHOT, bit::START_WITHDRAWAL, bit::FINISH_WITHDRAWAL];

/// Decimals of the shares.
const DECIMALS: u8 = 18;

/// The vault that runs, by its dense id, and the call that it got.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    id: Id,
    message: Message<'a>,
}

impl Context<'_> {
    fn this(&self) -> Address {
        self.message.this
    }

    /// What the vault keeps of `owner`.
    fn account(&self, host: &KarakHost<'_>, owner: Address) -> Account {
        *host.state().native.account(self.id, find(host, owner))
    }

    /// As [`Self::account`], for an owner with a node.
    fn node_owner(&self, host: &KarakHost<'_>, owner: Address) -> Result<Account, Revert> {
        let account = self.account(host, owner);
        require!(!account.node.is_zero(), NotNodeOwner {});
        Ok(account)
    }
}

/// Answers a call to the native vault `id`.
///
/// # Errors
/// The vault's revert.
pub fn dispatch(
    host: &mut dyn Host<Karak>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let selector = selector(message)?;
    let context = Context { id, message: *message };
    if NativeVaultCalls::valid_selector(selector) {
        let call = NativeVaultCalls::abi_decode_validate(message.input);
        return answer(host, context, call.map_err(|_| Revert::empty())?);
    }
    if VaultCalls::valid_selector(selector) {
        let call = VaultCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
        return answer_vault(host, context, call);
    }
    if SoladyErc20Calls::valid_selector(selector) {
        let call = SoladyErc20Calls::abi_decode_validate(message.input);
        return match call.map_err(|_| Revert::empty())? {
            SoladyErc20Calls::transfer(_) | SoladyErc20Calls::transferFrom(_) => {
                Err(NotImplemented {}.into())
            }
            call => vault::token(host, id, message, call),
        };
    }
    if let Some(answer) = vault::views::configuration(host, id, selector) {
        return Ok(answer);
    }
    dispatch_pauser(host, message, check_owner)
        .or_else(|| dispatch_ownable(host, message, Ownership::WithRoles))
        .unwrap_or_else(|| Err(Revert::empty()))
}

/// The functions that the native vault shares with the standard one.
fn answer_vault(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    match call {
        Call::initialize(c) => initialize(host, context, c).map(|()| Vec::new()),
        Call::slashAssets(c) => {
            check_owner(host, &context.message)?;
            guarded(host, context.this(), |host| {
                check_not_paused(host, context.this(), bit::SLASH)?;
                let held = host.state().native.pools.get(context.id).total_assets;
                let amount = held.min(c.totalAssetsToSlash);
                host.emit(context.this(), Slashed { amount }.into())?;
                Ok(amount.abi_encode())
            })
        }
        Call::deposit_0(_)
        | Call::mint(_)
        | Call::withdraw(_)
        | Call::redeem(_)
        | Call::previewDeposit(_)
        | Call::previewRedeem(_) => Err(NotImplemented {}.into()),
        // Functions that only the standard vault has.
        Call::deposit_1(_)
        | Call::startRedeem(_)
        | Call::finishRedeem(_)
        | Call::VERSION(_)
        | Call::extSloads(_) => Err(Revert::empty()),
        Call::totalAssets(_) => {
            Ok(host.state().native.pools.get(context.id).total_assets.abi_encode())
        }
        call => match vault::views::shared(host, context.id, &call) {
            Some(answer) => Ok(answer),
            None => {
                let totals = balance::totals(host, context);
                vault::views::converted(host, context.this(), totals, &call)
            }
        },
    }
}

fn answer(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: NativeVaultCalls,
) -> Result<Vec<u8>, Revert> {
    use NativeVaultCalls as Call;
    let (this, done) = (context.this(), |()| Vec::new());
    match call {
        Call::changeNodeImplementation(c) => {
            check_role_or_owner(host, &context.message, MANAGER)?;
            check_not_paused(host, this, bit::NODE_IMPLEMENTATION)?;
            let implementation = c.newNodeImplementation;
            require!(!implementation.is_zero(), ZeroAddress {});
            host.emit(this, UpgradedAllNodes { implementation }.into()).map(done)
        }
        Call::createNode(_) => guarded(host, this, |host| {
            check_not_paused(host, this, bit::CREATE_NODE)?;
            create_node(host, context).map(|node| node.abi_encode())
        }),
        Call::startSnapshot(c) => guarded(host, this, |host| {
            let owner = context.message.sender;
            context.node_owner(host, owner)?;
            check_not_paused(host, this, bit::START_SNAPSHOT)?;
            snapshot::start(host, context, owner, c.revertIfNoBalanceChange).map(done)
        }),
        Call::validateExpiredSnapshot(c) => guarded(host, this, |host| {
            let account = context.node_owner(host, c.nodeOwner)?;
            check_not_paused(host, this, bit::VALIDATE_EXPIRED)?;
            snapshot::check_expired(host, &account)?;
            snapshot::start(host, context, c.nodeOwner, false).map(done)
        }),
        Call::validateSnapshotProofs(c) => guarded(host, this, |host| {
            context.node_owner(host, c.nodeOwner)?;
            check_not_paused(host, this, bit::VALIDATE_SNAPSHOT)?;
            snapshot::prove(host, context, &c).map(done)
        }),
        Call::validateWithdrawalCredentials(c) => guarded(host, this, |host| {
            context.node_owner(host, c.nodeOwner)?;
            check_not_paused(host, this, bit::VALIDATE_CREDENTIALS)?;
            snapshot::restake(host, context, &c).map(done)
        }),
        Call::startWithdrawal(c) => guarded(host, this, |host| {
            context.node_owner(host, context.message.sender)?;
            check_not_paused(host, this, bit::START_WITHDRAWAL)?;
            withdrawal::start(host, context, c.to, c.weiAmount).map(|key| key.abi_encode())
        }),
        Call::finishWithdrawal(c) => guarded(host, this, |host| {
            check_not_paused(host, this, bit::FINISH_WITHDRAWAL)?;
            withdrawal::finish(host, context, c.withdrawalKey).map(done)
        }),
        Call::pauseNode(c) => {
            check_role_or_owner(host, &context.message, MANAGER)?;
            let call = Pauser::pauseCall { map: c.map }.abi_encode();
            call_interface(host, Outcall::new(this, c.node, &call)).map(|_| Vec::new())
        }
        Call::unpauseNode(c) => {
            check_role_or_owner(host, &context.message, MANAGER)?;
            let call = Pauser::unpauseCall { map: c.map }.abi_encode();
            call_interface(host, Outcall::new(this, c.node, &call)).map(|_| Vec::new())
        }
        view => views::answer(host, context, view),
    }
}

/// The operator names in `extraData` a manager, who may replace the code of every node, and that
/// code. Nobody checks either. Source: `NativeVault.initialize`.
fn initialize(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    call: initializeCall,
) -> Result<(), Revert> {
    let this = context.this();
    let (owner, operator) = (call.owner, call.operator);
    initializer(host, this, |host| {
        require!(call.depositToken == NATIVE_ASSET, DepositTokenNotAccepted {});
        let parameters = <(Address, Address)>::abi_decode_validate(&call.extraData);
        let (manager, node_implementation) = parameters.map_err(|_| Revert::empty())?;
        let are_named = !manager.is_zero() && !node_implementation.is_zero();
        require!(are_named, ZeroAddress {});
        vault::initialize(host, this, call, DECIMALS, node_implementation)?;
        grant_roles(host, this, manager, MANAGER)?;
        host.emit(this, NativeVaultInitialized { owner, manager, operator }.into())
    })
}

/// Source: `NativeVaultLib.deployNode`.
fn create_node(host: &mut dyn Host<Karak>, context: Context<'_>) -> Result<Address, Revert> {
    let (this, owner) = (context.this(), context.message.sender);
    let operator = host.state().vault.config.get(context.id).operator;
    let salt = keccak256([operator.as_slice(), owner.as_slice()].concat());
    let node = host.create(Creation::BeaconProxy { deployer: this, salt, beacon: this })?;
    host.emit(node, NodeCreated { vault: this, nodeOwner: owner }.into())?;
    let input = NativeNode::initializeCall { owner: this, nodeOwner: owner }.abi_encode();
    call_interface(host, Outcall::new(this, node, &input))?;
    let implementation = host.state().native.pools.get(context.id).node_implementation;
    host.emit(this, NodeDeployed { owner, node, implementation }.into())?;
    Ok(node)
}

/// Asks the staker's node to send wei.
fn send_from_node(
    host: &mut dyn Host<Karak>,
    context: Context<'_>,
    node: Address,
    to: Address,
    wei: U256,
) -> Result<(), Revert> {
    let input = NativeNode::withdrawCall { to, weiAmount: wei }.abi_encode();
    call_interface(host, Outcall::new(context.this(), node, &input)).map(drop)
}
