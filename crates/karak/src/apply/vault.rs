//! Folds the events of vaults, standard and native.

use super::{id, native};
use crate::abi::vault::Vault::StartedRedeem;
use crate::event::Event;
use crate::state::vault::{Code, Redeem};
use crate::state::{Contract, State};
use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Accounts, Fold, FoldError, Id, math};

impl State {
    /// Which code the vault `id` runs. `None` when its implementation is no contract of the suite.
    #[must_use]
    pub fn code(&self, accounts: &Accounts, id: Id) -> Option<Code> {
        let own = self.vault.config.get(id).code;
        if own != Code::Proxy {
            return Some(own);
        }
        let vault = self.vault.ids.key(id)?;
        let implementation = self.implementation(vault);
        match self.contract(accounts, implementation) {
            Contract::Vault(id) => Some(self.vault.config.get(id).code),
            _ => None,
        }
    }

    /// The implementation of the vault at an interned address; zero when it is none.
    #[must_use]
    pub fn implementation(&self, vault: Id) -> Address {
        let own = *self.core.implementations.get(vault);
        if own == crate::rules::core::STANDARD {
            return self.core.config().vault_implementation;
        }
        own
    }
}

/// Folds one event of the vault `id`. Returns whether vaults emit such an event.
///
/// # Errors
/// [`FoldError`] when the event does not fit.
pub fn apply(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    emitter: Address,
    event: &Event,
) -> Result<bool, FoldError> {
    let mark = fold.mark;
    match event {
        Event::Transfer(e) => transferred(state, fold, vault, emitter, e)?,
        Event::StartedRedeem(e) => started_redeem(state, fold, vault, e),
        Event::BeneficiarySet(e) => {
            let key = state.vault.redeem_keys.intern(mark, (vault, e.withdrawKey));
            state.vault.redeems.update(mark, key, |redeem| redeem.beneficiary = e.beneficiary);
        }
        Event::FinishedRedeem(e) => forget_redeem(state, fold, vault, e.withdrawRoot),
        Event::VaultConfigured(e) => {
            state.vault.config.update(mark, vault, |config| {
                config.asset = e.asset;
                config.decimals = e.decimals;
                config.operator = e.operator;
                config.name.clone_from(&e.name);
                config.symbol.clone_from(&e.symbol);
                config.extra_data = e.extraData.to_vec();
            });
            let node = e.nodeImplementation;
            state.native.pools.update(mark, vault, |pool| pool.node_implementation = node);
        }
        Event::PermitUsed(e) => {
            let (token, owner) = (id(fold, emitter), id(fold, e.owner));
            let key = state.shares.holdings.intern(mark, (token, owner));
            let used = |nonce: &mut U256| *nonce = nonce.wrapping_add(U256::ONE);
            state.shares.nonces.update(mark, key, used);
        }
        // The transfers beside them carry the amounts.
        Event::Deposit(_) | Event::Withdraw(_) => {}
        Event::Slashed(e) => native::slashed(state, fold, vault, e.amount)?,
        _ => return native::apply(state, fold, vault, event),
    }
    Ok(true)
}

/// Moves, mints or burns shares. Solady lets the zero address receive shares like any other, so a
/// transfer to it burns only where the contract burns: at the vault itself, or at a native vault,
/// whose shares do not move otherwise.
fn transferred(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    emitter: Address,
    event: &Transfer,
) -> Result<(), FoldError> {
    let mark = fold.mark;
    let Transfer { from, to, value } = *event;
    let is_native = state.code(fold.accounts, vault) == Some(Code::Native);
    let token = id(fold, emitter);
    let mints = from.is_zero();
    let burns = to.is_zero() && (from == emitter || is_native);
    let supply = *state.shares.supply.get(token);
    if mints {
        state.shares.supply.set(mark, token, math::add(supply, value)?);
    } else {
        let holder = id(fold, from);
        let key = state.shares.holdings.intern(mark, (token, holder));
        let left = math::sub(*state.shares.balances.get(key), value)?;
        state.shares.balances.set(mark, key, left);
    }
    if burns {
        state.shares.supply.set(mark, token, math::sub(supply, value)?);
    } else {
        let holder = id(fold, to);
        let key = state.shares.holdings.intern(mark, (token, holder));
        let held = math::add(*state.shares.balances.get(key), value)?;
        state.shares.balances.set(mark, key, held);
    }
    if is_native {
        let moved = if mints { to } else { from };
        state.native.pools.update(mark, vault, |pool| pool.last_moved = moved);
    }
    Ok(())
}

fn started_redeem(state: &mut State, fold: &mut Fold<'_>, vault: Id, event: &StartedRedeem) {
    let mark = fold.mark;
    let redeem = Redeem {
        staker: event.staker,
        start: fold.block.timestamp,
        shares: event.shares,
        beneficiary: Address::ZERO,
    };
    let key = state.vault.redeem_keys.intern(mark, (vault, event.withdrawKey));
    state.vault.redeems.set(mark, key, redeem);
    next_withdraw_nonce(state, fold, vault, event.staker);
}

/// A staker has started one more redeem or withdrawal.
pub(super) fn next_withdraw_nonce(
    state: &mut State,
    fold: &mut Fold<'_>,
    vault: Id,
    staker: Address,
) {
    let staker = id(fold, staker);
    let key = state.vault.staker_keys.intern(fold.mark, (vault, staker));
    let count = |nonce: &mut u64| *nonce = nonce.saturating_add(1);
    state.vault.withdraw_nonces.update(fold.mark, key, count);
}

fn forget_redeem(state: &mut State, fold: &Fold<'_>, vault: Id, key: B256) {
    let key = state.vault.redeem_keys.find(&(vault, key));
    state.vault.redeems.set(fold.mark, key, Redeem::default());
}
