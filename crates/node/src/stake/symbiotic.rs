//! What a ledger tells of Symbiotic's vaults.
//!
//! Active stake and shares are the vaults' own checkpoints; stake on its way out, and what
//! operators are given, have none.

use super::{LeftOut, StakeError, StakeLedger, Timeline, too_large};
use crate::rpc::ledger::LedgerBlock;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent};
use bondstone_kernel::{Epoch, Id, MathError, Revert, Timestamp, Trace};
use bondstone_rewards::HistoryBuilder;
use bondstone_rewards::history::{HistoryError, PoolId, VaultId};
use bondstone_symbiotic::abi::delegator::Delegator;
use bondstone_symbiotic::abi::vault::Withdraw;
use bondstone_symbiotic::rules::network_of;
use bondstone_symbiotic::state::delegator::{FULL_RESTAKE, NETWORK_RESTAKE};
use bondstone_symbiotic::state::vault::{Bucket, VaultConfig};
use bondstone_symbiotic::{Contract, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// What was written down.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// Buckets of stake on its way out, by vault and epoch.
    exits: BTreeMap<(Id, u64), Timeline>,
    /// What operators are given from a second on, by vault and operator.
    delegated: BTreeMap<(Id, Address), Vec<(u64, U256)>>,
    /// The network's limit cells, with their subnetworks, by delegator.
    limits: BTreeMap<Id, Vec<(Id, B256)>>,
    /// Operators with a part of their own, by limit cell.
    parts: BTreeMap<Id, Vec<Id>>,
    known_limits: Id,
    known_parts: Id,
}

impl StakeLedger {
    /// Writes down what a block that was folded changed.
    pub(super) fn note_symbiotic(&mut self, block: &LedgerBlock) -> Result<(), StakeError> {
        self.learn_cells();
        let (own, given) = self.touched(block);
        for vault in own {
            self.note_exits(vault, block)?;
        }
        for vault in given {
            self.note_delegated(vault)?;
        }
        Ok(())
    }

    pub(super) fn symbiotic_left_out(&self) -> Vec<LeftOut> {
        let vaults = &self.world.symbiotic().vault;
        let left_out = |vault: Id| {
            let second = self.symbiotic_too_large(vault)?;
            Some(LeftOut { vault: vaults.config.get(vault).address, second })
        };
        (0..vaults.ids.len()).filter_map(left_out).collect()
    }

    /// Adds the network's operators and all vaults whose amounts fit.
    pub(super) fn tell_symbiotic(&self, builder: &mut HistoryBuilder) -> Result<(), StakeError> {
        let state = self.world.symbiotic();
        for (service, operator, network) in state.registry.opt_in_keys.keys() {
            let is_own = self.world.accounts().key(network) == Some(self.network);
            if service == Kind::OperatorNetworkOptInService.id() && is_own {
                builder.operator(self.world.accounts().key(operator).unwrap_or_default());
            }
        }
        let mut holders: BTreeMap<Id, Vec<(Address, Id)>> = BTreeMap::new();
        for (cell, (vault, account)) in (0..).zip(state.vault.holders.keys()) {
            let account = self.world.accounts().key(account).unwrap_or_default();
            holders.entry(vault).or_default().push((account, cell));
        }
        for vault in (0..state.vault.ids.len()).filter(|v| self.symbiotic_too_large(*v).is_none()) {
            let config = state.vault.config.get(vault);
            let decimals = self.decimals(config.collateral);
            let restakes_fully = self.restakes_fully(config);
            let made =
                builder.vault(config.address, config.collateral, decimals, restakes_fully)?;
            self.active(builder, (vault, made), holders.remove(&vault).unwrap_or_default())?;
            for ((_, epoch), exit) in self.symbiotic.exits.range((vault, 0)..=(vault, u64::MAX)) {
                self.exiting(builder, (config, made), *epoch, exit)?;
            }
            for (operator, steps) in self.given(vault) {
                for (second, stake) in steps {
                    builder.set_delegated(made, operator, *second, *stake)?;
                }
            }
        }
        Ok(())
    }

    /// Vaults that logged something in the block, and vaults whose operators may have been given
    /// more or less in it.
    fn touched(&self, block: &LedgerBlock) -> (BTreeSet<Id>, BTreeSet<Id>) {
        let (state, accounts) = (self.world.symbiotic(), self.world.accounts());
        let (mut own, mut given) = (BTreeSet::new(), BTreeSet::new());
        let services = [Kind::OperatorNetworkOptInService, Kind::OperatorVaultOptInService];
        let services = services.map(|service| state.singleton(service));
        let emitters: BTreeSet<Address> = block.entries.iter().map(|e| e.log.address).collect();
        for emitter in &emitters {
            match state.contract(accounts, *emitter) {
                Contract::Vault(vault) => {
                    own.insert(vault);
                    given.insert(vault);
                }
                Contract::Delegator(delegator) => {
                    let vault = state.delegator.config.get(delegator).vault;
                    if let Contract::Vault(vault) = state.contract(accounts, vault) {
                        given.insert(vault);
                    }
                }
                _ if services.contains(emitter) => given.extend(0..state.vault.ids.len()),
                _ => {}
            }
        }
        (own, given)
    }

    /// Finds cells that were made since the last block.
    fn learn_cells(&mut self) {
        let delegators = &self.world.symbiotic().delegator;
        while let Some((delegator, subnetwork)) =
            delegators.limit_keys.key(self.symbiotic.known_limits)
        {
            if network_of(subnetwork) == self.network {
                let cells = self.symbiotic.limits.entry(delegator).or_default();
                cells.push((self.symbiotic.known_limits, subnetwork));
            }
            self.symbiotic.known_limits = self.symbiotic.known_limits.saturating_add(1);
        }
        while let Some((limit, operator)) = delegators.operator_keys.key(self.symbiotic.known_parts)
        {
            self.symbiotic.parts.entry(limit).or_default().push(operator);
            self.symbiotic.known_parts = self.symbiotic.known_parts.saturating_add(1);
        }
    }

    /// Writes down the buckets that a block can change: a withdrawal fills the next epoch's, a
    /// slash takes from this one's and the next one's.
    fn note_exits(&mut self, vault: Id, block: &LedgerBlock) -> Result<(), StakeError> {
        let (accounts, vaults) = (self.world.accounts(), &self.world.symbiotic().vault);
        let address = vaults.config.get(vault).address;
        let (second, number) = (block.moment.timestamp, block.moment.number);
        let wrong = |source| StakeError::Epoch { vault: address, number, source };
        let now = vaults.epoch_of(vault, Timestamp(second)).map_err(wrong)?;
        let next = now.next().map_err(wrong)?;
        for epoch in [now, next] {
            let bucket = vaults.bucket(vault, epoch);
            if bucket == Bucket::default() && !self.symbiotic.exits.contains_key(&(vault, epoch.0))
            {
                continue;
            }
            let exit = self.symbiotic.exits.entry((vault, epoch.0)).or_default();
            exit.note_totals(second, bucket.shares.0, bucket.assets.0);
        }
        let of_vault = block.entries.iter().filter(|entry| entry.log.address == address);
        let withdrawn = of_vault.filter_map(|entry| Withdraw::decode_log(&entry.log).ok());
        let claimers: BTreeSet<Address> = withdrawn.map(|event| event.data.claimer).collect();
        for claimer in claimers {
            let part = vaults.claimable(vault, next, accounts.find(&claimer));
            let exit = self.symbiotic.exits.entry((vault, next.0)).or_default();
            exit.shares.push((second, claimer, part.shares.0));
        }
        Ok(())
    }

    /// Writes down what a vault gives to the network's operators, over all subnetworks.
    fn note_delegated(&mut self, vault: Id) -> Result<(), StakeError> {
        let (state, accounts) = (self.world.symbiotic(), self.world.accounts());
        let address = state.vault.config.get(vault).delegator;
        let Contract::Delegator(delegator) = state.contract(accounts, address) else {
            return Ok(());
        };
        let config = state.delegator.config.get(delegator);
        let mut sums: BTreeMap<Address, U256> = BTreeMap::new();
        for (cell, subnetwork) in self.symbiotic.limits.get(&delegator).into_iter().flatten() {
            let parts = self.symbiotic.parts.get(cell).into_iter().flatten();
            let operators: Vec<Address> = match config.delegator_type {
                NETWORK_RESTAKE | FULL_RESTAKE => {
                    parts.filter_map(|operator| accounts.key(*operator)).collect()
                }
                _ => vec![config.operator],
            };
            for operator in operators {
                let stake = self.stake(address, *subnetwork, operator)?;
                let sum = sums.entry(operator).or_default();
                *sum = sum.saturating_add(stake);
            }
        }
        let second = self.world.block().timestamp;
        for (operator, sum) in sums {
            let steps = self.symbiotic.delegated.entry((vault, operator)).or_default();
            if steps.last().map_or(U256::ZERO, |(_, last)| *last) != sum {
                steps.push((second, sum));
            }
        }
        Ok(())
    }

    fn stake(
        &self,
        delegator: Address,
        subnetwork: B256,
        operator: Address,
    ) -> Result<U256, StakeError> {
        let number = self.world.block().number;
        let refused = |revert| StakeError::Delegated { delegator, operator, number, revert };
        let call = Delegator::stakeCall { subnetwork, operator };
        let answer = self.world.view(Address::ZERO, delegator, &call.abi_encode());
        let answer = answer.map_err(refused)?;
        Delegator::stakeCall::abi_decode_returns(&answer).map_err(|_| refused(Revert::raw(answer)))
    }

    /// The first second at which an amount of a vault has more than 128 bits. No account has more
    /// shares than there are.
    fn symbiotic_too_large(&self, vault: Id) -> Option<u64> {
        let vaults = &self.world.symbiotic().vault;
        let (stake, shares) = (vaults.active_stake.get(vault), vaults.active_shares.get(vault));
        let exits = self.symbiotic.exits.range((vault, 0)..=(vault, u64::MAX));
        let exits = exits.flat_map(|(_, exit)| exit.amounts());
        let given = self.given(vault).flat_map(|(_, steps)| steps.iter().copied());
        let amounts = points(stake).chain(points(shares)).chain(exits).chain(given);
        too_large(amounts)
    }

    /// What a vault's operators are given.
    fn given(&self, vault: Id) -> impl Iterator<Item = (Address, &Vec<(u64, U256)>)> {
        let all = (vault, Address::ZERO)..=(vault, Address::repeat_byte(0xff));
        self.symbiotic.delegated.range(all).map(|((_, operator), steps)| (*operator, steps))
    }

    fn restakes_fully(&self, vault: &VaultConfig) -> bool {
        let state = self.world.symbiotic();
        match state.contract(self.world.accounts(), vault.delegator) {
            Contract::Delegator(id) => {
                state.delegator.config.get(id).delegator_type == FULL_RESTAKE
            }
            _ => false,
        }
    }

    /// The vault's checkpoints, account by account.
    fn active(
        &self,
        builder: &mut HistoryBuilder,
        (vault, made): (Id, VaultId),
        holders: Vec<(Address, Id)>,
    ) -> Result<(), StakeError> {
        let vaults = &self.world.symbiotic().vault;
        let (stake, shares) = (vaults.active_stake.get(vault), vaults.active_shares.get(vault));
        // A transfer changes who has shares, and not how many there are.
        let held = |cell: Id| vaults.active_shares_of.get(cell);
        let mut times: BTreeSet<u64> = points(stake).chain(points(shares)).map(|p| p.0).collect();
        for (_, cell) in &holders {
            times.extend(points(held(*cell)).map(|point| point.0));
        }
        let pool = builder.active(made);
        let mut moments: BTreeMap<u64, u32> = BTreeMap::new();
        for second in times {
            let totals = (shares.upper_lookup(second), stake.upper_lookup(second));
            moments.insert(second, builder.set_pool(pool, second, totals.0, totals.1)?);
        }
        let mut ordered = Vec::with_capacity(holders.len());
        for (account, cell) in holders {
            ordered.push((builder.account(account)?, account, cell));
        }
        ordered.sort_unstable();
        let mut checkpoints = Vec::new();
        for (_, account, cell) in ordered {
            checkpoints.clear();
            for (second, value) in points(held(cell)) {
                let large = HistoryError::TooLarge { what: "shares", second, value };
                let value = u128::try_from(value).map_err(|_| large)?;
                checkpoints.extend(moments.get(&second).map(|moment| (*moment, value)));
            }
            builder.push_position(pool, account, &checkpoints)?;
        }
        Ok(())
    }

    fn exiting(
        &self,
        builder: &mut HistoryBuilder,
        (vault, made): (&VaultConfig, VaultId),
        epoch: u64,
        exit: &Timeline,
    ) -> Result<(), StakeError> {
        let pool: PoolId = builder.exiting(made)?;
        exit.fill(builder, pool)?;
        let number = self.world.block().number;
        let wrong = |source| StakeError::Epoch { vault: vault.address, number, source };
        let after = Epoch(epoch).next().map_err(wrong)?;
        let end = after.0.checked_mul(vault.epoch_duration);
        let end = end.and_then(|length| vault.epoch_duration_init.0.checked_add(length));
        let end = end.ok_or_else(|| wrong(MathError::Overflow))?;
        if end <= self.world.block().timestamp {
            builder.set_pool(pool, end, exit.last_totals().0, U256::ZERO)?;
        }
        Ok(())
    }
}

/// A history's checkpoints.
fn points(trace: &Trace<U256>) -> impl Iterator<Item = (u64, U256)> + '_ {
    (0..trace.len()).filter_map(|at| trace.at(at)).map(|point| (point.key, point.value))
}
