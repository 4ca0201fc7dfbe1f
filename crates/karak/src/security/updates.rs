//! Vaults that are about to stand for services, or no longer.

use super::Scene;
use crate::abi::core::QueuedStakeUpdate;
use crate::rules::core::{STAKE_UPDATE_DELAY, update_hash};
use bondstone_kernel::Timestamp;
use bondstone_kernel::security::{Protocol, SecurityView, StakeUpdate};

impl Scene<'_> {
    /// Core keeps no more of an update than its hash; the log of the request tells the rest.
    pub(super) fn add_updates(&self, view: &mut SecurityView) {
        let waiting = self.history.updates.iter().filter(|update| self.waits(update));
        view.updates.extend(waiting.map(|update| self.update(update)));
    }

    fn waits(&self, update: &QueuedStakeUpdate) -> bool {
        let ids = (self.id(update.operator), self.id(update.updateRequest.vault));
        self.state().core.pending_update(ids.0, ids.1) == update_hash(update)
    }

    fn update(&self, update: &QueuedStakeUpdate) -> StakeUpdate {
        let request = &update.updateRequest;
        let asked_at = Timestamp(update.startTimestamp.to());
        let (operator, service) = (self.id(update.operator), self.id(request.dss));
        StakeUpdate {
            protocol: Protocol::Karak,
            vault: request.vault.into(),
            network: request.dss.into(),
            operator: update.operator.into(),
            number: update.nonce.to(),
            joins: request.toStake,
            asked_at,
            ready_at: Timestamp(asked_at.0.saturating_add(STAKE_UPDATE_DELAY)),
            is_stuck: !self.state().core.services.contains(operator, service),
        }
    }
}
