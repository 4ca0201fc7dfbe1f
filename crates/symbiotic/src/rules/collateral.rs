//! Default collateral: a capped one-to-one wrapper of a token with instantly repaid debt.
//! Source: Symbiotic collateral `DefaultCollateral`, `DefaultCollateralFactory` (commit 62e45bee).

mod permit;

use super::{registry, token};
use crate::abi::collateral::{
    DefaultCollateral as Abi, DefaultCollateralCalls as Calls,
    DefaultCollateralFactoryCalls as FactoryCalls, Deposit, IncreaseLimit, IssueDebt, RepayDebt,
    SetLimitIncreaser, Withdraw,
};
use crate::abi::ledger::CollateralCreated;
use crate::abi::registry::{AddEntity, Initialized};
use crate::state::Kind;
use crate::{Symbiotic, SymbioticHost};
use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolCall, SolInterface, SolValue};
use bondstone_kernel::erc20::{
    ERC20InsufficientBalance, ERC20InvalidReceiver, ERC20InvalidSender, Erc20, Erc20Calls, Transfer,
};
use bondstone_kernel::host::{call_interface, guarded};
use bondstone_kernel::revert::library::InvalidInitialization;
use bondstone_kernel::{Call, Host, Id, Message, NONE, Revert, erc20, math, require};

/// Answers a call to a collateral; `id` is `NONE` for the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let selector = message.input.get(..4).and_then(|s| <[u8; 4]>::try_from(s).ok());
    if selector.is_some_and(Erc20Calls::valid_selector) {
        return erc20_call(host, id, message);
    }
    match Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())? {
        Calls::deposit_0(c) => return deposit(host, id, message, c.recipient, c.amount),
        Calls::deposit_1(c) => {
            let asset = host.state().collateral.config.get(id).asset;
            permit::try_permit2(host, message, asset, &c)?;
            return deposit(host, id, message, c.recipient, c.amount);
        }
        Calls::withdraw(c) => withdraw(host, id, message, c.recipient, c.amount)?,
        Calls::issueDebt(c) => issue_debt(host, id, message, c.recipient, c.amount)?,
        Calls::increaseLimit(c) => {
            check_limit_increaser(host, id, message)?;
            host.emit(message.this, IncreaseLimit { amount: c.amount }.into())?;
        }
        Calls::setLimitIncreaser(c) => {
            check_limit_increaser(host, id, message)?;
            let event = SetLimitIncreaser { limitIncreaser: c.limitIncreaser };
            host.emit(message.this, event.into())?;
        }
        Calls::initialize(_) => return Err(InvalidInitialization {}.into()),
        view => return Ok(read(host, id, view)),
    }
    Ok(Vec::new())
}

fn read(host: &SymbioticHost<'_>, id: Id, view: Calls) -> Vec<u8> {
    let (collateral, accounts) = (&host.state().collateral, host.accounts());
    let config = collateral.config.get(id);
    let repaid =
        |issuer, recipient| collateral.repaid_debt(accounts, id, issuer, recipient).abi_encode();
    match view {
        Calls::asset(_) => config.asset.abi_encode(),
        Calls::limit(_) => config.limit.abi_encode(),
        Calls::limitIncreaser(_) => config.limit_increaser.abi_encode(),
        Calls::totalRepaidDebt(_) => config.total_repaid_debt.abi_encode(),
        Calls::issuerRepaidDebt(c) => repaid(Some(c.issuer), None),
        Calls::recipientRepaidDebt(c) => repaid(None, Some(c.recipient)),
        Calls::repaidDebt(c) => repaid(Some(c.issuer), Some(c.recipient)),
        // Debt is repaid at once, so what is open stays zero for ever.
        _ => U256::ZERO.abi_encode(),
    }
}

/// The ERC-20 part. Source: OpenZeppelin 5.0.2 `ERC20Upgradeable`.
fn erc20_call(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    let call = Erc20Calls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    match call {
        Erc20Calls::transfer(c) => transfer(host, id, message.this, message.sender, c.to, c.value)?,
        Erc20Calls::transferFrom(c) => {
            token::spend(host, message, c.from, c.value)?;
            transfer(host, id, message.this, c.from, c.to, c.value)?;
        }
        Erc20Calls::approve(c) => token::approve(host, message, c.spender, c.value)?,
        view => return Ok(read_token(host, id, message.this, view)),
    }
    Ok(true.abi_encode())
}

fn read_token(host: &SymbioticHost<'_>, id: Id, this: Address, view: Erc20Calls) -> Vec<u8> {
    let (state, accounts) = (host.state(), host.accounts());
    let config = state.collateral.config.get(id);
    match view {
        Erc20Calls::name(_) => config.name.abi_encode(),
        Erc20Calls::symbol(_) => config.symbol.abi_encode(),
        Erc20Calls::decimals(_) => U256::from(config.decimals).abi_encode(),
        Erc20Calls::balanceOf(c) => state.collateral.balance(accounts, id, c.account).abi_encode(),
        Erc20Calls::allowance(c) => token::allowance(host, this, c.owner, c.spender).abi_encode(),
        _ => config.total_supply.abi_encode(),
    }
}

/// Source: OpenZeppelin 5.0.2 `ERC20._transfer`.
fn transfer(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    this: Address,
    from: Address,
    to: Address,
    value: U256,
) -> Result<(), Revert> {
    let balance = host.state().collateral.balance(host.accounts(), id, from);
    token::transfer(host, this, balance, Transfer { from, to, value })
}

fn check_balance(
    host: &SymbioticHost<'_>,
    id: Id,
    sender: Address,
    needed: U256,
) -> Result<(), Revert> {
    let balance = host.state().collateral.balance(host.accounts(), id, sender);
    require!(balance >= needed, ERC20InsufficientBalance { sender, balance, needed });
    Ok(())
}

/// Source: OpenZeppelin 5.0.2 `ERC20._burn`.
fn burn(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    value: U256,
) -> Result<(), Revert> {
    let from = message.sender;
    require!(!from.is_zero(), ERC20InvalidSender { sender: from });
    check_balance(host, id, from, value)?;
    host.emit(message.this, Transfer { from, to: Address::ZERO, value }.into())
}

/// Mints what arrived, one for one. Source: `DefaultCollateral.deposit`.
fn deposit(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    recipient: Address,
    amount: U256,
) -> Result<Vec<u8>, Revert> {
    guarded(host, message.this, |host| {
        let (this, depositor) = (message.this, message.sender);
        let asset = host.state().collateral.config.get(id).asset;
        let before = erc20::balance_of(host, this, asset, this)?;
        permit::transfer_from2(host, this, asset, depositor, amount)?;
        let amount = math::sub(erc20::balance_of(host, this, asset, this)?, before)?;
        require!(!amount.is_zero(), Abi::InsufficientDeposit {});
        let config = host.state().collateral.config.get(id);
        let supply = math::add(config.total_supply, amount)?;
        require!(supply <= config.limit, Abi::ExceedsLimit {});
        require!(!recipient.is_zero(), ERC20InvalidReceiver { receiver: recipient });
        let minted = Transfer { from: Address::ZERO, to: recipient, value: amount };
        host.emit(this, minted.into())?;
        host.emit(this, Deposit { depositor, recipient, amount }.into())?;
        Ok(amount.abi_encode())
    })
}

/// Source: `DefaultCollateral.withdraw`.
fn withdraw(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    recipient: Address,
    amount: U256,
) -> Result<(), Revert> {
    require!(!amount.is_zero(), Abi::InsufficientWithdraw {});
    burn(host, id, message, amount)?;
    let asset = host.state().collateral.config.get(id).asset;
    erc20::safe_transfer(host, message.this, asset, recipient, amount)?;
    let event = Withdraw { withdrawer: message.sender, recipient, amount };
    host.emit(message.this, event.into())
}

/// Source: `DefaultCollateral.issueDebt`.
fn issue_debt(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    recipient: Address,
    amount: U256,
) -> Result<(), Revert> {
    require!(!amount.is_zero(), Abi::InsufficientIssueDebt {});
    burn(host, id, message, amount)?;
    let issuer = message.sender;
    host.emit(message.this, IssueDebt { issuer, recipient, debtIssued: amount }.into())?;
    let asset = host.state().collateral.config.get(id).asset;
    erc20::safe_transfer(host, message.this, asset, recipient, amount)?;
    host.emit(message.this, RepayDebt { issuer, recipient, debtRepaid: amount }.into())
}

fn check_limit_increaser(
    host: &SymbioticHost<'_>,
    id: Id,
    message: &Message<'_>,
) -> Result<(), Revert> {
    let increaser = host.state().collateral.config.get(id).limit_increaser;
    require!(message.sender == increaser, Abi::NotLimitIncreaser {});
    Ok(())
}

/// Answers a call to the factory or the implementation.
///
/// # Errors
/// The contract's revert.
pub fn dispatch_singleton(
    host: &mut dyn Host<Symbiotic>,
    kind: Kind,
    message: &Message<'_>,
) -> Result<Vec<u8>, Revert> {
    if kind == Kind::DefaultCollateralImplementation {
        return dispatch(host, NONE, message);
    }
    if let Some(answer) = registry::dispatch_entities(host, kind, message) {
        return answer;
    }
    let call = FactoryCalls::abi_decode_validate(message.input).map_err(|_| Revert::empty())?;
    let FactoryCalls::create(c) = call;
    let entity = clone_address(message.this, host.state().registry.collaterals.len());
    initialize(host, entity, c.asset, c.initialLimit, c.limitIncreaser)?;
    host.emit(message.this, AddEntity { entity }.into())?;
    Ok(entity.abi_encode())
}

/// Where the factory's clone number `index` lives: this factory uses plain CREATE. Its own
/// constructor made the implementation with nonce 1.
#[must_use]
pub fn clone_address(factory: Address, index: u32) -> Address {
    create_address(factory, u64::from(index).saturating_add(2))
}

/// Address of the contract that `creator` makes with CREATE: the hash of the RLP list
/// `[creator, nonce]`. Source: Ethereum Yellow Paper, section 7.
fn create_address(creator: Address, nonce: u64) -> Address {
    let digits: Vec<u8> = nonce.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    let mut list = vec![0x94];
    list.extend_from_slice(creator.as_slice());
    match digits.as_slice() {
        [single] if *single < 0x80 => {}
        _ => list.push(short(0x80, digits.len())),
    }
    list.extend_from_slice(&digits);
    list.insert(0, short(0xc0, list.len()));
    Address::from_word(keccak256(&list))
}

/// RLP head of a text or a list of fewer than 56 bytes.
fn short(head: u8, len: usize) -> u8 {
    head.saturating_add(u8::try_from(len).unwrap_or_default())
}

/// Source: `DefaultCollateral.initialize`.
fn initialize(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    asset: Address,
    limit: U256,
    limit_increaser: Address,
) -> Result<(), Revert> {
    let name = text::<Erc20::nameCall>(host, this, asset, &Erc20::nameCall {})?;
    let symbol = text::<Erc20::symbolCall>(host, this, asset, &Erc20::symbolCall {})?;
    let input = Erc20::decimalsCall {}.abi_encode();
    let output = call_interface(host, Call::view(this, asset, &input))?;
    let decimals = Erc20::decimalsCall::abi_decode_returns_validate(&output);
    let event = CollateralCreated {
        asset,
        limit,
        limitIncreaser: limit_increaser,
        decimals: decimals.map_err(|_| Revert::empty())?,
        name: format!("DefaultCollateral_{name}"),
        symbol: format!("DC_{symbol}"),
    };
    host.emit(this, event.into())?;
    host.emit(this, Initialized { version: 1 }.into())
}

fn text<C: SolCall<Return = String>>(
    host: &mut dyn Host<Symbiotic>,
    this: Address,
    asset: Address,
    call: &C,
) -> Result<String, Revert> {
    let output = call_interface(host, Call::view(this, asset, &call.abi_encode()))?;
    C::abi_decode_returns_validate(&output).map_err(|_| Revert::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    #[test]
    fn clones_live_where_the_recorded_ones_do() {
        let factory = address!("0x7b8c3d1405f04b3811bce4f0d60fdb28bbc038ea");
        let first = address!("0x8109de886cf5a9e591a83d3671b63cac867eec59");
        assert_eq!(clone_address(factory, 0), first);
    }

    #[test]
    fn create_addresses_are_the_known_ones() {
        let creator = address!("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
        let known = [
            (0, address!("0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d")),
            (1, address!("0x343c43a37d37dff08ae8c4a11544c718abb4fcf8")),
            (2, address!("0xf778b86fa74e846c4f0a1fbd1335fe81c00a0c91")),
        ];
        for (nonce, expected) in known {
            assert_eq!(create_address(creator, nonce), expected);
        }
    }
}
