//! Logs as rows of an Apache Parquet file.

use super::export::{PlacedLog, Sink};
use parquet::basic::Compression;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// Rows that are held before they are written as a group.
const GROUP: usize = 1 << 16;

const TOPICS: usize = 4;

const SCHEMA: &str = "
    message log {
        REQUIRED INT64 block_number (INTEGER(64, false));
        REQUIRED INT64 block_timestamp (INTEGER(64, false));
        REQUIRED FIXED_LEN_BYTE_ARRAY(32) block_hash;
        REQUIRED FIXED_LEN_BYTE_ARRAY(32) transaction_hash;
        REQUIRED INT32 transaction_index (INTEGER(32, false));
        REQUIRED INT32 log_index (INTEGER(32, false));
        REQUIRED FIXED_LEN_BYTE_ARRAY(20) address;
        OPTIONAL FIXED_LEN_BYTE_ARRAY(32) topic0;
        OPTIONAL FIXED_LEN_BYTE_ARRAY(32) topic1;
        OPTIONAL FIXED_LEN_BYTE_ARRAY(32) topic2;
        OPTIONAL FIXED_LEN_BYTE_ARRAY(32) topic3;
        REQUIRED BYTE_ARRAY data;
    }";

/// A file that is being written.
pub(super) struct Rows {
    writer: SerializedFileWriter<File>,
    columns: Columns,
}

/// The rows of the next group, by column.
#[derive(Default)]
struct Columns {
    block_number: Vec<i64>,
    block_timestamp: Vec<i64>,
    block_hash: Vec<FixedLenByteArray>,
    transaction_hash: Vec<FixedLenByteArray>,
    transaction_index: Vec<i32>,
    log_index: Vec<i32>,
    address: Vec<FixedLenByteArray>,
    /// The values of each topic, and of each row whether it has one.
    topics: [(Vec<FixedLenByteArray>, Vec<i16>); TOPICS],
    data: Vec<ByteArray>,
}

impl Rows {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(file, schema, Arc::new(properties))?;
        Ok(Self { writer, columns: Columns::default() })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let columns = std::mem::take(&mut self.columns);
        if columns.data.is_empty() {
            return Ok(());
        }
        let mut topics = columns.topics.iter();
        let mut group = self.writer.next_row_group()?;
        let mut place = 0usize;
        while let Some(mut column) = group.next_column()? {
            match (place, column.untyped()) {
                (0, ColumnWriter::Int64ColumnWriter(out)) => {
                    out.write_batch(&columns.block_number, None, None)?
                }
                (1, ColumnWriter::Int64ColumnWriter(out)) => {
                    out.write_batch(&columns.block_timestamp, None, None)?
                }
                (2, ColumnWriter::FixedLenByteArrayColumnWriter(out)) => {
                    out.write_batch(&columns.block_hash, None, None)?
                }
                (3, ColumnWriter::FixedLenByteArrayColumnWriter(out)) => {
                    out.write_batch(&columns.transaction_hash, None, None)?
                }
                (4, ColumnWriter::Int32ColumnWriter(out)) => {
                    out.write_batch(&columns.transaction_index, None, None)?
                }
                (5, ColumnWriter::Int32ColumnWriter(out)) => {
                    out.write_batch(&columns.log_index, None, None)?
                }
                (6, ColumnWriter::FixedLenByteArrayColumnWriter(out)) => {
                    out.write_batch(&columns.address, None, None)?
                }
                (_, ColumnWriter::FixedLenByteArrayColumnWriter(out)) => match topics.next() {
                    Some((values, levels)) => out.write_batch(values, Some(levels), None)?,
                    None => 0,
                },
                (_, ColumnWriter::ByteArrayColumnWriter(out)) => {
                    out.write_batch(&columns.data, None, None)?
                }
                _ => return Err(ParquetError::General("the schema has other columns".to_owned())),
            };
            column.close()?;
            place = place.saturating_add(1);
        }
        group.close()?;
        Ok(())
    }
}

impl Sink for Rows {
    fn log(&mut self, placed: &PlacedLog<'_>) -> io::Result<()> {
        let PlacedLog { block, transaction_hash, transaction_index, log_index, log } = placed;
        let topics = log.data.topics();
        if topics.len() > TOPICS {
            let text =
                format!("a log of block {} has {} topics", block.moment.number, topics.len());
            return Err(io::Error::other(text));
        }
        let columns = &mut self.columns;
        // Parquet keeps unsigned integers as signed ones of the same bits.
        columns.block_number.push(block.moment.number.cast_signed());
        columns.block_timestamp.push(block.moment.timestamp.cast_signed());
        columns.block_hash.push(fixed(block.hash.as_slice()));
        columns.transaction_hash.push(fixed(transaction_hash.as_slice()));
        columns.transaction_index.push(transaction_index.cast_signed());
        columns.log_index.push(log_index.cast_signed());
        columns.address.push(fixed(log.address.as_slice()));
        for (place, (values, levels)) in columns.topics.iter_mut().enumerate() {
            let topic = topics.get(place);
            levels.push(topic.is_some().into());
            values.extend(topic.map(|topic| fixed(topic.as_slice())));
        }
        columns.data.push(log.data.data.to_vec().into());
        if columns.data.len() >= GROUP {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<File> {
        self.write_group()?;
        Ok(self.writer.into_inner()?)
    }
}

fn fixed(bytes: &[u8]) -> FixedLenByteArray {
    ByteArray::from(bytes.to_vec()).into()
}
