#![doc = include_str!("../README.md")]

pub mod record;

pub use record::{
    BlockRecord, ClockRecord, Outcome, Position, Record, TransactionRecord, WaitingRecord,
};
