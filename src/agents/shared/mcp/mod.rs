//! MCP servers as agents' settings name them: of all folders, and of the projects in question.

mod codex;
mod json;
mod opencode;

use crate::core::mcp::McpServer;
use crate::core::problem::Problem;
use crate::system::System;
use std::path::{Path, PathBuf};

/// The servers found, and problems.
#[derive(Default)]
pub struct Configured {
    pub servers: Vec<McpServer>,
    pub problems: Vec<Problem>,
}

impl Configured {
    /// Adds a server, or takes the place of one of the same name and file.
    fn add(&mut self, server: McpServer) {
        let known = self.servers.iter_mut().find(|known| {
            (&known.agent_id, &known.name, &known.source, &known.project)
                == (&server.agent_id, &server.name, &server.source, &server.project)
        });
        match known {
            Some(known) => *known = server,
            None => self.servers.push(server),
        }
    }
}

/// Every configured server of every agent, in the order of their names. `folders` are those whose project settings count too.
pub fn configured(folders: &[PathBuf], system: &System) -> Configured {
    let mut found = Configured::default();
    let projects = projects(folders, system);
    opencode::read(&projects, system, &mut found);
    json::read(&projects, system, &mut found);
    codex::read(&projects, system, &mut found);
    found.servers.sort_by(|a, b| {
        (&a.agent_id, &a.name, &a.project, &a.source).cmp(&(&b.agent_id, &b.name, &b.project, &b.source))
    });
    found
}

/// The folders and those above them, up to the repository's root; outside a repository only themselves.
fn projects(folders: &[PathBuf], system: &System) -> Vec<PathBuf> {
    let mut projects = Vec::new();
    for folder in folders {
        let root = folder.ancestors().find(|folder| folder.join(".git").exists());
        for above in folder.ancestors() {
            // Settings in the home folder are those of all folders.
            if above == system.home || above.parent().is_none() {
                break;
            }
            projects.push(above.to_path_buf());
            if root.is_none_or(|root| above == root) {
                break;
            }
        }
    }
    projects.sort();
    projects.dedup();
    projects
}

/// A project's folder as rows show it.
fn shown(project: &Path) -> Option<String> {
    Some(project.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::mcp::McpKind;
    use crate::system::Os;

    struct Home {
        dir: tempfile::TempDir,
        system: System,
    }

    impl Home {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("a folder");
            let home = dir.path().join("home");
            Self {
                system: System::new(Os::Linux, home, Default::default()),
                dir,
            }
        }

        fn write(&self, path: &str, text: &str) -> &Self {
            let path = self.dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            std::fs::write(path, text).expect("written");
            self
        }

        /// (agent, name, kind, command or host, enabled, whether of a project)
        fn servers(&self, folder: &str) -> Vec<(String, String, McpKind, String, bool, bool)> {
            let found = configured(&[self.dir.path().join(folder)], &self.system);
            assert_eq!(found.problems, []);
            let shown = |server: &McpServer| server.shown_command().or(server.host.clone()).unwrap_or_default();
            let row = |server: &McpServer| {
                (
                    server.agent_id.to_string(),
                    server.name.clone(),
                    server.kind,
                    shown(server),
                    server.is_enabled,
                    server.project.is_some(),
                )
            };
            found.servers.iter().map(row).collect()
        }
    }

    fn row(
        agent: &str,
        name: &str,
        kind: McpKind,
        shown: &str,
        is_enabled: bool,
        is_project: bool,
    ) -> (String, String, McpKind, String, bool, bool) {
        (agent.into(), name.into(), kind, shown.into(), is_enabled, is_project)
    }

    use McpKind::{Local, Remote};

    #[test]
    fn opencode_merges_its_files_and_lets_a_project_switch_a_server_off() {
        let home = Home::new();
        home.write(
            "home/.config/opencode/opencode.jsonc",
            r#"{
              // mine
              "mcp": {
                "files": {"type": "local", "command": ["npx", "-y", "@acme/files", "--key", "canary"], "environment": {"KEY": "canary"},},
                "search": {"type": "remote", "url": "https://search.acme.dev/mcp?key=canary", "headers": {"X": "canary"}},
                "old": {"type": "local", "command": ["old-mcp"], "enabled": false},
              },
            }"#,
        )
        .write("w/api/.git/HEAD", "")
        .write("w/api/opencode.json", r#"{"mcp": {"search": {"enabled": false}, "own": {"type": "local", "command": ["own-mcp"]}}}"#);
        assert_eq!(
            home.servers("w/api/deep/er"),
            [
                row("opencode", "files", Local, "npx @acme/files", true, false),
                row("opencode", "old", Local, "old-mcp", false, false),
                row("opencode", "own", Local, "own-mcp", true, true),
                row("opencode", "search", Remote, "search.acme.dev", false, true),
            ]
        );
        assert_eq!(home.servers("w/other").len(), 3);
    }

    #[test]
    fn agents_with_a_map_of_servers_are_read_alike() {
        let home = Home::new();
        let project = home.dir.path().join("w/api").display().to_string();
        let claude = format!(
            r#"{{"oauthAccount": "canary", "mcpServers": {{"git": {{"command": "mcp-git", "args": ["canary"], "env": {{"A": "canary"}}}}}},
              "projects": {{"{project}": {{"mcpServers": {{"db": {{"type": "http", "url": "http://user:canary@db.acme.dev:8080/x"}}}},
                "disabledMcpjsonServers": ["shared"]}}}}}}"#
        );
        home.write("home/.claude.json", &claude)
            .write(
                "w/api/.mcp.json",
                r#"{"mcpServers": {"shared": {"command": "shared-mcp"}}}"#,
            )
            .write(
                "home/.gemini/settings.json",
                r#"{"mcpServers": {"g": {"httpUrl": "https://g.acme.dev/mcp"}}, "mcp": {"excluded": ["g"]}}"#,
            )
            .write(
                "home/.copilot/mcp-config.json",
                r#"{"mcpServers": {"c": {"type": "local", "command": "c-mcp", "args": []}}}"#,
            )
            .write(
                "home/.cursor/mcp.json",
                r#"{"mcpServers": {"u": {"command": "u-mcp"}}}"#,
            )
            .write(
                "w/api/.cursor/mcp.json",
                r#"{"mcpServers": {"v": {"command": "v-mcp", "disabled": true}}}"#,
            );
        assert_eq!(
            home.servers("w/api"),
            [
                row("claude-code", "db", Remote, "db.acme.dev:8080", true, true),
                row("claude-code", "git", Local, "mcp-git", true, false),
                row("claude-code", "shared", Local, "shared-mcp", false, true),
                row("copilot-cli", "c", Local, "c-mcp", true, false),
                row("cursor", "u", Local, "u-mcp", true, false),
                row("cursor", "v", Local, "v-mcp", false, true),
                row("gemini-cli", "g", Remote, "g.acme.dev", false, false),
            ]
        );
    }

    #[test]
    fn codex_keeps_them_in_toml() {
        let home = Home::new();
        home.write(
            "home/.codex/config.toml",
            "model = \"gpt\"\n[mcp_servers.docs]\ncommand = \"npx\"\nargs = [\"-y\", \"docs-mcp\", \"canary\"]\n[mcp_servers.docs.env]\nA = \"canary\"\n[mcp_servers.web]\nurl = \"https://web.acme.dev/mcp\"\nenabled = false\n",
        )
        .write("w/api/.codex/config.toml", "[mcp_servers.own]\ncommand = \"own-mcp\"\n");
        assert_eq!(
            home.servers("w/api"),
            [
                row("codex", "docs", Local, "npx docs-mcp", true, false),
                row("codex", "own", Local, "own-mcp", true, true),
                row("codex", "web", Remote, "web.acme.dev", false, false),
            ]
        );
    }

    #[test]
    fn a_mistake_is_named_and_the_rest_is_read() {
        let home = Home::new();
        home.write("home/.cursor/mcp.json", "{\"mcpServers\": {\"canary\": }")
            .write("home/.codex/config.toml", "[mcp_servers\ncanary = 1")
            .write(
                "home/.gemini/settings.json",
                r#"{"mcpServers": {"a": 7, "b": {"command": "b-mcp"}}}"#,
            );
        let found = configured(&[], &home.system);
        assert_eq!(found.servers.len(), 1);
        let text: Vec<String> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(text.len(), 3, "{text:?}");
        assert!(
            text.iter()
                .all(|text| text.starts_with("~/") && !text.contains("canary")),
            "{text:?}"
        );
    }
}
