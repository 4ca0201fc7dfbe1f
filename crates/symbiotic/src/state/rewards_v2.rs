//! Rewards V2: curators, fees, the Merkle rail and the snapshot rail.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, Table, Timestamp, Traces, ledger_state, ledger_value};

ledger_value! {
    /// A fee that counts only while it is enabled.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct FeeOverride {
        /// Whether it counts.
        pub is_enabled: bool,
        /// Parts of a million.
        pub fee: U256,
    }
}

ledger_value! {
    /// The last distribution of a network on the Merkle rail.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct MerkleDistribution {
        /// When it holds, as its signers say.
        pub timestamp: Timestamp,
        /// Root of its tree.
        pub root: B256,
    }
}

ledger_value! {
    /// What a network keeps on the Merkle rail in one token.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct MerklePot {
        /// Deposited and not distributed.
        pub balance: U256,
        /// Withdrawals that are booked and whose log has yet to come.
        pub leaving: U256,
    }
}

ledger_value! {
    /// Protocol fees in one token.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct ProtocolPot {
        /// Accounted and not claimed.
        pub fees: U256,
        /// Claims that are booked and whose log has yet to come.
        pub leaving: U256,
    }
}

ledger_value! {
    /// One distribution on the snapshot rail.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SnapshotReward {
        /// The number of the subnetwork, 96 bits.
        pub subnetwork_id: U256,
        /// The vault's delegator when it was distributed.
        pub delegator: Address,
        /// Its type.
        pub delegator_type: u64,
        /// Shares are measured at this moment.
        pub timestamp: Timestamp,
        /// The stakers' part, in units of the token; zero when it was given to the vault.
        pub amount: U256,
        /// The operators' part.
        pub operators_fees: U256,
    }
}

ledger_state! {
    /// What Rewards V2 and its registries keep.
    pub struct RewardsV2 {
        /// Curator of each vault, by the vault's interned address.
        pub curators: Traces<Address>,
        /// Operators' fee of a vault, parts of a million, by the vault's interned address.
        pub operators_fees: Traces<U256>,
        /// Curator's fee of a vault, likewise.
        pub curator_fees: Traces<U256>,
        /// (vault, network), interned.
        pub fee_keys: Index<(Id, Id)>,
        /// Operators' fee that holds for one network.
        pub operators_network_fees: Traces<FeeOverride>,
        /// Curator's fee that holds for one network.
        pub curator_network_fees: Traces<FeeOverride>,
        /// Ids of protocol fees.
        pub protocol_fee_keys: Index<B256>,
        /// Protocol fees; they have no history.
        pub protocol_fees: Table<FeeOverride>,
        /// Claimable protocol fees by interned token.
        pub protocol_pots: Table<ProtocolPot>,
        /// (vault, token), interned.
        pub curator_keys: Index<(Id, Id)>,
        /// Claimable fees of the vault's curator.
        pub curator_pots: Table<U256>,
        /// The protocol's signer, in the cell of the contract's interned address.
        pub protocol: Table<Address>,
        /// The rewarder of each network, by interned address.
        pub rewarders: Table<Address>,
        /// The last Merkle distribution of each network, by interned address.
        pub last: Table<MerkleDistribution>,
        /// (network, root) of every distribution that was ever accepted.
        pub roots: Index<(Id, B256)>,
        /// (network, token), interned.
        pub pot_keys: Index<(Id, Id)>,
        /// Balances.
        pub pots: Table<MerklePot>,
        /// Everything ever distributed of a pot on this chain, without fees. The contract keeps the
        /// last total only; the history tells when pay was distributed.
        pub totals: Traces<U256>,
        /// (pot, rewardee type, rewardee as interned address).
        pub claimed_keys: Index<(Id, B256, Id)>,
        /// Cumulative amounts claimed.
        pub claimed: Table<U256>,
        /// (vault, network, token), interned.
        pub list_keys: Index<(Id, Id, Id)>,
        /// Number of rewards in a list.
        pub list_len: Table<u64>,
        /// (list, index).
        pub reward_keys: Index<(Id, u64)>,
        /// Rewards.
        pub rewards: Table<SnapshotReward>,
        /// (list, account).
        pub cursor_keys: Index<(Id, Id)>,
        /// `lastUnclaimedReward`: first reward that the staker has not claimed.
        pub cursors: Table<u64>,
        /// `lastUnclaimedOperatorReward`: the same for the account as an operator.
        pub operator_cursors: Table<u64>,
        /// (vault, timestamp); the vault is an interned address.
        pub cache_keys: Index<(Id, u64)>,
        /// Active shares of the vault at the timestamp, written once.
        pub shares_cache: Table<U256>,
    }
}
