//! What vaults keep besides shares.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, Table, ledger_state, ledger_value};

ledger_value! {
    /// Which code a vault runs.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Code {
        /// That of the implementation which Core names.
        #[default]
        Proxy,
        /// It is the implementation of standard vaults.
        Standard,
        /// It is the implementation of native vaults.
        Native,
    }
}

ledger_value! {
    /// What a vault is initialised with.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct VaultConfig {
        /// Which code it runs.
        pub code: Code,
        /// The token it holds.
        pub asset: Address,
        /// Decimals of its shares.
        pub decimals: u8,
        /// The operator that it stakes for.
        pub operator: Address,
        /// ERC-20 name.
        pub name: String,
        /// ERC-20 symbol.
        pub symbol: String,
        /// For the implementation's own use.
        pub extra_data: Vec<u8>,
    }
}

ledger_value! {
    /// A redeem that waits.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Redeem {
        /// Who started it.
        pub staker: Address,
        /// When; zero when there is none.
        pub start: u64,
        /// Shares that the vault keeps for it.
        pub shares: U256,
        /// Who is paid.
        pub beneficiary: Address,
    }
}

ledger_state! {
    /// What vaults keep, by dense vault id.
    pub struct Vaults {
        /// Vault ids by interned address.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<VaultConfig>,
        /// (vault, staker).
        pub staker_keys: Index<(Id, Id)>,
        /// Redeems, and native withdrawals, that the staker has started.
        pub withdraw_nonces: Table<u64>,
        /// (vault, key of the redeem).
        pub redeem_keys: Index<(Id, B256)>,
        /// Redeems.
        pub redeems: Table<Redeem>,
    }
}

impl Vaults {
    /// Redeems or withdrawals that `staker` has started at the vault `id`.
    #[must_use]
    pub fn withdraw_nonce(&self, id: Id, staker: Id) -> u64 {
        *self.withdraw_nonces.get(self.staker_keys.find(&(id, staker)))
    }

    /// The redeem with this key; one that does not exist starts at zero.
    #[must_use]
    pub fn redeem(&self, id: Id, key: B256) -> &Redeem {
        self.redeems.get(self.redeem_keys.find(&(id, key)))
    }
}
