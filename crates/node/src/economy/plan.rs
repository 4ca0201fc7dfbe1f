//! What the file says, as calls: every one is tried on a fork of the chain's first state, so that a
//! call that would revert is found, with its line, before anything is sent. From the fork come also
//! the addresses of what is created, and the stake by which rewards are split.

mod delegation;
mod karak;
mod rewards;
mod setup;
mod slashing;
mod stake;

use super::error::{Fault, Place, Problem};
use super::file::{Action, File};
use super::roster::Roster;
use super::timeline::{self, Occurrence};
use crate::error::Error as ChainError;
use crate::protocols::Protocols;
use alloy_primitives::aliases::{U48, U96};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::SolCall;
use bondstone_kernel::Block as Moment;
use bondstone_symbiotic::Kind;
use bondstone_symbiotic::rules::subnetwork;
use bondstone_world::{Transaction, World};
use std::collections::BTreeMap;
use toml::Spanned;

/// A call that is known to succeed when it is sent in its turn and at its time.
#[derive(Clone, Debug)]
pub(super) struct PlannedCall {
    /// Time of its block, in seconds since 1970.
    pub(super) timestamp: u64,
    /// Position of the account that sends it.
    pub(super) sender: usize,
    pub(super) nonce: u64,
    pub(super) to: Address,
    pub(super) input: Bytes,
}

/// A vault of Symbiotic that has been created.
#[derive(Clone, Copy, Debug)]
struct Parts {
    vault: Address,
    delegator: Address,
    /// Zero when there is none.
    slasher: Address,
}

/// A slash that was asked for.
#[derive(Clone, Copy, Debug)]
struct Request {
    vault: usize,
    network: usize,
    resolver: Option<Address>,
    index: U256,
}

/// Plans the whole file on a fork of a chain's first state, which is at its first block.
///
/// # Errors
/// Anything wrong with the file, with its place.
pub(super) fn plan(
    file: &File,
    roster: &Roster,
    protocols: &Protocols,
    timeline: &[Occurrence<'_>],
    age: u64,
    world: World,
) -> Result<Vec<PlannedCall>, Fault> {
    let mut plan = Plan {
        file,
        roster,
        protocols,
        start: world.block().timestamp,
        last: world.block().timestamp,
        world,
        age,
        due: 0,
        place: Place::default(),
        calls: Vec::new(),
        vaults: Vec::new(),
        rewards: Vec::new(),
        routers: Vec::new(),
        middlewares: timeline::middlewares(file, roster)?,
        pots: BTreeMap::new(),
        requests: BTreeMap::new(),
        karak: karak::Books::default(),
    };
    plan.set_up()?;
    for occurrence in timeline {
        plan.due = occurrence.at;
        for (place, action) in occurrence.event.actions() {
            plan.act(place, action)?;
        }
    }
    Ok(plan.calls)
}

struct Plan<'a> {
    file: &'a File,
    roster: &'a Roster,
    protocols: &'a Protocols,
    /// The state after the calls so far, in the block of the next call.
    world: World,
    /// Time of the first block, in seconds since 1970.
    start: u64,
    /// Time of the last block.
    last: u64,
    /// Seconds between the first block and the day on which the chain is handed over.
    age: u64,
    /// When what is being planned happens, in seconds after the start.
    due: u64,
    /// What is being planned.
    place: Place,
    calls: Vec<PlannedCall>,
    vaults: Vec<Parts>,
    rewards: Vec<Address>,
    routers: Vec<Address>,
    /// The middleware of each network, by the networks' positions.
    middlewares: Vec<usize>,
    pots: BTreeMap<(usize, usize, Address), rewards::Pot>,
    requests: BTreeMap<String, Request>,
    karak: karak::Books,
}

impl Plan<'_> {
    fn act(&mut self, place: Place, action: Action<'_>) -> Result<(), Fault> {
        self.place = place;
        self.advance()?;
        match action {
            Action::Deposit(table) => self.deposit(table),
            Action::Withdraw(table) => self.withdraw(table),
            Action::Claim(table) => self.claim(table),
            Action::Transfer(table) => self.transfer(table),
            Action::DepositLimit(table) => self.set_deposit_limit(table),
            Action::Whitelist(table) => self.set_whitelist(table),
            Action::OptIn(table) => self.opt(table, true),
            Action::OptOut(table) => self.opt(table, false),
            Action::Delegate(table) => self.delegate(table),
            Action::MaxNetworkLimit(table) => self.set_max_network_limit(table),
            Action::NetworkLimit(table) => self.set_network_limit(table),
            Action::OperatorShares(table) => self.set_operators(table, true),
            Action::OperatorLimits(table) => self.set_operators(table, false),
            Action::Resolver(table) => self.set_resolver(table),
            Action::Hook(table) => self.set_hook(table),
            Action::Metadata(table) => self.set_metadata(table),
            Action::Middleware(table) => self.set_middleware(table),
            Action::Distribute(table) => self.distribute(table),
            Action::ClaimRewards(table) => self.claim_rewards(table),
            Action::ClaimAdminFee(table) => self.claim_admin_fee(table),
            Action::AdminFee(table) => self.set_admin_fee(table),
            Action::Slash(table) => self.slash(table),
            Action::RequestSlash(table) => self.request_slash(table),
            Action::VetoSlash(table) => self.veto_slash(table),
            Action::ExecuteSlash(table) => self.execute_slash(table),
            Action::Release(table) => self.release(table),
            Action::RegisterToDss(table) => self.set_membership(table, true),
            Action::UnregisterFromDss(table) => self.set_membership(table, false),
            Action::RequestStake(table) => self.request_stake_update(table, true),
            Action::RequestUnstake(table) => self.request_stake_update(table, false),
            Action::FinalizeStakeUpdate(table) => self.finalize_stake_update(table),
            Action::StartRedeem(table) => self.start_redeem(table),
            Action::FinishRedeem(table) => self.finish_redeem(table),
            Action::RequestSlashing(table) => self.request_slashing(table),
            Action::VetoSlashing(table) => self.veto_slashing(table),
            Action::FinalizeSlashing(table) => self.finalize_slashing(table),
            Action::Jail(table) => self.jail(table),
            Action::Refuse(table) => self.refuse(table),
        }
    }

    /// Puts the fork into the block of the next call: a second after the last one at least.
    fn advance(&mut self) -> Result<(), Fault> {
        let timestamp = (self.start + self.due).max(self.last + 1);
        if timestamp >= self.start + self.age {
            let at = timestamp - self.start;
            return Err(self.place.wrong(Problem::InTheFuture { at, start: self.age }));
        }
        let number = u64::try_from(self.calls.len()).unwrap_or(u64::MAX).saturating_add(1);
        let chain_id = self.world.block().chain_id;
        self.world.set_block(Moment { number, timestamp, chain_id });
        Ok(())
    }

    /// Plans a call, runs it on the fork and returns what it returns.
    fn send<C: SolCall>(
        &mut self,
        sender: usize,
        to: Address,
        call: &C,
    ) -> Result<C::Return, Fault> {
        self.advance()?;
        let person = &self.roster.people[sender];
        let (from, timestamp) = (person.address(), self.world.block().timestamp);
        let nonce = self.world.nonce(from);
        let input = Bytes::from(call.abi_encode());
        let bumped = self.world.bump_nonce(from);
        bumped.map_err(|error| self.place.wrong(Problem::Internal(error.to_string())))?;
        let (to_call, value) = (Some(to), U256::ZERO);
        let receipt =
            self.world.transact(&Transaction { from, to: to_call, value, input: input.clone() });
        let output = receipt.outcome.map_err(|revert| {
            let reason = ChainError::Reverted(revert).to_string();
            let reason = reason.trim_start_matches("execution reverted: ").to_owned();
            let (call, sender) = (C::SIGNATURE, person.name.clone());
            self.place.wrong(Problem::Reverted { call, sender, reason })
        })?;
        self.last = timestamp;
        self.calls.push(PlannedCall { timestamp, sender, nonce, to, input });
        self.advance()?;
        decoded::<C>(self.place, &output)
    }

    /// As [`Self::send`], to a singleton of Symbiotic.
    fn send_to<C: SolCall>(
        &mut self,
        sender: usize,
        to: Kind,
        call: &C,
    ) -> Result<C::Return, Fault> {
        self.send(sender, self.protocols.symbiotic.address(to), call)
    }

    /// What a view returns in the block of the next call.
    fn read<C: SolCall>(&mut self, to: Address, call: &C) -> Result<C::Return, Fault> {
        let output = self.world.read(Address::ZERO, to, &call.abi_encode());
        let output = output.map_err(|revert| {
            let text = format!("{}: {}", C::SIGNATURE, ChainError::Reverted(revert));
            self.place.wrong(Problem::Internal(text))
        })?;
        decoded::<C>(self.place, &output)
    }

    fn address(&self, account: usize) -> Address {
        self.roster.people[account].address()
    }

    /// The last second before the block of the next call.
    fn second_before(&self) -> U48 {
        U48::from(self.world.block().timestamp.saturating_sub(1))
    }

    /// A subnetwork of a network, by the network's position.
    fn subnetwork(&self, network: usize, number: Option<&Spanned<u64>>) -> Result<B256, Fault> {
        let identifier = U96::from(self.identifier(network, number)?);
        Ok(subnetwork(self.address(network), identifier))
    }

    /// The number of a subnetwork that the network has.
    fn identifier(&self, network: usize, number: Option<&Spanned<u64>>) -> Result<u64, Fault> {
        let Some(number) = number else { return Ok(0) };
        let table = &self.file.network[network];
        let (asked, count) =
            (*number.get_ref(), table.subnetworks.as_ref().map_or(1, |c| *c.get_ref()));
        if asked < count {
            return Ok(asked);
        }
        let problem = Problem::Subnetwork { network: table.name.get_ref().clone(), count, asked };
        Err(Place::of("subnetwork", number).wrong(problem))
    }

    /// Decimals of a vault's collateral.
    fn decimals(&self, vault: usize) -> Result<u8, Fault> {
        let collateral = &self.file.vault[vault].collateral;
        self.roster.token("collateral", collateral).map(|token| token.decimals)
    }
}

fn decoded<C: SolCall>(place: Place, output: &[u8]) -> Result<C::Return, Fault> {
    C::abi_decode_returns(output).map_err(|error| {
        place.wrong(Problem::Internal(format!("{} returned {error}", C::SIGNATURE)))
    })
}
