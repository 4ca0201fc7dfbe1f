//! What was slashed, vetoed, or is waiting.

use super::{Scene, split};
use crate::abi::slasher::{ExecuteSlash, Slash, VetoSlash};
use crate::abi::vault::OnSlash;
use crate::state::Contract;
use crate::state::slasher::SlashRequest;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use bondstone_kernel::security::{Dated, Party, Protocol, SecurityView, SlashRecord, SlashStatus};
use bondstone_kernel::{Assets, Id, NONE, Timestamp};
use std::collections::BTreeMap;

/// The last `OnSlash` of each vault, with its block: a slasher's own log follows it.
type Taken = BTreeMap<Address, (u64, OnSlash)>;

/// How requests ended, by slasher and index.
type Ends = BTreeMap<(Id, U256), SlashStatus>;

impl Scene<'_> {
    pub(super) fn add_slashes(&self, view: &mut SecurityView, history: &[Dated<'_>]) {
        let mut taken = Taken::new();
        let mut ends = Ends::new();
        let mut records = Vec::new();
        for dated in history {
            let emitter = dated.log.address;
            match self.state().contract(self.accounts(), emitter) {
                Contract::Vault(_) => {
                    if let Ok(event) = OnSlash::decode_log_data(&dated.log.data) {
                        taken.insert(emitter, (dated.number, event));
                    }
                }
                Contract::Slasher(id) => {
                    records.extend(self.slash(id, dated, &taken));
                    self.end(id, dated, &taken, &mut ends);
                }
                _ => {}
            }
        }
        let slashers = &self.state().slasher;
        for (at, (slasher, index)) in (0..).zip(slashers.request_keys.keys()) {
            let request = slashers.requests.get(at);
            let end = ends.remove(&(slasher, U256::from(index)));
            records.push(self.request(slasher, index, request, end));
        }
        view.slashes.extend(records);
    }

    /// A slash by the instant slasher `id`.
    fn slash(&self, id: Id, dated: &Dated<'_>, taken: &Taken) -> Option<SlashRecord> {
        let event = Slash::decode_log_data(&dated.log.data).ok()?;
        let captured_at = Timestamp(event.captureTimestamp.saturating_to());
        let (network, subnetwork) = split(event.subnetwork);
        let vault = self.state().slasher.config.get(id).vault;
        let nominal = Assets(event.slashedAmount);
        Some(SlashRecord {
            protocol: Protocol::Symbiotic,
            vault: vault.into(),
            network,
            subnetwork,
            operator: event.operator.into(),
            request: None,
            asked: nominal,
            part: None,
            captured_at,
            status: SlashStatus::Executed {
                at: Timestamp(dated.timestamp),
                nominal,
                taken: taken_of(taken, vault, dated.number, nominal),
            },
        })
    }

    /// How a request at the veto slasher `id` ended.
    fn end(&self, id: Id, dated: &Dated<'_>, taken: &Taken, ends: &mut Ends) {
        let at = Timestamp(dated.timestamp);
        if let Ok(event) = ExecuteSlash::decode_log_data(&dated.log.data) {
            let vault = self.state().slasher.config.get(id).vault;
            let nominal = Assets(event.slashedAmount);
            let taken = taken_of(taken, vault, dated.number, nominal);
            ends.insert((id, event.slashIndex), SlashStatus::Executed { at, nominal, taken });
        } else if let Ok(event) = VetoSlash::decode_log_data(&dated.log.data) {
            let resolver = event.resolver.into();
            ends.insert((id, event.slashIndex), SlashStatus::Vetoed { at, resolver });
        }
    }

    fn request(
        &self,
        slasher: Id,
        index: u64,
        request: &SlashRequest,
        end: Option<SlashStatus>,
    ) -> SlashRecord {
        let (network, subnetwork) = split(request.subnetwork);
        let status = match end {
            Some(end) => end,
            None if request.completed => SlashStatus::Closed,
            None => self.pending(slasher, request),
        };
        SlashRecord {
            protocol: Protocol::Symbiotic,
            vault: self.state().slasher.config.get(slasher).vault.into(),
            network,
            subnetwork,
            operator: Party::from(request.operator),
            request: Some(index),
            asked: Assets(request.amount),
            part: None,
            captured_at: request.capture_timestamp,
            status,
        }
    }

    /// What an open request can still become, by the checks of `VetoSlasher.executeSlash`.
    fn pending(&self, slasher: Id, request: &SlashRequest) -> SlashStatus {
        let state = self.state();
        let slashers = &state.slasher;
        let config = slashers.config.get(slasher);
        let vault = state.vault.ids.find(&self.accounts().find(&config.vault));
        let window = if vault == NONE { 0 } else { state.vault.config.get(vault).epoch_duration };
        let until = Timestamp(request.capture_timestamp.0.saturating_add(window));
        if self.now > until {
            return SlashStatus::Expired { since: until };
        }
        let key = slashers.resolver_keys.find(&(slasher, request.subnetwork));
        let resolvers = slashers.resolver.get(key);
        let at_capture = resolvers.upper_lookup(request.capture_timestamp.0);
        let current = resolvers.upper_lookup(self.now.0.saturating_sub(1));
        let has_resolver = !at_capture.is_zero() && !current.is_zero();
        if has_resolver && request.veto_deadline > self.now {
            return SlashStatus::Vetoable { until: request.veto_deadline };
        }
        SlashStatus::Executable { until }
    }
}

/// What a vault gave for a slash in this block.
fn taken_of(taken: &Taken, vault: Address, number: u64, nominal: Assets) -> Option<Assets> {
    let (block, event) = taken.get(&vault)?;
    (*block == number && event.amount == nominal.0).then_some(Assets(event.slashedAmount))
}
