//! `ttop schema`: the schema of each row kind, for programs that read rows.

use super::context::Context;
use crate::exit::Exit;
use crate::render::kinds::{ROWS, RowKind};
use crate::render::types;
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

/// Print the schema of a row kind, or list the row kinds
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Kind of row
    #[arg(value_parser = PossibleValuesParser::new(ROWS.iter().map(possible_value)))]
    row: Option<String>,
    /// Output language
    #[arg(long = "as", value_name = "KIND", default_value = "jsonschema", requires = "row")]
    kind: SchemaKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SchemaKind {
    /// JSON Schema, draft 2020-12
    Jsonschema,
    /// The `columns` argument of DuckDB's `read_ndjson`
    Duckdb,
    /// A Nushell type
    Nu,
}

fn possible_value(row: &RowKind) -> PossibleValue {
    PossibleValue::new(row.name).alias(row.command)
}

impl SchemaArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let text = match self.row.as_deref().and_then(RowKind::find) {
            Some(row) => self.describe(row)?,
            None => ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join("\n"),
        };
        context.out.text(&format!("{text}\n"))?;
        Ok(context.out.outcome())
    }

    fn describe(&self, row: &RowKind) -> Result<String> {
        Ok(match self.kind {
            SchemaKind::Jsonschema => serde_json::to_string_pretty(&(row.schema)())?,
            SchemaKind::Duckdb => types::duckdb(&(row.keys)()),
            SchemaKind::Nu => types::nu(&(row.keys)()),
        })
    }
}
