//! `ttop schema`: the schema of each row kind, for programs that read rows.

use super::context::Context;
use crate::core::bad_request::BadRequest;
use crate::exit::Exit;
use crate::render::kinds::{ROWS, RowKind};
use crate::render::types;
use crate::system::config::schema::schema;
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

/// The name of the configuration file's schema.
const CONFIG: &str = "config";

/// Print the schema of a row kind or of the configuration
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// Kind of row, or `config`
    #[arg(value_parser = PossibleValuesParser::new(ROWS.iter().map(possible_value).chain([PossibleValue::new(CONFIG)])))]
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
        let is_config = self.row.as_deref() == Some(CONFIG);
        if is_config && self.kind != SchemaKind::Jsonschema {
            return Err(BadRequest::new("the configuration only has a JSON Schema").into());
        }
        let text = match self.row.as_deref().and_then(RowKind::find) {
            _ if is_config => serde_json::to_string_pretty(schema())?,
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
