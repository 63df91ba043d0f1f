//! Configured MCP servers: their printable parts, and the processes that run them.

use super::agent_id::AgentId;
use super::process::{Process, file_name};
use schemars::JsonSchema;
use serde::Serialize;

/// Programs that fetch a package and run it.
const LAUNCHERS: [&str; 8] = ["npx", "bunx", "uvx", "npm", "pnpm", "yarn", "pipx", "uv"];
/// Programs that run a script.
const INTERPRETERS: [&str; 10] = [
    "node", "bun", "deno", "python", "python3", "ruby", "sh", "bash", "env", "tsx",
];
/// Subcommands of launchers, which do not identify a server.
const SUBCOMMANDS: [&str; 6] = ["exec", "dlx", "x", "run", "tool", "-m"];
/// Their options without a value.
const FLAGS: [&str; 7] = ["-y", "--yes", "-q", "--quiet", "--silent", "--", "-u"];

/// Where an MCP server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum McpKind {
    /// A process that the agent starts.
    Local,
    /// Reached over the network.
    Remote,
}

impl McpKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }
}

/// An MCP server as an agent's settings name it. Without `Debug`: its arguments may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct McpServer {
    pub agent_id: AgentId,
    pub name: String,
    pub kind: McpKind,
    pub is_enabled: bool,
    /// The settings file, with the home folder as `~`.
    pub source: String,
    /// The folder it is configured for; `None` where it is for all.
    pub project: Option<String>,
    /// Host and port of a remote server.
    pub host: Option<String>,
    command: Vec<String>,
}

impl McpServer {
    /// A server that the agent starts: the program and its arguments.
    pub fn local(agent_id: &str, name: &str, command: Vec<String>) -> Self {
        Self {
            agent_id: agent_id.into(),
            name: name.to_owned(),
            kind: McpKind::Local,
            is_enabled: true,
            source: String::new(),
            project: None,
            host: None,
            command,
        }
    }

    /// A server elsewhere. Of its URL only host and port are kept: path, query and user part may hold secrets.
    pub fn remote(agent_id: &str, name: &str, url: &str) -> Self {
        Self {
            kind: McpKind::Remote,
            host: host_of(url),
            ..Self::local(agent_id, name, Vec::new())
        }
    }

    /// The same server with the settings file that configures it.
    #[must_use]
    pub fn configured_in(self, source: String, project: Option<String>, is_enabled: bool) -> Self {
        Self {
            source,
            project,
            is_enabled,
            ..self
        }
    }

    /// The program and, where it only runs something else, that package or script: never an option or a later argument.
    pub fn shown_command(&self) -> Option<String> {
        let program = file_name(self.command.first()?);
        let runs_something = LAUNCHERS.contains(&program) || INTERPRETERS.contains(&program);
        let subject = runs_something.then(|| subject(&self.command)).flatten();
        Some(match subject {
            Some((at, subject)) => {
                let words = self.command[1..at]
                    .iter()
                    .filter(|word| SUBCOMMANDS.contains(&word.as_str()))
                    .map(String::as_str);
                let mut shown: Vec<&str> = std::iter::once(program).chain(words).collect();
                shown.push(if LAUNCHERS.contains(&program) {
                    subject
                } else {
                    file_name(subject)
                });
                shown.join(" ")
            }
            None => program.to_owned(),
        })
    }

    /// Whether a process runs this server, regardless of its parent.
    pub fn is_run_by(&self, process: &Process) -> bool {
        let Some((program, arguments)) = self.command.split_first() else {
            return false;
        };
        let words = words(process);
        let program = file_name(program);
        let is_direct =
            process.names().any(|name| name == program) || words.first().is_some_and(|w| file_name(w) == program);
        if is_direct && is_same(words.get(1..).unwrap_or_default(), arguments) {
            return true;
        }
        // `#!/usr/bin/env node`: argv is node, the script, its arguments.
        let is_interpreted = words.first().is_some_and(|word| is_interpreter(file_name(word)))
            && (1..words.len().min(4))
                .any(|at| file_name(words[at]) == program && is_same(&words[at + 1..], arguments));
        if is_interpreted {
            return true;
        }
        LAUNCHERS.contains(&program)
            && subject(&self.command).is_some_and(|(at, package)| {
                let rest = &self.command[at + 1..];
                words.len() > rest.len()
                    && words[..words.len() - rest.len()]
                        .iter()
                        .any(|word| is_of_package(word, package))
                    && is_same(&words[words.len() - rest.len()..], rest)
            })
    }
}

/// The program that a launcher or interpreter runs, and its position. An option that may take a value hides the rest.
fn subject(command: &[String]) -> Option<(usize, &str)> {
    let at = command
        .iter()
        .enumerate()
        .skip(1)
        .find(|(_, word)| !SUBCOMMANDS.contains(&word.as_str()) && !FLAGS.contains(&word.as_str()))?
        .0;
    let word = command[at].as_str();
    (!word.starts_with('-') && !word.contains('=')).then_some((at, word))
}

/// A process's arguments. npm writes its title over them, so that they are one text: `npm exec some-package --flag`.
fn words(process: &Process) -> Vec<&str> {
    match process.args.as_slice() {
        [title] if !title.starts_with(['/', '.']) => title.split_whitespace().collect(),
        args => args.iter().map(String::as_str).collect(),
    }
}

fn is_interpreter(name: &str) -> bool {
    INTERPRETERS.contains(&name) || name.starts_with("python3.")
}

/// Whether arguments equal the configured ones; a placeholder (`${KEY}`, `{env:KEY}`) matches anything.
fn is_same(given: &[&str], configured: &[String]) -> bool {
    given.len() == configured.len()
        && given
            .iter()
            .zip(configured)
            .all(|(given, configured)| *given == configured || is_placeholder(configured))
}

fn is_placeholder(word: &str) -> bool {
    ["${", "{env:", "{file:"].iter().any(|mark| word.contains(mark))
}

/// Whether an argument names a package or a file of it: `@scope/name@1.2`, `…/node_modules/@scope/name/x.js`, `…/.bin/name`.
fn is_of_package(word: &str, package: &str) -> bool {
    let bare = match package.rfind('@') {
        Some(at) if at > 0 => &package[..at],
        _ => package,
    };
    let short = file_name(bare);
    let file = file_name(word);
    word == package
        || word == bare
        || word.contains(&format!("/node_modules/{bare}/"))
        || (word.contains("/bin/") || word.contains("/.bin/"))
            && (file == short || file.strip_prefix("mcp-") == Some(short))
}

/// `https://user:key@host:8443/path?key=…` → `host:8443`.
fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let is_plain = !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._:[]".contains(c));
    is_plain.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(command: &[&str]) -> McpServer {
        McpServer::local("opencode", "s", command.iter().map(|word| (*word).to_owned()).collect())
    }

    fn process(args: &[&str]) -> Process {
        Process {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Process::default()
        }
    }

    #[test]
    fn shows_what_runs_and_never_what_may_be_secret() {
        for (command, shown) in [
            (&["/usr/bin/my-mcp", "--token", "canary"][..], "my-mcp"),
            (&["npx", "-y", "@scope/server@1", "--key=canary"], "npx @scope/server@1"),
            (&["npx", "--registry", "canary", "x"], "npx"),
            (&["node", "/srv/tools/server.js", "canary"], "node server.js"),
            (&["python3", "-m", "my_server", "canary"], "python3 -m my_server"),
            (&["docker", "run", "-e", "TOKEN=canary", "image"], "docker"),
            (&["env", "TOKEN=canary", "server"], "env"),
            (&["uv", "tool", "run", "pkg"], "uv tool run pkg"),
        ] {
            assert_eq!(server(command).shown_command().as_deref(), Some(shown));
        }
    }

    #[test]
    fn keeps_only_the_host_of_a_url() {
        for (url, host) in [
            (
                "https://user:canary@mcp.acme.dev:8443/canary?key=canary",
                Some("mcp.acme.dev:8443"),
            ),
            ("http://[::1]:9000/x", Some("[::1]:9000")),
            ("mcp.acme.dev/x", Some("mcp.acme.dev")),
            ("{env:MCP_URL}", None),
            ("", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn knows_a_server_by_its_arguments_however_it_was_started() {
        let plain = server(&["/opt/bin/my-mcp", "--root", "/a b"]);
        assert!(plain.is_run_by(&process(&["my-mcp", "--root", "/a b"])));
        assert!(plain.is_run_by(&process(&["/usr/bin/node", "/opt/bin/my-mcp", "--root", "/a b"])));
        assert!(!plain.is_run_by(&process(&["my-mcp", "--root", "/a"])));
        assert!(!plain.is_run_by(&process(&["vim", "my-mcp"])));
        let package = server(&["npx", "-y", "@acme/server-git@2", "--repo", "x"]);
        assert!(package.is_run_by(&process(&["npm exec @acme/server-git@2 --repo x"])));
        assert!(package.is_run_by(&process(&[
            "node",
            "/h/_npx/1/node_modules/.bin/mcp-server-git",
            "--repo",
            "x"
        ])));
        assert!(package.is_run_by(&process(&["npx", "-y", "@acme/server-git@2", "--repo", "x"])));
        assert!(!package.is_run_by(&process(&["npm exec @acme/server-github@2 --repo x"])));
        assert!(server(&["my-mcp", "{env:ROOT}"]).is_run_by(&process(&["my-mcp", "/any"])));
        assert!(!server(&[]).is_run_by(&process(&["x"])));
    }
}
