//! The status of a session, and the evidence for it.

mod ladder;

pub use ladder::session_status;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    WaitingPermission,
    WaitingQuestion,
    Queued,
    Thinking,
    Working,
    Retrying,
    Error,
    Truncated,
    Interrupted,
    DoneUnread,
    Idle,
    Stale,
    Unknown,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaitingPermission => "waiting_permission",
            Self::WaitingQuestion => "waiting_question",
            Self::Queued => "queued",
            Self::Thinking => "thinking",
            Self::Working => "working",
            Self::Retrying => "retrying",
            Self::Error => "error",
            Self::Truncated => "truncated",
            Self::Interrupted => "interrupted",
            Self::DoneUnread => "done_unread",
            Self::Idle => "idle",
            Self::Stale => "stale",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it cannot continue until the user answers.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::WaitingPermission | Self::WaitingQuestion)
    }
}

/// Where the status comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// The program answered.
    Api,
    Database,
    /// Files the agent writes.
    Transcript,
    /// The title of its terminal.
    Title,
    /// Records left it open; use of the processor decided.
    Cpu,
    None,
}

impl StatusSource {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Database => "database",
            Self::Transcript => "transcript",
            Self::Title => "title",
            Self::Cpu => "cpu",
            Self::None => "none",
        }
    }
}

/// What the user is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Permission,
    Question,
}

/// The status that a session's program reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedStatus {
    pub says: Reported,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub source: StatusSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    Waiting(Ask),
    Retrying,
    Busy,
    Idle,
}

/// The activity of a session's process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessActivity {
    pub is_alive: bool,
    /// Epoch milliseconds.
    pub started_at: Option<i64>,
    /// Whether it or its descendants used the CPU between two samples; `None` with fewer samples.
    pub is_active: Option<bool>,
    /// When the newest of its tool processes that still run was started.
    pub tool_started_at: Option<i64>,
    /// Whether it may ask for a permission without a trace in its records.
    pub asks_in_secret: bool,
}

/// The status of a session, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStatus {
    pub status: Status,
    /// The running tool, `generating` or `compacting`.
    pub activity: Option<String>,
    pub source: StatusSource,
    /// Epoch milliseconds.
    pub since: Option<i64>,
}

impl SessionStatus {
    pub const UNKNOWN: Self = Self {
        status: Status::Unknown,
        activity: None,
        source: StatusSource::None,
        since: None,
    };
}
