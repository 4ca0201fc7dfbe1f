//! What a chain's logs say about stake over time, in no protocol's words.
//!
//! A vault has *pools*: the active one, and one for every batch of stake on its way out. A pool has
//! a timeline of *moments*, at each of which its total shares and its stake are known until the
//! next; and for each account that ever held some, a *position*: the account's shares at some of
//! the pool's moments. Stake that is delegated to the network is a step function of its own per
//! vault and operator.
//!
//! Everything lies in flat columns: a checkpoint of a position takes 20 bytes (the number of the
//! moment and the shares), so that a hundred checkpoints of a million accounts take 2 GB. Shares
//! and stake of more than 128 bits are refused when the history is built.

mod builder;

pub use builder::{HistoryBuilder, HistoryError, PoolId, VaultId};

use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// Stake over time on one chain, as far as one network is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    chain_id: u64,
    known_until: u64,
    accounts: Vec<Address>,
    account_ids: BTreeMap<Address, u32>,
    operators: Vec<Address>,
    vaults: Vec<Vault>,
    blocks: Vec<u64>,
}

/// A vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Its address.
    pub address: Address,
    /// The token that is staked in it.
    pub asset: Address,
    /// Digits after the point of that token.
    pub decimals: u8,
    /// Whether each operator is given all of the stake at once (Symbiotic's full restake).
    pub restakes_fully: bool,
    /// The active pool, then those on their way out.
    pub pools: Vec<Pool>,
    /// What the network's operators are given, by operator.
    pub delegations: BTreeMap<Address, Steps>,
}

/// A step function of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    times: Vec<u64>,
    values: Vec<u128>,
}

/// What a pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolKind {
    /// Stake that stays.
    Active,
    /// Stake on its way out that can still be slashed.
    Exiting,
}

/// Stake that is held in shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// What it is.
    pub kind: PoolKind,
    times: Vec<u64>,
    shares: Vec<u128>,
    stake: Vec<u128>,
    positions: Positions,
}

/// The positions of a pool: for each account its shares from some moments on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Accounts in ascending order.
    accounts: Vec<u32>,
    /// Where the account's checkpoints end; they begin where those before end.
    ends: Vec<usize>,
    moments: Vec<u32>,
    shares: Vec<u128>,
}

/// One account's checkpoints in a pool.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The account's number in the history.
    pub account: u32,
    /// Numbers of the pool's moments, ascending.
    pub moments: &'a [u32],
    /// Shares from each of these moments on.
    pub shares: &'a [u128],
}

impl History {
    /// The chain.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The second of the last block that is final: nothing is known after it.
    #[must_use]
    pub fn known_until(&self) -> u64 {
        self.known_until
    }

    /// The vaults.
    #[must_use]
    pub fn vaults(&self) -> &[Vault] {
        &self.vaults
    }

    /// A vault by its address.
    #[must_use]
    pub fn vault(&self, address: Address) -> Option<&Vault> {
        self.vaults.iter().find(|vault| vault.address == address)
    }

    /// The network's operators, ascending.
    #[must_use]
    pub fn operators(&self) -> &[Address] {
        &self.operators
    }

    /// Whether somebody is one of the network's operators.
    #[must_use]
    pub fn is_operator(&self, operator: Address) -> bool {
        self.operators.binary_search(&operator).is_ok()
    }

    /// The accounts, by their numbers.
    #[must_use]
    pub fn accounts(&self) -> &[Address] {
        &self.accounts
    }

    /// An account's number.
    #[must_use]
    pub fn account_id(&self, account: Address) -> Option<u32> {
        self.account_ids.get(&account).copied()
    }

    /// The seconds of the chain's blocks, ascending; only points by rate ask for them.
    #[must_use]
    pub fn blocks(&self) -> &[u64] {
        &self.blocks
    }
}

impl Vault {
    /// The pool of stake that stays.
    #[must_use]
    pub fn active(&self) -> Option<&Pool> {
        self.pools.first()
    }
}

impl Steps {
    /// The value at a second: of the last step at or before it, zero before the first.
    #[must_use]
    pub fn at(&self, second: u64) -> u128 {
        let after = self.times.partition_point(|time| *time <= second);
        let at = after.checked_sub(1).and_then(|at| self.values.get(at));
        at.copied().unwrap_or_default()
    }

    /// When it changes, ascending.
    #[must_use]
    pub fn times(&self) -> &[u64] {
        &self.times
    }
}

impl Pool {
    /// The seconds of its moments, ascending.
    #[must_use]
    pub fn times(&self) -> &[u64] {
        &self.times
    }

    /// How many moments are at or before a second.
    #[must_use]
    pub fn moments_until(&self, second: u64) -> usize {
        self.times.partition_point(|time| *time <= second)
    }

    /// Total shares and stake from a moment on; nothing where there is no such moment.
    #[must_use]
    pub fn totals(&self, moment: Option<usize>) -> (u128, u128) {
        let of =
            |column: &[u128]| moment.and_then(|at| column.get(at)).copied().unwrap_or_default();
        (of(&self.shares), of(&self.stake))
    }

    /// Total shares and stake at a second.
    #[must_use]
    pub fn totals_at(&self, second: u64) -> (u128, u128) {
        self.totals(self.moments_until(second).checked_sub(1))
    }

    /// The positions.
    #[must_use]
    pub fn positions(&self) -> &Positions {
        &self.positions
    }
}

impl Positions {
    /// How many accounts have a position.
    #[must_use]
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether nobody has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// How many checkpoints there are.
    #[must_use]
    pub fn checkpoints(&self) -> usize {
        self.moments.len()
    }

    /// The position at a place in the order of accounts.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Position<'_>> {
        let account = *self.accounts.get(at)?;
        let end = *self.ends.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let (moments, shares) = (self.moments.get(start..end)?, self.shares.get(start..end)?);
        Some(Position { account, moments, shares })
    }

    /// The place of an account in the order of accounts.
    #[must_use]
    pub fn place(&self, account: u32) -> Option<usize> {
        self.accounts.binary_search(&account).ok()
    }

    /// The position of an account.
    #[must_use]
    pub fn of(&self, account: u32) -> Option<Position<'_>> {
        self.get(self.place(account)?)
    }
}

impl Position<'_> {
    /// Shares at a moment: of the last checkpoint at or before it.
    #[must_use]
    pub fn shares_at(&self, moment: Option<usize>) -> u128 {
        let Some(moment) = moment.and_then(|moment| u32::try_from(moment).ok()) else { return 0 };
        let after = self.moments.partition_point(|at| *at <= moment);
        let at = after.checked_sub(1).and_then(|at| self.shares.get(at));
        at.copied().unwrap_or_default()
    }

    /// What shares are worth: `floor(shares * (stake + 1) / (total + 1))`, as vaults with one
    /// virtual share and one virtual unit of stake say.
    #[must_use]
    pub fn balance(shares: u128, total: u128, stake: u128) -> U256 {
        let [stake, total] = [stake, total].map(|all| U256::from(all).saturating_add(U256::ONE));
        // 128 bits times 129 bits, divided by at least one: it neither overflows nor divides by
        // zero unless all three are at their limits, which no token's supply reaches.
        bondstone_kernel::math::mul_div_floor(U256::from(shares), stake, total).unwrap_or_default()
    }
}
