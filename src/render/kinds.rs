//! Every kind of row that ttop prints, with the command that prints it.

use super::Row;
use super::keys::{self, Key};
use crate::core::rows::{
    ActivityRow, BudgetRow, CostRow, CredRow, DiffRow, DoctorRow, EventRow, InsightRow, LedgerRow, LimitHistoryRow,
    McpRow, PluginRow, PriceRow, ProviderRow, PsRow, SessionRow, ShowRow, StreamRow, ThemeRow, TrendRow, TurnRow,
};
use serde_json::Value;

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
    kind::<TrendRow>("trends"),
    kind::<InsightRow>("insights"),
    kind::<DiffRow>("diff"),
    kind::<ProviderRow>("providers"),
    kind::<LimitHistoryRow>("providers --history"),
    kind::<ActivityRow>("watch"),
    kind::<EventRow>("alert"),
    kind::<StreamRow>("watch --events"),
    kind::<PsRow>("ps"),
    kind::<McpRow>("mcp"),
    kind::<CredRow>("creds"),
    kind::<BudgetRow>("budgets"),
    kind::<PluginRow>("plugin"),
    kind::<PriceRow>("prices"),
    kind::<LedgerRow>("ledger"),
    kind::<DoctorRow>("doctor"),
    kind::<ThemeRow>("theme"),
];

impl RowKind {
    /// By its own name or that of its command.
    pub fn find(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name || row.command == name)
    }
}
