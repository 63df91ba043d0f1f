//! PostgreSQL: prints a script for `psql`, in one transaction, with the rows as `COPY` blocks.

use super::sql::{definitions, key, merge, plain, quoted, text, write_escaped};
use super::tables::{ColumnKind, Table};
use super::{Cells, Target};
use anyhow::Result;
use std::io::Write;

/// A script on a writer.
pub(crate) struct Postgres<W> {
    out: W,
    exporter: String,
}

impl<W: Write> Postgres<W> {
    /// # Errors
    /// When the writer fails.
    pub(crate) fn new(mut out: W, exporter: &str) -> Result<Self> {
        out.write_all(b"\\set ON_ERROR_STOP on\nbegin;\nset local client_min_messages = warning;\n")?;
        Ok(Self {
            out,
            exporter: exporter.to_owned(),
        })
    }
}

fn type_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "text",
        ColumnKind::Time => "timestamptz",
        ColumnKind::Integer => "bigint",
        ColumnKind::Money => "numeric(18, 9)",
        ColumnKind::Number => "double precision",
        ColumnKind::Flag => "boolean",
        ColumnKind::Json => "jsonb",
    }
}

/// `COPY` has its own escapes, and PostgreSQL holds no NUL.
fn escape(byte: u8) -> Option<&'static [u8]> {
    Some(match byte {
        b'\\' => b"\\\\",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        0 => "\u{fffd}".as_bytes(),
        _ => return None,
    })
}

impl<W: Write> Target for Postgres<W> {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let name = quoted(table.name);
        writeln!(
            self.out,
            "create table if not exists {name} (\n  {},\n  primary key ({})\n);",
            definitions(table, type_of).join(",\n  "),
            key(table)
        )?;
        for column in &table.columns {
            let (column_name, kind) = (quoted(&column.name), type_of(column.kind));
            writeln!(
                self.out,
                "alter table {name} add column if not exists {column_name} {kind};"
            )?;
            if !column.description.is_empty() {
                let about = text(&column.description);
                writeln!(self.out, "comment on column {name}.{column_name} is {about};")?;
            }
        }
        writeln!(
            self.out,
            "create temp table stage (like {name}) on commit drop;\ncopy stage ({}) from stdin;",
            table.names(quoted)
        )?;
        Ok(())
    }

    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()> {
        for (at, (cell, column)) in cells.iter().zip(&table.columns).enumerate() {
            if at > 0 {
                self.out.write_all(b"\t")?;
            }
            match plain(cell, column.kind) {
                Some(value) => write_escaped(&mut self.out, &value, escape)?,
                None => self.out.write_all(b"\\N")?,
            }
        }
        self.out.write_all(b"\n")?;
        Ok(())
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        let merge = merge(table, "stage", &self.exporter);
        write!(self.out, "\\.\n{merge}drop table stage;\n")?;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.out.write_all(b"commit;\n")?;
        self.out.flush()?;
        Ok(())
    }
}
