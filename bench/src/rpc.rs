//! `bondstone up` beside anvil with the real contracts, through JSON-RPC.

use crate::chain::{Answer, Chain, compare};
use crate::client::{Connection, Request, fan_out};
use crate::contracts::{self, Contracts};
use crate::error::BenchError;
use crate::remote::{Remote, Signed, returned};
use crate::server::{Banner, Keeping, Node, start_anvil};
use crate::stage::{Cast, Places, Stage};
use crate::table::{Direction, Figure, Goal, Report, Row};
use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::json;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Transactions over one connection.
    pub(crate) sequential: usize,
    /// Transactions of each sender, when all send at once.
    pub(crate) pipelined: usize,
    /// Reads.
    pub(crate) reads: usize,
    /// How often everything is measured; the fastest time counts, for every side.
    pub(crate) laps: usize,
}

/// Senders that send at once, each over a connection of its own.
const SENDERS: usize = 16;
/// Connections that read at once.
const READERS: usize = 8;
const GOAL_TRANSACTIONS: f64 = 5.0;
const GOAL_DURABLE: f64 = 1.0;
const GOAL_READS: f64 = 3.0;
/// A lap that takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(600);
/// How long nobody asks for a receipt that was not there: to ask all the time would take the
/// processor from the server that has to make it.
const BETWEEN_POLLS: Duration = Duration::from_micros(100);
/// How long a server may leave transactions in its pool before it is told to mine.
const UNTIL_NUDGED: Duration = Duration::from_millis(50);
const RIVAL: &str = "anvil 1.7";

/// What is measured.
pub(crate) struct Programs<'a> {
    pub(crate) node: &'a Node,
    pub(crate) anvil: &'a Path,
    pub(crate) contracts: &'a Contracts,
    /// Where durable chains are kept while they are measured.
    pub(crate) data: &'a Path,
}

/// A server with the stage on it.
pub(crate) struct Side {
    pub(crate) remote: Remote,
    pub(crate) stage: Stage,
    pub(crate) senders: Vec<Address>,
    connections: Vec<Connection>,
    /// Grows with every deposit, so that no two are alike.
    deposits: u64,
    fastest: Option<Times>,
    receipts_at_once: usize,
    receipts: usize,
    /// How often it had to be told to mine what was in its pool.
    nudges: usize,
}

/// Times of one lap.
#[derive(Clone, Copy)]
struct Times {
    acknowledged: Duration,
    with_receipt: Duration,
    pipelined: Duration,
    read: Duration,
    reads: Duration,
}

impl Times {
    fn fastest(self, other: Self) -> Self {
        Self {
            acknowledged: self.acknowledged.min(other.acknowledged),
            with_receipt: self.with_receipt.min(other.with_receipt),
            pipelined: self.pipelined.min(other.pipelined),
            read: self.read.min(other.read),
            reads: self.reads.min(other.reads),
        }
    }
}

/// Measures.
pub(crate) fn measure(programs: &Programs<'_>, size: Size) -> Result<Report, BenchError> {
    let (server, banner) = programs.node.start(Keeping::Nothing)?;
    let mut sides = vec![Side::native("bondstone", server, &banner, SENDERS)?];
    let folder = tempfile::tempdir_in(programs.data);
    let folder = folder.map_err(BenchError::file("create a folder in", programs.data))?;
    if programs.node.is_durable() {
        let (server, banner) = programs.node.start(Keeping::In(folder.path()))?;
        sides.push(Side::native("bondstone, durable", server, &banner, SENDERS)?);
    }
    let mut rival = Side::rival(programs, &banner)?;
    for _ in 0..size.laps {
        let expected = rival.lap(size)?;
        for side in &mut sides {
            let answers = side.lap(size)?;
            let (name, rival_name) = (side.remote.name(), rival.remote.name());
            compare("JSON-RPC", (name, &answers), (rival_name, &expected))?;
        }
    }
    let mut report = Report::default();
    report.notes.push(receipts(&rival));
    let times = |side: &Side| side.fastest.expect("there is at least one lap");
    for side in &sides {
        report.notes.push(receipts(side));
    }
    if let Some(side) = sides.first() {
        report.rows.extend(rows_in_memory(size, times(side), times(&rival)));
    }
    match sides.get(1) {
        Some(side) => report.rows.extend(rows_durable(size, times(side), times(&rival))),
        None => report.notes.push(
            "Durable transactions are not measured: this node keeps nothing on disk.".to_owned(),
        ),
    }
    Ok(report)
}

fn receipts(side: &Side) -> String {
    let (name, share) = (side.remote.name(), 100 * side.receipts_at_once / side.receipts.max(1));
    let nudges = match side.nudges {
        0 => String::new(),
        nudges => format!(
            " It left transactions in its pool and was told {nudges} times to mine them, which is in \
             the time."
        ),
    };
    format!("{name}: {share} % of the receipts are there when the hash is.{nudges}")
}

fn rows_in_memory(size: Size, ours: Times, rival: Times) -> Vec<Row> {
    let section = "JSON-RPC, nothing kept";
    let all = size.pipelined * SENDERS;
    let row = |name: &str, count: usize, time: fn(Times) -> Duration, goal: f64| {
        row(section, name.to_owned(), count, (time(ours), time(rival)), Some(goal))
    };
    let piped = format!("deposits of {SENDERS} senders at once, to the last receipt");
    let reads = format!("activeBalanceOf, {READERS} connections");
    vec![
        row("deposit, one after another", size.sequential, |t| t.acknowledged, GOAL_TRANSACTIONS),
        row(
            "the same, each to its receipt",
            size.sequential,
            |t| t.with_receipt,
            GOAL_TRANSACTIONS,
        ),
        row(&piped, all, |t| t.pipelined, GOAL_TRANSACTIONS),
        row("activeBalanceOf, one after another", size.reads, |t| t.read, GOAL_READS),
        row(&reads, size.reads / READERS * READERS, |t| t.reads, GOAL_READS),
    ]
}

fn rows_durable(size: Size, ours: Times, rival: Times) -> Vec<Row> {
    let section = "JSON-RPC, bondstone durable, anvil keeps nothing";
    let row = |name: String, count: usize, time: fn(Times) -> Duration, goal| {
        row(section, name, count, (time(ours), time(rival)), goal)
    };
    let one = "deposit, one after another".to_owned();
    let piped = format!("deposits of {SENDERS} senders at once, to the last receipt");
    vec![
        row(one, size.sequential, |t| t.acknowledged, None),
        row(piped, size.pipelined * SENDERS, |t| t.pipelined, Some(GOAL_DURABLE)),
    ]
}

fn row(
    section: &'static str,
    operation: String,
    count: usize,
    (ours, rival): (Duration, Duration),
    goal: Option<f64>,
) -> Row {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    Row {
        section,
        operation,
        rival_name: RIVAL,
        bondstone: Figure::rate(count, ours),
        rival: Figure::rate(count, rival),
        direction: Direction::Faster,
        goal: goal.map(Goal::AtLeast),
    }
}

impl Side {
    /// A bondstone that was just started.
    pub(crate) fn native(
        name: &'static str,
        server: crate::server::Server,
        banner: &Banner,
        senders: usize,
    ) -> Result<Self, BenchError> {
        let remote = Remote::new(name, server)?;
        let at = |contract: &str| {
            banner.contracts.get(contract).copied().ok_or_else(|| BenchError::Server {
                server: name.to_owned(),
                fault: format!("its banner has no {contract}"),
            })
        };
        let places = Places {
            operator_registry: at("OperatorRegistry")?,
            network_registry: at("NetworkRegistry")?,
            network_middleware_service: at("NetworkMiddlewareService")?,
            operator_vault_opt_in: at("OperatorVaultOptInService")?,
            operator_network_opt_in: at("OperatorNetworkOptInService")?,
            vault_configurator: at("VaultConfigurator")?,
            staker_rewards_factory: at("StakerRewardsFactory")?,
            token: banner.token,
        };
        Self::set(remote, &banner.keys, senders, |_, _| Ok(places))
    }

    /// An anvil with the real contracts.
    fn rival(programs: &Programs<'_>, banner: &Banner) -> Result<Self, BenchError> {
        let remote = Remote::new("anvil", start_anvil(programs.anvil)?)?;
        Self::set(remote, &banner.keys, SENDERS, |remote, cast| {
            let places = contracts::deploy(remote, programs.contracts, cast.curator)?;
            let tokens = U256::from(10_000) * ether();
            contracts::mint(remote, places.token, cast.treasury, tokens)?;
            Ok(places)
        })
    }

    fn set(
        mut remote: Remote,
        keys: &[B256],
        senders: usize,
        places: impl FnOnce(&mut Remote, &Cast) -> Result<Places, BenchError>,
    ) -> Result<Self, BenchError> {
        let accounts: Result<Vec<_>, _> = keys.iter().map(|key| remote.add_key(key)).collect();
        let [treasury, _, curator, network, middleware, _, operator, ..] = *accounts? else {
            let fault = format!("its banner has {} accounts, not ten", keys.len());
            return Err(BenchError::Server { server: remote.name().to_owned(), fault });
        };
        let cast = Cast { treasury, curator, network, middleware, operator };
        let places = places(&mut remote, &cast)?;
        let stage = Stage::set(&mut remote, &places, cast)?;
        let mut addresses = Vec::new();
        for number in 0..senders {
            let key = keccak256(format!("bondstone bench, sender {number}"));
            let sender = remote.add_key(&key)?;
            remote.pay(treasury, sender, U256::from(200) * ether())?;
            stage.admit(&mut remote, sender, U256::from(100) * ether())?;
            addresses.push(sender);
        }
        Ok(Self {
            remote,
            stage,
            senders: addresses,
            connections: Vec::new(),
            deposits: 0,
            fastest: None,
            receipts_at_once: 0,
            receipts: 0,
            nudges: 0,
        })
    }

    /// Signs deposits of a sender.
    pub(crate) fn deposits(
        &mut self,
        sender: usize,
        count: usize,
    ) -> Result<Vec<Signed>, BenchError> {
        let from = self.senders.get(sender).copied().unwrap_or_default();
        let sign = |_| {
            self.deposits += 1;
            let amount = U256::from(1_000_000 + self.deposits);
            self.remote.sign_deposit(&self.stage.deposit(from, amount))
        };
        (0..count).map(sign).collect()
    }

    /// Measures everything once; what came of all transactions and reads, to be compared.
    fn lap(&mut self, size: Size) -> Result<Vec<Answer>, BenchError> {
        self.remote.reconnect()?;
        self.connections = self.remote.connect(SENDERS.max(READERS))?;
        let mut answers = Vec::new();
        let signed = self.deposits(0, size.sequential)?;
        let start = Instant::now();
        for one in &signed {
            self.remote.connection().exchange(&one.send)?;
        }
        let acknowledged = start.elapsed();
        self.look_up(&signed, &mut answers)?;

        let signed = self.deposits(0, size.sequential)?;
        let with_receipt = self.await_receipts(&signed)?;
        self.look_up(&signed, &mut answers)?;

        let queues: Result<Vec<_>, _> =
            (0..SENDERS).map(|sender| self.deposits(sender, size.pipelined)).collect();
        let queues = queues?;
        let pipelined = self.at_once(&queues)?;
        queues.iter().try_for_each(|queue| self.look_up(queue, &mut answers))?;

        let queue: Vec<_> = (0..size.reads).map(|number| self.read(number)).collect();
        let mut found = Vec::with_capacity(queue.len());
        let start = Instant::now();
        for one in &queue {
            found.push(self.remote.connection().exchange(one)?);
        }
        let read = start.elapsed();
        let each = (size.reads / READERS).max(1);
        let queues: Vec<Vec<_>> = queue.chunks_exact(each).map(<[_]>::to_vec).collect();
        let start = Instant::now();
        let found_at_once = fan_out(&mut self.connections, &queues)?;
        let reads = start.elapsed();
        for response in found.iter().chain(found_at_once.iter().flatten()) {
            let name = self.remote.name();
            answers.push(returned(name, response.result(name)?)?);
        }
        let times = Times { acknowledged, with_receipt, pipelined, read, reads };
        self.fastest = Some(self.fastest.map_or(times, |before| before.fastest(times)));
        Ok(answers)
    }

    fn read(&self, number: usize) -> Request {
        let account = self.senders.get(number % SENDERS).copied().unwrap_or_default();
        Remote::view_request(&self.stage.active_balance(account))
    }

    /// Sends one after another, and asks for each receipt until it is there.
    fn await_receipts(&mut self, signed: &[Signed]) -> Result<Duration, BenchError> {
        let mut at_once = 0;
        let start = Instant::now();
        for one in signed {
            self.remote.connection().exchange(&one.send)?;
            let mut attempts = 1;
            while self.remote.connection().exchange(&one.receipt)?.is_null() {
                attempts += 1;
                self.refuse_to_wait(start)?;
                sleep(BETWEEN_POLLS);
            }
            at_once += usize::from(attempts == 1);
        }
        let time = start.elapsed();
        self.receipts_at_once += at_once;
        self.receipts += signed.len();
        Ok(time)
    }

    /// Sends everybody's at once, until the receipt of everybody's last is there.
    fn at_once(&mut self, queues: &[Vec<Signed>]) -> Result<Duration, BenchError> {
        let sends: Vec<Vec<_>> = queues
            .iter()
            .map(|queue| queue.iter().map(|signed| signed.send.clone()).collect())
            .collect();
        let last = |queue: &Vec<Signed>| queue.last().map(|signed| signed.receipt.clone());
        let mut asked: Vec<Vec<_>> =
            queues.iter().map(|queue| last(queue).into_iter().collect()).collect();
        let mine = Request::new("evm_mine", &json!([]));
        let start = Instant::now();
        fan_out(&mut self.connections, &sends)?;
        let mut nudged = Instant::now();
        loop {
            let receipts = fan_out(&mut self.connections, &asked)?;
            for (queue, receipts) in asked.iter_mut().zip(&receipts) {
                if receipts.iter().all(|receipt| !receipt.is_null()) {
                    queue.clear();
                }
            }
            if asked.iter().all(Vec::is_empty) {
                return Ok(start.elapsed());
            }
            self.refuse_to_wait(start)?;
            // Anvil can forget transactions in its pool when many come at once (foundry-rs/foundry
            // issue 10122); without this it would never end.
            if nudged.elapsed() > UNTIL_NUDGED {
                self.remote.connection().exchange(&mine)?;
                self.nudges += 1;
                nudged = Instant::now();
            }
            sleep(BETWEEN_POLLS);
        }
    }

    /// Fails when a lap has taken so long that something is stuck.
    fn refuse_to_wait(&self, start: Instant) -> Result<(), BenchError> {
        if start.elapsed() < PATIENCE {
            return Ok(());
        }
        let server = self.remote.name().to_owned();
        let fault = format!("transactions are in no block after {} s", PATIENCE.as_secs());
        Err(BenchError::Server { server, fault })
    }

    /// What became of transactions; each has to be in a block.
    pub(crate) fn look_up(
        &mut self,
        signed: &[Signed],
        answers: &mut Vec<Answer>,
    ) -> Result<(), BenchError> {
        for one in signed {
            answers.push(self.remote.receipt(one)?);
        }
        Ok(())
    }
}

fn ether() -> U256 {
    U256::from(10).pow(U256::from(18))
}
