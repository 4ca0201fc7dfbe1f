//! Replaying a rewards trace: every operation by the rules, or from its logs alone.

use crate::abi;
use crate::book::Book;
use crate::compare;
use crate::error::TraceError;
use crate::mirror::{Creations, Fact};
use crate::report::{Counts, Difference, Mismatch, TraceReport, Verdict};
use crate::rewards::closing;
use crate::rewards::genesis::{self, GenesisError};
use crate::rewards::header::{Family, Header};
use crate::rewards::operation::{Environment, Operation, OperationKind};
use crate::rewards::v2;
use crate::rewards::views::{self, Views};
use crate::source::Source;
use alloy_primitives::aliases::U48;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use alloy_sol_types::{SolCall, SolValue};
use bondstone_kernel::Block;
use bondstone_rewards::merkle::{Leaf, OperatorLeaf, standard_root};
use bondstone_world::{Transaction, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A trace in the middle of its replay.
pub(crate) struct Replay<'a> {
    source: &'a Source,
    pub(crate) header: &'a Header,
    pub(crate) family: Family,
    pub(crate) book: Book,
    pub(crate) world: World,
    mirror: Option<Creations>,
    counts: Counts,
    excluded: BTreeMap<Fact, u64>,
    /// V2: (network, token) with a total that a mirror does not know.
    hidden_totals: BTreeSet<(Address, Address)>,
}

/// Why a replay stops.
pub(crate) enum Stop {
    /// The trace cannot be judged: what does not fit the schema.
    Schema(String),
    /// The trace cannot be judged.
    Broken(TraceError),
    /// It is judged.
    Failed(Difference),
}

impl From<TraceError> for Stop {
    fn from(error: TraceError) -> Self {
        Self::Broken(error)
    }
}

impl From<Difference> for Stop {
    fn from(difference: Difference) -> Self {
        Self::Failed(difference)
    }
}

impl From<String> for Stop {
    fn from(what: String) -> Self {
        Self::Schema(what)
    }
}

impl From<&str> for Stop {
    fn from(what: &str) -> Self {
        Self::Schema(what.to_owned())
    }
}

/// Replays a trace whose header has been read.
#[must_use]
pub fn replay(source: &Source, family: Family, header: &Header, mirror: bool) -> TraceReport {
    let mut report = TraceReport {
        file: source.file().to_owned(),
        family: family.name().to_owned(),
        counts: Counts::default(),
        excluded: BTreeMap::new(),
        verdict: Verdict::Passed,
    };
    let world = match genesis::world(header, family) {
        Ok(world) => world,
        Err(error) => {
            report.verdict = Verdict::Broken(match error {
                GenesisError::Header(what) => source.malformed(1, what),
                GenesisError::Fold(error) => {
                    TraceError::SetUp { place: source.place(1), source: error }
                }
            });
            return report;
        }
    };
    let mut replay = Replay {
        source,
        header,
        family,
        book: header.book(),
        world,
        mirror: mirror.then(|| Creations::new(header.addresses.values().copied())),
        counts: Counts::default(),
        excluded: BTreeMap::new(),
        hidden_totals: BTreeSet::new(),
    };
    report.verdict = replay.run();
    (report.counts, report.excluded) = (replay.counts, replay.excluded);
    report
}

impl Replay<'_> {
    fn run(&mut self) -> Verdict {
        let mut last = 1;
        let mut closed = false;
        for (line, text) in self.source.lines().skip(1) {
            let value: Value = match self.source.json(line, text) {
                Ok(value) => value,
                Err(error) => return Verdict::Broken(error),
            };
            if closed {
                return Verdict::Broken(self.source.malformed(line, "a line after the final one"));
            }
            closed = value.get("final").is_some();
            if let Err(verdict) = self.line(line, value) {
                return verdict;
            }
            last = line;
        }
        if closed {
            return Verdict::Passed;
        }
        Verdict::Broken(self.source.truncated(last, "the final line is missing"))
    }

    fn line(&mut self, line: usize, value: Value) -> Result<(), Verdict> {
        let timestamp = self.world.block().timestamp;
        if let Some(closing) = value.get("final") {
            let call = || "the state at the end".to_owned();
            return closing::compare(self, closing)
                .map_err(|stop| self.verdict(line, timestamp, call, stop));
        }
        let operation: Operation = match serde_json::from_value(value) {
            Ok(operation) => operation,
            Err(error) => {
                return Err(Verdict::Broken(self.source.malformed(line, error.to_string())));
            }
        };
        let call = || operation.words(&self.book);
        if operation.i != self.counts.steps {
            let (found, expected) = (operation.i, self.counts.steps);
            let what = format!("operation {found} where operation {expected} belongs");
            return Err(Verdict::Broken(self.source.malformed(line, what)));
        }
        if operation.ts < timestamp {
            return Err(Verdict::Broken(self.source.malformed(line, "time runs backwards")));
        }
        let words = call();
        match self.operation(line, &operation) {
            Ok(()) => self.counts.steps = self.counts.steps.saturating_add(1),
            Err(stop) => return Err(self.verdict(line, operation.ts, || words, stop)),
        }
        Ok(())
    }

    fn verdict(
        &self,
        line: usize,
        timestamp: u64,
        call: impl FnOnce() -> String,
        stop: Stop,
    ) -> Verdict {
        match stop {
            Stop::Broken(error) => Verdict::Broken(error),
            Stop::Schema(what) => Verdict::Broken(self.source.malformed(line, what)),
            Stop::Failed(difference) => Verdict::Failed(Box::new(Mismatch {
                place: self.source.place(line),
                step: self.counts.steps,
                timestamp,
                call: call(),
                difference,
            })),
        }
    }

    fn operation(&mut self, line: usize, operation: &Operation) -> Result<(), Stop> {
        let block = self.world.block();
        let block = Block { number: operation.block, timestamp: operation.ts, ..*block };
        self.world.set_block(block);
        let Some(outcome) = operation.outcome(self.family.is_v2())? else {
            let (place, function) = (self.source.place(line), operation.function.clone());
            return Err(TraceError::UnknownFunction { place, function }.into());
        };
        let logs = operation.recorded_logs()?;
        self.before(operation)?;
        let paid = Payment::before(self, operation);
        match &mut self.mirror {
            Some(creations) => {
                let folded = creations.fold(&mut self.world, &logs)?;
                self.counts.logs = self.counts.logs.saturating_add(folded);
                self.hidden_totals.extend(logs.iter().filter_map(v2::hidden_total));
            }
            None => self.act(operation, &outcome, &logs)?,
        }
        self.after(operation)?;
        paid.compare(self, operation)
    }

    fn act(
        &mut self,
        operation: &Operation,
        outcome: &compare::Outcome,
        logs: &[Log],
    ) -> Result<(), Difference> {
        let receipt = self.world.transact(&Transaction {
            from: operation.from,
            to: Some(operation.to),
            value: U256::ZERO,
            input: operation.calldata.clone(),
        });
        compare::outcome(outcome, &receipt.outcome)?;
        compare::logs(logs, receipt.logs(), &self.book)?;
        let compared = u64::try_from(logs.len()).unwrap_or(u64::MAX);
        self.counts.logs = self.counts.logs.saturating_add(compared);
        Ok(())
    }

    /// What was read before the call.
    fn before(&mut self, operation: &Operation) -> Result<(), Stop> {
        if self.family.is_v2() {
            return v2::before(self, operation);
        }
        if let Some(expected) = &operation.claimable_before {
            let decoded = operation.decoded.as_ref();
            let (network, max) = decoded
                .and_then(|decoded| {
                    Some((decoded.network.as_ref()?, decoded.max_rewards.as_ref()?))
                })
                .ok_or("claimableBefore without network and maxRewards")?;
            let network = self.find(network)?;
            let max = abi::uint(max).ok_or("maxRewards is no number")?;
            let data = (network, max).abi_encode_params().into();
            let token = self.claimed_token(operation)?;
            let call = Views::claimableCall { token, account: operation.from, data };
            self.view(operation.to, &call, "claimableBefore", expected)?;
        }
        self.operator_books(
            operation,
            [
                ("claimedBefore", operation.claimed_before.as_ref()),
                ("balanceBefore", operation.balance_before.as_ref()),
            ],
        )
    }

    /// What was read after the call, and the root of a distribution.
    fn after(&mut self, operation: &Operation) -> Result<(), Stop> {
        if self.family.is_v2() {
            return v2::after(self, operation);
        }
        if let Some(expected) = &operation.last_unclaimed_reward_after {
            let network = operation.decoded.as_ref().and_then(|decoded| decoded.network.as_ref());
            let network = self.find(network.ok_or("lastUnclaimedRewardAfter without network")?)?;
            let token = self.claimed_token(operation)?;
            let account = operation.from;
            let call = Views::lastUnclaimedRewardCall { account, token, network };
            self.view(operation.to, &call, "lastUnclaimedRewardAfter", expected)?;
        }
        self.operator_books(
            operation,
            [
                ("claimedAfter", operation.claimed_after.as_ref()),
                ("balanceAfter", operation.balance_after.as_ref()),
            ],
        )?;
        self.environment(operation)?;
        self.tree(operation)
    }

    fn operator_books(
        &mut self,
        operation: &Operation,
        [claimed, balance]: [(&str, Option<&Value>); 2],
    ) -> Result<(), Stop> {
        if claimed.1.is_none() && balance.1.is_none() {
            return Ok(());
        }
        let named = |name: &Option<String>| name.clone().ok_or("a claim without network or token");
        let network = self.find(&named(&operation.network)?)?;
        let token = self.find(&named(&operation.token)?)?;
        if let (what, Some(expected)) = claimed {
            let call = Views::claimedCall { network, token, account: operation.from };
            self.view(operation.to, &call, what, expected)?;
        }
        if let (what, Some(expected)) = balance {
            let call = Views::balanceCall { network, token };
            self.view(operation.to, &call, what, expected)?;
        }
        Ok(())
    }

    fn environment(&mut self, operation: &Operation) -> Result<(), Stop> {
        let Some(env) = &operation.env else { return Ok(()) };
        self.shares(env)?;
        let vault = self.header.address("vault");
        let call = Views::activeStakeAtCall { timestamp: U48::from(env.ts), hint: Bytes::new() };
        let expected = env.active_stake_at.as_ref().ok_or("env without activeStakeAt")?;
        self.view(vault, &call, "env.activeStakeAt", expected)
    }

    /// The vault's shares at the time of a distribution.
    pub(crate) fn shares(&mut self, env: &Environment) -> Result<(), Stop> {
        let vault = self.header.address("vault");
        let timestamp = U48::from(env.ts);
        let hint = Bytes::new;
        let call = Views::activeSharesAtCall { timestamp, hint: hint() };
        self.view(vault, &call, "env.activeSharesAt", &env.active_shares_at)?;
        for (name, expected) in &env.active_shares_of_at {
            let account = self.find(name)?;
            let call = Views::activeSharesOfAtCall { account, timestamp, hint: hint() };
            self.view(vault, &call, &format!("env.activeSharesOfAt.{name}"), expected)?;
        }
        Ok(())
    }

    fn tree(&mut self, operation: &Operation) -> Result<(), Stop> {
        let (Some(leaves), Some(expected)) = (&operation.distribution, operation.tree_root) else {
            return Ok(());
        };
        let hash = |(account, amount): &(Address, _)| {
            let total_claimable = abi::uint(amount)?;
            Some(OperatorLeaf { account: *account, total_claimable }.hash())
        };
        let hashes: Option<Vec<B256>> = leaves.iter().map(hash).collect();
        let hashes = hashes.ok_or("a leaf without amount")?;
        self.hash("oz_tree_root", Some(expected), standard_root(hashes))
    }

    /// Compares a hash that follows from the recorded arguments alone.
    pub(crate) fn hash(
        &mut self,
        what: &str,
        expected: Option<B256>,
        actual: Option<B256>,
    ) -> Result<(), Stop> {
        self.counts.views = self.counts.views.saturating_add(1);
        if actual == expected {
            return Ok(());
        }
        let hash = |hash: Option<B256>| hash.map_or("none".to_owned(), |hash| hash.to_string());
        let (what, expected, actual) = (what.to_owned(), hash(expected), hash(actual));
        Err(Difference { what, expected, actual }.into())
    }

    /// Compares a view that a mirror cannot know when Merkle distributions hide it.
    pub(crate) fn view_unless_hidden(
        &mut self,
        (network, token): (Address, Address),
        to: Address,
        call: &impl SolCall,
        what: &str,
        expected: &Value,
    ) -> Result<(), Stop> {
        if self.hidden_totals.contains(&(network, token)) {
            let count = self.excluded.entry(Fact::MerkleTotals).or_default();
            *count = count.saturating_add(1);
            return Ok(());
        }
        self.view(to, call, what, expected)
    }

    fn claimed_token(&self, operation: &Operation) -> Result<Address, Stop> {
        let token = operation.args.get(1).and_then(Value::as_str);
        self.find(token.ok_or("a claim without token")?)
    }

    /// The address behind a name.
    pub(crate) fn find(&self, name: &str) -> Result<Address, Stop> {
        self.book.address(name).ok_or_else(|| format!("{name} has no address").into())
    }

    /// Compares a view of one word.
    pub(crate) fn view(
        &mut self,
        to: Address,
        call: &impl SolCall,
        what: &str,
        expected: &Value,
    ) -> Result<(), Stop> {
        let word = views::word(expected).ok_or_else(|| format!("{what} is no number"))?;
        self.view_words(to, call, what, &[word])
    }

    /// Compares a view of several words.
    pub(crate) fn view_words(
        &mut self,
        to: Address,
        call: &impl SolCall,
        what: &str,
        expected: &[B256],
    ) -> Result<(), Stop> {
        views::compare(&mut self.world, to, call, what, expected)?;
        self.counts.views = self.counts.views.saturating_add(1);
        Ok(())
    }
}

/// What the recipient of a claim gets.
struct Payment(Option<(Address, Address, U256)>);

impl Payment {
    fn before(replay: &mut Replay<'_>, operation: &Operation) -> Self {
        let is_claim =
            matches!(operation.kind, OperationKind::Claim | OperationKind::ClaimOperatorFees);
        if operation.recipient_balance_delta.is_none() || !is_claim {
            return Self(None);
        }
        let arg = |at: usize| operation.args.get(at).and_then(Value::as_str)?.parse().ok();
        // The network stands between recipient and token in V2.
        let token = if replay.family.is_v2() { 2 } else { 1 };
        let both: Option<(Address, Address)> = arg(0).zip(arg(token));
        Self(both.map(|(recipient, token)| {
            (recipient, token, views::balance(&mut replay.world, token, recipient))
        }))
    }

    fn compare(self, replay: &mut Replay<'_>, operation: &Operation) -> Result<(), Stop> {
        let Some(expected) = &operation.recipient_balance_delta else { return Ok(()) };
        let (recipient, token, before) =
            self.0.ok_or("recipientBalanceDelta without recipient and token")?;
        let expected = abi::uint(expected).ok_or("recipientBalanceDelta is no number")?;
        let actual = views::balance(&mut replay.world, token, recipient).wrapping_sub(before);
        replay.counts.views = replay.counts.views.saturating_add(1);
        if actual == expected {
            return Ok(());
        }
        let what = "recipientBalanceDelta".to_owned();
        let (expected, actual) = (expected.to_string(), actual.to_string());
        Err(Difference { what, expected, actual }.into())
    }
}
