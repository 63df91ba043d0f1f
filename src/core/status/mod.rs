//! What a session is doing now: the statuses, and what they are told from.

mod ladder;

pub use ladder::stand;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a session is doing.
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

    /// Whether it goes on only when its human answers.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::WaitingPermission | Self::WaitingQuestion)
    }
}

/// What a status was told from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusSource {
    /// The program answered.
    Api,
    Database,
    /// Files the agent writes.
    Transcript,
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
            Self::Cpu => "cpu",
            Self::None => "none",
        }
    }
}

/// What a human is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Permission,
    Question,
}

/// What the program that runs a session says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub says: Says,
    /// Epoch milliseconds.
    pub since: Option<i64>,
    pub source: StatusSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    Waiting(Ask),
    Retrying,
    Busy,
    Idle,
}

/// What is known of the process that does a session's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub is_alive: bool,
    /// Epoch milliseconds.
    pub started_at: Option<i64>,
    /// Whether it and what it started used the processor between two samples; `None` with fewer.
    pub is_active: Option<bool>,
    /// When the newest of its tool processes that still run was started.
    pub tool_started_at: Option<i64>,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub status: Status,
    /// The tool that runs, `generating` or `compacting`.
    pub activity: Option<String>,
    pub source: StatusSource,
    /// Epoch milliseconds.
    pub since: Option<i64>,
}

impl Standing {
    pub const UNKNOWN: Self = Self {
        status: Status::Unknown,
        activity: None,
        source: StatusSource::None,
        since: None,
    };
}
