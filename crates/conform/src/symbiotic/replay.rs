//! Replaying a core trace: every step by the rules, or from its logs alone.

use crate::compare;
use crate::error::TraceError;
use crate::mirror::{Creations, Fact};
use crate::readings::{Names, Reading};
use crate::report::{Counts, Difference, Mismatch, TraceReport, Verdict};
use crate::source::Source;
use crate::symbiotic::genesis::{self, GenesisError};
use crate::symbiotic::header::{Family, Header};
use crate::symbiotic::step::{Ready, Step};
use alloy_primitives::{Address, Log, U256, hex};
use alloy_sol_types::SolEvent;
use bondstone_kernel::Block;
use bondstone_kernel::erc20::Approval;
use bondstone_symbiotic::abi::registry::AddEntity;
use bondstone_tokens::TokenEvent;
use bondstone_world::{Shortage, Transaction, World};
use std::collections::BTreeMap;

/// A trace in the middle of its replay.
struct Replay<'a> {
    source: &'a Source,
    header: &'a Header,
    names: Names,
    world: World,
    /// Creation facts that wait, in mirror mode.
    mirror: Option<Creations>,
    readings: Vec<Reading>,
    index: BTreeMap<String, usize>,
    counts: Counts,
    excluded: BTreeMap<Fact, u64>,
}

/// Why a replay stops.
enum Stop {
    Broken(TraceError),
    Failed(Box<Mismatch>),
}

impl From<TraceError> for Stop {
    fn from(error: TraceError) -> Self {
        Self::Broken(error)
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
    let mut replay = match Replay::new(source, header, mirror) {
        Ok(replay) => replay,
        Err(error) => {
            report.verdict = Verdict::Broken(error);
            return report;
        }
    };
    match replay.run() {
        Ok(()) => {}
        Err(Stop::Broken(error)) => report.verdict = Verdict::Broken(error),
        Err(Stop::Failed(mismatch)) => report.verdict = Verdict::Failed(mismatch),
    }
    (report.counts, report.excluded) = (replay.counts, replay.excluded);
    report
}

impl<'a> Replay<'a> {
    fn new(source: &'a Source, header: &'a Header, mirror: bool) -> Result<Self, TraceError> {
        let broken = |error| match error {
            GenesisError::Header(what) => source.malformed(1, what),
            GenesisError::Fold(error) => {
                TraceError::SetUp { place: source.place(1), source: error }
            }
        };
        let names = genesis::names(header);
        let mut world = genesis::world(header, &names.book).map_err(broken)?;
        let mirror = if mirror {
            Some(genesis::creations(header, &names.book).map_err(broken)?)
        } else {
            genesis::place_fixtures(&mut world, header);
            None
        };
        Ok(Self {
            source,
            header,
            names,
            world,
            mirror,
            readings: Vec::new(),
            index: BTreeMap::new(),
            counts: Counts::default(),
            excluded: BTreeMap::new(),
        })
    }

    fn run(&mut self) -> Result<(), Stop> {
        self.approve(-1, 1)?;
        let mut last = (1, 0);
        for (line, text) in self.source.lines().skip(1) {
            let step: Step = self.source.json(line, text)?;
            if step.i != self.counts.steps || step.i >= self.header.steps {
                let (found, steps) = (step.i, self.header.steps);
                let expected = self.counts.steps;
                let what = format!("step {found} where step {expected} of {steps} belongs");
                return Err(self.source.malformed(line, what).into());
            }
            if step.t < last.1 {
                return Err(self.source.malformed(line, "time runs backwards").into());
            }
            last = (line, step.t);
            self.step(line, &step)?;
        }
        if self.counts.steps != self.header.steps {
            let what = format!("{} of {} steps are there", self.counts.steps, self.header.steps);
            return Err(self.source.truncated(last.0, what).into());
        }
        self.retired(last)
    }

    fn step(&mut self, line: usize, step: &Step) -> Result<(), Stop> {
        let block = self.world.block();
        let number = block.number.saturating_add(1);
        self.world.set_block(Block { number, timestamp: step.t, ..*block });
        let ready = match step.prepare(&self.names.book) {
            Ok(Some(ready)) => ready,
            Ok(None) => {
                let (place, function) = (self.source.place(line), step.function.clone());
                return Err(TraceError::UnknownFunction { place, function }.into());
            }
            Err(what) => return Err(self.source.malformed(line, what).into()),
        };
        let source = self.source;
        let failed = |difference| {
            Stop::Failed(Box::new(Mismatch {
                place: source.place(line),
                step: step.i,
                timestamp: step.t,
                call: ready.words.clone(),
                difference,
            }))
        };
        match (step.view, self.mirror.is_some()) {
            (true, _) => self.look(step, &ready).map_err(failed)?,
            (false, false) => self.act(step, &ready).map_err(failed)?,
            (false, true) => self.fold(&ready.logs).map_err(failed)?,
        }
        self.counts.steps = self.counts.steps.saturating_add(1);
        self.approve(i64::try_from(step.i).unwrap_or(i64::MAX), line)?;
        if step.view {
            return Ok(());
        }
        self.take(step).map_err(|what| self.source.malformed(line, what))?;
        self.compare_readings(step.t).map_err(failed)
    }

    /// Runs a step by the rules.
    fn act(&mut self, step: &Step, ready: &Ready) -> Result<(), Difference> {
        let shortage = match shortage(step) {
            Gas::Plenty => None,
            Gas::Short(shortage) => Some(shortage),
            // The transaction ran out of gas somewhere: that it failed is all there is to know.
            Gas::Out => return Ok(()),
        };
        let factory = self.header.contracts.get("vaultFactory").copied().unwrap_or_default();
        let playback = self.world.playback();
        playback.shortage = shortage;
        playback.addresses = created(&ready.logs, factory).collect();
        let receipt = self.world.transact(&Transaction {
            from: ready.from,
            to: Some(ready.to),
            value: U256::ZERO,
            input: ready.input.clone(),
        });
        *self.world.playback() = Default::default();
        compare::outcome(&ready.outcome, &receipt.outcome)?;
        compare::logs(&ready.logs, receipt.logs(), &self.names.book)?;
        let logs = u64::try_from(ready.logs.len()).unwrap_or(u64::MAX);
        self.counts.logs = self.counts.logs.saturating_add(logs);
        Ok(())
    }

    /// Answers a recorded read-only call.
    fn look(&mut self, step: &Step, ready: &Ready) -> Result<(), Difference> {
        if self.mirror.is_some() {
            let kind = self.header.kinds.get(&step.to).map_or("", String::as_str);
            let fact = Fact::behind(&self.world, ready.to, kind, &ready.function);
            if let Some(fact) = fact {
                self.exclude(fact);
                return Ok(());
            }
        }
        let actual = self.world.view(ready.from, ready.to, &ready.input);
        compare::outcome(&ready.outcome, &actual)?;
        self.counts.views = self.counts.views.saturating_add(1);
        Ok(())
    }

    /// Folds the logs of a step.
    fn fold(&mut self, logs: &[Log]) -> Result<(), Difference> {
        let Some(creations) = &mut self.mirror else { return Ok(()) };
        let folded = creations.fold(&mut self.world, logs)?;
        self.counts.logs = self.counts.logs.saturating_add(folded);
        Ok(())
    }

    /// Makes the approvals that were made outside the trace directly after a step.
    fn approve(&mut self, step: i64, line: usize) -> Result<(), TraceError> {
        for approval in self.header.approvals.iter().filter(|a| a.after_step == step) {
            let find = |name: &str| {
                let what = || format!("approval: {name} has no address");
                self.names.book.address(name).ok_or_else(|| self.source.malformed(1, what()))
            };
            let value = approval.amount;
            let (owner, spender) = (find(&approval.owner)?, find(&approval.spender)?);
            let event = TokenEvent::from(Approval { owner, spender, value });
            let token = find(&approval.token)?;
            self.world.deploy(token, event).map_err(|error| TraceError::SetUp {
                place: self.source.place(line),
                source: error,
            })?;
        }
        Ok(())
    }

    /// Takes the readings that were recorded after a step.
    fn take(&mut self, step: &Step) -> Result<(), String> {
        for (key, value) in &step.views {
            let text = value.as_str().ok_or_else(|| format!("view {key} is no string"))?;
            let known = self.index.get(key).and_then(|at| self.readings.get_mut(*at));
            if let Some(reading) = known {
                reading.expect(text).map_err(|what| format!("view {key}: {what}"))?;
                continue;
            }
            let reading = Reading::parse(key, text, &self.names)
                .map_err(|what| format!("view {key}: {what}"))?;
            self.index.insert(key.clone(), self.readings.len());
            self.readings.push(reading);
        }
        Ok(())
    }

    /// Compares every reading that is still read.
    fn compare_readings(&mut self, now: u64) -> Result<(), Difference> {
        for index in 0..self.readings.len() {
            let Some(reading) = self.readings.get_mut(index) else { break };
            if !reading.retire(now) {
                self.compare_reading(index, now)?;
            }
        }
        Ok(())
    }

    /// Compares the readings of past epochs once more: they must hold to the end.
    fn retired(&mut self, (line, now): (usize, u64)) -> Result<(), Stop> {
        for index in 0..self.readings.len() {
            let Some(reading) = self.readings.get_mut(index) else { break };
            if !reading.retire(now) {
                continue;
            }
            self.compare_reading(index, now).map_err(|difference| {
                Stop::Failed(Box::new(Mismatch {
                    place: self.source.place(line),
                    step: self.counts.steps.saturating_sub(1),
                    timestamp: now,
                    call: "the end of the trace: readings of past epochs still hold".to_owned(),
                    difference,
                }))
            })?;
        }
        Ok(())
    }

    fn compare_reading(&mut self, index: usize, now: u64) -> Result<(), Difference> {
        let Some(reading) = self.readings.get_mut(index) else { return Ok(()) };
        if self.mirror.is_some() {
            let contract = reading.key.split_once('.').map_or("", |(contract, _)| contract);
            let kind = self.header.kinds.get(contract).map_or("", String::as_str);
            if let Some(fact) = Fact::behind_reading(&self.world, reading, kind) {
                self.exclude(fact);
                return Ok(());
            }
        }
        reading.check(&mut self.world, now)?;
        self.counts.views = self.counts.views.saturating_add(1);
        Ok(())
    }

    fn exclude(&mut self, fact: Fact) {
        let count = self.excluded.entry(fact).or_default();
        *count = count.saturating_add(1);
    }
}

/// The addresses that the vault factory gave to new vaults, from its logs.
fn created(logs: &[Log], factory: Address) -> impl Iterator<Item = Address> {
    logs.iter()
        .filter(move |log| log.address == factory)
        .filter(|log| log.topics().first() == Some(&AddEntity::SIGNATURE_HASH))
        .filter_map(|log| log.topics().get(1).map(|topic| Address::from_word(*topic)))
}

/// What is known about the gas of a step.
enum Gas {
    Plenty,
    Short(Shortage),
    Out,
}

const INSUFFICIENT_HOOK_GAS: [u8; 4] = hex!("80724751");
const INSUFFICIENT_BURNER_GAS: [u8; 4] = hex!("854fccd4");

/// Gas is not modelled: where a step was given less than usual, its failure is played back.
fn shortage(step: &Step) -> Gas {
    let raw: &[u8] = step.raw.as_deref().map_or(&[], |raw| raw.as_ref());
    if step.gas_limit.is_none() || step.ok {
        return Gas::Plenty;
    }
    if raw.is_empty() {
        return Gas::Out;
    }
    if raw.starts_with(&INSUFFICIENT_HOOK_GAS) {
        return Gas::Short(Shortage::Hook);
    }
    if raw.starts_with(&INSUFFICIENT_BURNER_GAS) {
        return Gas::Short(Shortage::Burner);
    }
    Gas::Plenty
}
