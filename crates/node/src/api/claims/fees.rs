//! Fees: of administrators of rewards contracts, of curators, of the protocol.

use super::{Claim, ClaimKind, ContractCall, Draft};
use crate::api::account::Account;
use alloy_primitives::{Address, U256};
use bondstone_kernel::Assets;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards as StakerRewards;
use bondstone_symbiotic::abi::rewards_v2::Rewards;
use bondstone_symbiotic::rules::staker_rewards::ADMIN_FEE_CLAIM_ROLE;
use std::collections::BTreeSet;

fn claim(
    account: &Account<'_>,
    kind: ClaimKind,
    (vault, token): (Option<Address>, Address),
    amount: U256,
    call: ContractCall,
) -> Option<Claim> {
    let draft = Draft {
        kind,
        contract: call.to,
        vault,
        network: None,
        token,
        amount: Assets(amount),
        entries: None,
        programme: None,
        call,
    };
    (!amount.is_zero()).then(|| draft.try_on(account, &mut account.world.clone()))
}

/// Fees of staker rewards at which the account has the role to claim them.
pub(super) fn admin(account: &Account<'_>) -> Vec<Claim> {
    let (state, accounts) = (account.world.symbiotic(), account.world.accounts());
    let mut claims = Vec::new();
    for (id, token) in state.rewards.fee_keys.keys() {
        let config = state.rewards.staker_config.get(id);
        let (contract, token) = (config.address, account.key(token));
        let at = accounts.find(&contract);
        if !state.roles.has(at, ADMIN_FEE_CLAIM_ROLE, account.id) {
            continue;
        }
        let ask = StakerRewards::claimableAdminFeeCall { token };
        let amount = account.ask(contract, &ask).unwrap_or_default();
        let call = StakerRewards::claimAdminFeeCall { recipient: account.address, token };
        let call = ContractCall::new(contract, &call);
        let about = (Some(config.vault), token);
        claims.extend(claim(account, ClaimKind::StakerAdminFee, about, amount, call));
    }
    claims
}

/// Fees of vaults of which the account is the curator.
pub(super) fn curator(account: &Account<'_>) -> Vec<Claim> {
    let state = account.world.symbiotic();
    let books = &state.rewards_v2;
    let contract = state.singleton(Kind::Rewards);
    let mut claims = Vec::new();
    for (vault, token) in books.curator_keys.keys() {
        if books.curators.get(vault).latest() != account.address {
            continue;
        }
        let (vault, token) = (account.key(vault), account.key(token));
        let amount = account.ask(contract, &Rewards::curatorFeesCall { vault, token });
        let call = Rewards::claimCuratorFeesCall { recipient: account.address, vault, token };
        let call = ContractCall::new(contract, &call);
        let (about, amount) = ((Some(vault), token), amount.unwrap_or_default());
        claims.extend(claim(account, ClaimKind::CuratorFees, about, amount, call));
    }
    claims
}

/// Fees of the protocol, when the account owns the contract. They are kept by token, and tokens in
/// which nobody was ever paid have none.
pub(super) fn protocol(account: &Account<'_>) -> Vec<Claim> {
    let (state, accounts) = (account.world.symbiotic(), account.world.accounts());
    let books = &state.rewards_v2;
    let contract = state.singleton(Kind::Rewards);
    if state.owners.of(accounts.find(&contract)) != account.address {
        return Vec::new();
    }
    let listed = books.list_keys.keys().map(|(_, _, token)| token);
    let tokens: BTreeSet<u32> =
        listed.chain(books.pot_keys.keys().map(|(_, token)| token)).collect();
    let mut claims = Vec::new();
    for token in tokens {
        let token = account.key(token);
        let amount = account.ask(contract, &Rewards::protocolFeesCall { token });
        let call = Rewards::claimProtocolFeesCall { recipient: account.address, token };
        let call = ContractCall::new(contract, &call);
        let (about, amount) = ((None, token), amount.unwrap_or_default());
        claims.extend(claim(account, ClaimKind::ProtocolFees, about, amount, call));
    }
    claims
}
