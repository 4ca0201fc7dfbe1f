//! Core's storage, slot by slot, for its view of raw words.
//!
//! Where things lie: mappings by Solidity's layout, sets as OpenZeppelin 5.0.2 `EnumerableSet`
//! keeps them (length and members, then the place of each member).

use super::super::find;
use crate::KarakHost;
use alloy_primitives::{Address, B256, U256, b256, keccak256};
use bondstone_kernel::{Id, Sets};
use std::collections::BTreeMap;

/// First slot of Core's storage.
const CORE: U256 = U256::from_be_bytes(
    b256!("0x13c729cff436dc8ac22d145f2c778f6a709d225083f39538cc5e2674f2f10700").0,
);
/// Slot of the pause map.
pub(in crate::rules) const PAUSER_SLOT: B256 =
    b256!("0x271441cddf42198c20456f920f5dac04f245854c82f280f2e59e7095958d0b00");

/// Core's variables by their distance from the first slot.
mod variable {
    pub(super) const OPERATORS: u64 = 0;
    pub(super) const IMPLEMENTATIONS: u64 = 1;
    pub(super) const ALLOWLISTED: u64 = 2;
    pub(super) const HANDLERS: u64 = 3;
    pub(super) const SLASHINGS: u64 = 4;
    pub(super) const MAX_SLASHABLE: u64 = 5;
    pub(super) const IMPLEMENTATION_AND_NONCE: u64 = 6;
    pub(super) const COMMITTEE_AND_NONCE: u64 = 7;
    pub(super) const GAS: u64 = 8;
}

/// The variables of an operator by their distance from his first slot.
mod of_operator {
    pub(super) const VAULTS: u64 = 0;
    pub(super) const SERVICES: u64 = 2;
    pub(super) const STAKED: u64 = 4;
    pub(super) const NEXT_SLASHABLE: u64 = 5;
    pub(super) const PENDING_UPDATES: u64 = 6;
    pub(super) const PENDING_SLASHINGS: u64 = 7;
}

fn after(slot: U256, distance: u64) -> U256 {
    slot.wrapping_add(U256::from(distance))
}

/// The slot of a mapping's value.
fn mapped(key: B256, mapping: U256) -> U256 {
    U256::from_be_bytes(keccak256([key.0, mapping.to_be_bytes()].concat()).0)
}

fn packed(address: Address, number: u64) -> U256 {
    U256::from_be_slice(address.as_slice()) | U256::from(number).wrapping_shl(160)
}

/// The words at some slots. Slots that hold nothing are zero.
pub(super) fn words(host: &KarakHost<'_>, this: Address, slots: &[B256]) -> Vec<B256> {
    let mut book = Book { host, words: single_values(host, this) };
    // Mappings are written out only when one is asked for.
    if slots.iter().any(|slot| !book.words.contains_key(slot)) {
        book.mappings();
    }
    slots.iter().map(|slot| book.words.get(slot).copied().unwrap_or_default()).collect()
}

fn single_values(host: &KarakHost<'_>, this: Address) -> BTreeMap<B256, B256> {
    let config = host.state().core.config();
    let gas = U256::from(config.hook_call_gas_limit)
        | U256::from(config.supports_interface_gas_limit).wrapping_shl(32)
        | U256::from(config.hook_gas_buffer).wrapping_shl(64);
    let paused = *host.state().authority.paused.get(find(host, this));
    let of_core = [
        (
            variable::IMPLEMENTATION_AND_NONCE,
            packed(config.vault_implementation, config.vault_nonce),
        ),
        (variable::COMMITTEE_AND_NONCE, packed(config.veto_committee, config.nonce)),
        (variable::GAS, gas),
    ];
    let of_core = of_core.map(|(variable, word)| (after(CORE, variable).into(), word.into()));
    of_core.into_iter().chain([(PAUSER_SLOT, paused.into())]).collect()
}

/// Words that were written out.
struct Book<'a> {
    host: &'a KarakHost<'a>,
    words: BTreeMap<B256, B256>,
}

impl Book<'_> {
    fn write(&mut self, slot: U256, word: impl Into<B256>) {
        self.words.insert(slot.into(), word.into());
    }

    /// The address behind an id, as a word.
    fn word(&self, id: Id) -> B256 {
        self.host.accounts().key(id).unwrap_or_default().into_word()
    }

    fn mappings(&mut self) {
        let state = self.host.state();
        let core = &state.core;
        for vault in (0..state.vault.ids.len()).filter_map(|id| state.vault.ids.key(id)) {
            let slot = mapped(self.word(vault), after(CORE, variable::IMPLEMENTATIONS));
            self.write(slot, core.implementations.get(vault).into_word());
        }
        for id in (0..core.known_implementations.len())
            .filter_map(|at| core.known_implementations.key(at))
        {
            let slot = mapped(self.word(id), after(CORE, variable::ALLOWLISTED));
            self.write(slot, U256::from(*core.allowlisted.get(id)));
        }
        for id in (0..core.known_assets.len()).filter_map(|at| core.known_assets.key(at)) {
            let slot = mapped(self.word(id), after(CORE, variable::HANDLERS));
            self.write(slot, core.handlers.get(id).into_word());
        }
        for id in (0..core.known_services.len()).filter_map(|at| core.known_services.key(at)) {
            let slot = mapped(self.word(id), after(CORE, variable::MAX_SLASHABLE));
            self.write(slot, *core.max_slashable_wad.get(id));
        }
        for at in 0..core.slashing_keys.len() {
            if let Some(root) = core.slashing_keys.key(at) {
                let slot = mapped(root, after(CORE, variable::SLASHINGS));
                self.write(slot, U256::from(*core.slashings.get(at)));
            }
        }
        self.operators();
    }

    /// The first slot of an operator.
    fn operator(&self, operator: Id) -> U256 {
        mapped(self.word(operator), after(CORE, variable::OPERATORS))
    }

    fn operators(&mut self) {
        let core = &self.host.state().core;
        for (sets, variable) in
            [(&core.vaults, of_operator::VAULTS), (&core.services, of_operator::SERVICES)]
        {
            let pairs = &sets.member_keys;
            for (operator, member) in (0..pairs.len()).filter_map(|at| pairs.key(at)) {
                let slot = after(self.operator(operator), variable);
                self.set(sets, operator, slot);
                if variable == of_operator::VAULTS {
                    let mapping = after(self.operator(operator), of_operator::PENDING_SLASHINGS);
                    let count = *core.pending_slashings.get(member);
                    self.write(mapped(self.word(member), mapping), U256::from(count));
                }
            }
        }
        for pair in 0..core.pair_keys.len() {
            let Some((operator, service)) = core.pair_keys.key(pair) else { continue };
            let (first, service) = (self.operator(operator), self.word(service));
            self.set(&core.staked, pair, mapped(service, after(first, of_operator::STAKED)));
            let slot = mapped(service, after(first, of_operator::NEXT_SLASHABLE));
            self.write(slot, *core.next_slashable.get(pair));
        }
        for at in 0..core.update_keys.len() {
            let Some((operator, vault)) = core.update_keys.key(at) else { continue };
            let mapping = after(self.operator(operator), of_operator::PENDING_UPDATES);
            self.write(mapped(self.word(vault), mapping), *core.pending_updates.get(at));
        }
    }

    /// A set whose first slot is `slot`.
    fn set(&mut self, sets: &Sets, set: Id, slot: U256) {
        self.write(slot, U256::from(sets.len(set)));
        let data = U256::from_be_bytes(keccak256(slot.to_be_bytes::<32>()).0);
        for (place, member) in (0u64..).zip(sets.members(set)) {
            let member = self.word(member);
            self.write(after(data, place), member);
            let number = U256::from(place.saturating_add(1));
            self.write(mapped(member, after(slot, 1)), number);
        }
    }
}
