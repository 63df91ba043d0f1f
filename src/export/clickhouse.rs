//! ClickHouse: prints a script for `clickhouse client --multiquery`.
//!
//! Tables replace rows of the same key by their newest version. A run inserts every row with a new version, then deletes
//! what is left of this machine's older ones.

use super::sql::write_escaped;
use super::tables::{Column, ColumnKind, Table};
use super::{Cell, Cells, Target};
use anyhow::Result;
use std::io::Write;

/// Rows of one `insert`: ClickHouse makes a part of each.
const BATCH: usize = 100_000;

/// A script on a writer.
pub(crate) struct ClickHouse<W> {
    out: W,
    exporter: String,
    /// Milliseconds: larger in each run.
    version: i64,
    rows: usize,
}

impl<W: Write> ClickHouse<W> {
    pub(crate) fn new(out: W, exporter: &str, version: i64) -> Self {
        Self {
            out,
            exporter: exporter.to_owned(),
            version,
            rows: 0,
        }
    }
}

fn name(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

fn type_of(column: &Column) -> String {
    let kind = match column.kind {
        ColumnKind::Text | ColumnKind::Json => "String",
        ColumnKind::Time => "DateTime64(3, 'UTC')",
        ColumnKind::Integer => "Int64",
        ColumnKind::Money => "Decimal(18, 9)",
        ColumnKind::Number => "Float64",
        ColumnKind::Flag => "Bool",
    };
    if column.is_key {
        kind.to_owned()
    } else {
        format!("Nullable({kind})")
    }
}

fn escape(byte: u8) -> Option<&'static [u8]> {
    Some(match byte {
        b'\\' => b"\\\\",
        b'\'' => b"\\'",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        0 => b"\\0",
        _ => return None,
    })
}

fn write_text(out: &mut impl Write, value: &str) -> std::io::Result<()> {
    out.write_all(b"'")?;
    write_escaped(out, value, escape)?;
    out.write_all(b"'")
}

impl<W: Write> Target for ClickHouse<W> {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("  {} {}", name(&column.name), type_of(column)))
            .collect();
        let key: Vec<String> = table.key.iter().map(|key| name(key)).collect();
        writeln!(
            self.out,
            "create table if not exists {} (\n{},\n  `version` Int64\n) engine = ReplacingMergeTree(`version`) order by ({});",
            name(table.name),
            columns.join(",\n"),
            key.join(", ")
        )?;
        for column in table.columns.iter().filter(|column| !column.is_key) {
            writeln!(
                self.out,
                "alter table {} add column if not exists {} {};",
                name(table.name),
                name(&column.name),
                type_of(column)
            )?;
        }
        self.rows = 0;
        Ok(())
    }

    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()> {
        if self.rows.is_multiple_of(BATCH) {
            let end = if self.rows > 0 { ";\n" } else { "" };
            let names = table.names(name);
            write!(
                self.out,
                "{end}insert into {} ({names}, `version`) values",
                name(table.name)
            )?;
        }
        self.out.write_all(if self.rows.is_multiple_of(BATCH) {
            b"\n("
        } else {
            b",\n("
        })?;
        self.rows += 1;
        for (cell, column) in cells.iter().zip(&table.columns) {
            match cell {
                Cell::Null => self.out.write_all(b"NULL")?,
                // Without its letters, a moment has one form in every version of ClickHouse.
                Cell::Text(text) if column.kind == ColumnKind::Time => {
                    write_text(&mut self.out, &text.replace('T', " ").replace('Z', ""))?;
                }
                Cell::Text(text) => write_text(&mut self.out, text)?,
                cell => {
                    let plain = super::sql::plain(cell, column.kind);
                    self.out.write_all(plain.unwrap_or_default().as_bytes())?;
                }
            }
            self.out.write_all(b",")?;
        }
        write!(self.out, "{})", self.version)?;
        Ok(())
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        if self.rows > 0 {
            self.out.write_all(b";\n")?;
        }
        write!(self.out, "delete from {} where `exported_by` = ", name(table.name))?;
        write_text(&mut self.out, &self.exporter)?;
        writeln!(self.out, " and `version` < {};", self.version)?;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.out.flush()?;
        Ok(())
    }
}
