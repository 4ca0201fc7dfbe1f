//! Default collateral: a capped one-to-one wrapper with instantly repaid debt.

use alloy_primitives::{Address, U256};
use bondstone_kernel::{Accounts, Id, Index, NONE, Table, ledger_state, ledger_value};

ledger_value! {
    /// What a default collateral keeps besides balances.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub struct CollateralConfig {
        /// Where the collateral lives.
        pub address: Address,
        /// The wrapped token.
        pub asset: Address,
        /// ERC-20 decimals, those of the asset.
        pub decimals: u8,
        /// ERC-20 name.
        pub name: String,
        /// ERC-20 symbol.
        pub symbol: String,
        /// Cap on the total supply.
        pub limit: U256,
        /// Who may raise the cap.
        pub limit_increaser: Address,
        /// ERC-20 total supply.
        pub total_supply: U256,
        /// `totalRepaidDebt`.
        pub total_repaid_debt: U256,
    }
}

ledger_state! {
    /// What default collaterals keep, by dense collateral id.
    pub struct Collaterals {
        /// Collateral ids by interned address.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<CollateralConfig>,
        /// (collateral, account).
        pub balance_keys: Index<(Id, Id)>,
        /// ERC-20 balances.
        pub balances: Table<U256>,
        /// (collateral, issuer or `NONE`, recipient or `NONE`).
        pub debt_keys: Index<(Id, Id, Id)>,
        /// `repaidDebt`, `issuerRepaidDebt` and `recipientRepaidDebt`.
        pub repaid_debts: Table<U256>,
    }
}

impl Collaterals {
    /// ERC-20 balance of an account.
    #[must_use]
    pub fn balance(&self, accounts: &Accounts, collateral: Id, account: Address) -> U256 {
        *self.balances.get(self.balance_keys.find(&(collateral, accounts.find(&account))))
    }

    /// Debt that an issuer, a recipient, or both together had repaid; `None` stands for any.
    #[must_use]
    pub fn repaid_debt(
        &self,
        accounts: &Accounts,
        collateral: Id,
        issuer: Option<Address>,
        recipient: Option<Address>,
    ) -> U256 {
        let mut key = (collateral, NONE, NONE);
        for (side, account) in [(&mut key.1, issuer), (&mut key.2, recipient)] {
            if let Some(account) = account {
                *side = accounts.find(&account);
                // An account never seen has no debt; NONE in the key stands for any.
                if *side == NONE {
                    return U256::ZERO;
                }
            }
        }
        *self.repaid_debts.get(self.debt_keys.find(&key))
    }
}
