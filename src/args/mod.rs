//! The flags that commands share: what each parses into, and what the shells complete.

pub mod complete;

use crate::core::filter_text::{FilterText, PresenceWanted};
use crate::core::price::CostFrom;
use crate::render::{Format, When};
use clap::{ArgAction, Args};

/// Flags every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// When to use colour
    ///
    /// Before NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and CLICOLOR
    #[arg(long, global = true, value_name = "WHEN")]
    pub color: Option<When>,
    /// Never use the network
    #[arg(long, global = true)]
    pub offline: bool,
    /// Exit 1 when anything had to be skipped
    #[arg(long, global = true)]
    pub strict: bool,
    /// Print nothing, only exit
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on stderr
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Where costs come from
    #[arg(long, global = true, value_name = "SOURCE")]
    pub cost_from: Option<CostFrom>,
    /// Answer from a built-in sample home
    #[arg(long, global = true)]
    pub demo: bool,
    /// Time zone of days and times: an IANA name; else TZ, else the system's
    #[arg(long, global = true, value_name = "ZONE")]
    pub tz: Option<String>,
}

/// How rows are chosen and printed: flattened into every command that prints rows.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Rows")]
pub struct RowArgs {
    /// Output format: table on a terminal, else ndjson
    #[arg(short = 'o', long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Keys to print, in order; `help` lists them
    #[arg(long, value_delimiter = ',', value_name = "KEYS", add = complete::fields())]
    pub fields: Vec<String>,
    /// No header line in csv and tsv
    #[arg(long)]
    pub no_header: bool,
    /// Run a jq program on each row
    ///
    /// One value a line, written at once; takes no other format and no --fields
    #[arg(long, value_name = "EXPR")]
    pub jq: Option<String>,
    /// Print strings from --jq raw
    #[arg(short, long)]
    pub raw: bool,
    /// Sort by a key, `key:desc` for the other way
    ///
    /// Unknown values are last both ways
    #[arg(long, value_name = "KEY", add = complete::sort_keys())]
    pub sort: Option<String>,
    /// At most this many rows
    ///
    /// Without --sort the newest ones of `turns`, else the first ones
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Which lines of a stream to look at.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct WatchFilters {
    /// Of these agents
    #[arg(long, value_name = "GLOB", add = complete::agent_ids())]
    pub agent: Vec<String>,
    /// Billed by these providers
    #[arg(long, value_name = "GLOB", add = complete::providers())]
    pub provider: Vec<String>,
    /// By these models
    #[arg(long, value_name = "GLOB", add = complete::models())]
    pub model: Vec<String>,
    /// In these projects and below
    #[arg(long, value_name = "PATH", add = complete::projects())]
    pub project: Vec<String>,
    /// In these sessions: a prefix of their id
    #[arg(long, value_name = "ID", add = complete::sessions())]
    pub session: Vec<String>,
    /// With this text in any text column
    #[arg(long, value_name = "TEXT")]
    pub grep: Vec<String>,
}

impl WatchFilters {
    /// The filters without their flags. Sessions are told by their prefix alone: more of them begin while a stream runs.
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

/// Which turns, sessions and other rows to look at.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct Filters {
    /// From this time on
    ///
    /// 2026-11-20, 2026-11-20T14:30:00Z, today, yesterday, week, month or year (their start), 7d or 2w (that many days
    /// or weeks with today), 2h, 30min, 45s, or epoch milliseconds
    #[arg(long, value_name = "TIME", add = complete::times())]
    pub since: Option<String>,
    /// Before this time; a bare date includes that day
    #[arg(long, value_name = "TIME", add = complete::times())]
    pub until: Option<String>,
    /// On this day
    #[arg(long, value_name = "DAY", conflicts_with_all = ["since", "until"], add = complete::days())]
    pub on: Option<String>,
    /// Of these agents
    #[arg(long, value_name = "GLOB", add = complete::agent_ids())]
    pub agent: Vec<String>,
    /// Billed by these providers
    #[arg(long, value_name = "GLOB", add = complete::providers())]
    pub provider: Vec<String>,
    /// By these models
    #[arg(long, value_name = "GLOB", add = complete::models())]
    pub model: Vec<String>,
    /// In these projects and below
    ///
    /// A path, `.` for the nearest known project above the current directory, or a name from `projects` in the config
    #[arg(long, value_name = "PATH", add = complete::projects())]
    pub project: Vec<String>,
    /// In these sessions: a unique prefix, or `latest`
    #[arg(long, value_name = "ID", add = complete::sessions())]
    pub session: Vec<String>,
    /// With this presence
    #[arg(long, value_name = "PRESENCE")]
    pub presence: Vec<PresenceWanted>,
    /// With this text in any text column
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
            presence: self.presence.clone(),
            grep: self.grep.clone(),
        }
    }
}
