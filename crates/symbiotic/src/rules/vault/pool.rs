//! Money in and out of a vault: deposits, withdrawals, claims, slashes.

use crate::Symbiotic;
use crate::abi::vault::Vault::{
    AlreadyClaimed, Claim, ClaimBatch, Deposit, DepositLimitReached, InsufficientClaim,
    InsufficientDeposit, InsufficientRedemption, InsufficientWithdrawal, InvalidCaptureEpoch,
    InvalidClaimer, InvalidEpoch, InvalidLengthEpochs, InvalidOnBehalfOf, InvalidRecipient,
    NotSlasher, NotWhitelistedDepositor, OnSlash, TooMuchRedeem, TooMuchWithdraw, Withdraw,
};
use crate::rules::now;
use crate::rules::vault::{shares, views};
use crate::state::Contract;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, U256};
use bondstone_kernel::host::guarded;
use bondstone_kernel::{
    Assets, Epoch, Host, Id, Message, NONE, Revert, Shares, Timestamp, erc20, math, require,
};
use std::collections::BTreeSet;

/// `Vault.deposit`: (assets that arrived, shares minted). Shares round down.
pub(super) fn deposit(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    on_behalf_of: Address,
    amount: U256,
) -> Result<(U256, U256), Revert> {
    require!(!on_behalf_of.is_zero(), InvalidOnBehalfOf {});
    let vaults = &host.state().vault;
    let config = vaults.config.get(id);
    if config.deposit_whitelist {
        let depositor = vaults.depositors.find(&(id, host.accounts().find(&message.sender)));
        let listed = *vaults.is_depositor_whitelisted.get(depositor);
        require!(listed, NotWhitelistedDepositor {});
    }
    let collateral = config.collateral;
    let arrived = erc20::pull(host, message.this, collateral, message.sender, amount)?;
    require!(!arrived.is_zero(), InsufficientDeposit {});

    let vaults = &host.state().vault;
    let config = vaults.config.get(id);
    let (deposited, stake) = (Assets(arrived), vaults.stake(id));
    if config.is_deposit_limit {
        require!(stake.plus(deposited)?.0 <= config.deposit_limit, DepositLimitReached {});
    }
    let minted = deposited.to_shares_down(vaults.shares(id), stake)?;
    let event = Deposit {
        depositor: message.sender,
        onBehalfOf: on_behalf_of,
        amount: arrived,
        shares: minted.0,
    };
    now(host)?;
    host.emit(message.this, event.into())?;
    Ok((arrived, minted.0))
}

/// `Vault.withdraw`: (active shares burned, bucket shares minted). Burned shares round up.
pub(super) fn withdraw(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    claimer: Address,
    amount: U256,
) -> Result<(U256, U256), Revert> {
    require!(!claimer.is_zero(), InvalidClaimer {});
    require!(!amount.is_zero(), InsufficientWithdrawal {});
    let vaults = &host.state().vault;
    let burned = Assets(amount).to_shares_up(vaults.shares(id), vaults.stake(id))?;
    let held = vaults.shares_of(id, host.accounts().find(&message.sender));
    require!(burned <= held, TooMuchWithdraw {});
    let minted = leave(host, id, message, claimer, Assets(amount), burned)?;
    Ok((burned.0, minted.0))
}

/// `Vault.redeem`: (assets withdrawn, bucket shares minted). Assets round down.
pub(super) fn redeem(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    claimer: Address,
    shares: U256,
) -> Result<(U256, U256), Revert> {
    require!(!claimer.is_zero(), InvalidClaimer {});
    let vaults = &host.state().vault;
    let held = vaults.shares_of(id, host.accounts().find(&message.sender));
    let burned = Shares(shares);
    require!(burned <= held, TooMuchRedeem {});
    let assets = burned.to_assets_down(vaults.stake(id), vaults.shares(id))?;
    require!(!assets.is_zero(), InsufficientRedemption {});
    let minted = leave(host, id, message, claimer, assets, burned)?;
    Ok((assets.0, minted.0))
}

/// `Vault._withdraw`: moves assets into the bucket of the next epoch.
fn leave(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    claimer: Address,
    assets: Assets,
    burned: Shares,
) -> Result<Shares, Revert> {
    let epoch = views::current_epoch(host, id)?.next()?;
    let bucket = host.state().vault.bucket(id, epoch);
    let minted = assets.to_shares_down(bucket.shares, bucket.assets)?;
    let event = Withdraw {
        withdrawer: message.sender,
        claimer,
        amount: assets.0,
        burnedShares: burned.0,
        mintedShares: minted.0,
    };
    host.emit(message.this, event.into())?;
    shares::burned(host, id, message, burned.0)?;
    Ok(minted)
}

/// `Vault.claim`: assets paid to `recipient`, rounded down.
pub(super) fn claim(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    recipient: Address,
    epoch: U256,
) -> Result<U256, Revert> {
    require!(!recipient.is_zero(), InvalidRecipient {});
    let amount = claimable(host, id, message.sender, epoch)?;
    pay(host, id, message.this, recipient, amount)?;
    let event = Claim { claimer: message.sender, recipient, epoch, amount };
    host.emit(message.this, event.into())?;
    Ok(amount)
}

/// `Vault.claimBatch`: assets paid to `recipient` for all epochs, each rounded down.
pub(super) fn claim_batch(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    recipient: Address,
    epochs: Vec<U256>,
) -> Result<U256, Revert> {
    require!(!recipient.is_zero(), InvalidRecipient {});
    require!(!epochs.is_empty(), InvalidLengthEpochs {});
    let mut amount = U256::ZERO;
    // The contract marks each epoch as it goes, so a second mention is claimed already.
    let mut seen = BTreeSet::new();
    for epoch in &epochs {
        let current = views::current_epoch(host, id)?;
        require!(*epoch < U256::from(current.0), InvalidEpoch {});
        require!(seen.insert(*epoch), AlreadyClaimed {});
        amount = math::add(amount, claimable(host, id, message.sender, *epoch)?)?;
    }
    pay(host, id, message.this, recipient, amount)?;
    let event = ClaimBatch { claimer: message.sender, recipient, epochs, amount };
    host.emit(message.this, event.into())?;
    Ok(amount)
}

/// `Vault._claim`: what the account may take out of a past bucket.
fn claimable(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    account: Address,
    epoch: U256,
) -> Result<U256, Revert> {
    let current = views::current_epoch(host, id)?;
    let past = u64::try_from(epoch).ok().filter(|epoch| *epoch < current.0).map(Epoch);
    let Some(epoch) = past else { return Err(InvalidEpoch {}.into()) };
    let account = host.accounts().find(&account);
    let claimed = host.state().vault.claimable(id, epoch, account).claimed;
    require!(!claimed, AlreadyClaimed {});
    let amount = views::withdrawals_of(host, id, epoch, account)?;
    require!(!amount.is_zero(), InsufficientClaim {});
    Ok(amount.0)
}

fn pay(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    vault: Address,
    recipient: Address,
    amount: U256,
) -> Result<(), Revert> {
    let collateral = host.state().vault.config.get(id).collateral;
    erc20::safe_transfer(host, vault, collateral, recipient, amount)
}

/// `Vault.onSlash`: takes up to `amount` from the vault `message.this` and sends it to the burner.
/// Returns what was taken. Active stake and the next bucket round down; see
/// [`crate::state::vault::Slashable::split`].
///
/// # Errors
/// `NotSlasher`, `InvalidTimestamp`, `InvalidCaptureEpoch`; the token's revert.
pub fn on_slash(
    host: &mut dyn Host<Symbiotic>,
    message: &Message<'_>,
    amount: U256,
    capture: Timestamp,
) -> Result<U256, Revert> {
    let id = match host.state().contract(host.accounts(), message.this) {
        Contract::Vault(id) => id,
        _ => NONE,
    };
    guarded(host, message.this, |host| slash(host, id, message, amount, capture))
}

fn slash(
    host: &mut dyn Host<Symbiotic>,
    id: Id,
    message: &Message<'_>,
    amount: U256,
    capture: Timestamp,
) -> Result<U256, Revert> {
    let config = host.state().vault.config.get(id);
    require!(message.sender == config.slasher, NotSlasher {});
    let (collateral, burner) = (config.collateral, config.burner);
    let current = views::current_epoch(host, id)?;
    let captured = views::epoch_at(host, id, capture)?;
    let too_old = current.0 > 0 && captured.0 < current.0.saturating_sub(1);
    require!(!too_old && captured <= current, InvalidCaptureEpoch {});
    let slashable = host.state().vault.slashable(id, current, captured == current)?;
    let slashed = amount.min(slashable.total.0);
    if !slashed.is_zero() {
        slashable.split(Assets(slashed), captured == current)?;
        erc20::safe_transfer(host, message.this, collateral, burner, slashed)?;
    }
    let event = OnSlash { amount, captureTimestamp: U48::from(capture.0), slashedAmount: slashed };
    host.emit(message.this, event.into())?;
    Ok(slashed)
}
