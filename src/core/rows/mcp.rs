//! `McpRow`: one configured MCP server, as `ttop mcp` prints it.

use crate::core::mcp::McpKind;
use schemars::JsonSchema;
use serde::Serialize;

/// One configured server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "mcp")]
pub struct McpRow {
    pub agent_id: String,
    pub name: String,
    pub kind: McpKind,
    /// The program and the package or script it runs, without further arguments; null for remote ones.
    pub command: Option<String>,
    /// Host and port of a remote one.
    pub host: Option<String>,
    pub enabled: bool,
    /// The settings file.
    pub source: String,
    /// The folder it is configured for; null where it is for all.
    pub project_path: Option<String>,
    /// Processes that run it for an agent.
    pub pids: Vec<u32>,
    /// Processes that run it although their agent is gone.
    pub orphans: Vec<u32>,
}
