//! Building a history, from logs in their order or account by account.

use super::{History, Pool, PoolKind, Positions, Vault};
use alloy_primitives::{Address, U256};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Why a history cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// Something came after something later.
    #[error("second {second} of {what} comes after second {last}")]
    OutOfOrder {
        /// Of what.
        what: &'static str,
        /// What came.
        second: u64,
        /// What had come.
        last: u64,
    },
    /// A figure of more than 128 bits.
    #[error("{value} {what} at second {second} are more than 128 bits hold")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// When.
        second: u64,
        /// How much.
        value: U256,
    },
    /// A vault or pool of another builder.
    #[error("there is no {what} number {number}")]
    Unknown {
        /// What.
        what: &'static str,
        /// Its number.
        number: usize,
    },
    /// The same vault again.
    #[error("vault {0} is there already")]
    TwiceVault(Address),
    /// More accounts or moments than 32 bits count.
    #[error("there are more than 2^32 {0}")]
    TooMany(&'static str),
    /// A position whose account or moments are not ascending, or beyond the pool's.
    #[error("position of {account}: accounts and moments must ascend, and the pool must have them")]
    Position {
        /// Whose.
        account: Address,
    },
    /// A pool was filled from logs and account by account.
    #[error("a pool is filled from logs or account by account, not both")]
    TwoWays,
    /// Something happened after the last final second.
    #[error("something happened at second {second}, after the last final one, {known_until}")]
    BeyondKnown {
        /// When.
        second: u64,
        /// The last final second.
        known_until: u64,
    },
}

/// A vault of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultId(usize);

/// A pool of a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolId {
    vault: usize,
    pool: usize,
}

/// Makes a [`History`].
///
/// From logs: call [`Self::set_pool`] and [`Self::set_shares`] in the order of the chain. Account
/// by account: set all totals of a pool first, then [`Self::push_position`]. Either way the result
/// is the same. A value that is set twice in a second is the last one.
#[derive(Clone, Debug, Default)]
pub struct HistoryBuilder {
    history: History,
    operators: BTreeSet<Address>,
    /// By vault and pool.
    logs: Vec<Vec<Log>>,
}

/// The checkpoints of a pool in the order of the chain, in columns.
#[derive(Clone, Debug, Default)]
struct Log {
    accounts: Vec<u32>,
    moments: Vec<u32>,
    shares: Vec<u128>,
}

impl HistoryBuilder {
    /// A history of a chain on which nothing has happened.
    #[must_use]
    pub fn new(chain_id: u64) -> Self {
        let history = History { chain_id, ..History::default() };
        Self { history, ..Self::default() }
    }

    /// Adds a vault with an empty active pool.
    ///
    /// # Errors
    /// [`HistoryError::TwiceVault`].
    pub fn vault(
        &mut self,
        address: Address,
        asset: Address,
        decimals: u8,
        restakes_fully: bool,
    ) -> Result<VaultId, HistoryError> {
        if self.history.vault(address).is_some() {
            return Err(HistoryError::TwiceVault(address));
        }
        let number = self.history.vaults.len();
        self.history.vaults.push(Vault {
            address,
            asset,
            decimals,
            restakes_fully,
            pools: vec![Pool::new(PoolKind::Active)],
            delegations: BTreeMap::new(),
        });
        self.logs.push(vec![Log::default()]);
        Ok(VaultId(number))
    }

    /// The active pool of a vault.
    #[must_use]
    pub fn active(&self, vault: VaultId) -> PoolId {
        PoolId { vault: vault.0, pool: 0 }
    }

    /// Adds a pool of stake on its way out. Its stake is set to zero when it can no longer be
    /// slashed.
    ///
    /// # Errors
    /// [`HistoryError::Unknown`].
    pub fn exiting(&mut self, vault: VaultId) -> Result<PoolId, HistoryError> {
        let pools = &mut self.vault_mut(vault)?.pools;
        let pool = pools.len();
        pools.push(Pool::new(PoolKind::Exiting));
        if let Some(logs) = self.logs.get_mut(vault.0) {
            logs.push(Log::default());
        }
        Ok(PoolId { vault: vault.0, pool })
    }

    /// Says that somebody is an operator of the network, with stake or without.
    pub fn operator(&mut self, operator: Address) {
        self.operators.insert(operator);
    }

    /// Says at which seconds the chain has blocks, ascending.
    ///
    /// # Errors
    /// [`HistoryError::OutOfOrder`].
    pub fn blocks(&mut self, seconds: Vec<u64>) -> Result<(), HistoryError> {
        for pair in seconds.windows(2) {
            if let [last, second] = pair
                && second < last
            {
                return Err(HistoryError::OutOfOrder {
                    what: "blocks",
                    second: *second,
                    last: *last,
                });
            }
        }
        self.history.blocks = seconds;
        Ok(())
    }

    /// An account's number; it is given one when it has none.
    ///
    /// # Errors
    /// [`HistoryError::TooMany`].
    pub fn account(&mut self, account: Address) -> Result<u32, HistoryError> {
        if let Some(id) = self.history.account_ids.get(&account) {
            return Ok(*id);
        }
        let id = u32::try_from(self.history.accounts.len());
        let id = id.map_err(|_| HistoryError::TooMany("accounts"))?;
        self.history.accounts.push(account);
        self.history.account_ids.insert(account, id);
        Ok(id)
    }

    /// Sets a pool's total shares and stake from a second on, and says which moment that is.
    ///
    /// # Errors
    /// [`HistoryError::OutOfOrder`], [`HistoryError::TooLarge`], [`HistoryError::TooMany`],
    /// [`HistoryError::Unknown`].
    pub fn set_pool(
        &mut self,
        pool: PoolId,
        second: u64,
        shares: U256,
        stake: U256,
    ) -> Result<u32, HistoryError> {
        let shares = narrow("shares", second, shares)?;
        let stake = narrow("units of stake", second, stake)?;
        let pool = self.pool_mut(pool)?;
        let moment = pool.moment(second)?;
        if let (Some(total), Some(held)) = (pool.shares.last_mut(), pool.stake.last_mut()) {
            (*total, *held) = (shares, stake);
        }
        Ok(moment)
    }

    /// Sets an account's shares from a second on.
    ///
    /// # Errors
    /// Those of [`Self::set_pool`], and [`HistoryError::TwoWays`].
    pub fn set_shares(
        &mut self,
        pool: PoolId,
        account: Address,
        second: u64,
        shares: U256,
    ) -> Result<(), HistoryError> {
        let shares = narrow("shares", second, shares)?;
        let account = self.account(account)?;
        let target = self.pool_mut(pool)?;
        if !target.positions.is_empty() {
            return Err(HistoryError::TwoWays);
        }
        let moment = target.moment(second)?;
        let log = self.log_mut(pool)?;
        log.accounts.push(account);
        log.moments.push(moment);
        log.shares.push(shares);
        Ok(())
    }

    /// Adds all checkpoints of an account in a pool whose totals are set. Accounts come in the
    /// order of their numbers.
    ///
    /// # Errors
    /// [`HistoryError::Position`], [`HistoryError::TwoWays`], [`HistoryError::TooMany`],
    /// [`HistoryError::Unknown`].
    pub fn push_position(
        &mut self,
        pool: PoolId,
        account: Address,
        checkpoints: &[(u32, u128)],
    ) -> Result<(), HistoryError> {
        if !self.log_mut(pool)?.accounts.is_empty() {
            return Err(HistoryError::TwoWays);
        }
        let id = self.account(account)?;
        let pool = self.pool_mut(pool)?;
        let moments = pool.times.len();
        let positions = &mut pool.positions;
        let ascending = checkpoints.is_sorted_by(|a, b| a.0 < b.0);
        let within = checkpoints.last().is_none_or(|(moment, _)| {
            usize::try_from(*moment).is_ok_and(|moment| moment < moments)
        });
        let follows = positions.accounts.last().is_none_or(|last| *last < id);
        if !(ascending && within && follows) {
            return Err(HistoryError::Position { account });
        }
        positions.accounts.push(id);
        positions.moments.extend(checkpoints.iter().map(|checkpoint| checkpoint.0));
        positions.shares.extend(checkpoints.iter().map(|checkpoint| checkpoint.1));
        positions.ends.push(positions.moments.len());
        Ok(())
    }

    /// Makes room for so many positions and checkpoints of a pool.
    ///
    /// # Errors
    /// [`HistoryError::Unknown`].
    pub fn reserve(
        &mut self,
        pool: PoolId,
        positions: usize,
        checkpoints: usize,
    ) -> Result<(), HistoryError> {
        let columns = &mut self.pool_mut(pool)?.positions;
        columns.accounts.reserve_exact(positions);
        columns.ends.reserve_exact(positions);
        columns.moments.reserve_exact(checkpoints);
        columns.shares.reserve_exact(checkpoints);
        Ok(())
    }

    /// Sets what of a vault's stake is given to an operator of the network from a second on.
    ///
    /// # Errors
    /// [`HistoryError::OutOfOrder`], [`HistoryError::TooLarge`], [`HistoryError::Unknown`].
    pub fn set_delegated(
        &mut self,
        vault: VaultId,
        operator: Address,
        second: u64,
        stake: U256,
    ) -> Result<(), HistoryError> {
        let stake = narrow("units of stake", second, stake)?;
        self.operators.insert(operator);
        let steps = self.vault_mut(vault)?.delegations.entry(operator).or_default();
        match steps.times.last() {
            Some(last) if *last > second => {
                let last = *last;
                return Err(HistoryError::OutOfOrder { what: "a delegation", second, last });
            }
            Some(last) if *last == second => {
                if let Some(value) = steps.values.last_mut() {
                    *value = stake;
                }
            }
            _ => {
                steps.times.push(second);
                steps.values.push(stake);
            }
        }
        Ok(())
    }

    /// The history, known up to a second.
    ///
    /// # Errors
    /// [`HistoryError::BeyondKnown`] when something happened after that.
    pub fn finish(self, known_until: u64) -> Result<History, HistoryError> {
        let Self { mut history, operators, logs } = self;
        history.known_until = known_until;
        history.operators = operators.into_iter().collect();
        let accounts = history.accounts.len();
        for (vault, logs) in history.vaults.iter_mut().zip(logs) {
            for (pool, log) in vault.pools.iter_mut().zip(logs) {
                if let Some(second) = pool.times.last().filter(|second| **second > known_until) {
                    return Err(HistoryError::BeyondKnown { second: *second, known_until });
                }
                if !log.accounts.is_empty() {
                    pool.positions = log.positions(accounts);
                }
            }
        }
        Ok(history)
    }

    fn vault_mut(&mut self, vault: VaultId) -> Result<&mut Vault, HistoryError> {
        let unknown = HistoryError::Unknown { what: "vault", number: vault.0 };
        self.history.vaults.get_mut(vault.0).ok_or(unknown)
    }

    fn pool_mut(&mut self, pool: PoolId) -> Result<&mut Pool, HistoryError> {
        let unknown = HistoryError::Unknown { what: "pool", number: pool.pool };
        self.vault_mut(VaultId(pool.vault))?.pools.get_mut(pool.pool).ok_or(unknown)
    }

    fn log_mut(&mut self, pool: PoolId) -> Result<&mut Log, HistoryError> {
        let unknown = HistoryError::Unknown { what: "pool", number: pool.pool };
        self.logs.get_mut(pool.vault).and_then(|logs| logs.get_mut(pool.pool)).ok_or(unknown)
    }
}

impl Pool {
    fn new(kind: PoolKind) -> Self {
        let (times, shares, stake) = (Vec::new(), Vec::new(), Vec::new());
        Self { kind, times, shares, stake, positions: Positions::default() }
    }

    /// The moment of a second, which is the last one or a new one with the same totals.
    fn moment(&mut self, second: u64) -> Result<u32, HistoryError> {
        match self.times.last() {
            Some(last) if *last > second => {
                return Err(HistoryError::OutOfOrder { what: "a pool", second, last: *last });
            }
            Some(last) if *last == second => {}
            _ => {
                self.times.push(second);
                self.shares.push(self.shares.last().copied().unwrap_or_default());
                self.stake.push(self.stake.last().copied().unwrap_or_default());
            }
        }
        let moment = u32::try_from(self.times.len().saturating_sub(1));
        moment.map_err(|_| HistoryError::TooMany("moments"))
    }
}

impl Log {
    /// The log by account, in the order of time: a counting sort, stable in the order of the chain.
    fn positions(self, accounts: usize) -> Positions {
        let id = |account: u32| usize::try_from(account).unwrap_or(usize::MAX);
        let mut next = vec![0usize; accounts];
        for account in &self.accounts {
            if let Some(count) = next.get_mut(id(*account)) {
                *count = count.saturating_add(1);
            }
        }
        let mut start = 0usize;
        for count in &mut next {
            let begin = start;
            start = start.saturating_add(*count);
            *count = begin;
        }
        let mut moments = vec![0u32; start];
        let mut shares = vec![0u128; start];
        for ((account, moment), held) in self.accounts.iter().zip(&self.moments).zip(&self.shares) {
            let Some(at) = next.get_mut(id(*account)) else { continue };
            if let (Some(slot), Some(amount)) = (moments.get_mut(*at), shares.get_mut(*at)) {
                (*slot, *amount) = (*moment, *held);
            }
            *at = at.saturating_add(1);
        }
        drop(self);
        let mut sorted = Positions::default();
        let mut begin = 0usize;
        for (account, end) in next.into_iter().enumerate() {
            if begin == end {
                continue;
            }
            if let Ok(account) = u32::try_from(account) {
                sorted.accounts.push(account);
                sorted.ends.push(end);
            }
            begin = end;
        }
        sorted.moments = moments;
        sorted.shares = shares;
        sorted.without_repetitions()
    }
}

impl Positions {
    /// Of several checkpoints at one moment the last one stays.
    fn without_repetitions(mut self) -> Self {
        let repeats = |begin: usize, end: usize, moments: &[u32]| {
            moments.get(begin..end).is_some_and(|all| !all.is_sorted_by(|a, b| a < b))
        };
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        if !begins.zip(&self.ends).any(|(begin, end)| repeats(begin, *end, &self.moments)) {
            return self;
        }
        let (mut read, mut write) = (0usize, 0usize);
        for end in &mut self.ends {
            let begin = write;
            while read < *end {
                let moment = self.moments.get(read).copied().unwrap_or_default();
                let held = self.shares.get(read).copied().unwrap_or_default();
                let before = write.checked_sub(1).filter(|before| *before >= begin);
                let same = before.filter(|at| self.moments.get(*at) == Some(&moment));
                let at = same.unwrap_or(write);
                if let (Some(slot), Some(amount)) =
                    (self.moments.get_mut(at), self.shares.get_mut(at))
                {
                    (*slot, *amount) = (moment, held);
                }
                write = at.saturating_add(1);
                read = read.saturating_add(1);
            }
            *end = write;
        }
        self.moments.truncate(write);
        self.shares.truncate(write);
        self
    }
}

fn narrow(what: &'static str, second: u64, value: U256) -> Result<u128, HistoryError> {
    u128::try_from(value).map_err(|_| HistoryError::TooLarge { what, second, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u(value: u64) -> U256 {
        U256::from(value)
    }

    fn who(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    fn with_vault() -> (HistoryBuilder, PoolId) {
        let mut builder = HistoryBuilder::new(1);
        let vault = builder.vault(who(0xaa), who(0xee), 18, false).unwrap();
        let pool = builder.active(vault);
        (builder, pool)
    }

    #[test]
    fn logs_and_accounts_give_the_same_history() {
        let (mut logs, pool) = with_vault();
        logs.set_pool(pool, 10, u(3), u(3)).unwrap();
        logs.set_shares(pool, who(1), 10, u(3)).unwrap();
        logs.set_shares(pool, who(2), 20, u(4)).unwrap();
        logs.set_pool(pool, 20, u(7), u(8)).unwrap();
        logs.set_shares(pool, who(1), 30, u(9)).unwrap();
        logs.set_shares(pool, who(1), 30, u(1)).unwrap();
        logs.set_pool(pool, 30, u(5), u(6)).unwrap();
        let logs = logs.finish(40).unwrap();

        let (mut accounts, pool) = with_vault();
        for (second, shares, stake) in [(10, 3, 3), (20, 7, 8), (30, 5, 6)] {
            accounts.set_pool(pool, second, u(shares), u(stake)).unwrap();
        }
        accounts.push_position(pool, who(1), &[(0, 3), (2, 1)]).unwrap();
        accounts.push_position(pool, who(2), &[(1, 4)]).unwrap();
        assert_eq!(accounts.finish(40).unwrap(), logs);

        let pool = logs.vaults()[0].active().unwrap();
        assert_eq!([9, 10, 29, 30].map(|at| pool.totals_at(at)), [(0, 0), (3, 3), (7, 8), (5, 6)]);
        let position = pool.positions().of(0).unwrap();
        assert_eq!(
            [None, Some(0), Some(1), Some(2)].map(|at| position.shares_at(at)),
            [0, 3, 3, 1]
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let (mut builder, pool) = with_vault();
        builder.set_pool(pool, 10, u(3), u(3)).unwrap();
        let late = HistoryError::OutOfOrder { what: "a pool", second: 9, last: 10 };
        assert_eq!(builder.set_pool(pool, 9, u(3), u(3)), Err(late));
        let large = U256::from(1) << 128;
        let error = HistoryError::TooLarge { what: "shares", second: 11, value: large };
        assert_eq!(builder.set_shares(pool, who(1), 11, large), Err(error));
        let error = HistoryError::Position { account: who(1) };
        assert_eq!(builder.push_position(pool, who(1), &[(7, 1)]), Err(error.clone()));
        assert_eq!(builder.push_position(pool, who(1), &[(0, 1), (0, 1)]), Err(error));
        builder.push_position(pool, who(2), &[(0, 1)]).unwrap();
        assert_eq!(builder.set_shares(pool, who(1), 11, u(1)), Err(HistoryError::TwoWays));
        let again = builder.vault(who(0xaa), who(0xee), 18, false);
        assert_eq!(again, Err(HistoryError::TwiceVault(who(0xaa))));
        let beyond = HistoryError::BeyondKnown { second: 10, known_until: 9 };
        assert_eq!(builder.finish(9), Err(beyond));
    }
}
