//! Small histories that tests write down in a line.
#![allow(dead_code, reason = "each test uses a part")]

use alloy_primitives::{Address, U256};
use bondstone_rewards::distribution::{Distribution, Kind, Recipient};
use bondstone_rewards::{History, HistoryBuilder};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody.
pub(crate) fn who(number: u8) -> Address {
    Address::with_last_byte(number)
}

/// Somebody who is paid on chain 1.
pub(crate) fn recipient(account: u8, kind: Kind) -> Recipient {
    Recipient { chain_id: 1, account: who(account), kind }
}

/// What recipients of a kind have earned: the last byte of their addresses, and the amount.
pub(crate) fn amounts(found: &Distribution, kind: Kind) -> Vec<(u8, u64)> {
    let entries = found.entries.iter().filter(|entry| entry.recipient.kind == kind);
    entries.map(|entry| (entry.recipient.account[19], entry.amount.to())).collect()
}

/// An account's shares from a second on.
type Change = (u8, u64, u64);

/// Vaults in which a share is a unit of stake.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    chain_id: u64,
    vaults: Vec<SceneVault>,
    /// The seconds of blocks.
    pub(crate) blocks: Vec<u64>,
}

#[derive(Clone, Debug)]
struct SceneVault {
    address: u8,
    asset: u8,
    decimals: u8,
    changes: Vec<Change>,
    delegations: Vec<Change>,
    /// Who left, from when until when, with how much.
    exits: Vec<(u8, u64, u64, u64)>,
    restakes_fully: bool,
}

impl Scene {
    /// Vault 0xc1 of asset 0xee on chain 1.
    pub(crate) fn new(changes: &[Change], decimals: u8) -> Self {
        Self::on(1, changes, decimals)
    }

    /// The same on another chain.
    pub(crate) fn on(chain_id: u64, changes: &[Change], decimals: u8) -> Self {
        let mut scene = Self { chain_id, vaults: Vec::new(), blocks: Vec::new() };
        scene.vault(0xc1, 0xee, decimals, changes);
        scene
    }

    /// One more vault.
    pub(crate) fn vault(&mut self, address: u8, asset: u8, decimals: u8, changes: &[Change]) {
        self.vaults.push(SceneVault {
            address,
            asset,
            decimals,
            changes: changes.to_vec(),
            delegations: Vec::new(),
            exits: Vec::new(),
            restakes_fully: false,
        });
    }

    /// What a vault gives to an operator from a second on.
    pub(crate) fn delegate(&mut self, vault: usize, operator: u8, second: u64, stake: u64) {
        self.vaults[vault].delegations.push((operator, second, stake));
    }

    /// Shares of an account leave the active pool and are gone later.
    pub(crate) fn exit(&mut self, vault: usize, account: u8, from: u64, until: u64, shares: u64) {
        self.vaults[vault].exits.push((account, from, until, shares));
    }

    /// The vault gives all of its stake to each operator.
    pub(crate) fn restakes_fully(&mut self, vault: usize) {
        self.vaults[vault].restakes_fully = true;
    }

    /// The history, in the order of time.
    pub(crate) fn history(&self) -> History {
        self.history_of(&(0..self.vaults.len()).collect::<Vec<_>>(), false)
    }

    /// The history with its vaults in an order, and accounts of a second in reverse.
    pub(crate) fn history_of(&self, order: &[usize], reversed: bool) -> History {
        let mut builder = HistoryBuilder::new(self.chain_id);
        for vault in order.iter().map(|number| &self.vaults[*number]) {
            vault.tell(&mut builder, reversed);
        }
        builder.blocks(self.blocks.clone()).unwrap();
        builder.finish(1_000_000).unwrap()
    }
}

impl SceneVault {
    fn tell(&self, builder: &mut HistoryBuilder, reversed: bool) {
        let (address, asset) = (who(self.address), who(self.asset));
        let vault = builder.vault(address, asset, self.decimals, self.restakes_fully).unwrap();
        let pool = builder.active(vault);
        let mut changes = self.changes.clone();
        for (account, from, _, shares) in &self.exits {
            let before = changes.iter().filter(|c| c.0 == *account && c.1 <= *from);
            let held = before.max_by_key(|change| change.1);
            changes.push((*account, *from, held.unwrap().2 - shares));
        }
        changes.sort_by_key(|change| change.1);
        let seconds: BTreeSet<u64> = changes.iter().map(|change| change.1).collect();
        let mut held: BTreeMap<u8, u64> = BTreeMap::new();
        for second in seconds {
            let mut now: BTreeMap<u8, u64> = BTreeMap::new();
            let at = changes.iter().filter(|change| change.1 == second);
            now.extend(at.map(|(account, _, shares)| (*account, *shares)));
            let mut now: Vec<_> = now.into_iter().collect();
            if reversed {
                now.reverse();
            }
            for (account, shares) in now {
                builder.set_shares(pool, who(account), second, U256::from(shares)).unwrap();
                held.insert(account, shares);
            }
            let total = U256::from(held.values().sum::<u64>());
            builder.set_pool(pool, second, total, total).unwrap();
        }
        for (account, from, until, shares) in &self.exits {
            let pool = builder.exiting(vault).unwrap();
            let shares = U256::from(*shares);
            builder.set_pool(pool, *from, shares, shares).unwrap();
            builder.set_shares(pool, who(*account), *from, shares).unwrap();
            builder.set_pool(pool, *until, shares, U256::ZERO).unwrap();
        }
        let mut delegations = self.delegations.clone();
        delegations.sort_by_key(|(_, second, _)| *second);
        for (operator, second, stake) in delegations {
            builder.set_delegated(vault, who(operator), second, U256::from(stake)).unwrap();
        }
    }
}
