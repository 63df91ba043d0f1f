//! `DoctorRow`: the diagnosis of one agent or of ttop's own files, as `ttop doctor` prints it.

use super::Text;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A subject of the diagnosis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "doctor")]
pub struct DoctorRow {
    pub kind: DoctorKind,
    /// Id of the agent, or the part of ttop.
    pub subject: Text,
    pub state: DoctorState,
    /// Evidence that the agent is installed: `database`, `config`, `auth file`, `records`, `command`.
    pub installed: Option<Text>,
    /// Its command on PATH.
    pub command: Option<String>,
    /// Version that the command prints.
    pub version: Option<String>,
    /// Accuracy of its records: `exact`, `partial` or `none`.
    pub turns: Option<Text>,
    /// Whether ttop shows its live sessions.
    pub live: Option<bool>,
    /// Every path checked.
    pub paths: Vec<DoctorPath>,
    /// Files and databases found there.
    pub sources: Option<u64>,
    /// Turns on disk that count.
    pub counted: Option<u64>,
    /// Records that are not turns, by reason.
    pub skipped: BTreeMap<Text, u64>,
    /// Record types and billed fields that ttop does not know, and how often they occur.
    pub unknown: BTreeMap<Text, u64>,
    /// Problems with its files.
    pub problems: Vec<String>,
    /// Limits of its records, and other notes.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorKind {
    Agent,
    Ledger,
    Prices,
    Config,
    Bar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DoctorState {
    Ok,
    /// Nothing of it is on this machine.
    Absent,
    /// Its files are here, but hold no turn that ttop can read.
    Unread,
    /// Something could not be read or used.
    Problem,
}

impl DoctorState {
    /// What needs a repair comes first, and what is not here last.
    pub const fn order(self) -> u8 {
        match self {
            Self::Problem => 0,
            Self::Unread => 1,
            Self::Ok => 2,
            Self::Absent => 3,
        }
    }
}

/// A path that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoctorPath {
    /// With the home folder as `~`.
    pub path: String,
    /// Why ttop checks this path.
    pub because: String,
    pub exists: bool,
}

impl DoctorRow {
    /// A row that knows nothing yet.
    pub fn new(kind: DoctorKind, subject: impl Into<Text>) -> Self {
        Self {
            kind,
            subject: subject.into(),
            state: DoctorState::Ok,
            installed: None,
            command: None,
            version: None,
            turns: None,
            live: None,
            paths: Vec::new(),
            sources: None,
            counted: None,
            skipped: BTreeMap::new(),
            unknown: BTreeMap::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}
