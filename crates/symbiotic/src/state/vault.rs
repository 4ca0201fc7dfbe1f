//! Vaults: configuration, active stake and shares, withdrawal buckets.

use alloy_primitives::{Address, U256};
use bondstone_kernel::{
    Assets, Epoch, Id, Index, MathError, Shares, Table, Timestamp, Traces, ledger_state,
    ledger_value,
};
use std::sync::Arc;

ledger_value! {
    /// Name and symbol of a tokenized vault.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct TokenNames {
        /// ERC-20 name.
        pub name: String,
        /// ERC-20 symbol.
        pub symbol: String,
    }
}

ledger_value! {
    /// What a vault keeps besides amounts.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct VaultConfig {
        /// Where the vault lives.
        pub address: Address,
        /// Initialised version: 1 plain, 2 tokenized; 0 for an id that is not a vault.
        pub version: u64,
        /// The token held.
        pub collateral: Address,
        /// Where slashed tokens go; zero is nowhere.
        pub burner: Address,
        /// Start of epoch 0.
        pub epoch_duration_init: Timestamp,
        /// Seconds of an epoch.
        pub epoch_duration: u64,
        /// The delegator, zero until set.
        pub delegator: Address,
        /// Whether the delegator was set.
        pub is_delegator_initialized: bool,
        /// The slasher, zero until set or when there is none.
        pub slasher: Address,
        /// Whether the slasher was set, possibly to none.
        pub is_slasher_initialized: bool,
        /// Whether only whitelisted depositors may deposit.
        pub deposit_whitelist: bool,
        /// Whether deposits are capped.
        pub is_deposit_limit: bool,
        /// Cap on active stake after a deposit.
        pub deposit_limit: U256,
        /// Name and symbol, for tokenized vaults.
        pub names: Option<Arc<TokenNames>>,
    }
}

ledger_value! {
    /// A withdrawal bucket: what leaves at the end of one epoch.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Bucket {
        /// Assets in the bucket; slashes reduce it, claims do not.
        pub assets: Assets,
        /// Shares of the bucket; they never decrease.
        pub shares: Shares,
    }
}

ledger_value! {
    /// One account's part of a bucket.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Claimable {
        /// Shares of the bucket; they never decrease.
        pub shares: Shares,
        /// Whether they were claimed.
        pub claimed: bool,
    }
}

ledger_state! {
    /// What vaults keep, by dense vault id.
    pub struct Vaults {
        /// Vault ids by interned address, in order of creation.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<VaultConfig>,
        /// (vault, account) for the depositor whitelist.
        pub depositors: Index<(Id, Id)>,
        /// Whether the depositor is whitelisted.
        pub is_depositor_whitelisted: Table<bool>,
        /// History of active stake.
        pub active_stake: Traces<U256>,
        /// History of active shares.
        pub active_shares: Traces<U256>,
        /// (vault, account) that ever held active shares.
        pub holders: Index<(Id, Id)>,
        /// History of a holder's active shares.
        pub active_shares_of: Traces<U256>,
        /// (vault, epoch) of buckets that were ever touched.
        pub bucket_keys: Index<(Id, u64)>,
        /// Withdrawal buckets.
        pub buckets: Table<Bucket>,
        /// (bucket, account).
        pub claim_keys: Index<(Id, Id)>,
        /// Parts of buckets.
        pub claims: Table<Claimable>,
    }
}

impl Vaults {
    /// Withdrawal bucket of an epoch.
    #[must_use]
    pub fn bucket(&self, vault: Id, epoch: Epoch) -> Bucket {
        *self.buckets.get(self.bucket_keys.find(&(vault, epoch.0)))
    }

    /// An account's part of a bucket.
    #[must_use]
    pub fn claimable(&self, vault: Id, epoch: Epoch, account: Id) -> Claimable {
        let bucket = self.bucket_keys.find(&(vault, epoch.0));
        *self.claims.get(self.claim_keys.find(&(bucket, account)))
    }

    /// The epoch in which `now` lies. Source: `VaultStorage.currentEpoch`.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when `now` lies before the vault was initialised.
    pub fn epoch_of(&self, vault: Id, now: Timestamp) -> Result<Epoch, MathError> {
        let config = self.config.get(vault);
        let elapsed = now.since(config.epoch_duration_init)?;
        elapsed.checked_div(config.epoch_duration).map(Epoch).ok_or(MathError::DivisionByZero)
    }

    /// Latest active stake.
    #[must_use]
    pub fn stake(&self, vault: Id) -> Assets {
        Assets(self.active_stake.get(vault).latest())
    }

    /// Latest active shares.
    #[must_use]
    pub fn shares(&self, vault: Id) -> Shares {
        Shares(self.active_shares.get(vault).latest())
    }

    /// Latest active shares of an account (interned).
    #[must_use]
    pub fn shares_of(&self, vault: Id, account: Id) -> Shares {
        Shares(self.active_shares_of.get(self.holders.find(&(vault, account))).latest())
    }
}

/// What a slash of a vault can take, by part. Source: `Vault.onSlash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slashable {
    /// The epoch in which the slash happens.
    pub current_epoch: Epoch,
    /// Active stake.
    pub active: Assets,
    /// The bucket of the current epoch, when the capture lies in the epoch before; else nothing.
    pub current: Assets,
    /// The bucket of the next epoch.
    pub next: Assets,
    /// All of it.
    pub total: Assets,
}

/// What a slash takes from each part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashSplit {
    /// From active stake.
    pub active: Assets,
    /// From the bucket of the current epoch.
    pub current: Assets,
    /// From the bucket of the next epoch.
    pub next: Assets,
}

impl Slashable {
    /// Splits a slash of `amount`, at most [`Self::total`]. Active stake and the next bucket are
    /// rounded down; what rounding leaves falls on the current bucket first and on the next one
    /// when the current one cannot take it (or was not at stake).
    ///
    /// # Errors
    /// Those of [`bondstone_kernel::math::mul_div_floor`]; `Panic(0x12)` when nothing is at stake.
    pub fn split(&self, amount: Assets, captured_now: bool) -> Result<SlashSplit, MathError> {
        let part = |of: Assets| {
            bondstone_kernel::math::mul_div_floor(amount.0, of.0, self.total.0).map(Assets)
        };
        let active = part(self.active)?;
        if captured_now {
            let next = amount.minus(active)?;
            return Ok(SlashSplit { active, current: Assets::ZERO, next });
        }
        let next = part(self.next)?;
        let current = amount.minus(active)?.minus(next)?;
        if current > self.current {
            let excess = current.minus(self.current)?;
            return Ok(SlashSplit { active, current: self.current, next: next.plus(excess)? });
        }
        Ok(SlashSplit { active, current, next })
    }
}

impl Vaults {
    /// What a slash at `now` can take when the capture lies in the current epoch (`captured_now`)
    /// or in the one before.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when the parts do not add up in 256 bits.
    pub fn slashable(
        &self,
        vault: Id,
        current_epoch: Epoch,
        captured_now: bool,
    ) -> Result<Slashable, MathError> {
        let active = self.stake(vault);
        let next = self.bucket(vault, current_epoch.next()?).assets;
        let current =
            if captured_now { Assets::ZERO } else { self.bucket(vault, current_epoch).assets };
        let total = active.plus(current)?.plus(next)?;
        Ok(Slashable { current_epoch, active, current, next, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(active: u64, current: u64, next: u64) -> Slashable {
        let n = |v| Assets(U256::from(v));
        Slashable {
            current_epoch: Epoch(1),
            active: n(active),
            current: n(current),
            next: n(next),
            total: n(active + current + next),
        }
    }

    #[test]
    fn worked_example_slash_split() {
        let split = |base: Slashable, amount: u64, captured_now| {
            let s = base.split(Assets(U256::from(amount)), captured_now).expect("small numbers");
            [s.active, s.current, s.next].map(|a| a.0.to::<u64>())
        };
        assert_eq!(split(base(10, 0, 10), 5, true), [2, 0, 3]);
        assert_eq!(split(base(10, 0, 10), 5, false), [2, 0, 3]);
        assert_eq!(split(base(10, 1, 10), 5, false), [2, 1, 2]);
    }
}
