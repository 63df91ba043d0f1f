//! Codex's servers: tables in its TOML settings.

use super::{Configured, shown};
use crate::core::mcp::McpServer;
use crate::core::problem::Problem;
use crate::system::{System, jsonc};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Reads them.
pub(super) fn read(projects: &[PathBuf], system: &System, into: &mut Configured) {
    let home = system
        .path_var("CODEX_HOME")
        .unwrap_or_else(|| system.home.join(".codex"));
    file(&home.join("config.toml"), None, system, into);
    for project in projects {
        file(&project.join(".codex/config.toml"), Some(project), system, into);
    }
}

fn file(path: &Path, project: Option<&Path>, system: &System, into: &mut Configured) {
    let text = match jsonc::read_text(system, path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(problem) => return into.problems.push(problem),
    };
    let settings: Table = match text.parse() {
        Ok(settings) => settings,
        Err(error) => {
            let error: toml::de::Error = error;
            // Its own words quote the line.
            let (line, column) = jsonc::place_of(&text, error.span().map_or(0, |span| span.start));
            let place = format!("{}:{line}:{column}", system.tilde(path));
            return into.problems.push(Problem::new(place, "not valid TOML"));
        }
    };
    let servers = settings.get("mcp_servers").and_then(Value::as_table);
    for (name, settings) in servers.into_iter().flatten() {
        let text = |key: &str| settings.get(key).and_then(Value::as_str);
        let server = if let Some(command) = text("command") {
            let arguments = settings.get("args").and_then(Value::as_array).into_iter().flatten();
            let arguments = arguments.filter_map(Value::as_str);
            let command = std::iter::once(command).chain(arguments).map(str::to_owned);
            McpServer::local("codex", name, command.collect())
        } else if let Some(url) = text("url") {
            McpServer::remote("codex", name, url)
        } else {
            let reason = "an MCP server has neither a command nor a URL";
            into.problems.push(Problem::new(system.tilde(path), reason));
            continue;
        };
        let is_enabled = settings.get("enabled").and_then(Value::as_bool) != Some(false);
        into.add(server.configured_in(system.tilde(path), project.and_then(shown), is_enabled));
    }
}
