//! OpenCode's servers: several files are merged, later ones win.

use super::{Configured, shown};
use crate::agents::opencode::{OPENCODE, config_paths};
use crate::core::mcp::McpServer;
use crate::core::problem::Problem;
use crate::system::{System, jsonc};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A project's own files, in the order they are merged.
const NAMES: [&str; 4] = [
    "opencode.json",
    "opencode.jsonc",
    ".opencode/opencode.json",
    ".opencode/opencode.jsonc",
];

/// A server's settings, merged, and the file that had the last word.
#[derive(Clone)]
struct Merged {
    settings: Map<String, Value>,
    source: String,
    project: Option<PathBuf>,
}

type All = Vec<(String, Merged)>;

/// Reads them; each project starts from what counts for all folders.
pub(super) fn read(projects: &[PathBuf], system: &System, into: &mut Configured) {
    let mut all = All::new();
    for path in config_paths(system) {
        merge(&mut all, load(&path, system, into), &system.tilde(&path), None);
    }
    if let Some(text) = system.var("OPENCODE_CONFIG_CONTENT") {
        merge(&mut all, jsonc::parse(text).ok(), "$OPENCODE_CONFIG_CONTENT", None);
    }
    let mut merged = all.clone();
    if system.var("OPENCODE_DISABLE_PROJECT_CONFIG").is_none() {
        for project in projects {
            for name in NAMES {
                let path = project.join(name);
                merge(
                    &mut merged,
                    load(&path, system, into),
                    &system.tilde(&path),
                    Some(project),
                );
            }
        }
    }
    for (name, server) in merged {
        match made(&name, &server) {
            Some(server) => into.add(server),
            // A project may switch off a server that is configured nowhere.
            None if server.project.is_some() => {}
            None => {
                let reason = "an MCP server has neither a command nor a URL";
                into.problems.push(Problem::new(&server.source, reason));
            }
        }
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

fn merge(all: &mut All, config: Option<Value>, source: &str, project: Option<&PathBuf>) {
    let Some(Value::Object(servers)) = config.and_then(|mut config| config.get_mut("mcp").map(Value::take)) else {
        return;
    };
    for (name, settings) in servers {
        let Value::Object(settings) = settings else { continue };
        match all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                known.settings.extend(settings);
                source.clone_into(&mut known.source);
                known.project = project.cloned();
            }
            None => all.push((
                name,
                Merged {
                    settings,
                    source: source.to_owned(),
                    project: project.cloned(),
                },
            )),
        }
    }
}

/// `{"type":"local","command":["npx","-y","x"],"environment":{…},"enabled":true}`, `{"type":"remote","url":…,"headers":{…}}`
fn made(name: &str, merged: &Merged) -> Option<McpServer> {
    let settings = &merged.settings;
    let server = match (settings.get("command"), settings.get("url").and_then(Value::as_str)) {
        (Some(Value::Array(words)), _) => {
            let words = words.iter().filter_map(Value::as_str).map(str::to_owned);
            McpServer::local(OPENCODE.id, name, words.collect())
        }
        (Some(Value::String(word)), _) => McpServer::local(OPENCODE.id, name, vec![word.clone()]),
        (_, Some(url)) => McpServer::remote(OPENCODE.id, name, url),
        _ => return None,
    };
    let is_enabled = settings.get("enabled").and_then(Value::as_bool) != Some(false);
    let project = merged.project.as_deref().and_then(shown);
    Some(server.configured_in(merged.source.clone(), project, is_enabled))
}
