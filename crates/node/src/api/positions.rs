//! Positions: what an account has at stake.

use super::Api;
use super::account::{Account, Withdrawal, karak_asset, never_slashed};
use super::answer::{Page, Reads, Scene};
use super::market::AssetInfo;
use super::problem::Problem;
use super::query::{AtBlock, Paging, Query, address};
use super::schema::{AddressText, Amount, ProtocolText, Time};
use alloy_primitives::{Address, U256};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bondstone_karak::abi::vault::Vault as KarakVault;
use bondstone_kernel::security::{Asset, Protocol};
use bondstone_kernel::{Assets, NONE, Shares, Timestamp};
use bondstone_symbiotic::abi::vault::Vault;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What an account has in one vault.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Position {
    /// The vault's protocol.
    #[schema(value_type = ProtocolText)]
    protocol: Protocol,
    /// The vault.
    #[schema(value_type = AddressText)]
    vault: Address,
    /// Its name, if the chain's economy gave it one.
    #[schema(required = true)]
    name: Option<String>,
    /// What is staked.
    collateral: AssetInfo,
    /// Active shares.
    #[schema(value_type = Amount)]
    shares: Shares,
    /// Active stake, rounded down: what the shares are worth, without what is leaving. `null` when
    /// the vault cannot tell.
    #[schema(value_type = Option<Amount>, required = true)]
    stake: Option<Assets>,
    /// What slashes can still take: active stake, and what is leaving and not out of reach yet.
    #[schema(value_type = Option<Amount>, required = true)]
    slashable: Option<Assets>,
    /// What was asked back and not collected.
    withdrawals: Vec<WithdrawalInfo>,
}

/// Stake that was asked back.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithdrawalInfo {
    /// What it would pay at the block, rounded down; slashes can make it less.
    #[schema(value_type = Amount)]
    amount: Assets,
    /// Who is paid.
    #[schema(value_type = AddressText)]
    recipient: Address,
    /// First second at which it can be collected.
    #[schema(value_type = Time)]
    claimable_from: Timestamp,
    /// Whether that is past.
    is_claimable: bool,
    /// Whether a slash can still take of it.
    is_slashable: bool,
}

fn positions_of(scene: &Scene, account: &Account<'_>) -> Vec<Position> {
    let mut leaving: BTreeMap<Address, Vec<Withdrawal>> = BTreeMap::new();
    for withdrawal in account.withdrawals() {
        if withdrawal.staker == account.address {
            leaving.entry(withdrawal.vault).or_default().push(withdrawal);
        }
    }
    if account.id == NONE {
        return Vec::new();
    }
    let mut positions = symbiotic(scene, account, &mut leaving);
    positions.extend(karak(scene, account, &mut leaving));
    positions
}

type Leaving = BTreeMap<Address, Vec<Withdrawal>>;

fn symbiotic(scene: &Scene, account: &Account<'_>, leaving: &mut Leaving) -> Vec<Position> {
    let vaults = &account.world.symbiotic().vault;
    let mut positions = Vec::new();
    for (id, _) in (0..).zip(vaults.ids.keys()) {
        let config = vaults.config.get(id);
        let (vault, of) = (config.address, account.address);
        let shares = vaults.shares_of(id, account.id);
        let withdrawals = leaving.remove(&vault).unwrap_or_default();
        if shares.is_zero() && withdrawals.is_empty() {
            continue;
        }
        let slashable = if never_slashed(config) {
            Some(U256::ZERO)
        } else {
            account.ask(vault, &Vault::slashableBalanceOfCall { account: of })
        };
        positions.push(Position {
            protocol: Protocol::Symbiotic,
            vault,
            name: scene.name_of(vault),
            collateral: account.asset(Asset::Token(config.collateral)),
            shares,
            stake: account.ask(vault, &Vault::activeBalanceOfCall { account: of }).map(Assets),
            slashable: slashable.map(Assets),
            withdrawals: withdrawals.iter().map(|left| tell(account, left)).collect(),
        });
    }
    positions
}

/// Shares of a started redeem are the vault's; what is leaving a native vault still is the
/// staker's.
fn karak(scene: &Scene, account: &Account<'_>, leaving: &mut Leaving) -> Vec<Position> {
    let state = account.world.karak();
    let mut positions = Vec::new();
    for (id, at) in (0..).zip(state.vault.ids.keys()) {
        let config = state.vault.config.get(id);
        let vault = account.key(at);
        let shares = state.shares.balance(at, account.id);
        let withdrawals = leaving.remove(&vault).unwrap_or_default();
        if shares.is_zero() && withdrawals.is_empty() {
            continue;
        }
        let worth = account.ask(vault, &KarakVault::convertToAssetsCall { shares });
        let withdrawing = state.native.account(id, account.id).withdrawing;
        let redeemed = withdrawals.iter().filter(|left| left.asset != Asset::Ether);
        let redeemed = redeemed.fold(U256::ZERO, |sum, left| sum.saturating_add(left.amount.0));
        positions.push(Position {
            protocol: Protocol::Karak,
            vault,
            name: scene.name_of(vault),
            collateral: account.asset(karak_asset(config.asset)),
            shares: Shares(shares),
            stake: worth.map(|worth| Assets(worth.saturating_sub(withdrawing))),
            slashable: worth.map(|worth| Assets(worth.saturating_add(redeemed))),
            withdrawals: withdrawals.iter().map(|left| tell(account, left)).collect(),
        });
    }
    positions
}

fn tell(account: &Account<'_>, left: &Withdrawal) -> WithdrawalInfo {
    WithdrawalInfo {
        amount: left.amount,
        recipient: left.payee,
        claimable_from: left.claimable_from,
        is_claimable: left.claimable_from <= account.now(),
        is_slashable: left.is_slashable,
    }
}

/// What an account has at stake, in every vault of every protocol, by protocol and in the order in
/// which the vaults were created.
#[utoipa::path(
    get,
    path = "/v1/accounts/{address}/positions",
    params(("address" = AddressText, Path, description = "The account"), Paging, AtBlock),
    responses(
        (status = 200, description = "A page of positions", body = Page<Position>),
        (status = 304, description = "The client has it: If-None-Match names its ETag"),
        (status = 400, description = "A parameter does not fit", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such block", body = Problem,
            content_type = "application/problem+json")
    )
)]
pub(crate) async fn positions(
    State(api): State<Api>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
) -> Result<Response, Problem> {
    let address = address(path)?;
    let make = move |scene: &Scene| {
        let world = scene.world()?;
        let all = positions_of(scene, &Account::new(&world, address));
        Ok(scene.page(&all, Position::clone))
    };
    api.answer(query, Reads::LIST, make).await
}
