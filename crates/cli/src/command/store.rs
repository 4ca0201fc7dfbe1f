//! `bondstone store`: look at a chain on disk, make it smaller, take its logs out.

use crate::data_dir::DataDir;
use crate::progress;
use bondstone_store::{
    CheckReport, CompactReport, ExportFormat, ExportRange, ExportReport, Head, Maintenance,
    Progress, ProgressCallback, SnapshotReport, SnapshotState, Stage, StoreError, check, compact,
    export,
};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Works on a chain that no node has open. Exit code 0: all is well; 1: damage was found; 2: wrong
/// usage, or a store that cannot be used: none there, in use, another format, unreadable.
#[derive(Debug, Args)]
pub(crate) struct Store {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read everything; verify checksums, the hash chain from the first block on, and snapshots.
    Check {
        #[command(flatten)]
        dir: DataDir,
        /// Move everything from the first damage on into DIR/cut/N, so that the chain opens without
        /// it. Blocks in it that were acknowledged are then no longer in the chain.
        #[arg(long)]
        cut_tail: bool,
        /// Print a JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Rewrite the journal without blocks that were taken back and records that no longer matter.
    /// The chain stays the same; the next start folds all of it, because snapshots are removed.
    Compact {
        #[command(flatten)]
        dir: DataDir,
        /// Print a JSON object instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Write the logs of all transactions to a file.
    Export {
        #[command(flatten)]
        dir: DataDir,
        /// A JSON object a line as eth_getLogs returns it, or an Apache Parquet file.
        #[arg(long, value_enum, default_value_t = Format::Jsonl)]
        format: Format,
        /// The file; it appears when it is whole.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// First block.
        #[arg(long, value_name = "N", default_value_t = 0)]
        from_block: u64,
        /// Last block [default: the last of the chain].
        #[arg(long, value_name = "N")]
        to_block: Option<u64>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Jsonl,
    Parquet,
}

impl Store {
    /// Does it and prints what came of it.
    pub(crate) fn run(self) -> ExitCode {
        let (What::Check { dir, .. } | What::Compact { dir, .. } | What::Export { dir, .. }) =
            &self.what;
        let Some(dir) = dir.path() else {
            return refused("there is no home directory; say where the chain is with --data-dir");
        };
        let bar = progress::bar(progress::BYTES, None);
        let told = bar.clone();
        let progress = ProgressCallback::new(move |progress| tell(&told, progress));
        let maintenance = Maintenance { progress, ..Maintenance::default() };
        let done = self.what.run(&dir, &maintenance);
        bar.finish_and_clear();
        match done {
            Ok((text, exit)) => {
                // Who closed the pipe does not want the answer.
                let _ = stdout().write_all(text.as_bytes());
                exit
            }
            Err(error @ StoreError::Damaged(_)) => {
                refused(&error.to_string());
                ExitCode::from(1)
            }
            Err(error) => refused(&error.to_string()),
        }
    }
}

impl What {
    fn run(self, dir: &Path, on: &Maintenance) -> Result<(String, ExitCode), StoreError> {
        match self {
            Self::Check { cut_tail, json, .. } => {
                let report = check(dir, cut_tail, on)?;
                let exit = ExitCode::from(u8::from(report.is_damaged()));
                let text = if json { line(&check_json(&report)) } else { check_text(&report) };
                Ok((text, exit))
            }
            Self::Compact { json, .. } => {
                let report = compact(dir, on)?;
                let text = if json { line(&compact_json(&report)) } else { compact_text(&report) };
                Ok((text, ExitCode::SUCCESS))
            }
            Self::Export { format, out, from_block, to_block, .. } => {
                let format = match format {
                    Format::Jsonl => ExportFormat::JsonLines,
                    Format::Parquet => ExportFormat::Parquet,
                };
                let range = ExportRange { from: from_block, to: to_block };
                let ExportReport { blocks, logs, bytes } = export(dir, format, range, &out, on)?;
                let out = out.display();
                let text = format!("{logs} logs of {blocks} blocks, {bytes} bytes, in {out}\n");
                Ok((text, ExitCode::SUCCESS))
            }
        }
    }
}

fn refused(why: &str) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(stderr(), "error: {why}");
    ExitCode::from(2)
}

fn tell(bar: &ProgressBar, progress: Progress) {
    let verb = match progress.stage {
        Stage::Checking => "checking",
        Stage::Reading => "reading",
    };
    bar.set_length(progress.total_bytes);
    bar.set_position(progress.bytes);
    bar.set_message(format!("{verb}, {} blocks", progress.blocks));
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

fn check_text(report: &CheckReport) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<14}{value}");
    };
    row("chain id", report.meta.chain_id.to_string());
    row("last block", report.head.map_or("none".to_owned(), head_text));
    row("blocks", format!("{}, and {} taken back", report.blocks, report.rewound_blocks));
    row("transactions", report.transactions.to_string());
    row("entries", report.entries.to_string());
    row("journal", format!("{} bytes, {} frames", report.journal_bytes, report.frames));
    for SnapshotReport { path, head, state } in &report.snapshots {
        let of = head.map_or(String::new(), |head| format!(" of block {}", head.height));
        let state = match state {
            SnapshotState::Usable => "usable".to_owned(),
            SnapshotState::Rewound => "of no use, its block was taken back".to_owned(),
            SnapshotState::Broken(fault) => format!("damaged: {fault}"),
        };
        row("snapshot", format!("{}{of}: {state}", path.display()));
    }
    if let Some(torn) = &report.torn {
        let place = format!("{} at byte {}", torn.path.display(), torn.byte);
        let what = "of a write that was never acknowledged; the next start cuts them off";
        row("torn", format!("{} bytes {what}: {place}", torn.bytes));
    }
    if let Some(damage) = &report.damage {
        row("damage", damage.to_string());
        if report.moved_to.is_none() {
            row("", "--cut-tail moves the rest aside, so that the chain opens without it".into());
        }
    }
    if let Some(aside) = &report.moved_to {
        row("moved", format!("everything from there on is in {}", aside.display()));
    }
    row("verdict", if report.is_damaged() { "damaged" } else { "whole" }.to_owned());
    text
}

fn head_text(head: Head) -> String {
    format!("{} {}", head.height, head.hash)
}

fn check_json(report: &CheckReport) -> Value {
    let head = |head: Head| json!({ "number": head.height, "hash": head.hash.to_string() });
    let snapshot = |snapshot: &SnapshotReport| {
        let (state, fault) = match &snapshot.state {
            SnapshotState::Usable => ("usable", None),
            SnapshotState::Rewound => ("rewound", None),
            SnapshotState::Broken(fault) => ("damaged", Some(fault)),
        };
        let block = snapshot.head.map(head);
        json!({ "path": snapshot.path, "block": block, "state": state, "fault": fault })
    };
    json!({
        "damaged": report.is_damaged(),
        "formatVersion": report.meta.format_version,
        "chainId": report.meta.chain_id,
        "genesis": report.meta.genesis.map(|hash| hash.to_string()),
        "lastBlock": report.head.map(head),
        "blocks": report.blocks,
        "rewoundBlocks": report.rewound_blocks,
        "transactions": report.transactions,
        "entries": report.entries,
        "frames": report.frames,
        "journalBytes": report.journal_bytes,
        "snapshots": report.snapshots.iter().map(snapshot).collect::<Vec<_>>(),
        "torn": report.torn.as_ref().map(|torn| json!({
            "path": torn.path,
            "byte": torn.byte,
            "bytes": torn.bytes,
            "fault": torn.fault.to_string(),
        })),
        "damage": report.damage.as_ref().map(|damage| json!({
            "path": damage.path,
            "byte": damage.byte,
            "frame": damage.sequence,
            "fault": damage.fault.to_string(),
        })),
        "movedTo": report.moved_to,
    })
}

fn compact_text(report: &CompactReport) -> String {
    let CompactReport { bytes_before, bytes_after, blocks, dropped_blocks, dropped_records } =
        report;
    format!(
        "{bytes_before} bytes before, {bytes_after} after: {blocks} blocks kept, \
         {dropped_blocks} taken back and {dropped_records} other records dropped\n"
    )
}

fn compact_json(report: &CompactReport) -> Value {
    json!({
        "bytesBefore": report.bytes_before,
        "bytesAfter": report.bytes_after,
        "blocks": report.blocks,
        "droppedBlocks": report.dropped_blocks,
        "droppedRecords": report.dropped_records,
    })
}
