//! Live state: processes, the session of each, how they were matched, and facts about a session's status.

use super::agent_id::AgentId;
use super::status::{ReportedStatus, StatusSource};
use super::tokens::Tokens;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How far two clocks of one machine may be apart: the kernel's boot time has a grain of a second and moves when the clock is set.
pub const CLOCK_SLACK_MS: i64 = 2_000;

/// A running process, as far as this user can see it; `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    pub pid: u32,
    pub parent: Option<u32>,
    /// Process group and session (Unix).
    pub group: Option<u32>,
    pub session: Option<u32>,
    /// The kernel's start time (Linux: clock ticks since boot). Distinguishes the process from a later one with the
    /// same pid. pids are never stored, so (pid, start time) is unique enough.
    pub start_mark: u64,
    /// Distinguishes the program from one that took the same process over (Linux: where its stack starts, which is
    /// random). `None` where the system does not tell.
    pub program_mark: Option<u64>,
    /// Epoch milliseconds.
    pub started_at: Option<i64>,
    /// The kernel's short name, cut at 15 bytes on Linux.
    pub name: String,
    pub exe: Option<PathBuf>,
    pub args: Vec<String>,
    pub cwd: Option<PathBuf>,
    /// `pts/3`, `ttys005`.
    pub tty: Option<String>,
    /// Resident memory.
    pub memory_bytes: Option<u64>,
    /// Processor time used so far.
    pub cpu_ms: Option<u64>,
    /// Whether it belongs to the user who runs ttop.
    pub is_own: bool,
    /// Details that are read only for processes of agents.
    pub details: ProcessDetails,
}

/// Details that are too expensive to read for every process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessDetails {
    /// Loopback addresses at which a connection reaches this very process.
    pub listens: Vec<SocketAddr>,
    /// Regular files it holds open.
    pub files: Vec<PathBuf>,
    /// Names of its environment variables. Their values may be secrets.
    pub variables: Vec<String>,
    /// Values of the variables that name folders and panes of terminals.
    pub places: BTreeMap<String, String>,
}

impl ProcessDetails {
    /// The value of a variable that names a folder or a pane.
    pub fn place(&self, variable: &str) -> Option<&str> {
        self.places.get(variable).map(String::as_str)
    }
}

impl Process {
    /// The file name of the program: of `argv[0]`, else of the executable.
    pub fn program(&self) -> &str {
        self.names().next().unwrap_or(&self.name)
    }

    /// The names it may go by: the file names of `argv[0]` and of the executable, without `.exe`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let first = self.args.first().map(|arg| file_name(arg));
        let exe = self
            .exe
            .as_deref()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        first
            .into_iter()
            .chain(exe)
            .filter(|name| !name.is_empty())
            .map(|name| name.strip_suffix(".exe").unwrap_or(name))
    }

    /// The arguments after the program.
    pub fn arguments(&self) -> &[String] {
        self.args.get(1..).unwrap_or_default()
    }

    /// Whether something written at `at` can be this process's doing.
    pub fn was_running_at(&self, at: i64) -> bool {
        self.started_at.is_none_or(|start| at >= start - CLOCK_SLACK_MS)
    }
}

/// Whether a variable of this name holds a folder.
pub fn is_folder_variable(name: &str) -> bool {
    name == "HOME"
        || ["_HOME", "_DIR", "_ROOT", "_DATA"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// The last component of a path in either system's spelling.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What a process is to its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The agent in a terminal.
    Tui,
    /// One prompt without a terminal interface.
    Run,
    /// The one background process that does the work of several interfaces.
    Service,
    /// Serves an interface or a protocol over a port or stdio.
    Server,
    /// An interface to a server elsewhere.
    Attach,
    /// Something of the agent's own that shows no session.
    Helper,
    /// A language server.
    Lsp,
    /// An MCP server.
    Mcp,
    /// Anything else an agent started.
    Tool,
    /// An MCP server whose agent is gone.
    OrphanMcp,
}

impl Role {
    /// Whether a row of it is an agent at work rather than something an agent needs.
    pub fn is_agent(self) -> bool {
        matches!(
            self,
            Self::Tui | Self::Run | Self::Service | Self::Server | Self::Attach
        )
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Tui => "tui",
            Self::Run => "run",
            Self::Service => "service",
            Self::Server => "server",
            Self::Attach => "attach",
            Self::Helper => "helper",
            Self::Lsp => "lsp",
            Self::Mcp => "mcp",
            Self::Tool => "tool",
            Self::OrphanMcp => "orphan_mcp",
        }
    }
}

/// How it is known which session a process shows, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The process reports it.
    Api,
    /// Its command line names the session.
    Flag,
    /// A file that the agent keeps for this process names the session.
    Pidfile,
    /// A session of its folder was written to while it ran.
    Activity,
    /// The session of its folder that was used last.
    Recent,
    None,
}

impl Match {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Flag => "flag",
            Self::Pidfile => "pidfile",
            Self::Activity => "activity",
            Self::Recent => "recent",
            Self::None => "none",
        }
    }
}

/// A session that a process shows, and where to read about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionRef {
    pub agent_id: AgentId,
    pub id: String,
    /// The database or transcript it was found in; `None` when only its id is known.
    pub place: Option<PathBuf>,
}

/// An agent's match of a process and a session. A process with several sessions has several claims.
#[derive(Clone, Debug)]
pub struct Claim {
    pub pid: u32,
    pub role: Role,
    pub session: Option<SessionRef>,
    pub by: Match,
    /// The status that the session's program reports.
    pub word: Option<ReportedStatus>,
    /// The process that does the session's work, where it is not `pid` (OpenCode 2: the service); `None` where that one is gone.
    pub worker: Option<u32>,
    /// Version of the agent, if the process or its files reveal it.
    pub version: Option<String>,
}

impl Claim {
    /// A process that is this agent's and shows no session we know of.
    pub fn bare(pid: u32, role: Role) -> Self {
        Self {
            pid,
            role,
            session: None,
            by: Match::None,
            word: None,
            worker: Some(pid),
            version: None,
        }
    }
}

/// Facts from a session's records that determine its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Where the rest was read; `None` when nothing was found.
    pub source: Option<StatusSource>,
    /// The newest message.
    pub last: Option<Last>,
    /// The tool call that was made and has no result.
    pub pending_tool: Option<PendingTool>,
    /// Time of the user's last prompt: epoch milliseconds, like all times here.
    pub prompted_at: Option<i64>,
    /// When anything of the session, or of a subagent it waits for, was last written.
    pub wrote_at: Option<i64>,
    /// When the request that failed is to be sent again.
    pub retry_at: Option<i64>,
    /// Since when the history is being summarized.
    pub compacting_since: Option<i64>,
    /// Since when a prompt waits for its turn.
    pub queued_since: Option<i64>,
    /// How the latest run ended, where the agent keeps that apart.
    pub rest: Option<Rest>,
    /// Whether the agent records a reply when it begins, not only when (part of) it is there.
    pub announces_replies: bool,
    /// The status that the agent records.
    pub word: Option<ReportedStatus>,
    pub about: SessionAbout,
}

/// Facts from a session's records beyond its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionAbout {
    pub title: Option<String>,
    pub project: Option<String>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    pub version: Option<String>,
    /// Set for the session of a subagent.
    pub parent_id: Option<String>,
    /// False for sessions without a user.
    pub interactive: Option<bool>,
}

/// The newest message of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Last {
    /// A prompt, or the result of a tool, that the model has yet to answer.
    Asked { at: i64 },
    /// A reply that has no end yet.
    Open { at: i64 },
    /// A reply that ended.
    Ended { at: i64, how: End },
}

/// How a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The model finished its reply.
    Stop,
    /// The model asked for tools; their results are in.
    ToolCalls,
    /// The output limit cut it.
    Length,
    Error,
    /// Interrupted by the user, or with its process.
    Interrupted,
    Other,
}

/// A tool call without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingTool {
    pub name: String,
    pub since: i64,
    /// The kind of answer it needs from the user, for tools that ask a question.
    pub asks: Option<super::status::Ask>,
}

/// The end of a run, as OpenCode 2 keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    pub at: i64,
    /// When the user last viewed the session.
    pub viewed_at: Option<i64>,
    pub end: End,
}

/// How much of a session `detail` shall bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DetailLimits {
    /// The newest so many messages.
    pub messages: usize,
    /// At most so many characters of each; `None` for all.
    pub text_chars: Option<usize>,
}

/// A session in depth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionDetail {
    /// Oldest first.
    pub messages: Vec<Message>,
    pub todos: Vec<Todo>,
}

/// One message of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// `user`, `assistant`, or the agent's own word for something else.
    pub role: String,
    /// Epoch milliseconds.
    pub at: Option<i64>,
    pub provider_id: Option<String>,
    pub model_id: Option<String>,
    pub tokens: Option<Tokens>,
    /// The text; empty for messages that only call tools.
    pub text: String,
}

/// One line of a session's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub content: String,
    /// `completed`, `in_progress`, `pending`, `cancelled`.
    pub status: String,
    /// `high`, `medium`, `low`.
    pub priority: Option<String>,
}

impl SessionDetail {
    /// The last line of the agent's newest message.
    pub fn last_line(&self) -> Option<&str> {
        self.messages
            .iter()
            .rev()
            .filter(|message| message.role == "assistant")
            .find_map(|message| message.text.lines().rev().map(str::trim).find(|line| !line.is_empty()))
    }
}

/// Text cut to a number of characters, never inside one.
pub fn cut(text: &str, chars: Option<usize>) -> String {
    match chars.and_then(|most| text.char_indices().nth(most)) {
        Some((at, _)) => text[..at].to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_goes_by_its_argument_and_its_executable() {
        let process = Process {
            args: vec!["C:\\bin\\opencode.exe".into(), "run".into()],
            exe: Some("/opt/opencode2".into()),
            ..Process::default()
        };
        assert_eq!(process.names().collect::<Vec<_>>(), ["opencode", "opencode2"]);
        assert_eq!(process.arguments(), ["run"]);
    }

    #[test]
    fn the_last_line_is_the_newest_thing_the_agent_said() {
        let say = |role: &str, text: &str| Message {
            role: role.into(),
            text: text.into(),
            ..Message::default()
        };
        let detail = SessionDetail {
            messages: vec![
                say("assistant", "one\ntwo  \n\n"),
                say("assistant", ""),
                say("user", "thanks"),
            ],
            todos: Vec::new(),
        };
        assert_eq!(detail.last_line(), Some("two"));
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut("a☕b", Some(2)), "a☕");
        assert_eq!(cut("a☕b", Some(3)), "a☕b");
        assert_eq!(cut("a☕b", None), "a☕b");
    }
}
