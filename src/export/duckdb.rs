//! DuckDB: loads the tables into a database file with the `duckdb` program.

use super::csv::{Csv, path_of};
use super::sql::{definitions, key, merge, quoted, text};
use super::tables::{ColumnKind, Table};
use super::{Cells, Target};
use crate::core::cannot_answer::CannotAnswer;
use crate::system::children;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Loading ten million rows takes a fraction of it.
const PATIENCE: Duration = Duration::from_secs(600);
const NULL: &str = "\\N";

/// A database file. The rows go through files in a private folder, because `duckdb` reads those fastest.
pub(crate) struct DuckDb {
    database: PathBuf,
    exporter: String,
    folder: TempDir,
    files: Csv,
    script: String,
}

impl DuckDb {
    /// # Errors
    /// When there is no folder for temporary files.
    pub(crate) fn new(database: &Path, exporter: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        Ok(Self {
            database: database.to_owned(),
            exporter: exporter.to_owned(),
            files: Csv::with_null(folder.path(), exporter, NULL)?,
            folder,
            script: ".bail on\nset timezone = 'UTC';\nbegin;\n".to_owned(),
        })
    }
}

fn type_of(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "varchar",
        ColumnKind::Time => "timestamptz",
        ColumnKind::Integer => "bigint",
        ColumnKind::Money => "decimal(18, 9)",
        ColumnKind::Number => "double",
        ColumnKind::Flag => "boolean",
        ColumnKind::Json => "json",
    }
}

impl Target for DuckDb {
    fn begin(&mut self, table: &Table) -> Result<()> {
        let name = quoted(table.name);
        writeln!(
            self.script,
            "create table if not exists {name} ({}, primary key ({}));",
            definitions(table, type_of).join(", "),
            key(table)
        )?;
        for column in &table.columns {
            let (column_name, kind) = (quoted(&column.name), type_of(column.kind));
            writeln!(
                self.script,
                "alter table {name} add column if not exists {column_name} {kind};"
            )?;
        }
        let types: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{}: {}", text(&column.name), text(type_of(column.kind))))
            .collect();
        let path = path_of(self.folder.path(), table, &self.exporter, "csv");
        writeln!(
            self.script,
            "create temp table stage as select * from read_csv({}, header = true, delim = ',', quote = '\"', \
             escape = '\"', nullstr = {}, allow_quoted_nulls = false, columns = {{{}}});",
            text(&path.to_string_lossy()),
            text(NULL),
            types.join(", ")
        )?;
        let merge = merge(table, "stage", &self.exporter);
        writeln!(self.script, "{merge}drop table stage;")?;
        self.files.begin(table)
    }

    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()> {
        self.files.row(table, cells)
    }

    fn end(&mut self, table: &Table) -> Result<()> {
        self.files.end(table)
    }

    fn finish(&mut self) -> Result<()> {
        self.script.push_str("commit;\n");
        let database = self.database.as_os_str();
        let ended = match children::run("duckdb", [database], self.script.as_bytes(), PATIENCE) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(CannotAnswer::new(
                    "the duckdb program is not on PATH",
                    "install it, or run: ttop export parquet DIR",
                )
                .into());
            }
            ended => ended.context("duckdb cannot be started")?,
        };
        if !ended.is_success() {
            let reason = String::from_utf8_lossy(&ended.stderr);
            let reason = reason.trim();
            anyhow::bail!("duckdb could not load the tables: {reason}");
        }
        Ok(())
    }
}
