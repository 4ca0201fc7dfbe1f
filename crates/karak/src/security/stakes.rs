//! Which vaults stand for which services.

use super::{Scene, fraction, part_floor};
use crate::abi::solady::Pauser::EnforcedPauseFunction;
use crate::abi::vault::Vault::slashAssetsCall;
use crate::rules::core::{SLASHING_BITS, STAKE_UPDATE_DELAY, VETO_WINDOW};
use crate::state::Contract;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::security::{
    Commitment, OperatorStake, Part, Party, Protocol, SecurityView, SlashRecord, SlashStatus,
    split_shared,
};
use bondstone_kernel::{Assets, Id, MathError, Revert, Timestamp};
use std::collections::BTreeMap;

/// What stands between a vault and a service.
#[derive(Clone, Debug, Default)]
struct Tie {
    /// The operator who stakes the vault to the service; `None` when nobody does.
    operator: Option<Id>,
    /// For whom the service counts the vault.
    counted: Vec<Id>,
}

/// Ties by vault and service, both interned.
type Ties = BTreeMap<Id, BTreeMap<Id, Tie>>;

impl Scene<'_> {
    /// A stake is a whole vault: services that share one share all of it.
    pub(super) fn add_commitments(
        &self,
        view: &mut SecurityView,
        slashes: &[SlashRecord],
    ) -> Result<(), MathError> {
        let ties = self.ties();
        for vault in view.vaults.iter().filter(|vault| vault.protocol == Protocol::Karak) {
            let Some(address) = vault.vault.account() else { continue };
            let mut given = Vec::new();
            for (service, tie) in ties.get(&self.id(address)).into_iter().flatten() {
                let mut made = self.commitment(address, vault.active, *service, tie)?;
                made.slashable_until = self.leaves_at(view, &made);
                let until = made.slashable_until.0.saturating_sub(VETO_WINDOW);
                made.request_until = Timestamp(until);
                for operator in &mut made.operators {
                    operator.slashed = slashed(slashes, &made.vault, &made.network)?;
                }
                given.push(made);
            }
            given.sort_by(|a, b| a.network.cmp(&b.network));
            split_shared(vault.active, &mut given)?;
            view.commitments.extend(given);
        }
        Ok(())
    }

    /// What Core's books say, and what services of the SDK say of themselves.
    fn ties(&self) -> Ties {
        let state = self.state();
        let mut ties = Ties::new();
        for (pair, (operator, service)) in (0..).zip(state.core.pair_keys.keys()) {
            for vault in state.core.staked.members(pair) {
                let tie = ties.entry(vault).or_default().entry(service).or_default();
                tie.operator = Some(operator);
            }
        }
        for (pair, (service, operator)) in (0..).zip(state.service.pair_keys.keys()) {
            for vault in state.service.active.members(pair) {
                let tie = ties.entry(vault).or_default().entry(service).or_default();
                tie.counted.push(operator);
            }
        }
        ties
    }

    fn commitment(
        &self,
        vault: Address,
        active: Assets,
        service: Id,
        tie: &Tie,
    ) -> Result<Commitment, MathError> {
        let state = self.state();
        let network = self.party(service);
        let maximum = *state.core.max_slashable_wad.get(service);
        let (slashable, failure) = match tie.operator {
            Some(_) => self.slashable(vault, maximum)?,
            None => (Assets::ZERO, None),
        };
        let stake = if tie.operator.is_some() { active } else { Assets::ZERO };
        let limit = if tie.operator.is_some() { Assets(U256::MAX) } else { Assets::ZERO };
        let operators = tie.operator.map(|operator| OperatorStake {
            operator: self.party(operator),
            part: Part::Whole,
            is_in_vault: true,
            is_in_network: state.core.services.contains(operator, service),
            is_jailed: state.service.is_jailed(service, operator),
            stake,
            unique: Assets::ZERO,
            shared: Assets::ZERO,
            slashable,
            slashed: Assets::ZERO,
        });
        let has_books = *state.contracts.get(service) == Contract::BaseDss;
        let counted: Vec<Party> = tie.counted.iter().map(|id| self.party(*id)).collect();
        Ok(Commitment {
            protocol: Protocol::Karak,
            vault: vault.into(),
            network,
            subnetwork: Assets::ZERO,
            maximum: Assets(U256::MAX),
            limit,
            stake,
            unique: Assets::ZERO,
            shared: Assets::ZERO,
            slashable,
            slashable_part: fraction(maximum),
            failure,
            slashable_until: Timestamp(0),
            request_until: Timestamp(0),
            resolver: None,
            changes: Vec::new(),
            operators: operators.into_iter().collect(),
            counted: has_books.then_some(counted),
        })
    }

    /// The most that one slash could take of what the vault holds, stake on the way out too, and
    /// what it reverts with. It is tried as Core would do it.
    fn slashable(
        &self,
        vault: Address,
        maximum: U256,
    ) -> Result<(Assets, Option<Bytes>), MathError> {
        let paused = self.state().authority.paused.get(self.id(self.core));
        if let Some(bit) = SLASHING_BITS.iter().find(|bit| paused.bit(usize::from(**bit))) {
            let revert = Revert::from(EnforcedPauseFunction { functionIndex: *bit });
            return Ok((Assets::ZERO, Some(revert.into_data())));
        }
        let token = self.asset_of(vault);
        let slashing_handler = *self.state().core.handlers.get(self.id(token));
        let amount = part_floor(maximum, self.held(vault))?;
        let call =
            slashAssetsCall { totalAssetsToSlash: amount, slashingHandler: slashing_handler };
        Ok(match (self.trial)(self.core, vault, &call.abi_encode()) {
            Ok(output) => {
                let taken = slashAssetsCall::abi_decode_returns_validate(&output);
                match taken {
                    Ok(taken) => (Assets(taken), None),
                    Err(_) => (Assets::ZERO, Some(Bytes::new())),
                }
            }
            Err(revert) => (Assets::ZERO, Some(revert.into_data())),
        })
    }

    fn asset_of(&self, vault: Address) -> Address {
        let state = self.state();
        match state.contract(self.accounts(), vault) {
            Contract::Vault(id) => state.vault.config.get(id).asset,
            _ => Address::ZERO,
        }
    }

    /// The last second before the vault can leave the service, or stakers can leave it: both take
    /// nine days. When it is over, leaving can happen at any moment from now on.
    fn leaves_at(&self, view: &SecurityView, made: &Commitment) -> Timestamp {
        let asked = view
            .updates
            .iter()
            .find(|u| !u.joins && u.vault == made.vault && u.network == made.network);
        let latest = self.now.0.saturating_add(STAKE_UPDATE_DELAY);
        let ready = asked.map_or(latest, |update| update.ready_at.0);
        Timestamp(ready.saturating_sub(1).max(self.now.0))
    }
}

/// What a network has taken of a vault so far.
fn slashed(slashes: &[SlashRecord], vault: &Party, network: &Party) -> Result<Assets, MathError> {
    let mut sum = Assets::ZERO;
    for slash in slashes.iter().filter(|s| s.vault == *vault && s.network == *network) {
        if let SlashStatus::Executed { nominal, .. } = slash.status {
            sum = sum.plus(nominal)?;
        }
    }
    Ok(sum)
}
