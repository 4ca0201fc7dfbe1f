//! A distribution to very many recipients: how long it takes, how it grows, how much memory.
//!
//! Each size runs in a process of its own, so that the peak of its memory is its own.

use crate::error::BenchError;
use crate::table::{Direction, Figure, Goal, Report, Row};
use alloy_primitives::{Address, U256};
use bondstone_rewards::merkle::{OperatorLeaf, OperatorTree};
use bondstone_rewards::{
    Distribution, Entry, History, HistoryBuilder, Inputs, Programme, Window, distribute,
};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

/// Checkpoints of each recipient.
const CHECKPOINTS: u32 = 100;
/// Blocks of a month, twelve seconds apart.
const BLOCKS: u64 = 216_000;
const BLOCK_SECONDS: u64 = 12;
const START: u64 = 1_756_684_800;
/// Seconds in which a million recipients shall be done, and bytes that it may take.
const GOAL_SECONDS: f64 = 10.0;
const GOAL_BYTES: u64 = 4 << 30;
/// How much longer a recipient may take among a million than among ten thousand; caches are smaller
/// than what a million needs.
const GOAL_GROWTH: f64 = 3.0;
const SECTION: &str = "rewards: 100 checkpoints each, all threads";

/// What a process measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    recipients: u32,
    generate: Duration,
    distribute: Duration,
    tree: Duration,
    peak_bytes: u64,
}

/// Measures the sizes, each in a process of its own.
pub(crate) fn measure(quick: bool) -> Result<Report, BenchError> {
    let sizes: &[u32] = if quick { &[500, 1_000] } else { &[10_000, 100_000, 1_000_000] };
    let mut report = Report::default();
    let mut found = Vec::new();
    for recipients in sizes {
        found.push(in_a_process(*recipients)?);
    }
    for measured in &found {
        let all = measured.distribute + measured.tree;
        let each = |time: Duration| {
            Duration::from_secs_f64(time.as_secs_f64() / f64::from(measured.recipients))
        };
        report.notes.push(format!(
            "Rewards of {} recipients: integrated and split in {:.2} s, their tree built in {:.2} s; {:.2} µs \
             for each recipient, {:.0} ns for each checkpoint. The history was made in {:.2} s before. \
             Peak memory {:.2} GB.",
            measured.recipients,
            measured.distribute.as_secs_f64(),
            measured.tree.as_secs_f64(),
            each(all).as_secs_f64() * 1e6,
            each(all).as_secs_f64() * 1e9 / f64::from(CHECKPOINTS),
            measured.generate.as_secs_f64(),
            measured.peak_bytes as f64 / 1e9,
        ));
    }
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        report.rows.extend(rows(first, last, quick));
        if !quick && last.peak_bytes > GOAL_BYTES {
            report.notes.push("Peak memory is above the goal of 4 GB: missed.".to_owned());
        }
    }
    Ok(report)
}

fn rows(first: &Measured, last: &Measured, quick: bool) -> Vec<Row> {
    let all = |measured: &Measured| measured.distribute + measured.tree;
    let each = |measured: &Measured| {
        Duration::from_secs_f64(all(measured).as_secs_f64() / f64::from(measured.recipients))
    };
    let goal = |goal| if quick { None } else { Some(goal) };
    let whole = Row {
        section: SECTION,
        operation: format!("{} recipients: integrate, split, build the tree", last.recipients),
        rival_name: "the goal of 10 s",
        bondstone: Figure::time(all(last)),
        rival: Figure::time(Duration::from_secs_f64(GOAL_SECONDS)),
        direction: Direction::Longer,
        goal: goal(Goal::AtMost(1.0)),
    };
    let growth = Row {
        operation: format!("the same, for each of {} recipients", last.recipients),
        rival_name: "for each of the fewest",
        bondstone: Figure::time(each(last)),
        rival: Figure::time(each(first)),
        goal: goal(Goal::AtMost(GOAL_GROWTH)),
        ..whole.clone()
    };
    vec![whole, growth]
}

/// Runs this program again for one size.
fn in_a_process(recipients: u32) -> Result<Measured, BenchError> {
    let failed = |why: String| BenchError::Failed {
        chain: "bondstone",
        what: format!("a distribution to {recipients} recipients"),
        why,
    };
    let run = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["rewards", "--recipients"]).arg(recipients.to_string()).output()
    };
    let output = run().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// Measures one size in this process.
pub(crate) fn measure_here(recipients: u32) -> Result<Measured, BenchError> {
    let failed = |why: String| BenchError::Failed {
        chain: "bondstone",
        what: format!("a distribution to {recipients} recipients"),
        why,
    };
    let programme = programme().map_err(|error| failed(error.to_string()))?;
    let begun = Instant::now();
    let history = history(recipients).map_err(|error| failed(error.to_string()))?;
    let generate = begun.elapsed();
    let begun = Instant::now();
    let histories = [&history];
    let inputs = Inputs { histories: &histories, ..Inputs::default() };
    let window = Window { from: START, until: START + BLOCKS * BLOCK_SECONDS };
    let found = distribute(&programme, &inputs, window, None);
    let found: Distribution = black_box(found.map_err(|error| failed(error.to_string()))?);
    let distribute = begun.elapsed();
    let paid = found.entries.iter().filter(|entry| !entry.amount.is_zero()).count();
    if u32::try_from(paid).ok() != Some(recipients) {
        return Err(failed(format!("{paid} were paid")));
    }
    let begun = Instant::now();
    let leaf = |entry: &Entry| OperatorLeaf {
        account: entry.recipient.account,
        total_claimable: entry.payable,
    };
    let tree = OperatorTree::build(found.entries.iter().map(leaf).collect());
    black_box(tree.map_err(|error| failed(error.to_string()))?.root());
    let tree = begun.elapsed();
    Ok(Measured { recipients, generate, distribute, tree, peak_bytes: peak_bytes() })
}

fn programme() -> Result<Programme, bondstone_rewards::TextError> {
    let until = START + BLOCKS * BLOCK_SECONDS;
    let text = format!(
        "[payer]\nnetwork = \"{network}\"\nchain_id = 1\n[pay]\ntoken = \"{network}\"\n\
         decimals = 18\n[[period]]\nfrom = {START}\nuntil = {until}\nbudget = \"1_000_000_000\"\n\
         [stakers]\nshare = \"100%\"\ncounted = \"vault\"\n",
        network = Address::repeat_byte(0x33),
    );
    Programme::parse("bench", &text)
}

/// One vault whose every checkpoint is a block's; accounts change their shares in blocks of their
/// own.
fn history(recipients: u32) -> Result<History, bondstone_rewards::history::HistoryError> {
    let mut builder = HistoryBuilder::new(1);
    let (vault, asset) = (Address::repeat_byte(0xaa), Address::repeat_byte(0xee));
    let vault = builder.vault(vault, asset, 18, false)?;
    let pool = builder.active(vault);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    // What each block adds to and takes from all shares, from the same dice that make the accounts.
    let mut totals = vec![0i128; usize::try_from(BLOCKS).unwrap_or_default()];
    let mut checkpoints = Vec::with_capacity(100);
    for _ in 0..recipients {
        dice.checkpoints(&mut checkpoints);
        let mut before = 0i128;
        for (moment, shares) in &checkpoints {
            let shares = i128::try_from(*shares).unwrap_or(i128::MAX);
            if let Some(total) = usize::try_from(*moment).ok().and_then(|at| totals.get_mut(at)) {
                *total += shares - before;
            }
            before = shares;
        }
    }
    let mut total = 0i128;
    for (block, change) in (0..BLOCKS).zip(totals) {
        total += change;
        let shares = U256::from(u128::try_from(total).unwrap_or_default());
        builder.set_pool(pool, START + block * BLOCK_SECONDS, shares, shares)?;
    }
    let count = usize::try_from(recipients).unwrap_or_default();
    builder.reserve(pool, count, count * usize::try_from(CHECKPOINTS).unwrap_or_default())?;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for number in 0..recipients {
        dice.checkpoints(&mut checkpoints);
        let mut account = [0x77; 20];
        // Addresses are hashes: their order is not that in which they came.
        let scattered = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if let Some(bytes) = account.get_mut(..8) {
            bytes.copy_from_slice(&scattered.to_be_bytes());
        }
        builder.push_position(pool, Address::from(account), &checkpoints)?;
    }
    builder.finish(START + BLOCKS * BLOCK_SECONDS)
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        // Source: Marsaglia, Xorshift RNGs (2003), 64 bits with shifts 13, 7 and 17.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// An account's checkpoints: one in each hundredth of the blocks, some 10 to 1 000 whole
    /// tokens.
    fn checkpoints(&mut self, into: &mut Vec<(u32, u128)>) {
        into.clear();
        let step = u32::try_from(BLOCKS).unwrap_or(u32::MAX) / CHECKPOINTS;
        for number in 0..CHECKPOINTS {
            let roll = self.roll();
            let within = u32::try_from(roll % u64::from(step)).unwrap_or_default();
            let shares = u128::from(10 + (roll >> 32) % 990) * 1_000_000_000_000_000_000;
            into.push((number * step + within, shares + u128::from(roll)));
        }
    }
}

/// The most memory that this process ever had.
fn peak_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_paid_and_the_budget_is_spent() {
        let measured = measure_here(50).expect("fifty are paid");
        assert_eq!(measured.recipients, 50);
        let history = history(50).expect("it can be made");
        let pool = history.vaults()[0].active().expect("there is one");
        assert_eq!(pool.positions().checkpoints(), 5_000);
        let last = pool.totals_at(START + BLOCKS * BLOCK_SECONDS).0;
        let held = (0..50).map(|at| *pool.positions().get(at).unwrap().shares.last().unwrap());
        assert_eq!(held.sum::<u128>(), last);
    }
}
