//! What only logs tell: which updates and slashings were asked for, and how slashings ended.

use crate::abi::core::Core::{
    CancelledSlashing, FinalizedSlashing, RequestedSlashing, RequestedStakeUpdate, SkippedSlashing,
};
use crate::abi::core::{QueuedSlashing, QueuedStakeUpdate};
use crate::abi::vault::Vault::Slashed;
use alloy_primitives::aliases::U96;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::security::Dated;
use bondstone_kernel::{Assets, Timestamp};
use std::collections::BTreeMap;

/// How a slashing ended.
pub(super) enum End {
    /// It was carried out. What each vault gave; one that is missing was passed over.
    Finalized { at: Timestamp, taken: BTreeMap<Address, Assets> },
    /// It was vetoed.
    Vetoed { at: Timestamp, by: Address },
}

/// A slashing, and how it ended when it did.
pub(super) struct Slashing {
    pub(super) queued: QueuedSlashing,
    pub(super) end: Option<End>,
}

/// Everything that the logs tell.
#[derive(Default)]
pub(super) struct History {
    pub(super) updates: Vec<QueuedStakeUpdate>,
    /// By number, so in the order in which they were asked for.
    pub(super) slashings: BTreeMap<U256, Slashing>,
    /// Number of the next request. Updates and slashings are counted together, and the log of a
    /// slashing does not tell its number.
    next: U256,
    /// What vaults gave since the last slashing was carried out: their logs come before Core's.
    taken: BTreeMap<Address, Assets>,
}

impl History {
    /// Reads logs in the chain's order. Those of strangers count for nothing.
    pub(super) fn read(
        core: Address,
        is_vault: impl Fn(Address) -> bool,
        logs: &[Dated<'_>],
    ) -> Self {
        let mut history = Self::default();
        for dated in logs {
            if dated.log.address == core {
                history.core(dated);
            } else if is_vault(dated.log.address)
                && let Ok(event) = Slashed::decode_log_data(&dated.log.data)
            {
                history.taken.insert(dated.log.address, Assets(event.amount));
            }
        }
        history
    }

    fn core(&mut self, dated: &Dated<'_>) {
        let (data, at) = (&dated.log.data, Timestamp(dated.timestamp));
        if let Ok(event) = RequestedStakeUpdate::decode_log_data(data) {
            self.next = U256::from(event.updatedStake.nonce).saturating_add(U256::ONE);
            self.updates.push(event.updatedStake);
        } else if let Ok(event) = RequestedSlashing::decode_log_data(data) {
            self.requested(event, at);
        } else if let Ok(event) = SkippedSlashing::decode_log_data(data) {
            self.taken.remove(&event.vault);
        } else if let Ok(event) = FinalizedSlashing::decode_log_data(data) {
            let taken = std::mem::take(&mut self.taken);
            self.ended(event.slashingMetadata, End::Finalized { at, taken });
        } else if let Ok(event) = CancelledSlashing::decode_log_data(data) {
            let by = event.canceller;
            self.ended(event.slashingMetadata, End::Vetoed { at, by });
        }
    }

    /// The log carries neither time nor number; see [`crate::apply::core`].
    fn requested(&mut self, event: RequestedSlashing, at: Timestamp) {
        let request = event.slashingRequest;
        let queued = QueuedSlashing {
            dss: event.dss,
            timestamp: U96::from(at.0),
            operator: request.operator,
            vaults: request.vaults,
            slashPercentagesWad: request.slashPercentagesWad,
            nonce: self.next,
        };
        self.slashings.insert(self.next, Slashing { queued, end: None });
        self.next = self.next.saturating_add(U256::ONE);
    }

    fn ended(&mut self, queued: QueuedSlashing, end: End) {
        self.slashings.insert(queued.nonce, Slashing { queued, end: Some(end) });
    }
}
