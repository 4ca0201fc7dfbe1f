//! Slashers: what was slashed, requests and resolvers.

use alloy_primitives::{Address, B256, U256};
use bondstone_kernel::{Id, Index, Table, Timestamp, Traces, ledger_state, ledger_value};

ledger_value! {
    /// What a slasher keeps besides slashes.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SlasherConfig {
        /// Where the slasher lives.
        pub address: Address,
        /// 0 instant, 1 with veto.
        pub slasher_type: u64,
        /// The vault it slashes.
        pub vault: Address,
        /// Whether the burner is called after a slash.
        pub is_burner_hook: bool,
        /// Seconds in which a request can be vetoed (type 1).
        pub veto_duration: u64,
        /// Epochs until a change of resolver holds (type 1).
        pub resolver_set_epochs_delay: U256,
        /// Number of slash requests (type 1).
        pub requests: u64,
    }
}

ledger_value! {
    /// A slash that was asked for at a veto slasher.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SlashRequest {
        /// The slashing subnetwork.
        pub subnetwork: B256,
        /// The slashed operator.
        pub operator: Address,
        /// Most that the request can slash.
        pub amount: U256,
        /// Stake is measured at this moment.
        pub capture_timestamp: Timestamp,
        /// The request can be vetoed before this moment.
        pub veto_deadline: Timestamp,
        /// Whether it was executed or vetoed.
        pub completed: bool,
    }
}

ledger_state! {
    /// What slashers keep, by dense slasher id.
    pub struct Slashers {
        /// Slasher ids by interned address, in order of creation.
        pub ids: Index<Id>,
        /// Configuration.
        pub config: Table<SlasherConfig>,
        /// (slasher, subnetwork, operator as interned address).
        pub slash_keys: Index<(Id, B256, Id)>,
        /// History of `cumulativeSlash`.
        pub cumulative_slash: Traces<U256>,
        /// `latestSlashedCaptureTimestamp`.
        pub latest_capture: Table<Timestamp>,
        /// Whether the slash under way is in the books already, by slasher: its own log, which
        /// comes last, must not book it again. False in a mirror of logs that has no `SlashBooked`.
        pub booked: Table<bool>,
        /// (slasher, request index).
        pub request_keys: Index<(Id, u64)>,
        /// Slash requests.
        pub requests: Table<SlashRequest>,
        /// (slasher, subnetwork).
        pub resolver_keys: Index<(Id, B256)>,
        /// History of the resolver; the last checkpoint may lie in the future.
        pub resolver: Traces<Address>,
    }
}
