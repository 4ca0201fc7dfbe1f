//! Default staker rewards and default operator rewards.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, Table, Timestamp, ledger_state, ledger_value};

ledger_value! {
    /// What a staker rewards contract keeps besides rewards.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct StakerRewardsConfig {
        /// Where the contract lives.
        pub address: Address,
        /// The vault whose stakers it pays.
        pub vault: Address,
        /// Admin fee in parts of 10 000.
        pub admin_fee: U256,
    }
}

ledger_value! {
    /// One distribution to the stakers of a vault.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Reward {
        /// Amount net of the admin fee.
        pub amount: U256,
        /// Shares are measured at this moment.
        pub timestamp: Timestamp,
    }
}

ledger_value! {
    /// What a network has put up for its operators in one token.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Pot {
        /// Root of the current distribution; zero is none.
        pub root: B256,
        /// Tokens left to claim.
        pub balance: U256,
    }
}

ledger_state! {
    /// What rewards contracts keep.
    pub struct Rewards {
        /// Staker rewards ids by interned address.
        pub staker_ids: Index<Id>,
        /// Configuration of staker rewards.
        pub staker_config: Table<StakerRewardsConfig>,
        /// (staker rewards, token, network), interned.
        pub list_keys: Index<(Id, Id, Id)>,
        /// Number of rewards in a list.
        pub list_len: Table<u64>,
        /// (list, index).
        pub reward_keys: Index<(Id, u64)>,
        /// Rewards.
        pub rewards: Table<Reward>,
        /// (list, staker).
        pub cursor_keys: Index<(Id, Id)>,
        /// `lastUnclaimedReward`: first reward of the list that the staker has not claimed.
        pub cursors: Table<u64>,
        /// (staker rewards, token).
        pub fee_keys: Index<(Id, Id)>,
        /// `claimableAdminFee`.
        pub admin_fees: Table<U256>,
        /// (staker rewards, timestamp).
        pub cache_keys: Index<(Id, u64)>,
        /// Active shares of the vault at the timestamp, written once.
        pub shares_cache: Table<U256>,
        /// Operator rewards ids by interned address.
        pub operator_ids: Index<Id>,
        /// Whether `initialize` was called on the clone.
        pub operator_initialized: Table<bool>,
        /// (operator rewards, network, token), interned.
        pub pot_keys: Index<(Id, Id, Id)>,
        /// Roots and balances.
        pub pots: Table<Pot>,
        /// (pot, account).
        pub claimed_keys: Index<(Id, Id)>,
        /// Cumulative amounts claimed.
        pub claimed: Table<U256>,
    }
}
