//! `ttop export`: writes what the ledger holds into the tables of other programs.
//!
//! A table is described once, from the JSON Schema of its row; every target makes its own types from that. A target gets
//! all rows of this machine each time and corrects what it holds: new rows come in, changed ones change, and rows that the
//! ledger no longer has go.

mod cells;
mod clickhouse;
mod csv;
mod duckdb;
mod feed;
mod focus;
mod otlp;
#[cfg(feature = "parquet")]
mod parquet;
mod postgres;
mod sql;
mod sqlite;
pub(crate) mod tables;

pub(crate) use cells::{Cell, Cells};
pub(crate) use clickhouse::ClickHouse;
pub(crate) use csv::Csv;
pub(crate) use duckdb::DuckDb;
pub(crate) use feed::{Options, feed};
pub(crate) use focus::focus;
pub(crate) use otlp::{Collector, otlp};
#[cfg(feature = "parquet")]
pub(crate) use parquet::Parquet;
pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;

use anyhow::Result;
use tables::Table;

/// A place that tables are written to.
pub(crate) trait Target {
    /// # Errors
    /// When the table cannot be made.
    fn begin(&mut self, table: &Table) -> Result<()>;

    /// Whether moments are wanted as epoch milliseconds where a row has them, too: no text is then made of them.
    fn wants_millis(&self) -> bool {
        false
    }

    /// # Errors
    /// When the row cannot be written.
    fn row(&mut self, table: &Table, cells: &Cells) -> Result<()>;

    /// # Errors
    /// When the rows cannot be kept.
    fn end(&mut self, table: &Table) -> Result<()>;

    /// # Errors
    /// When the tables cannot be kept.
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
