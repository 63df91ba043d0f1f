//! `PsRow`: a running process of an agent and its status, as `ttop ps` prints it.

use super::Text;
use crate::core::money::{CostStatus, Money};
use crate::core::process::{Match, Role};
use crate::core::status::{Status, StatusSource};
use crate::core::tokens::Tokens;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One running process, with one of the sessions it shows.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "ps")]
pub struct PsRow {
    pub pid: u32,
    pub agent_id: Text,
    pub role: Role,
    pub session_id: Option<Text>,
    /// How the session of the process was determined.
    pub r#match: Match,
    pub status: Status,
    /// The running tool, `generating` or `compacting`.
    pub activity: Option<String>,
    pub status_source: StatusSource,
    /// How long the status has lasted: milliseconds.
    pub since_ms: Option<i64>,
    pub session_name: Option<Text>,
    /// The repository root or first working directory of the session, as recorded.
    pub project_path: Option<Text>,
    /// The working directory of the process.
    pub cwd: Option<String>,
    /// `pts/3`.
    pub tty: Option<String>,
    /// tmux target, such as `main:1.0`.
    pub tmux_pane: Option<String>,
    /// The pane of its terminal multiplexer: `tmux:main:1.0`, `zellij:work:3`, `wezterm:7`, `kitty:5`, `screen:12.api:2`.
    pub pane: Option<String>,
    pub provider_id: Option<Text>,
    pub model_id: Option<Text>,
    pub turns: Option<u64>,
    pub tokens: Tokens,
    /// US dollars.
    pub cost: Option<Money>,
    /// Null if there are no turns.
    pub cost_status: Option<CostStatus>,
    /// Last line of the agent's reply, with --text.
    pub last_text: Option<String>,
    /// CPU use in percent of one core, during the scan.
    pub cpu_percent: Option<f64>,
    /// Resident memory.
    pub memory_bytes: Option<u64>,
    /// Epoch milliseconds UTC.
    pub started_at: Option<i64>,
    pub uptime_ms: Option<i64>,
    /// Version of the agent.
    pub version: Option<String>,
    /// The remote that it runs on, by its name in the configuration; null for this machine.
    pub host: Option<String>,
}
