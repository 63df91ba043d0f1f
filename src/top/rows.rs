//! Rows: what the worker sends to the screen, as the commands print it.

use crate::core::money::Money;
use crate::core::process::{Message, Todo};
use crate::core::rows::{
    BudgetRow, CostRow, Explained, LimitHistoryRow, McpRow, ProviderRow, PsRow, SessionRow, ShowChild, ShowModel,
    TurnRow,
};
use crate::core::snapshot::Burn;
use crate::reports::trends::Trends;

/// A part of the screen that has new rows.
#[expect(clippy::large_enum_variant, reason = "one at a time is on its way")]
pub enum Data {
    Live(Vec<PsRow>),
    Cost(Box<CostRows>),
    Plans(PlanRows),
    Trends(Box<TrendRows>),
    Projects(ProjectRows),
    Today(Box<Today>),
    Mcp(Vec<McpRow>),
    Todos {
        session_id: String,
        todos: Vec<Todo>,
    },
    Detail(Box<DetailRows>),
    /// A line for the log.
    Log(String),
    /// An answer to a key, shown for a moment.
    Flash(String),
    /// The filter cannot be used here.
    BadFilter(Option<String>),
    /// Whether records are being read for the first time.
    Reading(bool),
    /// Settings, as `config show` has them.
    Settings(Vec<Setting>),
    /// The clock of the rows.
    Now(i64),
}

/// The header's numbers.
pub struct Today {
    pub total: CostRow,
    /// Tokens of the last hour and the cost of its last quarter.
    pub burn: Burn,
}

/// The cost view.
pub struct CostRows {
    pub sessions: Vec<SessionRow>,
    pub total: CostRow,
    /// What plans cover of the total.
    pub covered: Money,
    /// The same span before the window.
    pub before: Option<CostRow>,
    pub models: Vec<CostRow>,
    pub projects: Vec<CostRow>,
    pub agents: Vec<CostRow>,
    pub budgets: Vec<BudgetRow>,
}

/// The plans view.
#[derive(Default)]
pub struct PlanRows {
    pub providers: Vec<ProviderRow>,
    pub history: Vec<LimitHistoryRow>,
    /// Whether providers are being asked.
    pub is_asking: bool,
}

/// The trends view.
pub struct TrendRows {
    /// The first day: epoch milliseconds.
    pub start: i64,
    pub days: Vec<CostRow>,
    /// By day and model.
    pub split: Vec<CostRow>,
    pub total: CostRow,
    /// As many days before, the days of 53 weeks, and the hours of the week.
    pub compared: Trends,
    pub models: Vec<CostRow>,
}

/// The projects view.
pub struct ProjectRows {
    pub projects: Vec<CostRow>,
    pub total: CostRow,
    /// By project and model.
    pub models: Vec<CostRow>,
    /// By project and agent.
    pub agents: Vec<CostRow>,
    /// By project and day.
    pub days: Vec<CostRow>,
    pub sessions: Vec<SessionRow>,
}

/// The turns behind a number.
#[derive(Default)]
pub struct DetailRows {
    pub session: Option<SessionRow>,
    /// The newest, oldest first.
    pub turns: Vec<TurnRow>,
    pub models: Vec<ShowModel>,
    pub children: Vec<ShowChild>,
    pub messages: Vec<Message>,
    pub todos: Vec<Todo>,
    pub explained: Option<Explained>,
    /// The lines of the pane.
    pub pane: Option<Vec<String>>,
}

/// A key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub default: String,
    pub about: &'static str,
}

/// What the screen asks the worker to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Want(Box<super::wanted::Wanted>),
    /// Read and ask again.
    Refresh,
    /// Bring the pane of this process to the front.
    Jump(u32),
    /// Write a setting, as `config set` does.
    Set {
        key: String,
        value: String,
    },
    /// Send the settings.
    Settings,
}
