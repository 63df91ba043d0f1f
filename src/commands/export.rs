//! `ttop export`: writes turns, sessions, limits and prices into the tables of other programs.

use super::context::Context;
use crate::args::Filters;
use crate::core::bad_request::BadRequest;
use crate::core::filter::TurnFilter;
use crate::core::rows::CostRow;
use crate::exit::Exit;
use crate::export::{self, Collector, Target, tables};
use crate::render::{OutputError, Pipe};
use crate::system::System;
use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use std::io;
use std::path::PathBuf;

/// Write turns, sessions and prices into tables of other programs
///
/// Each run brings the tables up to date: it adds new rows, corrects changed ones and removes rows that the ledger no
/// longer has. Several machines can export into the same tables.
#[derive(Args, Debug)]
#[command(subcommand_value_name = "TARGET", subcommand_help_heading = "Targets")]
pub struct ExportArgs {
    #[command(subcommand)]
    target: ExportTarget,
}

#[derive(Subcommand, Debug)]
enum ExportTarget {
    /// Write CSV files into a folder
    Csv {
        /// Folder for the files; one per table and machine
        folder: PathBuf,
        #[command(flatten)]
        what: What,
    },
    /// Write Parquet files into a folder
    #[cfg(feature = "parquet")]
    Parquet {
        /// Folder for the files; one per table and machine
        folder: PathBuf,
        #[command(flatten)]
        what: What,
    },
    /// Update the tables of an SQLite database
    Sqlite {
        /// Database file, created if missing
        database: PathBuf,
        #[command(flatten)]
        what: What,
    },
    /// Update the tables of a DuckDB database, with the duckdb program
    Duckdb {
        /// Database file, created if missing
        database: PathBuf,
        #[command(flatten)]
        what: What,
    },
    /// Print SQL for psql that updates the tables of a PostgreSQL database
    Postgres {
        #[command(flatten)]
        what: What,
    },
    /// Print SQL for clickhouse-client that updates the tables of a ClickHouse database
    Clickhouse {
        #[command(flatten)]
        what: What,
    },
    /// Print charges in FOCUS columns, for cost tools
    Focus {
        /// Name of this machine in the tags [default: its host name]
        #[arg(long, value_name = "NAME")]
        host: Option<String>,
        #[command(flatten)]
        filters: Filters,
    },
    /// Send spans and metrics to an OpenTelemetry collector
    ///
    /// Reads extra headers, such as a token, from OTEL_EXPORTER_OTLP_HEADERS.
    Otlp {
        /// URL of the collector [default: OTEL_EXPORTER_OTLP_ENDPOINT, else http://localhost:4318]
        #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
        endpoint: Option<String>,
        /// Name of this machine [default: its host name]
        #[arg(long, value_name = "NAME")]
        host: Option<String>,
        #[command(flatten)]
        filters: Filters,
    },
}

#[derive(Args, Debug)]
struct What {
    /// Only export this table; repeatable
    #[arg(long = "table", value_name = "TABLE", value_parser = PossibleValuesParser::new(tables::NAMES))]
    tables: Vec<String>,
    /// Leave out titles, tasks, branches and message ids, and replace project paths by a hash
    #[arg(long)]
    private: bool,
    /// Name of this machine in the tables [default: its host name]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
}

impl ExportArgs {
    /// # Errors
    /// When the ledger is damaged or the target cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        match &self.target {
            ExportTarget::Csv { folder, what } => {
                run(context, what, |host, _| Ok(Box::new(export::Csv::new(folder, host)?)))
            }
            #[cfg(feature = "parquet")]
            ExportTarget::Parquet { folder, what } => run(context, what, |host, _| {
                Ok(Box::new(export::Parquet::new(folder, host)?))
            }),
            ExportTarget::Sqlite { database, what } => run(context, what, |host, _| {
                Ok(Box::new(export::Sqlite::open(database, host)?))
            }),
            ExportTarget::Duckdb { database, what } => run(context, what, |host, _| {
                Ok(Box::new(export::DuckDb::new(database, host)?))
            }),
            ExportTarget::Postgres { what } => {
                pipe("psql")?;
                run(context, what, |host, _| {
                    Ok(Box::new(export::Postgres::new(pipe("psql")?, host)?))
                })
            }
            ExportTarget::Clickhouse { what } => {
                pipe("clickhouse-client")?;
                run(context, what, |host, now| {
                    Ok(Box::new(export::ClickHouse::new(pipe("clickhouse-client")?, host, now)))
                })
            }
            ExportTarget::Focus { host, filters } => focus(context, host.as_deref(), filters),
            ExportTarget::Otlp {
                endpoint,
                host,
                filters,
            } => otlp(context, endpoint.as_deref(), host.as_deref(), filters),
        }
    }
}

fn run<'t>(
    context: &mut Context,
    what: &What,
    open: impl Fn(&str, i64) -> Result<Box<dyn Target + 't>>,
) -> Result<Exit> {
    let options = export::Options {
        host: host_of(context, what.host.as_deref())?,
        only: what.tables.clone(),
        is_private: what.private,
    };
    let written = context.report(&TurnFilter::default(), |engine, _| {
        let mut target = open(&options.host, engine.system.now)?;
        export::feed(engine, &options, &mut *target)
    });
    let written = written.map_err(closed)?;
    let counts: Vec<String> = written.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
    context.out.note(&format!("ttop: exported {}", counts.join(", ")));
    Ok(context.out.outcome())
}

/// Stdout, for a program that reads it; a terminal is none.
fn pipe(reader: &str) -> Result<Pipe, BadRequest> {
    Pipe::open()
        .ok_or_else(|| BadRequest::new("stdout is a terminal").with_hint(format!("send the output to {reader}")))
}

/// A reader that went away is no failure, whatever wrote to it.
fn closed(error: anyhow::Error) -> anyhow::Error {
    let is_closed = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe);
    if is_closed {
        return OutputError(io::ErrorKind::BrokenPipe.into()).into();
    }
    error
}

fn focus(context: &mut Context, host: Option<&str>, filters: &Filters) -> Result<Exit> {
    let host = host_of(context, host)?;
    let filters = filters.text();
    let filter = context.engine.filter(&filters)?;
    pipe("a file")?;
    let written = context.report(&filter, |engine, out| {
        out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, false)?;
        export::focus(engine, &filter, &host, pipe("a file")?)
    });
    written.map_err(closed)?;
    Ok(context.out.outcome())
}

fn otlp(context: &mut Context, endpoint: Option<&str>, host: Option<&str>, filters: &Filters) -> Result<Exit> {
    let host = host_of(context, host)?;
    let filters = filters.text();
    let filter = context.engine.filter(&filters)?;
    let collector = Collector::new(endpoint, host, &context.engine.system)?;
    let sent = context.report(&filter, |engine, out| {
        out.report_unknown(&engine.unknown_names::<CostRow>(&filters, &[])?, false)?;
        export::otlp(engine, &filter, &collector)
    })?;
    let note = format!("ttop: sent {} spans and {} metrics", sent.spans, sent.metrics);
    context.out.note(&note);
    Ok(context.out.outcome())
}

/// The name of this machine.
fn host_of(context: &Context, given: Option<&str>) -> Result<String, BadRequest> {
    let name = match given {
        Some(name) => name.to_owned(),
        None if context.engine.is_sample() => "demo".to_owned(),
        None => System::host_name(),
    };
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(BadRequest::new("this machine has no usable name").with_hint("give one with --host NAME"));
    }
    Ok(name)
}
