//! What a standard vault answers.

use super::maths::Totals;
use super::{totals, withdraw_key};
use crate::abi::core::VaultConfig;
use crate::abi::vault::ConfiguredVault::vaultConfigCall;
use crate::abi::vault::QueuedWithdrawal;
use crate::abi::vault::Vault::VaultCalls;
use crate::rules::find;
use crate::rules::solady::erc20;
use crate::state::vault::Redeem;
use crate::{Karak, KarakHost};
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::{Host, Id, Revert};

/// Answers a view of the vault `id` at `this`.
pub(super) fn answer(
    host: &mut dyn Host<Karak>,
    id: Id,
    this: Address,
    call: VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    match call {
        Call::getNextWithdrawNonce(c) => {
            let nonce = host.state().vault.withdraw_nonce(id, find(host, c.staker));
            Ok(U256::from(nonce).abi_encode())
        }
        Call::isWithdrawalPending(c) => {
            let redeem = redeem(host, id, c.staker, c.withdrawNonce);
            Ok((redeem.start != 0).abi_encode())
        }
        Call::getQueuedWithdrawal(c) => {
            let Redeem { staker, start, shares, beneficiary } =
                redeem(host, id, c.staker, c.withdrawNonce);
            let start = U96::from(start);
            Ok(QueuedWithdrawal { staker, start, shares, beneficiary }.abi_encode())
        }
        Call::extSloads(c) => {
            Ok(c.slots.iter().map(|slot| word(host, this, *slot)).collect::<Vec<_>>().abi_encode())
        }
        Call::totalAssets(_) => Ok(totals(host, id, this).assets.abi_encode()),
        call => match shared(host, id, &call) {
            Some(answer) => Ok(answer),
            None => {
                let totals = totals(host, id, this);
                converted(host, this, totals, &call)
            }
        },
    }
}

fn redeem(host: &KarakHost<'_>, id: Id, staker: Address, nonce: U256) -> Redeem {
    *host.state().vault.redeem(id, withdraw_key(staker, nonce))
}

/// The pause map; the other slots of a vault are not modelled and read as zero.
fn word(host: &KarakHost<'_>, this: Address, slot: B256) -> B256 {
    if slot != crate::rules::core::PAUSER_SLOT {
        return B256::ZERO;
    }
    B256::from(*host.state().authority.paused.get(find(host, this)))
}

/// Views that every kind of vault answers out of its configuration.
pub(in crate::rules) fn shared(host: &KarakHost<'_>, id: Id, call: &VaultCalls) -> Option<Vec<u8>> {
    let config = host.state().vault.config.get(id);
    Some(match call {
        VaultCalls::VERSION(_) => "2.0.0".to_owned().abi_encode(),
        VaultCalls::asset(_) => config.asset.abi_encode(),
        VaultCalls::maxDeposit(_) | VaultCalls::maxMint(_) => U256::MAX.abi_encode(),
        _ => return None,
    })
}

/// What a vault was configured with; `None` for other selectors than that of `vaultConfig()`.
pub(in crate::rules) fn configuration(
    host: &KarakHost<'_>,
    id: Id,
    selector: [u8; 4],
) -> Option<Vec<u8>> {
    if selector != vaultConfigCall::SELECTOR {
        return None;
    }
    let config = host.state().vault.config.get(id);
    let answer = VaultConfig {
        asset: config.asset,
        decimals: config.decimals,
        operator: config.operator,
        name: config.name.clone(),
        symbol: config.symbol.clone(),
        extraData: config.extra_data.clone().into(),
    };
    Some(answer.abi_encode())
}

/// Views that convert between shares and assets.
pub(in crate::rules) fn converted(
    host: &KarakHost<'_>,
    this: Address,
    totals: Totals,
    call: &VaultCalls,
) -> Result<Vec<u8>, Revert> {
    use VaultCalls as Call;
    Ok(match call {
        Call::convertToShares(c) => totals.to_shares_down(c.assets)?,
        Call::previewDeposit(c) => totals.to_shares_down(c.assets)?,
        Call::previewWithdraw(c) => totals.to_shares_up(c.assets)?,
        Call::convertToAssets(c) => totals.to_assets_down(c.shares)?,
        Call::previewRedeem(c) => totals.to_assets_down(c.shares)?,
        Call::previewMint(c) => totals.to_assets_up(c.shares)?,
        Call::maxWithdraw(c) => totals.to_assets_down(erc20::balance(host, this, c.owner))?,
        Call::maxRedeem(c) => erc20::balance(host, this, c.owner),
        _ => return Err(Revert::empty()),
    }
    .abi_encode())
}
