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
pub mod tables;

pub use cells::{Cell, Cells};
pub use clickhouse::ClickHouse;
pub use csv::Csv;
pub use duckdb::DuckDb;
pub use feed::{Options, feed};
pub use focus::focus;
pub use otlp::{Collector, otlp};
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use postgres::Postgres;
pub use sqlite::Sqlite;

use anyhow::Result;
use tables::Table;

/// A place that tables are written to.
pub trait Target {
    /// # Errors
    /// When the table cannot be made.
    fn begin(&mut self, table: &Table) -> Result<()>;

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
