#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used
    )
)]

pub mod disk;
mod encoding;
pub mod error;
mod frame;
mod journal;
mod layout;
mod maintenance;
mod meta;
pub mod record;
mod recovery;
mod segments;
mod snapshot;
mod store;
mod survey;
mod tip;
mod walk;

pub use encoding::DecodeError;
pub use error::{Damage, Fault, StoreError};
pub use frame::{Batch, FRAME_LIMIT};
pub use maintenance::{
    CheckReport, CompactReport, ExportFormat, ExportRange, ExportReport, Maintenance,
    SnapshotReport, SnapshotState, check, compact, export,
};
pub use meta::{FORMAT_VERSION, Meta};
pub use record::{
    BlockRecord, ClockRecord, Outcome, Position, Record, TransactionRecord, WaitingRecord,
};
pub use recovery::{Notice, Progress, ProgressCallback, Records, Recovered, Recovery, Stage};
pub use snapshot::Snapshot;
pub use store::{Options, Reader, Store};
pub use survey::Head;
pub use walk::TornTail;
