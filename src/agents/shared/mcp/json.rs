//! Agents whose settings are JSON with a map of servers: Claude Code, Copilot CLI, Cursor, Gemini CLI.

use super::{Configured, shown};
use crate::core::mcp::McpServer;
use crate::core::problem::Problem;
use crate::system::{System, jsonc};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Reads them all.
pub(super) fn read(projects: &[PathBuf], system: &System, into: &mut Configured) {
    claude_code(projects, system, into);
    let home = |variable: &str, usual: &str| system.path_var(variable).unwrap_or_else(|| system.home.join(usual));
    let copilot = home("COPILOT_HOME", ".copilot");
    file(
        &Place::of_all("copilot-cli", copilot.join("mcp-config.json")),
        system,
        into,
    );
    let gemini = system
        .path_var("GEMINI_CLI_HOME")
        .unwrap_or_else(|| system.home.clone());
    file(
        &Place::of_all("gemini-cli", gemini.join(".gemini/settings.json")),
        system,
        into,
    );
    file(
        &Place::of_all("cursor", system.home.join(".cursor/mcp.json")),
        system,
        into,
    );
    for project in projects {
        for (agent_id, name) in [
            ("copilot-cli", ".copilot/mcp-config.json"),
            ("gemini-cli", ".gemini/settings.json"),
            ("cursor", ".cursor/mcp.json"),
        ] {
            file(&Place::of_project(agent_id, project, name), system, into);
        }
    }
}

/// A settings file and whom it is for.
struct Place<'a> {
    agent_id: &'static str,
    path: PathBuf,
    project: Option<&'a Path>,
}

impl<'a> Place<'a> {
    fn of_all(agent_id: &'static str, path: PathBuf) -> Self {
        Self {
            agent_id,
            path,
            project: None,
        }
    }

    fn of_project(agent_id: &'static str, project: &'a Path, name: &str) -> Self {
        Self {
            agent_id,
            path: project.join(name),
            project: Some(project),
        }
    }
}

fn file(place: &Place<'_>, system: &System, into: &mut Configured) {
    let Some(settings) = load(&place.path, system, into) else {
        return;
    };
    let names = |path: [&str; 2]| names_in(settings.get(path[0]).and_then(|value| value.get(path[1])));
    let mut off = names_in(settings.get("excludeMCPServers"));
    off.extend(names(["mcp", "excluded"]));
    servers(settings.get("mcpServers"), place, &off, system, into);
}

/// `~/.claude.json` has servers for all folders and, by folder, its user's own ones; `.mcp.json` those a project shares.
fn claude_code(projects: &[PathBuf], system: &System, into: &mut Configured) {
    let home = system.var("CLAUDE_CONFIG_DIR").and_then(|list| list.split(',').next());
    let home = home.map_or_else(|| system.home.clone(), |folder| system.expand(folder.trim()));
    let all = Place::of_all("claude-code", home.join(".claude.json"));
    let settings = load(&all.path, system, into).unwrap_or_default();
    servers(settings.get("mcpServers"), &all, &[], system, into);
    let none = Map::new();
    let folders = settings.get("projects").and_then(Value::as_object).unwrap_or(&none);
    for (folder, settings) in folders {
        let own = Place {
            agent_id: all.agent_id,
            path: all.path.clone(),
            project: Some(Path::new(folder)),
        };
        servers(
            settings.get("mcpServers"),
            &own,
            &names_in(settings.get("disabledMcpServers")),
            system,
            into,
        );
    }
    for project in projects {
        let settings = project.to_str().and_then(|project| folders.get(project));
        let off = names_in(settings.and_then(|settings| settings.get("disabledMcpjsonServers")));
        let place = Place::of_project(all.agent_id, project, ".mcp.json");
        if let Some(shared) = load(&place.path, system, into) {
            servers(shared.get("mcpServers"), &place, &off, system, into);
        }
    }
}

/// `{"<name>":{"command":"npx","args":[…],"env":{…}}}`, or `url` with `headers`. Environment and headers are never looked at.
fn servers(value: Option<&Value>, place: &Place<'_>, off: &[String], system: &System, into: &mut Configured) {
    let Some(map) = value.and_then(Value::as_object) else {
        return;
    };
    for (name, settings) in map {
        let text = |key: &str| settings.get(key).and_then(Value::as_str);
        let server = if let Some(command) = text("command") {
            let arguments = settings.get("args").and_then(Value::as_array).into_iter().flatten();
            let arguments = arguments.filter_map(Value::as_str);
            let command = std::iter::once(command).chain(arguments).map(str::to_owned);
            McpServer::local(place.agent_id, name, command.collect())
        } else if let Some(url) = text("url").or_else(|| text("httpUrl")).or_else(|| text("serverUrl")) {
            McpServer::remote(place.agent_id, name, url)
        } else {
            let reason = "an MCP server has neither a command nor a URL";
            into.problems.push(Problem::new(system.tilde(&place.path), reason));
            continue;
        };
        let flag = |key: &str| settings.get(key).and_then(Value::as_bool);
        let is_off = flag("disabled") == Some(true) || flag("enabled") == Some(false) || off.contains(name);
        into.add(server.configured_in(system.tilde(&place.path), place.project.and_then(shown), !is_off));
    }
}

fn load(path: &Path, system: &System, into: &mut Configured) -> Option<Value> {
    match jsonc::read(system, path) {
        Ok(value) => value,
        Err(problem) => {
            into.problems.push(problem);
            None
        }
    }
}

fn names_in(value: Option<&Value>) -> Vec<String> {
    let names = value.and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}
