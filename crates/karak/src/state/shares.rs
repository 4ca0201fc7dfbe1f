//! Balances of vault shares, which are ERC-20 tokens.

use alloy_primitives::U256;
use bondstone_kernel::{Id, Index, Table, ledger_state};

ledger_state! {
    /// Shares by interned addresses of vault and holder.
    pub struct ShareBooks {
        /// (vault, holder).
        pub holdings: Index<(Id, Id)>,
        /// Balance of a holding.
        pub balances: Table<U256>,
        /// Permits that the holder has used up.
        pub nonces: Table<U256>,
        /// Total supply, by vault.
        pub supply: Table<U256>,
    }
}

impl ShareBooks {
    /// What `holder` has of the shares of `vault`.
    #[must_use]
    pub fn balance(&self, vault: Id, holder: Id) -> U256 {
        *self.balances.get(self.holdings.find(&(vault, holder)))
    }

    /// Permits that `holder` has used up at `vault`.
    #[must_use]
    pub fn nonce(&self, vault: Id, holder: Id) -> U256 {
        *self.nonces.get(self.holdings.find(&(vault, holder)))
    }
}
