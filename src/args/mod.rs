//! The flags that commands share, with their completions.

pub(crate) mod complete;
pub(crate) mod plot;
pub(crate) mod values;

use crate::agents::built_in;
use crate::core::filter_text::{FilterText, PresenceWanted};
use crate::core::price::CostFrom;
use crate::render::{Format, When};
use clap::{ArgAction, Args};

/// The agent that a word is the id of, or its beginning: `claude`.
pub(crate) fn agent_of(word: &str) -> Option<&'static str> {
    let ids = || built_in().iter().map(|agent| agent.id());
    let is_beginning = |id: &&str| id.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'));
    ids().find(|id| *id == word).or_else(|| ids().find(is_beginning))
}

/// Flags every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Choose when to use color
    ///
    /// Takes precedence over NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and CLICOLOR.
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<When>,
    /// Use the colors of this theme; `ttop theme list` lists them
    #[arg(long, global = true, value_name = "ID", add = complete::themes())]
    pub theme: Option<String>,
    /// Never use the network
    #[arg(long, global = true)]
    pub offline: bool,
    /// Exit 1 if anything was skipped
    #[arg(long, global = true)]
    pub strict: bool,
    /// Print nothing; only set the exit code
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more on stderr; repeat for more detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Choose where costs come from
    #[arg(long, global = true, value_name = "SOURCE")]
    pub cost_from: Option<CostFrom>,
    /// Use a built-in sample instead of this machine
    #[arg(long, global = true)]
    pub demo: bool,
    /// Load this plugin, a file or folder, for this run; repeatable
    #[cfg(feature = "plugins")]
    #[arg(long = "plugin", global = true, value_name = "PATH", conflicts_with = "demo", value_hint = clap::ValueHint::AnyPath)]
    pub plugins: Vec<String>,
    /// Use this IANA time zone for days and times [default: TZ, else the system's]
    #[arg(long, global = true, value_name = "ZONE", add = complete::zones())]
    pub tz: Option<String>,
}

/// How rows are chosen and printed: flattened into every command that prints rows.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Rows")]
pub struct RowArgs {
    /// Output format: table on a terminal, else ndjson
    ///
    /// csv and tsv hold values as they are: a spreadsheet may take one that begins with `=`, `+`, `-` or `@` for a formula
    #[arg(short = 'o', long, value_name = "FORMAT", ignore_case = true)]
    pub format: Option<Format>,
    /// Print a table: the same as `-o table`, for watch, less and head
    #[arg(short = 't', conflicts_with = "format")]
    pub table: bool,
    /// Print only these keys, in this order; `help` lists them
    #[arg(long, value_delimiter = ',', value_name = "KEYS", add = complete::fields())]
    pub fields: Vec<String>,
    /// Leave out the header line in csv and tsv
    #[arg(long)]
    pub no_header: bool,
    /// Run a jq program on each row
    ///
    /// Prints one value per line and flushes after each row. Cannot be combined with another format or with
    /// --fields.
    #[arg(long, value_name = "EXPR")]
    pub jq: Option<String>,
    /// Print strings from --jq without quotes
    #[arg(short, long)]
    pub raw: bool,
    /// Sort by a key; `key:desc` sorts in descending order
    ///
    /// Rows without a value always sort last.
    #[arg(long, value_name = "KEY", add = complete::sort_keys())]
    pub sort: Option<String>,
    /// Print at most this many rows
    ///
    /// Without --sort, `turns` keeps the newest rows; otherwise the first rows are kept.
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Filters for the lines of a stream.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct WatchFilters {
    /// Only include these agents
    #[arg(long, value_name = "GLOB", add = complete::agent_ids())]
    pub agent: Vec<String>,
    /// Only include these providers
    #[arg(long, value_name = "GLOB", add = complete::providers())]
    pub provider: Vec<String>,
    /// Only include these models
    #[arg(long, value_name = "GLOB", add = complete::models())]
    pub model: Vec<String>,
    /// Only include these projects and folders below them
    #[arg(long, value_name = "PATH", add = complete::projects())]
    pub project: Vec<String>,
    /// Only include these sessions, by a beginning of their id or the short id in tables
    #[arg(long, value_name = "ID", add = complete::sessions())]
    pub session: Vec<String>,
    /// Only include rows that contain this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    pub grep: Vec<String>,
}

impl WatchFilters {
    /// The filters as text. Matches sessions by prefix only, because new ones start while a stream runs.
    pub fn text(&self) -> FilterText {
        FilterText {
            agent: self.agent.clone(),
            provider: self.provider.clone(),
            model: self.model.clone(),
            project: self.project.clone(),
            grep: self.grep.clone(),
            ..FilterText::default()
        }
    }
}

/// Filters for turns, sessions and other rows.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// Only include rows at or after this time
    ///
    /// Times: 2026-11-20, 2026-11, 2026-W47, 2026; 2026-11-20T14:30:00Z; today, yesterday, monday, week, month, year,
    /// last-month (the start of it); 7d, 2w (that many days or weeks, including today); 2h, 1h30m, 30min, 45s; or epoch
    /// milliseconds.
    #[arg(long, value_name = "TIME", add = complete::times())]
    pub since: Option<String>,
    /// Only include rows before this time; a bare date includes that day
    #[arg(long, value_name = "TIME", add = complete::times())]
    pub until: Option<String>,
    /// Only include this day, week, month or year
    #[arg(long, value_name = "DAY", conflicts_with_all = ["since", "until"], add = complete::days())]
    pub on: Option<String>,
    /// Only include these agents
    #[arg(long, value_name = "GLOB", add = complete::agent_ids())]
    pub agent: Vec<String>,
    /// Only include these providers
    #[arg(long, value_name = "GLOB", add = complete::providers())]
    pub provider: Vec<String>,
    /// Only include these models
    #[arg(long, value_name = "GLOB", add = complete::models())]
    pub model: Vec<String>,
    /// Only include these projects and folders below them
    ///
    /// Takes a path, `.` for the nearest known project above the current directory, or a name from `projects` in the
    /// configuration.
    #[arg(long, value_name = "PATH", add = complete::projects())]
    pub project: Vec<String>,
    /// Only include these sessions: an id, the short id in tables, or `latest`
    #[arg(long, value_name = "ID", add = complete::sessions())]
    pub session: Vec<String>,
    /// Only include these branches
    #[arg(long, value_name = "GLOB", add = complete::branches())]
    pub branch: Vec<String>,
    /// Only include turns of these kinds of subagent; `*` is any of them
    #[arg(long, value_name = "GLOB", add = complete::subagents())]
    pub subagent: Vec<String>,
    /// Only include turns in this state
    #[arg(long, value_name = "PRESENCE")]
    pub presence: Vec<PresenceWanted>,
    /// Only include rows that contain this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    pub grep: Vec<String>,
}

impl Filters {
    /// The filters without their flags.
    pub fn text(&self) -> FilterText {
        FilterText {
            since: self.since.clone(),
            until: self.until.clone(),
            on: self.on.clone(),
            agent: self.agent.clone(),
            provider: self.provider.clone(),
            model: self.model.clone(),
            project: self.project.clone(),
            session: self.session.clone(),
            branch: self.branch.clone(),
            subagent: self.subagent.clone(),
            presence: self.presence.clone(),
            grep: self.grep.clone(),
        }
    }
}
