//! The same calls in a world of Bondstone and on the compiled contracts in an EVM.

mod evm;
mod native;

use crate::chain::{Answer, Call, Chain, compare};
use crate::contracts::{self, Contracts};
use crate::error::BenchError;
use crate::stage::{Cast, EPOCH_SECONDS, Places, Stage};
use crate::table::{Direction, Figure, Goal, Row};
use alloy_primitives::{Address, U256};
use bondstone_world::sandbox::account;
use evm::Evm;
use native::Native;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Depositors; each operation is called as often in a round.
    pub(crate) stakers: u64,
    /// How often everything is measured; the fastest round counts, for either side.
    pub(crate) rounds: u64,
}

/// When the chains start, in seconds since 1970.
const START: u64 = 1_750_000_000;
/// Calls in a block.
const BLOCK: u64 = 100;
/// Seconds between blocks; more than a block has calls, so that each call has a second of its own
/// to speak of.
const SECONDS: u64 = 200;
/// How much faster than the EVM an operation shall be.
const GOAL: f64 = 30.0;

const CAST: Cast = Cast {
    treasury: Address::repeat_byte(0x11),
    curator: Address::repeat_byte(0x22),
    network: Address::repeat_byte(0x33),
    middleware: Address::repeat_byte(0x44),
    operator: Address::repeat_byte(0x55),
};

/// A side of the comparison. What is not the work itself is outside `transact` and `look`.
pub(crate) trait Engine: Chain {
    /// A call as the engine takes it.
    type Transaction;
    /// What the engine gives back.
    type Outcome;

    /// Moves on to a block at that second.
    fn move_to(&mut self, timestamp: u64);

    /// Makes a transaction ready.
    fn prepare(&self, call: &Call) -> Self::Transaction;

    /// Runs a transaction and keeps what it changed.
    fn transact(&mut self, transaction: Self::Transaction) -> Self::Outcome;

    /// Runs a call and keeps nothing.
    fn look(&mut self, transaction: Self::Transaction) -> Self::Outcome;

    /// What became of it.
    fn answer(&self, outcome: Self::Outcome) -> Result<Answer, BenchError>;
}

/// What is measured, in the order of the table.
const OPERATIONS: [&str; 9] = [
    "deposit",
    "withdraw",
    "claim",
    "slash, instant",
    "setNetworkLimit",
    "staker rewards: distribute",
    "staker rewards: claim",
    "stake (view)",
    "activeBalanceOf (view)",
];

/// Two engines in step.
struct Pair {
    native: (Native, Stage),
    evm: (Evm, Stage),
    now: u64,
    stakers: u64,
    /// Fastest time of each operation, for all its calls of a round.
    fastest: Vec<(&'static str, Duration, Duration)>,
}

/// Measures; one row per operation.
pub(crate) fn measure(contracts: &Contracts, size: Size) -> Result<Vec<Row>, BenchError> {
    let mut pair = Pair::new(contracts, size.stakers)?;
    for _ in 0..size.rounds {
        pair.round()?;
    }
    let order = |name: &str| OPERATIONS.iter().position(|operation| *operation == name);
    pair.fastest.sort_by_key(|(name, ..)| order(name));
    let count = size.stakers;
    let row = |(operation, ours, rival): (&str, Duration, Duration)| Row {
        section: "in process, one thread",
        operation: operation.to_owned(),
        rival_name: evm::NAME,
        bondstone: Figure::rate(count, ours),
        rival: Figure::rate(count, rival),
        direction: Direction::Faster,
        goal: Some(Goal::AtLeast(GOAL)),
    };
    let mut rows: Vec<Row> = pair.fastest.iter().copied().map(row).collect();
    let sum =
        |side: fn(&(&str, Duration, Duration)) -> Duration| pair.fastest.iter().map(side).sum();
    let (ours, rival) = (sum(|timed| timed.1), sum(|timed| timed.2));
    let all = count * u64::try_from(pair.fastest.len()).unwrap_or(u64::MAX);
    let operation = "all of these, equally often".to_owned();
    let (bondstone, rival) = (Figure::rate(all, ours), Figure::rate(all, rival));
    rows.push(Row { operation, bondstone, rival, ..row(("", ours, ours)) });
    Ok(rows)
}

impl Pair {
    fn new(contracts: &Contracts, stakers: u64) -> Result<Self, BenchError> {
        let tokens = U256::from(10).pow(U256::from(36));
        let (mut native, native_places) = Native::new(START, CAST.treasury, tokens)?;
        let mut evm = Evm::new(START);
        let evm_places = contracts::deploy(&mut evm, contracts, CAST.curator)?;
        contracts::mint(&mut evm, evm_places.token, CAST.treasury, tokens)?;
        let native_stage = populate(&mut native, &native_places, stakers)?;
        let evm_stage = populate(&mut evm, &evm_places, stakers)?;
        let (native, evm) = ((native, native_stage), (evm, evm_stage));
        let mut pair = Self { native, evm, now: START, stakers, fastest: Vec::new() };
        pair.wait(SECONDS);
        Ok(pair)
    }

    fn wait(&mut self, seconds: u64) {
        self.now += seconds;
        self.native.0.move_to(self.now);
        self.evm.0.move_to(self.now);
    }

    /// Every operation once per staker.
    fn round(&mut self) -> Result<(), BenchError> {
        let wei = |amount: u64| U256::from(amount);
        let reward = U256::from(10).pow(U256::from(18));
        self.time("deposit", true, |stage, i, _| stage.deposit(account(i), wei(100_000 + i)))?;
        self.time("activeBalanceOf (view)", false, |stage, i, _| stage.active_balance(account(i)))?;
        self.time("stake (view)", false, |stage, _, _| stage.stake())?;
        self.time("setNetworkLimit", true, |stage, i, now| {
            stage.set_network_limit(reward * wei(1_000_000_000_000) + wei(now + i))
        })?;
        self.time("slash, instant", true, |stage, i, now| {
            stage.slash(wei(1_000 + i), now - SECONDS)
        })?;
        self.time("staker rewards: distribute", true, |stage, i, now| {
            stage.distribute(reward, now - 1 - i % BLOCK)
        })?;
        self.time("staker rewards: claim", true, |stage, i, _| stage.claim_reward(account(i)))?;
        let began = self.now;
        self.time("withdraw", true, |stage, i, _| stage.withdraw(account(i), wei(50_000 + i)))?;
        self.wait(2 * EPOCH_SECONDS);
        self.time("claim", true, |stage, i, _| {
            // What was withdrawn in an epoch is to be had after the next one.
            let withdrawn = (began + i / BLOCK * SECONDS - START) / EPOCH_SECONDS;
            stage.claim(account(i), withdrawn + 1)
        })
    }

    /// Times one call per staker on both sides, a block every [`BLOCK`] calls.
    fn time(
        &mut self,
        operation: &'static str,
        keeps: bool,
        make: impl Fn(&Stage, u64, u64) -> Call,
    ) -> Result<(), BenchError> {
        let (mut ours, mut rivals) = (Duration::ZERO, Duration::ZERO);
        let mut done = 0;
        while done < self.stakers {
            let numbers = done..self.stakers.min(done + BLOCK);
            done = numbers.end;
            let now = self.now;
            let (native, stage) = &mut self.native;
            let calls: Vec<_> = numbers.clone().map(|i| make(stage, i, now)).collect();
            let (time, answers) = run(native, &calls, keeps)?;
            ours += time;
            let (evm, stage) = &mut self.evm;
            let calls: Vec<_> = numbers.map(|i| make(stage, i, now)).collect();
            let (time, rival_answers) = run(evm, &calls, keeps)?;
            rivals += time;
            compare(operation, (native.name(), &answers), (evm.name(), &rival_answers))?;
            self.wait(SECONDS);
        }
        match self.fastest.iter_mut().find(|(name, ..)| *name == operation) {
            Some((_, a, b)) => (*a, *b) = (ours.min(*a), rivals.min(*b)),
            None => self.fastest.push((operation, ours, rivals)),
        }
        Ok(())
    }
}

fn populate(chain: &mut impl Chain, places: &Places, stakers: u64) -> Result<Stage, BenchError> {
    let stage = Stage::set(chain, places, CAST)?;
    let ether = U256::from(10).pow(U256::from(18));
    stage.give(chain, CAST.middleware, ether * U256::from(1_000_000_000))?;
    for number in 0..stakers {
        stage.admit(chain, account(number), ether * U256::from(200))?;
    }
    Ok(stage)
}

/// Runs calls against the clock; what they gave is looked at afterwards.
fn run<E: Engine>(
    engine: &mut E,
    calls: &[Call],
    keeps: bool,
) -> Result<(Duration, Vec<Answer>), BenchError> {
    let prepared: Vec<_> = calls.iter().map(|call| engine.prepare(call)).collect();
    let mut outcomes = Vec::with_capacity(calls.len());
    let start = Instant::now();
    for transaction in prepared {
        let outcome = if keeps { engine.transact(transaction) } else { engine.look(transaction) };
        outcomes.push(black_box(outcome));
    }
    let time = start.elapsed();
    let answers: Result<_, _> =
        outcomes.into_iter().map(|outcome| engine.answer(outcome)).collect();
    Ok((time, answers?))
}
