//! What was slashed, vetoed, or is waiting.

use super::history::{End, Slashing};
use super::{Scene, fraction, part_floor};
use crate::abi::core::Core::finalizeSlashingCall;
use crate::abi::core::QueuedSlashing;
use crate::rules::core::{VETO_WINDOW, slashing_root};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::security::{Protocol, SlashRecord, SlashStatus};
use bondstone_kernel::{Assets, MathError, Timestamp};

impl Scene<'_> {
    /// One record for each vault of each slashing.
    pub(super) fn slashes(&self) -> Result<Vec<SlashRecord>, MathError> {
        let mut records = Vec::new();
        for slashing in self.history.slashings.values() {
            let waiting = match slashing.end {
                Some(_) => None,
                None => Some(self.waiting(&slashing.queued)),
            };
            let queued = &slashing.queued;
            for (vault, wad) in queued.vaults.iter().zip(&queued.slashPercentagesWad) {
                let wad = U256::from(*wad);
                records.push(self.slash(slashing, *vault, wad, waiting.as_ref())?);
            }
        }
        Ok(records)
    }

    fn slash(
        &self,
        slashing: &Slashing,
        vault: Address,
        wad: U256,
        waiting: Option<&SlashStatus>,
    ) -> Result<SlashRecord, MathError> {
        let queued = &slashing.queued;
        let status = match (&slashing.end, waiting) {
            (Some(End::Finalized { at, taken }), _) => match taken.get(&vault) {
                Some(amount) => {
                    SlashStatus::Executed { at: *at, nominal: *amount, taken: Some(*amount) }
                }
                None => SlashStatus::Skipped { at: *at },
            },
            (Some(End::Vetoed { at, by }), _) => {
                SlashStatus::Vetoed { at: *at, resolver: (*by).into() }
            }
            (None, Some(status)) => status.clone(),
            (None, None) => SlashStatus::Closed,
        };
        let asked = match &status {
            SlashStatus::Executed { nominal, .. } => *nominal,
            _ => Assets(part_floor(wad, self.held(vault))?),
        };
        Ok(SlashRecord {
            protocol: Protocol::Karak,
            vault: vault.into(),
            network: queued.dss.into(),
            subnetwork: Assets::ZERO,
            operator: queued.operator.into(),
            request: Some(queued.nonce.saturating_to()),
            asked,
            part: Some(fraction(wad)),
            captured_at: Timestamp(queued.timestamp.saturating_to()),
            status,
        })
    }

    /// What a slashing without an end can become. When its time has come, carrying it out is tried.
    fn waiting(&self, queued: &QueuedSlashing) -> SlashStatus {
        let core = &self.state().core;
        if !core.is_queued(slashing_root(queued)) {
            return SlashStatus::Closed;
        }
        let asked_at: u64 = queued.timestamp.saturating_to();
        let since = Timestamp(asked_at.saturating_add(VETO_WINDOW));
        if !core.services.contains(self.id(queued.operator), self.id(queued.dss)) {
            return SlashStatus::Dangling { since };
        }
        if self.now < since {
            return SlashStatus::Vetoable { until: since };
        }
        let call = finalizeSlashingCall { queuedSlashing: queued.clone() };
        match (self.trial)(Address::ZERO, self.core, &call.abi_encode()) {
            Ok(_) => SlashStatus::Due { since },
            Err(revert) => SlashStatus::Blocked { since, failure: revert.into_data() },
        }
    }
}
