//! What native vaults and their nodes keep besides shares.

use alloy_primitives::{Address, B256, I256, U256};
use bondstone_kernel::{Id, Index, Table, ledger_state, ledger_value};

ledger_value! {
    /// A native vault's single values.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Pool {
        /// Ether that the shares stand for, in wei.
        pub total_assets: U256,
        /// The implementation of the nodes.
        pub node_implementation: Address,
        /// Whose shares were minted or burned last: the logs of balances do not say.
        pub last_moved: Address,
    }
}

ledger_value! {
    /// A snapshot that waits for proofs.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OpenSnapshot {
        /// Wei of the node that have no shares yet.
        pub node_balance: U256,
        /// What validators gained or lost, in wei, as the word of an `int256`.
        pub balance_delta_word: U256,
        /// Validators without a proof yet.
        pub remaining_proofs: U256,
        /// Beacon block root against which proofs are checked.
        pub beacon_root: B256,
    }
}

impl OpenSnapshot {
    /// What validators gained or lost, in wei.
    #[must_use]
    pub fn balance_delta(&self) -> I256 {
        I256::from_raw(self.balance_delta_word)
    }
}

ledger_value! {
    /// What a native vault keeps of a staker.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Account {
        /// The staker's node; zero when there is none.
        pub node: Address,
        /// `totalRestakedETH`: wei of node and validators that have shares.
        pub restaked: U256,
        /// `withdrawableCreditedNodeETH`: wei of the node that have shares.
        pub credited: U256,
        /// Wei that left the node for the zero address and that a snapshot still has to book.
        pub swept: U256,
        /// The snapshot that waits.
        pub snapshot: OpenSnapshot,
        /// When the last snapshot was finished.
        pub last_snapshot: u64,
        /// When the snapshot that waits was started; zero when none waits.
        pub current_snapshot: u64,
        /// Active validators.
        pub active_validators: U256,
        /// Wei that started withdrawals ask for.
        pub withdrawing: U256,
    }
}

ledger_value! {
    /// What is known of a validator.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Validator {
        /// Its number on the beacon chain.
        pub index: u64,
        /// 0 inactive, 1 active, 2 withdrawn.
        pub status: u8,
        /// Its balance that counts, in wei.
        pub restaked: U256,
        /// When that balance was proved.
        pub updated: u64,
    }
}

ledger_value! {
    /// A withdrawal of ether that waits.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Withdrawal {
        /// Who is paid.
        pub to: Address,
        /// When it was started; zero when there is none.
        pub start: u64,
        /// Wei asked for.
        pub assets: U256,
        /// Whose node pays.
        pub node_owner: Address,
    }
}

ledger_value! {
    /// What a node is initialised with.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct NodeConfig {
        /// The vault that is its beacon; zero for the implementation of nodes.
        pub vault: Address,
        /// The staker.
        pub owner: Address,
    }
}

ledger_state! {
    /// What native vaults keep, by dense vault id.
    pub struct Natives {
        /// Single values, by vault.
        pub pools: Table<Pool>,
        /// (vault, staker).
        pub account_keys: Index<(Id, Id)>,
        /// Stakers.
        pub accounts: Table<Account>,
        /// (staker's account, hash of the validator's key).
        pub validator_keys: Index<(Id, B256)>,
        /// Validators.
        pub validators: Table<Validator>,
        /// (staker's account, number of the validator) to find a validator from a log.
        pub validator_numbers: Index<(Id, u64)>,
        /// The validator with this number.
        pub validator_of_number: Table<Id>,
        /// (vault, key of the withdrawal).
        pub withdrawal_keys: Index<(Id, B256)>,
        /// Withdrawals.
        pub withdrawals: Table<Withdrawal>,
        /// Node ids by interned address.
        pub node_ids: Index<Id>,
        /// What nodes are initialised with, by dense node id.
        pub nodes: Table<NodeConfig>,
    }
}

impl Natives {
    /// What the vault `id` keeps of `staker`, an interned address.
    #[must_use]
    pub fn account(&self, id: Id, staker: Id) -> &Account {
        self.accounts.get(self.account_keys.find(&(id, staker)))
    }

    /// A validator of `staker`.
    #[must_use]
    pub fn validator(&self, id: Id, staker: Id, pubkey_hash: B256) -> &Validator {
        let account = self.account_keys.find(&(id, staker));
        self.validators.get(self.validator_keys.find(&(account, pubkey_hash)))
    }

    /// The withdrawal with this key; one that does not exist starts at zero.
    #[must_use]
    pub fn withdrawal(&self, id: Id, key: B256) -> &Withdrawal {
        self.withdrawals.get(self.withdrawal_keys.find(&(id, key)))
    }
}
