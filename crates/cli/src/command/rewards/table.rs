//! Recipients as rows of an Apache Parquet file.
//!
//! The same entries give the same bytes: nothing is compressed and no dictionary or statistic is
//! kept, in which versions of the writer could differ, and the writer does not sign with its own.

use super::failure::Failure;
use bondstone_rewards::{Entry, Kind};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Rows of a group.
const GROUP: usize = 1 << 16;

/// Amounts are strings of decimal digits, in smallest units, as in the JSON: no type of the format
/// that tools agree on holds 256 bits.
const SCHEMA: &str = "
    message recipient {
        REQUIRED INT64 chain_id (INTEGER(64, false));
        REQUIRED FIXED_LEN_BYTE_ARRAY(20) account;
        REQUIRED BYTE_ARRAY kind (STRING);
        REQUIRED BYTE_ARRAY amount (STRING);
        REQUIRED BYTE_ARRAY earned (STRING);
        REQUIRED BYTE_ARRAY payable (STRING);
        REQUIRED BYTE_ARRAY released (STRING);
    }";

/// The file.
pub(super) fn bytes(entries: &[Entry]) -> Result<Vec<u8>, Failure> {
    written(entries).map_err(Failure::Table)
}

fn written(entries: &[Entry]) -> Result<Vec<u8>, ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder()
        .set_created_by("bondstone".to_owned())
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    for entries in entries.chunks(GROUP) {
        let mut group = writer.next_row_group()?;
        let mut texts = [kind, amount, earned, payable, released].into_iter();
        while let Some(mut column) = group.next_column()? {
            match column.untyped() {
                ColumnWriter::Int64ColumnWriter(out) => {
                    // Parquet keeps unsigned integers as signed ones of the same bits.
                    let chain = |entry: &Entry| entry.recipient.chain_id.cast_signed();
                    out.write_batch(&entries.iter().map(chain).collect::<Vec<_>>(), None, None)?
                }
                ColumnWriter::FixedLenByteArrayColumnWriter(out) => {
                    let account = |entry: &Entry| -> FixedLenByteArray {
                        ByteArray::from(entry.recipient.account.to_vec()).into()
                    };
                    out.write_batch(&entries.iter().map(account).collect::<Vec<_>>(), None, None)?
                }
                ColumnWriter::ByteArrayColumnWriter(out) => {
                    let text = texts.next().ok_or_else(other_columns)?;
                    let text = |entry: &Entry| ByteArray::from(text(entry).into_bytes());
                    out.write_batch(&entries.iter().map(text).collect::<Vec<_>>(), None, None)?
                }
                _ => return Err(other_columns()),
            };
            column.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}

fn other_columns() -> ParquetError {
    ParquetError::General("the schema has other columns".to_owned())
}

/// As the JSON writes it.
fn kind(entry: &Entry) -> String {
    match entry.recipient.kind {
        Kind::Staker => "staker",
        Kind::Operator => "operator",
        Kind::Contributor => "contributor",
        Kind::Curator => "curator",
        Kind::Leftover => "leftover",
    }
    .to_owned()
}

fn amount(entry: &Entry) -> String {
    entry.amount.to_string()
}

fn earned(entry: &Entry) -> String {
    entry.earned.to_string()
}

fn payable(entry: &Entry) -> String {
    entry.payable.to_string()
}

fn released(entry: &Entry) -> String {
    entry.released.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, U256, keccak256};
    use bondstone_rewards::Recipient;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    use std::io::Write;

    fn entries(count: u64) -> Vec<Entry> {
        let kinds =
            [Kind::Staker, Kind::Operator, Kind::Contributor, Kind::Curator, Kind::Leftover];
        let entry = |(n, kind): (u64, Kind)| Entry {
            recipient: Recipient {
                chain_id: u64::MAX - n,
                account: Address::with_last_byte(7),
                kind,
            },
            amount: U256::from(n),
            earned: U256::MAX >> usize::try_from(n % 256).expect("it is small"),
            payable: U256::from(n * 3),
            released: U256::ZERO,
        };
        (0..count).zip(kinds.into_iter().cycle()).map(entry).collect()
    }

    #[test]
    fn rows_are_the_entries() {
        let entries = entries(70_000);
        let bytes = bytes(&entries).expect("they fit");
        let mut file = tempfile::tempfile().expect("there is room");
        file.write_all(&bytes).expect("it can be written");
        let reader = SerializedFileReader::new(file).expect("it is a table");
        let rows = reader.get_row_iter(None).expect("it has rows");
        let mut count = 0;
        for (row, entry) in rows.zip(&entries) {
            let row = row.expect("it can be read");
            assert_eq!(row.get_ulong(0).expect("a number"), entry.recipient.chain_id);
            assert_eq!(row.get_bytes(1).expect("bytes").data(), entry.recipient.account.as_slice());
            let kind = serde_json::to_value(entry.recipient.kind).expect("it is JSON");
            assert_eq!(kind, row.get_string(2).expect("text").as_str());
            let amounts = [entry.amount, entry.earned, entry.payable, entry.released];
            for (at, amount) in amounts.into_iter().enumerate() {
                assert_eq!(row.get_string(3 + at).expect("text"), &amount.to_string());
            }
            count += 1;
        }
        assert_eq!(count, entries.len());
    }

    #[test]
    fn the_same_entries_are_the_same_bytes_in_every_version() {
        let bytes = bytes(&entries(12)).expect("they fit");
        assert_eq!(
            keccak256(bytes).to_string(),
            "0xd1bd1d8429ca732272400d4f3aeac0c08a9d71d4fcf8fd7382de591f7fc934ee"
        );
        assert!(!super::bytes(&[]).expect("no rows are a table").is_empty());
    }
}
