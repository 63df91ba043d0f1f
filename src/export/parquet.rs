//! Parquet: a file for each table, replaced when it is complete.

use super::csv::path_of;
use super::tables::{Column, ColumnKind, Table};
use super::{Cell, Cells, Target};
use crate::core::money::Money;
use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use jiff::Timestamp;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};
use tempfile::NamedTempFile;

/// Columns of text that no two rows share.
const UNIQUE: [&str; 2] = ["turn_id", "message_id"];

/// Rows that are held in memory, and then one group of the file.
const GROUP: usize = 1 << 16;

/// A folder of files: `turns-HOST.parquet`.
pub(crate) struct Parquet {
    folder: PathBuf,
    exporter: String,
    open: Option<Open>,
}

struct Open {
    file: NamedTempFile,
    /// A thread that encodes one group while the rows of the next are made.
    encoder: JoinHandle<Result<()>>,
    groups: SyncSender<Vec<Buffer>>,
    /// Buffers of groups that are written.
    spent: Receiver<Vec<Buffer>>,
    columns: Vec<Buffer>,
    rows: usize,
}

impl Parquet {
    /// # Errors
    /// When there is no such folder and none can be made.
    pub(crate) fn new(folder: &Path, exporter: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            exporter: exporter.to_owned(),
            open: None,
        })
    }
}

/// The values of a column, and for each row whether it has one.
struct Buffer {
    is_present: Vec<i16>,
    values: Values,
}

enum Values {
    Text(Texts),
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Flags(Vec<bool>),
}

/// Texts, one after the other: memory of its own for each would take longer than all the rest of a row.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Texts {
    /// Neighbors mostly share their session, model and project: those are held once.
    fn push(&mut self, text: &str) {
        let range = match self.ranges.last() {
            Some(last) if self.bytes[last.clone()] == *text.as_bytes() => last.clone(),
            _ => {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(text.as_bytes());
                start..self.bytes.len()
            }
        };
        self.ranges.push(range);
    }

    /// What was pushed, which leaves none.
    fn take(&mut self) -> Vec<ByteArray> {
        let bytes = Bytes::from(std::mem::take(&mut self.bytes));
        self.ranges.drain(..).map(|range| bytes.slice(range).into()).collect()
    }
}

impl Buffer {
    fn of(column: &Column) -> Self {
        Self {
            is_present: Vec::with_capacity(GROUP),
            values: match column.kind {
                ColumnKind::Text | ColumnKind::Json => Values::Text(Texts::default()),
                ColumnKind::Integer | ColumnKind::Time | ColumnKind::Money => Values::Integers(Vec::new()),
                ColumnKind::Number => Values::Numbers(Vec::new()),
                ColumnKind::Flag => Values::Flags(Vec::new()),
            },
        }
    }

    fn push(&mut self, cell: Cell<'_>, column: &Column) -> Result<()> {
        self.is_present.push(i16::from(cell != Cell::Null));
        match (&mut self.values, cell) {
            (_, Cell::Null) => {}
            (Values::Text(texts), Cell::Text(text)) => texts.push(text),
            (Values::Integers(values), Cell::Integer(number)) => values.push(number),
            (Values::Integers(values), Cell::Number(dollars)) => values.push(Money::from_dollars(dollars).nanos()),
            (Values::Integers(values), Cell::Text(time)) => {
                let time: Timestamp = time.parse().with_context(|| format!("{time} is no time"))?;
                values.push(time.as_millisecond());
            }
            (Values::Numbers(values), Cell::Number(number)) => values.push(number),
            (Values::Numbers(values), Cell::Integer(number)) => values.push(number as f64),
            (Values::Flags(values), Cell::Flag(flag)) => values.push(flag),
            (_, cell) => anyhow::bail!("{} cannot hold {cell:?}", column.name),
        }
        Ok(())
    }

    /// Writes the values and leaves none.
    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>, is_key: bool) -> Result<()> {
        let levels = (!is_key).then_some(&*self.is_present);
        match &mut self.values {
            Values::Text(texts) => write_to::<ByteArrayType>(writer, &texts.take(), levels)?,
            Values::Integers(values) => {
                write_to::<Int64Type>(writer, values, levels)?;
                values.clear();
            }
            Values::Numbers(values) => {
                write_to::<DoubleType>(writer, values, levels)?;
                values.clear();
            }
            Values::Flags(values) => {
                write_to::<BoolType>(writer, values, levels)?;
                values.clear();
            }
        }
        self.is_present.clear();
        Ok(())
    }
}

fn write_to<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<()> {
    writer.typed::<T>().write_batch(values, levels, None)?;
    Ok(())
}

fn type_of(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.kind {
        ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        ColumnKind::Time => {
            let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (Physical::INT64, Some(logical))
        }
        ColumnKind::Money => (Physical::INT64, Some(LogicalType::decimal(9, 18))),
        ColumnKind::Integer => (Physical::INT64, None),
        ColumnKind::Number => (Physical::DOUBLE, None),
        ColumnKind::Flag => (Physical::BOOLEAN, None),
    };
    let builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(if column.is_key {
            Repetition::REQUIRED
        } else {
            Repetition::OPTIONAL
        })
        .with_logical_type(logical);
    let builder = match column.kind {
        ColumnKind::Money => builder.with_precision(18).with_scale(9),
        _ => builder,
    };
    Ok(builder.build()?)
}

impl Open {
    /// Hands the rows over as one group of the file.
    fn flush(&mut self, table: &Table) {
        if self.rows == 0 {
            return;
        }
        let spent = self.spent.try_recv();
        let empty = spent.unwrap_or_else(|_| table.columns.iter().map(Buffer::of).collect());
        // Without a receiver encoding failed, as its thread reports at the end.
        let _ = self.groups.send(std::mem::replace(&mut self.columns, empty));
        self.rows = 0;
    }
}

/// Writes the groups into the file as they come, and hands their buffers back.
fn encode(
    mut writer: SerializedFileWriter<File>,
    are_keys: &[bool],
    groups: &Receiver<Vec<Buffer>>,
    spent: &Sender<Vec<Buffer>>,
) -> Result<()> {
    for mut columns in groups {
        let mut group = writer.next_row_group()?;
        for (buffer, is_key) in columns.iter_mut().zip(are_keys) {
            let mut writer = group.next_column()?.context("the file has too few columns")?;
            buffer.write(&mut writer, *is_key)?;
            writer.close()?;
        }
        group.close()?;
        // The last group has no row after it to use them.
        let _ = spent.send(columns);
    }
    writer.close()?;
    Ok(())
}

impl Target for Parquet {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let types = table.columns.iter().map(|column| type_of(column).map(Arc::new));
        let schema = Type::group_type_builder(table.name)
            .with_fields(types.collect::<Result<_>>()?)
            .build()?;
        let file = NamedTempFile::new_in(&self.folder)?;
        let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        for column in &table.columns {
            let path = ColumnPath::from(column.name.as_str());
            let is_text = matches!(column.kind, ColumnKind::Text | ColumnKind::Json);
            // A dictionary pays where neighbors share values: counts, moments and ids of turns are their own.
            if !is_text || UNIQUE.contains(&&*column.name) {
                properties = properties.set_column_dictionary_enabled(path.clone(), false);
            }
            // The least and greatest text of a page help no query.
            if is_text {
                properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
            }
        }
        let writer = SerializedFileWriter::new(file.reopen()?, Arc::new(schema), Arc::new(properties.build()))?;
        let are_keys: Vec<bool> = table.columns.iter().map(|column| column.is_key).collect();
        // A group waits until the one before it is written: two are in memory at most.
        let (groups, receive) = sync_channel(0);
        let (give_back, spent) = channel();
        let encoder = thread::Builder::new().spawn(move || encode(writer, &are_keys, &receive, &give_back))?;
        self.open = Some(Open {
            file,
            encoder,
            groups,
            spent,
            columns: table.columns.iter().map(Buffer::of).collect(),
            rows: 0,
        });
        Ok(())
    }

    fn wants_millis(&self) -> bool {
        true
    }

    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()> {
        let open = self.open.as_mut().context("no table was begun")?;
        for ((buffer, cell), column) in open.columns.iter_mut().zip(cells.iter()).zip(&table.columns) {
            buffer.push(cell, column)?;
        }
        open.rows += 1;
        if open.rows == GROUP {
            open.flush(table);
        }
        Ok(())
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        let mut open = self.open.take().context("no table was begun")?;
        open.flush(table);
        drop(open.groups);
        open.encoder.join().map_err(|_| anyhow!("the encoder failed"))??;
        let path = path_of(&self.folder, table, &self.exporter, "parquet");
        let kept = open.file.persist(&path);
        kept.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(())
    }
}
