//! What a ledger tells of Karak's vaults.
//!
//! Karak's contracts keep no past, so that everything is written down after each block that
//! changes it. A donation or a slash moves tokens and no shares: a vault is looked at when it, its
//! token or Core logged something.
//!
//! Of `s` shares the stake is `floor(s * (assets + 1) / (supply + 1))`, which is the vault's own
//! `convertToAssets`. The active pool has all shares but those that the vault itself holds, as the
//! stake viewer of the SDK counts; the pool on its way out has those of redeems that were started
//! and not finished, whose stakers can be slashed until then. Both together are never worth more
//! than the vault holds. Shares that somebody gave to the vault without a redeem are nobody's.
//!
//! A native vault leaves shares of started withdrawals with their owners, so its stake is active
//! until it has left.

use super::{LeftOut, StakeError, Timeline, too_large};
use crate::rpc::ledger::LedgerBlock;
use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_karak::abi::vault::Vault::{FinishedRedeem, StartedRedeem, totalAssetsCall};
use bondstone_karak::rules::core::NATIVE_ASSET;
use bondstone_karak::rules::vault::maths::Totals;
use bondstone_kernel::erc20::Transfer;
use bondstone_kernel::{Id, NONE};
use bondstone_rewards::HistoryBuilder;
use bondstone_world::World;
use std::collections::{BTreeMap, BTreeSet};

/// Digits after the point of ether.
const ETHER_DECIMALS: u8 = 18;

/// What was written down, by vault.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(BTreeMap<Id, Vault>);

/// What was written down of a vault.
#[derive(Clone, Debug, Default)]
struct Vault {
    active: Timeline,
    exiting: Timeline,
    /// What accounts hold now.
    holders: BTreeMap<Address, U256>,
    /// Shares of redeems that wait, by staker.
    redeems: BTreeMap<Address, U256>,
    /// Shares of all redeems that wait.
    waiting: U256,
    /// What the vault's operator gives the network from a second on.
    delegated: Vec<(u64, U256)>,
}

/// A vault in the world after a block.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: Id,
    account: Id,
    address: Address,
}

/// Whether somebody has ever been a service. Services are to Karak what networks are to others.
pub(super) fn is_service(world: &World, network: Address) -> bool {
    world.karak().core.known_services.find(&world.accounts().find(&network)) != NONE
}

/// Vaults, and not the implementations of vaults, which have no operator.
fn vaults(world: &World) -> impl Iterator<Item = Place> + '_ {
    let vaults = &world.karak().vault;
    let ids = (0..).zip(vaults.ids.keys());
    ids.filter(|(id, _)| !vaults.config.get(*id).operator.is_zero()).filter_map(|(id, account)| {
        Some(Place { id, account, address: world.accounts().key(account)? })
    })
}

impl Notes {
    /// Writes down what a block that was folded changed.
    pub(super) fn note(&mut self, world: &World, network: Address, block: &LedgerBlock) {
        let emitters: BTreeSet<Address> = block.entries.iter().map(|e| e.log.address).collect();
        let is_core = emitters.contains(&world.karak().core.config().address);
        for place in vaults(world) {
            let asset = world.karak().vault.config.get(place.id).asset;
            if is_core || emitters.contains(&place.address) || emitters.contains(&asset) {
                self.0.entry(place.id).or_default().note(world, network, (place, block));
            }
        }
    }

    /// Vaults with amounts of more than 128 bits.
    pub(super) fn left_out(&self, world: &World) -> Vec<LeftOut> {
        let left_out = |place: Place| {
            let second = self.0.get(&place.id)?.too_large()?;
            Some(LeftOut { vault: place.address, second })
        };
        vaults(world).filter_map(left_out).collect()
    }

    /// Adds everybody who ever registered to the service, and all vaults whose amounts fit.
    pub(super) fn tell(
        &self,
        world: &World,
        network: Address,
        decimals: impl Fn(Address) -> u8,
        builder: &mut HistoryBuilder,
    ) -> Result<(), StakeError> {
        let (accounts, state) = (world.accounts(), world.karak());
        for (operator, service) in state.core.pair_keys.keys() {
            if accounts.key(service) == Some(network) {
                builder.operator(accounts.key(operator).unwrap_or_default());
            }
        }
        for place in vaults(world) {
            let Some(vault) = self.0.get(&place.id).filter(|vault| vault.too_large().is_none())
            else {
                continue;
            };
            let config = state.vault.config.get(place.id);
            let digits = match config.asset {
                NATIVE_ASSET => ETHER_DECIMALS,
                token => decimals(token),
            };
            let made = builder.vault(place.address, config.asset, digits, false)?;
            vault.active.fill(builder, builder.active(made))?;
            if !vault.exiting.totals.is_empty() {
                let pool = builder.exiting(made)?;
                vault.exiting.fill(builder, pool)?;
            }
            for (second, stake) in &vault.delegated {
                builder.set_delegated(made, config.operator, *second, *stake)?;
            }
        }
        Ok(())
    }
}

impl Vault {
    fn note(&mut self, world: &World, network: Address, (place, block): (Place, &LedgerBlock)) {
        let second = block.moment.timestamp;
        let (state, accounts) = (world.karak(), world.accounts());
        self.note_accounts(world, (place, block));
        let totals = Totals {
            assets: held(world, place.address),
            supply: *state.shares.supply.get(place.account),
        };
        // Only totals at the limit of 256 bits fail, and they leave the vault out.
        let worth = |shares| totals.to_assets_down(shares).unwrap_or(U256::MAX);
        let kept = state.shares.balance(place.account, place.account);
        let active = totals.supply.saturating_sub(kept);
        self.active.note_totals(second, active, worth(active));
        self.exiting.note_totals(second, self.waiting, worth(self.waiting));
        let operator = accounts.find(&state.vault.config.get(place.id).operator);
        let is_staked = state.core.is_staked(operator, accounts.find(&network), place.account);
        let given = if is_staked { worth(active) } else { U256::ZERO };
        if self.delegated.last().map_or(U256::ZERO, |(_, last)| *last) != given {
            self.delegated.push((second, given));
        }
    }

    /// Writes down what accounts hold, and what waits for them.
    fn note_accounts(&mut self, world: &World, (place, block): (Place, &LedgerBlock)) {
        let (second, accounts) = (block.moment.timestamp, world.accounts());
        let (mut moved, mut redeemers) = (BTreeSet::new(), BTreeSet::new());
        for entry in block.entries.iter().filter(|entry| entry.log.address == place.address) {
            if let Ok(transfer) = Transfer::decode_log(&entry.log) {
                moved.extend([transfer.data.from, transfer.data.to]);
            } else if let Ok(started) = StartedRedeem::decode_log(&entry.log) {
                let shares = self.redeems.entry(started.data.staker).or_default();
                *shares = shares.saturating_add(started.data.shares);
                self.waiting = self.waiting.saturating_add(started.data.shares);
                redeemers.insert(started.data.staker);
            } else if let Ok(finished) = FinishedRedeem::decode_log(&entry.log) {
                let shares = self.redeems.entry(finished.data.staker).or_default();
                *shares = shares.saturating_sub(finished.data.shares);
                self.waiting = self.waiting.saturating_sub(finished.data.shares);
                redeemers.insert(finished.data.staker);
            }
        }
        moved.remove(&place.address);
        for account in moved {
            let shares = world.karak().shares.balance(place.account, accounts.find(&account));
            let last = self.holders.insert(account, shares).unwrap_or_default();
            if last != shares {
                self.active.shares.push((second, account, shares));
            }
        }
        for staker in redeemers {
            let shares = self.redeems.get(&staker).copied().unwrap_or_default();
            self.exiting.shares.push((second, staker, shares));
        }
    }

    fn too_large(&self) -> Option<u64> {
        let given = self.delegated.iter().copied();
        too_large(self.active.amounts().chain(self.exiting.amounts()).chain(given))
    }
}

/// All that a vault holds. One that does not answer holds nothing that anybody could count on.
fn held(world: &World, vault: Address) -> U256 {
    let answer = world.view(Address::ZERO, vault, &totalAssetsCall {}.abi_encode()).ok();
    let answer = answer.and_then(|a| totalAssetsCall::abi_decode_returns_validate(&a).ok());
    answer.unwrap_or_default()
}
