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
    /// Program and the package or script it runs, without further arguments; null for a remote server.
    pub command: Option<String>,
    /// Host and port of a remote server.
    pub host: Option<String>,
    pub enabled: bool,
    /// The settings file.
    pub source: String,
    /// Folder it is configured for; null if it applies everywhere.
    pub project_path: Option<String>,
    /// Processes that run it for an agent.
    pub pids: Vec<u32>,
    /// Processes that run it although their agent ended.
    pub orphans: Vec<u32>,
}
