//! `ttop schema`: what each kind of row consists of, for programs that read it.

use super::context::Context;
use crate::core::rows::{
    ActivityRow, BudgetRow, CostRow, CredRow, DoctorRow, EventRow, LedgerRow, LimitHistoryRow, McpRow, PriceRow,
    ProviderRow, PsRow, SessionRow, ShowRow, StreamRow, TurnRow,
};
use crate::exit::Exit;
use crate::render::keys::{self, Key};
use crate::render::{Row, types};
use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use serde_json::Value;

/// Show what a kind of row consists of; without one, list them all
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// The kind of row
    #[arg(value_parser = PossibleValuesParser::new(ROWS.iter().map(RowKind::possible_value)))]
    row: Option<String>,
    /// In which words
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

/// A kind of row that ttop prints.
pub struct RowKind {
    pub name: &'static str,
    /// The command that prints it.
    pub command: &'static str,
    pub schema: fn() -> Value,
    pub keys: fn() -> Vec<Key>,
}

const fn kind<R: Row>(command: &'static str) -> RowKind {
    RowKind {
        name: R::NAME,
        command,
        schema: keys::schema::<R>,
        keys: keys::keys::<R>,
    }
}

/// Every kind of row.
pub const ROWS: &[RowKind] = &[
    kind::<TurnRow>("turns"),
    kind::<SessionRow>("sessions"),
    kind::<ShowRow>("show"),
    kind::<CostRow>("cost"),
    kind::<ProviderRow>("providers"),
    kind::<LimitHistoryRow>("providers --history"),
    kind::<ActivityRow>("watch"),
    kind::<EventRow>("alert"),
    kind::<StreamRow>("watch --events"),
    kind::<PsRow>("ps"),
    kind::<McpRow>("mcp"),
    kind::<CredRow>("creds"),
    kind::<BudgetRow>("budgets"),
    kind::<PriceRow>("prices"),
    kind::<LedgerRow>("ledger"),
    kind::<DoctorRow>("doctor"),
];

impl RowKind {
    fn possible_value(&self) -> PossibleValue {
        PossibleValue::new(self.name).alias(self.command)
    }

    /// By its own name or that of its command.
    pub fn find(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name || row.command == name)
    }
}

impl SchemaArgs {
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(&self, context: &mut Context) -> Result<Exit> {
        let text = match self.row.as_deref().and_then(RowKind::find) {
            Some(row) => self.describe(row)?,
            None => ROWS.iter().map(|row| row.name).collect::<Vec<_>>().join("\n"),
        };
        context.text(format!("{text}\n").as_bytes())?;
        Ok(context.outcome())
    }

    fn describe(&self, row: &RowKind) -> Result<String> {
        Ok(match self.kind {
            SchemaKind::Jsonschema => serde_json::to_string_pretty(&(row.schema)())?,
            SchemaKind::Duckdb => types::duckdb(&(row.keys)()),
            SchemaKind::Nu => types::nu(&(row.keys)()),
        })
    }
}
