//! SQLite: writes into a database file, in one transaction.

use super::sql::{definitions, key, merge, quoted};
use super::tables::{ColumnKind, Table};
use super::{Cell, Cells, Target};
use anyhow::{Context, Result};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::path::Path;

/// A database file. Dollars are binary fractions there, because SQLite has no decimals; `round(sum(cost), 9)` is exact.
pub(crate) struct Sqlite {
    connection: Connection,
    exporter: String,
    insert: String,
}

impl Sqlite {
    /// # Errors
    /// When the file is no database or cannot be written.
    pub(crate) fn open(path: &Path, exporter: &str) -> Result<Self> {
        let connection = Connection::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        connection
            .execute_batch("pragma temp_store = memory; begin immediate")
            .with_context(|| format!("{} is no database that can be written", path.display()))?;
        Ok(Self {
            connection,
            exporter: exporter.to_owned(),
            insert: String::new(),
        })
    }
}

fn type_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Time | ColumnKind::Json => "text",
        ColumnKind::Integer | ColumnKind::Flag => "integer",
        ColumnKind::Money | ColumnKind::Number => "real",
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Integer(number) => number.into(),
            Self::Number(number) => number.into(),
            Self::Flag(flag) => flag.into(),
        })
    }
}

impl Target for Sqlite {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let (name, definitions) = (quoted(table.name), definitions(table, type_of).join(", "));
        self.connection.execute_batch(&format!(
            "create table if not exists {name} ({definitions}, primary key ({})) without rowid;",
            key(table)
        ))?;
        // A table of an older ttop lacks the newer columns.
        let mut columns = self.connection.prepare("select name from pragma_table_info(?1)")?;
        let known: Vec<String> = columns
            .query_map([table.name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for column in table.columns.iter().filter(|column| !known.contains(&column.name)) {
            self.connection.execute_batch(&format!(
                "alter table {name} add column {} {}",
                quoted(&column.name),
                type_of(column.kind)
            ))?;
        }
        self.connection.execute_batch(&format!(
            "create temp table stage ({definitions}, primary key ({})) without rowid;",
            key(table)
        ))?;
        let marks = vec!["?"; table.columns.len()].join(", ");
        self.insert = format!("insert or replace into stage values ({marks})");
        Ok(())
    }

    fn row(&mut self, _: &Table, cells: &Cells) -> Result<()> {
        let mut insert = self.connection.prepare_cached(&self.insert)?;
        insert.execute(params_from_iter(cells.iter()))?;
        Ok(())
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        self.connection.flush_prepared_statement_cache();
        self.connection.execute_batch(&merge(table, "stage", &self.exporter))?;
        self.connection.execute_batch("drop table temp.stage")?;
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.connection.execute_batch("commit")?;
        Ok(())
    }
}
