//! A chain's logs for other programs.

use super::{Maintenance, Whole, lock_to_read};
use crate::error::StoreError;
use crate::layout::{Layout, partial};
use crate::record::BlockRecord;
use crate::recovery::Recovered;
use crate::walk::Tail;
use alloy_primitives::{B256, Log};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How to write logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// A JSON object a line, as `eth_getLogs` returns it.
    JsonLines,
    /// Apache Parquet, a row per log.
    Parquet,
}

/// Which blocks to export: both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportRange {
    /// The first block's height.
    pub from: u64,
    /// The last block's height; without one, the last of the chain.
    pub to: Option<u64>,
}

/// What was exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Blocks in the range.
    pub blocks: u64,
    /// Logs in them.
    pub logs: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// A log with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedLog<'a> {
    pub(super) block: &'a BlockRecord,
    pub(super) transaction_hash: B256,
    pub(super) transaction_index: u32,
    pub(super) log_index: u32,
    pub(super) log: &'a Log,
}

/// The logs of a block's transactions. Internal entries are not for clients, and what is of the
/// block itself, such as what was there from the start, has no transaction to be listed under.
fn logs(block: &BlockRecord) -> impl Iterator<Item = PlacedLog<'_>> {
    let transactions = block.transactions().zip(0u32..);
    let placed = transactions.flat_map(|((transaction, entries), transaction_index)| {
        let visible = entries.iter().filter(|entry| !entry.internal);
        visible.map(move |entry| (transaction.hash, transaction_index, &entry.log))
    });
    let numbered = placed.zip(0u32..);
    numbered.map(move |((transaction_hash, transaction_index, log), log_index)| PlacedLog {
        block,
        transaction_hash,
        transaction_index,
        log_index,
        log,
    })
}

/// Takes logs one after the other.
pub(super) trait Sink {
    fn log(&mut self, log: &PlacedLog<'_>) -> io::Result<()>;
    /// Writes what is left and gives the file back.
    fn finish(self: Box<Self>) -> io::Result<File>;
}

/// Writes the logs of a range of blocks to a file, which takes its name when it is whole.
///
/// # Errors
/// As for opening a store, [`StoreError::Export`] for a range that ends before it begins or a
/// format that this build does not have, [`StoreError::Io`] for the file.
pub fn export(
    dir: &Path,
    format: ExportFormat,
    range: ExportRange,
    out: &Path,
    maintenance: &Maintenance,
) -> Result<ExportReport, StoreError> {
    let refuse = |fault: String| StoreError::Export { path: out.to_path_buf(), fault };
    let ExportRange { from, to } = range;
    if let Some(to) = to.filter(|to| *to < from) {
        return Err(refuse(format!("the range ends before it begins: {from} to {to}")));
    }
    let _lock = lock_to_read(&*maintenance.disk, dir)?;
    let whole = Whole::open(&Layout::new(dir), maintenance)?;
    if let Tail::Damaged(damage) = whole.tail {
        return Err(damage.into());
    }
    let part = partial(out);
    let file = File::create(&part).map_err(StoreError::io("create", &part))?;
    let written = match sink(format, file) {
        Ok(Some(sink)) => write(&whole, range, sink, out, maintenance),
        Ok(None) => Err(refuse("this build writes no Parquet".to_owned())),
        Err(error) => Err(StoreError::io("write", out)(error)),
    };
    let published = written.and_then(|report| {
        fs::rename(&part, out).map_err(StoreError::io("create", out))?;
        Ok(report)
    });
    published.inspect_err(|_| {
        // Half a file is of no use to anybody.
        let _ = fs::remove_file(&part);
    })
}

fn write(
    whole: &Whole,
    range: ExportRange,
    mut sink: Box<dyn Sink>,
    out: &Path,
    maintenance: &Maintenance,
) -> Result<ExportReport, StoreError> {
    let mut report = ExportReport::default();
    let failed = || StoreError::io("write", out);
    for recovered in whole.records(&maintenance.progress)? {
        let Recovered::Block { block, .. } = recovered? else { continue };
        let height = block.moment.number;
        if height < range.from {
            continue;
        }
        if range.to.is_some_and(|to| height > to) {
            break;
        }
        report.blocks = report.blocks.saturating_add(1);
        for log in logs(&block) {
            sink.log(&log).map_err(failed())?;
            report.logs = report.logs.saturating_add(1);
        }
    }
    let file = sink.finish().map_err(failed())?;
    file.sync_all().map_err(failed())?;
    report.bytes = file.metadata().map_err(failed())?.len();
    Ok(report)
}

fn sink(format: ExportFormat, file: File) -> io::Result<Option<Box<dyn Sink>>> {
    match format {
        ExportFormat::JsonLines => Ok(Some(Box::new(JsonLines(BufWriter::new(file))))),
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => Ok(Some(Box::new(super::parquet::Rows::new(file)?))),
        #[cfg(not(feature = "parquet"))]
        ExportFormat::Parquet => Ok(None),
    }
}

struct JsonLines(BufWriter<File>);

impl Sink for JsonLines {
    fn log(&mut self, placed: &PlacedLog<'_>) -> io::Result<()> {
        let PlacedLog { block, transaction_hash, transaction_index, log_index, log } = placed;
        // Everything is hexadecimal, so nothing needs to be escaped.
        write!(self.0, r#"{{"address":"{:#x}","topics":["#, log.address)?;
        for (place, topic) in log.data.topics().iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(self.0, r#"{comma}"{topic:#x}""#)?;
        }
        write!(self.0, r#"],"data":"{:#x}","blockHash":"{:#x}""#, log.data.data, block.hash)?;
        let (number, timestamp) = (block.moment.number, block.moment.timestamp);
        write!(self.0, r#","blockNumber":"{number:#x}","blockTimestamp":"{timestamp:#x}""#)?;
        write!(self.0, r#","transactionHash":"{transaction_hash:#x}""#)?;
        write!(self.0, r#","transactionIndex":"{transaction_index:#x}""#)?;
        writeln!(self.0, r#","logIndex":"{log_index:#x}","removed":false}}"#)
    }

    fn finish(self: Box<Self>) -> io::Result<File> {
        self.0.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
