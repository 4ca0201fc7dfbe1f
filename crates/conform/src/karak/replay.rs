//! Replaying a Karak trace: every step by the rules, or from its logs alone.

use crate::book::Book;
use crate::compare;
use crate::error::TraceError;
use crate::karak::genesis;
use crate::karak::header::{Family, Header};
use crate::karak::mirror;
use crate::karak::readings::{Names, Reading};
use crate::karak::step::{Environment, Line, Ready, Step};
use crate::mirror::Fact;
use crate::report::{Counts, Difference, Mismatch, TraceReport, Verdict};
use crate::source::Source;
use alloy_primitives::{Bytes, U256, hex};
use alloy_sol_types::{SolCall, sol};
use bondstone_kernel::Block;
use bondstone_kernel::erc20::Transfer;
use bondstone_tokens::TokenEvent;
use bondstone_world::{Shortage, Transaction, World};
use std::collections::BTreeMap;

sol! {
    /// The test tokens make units for anybody.
    function mint(address to, uint256 value) external;
}

/// `NotEnoughGas()`: gas is not modelled, so this failure is played back.
const NOT_ENOUGH_GAS: [u8; 4] = hex!("dd629f86");

/// The one kind of environment step.
const SET_BALANCE: &str = "set_eth_balance";

/// A trace in the middle of its replay.
struct Replay<'a> {
    source: &'a Source,
    header: &'a Header,
    book: Book,
    world: World,
    mirror: bool,
    readings: BTreeMap<String, Reading>,
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
    let world = match genesis::world(header) {
        Ok(world) => world,
        Err(error) => {
            let place = source.place(1);
            report.verdict = Verdict::Broken(TraceError::SetUp { place, source: error });
            return report;
        }
    };
    let mut replay = Replay {
        source,
        header,
        book: genesis::names(header),
        world,
        mirror,
        readings: BTreeMap::new(),
        counts: Counts::default(),
        excluded: BTreeMap::new(),
    };
    match replay.run() {
        Ok(()) => {}
        Err(Stop::Broken(error)) => report.verdict = Verdict::Broken(error),
        Err(Stop::Failed(mismatch)) => report.verdict = Verdict::Failed(mismatch),
    }
    (report.counts, report.excluded) = (replay.counts, replay.excluded);
    report
}

impl Replay<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mut last = 0;
        for (line, text) in self.source.lines().skip(1) {
            let recorded: Line = self.source.json(line, text)?;
            let (index, time) = recorded.place();
            if index != self.counts.steps {
                let what = format!("step {index} where step {} belongs", self.counts.steps);
                return Err(self.source.malformed(line, what).into());
            }
            if time < last {
                return Err(self.source.malformed(line, "time runs backwards").into());
            }
            last = time;
            match recorded {
                Line::Environment(environment) => self.environment(line, &environment)?,
                Line::Call(step) => self.step(line, &step)?,
            }
            self.counts.steps = self.counts.steps.saturating_add(1);
        }
        if self.counts.steps < self.header.setup_steps {
            let (steps, wanted) = (self.counts.steps, self.header.setup_steps);
            let what = format!("{steps} of at least {wanted} steps are there");
            return Err(self.source.truncated(1, what).into());
        }
        Ok(())
    }

    /// Ether that arrives without a call, as the beacon chain's withdrawals do.
    fn environment(&mut self, line: usize, environment: &Environment) -> Result<(), Stop> {
        if environment.env != SET_BALANCE {
            let what = format!("{} is no known change of the environment", environment.env);
            return Err(self.source.malformed(line, what).into());
        }
        let detail = &environment.detail;
        self.world
            .set_balance(detail.address, detail.wei)
            .map_err(|error| TraceError::SetUp { place: self.source.place(line), source: error })?;
        Ok(())
    }

    fn step(&mut self, line: usize, step: &Step) -> Result<(), Stop> {
        let chain_id = self.world.block().chain_id;
        self.world.set_block(Block { number: step.block, timestamp: step.t, chain_id });
        let ready = step.prepare(&self.book);
        let ready = ready.map_err(|what| self.source.malformed(line, what))?;
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
        if self.mirror {
            let folded = mirror::fold(&mut self.world, &ready.logs).map_err(failed)?;
            self.counts.logs = self.counts.logs.saturating_add(folded);
        } else {
            self.act(step, &ready).map_err(failed)?;
        }
        self.learn(line, step)?;
        self.compare_readings(step).map_err(failed)
    }

    /// Runs a step by the rules.
    fn act(&mut self, step: &Step, ready: &Ready) -> Result<(), Difference> {
        let minted = genesis::is_token(self.header, step.to)
            .then(|| mintCall::abi_decode_validate(&ready.input).ok())
            .flatten();
        if let Some(mint) = minted {
            return self.mint(step, ready, &mint);
        }
        let reverted = step.err.as_ref().map(|failure| &failure.data);
        let short = reverted.is_some_and(|data| data.starts_with(&NOT_ENOUGH_GAS));
        self.world.playback().shortage = short.then_some(Shortage::Service);
        let receipt = self.world.transact(&Transaction {
            from: step.from,
            to: Some(step.to),
            value: U256::ZERO,
            input: ready.input.clone(),
        });
        *self.world.playback() = Default::default();
        compare::outcome(&ready.outcome, &receipt.outcome)?;
        compare::logs(&ready.logs, receipt.logs(), &self.book)?;
        self.count_logs(ready);
        Ok(())
    }

    /// The tokens of the suite have no mint; the log is what it comes to.
    fn mint(&mut self, step: &Step, ready: &Ready, call: &mintCall) -> Result<(), Difference> {
        let event = Transfer { from: Default::default(), to: call.to, value: call.value };
        let entry = self.world.deploy(step.to, TokenEvent::from(event));
        let entry = entry.map_err(|error| Difference {
            what: "a mint of a test token".to_owned(),
            expected: "a supply that fits".to_owned(),
            actual: error.to_string(),
        })?;
        compare::outcome(&ready.outcome, &Ok(Bytes::new()))?;
        compare::logs(&ready.logs, [&entry.log].into_iter(), &self.book)?;
        self.count_logs(ready);
        Ok(())
    }

    fn count_logs(&mut self, ready: &Ready) {
        let logs = u64::try_from(ready.logs.len()).unwrap_or(u64::MAX);
        self.counts.logs = self.counts.logs.saturating_add(logs);
    }

    /// Takes apart the keys that come for the first time.
    fn learn(&mut self, line: usize, step: &Step) -> Result<(), TraceError> {
        let names = Names { book: &self.book, header: self.header };
        for key in step.views.keys() {
            if !self.readings.contains_key(key) {
                let reading = Reading::parse(key, names);
                let reading = reading.map_err(|what| self.source.malformed(line, what))?;
                self.readings.insert(key.clone(), reading);
            }
        }
        Ok(())
    }

    fn compare_readings(&mut self, step: &Step) -> Result<(), Difference> {
        for (key, expected) in &step.views {
            let Some(reading) = self.readings.get_mut(key) else { continue };
            let fact = mirror::unknown(reading, expected).filter(|_| self.mirror);
            if let Some(fact) = fact {
                let count = self.excluded.entry(fact).or_default();
                *count = count.saturating_add(1);
                continue;
            }
            reading.check(&mut self.world, expected)?;
            self.counts.views = self.counts.views.saturating_add(1);
        }
        Ok(())
    }
}
