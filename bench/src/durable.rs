//! What it takes until one transaction is on the disk, beside what the disk alone takes.
//!
//! Most are measured in turns, so that what disturbs one disturbs all, and in every order,
//! since a disk may answer later to whoever comes just after another.

use crate::chain::Answer;
use crate::error::BenchError;
use crate::machine::file_system;
use crate::remote::Signed;
use crate::rpc::Side;
use crate::server::{Keeping, Node};
use crate::table::{Direction, Figure, Goal, Report, Row};
use alloy_consensus::TxEnvelope;
use alloy_consensus::transaction::SignerRecoverable;
use alloy_eips::Decodable2718;
use alloy_primitives::B256;
use bondstone_kernel::{Block, Entry};
use bondstone_store::{
    Batch, BlockRecord, ClockRecord, Options, Outcome, Record, Store, TransactionRecord,
};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many times as long as the disk alone a transaction may take.
const GOAL: f64 = 2.0;
const SECTION: &str = "one durable transaction at a time";
/// Transactions that are sent before the clock runs.
const WARM_UP: usize = 20;

/// What is timed.
#[derive(Clone, Copy)]
enum Part {
    Disk,
    Store,
    Node,
}

const ORDERS: [[Part; 3]; 6] = [
    [Part::Disk, Part::Store, Part::Node],
    [Part::Node, Part::Store, Part::Disk],
    [Part::Store, Part::Disk, Part::Node],
    [Part::Node, Part::Disk, Part::Store],
    [Part::Disk, Part::Node, Part::Store],
    [Part::Store, Part::Node, Part::Disk],
];

/// Measures `count` transactions, in folders inside `data`.
pub(crate) fn measure(node: &Node, data: &Path, count: usize) -> Result<Report, BenchError> {
    let folder = tempfile::tempdir_in(data);
    let folder = folder.map_err(BenchError::file("create a folder in", data))?;
    let keeping = folder.path().join("node");
    let durable = node.is_durable();
    let keeping = if durable { Keeping::In(&keeping) } else { Keeping::Nothing };
    let (server, banner) = node.start(keeping)?;
    let mut side = Side::native("bondstone, durable", server, &banner, 1)?;

    let signed = side.deposits(0, WARM_UP)?;
    for one in &signed {
        side.remote.connection().exchange(&one.send)?;
    }
    let mut answers = Vec::new();
    side.look_up(&signed, &mut answers)?;
    let records = records(&side, &signed, &answers, count)?;
    let frame = frame_bytes(&records);
    let file = folder.path().join("zeros");
    let disk = Disk::new(&file, frame, records.len())?;
    let options = Options::new(31_337);
    let (mut store, _) = Store::open(&folder.path().join("store"), &options)?;
    let signed = side.deposits(0, records.len())?;

    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    let orders = ORDERS.iter().cycle();
    for (number, ((record, one), order)) in records.iter().zip(&signed).zip(orders).enumerate() {
        for part in order {
            let start = Instant::now();
            match part {
                Part::Disk => disk.write(number)?,
                Part::Store => drop(store.append(std::slice::from_ref(record))?),
                Part::Node => drop(side.remote.connection().exchange(&one.send)?),
            }
            let [plain, appended, answered] = &mut times;
            let its = match part {
                Part::Disk => plain,
                Part::Store => appended,
                Part::Node => answered,
            };
            its.push(start.elapsed());
        }
    }
    let [mut plain, mut appended, mut answered] = times;
    side.look_up(&signed, &mut answers)?;
    if let Some(failed) = answers.iter().position(|answer| !answer.succeeded) {
        let (what, why) = (format!("deposit {failed}"), "it reverted".to_owned());
        return Err(BenchError::Failed { chain: "bondstone, durable", what, why });
    }
    let name = "eth_sendRawTransaction of a deposit, to its hash";
    let mut report = Report::default();
    report.rows.extend(rows("store: append a block of one deposit", &mut appended, &mut plain));
    if let Keeping::In(keeping) = keeping {
        let signed = side.deposits(0, records.len())?;
        // The node ends here, and what it kept goes on without JSON-RPC.
        drop(side);
        report.rows.extend(in_process(keeping, &signed, &disk)?);
        report.rows.extend(rows(name, &mut answered, &mut plain));
    } else {
        let note = "A durable transaction through JSON-RPC is not measured: this node keeps \
                    nothing on disk.";
        report.notes.push(note.to_owned());
    }
    report.notes.push(format!(
        "The rival of a durable transaction writes the {frame} bytes of its frame into a file of \
         zeros and calls fdatasync. File system: {}.",
        file_system(folder.path())
    ));
    Ok(report)
}

/// A deposit until it is kept, on the chain that a node left: from its signed bytes, and from its
/// sender, as for an account for which the node signs.
fn in_process(kept: &Path, signed: &[Signed], disk: &Disk) -> Result<Vec<Row>, BenchError> {
    let failed = |why: String| BenchError::Failed {
        chain: "bondstone, durable",
        what: "a deposit in process".to_owned(),
        why,
    };
    let (chain, _) = bondstone_node::open_kept(kept).map_err(|error| failed(error.to_string()))?;
    let decode = |one: &Signed| {
        let envelope = TxEnvelope::decode_2718_exact(&one.envelope);
        envelope.map_err(|error| failed(error.to_string()))
    };
    let wait =
        |answer: Result<bondstone_node::chain::Answer<B256>, bondstone_node::error::Error>| {
            let answer = answer.and_then(bondstone_node::chain::Answer::wait);
            answer.map_err(|error| failed(error.to_string()))
        };
    let (mut plain, mut submitted, mut sent) = (Vec::new(), Vec::new(), Vec::new());
    for (number, one) in signed.iter().enumerate() {
        // Two with the disk first, two with it last; of either two one from its bytes.
        let is_signed = number % 2 == 0;
        let known = decode(one)?.try_into_recovered();
        let known = known.map_err(|error| failed(error.to_string()))?;
        for is_disk in [number % 4 < 2, number % 4 >= 2] {
            let start = Instant::now();
            if is_disk {
                disk.write(number)?;
                plain.push(start.elapsed());
            } else if is_signed {
                wait(chain.submit(decode(one)?))?;
                submitted.push(start.elapsed());
            } else {
                wait(chain.submit_recovered(known.clone()))?;
                sent.push(start.elapsed());
            }
        }
    }
    for one in signed {
        let found = chain.block_of(one.hash).map_err(|error| failed(error.to_string()))?;
        let (block, at) = found.ok_or_else(|| failed(format!("{} is in no block", one.hash)))?;
        if let Some(revert) = block.revert(at) {
            return Err(failed(revert.to_string()));
        }
    }
    let by_bytes = "in process: a signed deposit, from its bytes until it is kept";
    let by_sender = "in process: a deposit whose sender is known, until it is kept";
    let known = rows(by_sender, &mut sent, &mut plain);
    let signed = rows(by_bytes, &mut submitted, &mut plain);
    Ok(known.into_iter().chain(signed).collect())
}

/// Blocks of one deposit each, with the envelopes and logs of real ones.
fn records(
    side: &Side,
    signed: &[Signed],
    answers: &[Answer],
    count: usize,
) -> Result<Vec<Record>, BenchError> {
    let sender = side.senders.first().copied().unwrap_or_default();
    let mut parent = B256::ZERO;
    let mut records = Vec::new();
    for number in 0..count {
        let place = number % signed.len().max(1);
        let (Some(signed), Some(answer)) = (signed.get(place), answers.get(place)) else { break };
        let entry = |log: &_| Entry { log: Clone::clone(log), internal: false };
        let entries: Vec<Entry> = answer.logs.iter().map(entry).collect();
        let height = u64::try_from(number).unwrap_or(u64::MAX);
        let timestamp = 1_750_000_000 + height;
        let mut block = BlockRecord {
            moment: Block { number: height, timestamp, chain_id: 31_337 },
            parent,
            hash: B256::ZERO,
            transactions: vec![TransactionRecord {
                hash: signed.hash,
                sender,
                envelope: signed.envelope.clone(),
                gas_used: 100_000,
                outcome: Outcome::Done,
                entries: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            }],
            entries,
            clock: ClockRecord::default(),
        };
        block.hash = block.computed_hash();
        parent = block.hash;
        records.push(Record::Block(block));
    }
    Ok(records)
}

/// Bytes that one of the records takes in the journal.
fn frame_bytes(records: &[Record]) -> usize {
    let mut batch = Batch::new();
    records.last().into_iter().for_each(|record| batch.push(record));
    usize::try_from(batch.bytes()).unwrap_or(usize::MAX)
}

/// The disk alone: a file of zeros that is overwritten from its start, a frame at a time.
struct Disk {
    file: File,
    frame: Vec<u8>,
}

impl Disk {
    fn new(path: &Path, frame: usize, count: usize) -> Result<Self, BenchError> {
        let written = std::fs::write(path, vec![0; frame * (count + 1)]);
        written.map_err(BenchError::file("write", path))?;
        let file = File::options().write(true).open(path);
        let file = file.map_err(BenchError::file("open", path))?;
        file.sync_all().map_err(BenchError::file("sync", path))?;
        let frame = (0..frame).map(|at| at.to_le_bytes().first().copied().unwrap_or(1)).collect();
        Ok(Self { file, frame })
    }

    fn write(&self, number: usize) -> Result<(), BenchError> {
        let at = u64::try_from(number * self.frame.len()).unwrap_or(u64::MAX);
        self.file.write_all_at(&self.frame, at)?;
        // On Linux this is fdatasync.
        self.file.sync_data()?;
        Ok(())
    }
}

fn rows(operation: &str, ours: &mut [Duration], disk: &mut [Duration]) -> [Row; 2] {
    ours.sort_unstable();
    disk.sort_unstable();
    let row = |(name, per_mille): (&str, usize)| Row {
        section: SECTION,
        operation: format!("{operation}, {name}"),
        rival_name: "fdatasync",
        bondstone: Figure::time(quantile(ours, per_mille)),
        rival: Figure::time(quantile(disk, per_mille)),
        direction: Direction::Longer,
        goal: Some(Goal::AtMost(GOAL)),
    };
    [("p50", 500), ("p99", 990)].map(row)
}

/// The time that so many of a thousand do not exceed.
fn quantile(sorted: &[Duration], per_mille: usize) -> Duration {
    let at = (sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_times() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(quantile(&times, 500), Duration::from_millis(100));
        assert_eq!(quantile(&times, 990), Duration::from_millis(198));
        assert_eq!(quantile(&times[..1], 990), Duration::from_millis(1));
        assert_eq!(quantile(&[], 500), Duration::ZERO);
    }
}
