//! Symbiotic's default staker rewards.

use super::{ClaimKind, ContractCall, Draft, Entries};
use crate::api::account::Account;
use crate::api::claims::Claim;
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolValue;
use bondstone_kernel::{Assets, Id, NONE, Timestamp};
use bondstone_symbiotic::abi::rewards::staker::DefaultStakerRewards as Rewards;

/// Rewards of every vault, network and token. Lists of vaults in which the account never had a
/// share are passed over.
pub(super) fn rewards(account: &Account<'_>) -> Vec<Claim> {
    let books = &account.world.symbiotic().rewards;
    let mut claims = Vec::new();
    for (list, (id, token, network)) in (0..).zip(books.list_keys.keys()) {
        let config = books.staker_config.get(id);
        let Some(entries) = entries(account, list, config.vault) else { continue };
        let (contract, of) = (config.address, account.address);
        let (token, network) = (account.key(token), account.key(network));
        let data = (network, U256::MAX).abi_encode_params().into();
        let ask = Rewards::claimableCall { token, account: of, data };
        let amount = account.ask(contract, &ask).unwrap_or_default();
        if amount.is_zero() {
            continue;
        }
        let data = (network, U256::MAX, Vec::<Bytes>::new()).abi_encode_params().into();
        let call = Rewards::claimRewardsCall { recipient: of, token, data };
        let draft = Draft {
            kind: ClaimKind::StakerRewards,
            contract,
            vault: Some(config.vault),
            network: Some(network),
            token,
            amount: Assets(amount),
            entries: Some(entries),
            programme: None,
            call: ContractCall::new(contract, &call),
        };
        claims.push(draft.try_on(account, &mut account.world.clone()));
    }
    claims
}

/// What of a list the account has not claimed, if some of it can pay.
fn entries(account: &Account<'_>, list: Id, vault: alloy_primitives::Address) -> Option<Entries> {
    let state = account.world.symbiotic();
    let (books, vaults) = (&state.rewards, &state.vault);
    let vault = vaults.ids.find(&account.world.accounts().find(&vault));
    let holder = vaults.holders.find(&(vault, account.id));
    if holder == NONE {
        return None;
    }
    let first = *books.cursors.get(books.cursor_keys.find(&(list, account.id)));
    let length = *books.list_len.get(list);
    let shares = vaults.active_shares_of.get(holder);
    let time = |index: u64| {
        let reward = books.rewards.get(books.reward_keys.find(&(list, index)));
        reward.timestamp
    };
    let since: Timestamp = (first..length)
        .map(time)
        .find(|Timestamp(seconds)| !shares.upper_lookup(*seconds).is_zero())?;
    Some(Entries { first, count: length.saturating_sub(first), since: Some(since) })
}
